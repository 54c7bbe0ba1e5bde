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

import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from enum import Enum, auto

from . import protocol
from .events import Event, Listeners
from .sockets import reset_on_close, shut

MAX_BOX = 256 * 1024  # bytes na caixa; cheia, quem fala espera
LETTER_COST = 64  # bytes que uma carta ocupa além do texto
CROWDED = MAX_BOX // 2  # um lote deste tamanho é uma enxurrada
RETRY = 0.02  # segundos entre tentativas com quem está atrasado
PATIENCE = 0.1  # segundos que uma enxurrada espera por quem está atrasado mas lendo
RECENT = 0.25  # segundos sem que nada caiba no socket, e já não se diz que alguém está lendo
NOTICE = protocol.NOTICE.encode()
HISTORY = protocol.notice("histórico: ").encode()
FAREWELL = 1.0  # segundos, no encerramento, para o que já foi aceito sair


class Action(Enum):
    """O que o carteiro faz com uma carta."""

    DELIVER = auto()
    JOIN = auto()
    LEAVE = auto()


class Member:
    """Um participante visto pelo servidor: quem é, e o que falta entregar a ele."""

    def __init__(self, sock: socket.socket, address: tuple, apelido: str, max_output: int, taps: Listeners):
        self.sock, self.address, self.apelido = sock, address, apelido
        self.entry_apelido = apelido  # um programa do documento prefixa com este para sempre
        self.since = time.time()
        self.messages = 0
        self.reason = "encerrou a conexão"
        self.removed = False
        self.rate: protocol.RateLimit | None = None
        self.pending = bytearray()
        self.released = threading.Event()
        self._max_output, self._taps = max_output, taps
        self._moved = 0.0  # quando coube, pela última vez, uma parte do que havia

    def push(self, data: bytes) -> None:
        """Envia o que couber agora e guarda o resto, sem nunca bloquear."""
        sent = 0 if self.pending else self._send(data)
        if sent == len(data):
            return
        self.pending += memoryview(data)[sent:]
        if len(self.pending) > self._max_output:
            self.reason = "não lia o que recebia"
            self.cut()

    def retry(self) -> None:
        """Tenta de novo o que estava guardado."""
        del self.pending[: self._send(self.pending)]

    def is_reading(self, now: float) -> bool:
        """Se alguma coisa coube no socket nos últimos instantes."""
        return now - self._moved < RECENT

    def cut(self) -> None:
        """Desliga a conexão; a thread do próprio membro acorda e o retira da sala."""
        if self.pending:
            reset_on_close(self.sock)
            self.pending.clear()
        shut(self.sock)

    def _send(self, data: bytes) -> int:
        began = time.monotonic() if self._taps.all else 0.0
        try:
            sent = send_now(self.sock, data)
        except BlockingIOError:
            return 0
        except OSError:  # conexão morta: quem a retira da sala é a thread que lê dela
            return len(data)
        if sent < len(data):
            self._moved = time.monotonic()
        if self._taps.all:
            self._taps.tell(Event("sent", self.apelido, "", self.address, bytes(data[:sent]), began))
        return sent


def send_now(sock: socket.socket, data: bytes) -> int:
    """``sock.send`` que não espera: envia o que couber ou levanta BlockingIOError."""
    return sock.send(data, socket.MSG_DONTWAIT)


def send_if_writable(sock: socket.socket, data: bytes) -> int:
    """O mesmo sem MSG_DONTWAIT, que o Windows não tem: só envia se o sistema diz que cabe."""
    if not select.select([], [sock], [], 0)[1]:
        raise BlockingIOError
    return sock.send(memoryview(data)[:16384])


if not hasattr(socket, "MSG_DONTWAIT"):
    send_now = send_if_writable


