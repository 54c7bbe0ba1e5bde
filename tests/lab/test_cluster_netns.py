"""Três máquinas de verdade para o sistema: um espaço de rede cada uma, e um cabo que se solta."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from peers import TICK, wait_until
from test_cluster import NOTHING, Crowd

from chatlib.lab.cluster.parts import ChatServer, Node, find_engine
from chatlib.lab.cluster.processes import Nursery

NETWORK = "10.77.0"
SWITCH = f"cl{os.getpid()}s"
CLONE_NEWNET = 0x40000000


def ip(*args):
    """Um comando ``ip``."""
    subprocess.run(["ip", *args], check=True, capture_output=True)


def can_make_machines():
    """Se aqui se podem fazer espaços de rede."""
    try:
        ip("netns", "add", f"cl{os.getpid()}t")
        ip("netns", "del", f"cl{os.getpid()}t")
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


pytestmark = pytest.mark.skipif(not can_make_machines(), reason="aqui não se podem fazer espaços de rede")


@contextmanager
def inside(machine):
    """Os sockets que esta thread abrir no bloco são da máquina."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{machine}", os.O_RDONLY)
    enter = ctypes.CDLL(None, use_errno=True).setns
    try:
        assert enter(there, CLONE_NEWNET) == 0
        yield
    finally:
        enter(home, CLONE_NEWNET)
        os.close(home)
        os.close(there)


class Network:
    """Três máquinas ligadas a um mesmo comutador, desfeitas por ``undo``."""

    def __init__(self, undo):
        self.names = [f"cl{os.getpid()}m{number}" for number in (1, 2, 3)]
        for name in (SWITCH, *self.names):
            ip("netns", "add", name)
            undo.callback(ip, "netns", "del", name)
        ip("-n", SWITCH, "link", "add", "br0", "type", "bridge")
        ip("-n", SWITCH, "link", "set", "br0", "up")
        self.hosts = [self._plug(number, name) for number, name in enumerate(self.names, 1)]

    def _plug(self, number, name):
        """Liga a máquina ao comutador; devolve o endereço dela."""
        ip(
            "link",
            "add",
            f"v{number}",
            "netns",
            SWITCH,
            "type",
            "veth",
            "peer",
            "name",
            "eth0",
            "netns",
            name,
        )
        ip("-n", SWITCH, "link", "set", f"v{number}", "master", "br0", "up")
        ip("-n", name, "link", "set", "lo", "up")
        ip("-n", name, "addr", "add", f"{NETWORK}.{number}/24", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")
        return f"{NETWORK}.{number}"

    def cable(self, number, state):
        """Solta ou prende o cabo da máquina, do lado do comutador: dela, nada se nota."""
        ip("-n", SWITCH, "link", "set", f"v{number}", state)


class Machines(Network):
    """As máquinas com um nó e um servidor do chat em cada uma."""

    def __init__(self, undo):
        super().__init__(undo)
        nursery = Nursery()
        undo.callback(nursery.close)
        self.nodes = [Node(f"no-{number}", nursery) for number in (1, 2, 3)]
        urls = [f"nats://{host}:{node.port}" for host, node in zip(self.hosts, self.nodes, strict=True)]
        self.servers = [
            ChatServer(f"servidor-{number}", nursery, "sala", urls[number - 1 :] + urls[: number - 1], [])
            for number in (1, 2, 3)
        ]
        for group in (self.nodes, self.servers):
            for part, host, name in zip(group, self.hosts, self.names, strict=True):
                part.host, part.inside = host, ["ip", "netns", "exec", name]
                undo.callback(part.stop)
        routes = [f"nats://{node.host}:{node.route}" for node in self.nodes]
        for node in self.nodes:
            node.routes = routes
        for group in (self.nodes, self.servers):
            for part in group:
                part.start()
            for part, name in zip(group, self.names, strict=True):
                with inside(name):
                    wait_until(lambda part=part: part.is_ready, f"{part.name} pronto: {part.said[-300:]}")

    @property
    def addresses(self):
        """Onde estão os servidores."""
        return [server.address for server in self.servers]

    def leader(self):
        """O número da máquina que lidera o registro."""
        with inside(self.names[0]):
            return int(self.nodes[0].leader("chat-sala")[-1])


@pytest.fixture
def machines():
    """As máquinas, desfeitas ao final aconteça o que acontecer."""
    with ExitStack() as undo:
        yield Machines(undo)


def test_the_leaders_cable(machines):
    """Solto o cabo da máquina que lidera, a maioria segue; preso de novo, ninguém perdeu nem repetiu nada."""
    crowd = Crowd(machines, enter=lambda number: inside(machines.names[number - 1]))
    try:
        crowd.talk(5 * TICK)
        number = machines.leader()
        within = crowd.on(number)
        without = [one for one in crowd.people if one not in within]
        cut = time.monotonic()
        machines.cable(number, "down")
        wait_until(lambda: all(one.times[-1] > cut + 20 * TICK for one in without), "a maioria em conversa")
        wait_until(lambda: all(crowd.told(f"{within[0].apelido} saiu!", within)), "a saída dos isolados")
        machines.cable(number, "up")
        assert crowd.verdict() == NOTHING
        assert crowd.told(f"{within[0].apelido} saiu!") == [1] * 6
    finally:
        crowd.close()


GUIDE = Path(__file__).parents[2] / "notebooks/guia-de-varias-maquinas.md"


def test_the_guide(tmp_path):
    """Os comandos do guia, como estão, em três máquinas: quem entra por uma fala com quem está em outra."""
    node, server, client = re.findall(r"```sh\n(.+?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    env = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{Path(find_engine()).parent}:{os.environ['PATH']}"
    }
    with ExitStack() as undo:
        network = Network(undo)

        def run(number, script):
            host, name = network.hosts[number], network.names[number]
            folder = tmp_path / host
            folder.mkdir(exist_ok=True)
            command = ["ip", "netns", "exec", name, "sh", "-c", script.replace("EU=10.77.0.1", f"EU={host}")]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            process = subprocess.Popen(
                command, cwd=folder, env=env, start_new_session=True, text=True, **pipes
            )
            undo.callback(process.communicate)
            undo.callback(os.killpg, process.pid, signal.SIGKILL)
            return process

        for number in range(3):
            run(number, node)
        for process in [run(number, server) for number in range(3)]:
            assert "no ar" in process.stdout.readline()
        people = [run(number, client) for number in range(2)]
        for one, apelido in zip(people, ("Ana", "Bia"), strict=True):
            one.stdin.write(f"{apelido}\n")
            one.stdin.flush()
            assert any("Conectado" in line for line in iter(one.stdout.readline, ""))
        people[1].stdin.write("oi\n")
        people[1].stdin.flush()
        assert any(line == "Bia: oi\n" for line in iter(people[0].stdout.readline, ""))
