"""Os instrumentos gerais do laboratório: o ambiente e o que ficou aberto."""

import importlib.util
import socket
import threading
from importlib import metadata

import pytest

from chatlib import Client, Server
from chatlib.lab import check_clean, check_environment, leftovers


@pytest.fixture(autouse=True)
def only_what_is_new(monkeypatch):
    """Só conta o que o próprio teste abre, e sem esperar muito."""
    monkeypatch.setattr(leftovers, "_before", set(threading.enumerate()))
    monkeypatch.setattr(leftovers, "PATIENCE", 0.1)
    known = {id(sock) for sock in leftovers.open_sockets()}
    found = leftovers.open_sockets
    monkeypatch.setattr(leftovers, "open_sockets", lambda: [s for s in found() if id(s) not in known])


def test_nothing_left(capsys):
    """Sem nada aberto, é o que se lê."""
    check_clean()
    assert capsys.readouterr().out == "✔ Nada ficou aberto: nenhuma thread, nenhum socket.\n"


def test_forgotten_sockets_are_told_apart(capsys):
    """O socket que escuta e o conectado aparecem, cada um com o que faz."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()),
    ):
        check_clean()
    said = capsys.readouterr().out
    assert (
        said
        == "✘ Ainda em uso: 1 socket de conversa; 1 socket à escuta. Feche cada socket seu com close().\n"
    )


def test_forgotten_thread_is_named(capsys):
    """A thread que não terminou aparece pelo nome."""
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="teimosa", daemon=True)
    thread.start()
    check_clean()
    stop.set()
    thread.join()
    said = capsys.readouterr().out
    assert said == "✘ Ainda em uso: a thread teimosa. Espere cada thread sua com join().\n"


def test_a_whole_chat_is_counted_and_not_listed(capsys):
    """Um servidor e um cliente esquecidos são duas contas e os dois remédios, não uma lista sem ordem."""
    with Server(port=0) as server, Client("Ana", *server.address):
        check_clean()
    said = capsys.readouterr().out
    assert "3 threads de chatlib (carteiro, handle, receive)" in said and said.count("thread") == 1
    assert "sockets de conversa" in said and "encerre o servidor" in said.lower()


def test_system_that_cannot_tell_who_listens(monkeypatch):
    """Onde o sistema não diz se o socket escuta, ele ainda é contado."""
    monkeypatch.delattr(socket, "SO_ACCEPTCONN")
    with socket.socket() as sock:
        assert leftovers._describe(sock) == "de conversa"


def test_environment_is_complete(capsys):
    """Onde os testes rodam, tudo o que as aulas usam está lá."""
    check_environment()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert all(line.startswith("✔") for line in lines)


def test_missing_pieces_say_what_to_do(capsys, monkeypatch):
    """O que falta vem com ✘ e com o que fazer."""

    def no_network(*_args, **_options):
        raise OSError

    def no_package(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(metadata, "version", no_package)
    monkeypatch.setattr(socket, "create_server", no_network)
    check_environment()
    said = capsys.readouterr().out
    assert said.count("✘") == 5
    assert "python3 lab.py" in said and "firewall" in said


@pytest.mark.parametrize(("version", "good"), [("7.0.1", False), ("7.3.0", True), ("7.4.0", False)])
def test_kernel_versions(capsys, monkeypatch, version, good):
    """Só as versões do ipykernel em que os painéis funcionam são aceitas."""
    monkeypatch.setattr(metadata, "version", lambda name: version)
    check_environment()
    assert ("✔ ipykernel compatível" in capsys.readouterr().out) == good
