"""A linha do tempo das threads de uma fita: quem rodava, quem esperava, e por quem.

    with Recorder(threads=True) as fita:     # threads=True: também as threads do chatlib
        fita.wrap(server)
        fita.mark("Bruno se conecta")
    Timeline(fita)

Nos sockets que passaram por `Recorder.wrap` a espera é medida do começo ao fim de cada chamada;
nas outras threads ela é espiada a cada 2 ms. O que não é espera aparece como ``rodando``.
"""

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import NamedTuple

from ..tape import ACCEPT, CELL, LOCK, RECV, RUNNING, SEND, SERVER, Entry, Tape
from .picture import picture
from .timeline_svg import chart

CALLS = {"received": RECV, "sent": SEND, "opened": ACCEPT, "locked": LOCK}
VIEW = "application/vnd.jupyter.widget-view+json"
BUCKETS = 240  # fatias de tempo do desenho: dure a fita o que durar, ele não passa disto
ABSENT = "–"  # a thread ainda não existia, ou já tinha acabado


class Segment(NamedTuple):
    """Um trecho: de ``start`` a ``end`` segundos a thread esteve em ``state``, por causa de ``peer``."""

    start: float
    end: float
    state: str
    peer: str = ""

    @property
    def text(self) -> str:
        """O estado por extenso, como ``recv de Ana``."""
        link = {RECV: " de", SEND: " para"}.get(self.state)
        if not link or not self.peer:
            return self.state
        if self.peer == SERVER:
            return f"{self.state} {'do' if self.state == RECV else 'para o'} {SERVER}"
        return f"{self.state}{link} {self.peer}"


