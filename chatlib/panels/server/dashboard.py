"""O que se sabe de uma sala e o que se faz com ela: o painel da sala, sem widget algum.

    Server ── eventos ──▶ Dashboard ── snapshot() ──▶ quem mostra
           ◀── ações ───           ◀── stop(), remove("Ana"), …

Os acontecimentos são numerados: quem mostra diz até qual já tem e recebe só os seguintes, ou,
se foi aberto agora, todos os guardados.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any

from ... import protocol
from ...errors import AddressError, ChatError, MessageRefused, UsageError
from ...events import Event
from ...server import Server
from . import diary, lan
from .guard import Guard
from .measures import Measures

KEPT = 300  # acontecimentos guardados
WINDOW = 60  # segundos de ritmo

Facts = dict[str, Any]  # o que vai à página, em tipos que cabem em JSON
Place = tuple[tuple[tuple[str, int] | None, bool], dict[str, str]]  # onde, se cifrada, e o que se diz

COUNTERS = {"named": "entries", "left": "exits", "message": "messages", "refused": "refusals"}


class Rhythm:
    """Quantas mensagens houve em cada um dos últimos 60 segundos, do mais antigo ao de agora."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock, self._second = clock, int(clock())
        self._counts = deque([0] * WINDOW, WINDOW)

    def count(self) -> None:
        """Mais uma mensagem, agora."""
        self._advance()
        self._counts[-1] += 1

    def counts(self) -> list[int]:
        """As 60 contagens; a última é a do segundo que ainda corre."""
        self._advance()
        return list(self._counts)

    def _advance(self) -> None:
        second = int(self._clock())
        self._counts.extend([0] * min(WINDOW, second - self._second))
        self._second = second


