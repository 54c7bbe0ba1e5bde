"""Quem mede: a sala cheia e o cronômetro, e os gráficos."""

import asyncio
import logging
import re

import pytest

from chatlib.lab.measuring import charts, load
from chatlib.lab.staging import clear, pair


@pytest.fixture(scope="module", autouse=True)
def fonts():
    """O matplotlib abre, no primeiro desenho, o arquivo de letras, e o guarda aberto."""
    charts.dots({"a": [1.0]}, "ms")._repr_html_()


@pytest.fixture
def connection():
    """Uma conexão por chamada, fechada no fim."""
    yield pair
    clear()


def relay(clients, size):
    """Um servidor: cada pedaço vai a todos; acaba quando o primeiro sai."""
    while data := clients[0].recv(size):
        for client in clients:
            client.sendall(data)


def test_each_round_is_measured():
    """Há um número por rodada, sem o aquecimento, e cada um é positivo."""
    rates = load.measure(relay, 65536, people=3, talkers=1, burst=4, rounds=6)
    assert len(rates) == 6
    assert min(rates) > 0


def test_rate_counts_every_delivery(monkeypatch):
    """Duas vezes mais gente, no mesmo tempo, são duas vezes mais entregas."""
    monkeypatch.setattr(load.json, "loads", lambda _: [0.5])
    assert load.measure(relay, 64, people=3, talkers=1, burst=4, rounds=1) == [3 * 4 / 0.5 / 1000]
    assert load.measure(relay, 64, people=6, talkers=1, burst=4, rounds=1) == [6 * 4 / 0.5 / 1000]


def test_server_that_loses_messages_is_told(monkeypatch):
    """Quem não entrega tudo não ganha um número."""

    def forgetful(clients, size):
        while clients[0].recv(size):
            clients[1].sendall(b"x")

    monkeypatch.setattr(load, "PATIENCE", 1.0)
    with pytest.raises(TimeoutError, match="alguém não ouviu tudo"):
        load.measure(forgetful, 64, people=2, talkers=1, burst=1, rounds=1)


def test_error_of_the_server_is_the_one_seen():
    """O erro do servidor de quem estuda não vira outro."""

    def broken(clients, size):
        raise ZeroDivisionError("dividi por zero")

    with pytest.raises(ZeroDivisionError, match="dividi"):
        load.measure(broken, 64, people=2, talkers=1, burst=1, rounds=1)


def test_asyncio_does_not_complain_of_a_room_that_was_closed(monkeypatch, caplog):
    """Quando a medição é encerrada no meio, os envios a quem saiu não enchem a célula de avisos."""

    def endless(clients, size):
        async def serve():
            _, writer = await asyncio.open_connection(sock=clients[0])
            while not writer.is_closing():
                writer.write(b"x")
                await asyncio.sleep(0)
            for _ in range(50):
                writer.write(b"x")
            writer.close()

        asyncio.run(serve())

    monkeypatch.setattr(load, "PATIENCE", 1.0)
    with caplog.at_level(logging.WARNING), pytest.raises(TimeoutError):
        load.measure(endless, 64, people=2, talkers=1, burst=1, rounds=1)
    assert not caplog.records
    assert logging.getLogger("asyncio").level == logging.NOTSET


def test_round_ends_when_everyone_heard_everything(connection):
    """A rodada só acaba depois do último byte de cada pessoa."""
    ana, door = connection()
    bia, other = connection()
    size = load.SIZE * 2
    for end in (door, other):
        end.sendall(b"x" * size)
    assert load.play_round([ana, bia], 1, 2) > 0
    for person in (ana, bia):
        person.setblocking(False)
        with pytest.raises(BlockingIOError):
            person.recv(1)
    door.settimeout(5)
    load.listen(door, size)


def test_round_with_a_server_that_left_ends(connection):
    """Se o servidor fecha a conexão no meio, a rodada acaba com um erro, em vez de girar à toa."""
    ana, door = connection()
    door.sendall(b"x")
    door.close()
    with pytest.raises(ConnectionError):
        load.play_round([ana], 1, 1)


def test_listen_reads_what_it_was_asked(connection):
    """``listen`` lê tantos bytes, e se queixa se a conversa acaba antes."""
    ours, theirs = connection()
    theirs.sendall(b"x" * 100)
    load.listen(ours, 100)
    theirs.close()
    with pytest.raises(ConnectionError, match="acabou antes"):
        load.listen(ours, 1)


MANY = {f"linha {number}": [number + 1.0, number + 2.0] for number in range(7)}


def test_every_row_is_drawn():
    """Nenhuma linha some, por mais que sejam."""
    drawing = charts.dots(MANY, "ms")._repr_html_().partition("<pre")[0]
    assert all(f">{name}</text>" in drawing for name in MANY)
    assert (
        len(set(re.findall(r'<use xlink:href="#\w+" x="[\d.]+" y="([\d.]+)" style="fill: #', drawing))) >= 7
    )


@pytest.mark.parametrize("values", [[5.0], [440.0, 500.0], [0.0058, 0.0093], [99.0, 101.0]])
def test_axis_always_has_numbers(values):
    """Mesmo que tudo caiba num pedaço de década, o eixo diz onde se está."""
    figure = charts.dots({"a": values}, "ms").figure
    low, high = figure.axes[0].get_xlim()
    assert low < min(values) <= max(values) < high
    assert len([tick for tick in figure.axes[0].get_xticks() if low <= tick <= high]) >= 2


def test_text_says_what_the_drawing_shows():
    """Quem não vê o gráfico lê os nomes, as medidas e a unidade."""
    chart = charts.dots({"um": [1.0, 2.0, 1500.0]}, "milissegundos")
    assert chart.text.splitlines() == [
        "Gráfico de pontos, em escala logarítmica: milissegundos",
        "um: de 1 a 1.500, mediana 2",
    ]
    assert "mediana 2</pre>" in chart._repr_html_()
    curve = charts.curves({"a": {1: 0.5, 2: 30.0}}, "pessoas", "ms")
    assert curve.text.splitlines()[1] == "a: 0,5 com 1, 30 com 2"


def test_printed_form_has_no_measure():
    """O texto que o notebook guarda não muda de uma máquina para outra."""
    assert repr(charts.dots({"a": [1.0]}, "ms")) == repr(charts.dots({"a": [2.0]}, "ms"))


def test_drawing_does_not_touch_the_page():
    """O gráfico não traz regra que valha para a página, nem nome que outro gráfico repita."""
    first, second = (charts.dots({"a": [1.0, 3.0]}, "ms")._repr_html_() for _ in range(2))
    svg = first[first.index("<svg") :]
    assert "<style" not in svg and "font-family" not in svg
    assert charts.INK not in svg and "currentColor" in svg
    names = [set(re.findall(r' id="([^"]+)"', text)) for text in (first, second)]
    assert not names[0] & names[1]


@pytest.mark.parametrize(
    ("value", "text"), [(0.0058, "0,0058"), (2.0, "2"), (44.3, "44"), (1150, "1.200"), (10_000, "10.000")]
)
def test_numbers_are_written_as_in_portuguese(value, text):
    """Vírgula nos decimais, ponto nos milhares, dois algarismos que contam."""
    assert charts._number(value) == text
