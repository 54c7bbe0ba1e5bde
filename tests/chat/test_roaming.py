"""Quem muda de servidor quando o seu cai."""

import pytest
from peers import TICK, run_server, wait_until

from chatlib.backplane import Hub
from chatlib.errors import ApelidoRefused, ConnectionLost, ServerNotFound
from chatlib.roaming import Roamer


@pytest.fixture(autouse=True)
def short_pause(monkeypatch):
    """Tentar de novo não demora nos testes."""
    monkeypatch.setattr("chatlib.roaming.PAUSE", TICK / 2)


@pytest.fixture
def servers():
    """Dois servidores, uma sala."""
    hub = Hub()
    with run_server(backplane=hub.port()) as one, run_server(backplane=hub.port()) as other:
        yield one, other


@pytest.fixture
def roam(servers):
    """``roam("Ana")`` entra pelo primeiro; o que ouve e como acaba ficam em ``heard`` e ``ends``."""
    made = []

    def enter(apelido):
        heard, ends = [], []
        addresses = [server.address for server in servers]
        roamer = Roamer(apelido, addresses, on_message=heard.append, on_end=ends.append)
        roamer.heard, roamer.ends = heard, ends
        made.append(roamer)
        return roamer

    yield enter
    for roamer in made:
        roamer.close()


def test_moves(servers, roam, join):
    """Cai o servidor, e a conversa segue por outro, com o apelido que se tinha."""
    one, other = servers
    ana, bia = roam("Ana"), join("Bia", at=other)
    ana.write("/apelido Lia")
    wait_until(lambda: other.apelidos == ("Lia", "Bia"))
    one.shutdown()
    wait_until(lambda: other.apelidos == ("Bia", "Lia"), "a entrada pelo outro")
    ana.write("cheguei")
    bia.until("Lia: cheguei")
    wait_until(lambda: "Lia: cheguei" in ana.heard)
    assert any(line.startswith("* o servidor caiu; você está agora em") for line in ana.heard)


def test_insists_until_it_may_enter(servers, roam):
    """Enquanto não deixam entrar, como quando o apelido ainda está preso, tenta de novo."""
    one, other = servers
    ana = roam("Ana")
    one.room.is_open = False  # os outros servidores ainda não deixam entrar
    wait_until(lambda: not other.room.is_open)
    one.shutdown()
    wait_until(lambda: other.apelidos == ())
    other.room.is_open = True
    wait_until(lambda: other.apelidos == ("Ana",), "a entrada pelo outro")
    assert not ana.ends


def test_who_was_removed_does_not_come_back(servers, roam):
    """Quem cuida da sala tirou a pessoa dela: não é um servidor que caiu."""
    ana = roam("Ana")
    servers[1].room.remove("Ana")
    wait_until(lambda: ana.ends, "o fim")
    assert servers[0].apelidos == servers[1].apelidos == ()


def test_name_in_use(servers, roam, join):
    """Um apelido que já é de outra pessoa é recusado na entrada."""
    join("Ana", at=servers[1])
    with pytest.raises(ApelidoRefused):
        roam("ana")


def test_gives_up(servers, roam, monkeypatch):
    """Sem servidor nenhum, o fim é contado uma vez, e quem escreve fica sabendo."""
    monkeypatch.setattr("chatlib.roaming.MOVING", 5 * TICK)
    ana = roam("Ana")
    for server in servers:
        server.shutdown()
    wait_until(lambda: ana.ends, "o fim")
    assert [type(end) for end in ana.ends] == [ConnectionLost]
    with pytest.raises(ConnectionLost, match="nenhum servidor"):
        ana.write("alguém?")


def test_leaving_is_no_fall(servers, roam):
    """Quem sai não é levado a outro servidor."""
    ana = roam("Ana")
    ana.leave()
    wait_until(lambda: len(ana.ends) == 1, "o fim")
    assert not isinstance(ana.ends[0], ConnectionLost)
    wait_until(lambda: servers[0].apelidos == servers[1].apelidos == ())


def test_no_server_at_all():
    """Se nenhum endereço atende, a entrada falha como a de um `Client`."""
    with run_server() as server:
        address = server.address
    with pytest.raises(ServerNotFound):
        Roamer("Ana", [address, address], on_message=print, on_end=print)
