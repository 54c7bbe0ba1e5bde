"""Os comandos da sala, de um socket qualquer."""

import threading

import pytest
from peers import wait_until

from chatlib import commands, protocol

pytestmark = pytest.mark.usefixtures("wire")  # tudo aqui vale em claro e com TLS


@pytest.mark.parametrize("prefix", ["", "Ana: ", "ana: "])
def test_help_lists_every_command(room, prefix):
    """``/ajuda`` cita todos, com ou sem o próprio prefixo na frente."""
    room[0].say(prefix + "/ajuda")
    line = room[0].line()
    assert line.startswith(protocol.NOTICE)
    for usage in ("/ajuda", "/quem", "/msg APELIDO texto", "/apelido NOVO", "/sair"):
        assert usage in line


def test_who(room):
    """``/quem`` diz quem está, em ordem de chegada, em maiúsculas ou não."""
    room[1].say("/quem", "/QUEM e mais")
    assert room[1].lines(2) == ["* na sala (2): Ana, Bia"] * 2


def test_unknown_command_names_help(room):
    """Um comando que não existe não é mostrado a ninguém, e a resposta aponta ``/ajuda``."""
    ana, bia = room
    ana.say("/dançar", "/", "/\x1b[2J", "oi")
    assert ana.lines(4) == [
        "* não conheço /dançar: veja os comandos com /ajuda",
        "* não conheço /: veja os comandos com /ajuda",
        "* não conheço /\ufffd[2J: veja os comandos com /ajuda",
        "Ana: oi",
    ]
    assert bia.line() == "Ana: oi"


def test_slash_slash_is_text(room):
    """``//x`` sai como ``/x``, e não é comando."""
    room[0].say("//quem", "Ana: ///x", "    //quem", "\t///quem", "/\\sair")
    assert room[1].lines(5) == ["Ana: /quem", "Ana: //x", "Ana:     /quem", "Ana: \t//quem", "Ana: \\sair"]


def test_private_code_keeps_its_indentation(room):
    """Depois de ``/msg APELIDO`` e um só espaço, o texto vai como está, com o recuo."""
    room[0].say("/msg Bia     return 1", "/msg  Bia   oi", "fim")
    assert room[1].lines(3) == ["Ana (particular):     return 1", "Ana (particular): oi", "Ana: fim"]


def watch_letters(monkeypatch, server):
    """Anota o que passa a ir para a caixa do carteiro; a função devolvida diz o que foi."""
    letters, post = [], server.room._postman.post

    def noting(letter, **how):
        letters.append(letter.data)
        return post(letter, **how)

    monkeypatch.setattr(server.room._postman, "post", noting)
    return lambda: letters


def test_what_is_said_in_a_row_goes_together(monkeypatch, room, server):
    """O que chega junto vai à sala numa carta só, mas um comando ou uma resposta tem a sua vez."""
    letters = watch_letters(monkeypatch, server)
    ana = server.room.members[0]
    commands.obey(server.room, ana, [b"1", b"//2", b"/apelido Lia", b"", b"3", None, b"4", b"/nada", b"5"])
    assert [data for data in letters() if not data.startswith(b"*")] == [
        b"Ana: 1\nAna: /2\n",
        b"Lia: 3\n",
        b"Lia: 4\n",
        b"Lia: 5\n",
    ]
    assert ana.messages == 5
    assert [line.partition(" ")[2][:8] for line in room[0].lines(8)] == [
        "1", "/2", "Ana agor", "3", "mensagem", "4", "não conh", "5"
    ]  # fmt: skip


def test_one_letter_is_not_the_whole_flood(monkeypatch, room, server):
    """Uma enxurrada de linhas curtas vai em cartas de um tamanho que ninguém estranha."""
    letters = watch_letters(monkeypatch, server)
    commands.obey(server.room, server.room.members[0], [b"x"] * 250)
    assert [data.count(b"\n") for data in letters()] == [
        commands.AT_ONCE,
        commands.AT_ONCE,
        250 - 2 * commands.AT_ONCE,
    ]