class Timeline:
    """O que cada thread fez, ao longo da fita.

    threads: por nome de thread, os `Segment`, em ordem e sem buracos; marks: os instantes e os
    textos das marcas. O texto (``str``) não tem horas: diz em que cada thread passou a maior
    parte do tempo entre uma marca e a seguinte.
    """

    def __init__(self, tape: Tape):
        # Uma fita escrita à mão pode não dizer quanto durou: vale então a última entrada.
        self.end = max((tape.duration, *(entry.at for entry in tape)))
        self.marks = tuple((entry.at, entry.text) for entry in tape.of("mark"))
        lives = {name: _life(list(entries), self.end) for name, entries in _by_thread(tape).items()}
        self.threads = {name: life for name, life in lives.items() if self._is_worth(name, life)}

    def _is_worth(self, name: str, life: list[Segment]) -> bool:
        """A célula, que quase sempre só conduz a cena, aparece se esperou bastante por um socket."""
        waited = sum(segment.end - segment.start for segment in life if segment.state != RUNNING)
        return bool(life) and (name != CELL or waited > self.end / 10)

    def __repr__(self) -> str:
        if not self.threads:
            return "(nenhuma thread foi vista)"
        spans = self._spans()
        rows = [["thread", *(text for text, _, _ in spans)]]
        for name, life in self.threads.items():
            rows.append([name, *(dominant(life, start, end) for _, start, end in spans)])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [" │ ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        rule = "─┼─".join("─" * width for width in widths)
        return "\n".join([lines[0], rule, *lines[1:]])

    @property
    def html(self) -> str:
        """O desenho, em HTML."""
        rows = {name: list(_slices(life, self.end)) for name, life in self.threads.items()}
        return picture(*chart(rows, self.marks, self.end), repr(self))

    def _repr_mimebundle_(self, **_) -> dict:
        text = {"text/plain": repr(self)}
        return text | _as_widget(self.html) if self.threads else text

    def _spans(self) -> list[tuple[str, float, float]]:
        """Os intervalos entre marcas: o nome, o começo e o fim de cada um."""
        starts = [(0.0, "do começo ao fim" if not self.marks else ""), *self.marks]
        ends = [at for at, _ in self.marks] + [self.end]
        spans = [(text, start, end) for (start, text), end in zip(starts, ends, strict=True)]
        return spans[1:] if self.marks else spans


def _as_widget(html: str) -> dict:
    """O desenho num widget: as horas nele mudam a cada vez, e a saída guardada é só o texto."""
    try:
        from ipywidgets import HTML
    except ImportError:
        return {"text/html": html}
    return {VIEW: HTML(html)._repr_mimebundle_()[VIEW]}


def dominant(life: list[Segment], start: float, end: float) -> str:
    """Em que a thread passou a maior parte do tempo entre dois instantes."""
    spent: dict[str, float] = defaultdict(float)
    for segment in life:
        spent[segment.text] += max(0.0, min(end, segment.end) - max(start, segment.start))
    text, time = max(spent.items(), key=lambda item: item[1], default=("", 0))
    return text if time > 0 else ABSENT


def _by_thread(tape: Tape) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in tape:
        found.setdefault(entry.thread, []).append(entry)
    return dict(sorted(found.items(), key=lambda item: _rank(item[1])))


def _rank(entries: list[Entry]) -> tuple[bool, int]:
    """Primeiro as threads que já existiam; depois as outras, pela conexão de que cuidam.

    Quando cada uma foi vista depende da pressa da máquina; isto, não.
    """
    born = any(entry.kind == "thread_started" for entry in entries)
    return born, min((entry.conn for entry in entries if entry.conn), default=0)


def _life(entries: list[Entry], end: float) -> list[Segment]:
    """Os trechos de uma thread: as esperas medidas e, entre elas, o que se espiou."""
    born = min(entry.began for entry in entries)
    ended = [entry.at for entry in entries if entry.kind == "thread_ended"]
    seen = [entry for entry in entries if entry.kind == "state"]
    # Sem o aviso do fim: uma thread espiada ainda vivia; de outra, só se sabe até o que ela fez.
    died = ended[0] if ended else end if seen else max(entry.at for entry in entries)
    base = [Segment(born, died, RUNNING)]
    for entry in seen:
        base[-1] = base[-1]._replace(end=entry.at)
        base.append(Segment(entry.at, died, entry.text))
    waits = sorted(filter(None, map(_wait, entries)))
    return list(_overlay(base, waits))


def _wait(entry: Entry) -> Segment | None:
    """A espera que uma entrada mediu."""
    # O texto de uma espera pode ser "recv", "trava lista" ou "recv: TimeoutError".
    state = CALLS.get(entry.kind) or (entry.text.split(":")[0].split()[0] if entry.text else "")
    if entry.kind not in (*CALLS, "failed", "waiting") or entry.took <= 0:
        return None
    return Segment(entry.began, entry.at, state, entry.peer)


def _overlay(base: list[Segment], waits: list[Segment]) -> Iterator[Segment]:
    """As esperas medidas por cima do resto; as duas listas vêm em ordem, e cada uma se percorre uma vez."""
    at, left = 0.0, deque(base)
    for wait in [*waits, None]:
        limit = wait.start if wait else float("inf")
        while left and left[0].start < limit:
            under = left[0]
            start, end = max(at, under.start), min(limit, under.end)
            if start < end:
                yield under._replace(start=start, end=end)
            if under.end > limit:  # a outra parte dele fica para depois da espera
                break
            left.popleft()
        if wait and (start := max(at, wait.start)) < wait.end:
            yield wait._replace(start=start)
            at = wait.end


def _slices(life: list[Segment], end: float) -> Iterator[Segment]:
    """Os trechos que se veem: em cada fatia de tempo, o que a ocupou mais; iguais se juntam."""
    step = end / BUCKETS or 1.0
    last = None
    for index in range(BUCKETS):
        start = index * step
        inside = [s for s in life if s.start < start + step and s.end > start]
        if not inside:
            if last:
                yield last
            last = None
            continue
        most = max(inside, key=lambda s: min(s.end, start + step) - max(s.start, start))
        if last and (last.state, last.peer) == (most.state, most.peer):
            last = last._replace(end=start + step)
        else:
            if last:
                yield last
            last = most._replace(start=start, end=start + step)
    if last:
        yield last
