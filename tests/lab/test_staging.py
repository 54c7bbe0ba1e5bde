"""O palco das aulas: o que ele entrega, e que tudo o que ele abre se fecha."""

import socket
import sys
import threading
from contextlib import suppress
from types import SimpleNamespace

import pytest
from peers import DEADLINE, wait_until

from chatlib.errors import NoMessage
from chatlib.lab import check_clean, crowd, keep, pair, spawn, staging, wait_for_bytes


@pytest.fixture(autouse=True)
def strike():
    """O palco se desfaz no fim de cada teste."""
    yield
    staging.clear()


@pytest.fixture
def notebook(monkeypatch):
    """``notebook("célula")`` diz em que célula estamos; cada chamada é uma rodada."""
    shell = SimpleNamespace(execution_count=0, cell="")
    shell.get_parent = lambda: {"metadata": {"cellId": shell.cell}}
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setattr("chatlib.rerun._opened", {})

    def run(cell):
        shell.cell, shell.execution_count = cell, shell.execution_count + 1

    return run


def is_open(*sockets):
    """Quais destes ainda estão abertos."""
    return [sock.fileno() >= 0 for sock in sockets]


def listen_to(client, heard):
    """Lê até o outro lado encerrar, como um ``handle``."""
    while data := client.recv(1024):
        heard.append(data)


def test_pair_talks_both_ways():
    """As duas pontas são da mesma conexão; só a de quem se conectou tem prazo, como num cliente."""
    ours, theirs = pair()
    ours.sendall(b"oi")
    theirs.sendall(b"oi!")
    assert (theirs.recv(1024), ours.recv(1024)) == (b"oi", b"oi!")
    assert ours.getsockname() == theirs.getpeername()
    assert (ours.gettimeout(), theirs.gettimeout()) == (staging.WAIT, None)


def test_nobody_else_can_connect_to_a_pair():
    """O socket que escutava já está fechado."""
    _, theirs = pair()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(theirs.getsockname(), DEADLINE)


def test_crowd_keeps_everyone_in_order():
    """A mesma posição das três listas é da mesma pessoa."""
    clients, apelidos, people = crowd("Ana", "Bruno", "Carla")
    assert apelidos == ["Ana", "Bruno", "Carla"]
    for client, apelido in zip(clients, apelidos, strict=True):
        client.sendall(apelido.encode())
    assert [person.recv(1024).decode() for person in people] == apelidos


def test_empty_crowd():
    """Sem ninguém, as listas são vazias."""
    assert crowd() == ([], [], [])


def test_new_crowd_ends_the_one_before():
    """Os sockets da sala anterior se fecham e as threads que os liam terminam."""
    clients, _, people = crowd("Ana")
    thread = spawn(listen_to, clients[0], [])
    new_clients, _, new_people = crowd("Bruno")
    assert is_open(*clients, *people) == [False, False] and not thread.is_alive()
    assert is_open(*new_clients, *new_people) == [True, True]


def test_both_ends_being_read_do_not_hold_each_other():
    """Duas threads, uma em cada ponta: sem ``shutdown``, nenhum ``close`` chegaria à outra."""
    threads = [spawn(listen_to, end, []) for end in pair()]
    staging.clear()
    assert not any(thread.is_alive() for thread in threads)


def test_clear_waits_for_the_threads():
    """Uma thread que ainda arruma alguma coisa depois do fim tem tempo de terminar."""
    _, theirs = pair()

    def tidy_up_slowly():
        listen_to(theirs, [])
        threading.Event().wait(0.2)

    thread = spawn(tidy_up_slowly)
    staging.clear()
    assert not thread.is_alive()


def test_spawn_runs_beside_and_names_the_thread():
    """A função recebe o que se deu, numa thread que leva o nome dela e não segura o programa."""
    (ours, theirs), heard = pair(), []
    thread = spawn(listen_to, theirs, heard)
    ours.sendall(b"oi")
    wait_until(lambda: heard == [b"oi"], "a leitura na thread")
    assert thread.daemon and "listen_to" in thread.name


def test_error_of_a_socket_closed_by_the_stage_is_no_news(monkeypatch):
    """A thread presa num envio, que o fim do palco interrompe, termina calada."""
    errors, sending = [], threading.Event()
    monkeypatch.setattr(threading, "excepthook", errors.append)
    _, theirs = pair()

    def fill():
        sending.set()
        while True:
            theirs.sendall(bytes(1 << 20))

    thread = spawn(fill)
    assert sending.wait(DEADLINE)
    staging.clear()
    assert not thread.is_alive() and errors == []


def test_error_of_the_function_itself_is_news(monkeypatch):
    """Um erro de socket que a própria função provocou aparece, como em qualquer thread."""
    errors = []
    monkeypatch.setattr(threading, "excepthook", errors.append)
    _, theirs = pair()
    theirs.close()
    spawn(theirs.sendall, b"oi").join(DEADLINE)
    assert [error.exc_type for error in errors] == [OSError]


def test_same_cell_again_closes_only_what_it_had_opened(notebook):
    """A segunda rodada fecha o par da primeira, acorda quem o lia e não toca no das outras células."""
    notebook("a")
    old = pair()
    thread = spawn(listen_to, old[1], [])
    notebook("b")
    other = pair()
    notebook("a")
    new = pair()
    assert is_open(*old, *other, *new) == [False, False, True, True, True, True]
    assert not thread.is_alive()


def test_kept_socket_ends_with_the_stage():
    """Um socket que escuta, deixado com ``keep``, se fecha, e a thread parada nele termina."""
    server = keep(socket.create_server(("127.0.0.1", 0)))
    server.settimeout(0.05)
    stop = threading.Event()

    def receive():
        while not stop.is_set():
            with suppress(TimeoutError):
                server.accept()

    thread = spawn(receive)
    staging.clear()
    stop.set()  # só para não deixar a thread girando, se o teste falha
    assert is_open(server) == [False] and not thread.is_alive()


def test_wait_for_bytes_takes_none(monkeypatch):
    """Volta quando os bytes estão lá, e eles continuam por ler; se faltam, diz quantos vieram."""
    ours, theirs = pair()
    ours.sendall(b"um")
    wait_for_bytes(theirs, 2)
    assert theirs.recv(1024) == b"um"
    monkeypatch.setattr(staging, "PATIENCE", 0.05)
    with pytest.raises(NoMessage, match="chegaram 0 bytes, e você pediu 6"):
        wait_for_bytes(theirs, 6)


def test_wait_for_bytes_does_not_spin_at_the_end(monkeypatch):
    """Quem encerrou não manda mais nada: o prazo vale, e o ``b""`` não vira um laço sem fim."""
    monkeypatch.setattr(staging, "PATIENCE", 0.05)
    ours, theirs = pair()
    ours.sendall(b"um")
    ours.close()
    with pytest.raises(NoMessage, match="chegaram 2 bytes, e você pediu 6"):
        wait_for_bytes(theirs, 6)


def test_check_clean_strikes_the_stage(capsys, monkeypatch):
    """O que as aulas montam não é esquecimento do aluno: ``check_clean`` o fecha antes de conferir."""
    clients, _, people = crowd("Ana", "Bruno")
    thread = spawn(listen_to, clients[0], [])
    monkeypatch.setattr("chatlib.lab.leftovers.open_sockets", lambda: [s for s in people if s.fileno() >= 0])
    monkeypatch.setattr("chatlib.lab.leftovers.open_threads", lambda: [thread] * thread.is_alive())
    check_clean()
    assert capsys.readouterr().out.startswith("✔")
    assert is_open(*clients, *people) == [False] * 4
