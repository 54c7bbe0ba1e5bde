"""O que se lê nas linhas da sala."""

import pytest

from chatlib.panels.chat.reading import MAX_PEOPLE, Line, Presence, mentions, parse_line, too_fast


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Ana: oi", Line("mine", "Ana", "oi")),
        ("Ana:", Line("mine", "Ana", "")),
        ("Ana:  dois espaços", Line("mine", "Ana", " dois espaços")),
        ("Ana (particular): oi", Line("mine", "Ana", "oi", flags="p")),
        ("Bruno: Ana: oi", Line("other", "Bruno", "Ana: oi", flags="m")),
        ("Bruno (particular): oi", Line("other", "Bruno", "oi", flags="p")),
        ("Bruno (particular): oi, ANA!", Line("other", "Bruno", "oi, ANA!", flags="pm")),
        ("* histórico: Bruno: oi, Ana", Line("other", "Bruno", "oi, Ana", flags="hm")),
        ("* histórico: Ana: oi", Line("mine", "Ana", "oi", flags="h")),
        ("Ana entrou!", Line("notice", "", "Ana entrou!")),
        ("* aviso: com dois-pontos", Line("notice", "", "* aviso: com dois-pontos", flags="a")),
        ("* na sala (2): Ana, Bruno", Line("notice", "", "* na sala (2): Ana, Bruno")),
        (": sem autor", Line("notice", "", ": sem autor")),
    ],
)
def test_line(text, line):
    """Cada linha é minha, de outra pessoa ou do servidor."""
    assert parse_line(text, "Ana") == line


def test_time():
    """A hora é a da chegada; a do histórico não se sabe."""
    assert parse_line("Ana: oi", "Ana", 5.0).when == 5.0
    assert parse_line("* histórico: Ana: oi", "Ana", 5.0).when == 0


@pytest.mark.parametrize("text", ["Ana", "oi, ana!", "@ANA você vem?", "(ana)", "é a Ana."])
def test_mention(text):
    """O apelido inteiro, em qualquer caixa."""
    assert mentions(text, "Ana")


@pytest.mark.parametrize("text", ["banana", "Anastácia", "an a", "ana_", "", "anã"])
def test_no_mention(text):
    """Um pedaço de outra palavra não chama ninguém."""
    assert not mentions(text, "Ana")


@pytest.mark.parametrize(
    ("text", "people", "calls"),
    [
        ("oi, @joao", (), True),
        ("oi, @JOAO!", ("Ana", "João"), True),
        ("oi, João", ("Joao", "João"), True),
        ("oi, @joao", ("Joao", "João"), False),  # há outra pessoa com esse nome
        ("oi, joao", (), False),  # sem @, uma palavra qualquer pode ser igual a um apelido sem acentos
        ("a@joao.com", (), False),
        ("@joaozinho", (), False),
    ],
)
def test_mention_without_accents(text, people, calls):
    """Depois de @, os acentos não fazem falta, se só uma pessoa tem esse nome."""
    assert mentions(text, "João", people) is calls


def read(presence, *texts):
    """O que a sala diz de cada linha."""
    return [presence.read(text, parse_line(text, "Ana")) for text in texts]


def test_presence_follows_entries_exits_and_renames():
    """Quem está: entradas, saídas, trocas, e quem se ouve falar."""
    presence = Presence()
    read(presence, "Ana entrou!", "Bruno entrou!", "* Bruno agora é Beto", "Carla: oi", "Ana saiu!")
    assert presence.people == ("Beto", "Carla")
    read(presence, "* aviso", "entrou!", "uma frase que saiu!", "* Zé agora é assim mesmo")
    assert presence.people == ("Beto", "Carla")


def test_answer_to_who_is_not_shown_once():
    """A resposta que o próprio painel pediu não é para mostrar; a seguinte é da pessoa."""
    presence = Presence()
    presence.ask()
    answers = read(presence, "Ana entrou!", "* na sala (2): Bia, Ana", "* na sala (2): Bia, Ana")
    assert answers == [False, True, False]
    assert presence.people == ("Bia", "Ana")


def test_what_happens_while_the_answer_comes():
    """Entradas e saídas entre a pergunta e a resposta valem sobre a lista que vem."""
    presence = Presence()
    presence.ask()
    read(presence, "Ana entrou!", "Caio entrou!", "Bia saiu!", "* Davi agora é Dora")
    read(presence, "* na sala (4): Bia, Davi, Eva, Ana")
    assert sorted(presence.people) == ["Ana", "Caio", "Dora", "Eva"]


def test_server_without_commands_repeats_the_question():
    """Um servidor que não conhece /quem repete a pergunta, que também não é para mostrar."""
    presence = Presence()
    presence.ask()
    assert read(presence, "Ana entrou!", "Ana: /quem", "Ana: oi") == [False, True, False]


def test_endless_line():
    """Uma linha enorme é cortada, e se diz que foi."""
    line = parse_line("Eva: " + "\u0301\u0316" * 500_000, "Ana")
    assert len(line.text) < 9000 and line.text.endswith("cortada)")


def test_too_many_people():
    """Um servidor que inventa gente sem fim não enche a memória."""
    presence = Presence()
    presence.ask()
    read(presence, "* na sala (9): " + ", ".join(map(str, range(5000))), "Zé entrou!")
    assert len(presence.people) == MAX_PEOPLE and presence.people[-1] == str(MAX_PEOPLE - 1)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("* devagar: passam 10 mensagens por segundo; o excesso não é entregue", 10),
        ("* devagar: passam 0.5 mensagens por segundo; o excesso não é entregue", 0.5),
        ("* devagar com isso", 0),
        ("Ana: * devagar: passam 10 mensagens por segundo", 0),
    ],
)
def test_too_fast(text, rate):
    """O aviso do limite de ritmo diz quantas mensagens passam."""
    assert too_fast(text) == rate
