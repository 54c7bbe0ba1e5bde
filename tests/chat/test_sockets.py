"""O que se faz com um socket: esperar, encerrar, e dizer o que houve."""

import errno
import socket
import threading
from contextlib import suppress

import pytest
from peers import DEADLINE, TICK

from chatlib import sockets
from chatlib.errors import AddressError, ServerNotFound


@pytest.fixture
def ends():
    """As duas pontas de uma conexão."""
    here, there = socket.socketpair()
    there.settimeout(DEADLINE)
    with here, there:
        yield here, there


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


@pytest.mark.parametrize(
    ("host", "other", "clash"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("127.0.0.1", "localhost", True),
        ("0.0.0.0", "127.0.0.2", True),
        ("127.0.0.2", "0.0.0.0", True),
        ("::1", "127.0.0.1", False),
        ("::", "0.0.0.0", False),
        ("::", "::1", True),
        ("127.0.0.1", "nao-existe.invalid", False),
    ],
)
def test_overlap(host, other, clash):
    """Dois endereços disputam a mesma porta se são o mesmo, ou se um é a rede inteira."""
    assert sockets.overlap(host, other) is clash
