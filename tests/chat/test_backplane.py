"""O registro comum que cabe num processo, e quem percebe que um servidor se calou."""

import threading

import pytest
from peers import wait_until

from chatlib.backplane import Hub, Watch


class Follower:
    """Guarda o que lhe contam."""

    def __init__(self, keep_every=0):
        self.facts, self.heard_from, self.links, self.threads = [], [], [], set()
        self.keep_every = keep_every

    def restore(self, state):
        """Um estado é o que já se contou."""
        self.facts = state.split(b"\n")

    def apply(self, facts):
        """Guarda, e às vezes devolve o que guardou."""
        self.threads.add(threading.current_thread())
        self.facts += facts
        return b"\n".join(self.facts) if self.keep_every and not len(self.facts) % self.keep_every else None

    def heard(self, data):
        """Um sinal de vida."""
        self.heard_from.append(data)

    def linked(self, is_up):
        """O contato."""
        self.links.append(is_up)


@pytest.fixture
def follow():
    """``follow(hub)`` põe mais um servidor no registro; devolve a porta dele e quem o segue."""
    ports = []

    def start(hub, **options):
        port, follower = hub.port(), Follower(**options)
        port.start(follower)
        ports.append(port)
        return port, follower

    yield start
    for port in ports:
        port.stop()


def test_one_order_for_all(follow):
    """Publicados por várias threads em vários servidores, os fatos chegam iguais a todos."""
    hub = Hub()
    followed = [follow(hub) for _ in range(3)]

    def publish(name, port):
        for number in range(200):
            port.publish(b"%d %d" % (name, number))

    threads = [threading.Thread(target=publish, args=(name, port)) for name, (port, _) in enumerate(followed)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, *others = [follower for _, follower in followed]
    wait_until(lambda: all(len(follower.facts) == 600 for _, follower in followed), "todos os fatos")
    assert all(other.facts == first.facts for other in others)
    for name in range(3):
        assert [fact for fact in first.facts if fact.startswith(b"%d " % name)] == [
            b"%d %d" % (name, number) for number in range(200)
        ]
    assert len(first.threads) == 1


def test_who_arrives_later_starts_from_the_state(follow):
    """Quem chega parte do estado guardado e lê o que veio depois; o registro não cresce sem fim."""
    hub = Hub()
    port, early = follow(hub, keep_every=10)
    for number in range(25):
        port.publish(b"%d" % number)
    wait_until(lambda: len(early.facts) == 25)
    _, late = follow(hub)
    wait_until(lambda: late.facts == early.facts, "quem chegou depois em dia")
    assert len(hub.facts) == 5


def test_cut_and_healed(follow):
    """Isolado, um servidor não ouve nem é ouvido; de volta, nada falta e nada se repete."""
    hub = Hub()
    (here, one), (there, other) = follow(hub), follow(hub)
    here.publish(b"antes")
    wait_until(lambda: one.facts == other.facts == [b"antes"])
    there.cut()
    here.publish(b"daqui")
    there.publish(b"de la")
    there.pulse(b"there")
    here.pulse(b"here")
    wait_until(lambda: one.facts == [b"antes", b"daqui"])
    assert other.facts == [b"antes"] and one.heard_from == [b"here"] and other.heard_from == []
    there.heal()
    wait_until(lambda: one.facts == other.facts == [b"antes", b"daqui", b"de la"], "os dois em dia")
    assert other.links == [False, True]


def test_watch_counts_the_silence():
    """Há quanto tempo cada um está calado; de quem nunca se ouviu, desde que se espera por ele."""
    watch = Watch(beat=1)
    assert watch.quiet({"a", "b"}, 10) == {"a": 0, "b": 0}
    watch.heard("a", 11)
    assert watch.quiet({"a", "b"}, 12) == {"a": 1, "b": 2}
    assert watch.quiet({"a"}, 13) == {"a": 2}
    assert watch.quiet({"a", "b"}, 14) == {"a": 3, "b": 0}


def test_watch_that_slept_accuses_nobody():
    """Se quem olha se atrasou, o silêncio pode ser seu: a contagem recomeça."""
    watch = Watch(beat=1)
    watch.quiet({"a"}, 10)
    assert watch.quiet({"a"}, 20) == {"a": 0}
    assert watch.quiet({"a"}, 21) == {"a": 1}


def test_watch_forgives():
    """Com o contato de volta, ninguém está calado há mais do que se diz."""
    watch = Watch(beat=1)
    watch.quiet({"a", "b"}, 10)
    watch.heard("b", 11.5)
    watch.forgive(12, 1)
    assert watch.quiet({"a", "b"}, 12) == {"a": 1, "b": 0.5}
