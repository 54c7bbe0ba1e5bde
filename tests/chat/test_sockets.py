"""O que se faz com um socket: perguntar o apelido, esperar, encerrar, e dizer o que houve."""

import errno
import socket
import threading
from contextlib import suppress

import pytest
from peers import DEADLINE, TICK

from chatlib import protocol, sockets
from chatlib.errors import AddressError, EntryRefused, ServerNotFound


@pytest.fixture
def ends():
    """As duas pontas de uma conexão."""
    here, there = socket.socketpair()
    there.settimeout(DEADLINE)
    with here, there:
        yield here, there


@pytest.mark.parametrize("answer", [b"Ana\n", b"Ana\nAna: oi\n", b"Ana", b"x" * 5000])
def test_ask_apelido_returns_the_answer(ends, answer):
    """A resposta vem com o que a seguiu, tenha ou não ``\\n``."""
    ends[1].sendall(answer)
    assert sockets.ask_apelido(ends[0], DEADLINE) == answer
    assert ends[1].recv(10) == protocol.NICK
    assert ends[0].gettimeout() is None


def test_ask_apelido_gives_up_in_time(ends):
    """Sem resposta no prazo, a recusa diz quanto se esperou."""
    with pytest.raises(EntryRefused, match=r"em 0\.05 s"):
        sockets.ask_apelido(ends[0], 0.05)


def test_ask_apelido_of_one_who_left(ends):
    """Quem encerra sem responder é uma conexão perdida."""
    ends[1].shutdown(socket.SHUT_WR)
    with pytest.raises(ConnectionError):
        sockets.ask_apelido(ends[0], DEADLINE)


def test_ask_apelido_cut_by_the_deadline(ends):
    """Uma resposta pela metade quando o prazo acaba é recusa, não apelido."""
    ends[1].sendall(b"A")
    with pytest.raises(EntryRefused):
        sockets.ask_apelido(ends[0], protocol.QUIET / 4)


def test_readable(ends):
    """Espera o prazo dado, ou até haver o que ler."""
    assert not sockets.readable(ends[0], 0)
    ends[1].sendall(b"x")
    assert sockets.readable(ends[0], None)


def test_drain_delivers_the_last_line(ends):
    """Quem ainda está mandando lê a última linha antes do fim."""
    here, there = ends
    there.sendall(b"x" * 10_000)
    here.sendall(b"fim\n")
    closer = threading.Thread(target=lambda: (sockets.drain(here), here.close()))
    closer.start()
    assert there.recv(100) == b"fim\n" and there.recv(100) == b""
    there.close()
    closer.join(DEADLINE)


def test_drain_does_not_wait_for_one_who_never_ends(ends, monkeypatch):
    """O prazo vale mesmo para quem não para de mandar."""
    monkeypatch.setattr(sockets, "LINGER", TICK)
    here, there = ends
    stop = threading.Event()

    def flood():
        with suppress(OSError):
            while not stop.is_set():
                there.sendall(b"x" * 1000)

    flooding = threading.Thread(target=flood)
    flooding.start()
    sockets.drain(here)
    stop.set()
    here.close()
    flooding.join(DEADLINE)


def test_shut_accepts_a_closed_socket(ends):
    """Encerrar o que já se encerrou não é erro."""
    ends[0].close()
    sockets.shut(ends[0])


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionRefusedError(), "não há servidor em h, porta 1: ele ainda não foi iniciado"),
        (socket.gaierror(), "não encontrei o computador 'h'"),
        (UnicodeError(), "não encontrei o computador 'h'"),
        (TimeoutError(), "pode estar desligado"),
    ],
)
def test_connect_says_why(monkeypatch, error, said):
    """Cada falha ao conectar tem a causa provável e o que fazer."""

    def fail(*args):
        raise error

    monkeypatch.setattr(socket, "create_connection", fail)
    with pytest.raises(ServerNotFound, match=said):
        sockets.connect("h", 1, 1)


def test_listen_says_why(monkeypatch):
    """A porta reservada e o endereço alheio têm cada um a sua frase."""

    def fail(*args, **kwargs):
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket, "create_server", fail)
    with pytest.raises(AddressError, match="abaixo de 1024"):
        sockets.listen("127.0.0.1", 80)
