"""A porta, dos dois lados: a pergunta, a resposta, a recusa."""

import socket
import time

import pytest
from peers import DEADLINE, TICK

from chatlib import protocol
from chatlib.door import Door, ask, enter
from chatlib.errors import ApelidoRefused, EntryRefused, ServerNotFound


def ignore(kind, data):
    """Ninguém observa o fio."""


@pytest.fixture
def ends():
    """As duas pontas de uma conexão TCP."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        there = socket.create_connection(listener.getsockname(), DEADLINE)
        here, _ = listener.accept()
    with here, there:
        yield here, there


@pytest.mark.parametrize("answer", [b"Ana\n", b"Ana\nAna: oi\n", b"Ana", b"x" * 5000])
def test_ask_returns_the_answer(ends, answer):
    """A resposta vem com o que a seguiu, tenha ou não ``\\n``."""
    ends[1].sendall(answer)
    assert ask(ends[0], protocol.NICK, DEADLINE, ignore) == answer
    assert ends[1].recv(10) == protocol.NICK
    assert ends[0].gettimeout() is None


def test_ask_gives_up_in_time(ends):
    """Sem resposta no prazo, a recusa diz quanto se esperou."""
    with pytest.raises(EntryRefused, match=r"em 0\.05 s"):
        ask(ends[0], protocol.NICK, 0.05, ignore)


def test_ask_of_one_who_left(ends):
    """Quem encerra sem responder é uma conexão perdida."""
    ends[1].shutdown(socket.SHUT_WR)
    with pytest.raises(ConnectionError):
        ask(ends[0], protocol.NICK, DEADLINE, ignore)


def test_ask_cut_by_the_deadline(ends):
    """Uma resposta pela metade quando o prazo acaba é recusa, não apelido."""
    ends[1].sendall(b"A")
    with pytest.raises(EntryRefused):
        ask(ends[0], protocol.NICK, protocol.QUIET / 4, ignore)


@pytest.mark.parametrize(
    ("answer", "reader", "rest"),
    [
        (b"Ana\n", protocol.LineReader, b""),
        (b"Ana\r\nAna: oi\n", protocol.LineReader, b"Ana: oi\n"),
        (b"Ana", protocol.ChunkReader, b""),
    ],
)
def test_newcomer(ends, answer, reader, rest):
    """A resposta dá o nome, o jeito de ler quem chegou e o que já veio depois dela."""
    ends[1].sendall(answer)
    newcomer = Door(DEADLINE).ask(ends[0], ignore)
    assert newcomer.apelido == "Ana" and newcomer.rest == rest
    assert type(newcomer.reader) is reader


@pytest.mark.parametrize(
    ("answer", "is_plain"), [(b"Ana", True), ("João".encode(), False), (b"Ana\n", False)], ids=repr
)
def test_who_may_read_only_ascii(ends, answer, is_plain):
    """Só quem não termina a linha, e não usou acento, talvez morra com um."""
    ends[1].sendall(answer)
    assert Door(DEADLINE).ask(ends[0], ignore).is_plain is is_plain


def test_refusal_in_plain_letters(ends):
    """A recusa a um programa do documento vai sem acentos."""
    Door().turn_away(ends[0], "João já está na sala", ignore, is_plain=True)
    assert ends[1].recv(100) == b"* Joao ja esta na sala\n"


def test_turn_away_says_why_even_to_who_left(ends):
    """Quem não entra lê o motivo; quem já se foi não atrapalha."""
    here, there = ends
    seen = []
    Door().turn_away(here, "porque sim", lambda *event: seen.append(event))
    assert there.recv(100) == b"* porque sim\n" and seen == [("sent", b"* porque sim\n")]
    here.close()
    Door().turn_away(here, "de novo", ignore)


def test_client_waits_for_the_question(ends):
    """A pergunta pode vir aos pedaços, e só ela é lida."""
    here, there = ends
    here.sendall(b"NI")
    here.sendall(b"CKAna")
    enter(there, "Bia", time.monotonic() + DEADLINE, ignore)
    assert there.recv(10) == b"Ana" and here.recv(10) == b"Bia\n"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"* a sala est\xc3\xa1 cheia: cabem 2 pessoas\n", EntryRefused),
        (b"* apelido recusado: ele tem espa\xc3\xa7o\n", ApelidoRefused),
        (b"HTTP/1.1 400 Bad Request\r\n", ServerNotFound),
        (b"SSH-2.0-OpenSSH\r\n", ServerNotFound),
        (b"", ServerNotFound),
    ],
)
def test_client_meets_something_else(ends, said, error):
    """Uma recusa é lida como recusa; o que não é um chat, também se diz."""
    here, there = ends
    here.sendall(said)
    with pytest.raises(error) as caught:
        enter(there, "Bia", time.monotonic() + TICK, ignore)
    assert type(caught.value) is error