@pytest.mark.parametrize("target", ["Bia", "bia", "ＢＩＡ", "  Bia"])
def test_private_is_seen_by_two(room, join, target):
    """Só quem manda e quem recebe leem a mensagem particular."""
    ana, bia = room
    caio = join("Caio")
    ana.say(f"/msg {target} oi, só você ", "fim")
    assert caio.line() == "Ana: fim"
    assert ana.lines(3)[1:] == bia.lines(3)[1:] == ["Ana (particular): oi, só você", "Ana: fim"]


def test_private_to_oneself_comes_once(room):
    """Falar consigo mesmo rende uma linha, não duas."""
    room[0].say("/msg ana oi", "fim")
    assert room[0].lines(2) == ["Ana (particular): oi", "Ana: fim"]


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("/msg", "faltou o texto"),
        ("/msg Bia", "faltou o texto"),
        ("/msg Bia   ", "faltou o texto"),
        ("/msg Caio oi", "Caio não está na sala"),
        ("/msg * oi", "* não está na sala"),
        ("/msg " + "a\u0301\u0323" * 700 + " oi", "não está na sala"),
        ("/apelido", "apelido recusado: ele está vazio"),
        ("/apelido Bia", "apelido recusado: Bia já está na sala"),
        ("/apelido BIA", "apelido recusado: Bia já está na sala"),
        ("/apelido a b", "apelido recusado: espaço"),
        ("/apelido servidor", "apelido recusado: servidor é uma palavra reservada"),
        ("/apelido " + "x" * 4000, "apelido recusado: ele tem mais de 20"),
    ],
    ids=lambda text: text[:20],
)
def test_refused_command_is_a_notice_and_one_stays(room, command, reply):
    """O que não pode ser feito é dito só a quem pediu, que continua na sala."""
    ana, bia = room
    ana.say(command, "oi")
    line = ana.line()
    assert line.startswith(protocol.NOTICE) and reply in line
    assert ana.line() == bia.line() == "Ana: oi"


def test_rename_is_told_to_all(room, join):
    """A troca de apelido é um aviso, sem entrada nem saída, e o antigo fica livre."""
    ana, bia = room
    ana.say("/apelido Júlia", "oi", "Ana: prefixo antigo", "Júlia: novo")
    expected = ["* Ana agora é Júlia", "Júlia: oi", "Júlia: prefixo antigo", "Júlia: novo"]
    assert ana.lines(4) == bia.lines(4) == expected
    join("Ana")
    assert bia.line() == "Ana entrou!"
    ana.close()
    assert bia.line() == "Júlia saiu!"


def test_rename_in_another_case(room, server):
    """O mesmo apelido em outra caixa é aceito, e o lugar na lista é o mesmo."""
    room[0].say("/apelido ANA")
    assert room[1].line() == "* Ana agora é ANA"
    assert server.apelidos == ("ANA", "Bia")


