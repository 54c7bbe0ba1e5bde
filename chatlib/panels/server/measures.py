"""As medidas de um servidor no ar: quantos são, o que espera e quanto demora a entrega.

A demora vai do instante em que o servidor aceita uma mensagem (logo depois do ``recv`` que a
completou) até o último ``send`` da remessa em que ela sai, contando só o primeiro para cada
membro. O que não coube no socket de quem não lê não entra na conta: aparece nos bytes à espera.

Medir custa um aviso a cada ``send``: por isso só se mede enquanto alguém olha.
"""

import statistics
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from ...events import Event
from ...server import Server

PAUSE = 1.0  # segundos entre pontos
KEPT = 60  # pontos: um minuto
QUIET = 0.05  # segundos sem envios que dão uma remessa por acabada
MOST = 4096  # mensagens de uma remessa, e demoras entre dois pontos


class Point(NamedTuple):
    """O que se mediu desde o ponto anterior.

    at: segundos desde o começo; members: pessoas na sala; waiting: bytes à espera de quem não leu;
    delay e worst: a demora mediana e a maior, em milissegundos (None se nada foi entregue).
    """

    at: float
    members: int
    waiting: int
    delay: float | None
    worst: float | None


class Measures:
    """Observa um `Server` e guarda os pontos do último minuto, de qualquer thread, até `close`."""

    def __init__(self, server: Server, clock: Callable[[], float] = time.monotonic):
        self._server, self._clock = server, clock
        self._lock = threading.Lock()  # guarda o que vem abaixo
        self._points: deque[Point] = deque(maxlen=KEPT)
        self._delays: deque[float] = deque(maxlen=MOST)  # segundos
        self._batch: deque[float] = deque(maxlen=MOST)  # quando cada mensagem da remessa foi aceita
        self._reached: set[tuple[str, int] | None] = set()
        self._last_send = 0.0
        self._start = self._last = clock()
        self._undo = server.room.subscribe(self._on_room), server.room.tap(self._on_wire)

    def close(self) -> None:
        """Deixa de observar. Pode ser chamado de novo."""
        for undo in self._undo:
            undo()

    def points(self) -> list[Point]:
        """Os pontos, do mais antigo ao mais novo; mede mais um, se já é hora."""
        members = self._server.room.members  # antes da trava: o carteiro a pega para contar cada envio
        with self._lock:
            now = self._clock()
            if now - self._last >= PAUSE:
                self._last = now
                self._points.append(self._measure(now, [len(member.pending) for member in members]))
            return list(self._points)

    def _measure(self, now: float, waiting: list[int]) -> Point:
        if self._reached and now - self._last_send > QUIET:
            self._finish()
        delays = [round(delay * 1000, 2) for delay in self._delays]
        self._delays.clear()
        middle, worst = (round(statistics.median(delays), 2), max(delays)) if delays else (None, None)
        return Point(round(now - self._start, 2), len(waiting), sum(waiting), middle, worst)

    def _on_room(self, event: Event) -> None:
        """Uma mensagem começa a ser entregue: quem chama é o carteiro, antes dos envios."""
        if event.kind == "message":
            with self._lock:
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