class Postman:
    """A caixa e a thread que a esvazia.

    tell: chamado com cada `Event`, sempre da thread do carteiro e na ordem da sala;
    farewell: bytes que todos recebem no encerramento.
    """

    def __init__(self, tell: Callable[[Event], None], farewell: bytes):
        self._tell, self._farewell = tell, farewell
        self._lock = threading.Lock()  # guarda a caixa: _letters, _size e _closed
        self._filled, self._emptied = threading.Condition(self._lock), threading.Condition(self._lock)
        self._letters, self._size, self._closed = [], 0, False
        self._members: dict[Member, None] = {}  # em ordem de chegada; só a thread do carteiro usa
        self._late: set[Member] = set()
        self._history: deque[bytes] = deque(maxlen=0)  # as últimas mensagens, para quem chega
        self._thread = threading.Thread(target=self._run, name="chatlib: carteiro", daemon=True)

    def start(self) -> None:
        """Põe o carteiro na rua."""
        self._thread.start()

    def post(
        self,
        data: bytes = b"",
        to: Member | None = None,
        action: Action = Action.DELIVER,
        event: Event | None = None,
        greeting: bytes = b"",
        urgent: bool = False,
    ) -> bool:
        """Põe uma carta na caixa e diz se ela foi aceita; espera se a caixa estiver cheia.

        to: o destinatário de uma carta só dele (None: todos), ou quem entra ou sai;
        greeting: o que só quem entra recebe, logo depois de ``data``; urgent: não espera. Urgente
        é a carta de quem segura a trava do servidor, que ``tell`` pode estar pedindo.
        """
        if not urgent:
            self.wait_for_room()
        with self._lock:
            if self._closed:
                return False
            self._letters.append((action, to, data, event, greeting))
            self._size += len(data) + LETTER_COST
            self._filled.notify()
            return True

    def keep_history(self, size: int) -> None:
        """Passa a guardar as últimas ``size`` mensagens e a contá-las a quem entra."""
        self._history = deque(self._history, maxlen=size)

    def wait_for_room(self) -> None:
        """Espera enquanto a caixa está cheia; o próprio carteiro, que a esvazia, não espera."""
        with self._lock:
            while self._size > MAX_BOX and not self._closed and not self.is_me():
                self._emptied.wait()

    def settle(self, timeout: float) -> bool:
        """Espera que o que está na caixa saia e diz se deu tempo; não espera por quem está atrasado."""
        deadline = time.monotonic() + timeout
        for _ in range(2):  # ninguém se despede de um lote no meio dele: só o seguinte prova que acabou
            nobody = Member(None, (), "", 0, Listeners())
            if self.is_me() or not self.post(to=nobody, action=Action.LEAVE, urgent=True):
                return not self._thread.is_alive()
            if not nobody.released.wait(deadline - time.monotonic()):
                return False
        return True

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

    def _take(self) -> list | None:
        """Tudo o que há na caixa; None quando ela foi fechada e está vazia."""
        while True:
            with self._lock:
                if not self._letters and not self._closed:
                    self._filled.wait(RETRY if self._late else None)
                if self._letters or self._closed:
                    letters, self._letters, self._size = self._letters, [], 0
                    self._emptied.notify_all()
                    return letters or None
            self._catch_up(0)

    def _deliver(self, letters: list) -> int:
        """Um ``send`` por membro com o lote inteiro; devolve o tamanho do lote."""
        common = bytearray()
        apart: dict[Member, tuple[bytes, int]] = {}  # (o que é só dele, de onde continua em common)

        def due(member: Member) -> bytes:
            own, start = apart.get(member, (b"", 0))
            return own + common[start:]

        for action, to, data, event, greeting in letters:
            if event:
                self._tell(event)
            if action is Action.LEAVE:
                self._release(to, due(to))
            if action is Action.JOIN:
                self._members[to] = None
                common += data
                apart[to] = data + greeting + b"".join(self._history), len(common)
            elif action is Action.LEAVE or to is None:
                common += data
                self._remember(action, data)
            elif to in self._members:
                apart[to] = due(to) + data, len(common)
        everyones = bytes(common)
        for member in self._members if common else self._members.keys() & apart.keys():
            member.push(due(member) if member in apart else everyones)
        self._note_late()
        return len(common) + LETTER_COST * len(letters)

    def _remember(self, action: Action, data: bytes) -> None:
        if self._history.maxlen and action is Action.DELIVER and data and not data.startswith(NOTICE):
            self._history.append(HISTORY + data)

    def _note_late(self) -> None:
        self._late = {member for member in self._members if member.pending}

    def _release(self, member: Member, last: bytes) -> None:
        if member in self._members:
            del self._members[member]
            member.push(last)
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
            member.push(self._farewell)
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
