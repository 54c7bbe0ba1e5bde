"""As medidas: o que se conta é o que aconteceu, e observar acaba quando se fecha."""

import threading

import pytest
from peers import RawPeer, run_server, wait_until

from chatlib import Client
from chatlib.errors import UsageError
from chatlib.events import Event
from chatlib.lab import MeasuresPanel
from chatlib.lab.measures import KEPT, PAUSE, QUIET, Measures
from chatlib.lab.words import milliseconds

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
    with Measures(server, clock=clock) as measures:
        yield measures


def said(measures, at):
    """O servidor aceitou uma mensagem no instante ``at`` e começa a entregá-la."""
    measures._on_room(Event("message", "Ana", "oi", ANA, began=at))


def sent(measures, clock, address, at):
    """O ``send`` de uma remessa a um membro termina no instante ``at``."""
    clock.now = at
    measures._on_wire(Event("sent", "Ana", address=address, data=b"x"))


def test_a_real_room(server, join):
    """Mensagens, pessoas e demora de uma conversa de verdade."""
    with Measures(server) as measures, Client("Ana", *server.address) as ana:
        bia = join("Bia")
        for number in range(5):
            ana.write(f"oi {number}")
            ana.wait_for(f"oi {number}")
            bia.until(f"oi {number}")
        wait_until(lambda: measures.sample().delay is not None, "a demora de uma entrega")
        assert measures.total == 5
        points = list(measures.history)
        assert sum(point.rate > 0 for point in points) == 1
        assert points[-1].members == 2
        assert 0 < points[-1].delay <= points[-1].worst < 5
        assert "5 mensagens até agora" in measures.summary()


def test_bytes_waiting(server, join):
    """O que espera por quem não lê aparece na conta, e some com ele."""
    with Measures(server) as measures:
        ana = join("Ana")
        mute = RawPeer(server.address, "Mudo", receive_buffer=4096)
        while not measures.sample().waiting:
            ana.say(*["x" * 4000] * 50)
            ana.until("x")
            assert measures.total < 5000
        assert "bytes à espera de quem não leu" in measures.summary()
        mute.reset()
        wait_until(lambda: not measures.sample().waiting, "o fim da espera")


def test_delay_is_until_the_last_member(measures, clock):
    """A demora vai do aceite ao último envio da remessa; a mediana e a maior são das mensagens."""
    said(measures, at=100.0)
    said(measures, at=100.25)
    sent(measures, clock, ANA, at=100.5)
    sent(measures, clock, BIA, at=101.0)
    said(measures, at=101.0)  # a remessa seguinte fecha a anterior
    sent(measures, clock, ANA, at=101.5)
    clock.now = 101.5 + 2 * QUIET
    point = measures.sample()
    assert (point.delay, point.worst) == (0.75, 1.0)
    assert measures.sample().delay is None


def test_later_sends_to_the_same_member_do_not_count(measures, clock):
    """Uma nova tentativa com quem está atrasado não muda a demora dos outros."""
    said(measures, at=100.0)
    sent(measures, clock, ANA, at=100.5)
    sent(measures, clock, ANA, at=109.0)
    assert measures.sample().worst == 0.5


def test_a_batch_still_going_out_is_not_counted(measures, clock):
    """Enquanto os envios não param, a remessa não acabou."""
    said(measures, at=100.0)
    sent(measures, clock, ANA, at=100.5)
    assert measures.sample().delay is None
    clock.now += 2 * QUIET
    assert measures.sample().delay == 0.5


def test_what_is_not_a_delivery(measures, clock):
    """Entradas, saídas e a pergunta NICK não são mensagens nem entregas."""
    measures._on_room(Event("named", "Ana", address=ANA))
    measures._on_wire(Event("sent", "", address=ANA, data=b"NICK"))
    measures._on_wire(Event("received", "Ana", address=ANA, data=b"oi"))
    sent(measures, clock, ANA, at=103.0)
    clock.now = 104.0
    assert measures.sample() == (4.0, 0.0, 0, 0, None, None)


def test_rate(measures, clock):
    """Mensagens por segundo, desde o ponto anterior."""
    for _ in range(6):
        said(measures, at=100.0)
    clock.now = 102.0
    assert measures.sample().rate == 3.0
    clock.now = 104.0
    assert measures.sample().rate == 0.0
    assert measures.summary() == (
        "6 mensagens até agora; no máximo 3 por segundo; 0 pessoas na sala; "
        "0 bytes à espera de quem não leu (nos últimos 2 s)."
    )


def test_history_is_bounded(server, clock):
    """Os pontos velhos saem; uma remessa que não sai não cresce sem fim."""
    with Measures(server, seconds=10, clock=clock) as measures:
        for _ in range(100):
            clock.now += PAUSE
            measures.sample()
        assert len(measures.history) == 10 / PAUSE
        for _ in range(KEPT + 10):
            said(measures, at=clock.now)
        assert len(measures._batch) == KEPT


def test_nothing_measured_yet(measures):
    """Antes do primeiro ponto, a frase diz que não há nada."""
    assert measures.summary() == "Nada medido ainda."


@pytest.mark.parametrize(("seconds", "text"), [(0.00081, "0,81 ms"), (0.1234, "120 ms"), (2, "2000 ms")])
def test_times_are_written_in_portuguese(seconds, text):
    """Dois algarismos bastam, com vírgula."""
    assert milliseconds(seconds) == text


@pytest.mark.parametrize("build", [Measures, MeasuresPanel])
def test_only_a_server_is_measured(build):
    """O que não é um Server é recusado com uma frase."""
    with pytest.raises(UsageError, match="as medidas são de um Server"):
        build(("127.0.0.1", 55555))


def test_panel_lives_and_ends(server):
    """O painel anda sozinho; fechado, sobra o desenho, e ninguém mais observa o servidor."""
    panel = MeasuresPanel(server, seconds=30)
    try:
        with Client("Ana", *server.address) as ana:
            ana.write("oi")
            wait_until(lambda: sum(panel._figure.data[0].y or ()) > 0, "um ponto com a mensagem")
        assert "1 mensagem até agora" in panel.summary()
        wait_until(lambda: panel._words.text == panel.summary())
    finally:
        panel.close()
        panel.close()
    assert server.room._listeners.all == server.room.taps.all == ()
    assert not [thread for thread in threading.enumerate() if thread.name == "chatlib: medidas"]
    assert len(panel._figure.data[0].x) > 0


def test_panel_as_text(server):
    """Guardado no notebook, o painel é uma frase sempre igual."""
    with MeasuresPanel(server) as panel:
        assert panel._repr_mimebundle_()["text/plain"] == repr(panel)
        assert "no JupyterLab" in repr(panel)


def test_panel_survives_the_server():
    """Com o servidor encerrado o painel continua, e mostra que não há ninguém."""
    with run_server() as server, MeasuresPanel(server) as panel:
        with Client("Ana", *server.address):
            server.shutdown()
        wait_until(lambda: panel._measures.history and panel._measures.history[-1].members == 0)
        assert "0 pessoas na sala" in panel.summary()
