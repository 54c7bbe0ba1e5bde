"""O outro lado de uma conexão, e como esperar por ele."""

import socket
import time
from collections.abc import Callable

from ..sockets import readable, reset_on_close

HOST = "127.0.0.1"
WAIT = 1.0  # segundos que uma espera dura
SLOW = 0.1  # segundos que um byte mandado devagar espera para ser lido


class Peer:
    """O outro lado de uma conexão: o que um cliente (ou um servidor) faria."""

    def __init__(self, sock: socket.socket, other: socket.socket | None = None):
        self.sock, self._other = sock, other  # other: a ponta que está com o aluno, se ela é conhecida
        self.seen = bytearray()  # tudo o que chegou até agora
        self.over = False  # se o outro lado encerrou

    def send(self, data: bytes) -> None:
        """Manda os bytes de uma vez."""
        self.sock.sendall(data)

    def send_slowly(self, data: bytes) -> None:
        """Manda os bytes um a um, cada um depois que o anterior foi lido (ou de esperar um pouco)."""
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in data:
            self.sock.sendall(bytes([byte]))
            deadline = time.monotonic() + SLOW
            time.sleep(0.002)
            while self._unread() and time.monotonic() < deadline:
                time.sleep(0.001)

    def send_apart(self, first: bytes, rest: bytes) -> None:
        """Manda em dois pedaços, o segundo depois que o primeiro foi lido."""
        self.send_slowly(first)
        self.send(rest)

    def _unread(self) -> bool:
        """Se a outra ponta ainda tem o que ler."""
        return self._other is not None and self._other.fileno() >= 0 and readable(self._other, 0)

    def got(self, data: bytes, timeout: float = WAIT) -> bool:
        """Se ``data`` chega, dentro do prazo."""
        return self._read_until(lambda: data in self.seen, timeout)

    def ended(self, timeout: float = WAIT) -> bool:
        """Se o outro lado encerra a conexão, dentro do prazo."""
        return self._read_until(lambda: self.over, timeout)

    def heard(self, quiet: float = 0.15) -> bytes:
        """Tudo o que chegou, quando já não chega nada há ``quiet`` segundos."""
        before = -1
        while before != len(self.seen):
            before = len(self.seen)
            self._read_until(lambda: False, quiet)
        return bytes(self.seen)

    def finish(self) -> None:
        """Diz que não vai mandar mais nada, mas continua ouvindo."""
        self.sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Encerra com educação: o outro lado recebe b''."""
        self.sock.close()

    def reset(self) -> None:
        """Encerra com grosseria: o outro lado recebe ConnectionResetError."""
        reset_on_close(self.sock)
        self.sock.close()

    def _read_until(self, done: Callable[[], bool], timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while not done():
            left = deadline - time.monotonic()
            if left <= 0 or self.over:
                return False
            self.sock.settimeout(left)
            try:
                data = self.sock.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                data = b""
            self.seen += data
            self.over = not data
        return True


def wait_until(condition: Callable[[], object], timeout: float) -> bool:
    """Se a condição se torna verdadeira, dentro do prazo (segundos)."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True
