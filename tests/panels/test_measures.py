"""As medidas: o que se conta é o que aconteceu, e observar acaba quando se fecha."""

import pytest
from peers import RawPeer, run_server, wait_until

from chatlib import Client
from chatlib.events import Event
from chatlib.panels.server.measures import KEPT, MOST, PAUSE, QUIET, Measures

ANA, BIA = ("127.0.0.1", 1), ("127.0.0.1", 2)


class Clock:
    """Um relógio que só anda quando se manda."""

    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    """Um relógio parado em 100 s."""
    return Clock()


@pytest.fixture
def measures(server, clock):
    """Medidas de um servidor vazio, com o relógio parado."""
    measures = Measures(server, clock)
    yield measures
    measures.close()


def point(measures, clock):
    """O ponto que se mede depois de uma pausa."""
    clock.now += PAUSE
    return measures.points()[-1]


def said(measures, at):
    """O servidor aceitou uma mensagem no instante ``at`` e começa a entregá-la."""
    measures._on_room(Event("message", "Ana", "oi", ANA, began=at))


def sent(measures, clock, address, at):
    """O ``send`` de uma remessa a um membro termina no instante ``at``."""
    clock.now = at
    measures._on_wire(Event("sent", "Ana", address=address, data=b"x"))


def test_a_real_room(server, join):
    """Pessoas e demora de uma conversa de verdade."""
    clock = Clock()
    measures = Measures(server, clock)
    with Client("Ana", *server.address) as ana:
        bia = join("Bia")
        for number in range(5):
            ana.write(f"oi {number}")
            ana.wait_for(f"oi {number}")
            bia.until(f"oi {number}")
        assert server.room.settle()
        members = point(measures, clock).members
    measures.close()
    assert members == 2
    assert not server.room.taps.all and not server.room._listeners.all


def test_a_real_delay(server, join):
    """Com o relógio de verdade, uma entrega demora mais que nada e menos que uma eternidade."""
    measures = Measures(server)
    ana = join("Ana")
    ana.say("oi")
    ana.until("oi")
    wait_until(lambda: any(point.delay is not None for point in measures.points()), "a demora de uma entrega")
    measures.close()
    [point] = [point for point in measures.points() if point.delay is not None]
    assert 0 < point.delay <= point.worst < 5000


def test_bytes_waiting(server, join):
    """O que espera por quem não lê aparece na conta, e some com ele."""
    clock = Clock()
    measures = Measures(server, clock)
    ana = join("Ana")
    mute = RawPeer(server.address, "Mudo", receive_buffer=4096)
    for _ in range(100):
        ana.say(*["x" * 4000] * 50)
        ana.until("x")
        if point(measures, clock).waiting:
            break
    assert measures.points()[-1].waiting
    mute.reset()
    wait_until(lambda: not point(measures, clock).waiting, "o fim da espera")
    measures.close()


def test_delay_is_until_the_last_member(measures, clock):
    """A demora vai do aceite ao último envio da remessa; a mediana e a maior são das mensagens."""
    said(measures, at=100.0)
    said(measures, at=100.25)
    sent(measures, clock, ANA, at=100.5)
    sent(measures, clock, BIA, at=101.0)
    said(measures, at=101.0)  # a remessa seguinte fecha a anterior
    sent(measures, clock, ANA, at=101.5)
    assert point(measures, clock)[3:] == (750, 1000)
    assert point(measures, clock)[3:] == (None, None)


def test_later_sends_to_the_same_member_do_not_count(measures, clock):
    """Uma nova tentativa com quem está atrasado não muda a demora dos outros."""
    said(measures, at=100.0)
    sent(measures, clock, ANA, at=100.5)
    sent(measures, clock, ANA, at=109.0)
    assert point(measures, clock).worst == 500


def test_a_batch_still_going_out_is_not_counted(measures, clock):
    """Enquanto os envios não param, a remessa não acabou."""
    said(measures, at=100.0)
    sent(measures, clock, ANA, at=100.5)
    sent(measures, clock, BIA, at=101.0)
    assert measures.points()[-1].delay is None
    sent(measures, clock, BIA, at=101.0 + 2 * QUIET)
    assert point(measures, clock).delay == 1000


def test_what_is_not_a_delivery(measures, clock):
    """Entradas, saídas e a pergunta NICK não são mensagens nem entregas."""
    measures._on_room(Event("named", "Ana", address=ANA))
    measures._on_wire(Event("sent", "", address=ANA, data=b"NICK"))
    measures._on_wire(Event("received", "Ana", address=ANA, data=b"oi"))
    sent(measures, clock, ANA, at=103.0)
    assert point(measures, clock) == (4.0, 0, 0, None, None)


def test_a_point_a_second(measures, clock):
    """Quem olha a toda hora não faz mais pontos."""
    assert measures.points() == []
    for _ in range(8):
        clock.now += PAUSE / 4
        measures.points()
    assert [point.at for point in measures.points()] == [1.0, 2.0]


def test_history_is_bounded(measures, clock):
    """Os pontos velhos saem; uma remessa que não sai não cresce sem fim."""
    for _ in range(2 * KEPT):
        point(measures, clock)
    assert len(measures.points()) == KEPT
    for _ in range(MOST + 10):
        said(measures, at=clock.now)
    assert len(measures._batch) == MOST


def test_the_end_of_the_server(clock):
    """Com o servidor encerrado, mede-se que não há ninguém."""
    with run_server() as server:
        measures = Measures(server, clock)
        with Client("Ana", *server.address):
            assert point(measures, clock).members == 1
            server.shutdown()
        assert point(measures, clock).members == 0
        measures.close()
