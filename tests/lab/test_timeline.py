"""A linha do tempo: quem esperou o quê, medido ou espiado, e desenhado para qualquer olho."""

import re
import socket
import sys
import threading
import time
from itertools import pairwise

import pytest
from peers import DEADLINE, TICK, wait_until

from chatlib.lab import Recorder
from chatlib.lab.drawing.timeline import BUCKETS, VIEW, Segment, Timeline, dominant
from chatlib.lab.drawing.timeline_svg import LOOKS
from chatlib.lab.recording.sampler import ACCEPT, LOCK, NOTICE, RECV, RUNNING, SEND, state_of
from chatlib.lab.tape import SERVER, Entry, Tape
from chatlib.sockets import readable


def call(kind, began, at, thread="handle", text="", peer="Ana"):
    """Uma entrada que durou de ``began`` a ``at``."""
    return Entry(at, began, kind, SERVER, peer, text=text, thread=thread, conn=1)


def test_segments():
    """Entre as esperas medidas, a thread roda; sobre o que se espiou, vale o que se mediu."""
    tape = Tape(
        (
            call("thread_started", 0, 0),
            call("opened", 0, 2),
            call("received", 3, 5),
            call("failed", 5, 6, text="send: TimeoutError"),
            call("locked", 6, 7, text="lista"),
            call("unlocked", 8, 8),
            call("thread_ended", 9, 9),
        )
    )
    assert Timeline(tape).threads["handle"] == [
        Segment(0, 2, ACCEPT, "Ana"),
        Segment(2, 3, RUNNING),
        Segment(3, 5, RECV, "Ana"),
        Segment(5, 6, SEND, "Ana"),
        Segment(6, 7, LOCK, "Ana"),
        Segment(7, 9, RUNNING),
    ]


def test_states_fill_what_was_not_measured():
    """Os estados espiados valem de um ao seguinte, e até o fim da fita se a thread não acabou."""
    tape = Tape(
        (
            call("state", 1, 1, text=RECV),
            call("state", 4, 4, text=NOTICE),
            call("received", 2, 3),
            call("mark", 10, 10, thread="célula"),
        )
    )
    assert Timeline(tape).threads == {
        "handle": [
            Segment(1, 2, RECV),
            Segment(2, 3, RECV, "Ana"),
            Segment(3, 4, RECV),
            Segment(4, 10, NOTICE),
        ]
    }


def test_text_says_what_dominates_between_marks():
    """Uma coluna por intervalo entre marcas, com o estado em que cada thread mais ficou."""
    tape = Tape(
        (
            call("mark", 0, 0, "célula", "chega Ana"),
            call("mark", 5, 5, "célula", "chega Bruno"),
            call("opened", 0, 1, "receive"),
            call("waiting", 1, 10, "receive", "recv"),
            call("received", 6, 9, "handle"),
            call("sent", 9, 10, "handle", peer=SERVER),
        )
    )
    assert repr(Timeline(tape)).split("\n") == [
        "thread  │ chega Ana   │ chega Bruno",
        "────────┼─────────────┼────────────",
        "receive │ recv de Ana │ recv de Ana",
        "handle  │ –           │ recv de Ana",
    ]
    assert "do começo ao fim" in repr(Timeline(Tape(tape.entries[2:])))


def test_names_of_states():
    """O estado diz por quem se espera."""
    assert Segment(0, 1, RECV, SERVER).text == "recv do servidor"
    assert Segment(0, 1, SEND, SERVER).text == "send para o servidor"
    assert Segment(0, 1, SEND, "Ana").text == "send para Ana"
    assert Segment(0, 1, ACCEPT, "Ana").text == ACCEPT
    assert dominant([], 0, 1) == "–"


def test_empty():
    """Sem threads não há desenho, e isso se diz."""
    assert Timeline(Tape(()))._repr_mimebundle_() == {"text/plain": "(nenhuma thread foi vista)"}
    with Recorder() as fita:
        fita.mark("só isto")
    assert repr(fita.timeline()) == "(nenhuma thread foi vista)"


def test_drawing_is_bounded_and_safe():
    """O desenho tem um limite de trechos, traz a legenda do que usa, e um texto hostil continua texto."""
    entries = [call("received", n, n + 0.5, peer="<script>") for n in range(5000)]
    entries.append(call("mark", 100, 100, "célula", "<b>marca</b>"))
    timeline = Timeline(Tape(tuple(entries)))
    picture = timeline.html
    assert picture.count("<rect") <= BUCKETS + 3 * len(LOOKS)
    assert "<script" not in picture and "<b>" not in picture
    assert LOOKS[RECV][2] in picture and LOOKS[SEND][2] not in picture
    assert repr(timeline) in picture.replace("&lt;", "<").replace("&gt;", ">")
    assert set(timeline._repr_mimebundle_()) == {"text/plain", VIEW}


def test_full_tape_is_quick():
    """Uma fita cheia, espiada e medida, se lê em pouco tempo: cada trecho se olha uma vez."""
    entries = []
    for n in range(10_000):
        entries.append(call("state", n, n, text=RECV))
        entries.append(call("received", n + 0.2, n + 0.7))
    start = time.monotonic()
    life = Timeline(Tape(tuple(entries))).threads["handle"]
    assert time.monotonic() - start < DEADLINE
    assert len(life) == 3 * 10_000 - 1
    assert all(one.end == other.start for one, other in pairwise(life))


