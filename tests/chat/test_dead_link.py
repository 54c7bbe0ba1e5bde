"""Um elo que morre sem avisar, entre dois computadores de mentira: dois espaços de rede do Linux.

O fantasma de quem caiu segura o apelido; quem volta por outro endereço não espera os minutos do TCP.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import pytest
from peers import RawPeer, run_server, wait_until

HERE, THERE = "10.99.7.1", "10.99.7.2"
NAMES = f"chat{os.getpid() % 100_000}"  # o nome de uma interface tem até 15 letras
CLIENT = """
import socket, sys
sock = socket.create_connection((sys.argv[1], int(sys.argv[2])))
sock.recv(4)
sock.sendall(b"Ana\\n")
while data := sock.recv(65536):
    print(data, flush=True)
"""
pytestmark = pytest.mark.skipif(
    not shutil.which("ip") or os.geteuid() != 0, reason="criar espaços de rede pede Linux, iproute2 e root"
)


def ip(*words):
    """Um comando ``ip``; o que ele diz quando falha aparece no erro do teste."""
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=10)


@contextmanager
def another_computer():
    """Um computador ligado a este por um cabo, e a função que puxa o cabo; some no final."""
    ip("netns", "add", NAMES)
    try:
        ip("link", "add", f"{NAMES}a", "type", "veth", "peer", "name", f"{NAMES}b", "netns", NAMES)
        ip("address", "add", f"{HERE}/24", "dev", f"{NAMES}a")
        ip("link", "set", f"{NAMES}a", "up")
        ip("-n", NAMES, "address", "add", f"{THERE}/24", "dev", f"{NAMES}b")
        ip("-n", NAMES, "link", "set", f"{NAMES}b", "up")
        yield lambda: ip("-n", NAMES, "link", "set", f"{NAMES}b", "down")
    finally:
        with suppress(subprocess.CalledProcessError):  # nem chegou a haver cabo
            ip("link", "delete", f"{NAMES}a")
        ip("netns", "delete", NAMES)


@contextmanager
def entering(server):
    """Ana, no outro computador, já na sala."""
    command = ["ip", "netns", "exec", NAMES, sys.executable, "-c", CLIENT, HERE, str(server.address[1])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert "Ana entrou!" in process.stdout.readline()
            yield
        finally:
            process.kill()


def try_to_enter(server):
    """Se Ana consegue entrar daqui; a conexão se fecha em seguida."""
    peer = RawPeer(("127.0.0.1", server.address[1]))
    peer.answer("Ana")
    line = peer.line()
    peer.close()
    return line == "Ana entrou!"


@pytest.mark.parametrize("talking", [False, True], ids=["calada", "com dados a caminho"])
def test_a_ghost_gives_the_name_back(talking):
    """Depois da primeira recusa a conexão morta é sondada, e cai em segundos, não em minutos."""
    with another_computer() as unplug, run_server(host="0.0.0.0") as server, entering(server):
        unplug()
        if talking:
            server.broadcast("alguém aí?")
        start = time.monotonic()
        assert not try_to_enter(server)
        while not try_to_enter(server):
            assert time.monotonic() - start < 40, "o fantasma continua na sala"
            wait_until(lambda: not server.apelidos or time.monotonic() - start > 40, "a saída do fantasma")


def test_the_living_are_not_evicted(server, join):
    """Quem está vivo responde às sondas: nenhuma tentativa de tomar o seu nome o tira da sala."""
    ana = join("Ana")
    for _ in range(30):
        assert not try_to_enter(server)
    assert ana.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
    ana.say("ainda aqui")
    assert ana.line() == "Ana: ainda aqui"
    [member] = server.room.members
    assert member.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
