"""As medidas de um servidor no ar: quanto se fala, quantos são, o que espera e quanto demora.

    with Measures(server) as measures:
        ...
        measures.sample()       # um ponto da história; o painel tira dois por segundo
    print(measures.summary())

A demora da entrega vai do instante em que o servidor aceita uma mensagem (logo depois do ``recv``
que a completou) até o último ``send`` da remessa em que ela sai, contando só o primeiro para cada
membro. O que não coube no socket de quem não lê não entra na conta: aparece em *bytes à espera*.
"""

import statistics
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from ..errors import UsageError
from ..events import Event
from ..server import Server
from .words import milliseconds, number, plural

SECONDS = 90.0  # de história
PAUSE = 0.5  # segundos entre pontos
QUIET = 0.05  # segundos sem envios que dão uma remessa por acabada
KEPT = 4096  # mensagens de uma remessa, e demoras entre dois pontos


class Sample(NamedTuple):
    """Um ponto: segundos desde o começo e, desde o ponto anterior, o que se mediu.

    rate: mensagens por segundo; members: pessoas na sala; waiting: bytes à espera de quem não
    leu; delay e worst: a demora mediana e a maior, em segundos (None se nada foi entregue).
    """

    at: float
    rate: float
    members: int
    waiting: int
    delay: float | None
    worst: float | None


class Measures:
    """Observa um `Server` e guarda a história dos últimos segundos.

    seconds: quanta história guardar; clock: de onde vem o tempo. Observa até `close`. Levanta
    UsageError se ``server`` não é um servidor.
    """

    def __init__(self, server: Server, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic):
        if not isinstance(server, Server):
            raise UsageError("as medidas são de um Server do chatlib, como em MeasuresPanel(server)")
        self._server, self._clock = server, clock
        self.history: deque[Sample] = deque(maxlen=max(2, round(seconds / PAUSE)))
        self.total = 0  # mensagens desde o começo
        self._lock = threading.Lock()  # guarda o que vem abaixo, e total
        self._delays: deque[float] = deque(maxlen=KEPT)
        self._batch: deque[float] = deque(maxlen=KEPT)  # quando cada mensagem da remessa foi aceita
        self._reached: set[tuple] = set()
        self._last_send = 0.0
        self._start = self._before = clock()
        self._total_before = 0
        self._undo = server.room.subscribe(self._on_room), server.room.tap(self._on_wire)

    def close(self) -> None:
        """Deixa de observar; a história fica. Pode ser chamado de novo."""
        for undo in self._undo:
            undo()

    def sample(self) -> Sample:
        """Mede e guarda mais um ponto."""
        members = self._server.room.members
        with self._lock:
            now = self._clock()
            if self._reached and now - self._last_send > QUIET:
                self._finish()
            elapsed = max(now - self._before, 1e-9)
            delays = sorted(self._delays)
            point = Sample(
                now - self._start,
                (self.total - self._total_before) / elapsed,
                len(members),
                sum(len(member.pending) for member in members),
                statistics.median(delays) if delays else None,
                delays[-1] if delays else None,
            )
            self._delays.clear()
            self._before, self._total_before = now, self.total
        self.history.append(point)
        return point

    def summary(self) -> str:
        """A história em palavras."""
        points = list(self.history)
        if not points:
            return "Nada medido ainda."
        last, delays = points[-1], [point for point in points if point.delay is not None]
        peak = max(point.rate for point in points)
        said = [
            f"{plural(self.total, 'mensagem', 'mensagens')} até agora",
            f"no máximo {number(round(peak, None if peak >= 10 else 1))} por segundo",
            f"{plural(last.members, 'pessoa', 'pessoas')} na sala",
            f"{plural(last.waiting, 'byte', 'bytes')} à espera de quem não leu",
        ]
        if delays:
            worst = max(point.worst for point in delays)
            said.append(f"entrega em {milliseconds(delays[-1].delay)}, a pior em {milliseconds(worst)}")
        return f"{'; '.join(said)} (nos últimos {number(round(last.at - points[0].at))} s)."

    def __enter__(self) -> "Measures":
        return self

    def __exit__(self, *exc) -> None:
        self.close()

    def _on_room(self, event: Event) -> None:
        """Uma mensagem começa a ser entregue: quem chama é o carteiro, antes dos envios."""
        if event.kind == "message":
            with self._lock:
                self.total += 1
                if self._reached:  # os envios da remessa anterior já saíram
                    self._finish()
                self._batch.append(event.began)

    def _on_wire(self, event: Event) -> None:
        """Um envio a um membro; os outros, como a pergunta NICK, não têm apelido."""
        if event.kind == "sent" and event.apelido and self._batch and event.address not in self._reached:
            with self._lock:
                self._reached.add(event.address)
                self._last_send = self._clock()

    def _finish(self) -> None:
        self._delays.extend(self._last_send - began for began in self._batch)
        self._batch.clear()
        self._reached.clear()
