"""O servidor e o cliente numa rede ruim, feita pelo perturbador das aulas."""

import time

import pytest
from peers import TICK, TutorialClient, enter, wait_until

from chatlib.errors import ConnectionLost
from chatlib.lab import Perturber

pytestmark = pytest.mark.usefixtures("wire")  # tudo aqui vale em claro e com TLS

# Nestes o perturbador conta bytes ou os solta um a um, e os do TLS são outros.
in_clear = pytest.mark.parametrize("wire", ["claro"], indirect=True)


@pytest.fixture
def net(server):
    """Um perturbador na frente de ``server``, que por enquanto deixa passar tudo."""
    with Perturber(server) as net:
        yield net


@pytest.mark.parametrize("chunk", [1, 2, 3, 5])
def test_any_pieces_make_the_same_conversation(net, join, chunk):
    """Apelido, acentos e emoji chegam inteiros, sejam quais forem os pedaços, nos dois sentidos."""
    net.change(chunk=chunk, gap=0.0002)
    ana = join("Ana")
    with enter("João", *net.address) as joao:
        assert ana.line() == "João entrou!"
        joao.write("não é só ASCII: ção 🎉")
        assert ana.line() == joao.wait_for("🎉") == "João: não é só ASCII: ção 🎉"
        ana.say("até a próxima, João ☕")
        assert joao.wait_for("☕") == "Ana: até a próxima, João ☕"


def test_jitter_does_not_change_the_order(net, join):
    """Com atrasos sorteados, as mensagens chegam todas, e na ordem em que saíram."""
    net.change(jitter=TICK / 2)
    ana = join("Ana")
    with enter("Bia", *net.address) as bia:
        for number in range(20):
            bia.write(f"{number}")
        assert ana.until("Bia: 19")[1:] == [f"Bia: {number}" for number in range(20)]


@in_clear
def test_slow_nickname_of_the_tutorial_client(net, join):
    """O apelido sem ``\\n`` que chega aos pedaços entra, se as pausas são curtas."""
    net.change(one_by_one=True, gap=TICK / 4, direction="to_server")
    ana = join("Ana")
    with TutorialClient(net.address, "Caio"):
        assert ana.line() == "Caio entrou!"


@in_clear
def test_line_cut_in_the_middle_is_discarded(net, join):
    """A conexão cortada no meio de uma linha entrega as inteiras e descarta a metade."""
    ana, bia = join("Ana"), join("Bia", at=net)
    net.change(cut_after=len("Bia: inteira\nBia: pela"), direction="to_server")
    bia.say("Bia: inteira", "Bia: pela metade")
    assert ana.lines(3) == ["Bia entrou!", "Bia: inteira", "Bia saiu!"]


@in_clear
def test_client_says_that_the_line_was_cut(net):
    """Do lado do cliente, o corte no meio de uma linha é uma conexão perdida, e a metade não aparece."""
    with enter("Ana", *net.address) as ana:
        net.change(cut_after=len("Ana: oi\nAna: ol"), direction="to_client")
        ana.write("oi\nolá")
        assert ana.receive() == "Ana entrou!"
        ana.wait_for("Ana: oi")
        with pytest.raises(ConnectionLost):
            ana.receive()
        assert list(ana.messages)[-1] == "Ana: oi"


def test_reset_in_the_middle_of_a_conversation(net, join):
    """Uma queda: os outros veem um só ``saiu``, continuam, e o apelido fica livre."""
    ana = join("Ana")
    with enter("Bia", *net.address) as bia:
        bia.write("oi")
        assert ana.lines(2) == ["Bia entrou!", "Bia: oi"]
        net.reset()
        with pytest.raises(ConnectionLost):
            bia.wait_for("nada")
    assert ana.line() == "Bia saiu!"
    ana.say("fim")
    assert ana.line() == "Ana: fim"
    with enter("Bia", *net.address):
        assert ana.line() == "Bia entrou!"


def test_half_closed_member_leaves(net, join):
    """Quem encerra só a sua fala sai da sala, e lê antes o que já lhe era devido."""
    ana, bia = join("Ana"), join("Bia", at=net)
    bia.say("tchau")
    assert ana.lines(2) == ["Bia entrou!", "Bia: tchau"]
    net.half_close("to_server")
    assert ana.line() == "Bia saiu!"
    assert bia.rest() == ["Bia: tchau"]


def test_stalled_reader_delays_nobody(net, server, join):
    """Com um membro parado, os outros conversam sem espera; solto, ele lê tudo o que perdeu."""
    ana, bia, caio = join("Ana"), join("Bia"), join("Caio", at=net)
    net.stall("to_client")
    start = time.monotonic()
    for number in range(100):
        ana.say(f"{number} " + "x" * 1000)
        ana.until(f"Ana: {number} ")
        bia.until(f"Ana: {number} ")
    assert time.monotonic() - start < 100 * TICK
    assert "Caio" in server.apelidos and net.passed["to_client"] < 100_000
    net.resume("to_client")
    assert [int(line.split()[1]) for line in caio.lines(100)] == list(range(100))


def test_stalled_for_too_long_is_cut_off(net, server, join):
    """Parado além do limite, o membro é desligado, e do outro lado a queda aparece."""
    ana, caio = join("Ana"), join("Caio", at=net)
    net.stall("to_client")
    for _ in range(3000):
        ana.say(*["x" * 4000] * 20)
        if "Caio saiu!" in ana.lines(20):
            break
    wait_until(lambda: server.apelidos == ("Ana",), "a saída de quem não lia")
    net.resume("to_client")
    assert None in [caio.line() for _ in range(30_000)]
