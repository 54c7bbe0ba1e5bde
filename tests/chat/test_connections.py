"""O registro das conexões: uma thread por conexão, visitantes contados, e um fim que espera todas."""

import socket
import threading

import pytest
from peers import DEADLINE, wait_until

from chatlib.connections import Connections

ADDRESS = ("127.0.0.1", 1)


@pytest.fixture
def pair():
    """``pair()`` é a ponta do servidor de uma conexão nova; todas se fecham no fim."""
    opened = []

    def create():
        opened.extend(socket.socketpair())
        return opened[-2]

    yield create
    for sock in opened:
        sock.close()


def test_each_connection_has_its_thread(pair):
    """``handle`` roda noutra thread, com o socket e o endereço, e no fim nada sobra."""
    seen, connections = [], Connections(2)

    def handle(sock, address):
        seen.append((sock, address, connections.is_mine()))
        sock.setblocking(False)
        connections.hang_up(sock)

    sock = pair()
    assert connections.spawn(handle, sock, ADDRESS)
    wait_until(lambda: not len(connections))
    connections.close()
    assert seen == [(sock, ADDRESS, True)] and sock.fileno() == -1
    assert not connections.is_mine()


def test_visitors_are_limited_and_members_are_not(pair):
    """Quem ainda não disse o nome conta; quem já entrou, não."""
    over, connections = threading.Event(), Connections(1)

    def handle(sock, address):
        over.wait(DEADLINE)
        sock.setblocking(False)
        connections.hang_up(sock)

    first = pair()
    assert connections.spawn(handle, first, ADDRESS) and connections.visitors == 1
    assert not connections.spawn(handle, pair(), ADDRESS)
    connections.welcome(first)
    assert connections.spawn(handle, pair(), ADDRESS) and len(connections) == 2
    over.set()
    connections.close()
    assert len(connections) == connections.visitors == 0


def test_no_threads_left_in_the_system(pair, monkeypatch):
    """Uma thread que não pôde começar não fica no registro."""

    def fail(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    connections = Connections(1)
    assert not connections.spawn(lambda *_: None, pair(), ADDRESS)
    assert len(connections) == connections.visitors == 0


def test_close_wakes_who_reads(pair):
    """Quem espera bytes acorda e termina; ``close`` só volta depois."""
    connections = Connections(5)

    def handle(sock, address):
        while sock.recv(10):
            pass
        connections.hang_up(sock)

    for _ in range(5):
        connections.spawn(handle, pair(), ADDRESS)
    connections.close()
    assert len(connections) == 0
