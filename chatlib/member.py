"""Um membro da sala: quem ele é, e o que ainda lhe falta receber."""

import socket
import threading
import time

from . import protocol, sockets
from .events import Event, Listeners

RECENT = 0.25  # segundos sem que nada caiba no socket, e já não se diz que alguém está lendo


class Member:
    """Um participante visto pelo servidor.

    sock e address: a conexão; apelido: o nome na sala; max_output: bytes que podem esperar por
    ele; taps: quem observa o fio.
    """

    def __init__(
        self, sock: socket.socket, address: sockets.Address, apelido: str, max_output: int, taps: Listeners
    ):
        self.sock, self.address, self.apelido = sock, address, apelido
        self.entry_apelido = apelido  # um programa do documento prefixa com este para sempre
        self.since = time.time()
        self.messages = 0
        self.reason = "encerrou a conexão"
        self.removed = False
        self.rate: protocol.RateLimit | None = None
        self.is_plain = False  # se talvez só leia ASCII: veja `heard`
        self._is_doubted = False
        self.pending = bytearray()
        self.released = threading.Event()
        self._max_output, self._taps = max_output, taps
        self._moved = 0.0  # quando coube, pela última vez, uma parte do que havia

    def deliver(self, data: bytes) -> None:
        """Entrega as linhas, do jeito que o programa do membro as lê."""
        self.push(data if not self.is_plain or data.isascii() else protocol.plain(data))

    def heard(self, data: bytes) -> None:
        """Aprende com o que chegou do membro: que ele está vivo, e se o programa dele vai além do ASCII."""
        if self._is_doubted:
            self._is_doubted = False
            sockets.tune(self.sock)
        if self.is_plain and not data.isascii():
            self.is_plain = False

    def doubt(self) -> None:
        """Sonda já a conexão: se o outro lado se foi sem avisar, ela cai em cerca de 10 s."""
        self._is_doubted = True
        sockets.probe(self.sock)

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
            sockets.reset_on_close(self.sock)
            self.pending.clear()
        sockets.shut(self.sock)

    def _send(self, data: bytes | bytearray) -> int:
        began = time.monotonic() if self._taps.all else 0.0
        try:
            sent = sockets.send_now(self.sock, data)
        except BlockingIOError:
            return 0
        except OSError:  # conexão morta: quem a retira da sala é a thread que lê dela
            return len(data)
        if sent < len(data):
            self._moved = time.monotonic()
        if self._taps.all:
            self._taps.tell(Event("sent", self.apelido, "", self.address, bytes(data[:sent]), began))
        return sent
