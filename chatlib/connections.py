"""As conexões abertas e a thread de cada uma.

receive ── spawn ──▶ visitante ── welcome ──▶ membro ── hang_up ──▶ nada
"""

import socket
import threading
from collections.abc import Callable

from . import sockets

Handle = Callable[[socket.socket, sockets.Address], None]


class Connections:
    """O registro de quem está conectado; limit: quantos podem estar ainda sem apelido."""

    def __init__(self, limit: int):
        self._limit = limit
        self._lock = threading.Lock()  # guarda os dois abaixo
        self._threads: dict[threading.Thread, socket.socket] = {}
        self._visitors: set[socket.socket] = set()

    def __len__(self) -> int:
        return len(self._threads)

    @property
    def visitors(self) -> int:
        """Quantas conexões ainda não disseram o apelido."""
        return len(self._visitors)

    def spawn(self, handle: Handle, sock: socket.socket, address: sockets.Address) -> bool:
        """Dá à conexão sua thread de ``handle``; falso se há visitantes demais ou faltam threads."""
        args = sock, address
        thread = threading.Thread(target=handle, args=args, name="chatlib: handle", daemon=True)
        with self._lock:
            if len(self._visitors) >= self._limit:
                return False
            self._visitors.add(sock)  # antes de start: a thread pode acabar antes da próxima linha
            self._threads[thread] = sock
        try:
            thread.start()
        except RuntimeError:  # o sistema não dá mais threads; quem aceita continua aceitando
            with self._lock:
                self._visitors.discard(sock)
                del self._threads[thread]
            return False
        return True

    def welcome(self, sock: socket.socket) -> None:
        """A conexão já não é de um visitante."""
        with self._lock:
            self._visitors.discard(sock)

    def hang_up(self, sock: socket.socket) -> None:
        """Encerra a conexão da thread que chama, depois que o que foi enviado chegou."""
        sockets.drain(sock)
        with self._lock:  # close() não pode alcançar um descritor já fechado
            self._visitors.discard(sock)
            self._threads.pop(threading.current_thread(), None)
        sock.close()

    def close(self) -> None:
        """Acorda quem lê e espera todas as threads."""
        with self._lock:
            threads = list(self._threads)
            for sock in self._threads.values():
                sockets.shut(sock)
        for thread in threads:
            thread.join()

    def is_mine(self) -> bool:
        """Se quem pergunta é uma destas threads."""
        with self._lock:
            return threading.current_thread() in self._threads
