"""O carteiro: uma thread que entrega a todos, na mesma ordem, sem esperar por ninguém.

    handle(Ana) ──┐                          ┌──▶ Ana
    handle(Bia) ──┼──▶ caixa ──▶ carteiro ───┼──▶ Bia
    broadcast() ──┘   (limitada)             └──▶ Caio (lento: o resto espera em pending)

Três ideias fazem dele um carteiro rápido e justo:

- *uma caixa, uma thread*: a ordem da caixa é a ordem da sala, igual para todos;
- *juntar*: ele pega tudo o que está na caixa e faz um só ``send`` por membro, então quanto
  mais movimentada a sala, menos chamadas ao sistema por mensagem;
- *não esperar*: o ``send`` nunca bloqueia; o que não coube fica guardado, até um limite,
  e quem passa do limite é desligado.

Só o carteiro escreve no socket de um membro e só ele mexe na lista de entrega. Quem fecha o
socket é a thread do membro, depois que o carteiro o soltou (`Member.released`): assim nenhum
``send`` alcança um descritor já reaproveitado por outra conexão.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from enum import Enum, auto
from typing import NamedTuple

from . import protocol
from .events import Event
from .member import Member

MAX_BOX = 256 * 1024  # bytes na caixa; cheia, quem fala espera
LETTER_COST = 64  # bytes que uma carta, e cada evento que ela conta, ocupa além do texto
CROWDED = MAX_BOX // 2  # um lote deste tamanho é uma enxurrada
RETRY = 0.02  # segundos entre tentativas com quem está atrasado
PATIENCE = 0.1  # segundos que uma enxurrada espera por quem está atrasado mas lendo
HISTORY = protocol.remembered("").encode()
FAREWELL = 1.0  # segundos, no encerramento, para o que já foi aceito sair


class Action(Enum):
    """O que o carteiro faz com uma carta."""

    DELIVER = auto()
    JOIN = auto()
    LEAVE = auto()


class Letter(NamedTuple):
    """Uma carta.

    data: as linhas a entregar; to: o destinatário de uma carta só dele (None: todos), ou quem entra ou
    sai; events: o que contar a quem observa, na hora da entrega; greeting: o que só quem entra
    recebe, logo depois de ``data``; keep: se o histórico a guarda; done: ligado quando o carteiro
    chega a ela.
    """

    data: bytes = b""
    to: Member | None = None
    action: Action = Action.DELIVER
    events: Sequence[Event] = ()
    greeting: bytes = b""
    keep: bool = False
    done: threading.Event | None = None


class Postman:
    """A caixa e a thread que a esvazia.

    tell: chamado com cada `Event`, sempre da thread do carteiro e na ordem da sala;
    farewell: bytes que todos recebem no encerramento; past: o histórico de antes; record: chamado
    com cada linha que o histórico guarda.
    """

    def __init__(
        self,
        tell: Callable[[Event], None],
        farewell: bytes,
        past: Iterable[bytes] = (),
        record: Callable[[bytes], None] | None = None,
    ):
        self._tell, self._farewell, self._record = tell, farewell, record
        self._lock = threading.Lock()  # guarda a caixa: _letters, _size, _closed e _keep
        self._filled, self._emptied = threading.Condition(self._lock), threading.Condition(self._lock)
        self._letters: list[Letter] = []
        self._size, self._closed, self._keep = 0, True, 0
        self._members: dict[Member, None] = {}  # em ordem de chegada; só a thread do carteiro usa
        self._late: set[Member] = set()
        self._history = deque(HISTORY + line for line in past)  # as últimas mensagens, para quem chega
        self._thread = threading.Thread(target=self._run, name="chatlib: carteiro", daemon=True)

    def start(self) -> None:
        """Abre a caixa e põe o carteiro na rua."""
        self._closed = False
        self._thread.start()

    def post(self, letter: Letter, urgent: bool = False) -> bool:
        """Põe a carta na caixa e diz se ela foi aceita; espera se a caixa estiver cheia.

        urgent: não espera. Urgente é a carta de quem segura a trava da sala, que ``tell`` pode
        estar pedindo.
        """
        with self._lock:
            if not urgent:
                self._wait()
            if self._closed:
                return False
            if not self._letters:
                self._filled.notify()
            self._letters.append(letter)
            self._size += len(letter.data) + LETTER_COST * (1 + len(letter.events))
            return True

    def keep_history(self, size: int) -> None:
        """Passa a guardar as últimas ``size`` mensagens e a contá-las a quem entra."""
        with self._lock:  # quem muda o histórico é só o carteiro, entre um lote e outro
            self._keep = size

    def wait_for_room(self) -> None:
        """Espera enquanto a caixa está cheia; o próprio carteiro, que a esvazia, não espera."""
        with self._lock:
            self._wait()

    def _wait(self) -> None:
        while self._size > MAX_BOX and not self._closed and not self.is_me():
            self._emptied.wait()

    def settle(self, timeout: float) -> bool:
        """Espera que o que está na caixa saia e diz se deu tempo; não espera por quem está atrasado."""
        done = threading.Event()
        if self.is_me() or not self.post(Letter(done=done), urgent=True):
            return not self._thread.is_alive()
        return done.wait(timeout)

    def stop(self) -> None:
        """Fecha a caixa, entrega o que já estava nela (até 1 s) e espera a thread terminar."""
        with self._lock:
            self._closed = True
            self._filled.notify()
            self._emptied.notify_all()
        self._thread.join()

    def is_me(self) -> bool:
        """Se quem pergunta é a thread do carteiro, como dentro de ``tell``."""
        return threading.current_thread() is self._thread

    def _run(self) -> None:
        try:
            while letters := self._take():
                crowded = self._deliver(letters) >= CROWDED
                self._catch_up(PATIENCE if crowded else 0)
        finally:
            self._send_off()

    def _take(self) -> list[Letter] | None:
        """Tudo o que há na caixa; None quando ela foi fechada e está vazia."""
        while True:
            with self._lock:
                if not self._letters and not self._closed:
                    self._filled.wait(RETRY if self._late else None)
                if self._letters or self._closed:
                    letters, self._letters, self._size = self._letters, [], 0
                    if self._keep != self._history.maxlen:
                        self._history = deque(self._history, maxlen=self._keep)
                    self._emptied.notify_all()
                    return letters or None
            self._catch_up(0)

    def _deliver(self, letters: list[Letter]) -> int:
        """Um ``send`` por membro com o lote inteiro; devolve o tamanho do lote."""
        common = bytearray()
        apart: dict[Member, tuple[bytes, int]] = {}  # (o que é só dele, de onde continua em common)
        barriers = []

        def due(member: Member) -> bytes:
            own, start = apart.get(member, (b"", 0))
            return own + common[start:]

        for data, to, action, events, greeting, keep, done in letters:
            for event in events:
                self._tell(event)
            if done:
                barriers.append(done)
            if to is None:
                common += data
                if keep and self._history.maxlen:
                    self._remember(data)
            elif action is Action.LEAVE:
                self._release(to, due(to))
                common += data
            elif action is Action.JOIN:
                self._members[to] = None
                common += data
                apart[to] = data + greeting + b"".join(self._history), len(common)
            elif to in self._members:
                apart[to] = due(to) + data, len(common)
        everyones = bytes(common)
        for member in self._members if common else self._members.keys() & apart.keys():
            member.deliver(due(member) if member in apart else everyones)
        self._note_late()
        for done in barriers:
            done.set()
        return len(common) + LETTER_COST * len(letters)

    def _remember(self, data: bytes) -> None:
        for line in data.split(b"\n")[:-1]:
            self._history.append(HISTORY + line + b"\n")
            if self._record:
                self._record(line + b"\n")

    def _note_late(self) -> None:
        self._late = {member for member in self._members if member.pending}

    def _release(self, member: Member, last: bytes) -> None:
        if member in self._members:
            del self._members[member]
            member.deliver(last)
        member.released.set()

    def _catch_up(self, patience: float) -> None:
        """Tenta com quem está atrasado; numa enxurrada, espera um pouco por quem está lendo.

        Sem essa espera, um membro que despeja dados mais depressa do que os outros leem os
        empurraria para além do limite; com ela, é ele que vai mais devagar. Quem parou de ler
        não é esperado: não atrasa ninguém.
        """
        deadline = time.monotonic() + patience
        while self._late:
            for member in self._late:
                member.retry()
            self._note_late()
            now = time.monotonic()
            if now >= deadline or not any(member.is_reading(now) for member in self._late):
                return
            time.sleep(RETRY / 10)

    def _send_off(self) -> None:
        for member in self._members:
            member.deliver(self._farewell)
        self._note_late()
        deadline = time.monotonic() + FAREWELL
        while self._late and time.monotonic() < deadline:
            self._catch_up(0)
            time.sleep(RETRY)
        for member in self._members:
            member.reason = "o servidor foi encerrado"
            member.cut()
            self._tell(Event("left", member.apelido, member.reason, member.address))
            member.released.set()