class Dashboard:
    """O que mostrar de um `Server` e o que fazer com ele, de qualquer thread.

    Conta a partir de quando é criado, e até `close`; ser observado não muda o servidor. As ações
    não levantam erro: devolvem "" ou a frase que diz o que houve, que também fica em ``note`` até
    a próxima ação que dê certo.
    """

    def __init__(self, server: Server):
        self.server, self.note = server, ""
        self._rhythm = Rhythm()
        self._counts = dict.fromkeys(["peak", *COUNTERS.values()], 0)
        self._log: deque[tuple[float, Event]] = deque(maxlen=KEPT)
        self._total = 0  # acontecimentos até agora
        # Guarda tudo acima. O carteiro a pega para anotar cada evento: com ela na mão, não se fala
        # com o servidor, que pode estar esperando pelo carteiro.
        self._lock = threading.Lock()
        self._watching = threading.Lock()  # guarda os cinco abaixo
        self._settings = self._look()
        self._place: Place = ((None, False), lan.place(None))
        self.guard = Guard(server.door)
        self._measures: Measures | None = None
        self._closed = False
        self._cancel = server.room.subscribe(self._on_event)

    def close(self) -> None:
        """Deixa de observar; o servidor continua como está. Pode ser chamado de novo."""
        self.set_measuring(False)
        with self._watching:
            self._closed = True
        self._cancel()

    # --- o que mostrar

    def snapshot(self, since: int = 0) -> Facts:
        """A sala de agora, em tipos que cabem em JSON, e o que aconteceu do número ``since`` em diante.

        members: [apelido, desde quando (segundos, como em `time.time`), mensagens, bytes à espera]
        de cada um; rhythm: mensagens em cada um dos últimos 60 segundos; measures: os pontos de
        `Measures`, ou None se não se está medindo; events: [quando, tipo, quem, frase]; first: o
        número do primeiro deles, maior que ``since`` se os velhos já se foram.
        """
        room = self._watch()
        members = [[m.apelido, int(m.since), m.messages, len(m.pending)] for m in self.server.room.members]
        with self._lock:
            self._counts["peak"] = max(self._counts["peak"], len(members))
            kept = len(self._log)
            fresh = list(islice(self._log, max(0, kept - self._total + since), None))
            return {
                **room,
                "members": members,
                "counts": {"now": len(members), **self._counts},
                "rhythm": self._rhythm.counts(),
                "note": self.note,
                "first": self._total - len(fresh),
                "events": [diary.describe(when, event) for when, event in fresh],
            }

    def _watch(self) -> Facts:
        """Como a sala está; o que mudou desde a última olhada, mude quem mudar, é anotado."""
        with self._watching:
            before, self._settings = self._settings, self._look()
            for text in diary.changes(before, self._settings):
                self._on_event(Event("room", text=text))
            points = self._measures and [list(point) for point in self._measures.points()]
            place = self._find_place()
            address, _ = self._place[0]
            host = address[0] if address else ""
            return self._settings | place | self.guard.facts(host, place["address"]) | {"measures": points}

    def _look(self) -> Facts:
        server = self.server
        return {
            "running": server.is_running,
            "open": server.room.is_open,
            "guarded": server.door.password is not None,
            "ciphered": server.door.tls is not None,
            "rate": server.room.rate,
            "history": server.room.history,
        }

    def _find_place(self) -> dict[str, str]:
        address: tuple[str, int] | None
        try:
            address = self.server.address
        except AddressError:  # está parado
            address = None
        key = address, self._settings["ciphered"]
        if key != self._place[0]:  # procurar pode demorar: uma vez por endereço
            self._place = key, lan.place(*key)
        return self._place[1]

    def _on_event(self, event: Event) -> None:
        if event.kind == "connected":  # a entrada, ou a recusa, logo diz mais
            return
        people = len(self.server.room.members) if event.kind == "named" else 0
        with self._lock:
            self._log.append((time.time(), event))
            self._total += 1
            self._counts["peak"] = max(self._counts["peak"], people)
            if counter := COUNTERS.get(event.kind):
                self._counts[counter] += 1
            if event.kind == "message":
                self._rhythm.count()

    def set_measuring(self, is_on: bool) -> None:
        """Começa a medir o servidor, ou deixa de medir: enquanto se mede, cada envio é observado."""
        with self._watching:
            if is_on and not (self._measures or self._closed):
                self._measures = Measures(self.server)
            if self._measures and not is_on:
                self._measures.close()
                self._measures = None

    # --- o que fazer

    def start(self) -> str:
        """Põe a sala no ar."""
        return self._try(self.server.start)

    def stop(self) -> str:
        """Encerra a sala: todos são avisados e saem."""
        return self._try(self.server.shutdown)

    def announce(self, text: str) -> str:
        """Manda a todos um aviso do servidor."""
        return self._try(self._announce, " ".join(protocol.encode(text).decode().split()))

    def remove(self, apelido: str) -> str:
        """Tira alguém da sala; nada impede que volte."""
        return self._try(self._remove, apelido)

    def set_open(self, is_open: bool) -> str:
        """Abre ou fecha a porta para quem quer entrar; quem já está continua."""
        return self._try(setattr, self.server.room, "is_open", is_open)

    def set_class_mode(self, is_on: bool) -> str:
        """Liga ou desliga o ritmo e o histórico sugeridos para uma turma."""
        return self._try(self._set_class_mode, is_on)

    def set_password(self, is_on: bool) -> str:
        """Passa a pedir senha a quem chega, ou deixa de pedir; quem já está, fica."""
        return self._try(self._guarding, self.guard.set_password, is_on)

    def set_tls(self, is_on: bool) -> str:
        """Passa a cifrar a conversa de quem chega, com um certificado que se faz se não há; ou deixa."""
        host = self.snapshot()["address"].rpartition(":")[0].strip("[]")
        return self._try(self._guarding, self.guard.set_tls, is_on, host)

    def show_password(self, is_on: bool) -> None:
        """Põe a senha na tela, ou a esconde."""
        self._guarding(setattr, self.guard, "is_shown", is_on)

    def put_in_qr(self, is_on: bool) -> None:
        """Põe a senha também no QR, ou a tira dele."""
        self._guarding(setattr, self.guard, "is_in_qr", is_on)

    def _guarding(self, action: Callable[..., object], *arguments: object) -> None:
        with self._watching:
            action(*arguments)

    def _try(self, action: Callable[..., object], *arguments: object) -> str:
        problem = ""
        try:
            action(*arguments)
        except ChatError as error:
            problem = f"{str(error)[:1].upper()}{str(error)[1:]}."
            self._on_event(Event("error", text=str(error)))
        self._watch()
        with self._lock:
            self.note = problem
        return problem

    def _announce(self, text: str) -> None:
        if not text:
            raise UsageError("o aviso está vazio: escreva o que dizer à turma")
        if len(text.encode()) > protocol.MAX_TEXT:
            raise UsageError(f"aviso longo demais: o limite é {protocol.MAX_TEXT} bytes; divida-o em dois")
        if not self.server.room.announce(text):
            raise UsageError("a sala está parada e ninguém ouviria o aviso: inicie-a antes")
        self._on_event(Event("room", text=f"aviso a todos: {text}"))

    def _remove(self, apelido: str) -> None:
        try:
            self.server.room.remove(apelido)
        except MessageRefused:
            name = protocol.encode(apelido).decode().strip()
            raise UsageError(f"não há ninguém com o apelido {name} na sala: já deve ter saído") from None

    def _set_class_mode(self, is_on: bool) -> None:
        self.server.room.rate = protocol.CLASS_RATE if is_on else None
        self.server.room.history = protocol.CLASS_HISTORY if is_on else 0
