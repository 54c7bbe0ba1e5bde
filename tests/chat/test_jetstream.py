"""O registro comum num NATS de verdade: ordem, uma vez só, e o que acontece quando ele cai."""

import threading

import pytest
from peers import TICK, RawPeer, run_server, wait_until
from test_backplane import Follower

from chatlib import Server
from chatlib.errors import BackplaneError, UsageError
from chatlib.jetstream import JetStream
from chatlib.lab import Cluster
from chatlib.shared_room import connect


@pytest.fixture(scope="module")
def engine():
    """Um NATS, sem servidores de chat."""
    with Cluster(1, 0) as cluster:
        yield cluster


@pytest.fixture
def follow(engine, request):
    """``follow()`` põe mais um servidor no registro, numa sala só deste teste; devolve-o e quem o segue."""
    started = []

    def start(**options):
        stream, follower = JetStream(engine.urls, request.node.name[:32]), Follower(**options)
        stream.start(follower)
        started.append(stream)
        return stream, follower

    yield start
    for stream in started:
        stream.stop()


def test_one_order_exactly_once(follow):
    """Publicados por várias threads em vários servidores, os fatos chegam iguais a todos, uma vez só."""
    followed = [follow() for _ in range(3)]

    def publish(name, stream):
        for number in range(300):
            stream.publish(b"%d %d" % (name, number))

    threads = [
        threading.Thread(target=publish, args=(name, stream)) for name, (stream, _) in enumerate(followed)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, *others = [follower for _, follower in followed]
    wait_until(lambda: all(len(follower.facts) == 900 for _, follower in followed), "todos os fatos")
    assert all(other.facts == first.facts for other in others) and len(set(first.facts)) == 900
    assert len(first.threads) == 1


def test_who_arrives_later(follow):
    """Quem chega parte do estado guardado e lê o que veio depois."""
    stream, early = follow(keep_every=10)
    for number in range(35):
        stream.publish(b"%d" % number)
        wait_until(lambda number=number: len(early.facts) == number + 1)
    _, late = follow()
    assert late.facts == early.facts
    stream.publish(b"fim")
    wait_until(lambda: late.facts == early.facts and late.facts[-1] == b"fim")


def test_what_was_missed_is_fetched(follow, monkeypatch):
    """O que não se ouviu na hora busca-se pelo número, na ordem."""
    monkeypatch.setattr("chatlib.jetstream.AHEAD", 0)
    stream, follower = follow()
    facts = [b"%d" % number for number in range(50)]
    for fact in facts:
        stream.publish(fact)
    wait_until(lambda: follower.facts == facts, "os fatos buscados")


def test_pulses(follow):
    """Um sinal de vida chega a todos, e não fica no registro."""
    (one, _), (_, other) = follow(), follow()
    one.pulse(b"um")
    wait_until(lambda: other.heard_from == [b"um"])
    assert other.facts == []


def test_engine_down(follow, engine):
    """Com o NATS morto, a sala fica sabendo; o que se publica espera, e chega uma vez só."""
    (one, first), (other, second) = follow(), follow()
    one.publish(b"antes")
    wait_until(lambda: second.facts == [b"antes"])
    engine.kill("no-1")
    one.publish(b"durante")
    other.publish(b"tambem")
    wait_until(lambda: first.links == second.links == [False], "a notícia da queda")
    engine.restart("no-1")
    wait_until(lambda: first.links == second.links == [False, True], "a notícia da volta")
    wait_until(lambda: len(first.facts) == len(second.facts) == 3, "o que esperava")
    assert first.facts == second.facts and set(first.facts) == {b"antes", b"durante", b"tambem"}


def test_engine_that_lost_everything(follow, engine):
    """Se o NATS volta sem nada do que guardava, a conversa segue dali."""
    (one, first), (_, second) = follow(), follow()
    for number in range(5):
        one.publish(b"%d" % number)
    wait_until(lambda: len(second.facts) == 5)
    engine.kill("no-1")
    store = engine._nursery.folder / "no-1"
    store.rename(store.with_name("perdido"))
    engine.restart("no-1")
    one.publish(b"depois")
    wait_until(lambda: first.facts[-1] == second.facts[-1] == b"depois", "a conversa de volta")


def test_two_servers(engine, join):
    """De ponta a ponta: dois servidores no NATS, uma sala."""
    with (
        run_server(backplane=engine.urls[0], sala="pontas") as one,
        run_server(backplane=engine.urls[0], sala="pontas") as other,
        run_server(backplane=engine.urls[0], sala="outra") as apart,
    ):
        ana, bia = join("Ana", at=one), join("Bia", at=other)
        bia.say("oi", "/quem")
        assert ana.lines(2) == ["Bia entrou!", "Bia: oi"]
        assert set(bia.lines(2)) == {"Bia: oi", "* na sala (2): Ana, Bia"}
        assert apart.apelidos == ()


def test_an_empty_room_starts_afresh(engine):
    """Encerrado o último servidor, a sala fica vazia, e as regras do próximo valem."""
    for rate in (5.0, None):
        with run_server(backplane=engine.urls[0], sala="vazia", rate=rate) as server:
            assert server.room.rate == rate
            peer = RawPeer(server.address, "Ana")
            peer.close()


def test_no_engine(monkeypatch):
    """Sem NATS no endereço, o servidor não abre, e uma frase diz o que fazer."""
    monkeypatch.setattr("chatlib.jetstream.OPENING", 5 * TICK)
    server = Server(port=0, backplane="nats://turma:segredo@127.0.0.1:9")
    with pytest.raises(BackplaneError, match=r"nats://127\.0\.0\.1:9 não atende .*veja se o nats-server"):
        server.start()
    assert not server.is_running


@pytest.mark.parametrize("sala", ["", "com espaço", "a.b", "ção", "x" * 33])
def test_room_names(sala):
    """O nome da sala vira o de um fluxo do NATS: nem todos servem."""
    with pytest.raises(UsageError, match="não serve"):
        connect("nats://127.0.0.1:4222", sala)


def test_files_that_do_not_exist(tmp_path):
    """Um certificado ou uma credencial que falta é dito antes de tentar conectar."""
    for option in ("ca", "credentials"):
        with pytest.raises(UsageError, match=r"falta\.pem"):
            connect("tls://127.0.0.1:4222", "sala", **{option: str(tmp_path / "falta.pem")})
