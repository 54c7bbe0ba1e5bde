"""As frases do diário da sala."""

import typing

import pytest

from chatlib import Event
from chatlib.panels.server.diary import SENTENCES, SHOWN, changes, describe

ADDRESS = ("10.0.0.7", 50000)
CALM = {"running": True, "open": True, "guarded": False, "ciphered": False, "rate": None, "history": 0}


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (Event("named", "Ana", address=ADDRESS), ("Ana", "entrou")),
        (Event("message", "Ana", "{text} %s", ADDRESS), ("Ana", "disse: {text} %s")),
        (Event("private", "Ana"), ("Ana", "mandou uma mensagem particular")),
        (Event("renamed", "Ana", "Bia"), ("Ana", "agora é Bia")),
        (Event("left", "Ana", "foi tirado da sala"), ("Ana", "saiu: foi tirado da sala")),
        (
            Event("refused", text="lotada", address=ADDRESS),
            ("", "uma conexão de 10.0.0.7 não entrou: lotada"),
        ),
        (Event("error", text="sem descritores"), ("", "erro: sem descritores")),
        (Event("room", text="a sala está no ar"), ("", "a sala está no ar")),
    ],
)
def test_sentences(event, sentence):
    """Cada evento tem a sua frase, e o que veio da rede entra nela como está."""
    assert describe(12.9, event) == [12, event.kind, *sentence]


def test_every_room_event_has_a_sentence():
    """Os eventos que a documentação de `Event` promete para a sala estão todos aqui."""
    promised = Event.__doc__.partition("no fio")[0].partition("kind:")[2].replace("`", " ").split()
    kinds = {word.strip(",;") for word in promised} & set(SENTENCES)
    assert kinds == set(SENTENCES) - {"room"}
    assert typing.get_type_hints(Event)["kind"] is str


def test_long_text_is_cut():
    """Uma mensagem longa aparece até o limite, com reticências."""
    assert describe(0, Event("message", "Ana", "x" * SHOWN))[3] == "disse: " + "x" * SHOWN
    assert describe(0, Event("message", "Ana", "x" * 4096))[3] == "disse: " + "x" * SHOWN + "…"


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        ({"running": False}, "a sala foi encerrada"),
        ({"guarded": True}, "agora a sala pede senha; quem já está, fica"),
        ({"ciphered": True}, "quem chega agora conversa cifrado; quem já está continua em claro até voltar"),
        ({"open": False}, "a porta foi fechada: quem está fica, ninguém entra"),
        ({"rate": 2.5}, "cada pessoa manda até 2,5 mensagens por segundo"),
        ({"rate": 1}, "cada pessoa manda até 1 mensagem por segundo"),
        ({"rate": 0.5}, "cada pessoa manda até 0,5 mensagem por segundo"),
        ({"history": 1}, "quem entra lê a última mensagem"),
        ({"history": 50}, "quem entra lê as últimas 50 mensagens"),
    ],
)
def test_changes(now, sentence):
    """Só o que mudou vira frase; voltar atrás também."""
    assert changes(CALM, CALM | now) == [sentence]
    assert len(changes(CALM | now, CALM)) == 1
    assert changes(CALM, CALM) == []