def test_drawing_has_marks_and_gaps():
    """As marcas ficam do lado em que cabem; onde a thread não existia não há nada."""
    tape = Tape(
        (
            call("mark", 1, 1, "célula", "começo"),
            call("received", 40, 60, "handle"),
            call("mark", 99, 99, "célula", "uma marca no fim"),
            call("mark", 100, 100, "célula", ""),
        )
    )
    drawing = Timeline(tape).html
    assert 'text-anchor="end">uma marca no fim' in drawing and 'text-anchor="start">começo' in drawing
    bars = re.findall(r'<rect x="([\d.]+)" y="\d+" width="([\d.]+)" height="20"', drawing)
    assert len(bars) == 1 and abs(float(bars[0][1]) - 640 / 5) < 10


def test_drawing_without_widgets(monkeypatch):
    """Sem o ipywidgets o desenho é HTML."""
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    timeline = Timeline(Tape((call("received", 0, 1),)))
    assert timeline._repr_mimebundle_() == {"text/plain": repr(timeline), "text/html": timeline.html}


def test_looks_do_not_depend_on_colour():
    """Cada estado tem cor e trama só dele."""
    looks = list(LOOKS.values())
    assert len({color for color, _, _ in looks}) == len({pattern for _, pattern, _ in looks}) == len(looks)


# --- o que cada thread está esperando, espiado


def swallow(sock, size):
    """Lê exatamente ``size`` bytes."""
    while size:
        size -= len(sock.recv(min(size, 1 << 20)))


def waits_in(function):
    """O estado de uma thread que chamou ``function`` e ficou parada nela."""
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    found = []

    def settled():
        frame = sys._current_frames().get(thread.ident)
        found.append(state_of(frame) if frame else None)
        return len(found) > 20 and len(set(found[-20:])) == 1

    wait_until(settled)
    return thread, found[-1]


@pytest.fixture
def sockets():
    """Um socket que escuta e uma conexão."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        left, right = socket.socketpair()
        with left, right:
            yield listener, left, right


def test_states_are_told_apart(sockets):
    """accept, recv, send, trava, aviso: cada espera é reconhecida."""
    listener, left, right = sockets
    lock, event = threading.Lock(), threading.Event()
    lock.acquire()

    def receive():
        left.recv(10)

    def send():
        right.sendall(b"x" * 5_000_000)

    def take():
        with lock:
            pass

    def take_by_hand():
        lock.acquire()
        lock.release()

    def wait():
        event.wait()

    def accept():
        listener.accept()[0].close()

    cases = {receive: RECV, take: LOCK, take_by_hand: LOCK, wait: NOTICE, accept: ACCEPT}
    threads, seen = zip(*map(waits_in, cases), strict=True)
    right.sendall(b"chega")
    threads[0].join()
    sender, sending = waits_in(send)
    lock.release(), event.set()
    swallow(left, 5_000_000)
    sender.join()
    socket.create_connection(listener.getsockname()).close()
    for thread in threads:
        thread.join()
    assert (*seen, sending) == (*cases.values(), SEND)


def test_busy_thread_is_running():
    """Quem só calcula está rodando."""
    over = threading.Event()

    def spin():
        while not over.is_set():
            sum(range(100))

    thread = threading.Thread(target=spin)
    thread.start()
    states = []
    wait_until(lambda: states.append(state_of(sys._current_frames()[thread.ident])) or len(states) > 200)
    over.set()
    thread.join()
    assert states.count(RUNNING) > 100


def test_thread_that_never_changes_is_seen(server):
    """Uma thread parada no mesmo lugar do começo ao fim ocupa a linha do tempo inteira."""
    with Recorder(server, threads=True) as fita:
        wait_until(lambda: {entry.thread for entry in fita.tape.of("state")} == {"carteiro", "receive"})
        time.sleep(TICK)
    receive = fita.timeline().threads["receive"][-1]
    assert receive.state == ACCEPT and receive.end == fita.tape.duration


# --- a cena da aula 04


def rows(fita):
    """Em que cada thread passou a maior parte do tempo, de uma marca à seguinte."""
    cells = [re.split(r" +│ ", row) for row in repr(fita.timeline()).split("\n")[2:]]
    return {row[0]: row[1:] for row in cells}


def hold(fita, address, alone, together):
    """Chega um mudo e, quando a linha do tempo é ``alone``, Bruno; para em ``together``.

    Devolve se Bruno ficou sem resposta.
    """
    fita.mark("chega o mudo")
    with socket.create_connection(address, DEADLINE) as silent:
        assert silent.recv(4) == b"NICK"
        wait_until(lambda: rows(fita) == alone)
        fita.mark("chega Bruno")
        with socket.create_connection(address, DEADLINE) as bruno:
            wait_until(lambda: rows(fita) == together)
            fita.stop()
            return not readable(bruno, 0)


def test_silent_newcomer_blocks_the_naive_server():
    """No servidor ingênuo, a thread que aceita passa o tempo no recv do mudo."""

    def receive(listener):
        for _ in range(2):
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"NICK")
                connection.recv(100)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        fita = Recorder().start()
        thread = threading.Thread(target=receive, args=(fita.wrap(listener),))
        thread.start()
        stuck = "recv de visitante 1"
        assert hold(fita, listener.getsockname(), {"receive": [stuck]}, {"receive": [stuck, stuck]})
        thread.join()
    assert rows(fita) == {"receive": [stuck, stuck]}
    assert "receive parada em recv, à espera de visitante 1" in repr(fita.diagram())


def test_silent_newcomer_does_not_block_chatlib(server):
    """No chatlib, quem espera o mudo é a thread dele; a da porta continua na porta."""
    alone = {"carteiro": [NOTICE], "receive": [ACCEPT], "handle de visitante 1": [RECV]}
    together = {
        "carteiro": [NOTICE, NOTICE],
        "receive": [ACCEPT, ACCEPT],
        "handle de visitante 1": [RECV, RECV],
        "handle de visitante 2": ["–", RECV],
    }
    fita = Recorder(server, threads=True).start()
    assert not hold(fita, server.address, alone, together)
    assert rows(fita) == together