def test_rename_race_has_one_winner(server, join):
    """Dez pessoas querem o mesmo apelido ao mesmo tempo: uma o leva."""
    peers = [join(f"p{i}") for i in range(10)]
    threads = [threading.Thread(target=peer.say, args=("/apelido Rei",)) for peer in peers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for peer in peers:
        peer.say("fim")
    wait_until(lambda: sum(member.messages for member in server.room.members) == 10)
    assert server.apelidos.count("Rei") == 1 and len(server.apelidos) == 10
    logs = [peer.until("Rei: fim") for peer in peers]
    assert all(sum(line.endswith(" agora é Rei") for line in log) == 1 for log in logs)
    refusals = [line for log in logs for line in log if "Rei já está na sala" in line]
    assert len(refusals) <= 9


def test_renames_and_joins_never_share_a_name(server, join):
    """Quem renomeia e quem entra disputam um apelido: nunca há dois com ele."""
    ana, log = join("Ana"), join("Log")
    for i in range(20):
        other = join()
        ana.say(f"/apelido x{i}")
        other.answer(f"x{i}")
        other.line()
        other.close()
    ana.say("fim")
    present = {"Log", "Ana"}
    for line in log.until(": fim"):
        if " agora é " in line:
            old, new = line.removeprefix("* ").split(" agora é ")
            assert old in present and new not in present
            present = present - {old} | {new}
        elif line.endswith(" entrou!"):
            assert line.split()[0] not in present
            present.add(line.split()[0])
        elif line.endswith(" saiu!"):
            present.remove(line.split()[0])


@pytest.mark.parametrize("command", ["/sair", "Ana: /sair", "/SAIR", "/sair já"])
def test_leave(room, command):
    """``/sair`` encerra a conexão, e os outros leem a saída."""
    ana, bia = room
    ana.say(command)
    assert ana.rest() == [] and bia.line() == "Ana saiu!"


@pytest.mark.parametrize(
    "command",
    [
        " /msg Bia segredo",
        "\t/msg Bia segredo",
        "\u00a0/MSG Bia segredo",
        "\\msg Bia segredo",
        "／msg Bia segredo",
        "／ｍｓｇ Bia segredo",
        "\u200b/msg Bia segredo",
        "Ana:  /msg Bia segredo",
        "/msg\tBia\tsegredo",
        "/msg @Bia segredo",
        "/msg Bia: segredo",
        "/Msg   bia   segredo",
    ],
    ids=ascii,
)
def test_private_text_never_goes_public(room, join, command):
    """O que a pessoa quis dizer a uma só não chega a mais ninguém, escreva como escrever."""
    ana, bia = room
    caio = join("Caio")
    ana.say(command, "fim")
    assert caio.line() == "Ana: fim"
    assert bia.lines(3)[1:] == ["Ana (particular): segredo", "Ana: fim"]


def test_a_space_after_the_slash_is_refused(room):
    """Na dúvida, nada se publica: a pessoa lê o que fazer."""
    ana, bia = room
    ana.say("/ msg Bia segredo", "\\ quem", "fim")
    assert ana.lines(2) == [
        "* há um espaço depois da barra, e nada foi mandado: escreva /msg sem ele",
        "* há um espaço depois da barra, e nada foi mandado: escreva /quem sem ele",
    ]
    assert bia.line() == "Ana: fim"


@pytest.mark.parametrize(
    "text",
    [
        "/home/a.py",
        "/* c */",
        "// comentário",
        "/// <summary>",
        "//",
        "/>",
        "/^abc$/g",
        "/etc/hosts aqui",
        "    // recuado",
        "    //recuado",
        "  //// recuado",
        "  /nada disso",
        "\\n é uma quebra",
        "./rode.sh",
        "1/msg",
        "/ 2",
    ],
)
def test_what_is_not_a_command_is_said(room, text):
    """Um caminho, um comentário ou um pedaço de código chegam como foram escritos."""
    room[0].say(text)
    assert room[1].line() == f"Ana: {text}"


def test_rename_to_the_same_name_is_told_to_nobody(room):
    """Quem pede o apelido que já tem lê isso, e os outros não leem nada."""
    ana, bia = room
    ana.say("/apelido Ana", "fim")
    assert ana.line() == "* você já é Ana" and bia.line() == "Ana: fim"


def test_lookalike_of_someone_present(room, join):
    """Um apelido que na tela se confunde com o de quem está é recusado, na entrada e na troca."""
    ana, bia = room
    other = join()
    other.answer("ΑΝΑ")  # em grego
    [line] = other.rest()
    assert line.startswith("* apelido recusado: ΑΝΑ se confunde com Ana, que já está na sala")
    bia.say("/apelido АNА".replace("N", "Н"))  # em cirílico: parece AHA, e ninguém é AHA
    assert ana.line() == "* Bia agora é АНА"
    join("Bia")
    assert ana.line() == "Bia entrou!"
    ana.say("/apelido B1a", "/apelido Bia")
    assert ana.lines(2)[1].startswith("* apelido recusado: Bia já está")


def test_no_command_starts_with_a_letter():
    """Letra ou algarismo, de qualquer língua, não abre um comando: é o que deixa a conversa passar direto."""
    letters = [chr(code) for code in range(0x110000) if chr(code).isalnum()]
    assert not any(commands._LOOKS_LIKE_COMMAND.match(f"{letter}/ajuda") for letter in letters)
    assert not any(commands._ESCAPED.match(f"{letter}//ajuda") for letter in letters)
