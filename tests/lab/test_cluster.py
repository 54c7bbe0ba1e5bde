"""Um cluster de verdade: matam-se servidores, nós e cabos com a conversa no ar, e conta-se o que se perde."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import nullcontext, suppress
from itertools import pairwise

import pytest
from peers import DEADLINE, TICK, RawPeer, wait_until

from chatlib import Client, protocol
from chatlib.errors import ChatError, UsageError
from chatlib.lab import Cluster
from chatlib.panels.chat.conversation import Conversation

GAP = 0.02  # segundos entre as falas de cada um
ELECTION = 10.0  # segundos que o NATS pode levar, em grupo, para ter outro líder
NOTHING = (0, 0, 0)
POSIX = pytest.mark.skipif(os.name != "posix", reason="no Windows não se para um processo com um sinal")


def is_talk(line):
    """Se é a fala de alguém da multidão, e não um aviso."""
    return re.fullmatch(r"p\d.: \d+", line)


class Talker:
    """Alguém num servidor, que fala quando mandam e guarda tudo o que lê."""

    def __init__(self, apelido, address):
        self.apelido, self.said, self.heard, self.times = apelido, 0, [], []
        self.client = Client(apelido, *address, on_message=self._hear)
        self._talking = threading.Event()
        self._thread = None

    def _hear(self, line):
        self.heard.append(line)
        if is_talk(line):
            self.times.append(time.monotonic())

    def start(self):
        """Fala sem parar."""
        self._talking.set()
        self._thread = threading.Thread(target=self._talk)
        self._thread.start()

    def _talk(self):
        with suppress(ChatError):  # o servidor dele pode ter morrido
            while self._talking.is_set():
                self.client.write(f"{self.said}")
                self.said += 1
                time.sleep(GAP)

    def stop(self):
        """Cala-se."""
        self._talking.clear()
        if self._thread:
            self._thread.join()

    def close(self):
        """Sai da sala."""
        self.stop()
        self.client.close()

    @property
    def conversation(self):
        """Só o que as pessoas disseram."""
        return list(filter(is_talk, self.heard))


class Crowd:
    """Pessoas espalhadas pelos servidores de um cluster, duas em cada um; enter: onde elas se conectam."""

    def __init__(self, cluster, enter=lambda number: nullcontext()):
        self.people = []
        for number, address in enumerate(cluster.addresses, 1):
            with enter(number):
                self.people += [Talker(f"p{number}{who}", address) for who in "ab"]
        last = self.people[-1].apelido
        for one in self.people:
            wait_until(lambda one=one: f"{last} entrou!" in one.heard, "todos na sala")

    def on(self, number):
        """Os que estão no servidor de número ``number``."""
        return [one for one in self.people if one.apelido.startswith(f"p{number}")]

    def talk(self, seconds):
        """Todos falam por algum tempo."""
        for one in self.people:
            one.start()
        time.sleep(seconds)

    def verdict(self, but=()):
        """Cala a todos e espera que tudo chegue; (perdidas, repetidas, fora de ordem) entre quem ficou."""
        alive = [one for one in self.people if one not in but]
        for one in self.people:
            one.stop()
        due = {f"{one.apelido}: {number}" for one in alive for number in range(one.said)}
        deadline = time.monotonic() + DEADLINE + 2 * ELECTION
        while not self._settled(alive, due) and time.monotonic() < deadline:
            time.sleep(TICK)  # o que faltar no fim aparece na conta
        heard = [one.conversation for one in alive]
        lost = sum(len(due - set(lines)) for lines in heard)
        repeated = sum(count - 1 for lines in heard for count in Counter(lines).values())
        swapped = sum(lines != heard[0] for lines in heard) + sum(map(_swaps, heard))
        return lost, repeated, swapped

    @staticmethod
    def _settled(alive, due):
        heard = [one.conversation for one in alive]
        return len({len(lines) for lines in heard}) == 1 and due <= set(heard[0])

    def silence(self, since, but=()):
        """O maior intervalo, em segundos, sem que alguém ouvisse nada depois do instante ``since``."""
        times = [
            [since, *(moment for moment in one.times if moment > since)]
            for one in self.people
            if one not in but
        ]
        return max(after - before for moments in times for before, after in pairwise(moments))

    def told(self, what, but=()):
        """Quantas vezes cada um ouviu exatamente isto."""
        return [one.heard.count(what) for one in self.people if one not in but]

    def close(self):
        """Todos saem."""
        for one in self.people:
            one.close()


def _swaps(lines):
    """Quantas falas de uma mesma pessoa chegaram fora da ordem em que ela as disse."""
    last, found = {}, 0
    for author, _, number in (line.partition(": ") for line in lines):
        found += int(number) < last.get(author, -1)
        last[author] = int(number)
    return found


@pytest.fixture(scope="module")
def machines():
    """Três nós e três servidores, os mesmos em todos os testes deste arquivo."""
    before = set(threading.enumerate())
    with Cluster() as cluster:
        yield cluster
    children = [part.child for part in cluster.parts.values()]
    assert children == [None] * 6 and not os.path.exists(cluster._nursery.folder)
    assert not set(threading.enumerate()) - before


@pytest.fixture
def cluster(machines):
    """O cluster, com tudo no ar; e, no fim, de novo."""
    yield machines
    machines.heal()
    for name, part in machines.parts.items():
        if not part.is_running:
            machines.restart(name)


@pytest.fixture
def crowd(cluster):
    """Duas pessoas em cada servidor."""
    crowd = Crowd(cluster)
    yield crowd
    crowd.close()


def follower(cluster):
    """O nome de um nó que não lidera."""
    return next(node.name for node in cluster.nodes if node.name != cluster.leader)


def test_nothing_lost_in_peace(crowd):
    """Seis pessoas em três servidores leem a mesma conversa, uma vez cada linha."""
    crowd.talk(10 * TICK)
    assert crowd.verdict() == NOTHING


def test_server_killed(cluster, crowd):
    """Morto um servidor, os membros dele são vistos sair, uma vez e logo; o resto não nota."""
    crowd.talk(5 * TICK)
    gone = crowd.on(2)
    killed = time.monotonic()
    cluster.kill("servidor-2")
    wait_until(lambda: crowd.told("p2a saiu!", gone) == crowd.told("p2b saiu!", gone) == [1] * 4, "a saída")
    assert time.monotonic() - killed < 80 * TICK  # a promessa é de 5 s; a máquina pode estar ocupada
    assert crowd.verdict(gone) == NOTHING
    assert not any("saiu" in line and not line.startswith("p2") for line in crowd.people[0].heard)
    cluster.restart("servidor-2")
    with Client("p2a", *cluster.addresses[1]) as back:
        back.write("voltei")
        wait_until(lambda: all("p2a: voltei" in one.heard for one in crowd.people if one not in gone))


def test_follower_killed(cluster, crowd):
    """Morto um nó que não lidera, nada se perde e ninguém sai."""
    crowd.talk(5 * TICK)
    name = follower(cluster)
    cluster.kill(name)
    time.sleep(10 * TICK)
    cluster.restart(name)
    assert crowd.verdict() == NOTHING
    assert not any("saiu" in line for one in crowd.people for line in one.heard)


def test_leader_killed(cluster, crowd):
    """Morto o líder, há silêncio até haver outro, e depois nada falta; nenhum servidor é dado por caído."""
    crowd.talk(5 * TICK)
    killed = time.monotonic()
    cluster.kill(cluster.leader)
    wait_until(lambda: all(one.times[-1] > killed + 20 * TICK for one in crowd.people), "a conversa de volta")
    assert crowd.verdict() == NOTHING
    assert crowd.silence(killed) < ELECTION + 50 * TICK
    assert not any("saiu" in line for one in crowd.people for line in one.heard)


def test_leader_cut_off(cluster, crowd):
    """Isolada a máquina do líder, a maioria segue sem ela; de volta, todos leem a mesma conversa."""
    crowd.talk(5 * TICK)
    name = cluster.leader
    cut = time.monotonic()
    cluster.partition(name)
    inside = crowd.on(int(name[-1]))
    outside = [one for one in crowd.people if one not in inside]
    wait_until(
        lambda: all(one.times[-1] > cut + 20 * TICK for one in outside), "a maioria de novo em conversa"
    )
    wait_until(lambda: crowd.told(f"{inside[0].apelido} saiu!", inside) == [1] * 4, "a saída dos isolados")
    cluster.heal()
    assert crowd.verdict() == NOTHING
    for one in inside:
        assert crowd.told(f"{one.apelido} saiu!") == [1] * 6
        assert crowd.told(f"{one.apelido} entrou!", but=crowd.people[:-1]) == [
            2 if one is crowd.people[-1] else 1
        ]


def test_everything_killed(cluster, crowd):
    """Mortos os três nós ao mesmo tempo e ligados de novo, o que se disse nesse tempo chega, e uma vez só."""
    crowd.talk(5 * TICK)
    for node in cluster.nodes:
        cluster.kill(node.name)
    for node in cluster.nodes:
        node.start()
    assert crowd.verdict() == NOTHING
    assert not any("saiu" in line for one in crowd.people for line in one.heard)


def test_only_node_down_for_two_seconds():
    """Com um nó só, morto por dois segundos: os membros ficam sabendo, e nada se perde."""
    with Cluster(1, 2) as cluster:
        crowd = Crowd(cluster)
        try:
            crowd.talk(5 * TICK)
            cluster.kill("no-1")
            time.sleep(20 * TICK)
            cluster.restart("no-1")
            back = time.monotonic()
            wait_until(lambda: all(one.times[-1] > back for one in crowd.people), "a conversa de volta")
            assert time.monotonic() - back < 30 * TICK  # a promessa é de 1 s
            assert crowd.verdict() == NOTHING
            for notice in (protocol.alone(), protocol.together()):
                wait_until(lambda notice=notice: crowd.told(notice) == [1] * 4, notice)
        finally:
            crowd.close()


def test_panel_moves_when_its_server_dies(cluster, crowd):
    """Morto o servidor de um painel, ele entra por outro sozinho, e os demais o veem sair e entrar."""
    talk = Conversation(cluster.addresses, "painel")
    talk.enter()
    try:
        talk.wait_entered()
        cluster.kill("servidor-1")
        others = crowd.on(1)
        wait_until(lambda: crowd.told("painel entrou!", others) == [2] * 4, "a volta do painel")
        talk.write("cheguei")
        wait_until(lambda: crowd.told("painel: cheguei", others) == [1] * 4)
        assert crowd.told("painel saiu!", others) == [1] * 4
    finally:
        talk.close()


@POSIX
def test_slow_server(cluster, crowd):
    """Um servidor parado por muito tempo é dado por caído; acordado, traz de volta os membros e as falas."""
    crowd.talk(5 * TICK)
    process, slow = cluster.servers[1].child.pid, crowd.on(2)
    os.kill(process, signal.SIGSTOP)
    try:
        wait_until(lambda: crowd.told("p2a saiu!", slow) == [1] * 4, "a saída")
    finally:
        os.kill(process, signal.SIGCONT)
    wait_until(lambda: crowd.told("p2a entrou!", slow)[-2:] == [1] * 2, "a volta")
    assert crowd.verdict() == NOTHING
    assert crowd.told("p2a saiu!") == [1] * 6


def test_slow_and_dead_members(cluster, crowd):
    """Quem não lê é desligado, quem cai sai, cada um uma vez; os outros, em toda parte, nada perdem."""
    stuck = RawPeer(cluster.addresses[0], "parado", receive_buffer=4096)
    dead = RawPeer(cluster.addresses[1], "morto")
    crowd.talk(5 * TICK)
    dead.reset()
    with Client("alto", *cluster.addresses[2], on_message=lambda line: None) as loud:
        while not all(crowd.told("parado saiu!")):
            loud.write("\n".join(["x" * 4000] * 200))
    stuck.close()
    assert crowd.verdict() == NOTHING
    assert crowd.told("parado saiu!") == crowd.told("morto saiu!") == [1] * 6


# --- o próprio cluster


def test_names_and_numbers_that_do_not_exist(machines):
    """Um nome errado lista os certos; um cluster sem nós não há."""
    with pytest.raises(UsageError, match="há no-1, no-2"):
        machines.kill("no-9")
    with pytest.raises(UsageError, match="de 1 a 9 nós"):
        Cluster(0)


def test_missing_engine(monkeypatch):
    """Sem o programa do NATS, uma frase diz o que falta, e nada fica aberto."""
    monkeypatch.setenv("NATS_SERVER", "nao-existe")
    with pytest.raises(UsageError, match="NATS_SERVER diz 'nao-existe'"):
        Cluster(1, 1)


HOLD = """
import sys
from chatlib.lab import Cluster
cluster = Cluster(1, 1)
print(*[part.child.pid for part in cluster.parts.values()], cluster._nursery.folder, flush=True)
sys.stdin.read()
"""


def is_alive(pid):
    """Se o processo existe."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


@POSIX
def test_nothing_survives_a_killed_parent():
    """Morto de ``kill -9`` quem fez o cluster, os processos dele também acabam, e a pasta some."""
    command = [sys.executable, "-c", HOLD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        *pids, folder = parent.stdout.readline().split()
        assert all(is_alive(int(pid)) for pid in pids) and os.path.isdir(folder)
        parent.kill()
    wait_until(lambda: not any(is_alive(int(pid)) for pid in pids), "o fim de todos os processos")
    wait_until(lambda: not os.path.isdir(folder), "o fim da pasta provisória")


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_line(number):
    """``lab.py cluster`` mostra onde entrar e, no Ctrl+C, encerra tudo."""
    command = [sys.executable, "-m", "chatlib.lab.cluster", "--nos", "1", "--servidores", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        ports = [int(process.stdout.readline().split()[-1]) for _ in range(2)]
        with Client("Ana", port=ports[0]) as ana, Client("Bia", port=ports[1]) as bia:
            bia.write("oi")
            ana.wait_for("Bia: oi")
        process.send_signal(number)
        assert process.stdout.read().endswith("Cluster encerrado.\n")
        assert process.wait(DEADLINE) == 0
