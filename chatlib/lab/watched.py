"""Sockets e travas que contam o que fazem, e fora isso são os mesmos.

`watch` troca a classe do socket por uma derivada dela, sem criar outro objeto: quem já o tinha
guardado numa lista continua com ele, ``isinstance`` e ``select`` não percebem, e `unwatch` desfaz.
"""

import socket
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import contextmanager, suppress

_watchers: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()  # socket -> quem o observa
_classes: dict[type, type] = {}
Waits = dict[threading.Thread, tuple]  # por thread, (operação, desde quando, quem observa)


class Watcher:
    """Quem observa um socket ou uma trava.

    note: ``note(kind, began, watcher, data, text)`` grava; waits: o que cada thread espera agora;
    side: ``servidor``, ou vazio na ponta de um cliente; key: o que distingue a conexão, None se o
    socket só escuta; apelido: de quem ela é, se já se sabe; adopt: ``adopt(sock)`` passa a
    observar a conexão que um ``accept`` trouxe.
    """

    def __init__(self, note: Callable, waits: Waits, side: str, apelido: str = "", key=None, adopt=None):
        self.note, self.waits, self.adopt = note, waits, adopt
        self.side, self.key, self.apelido = side, key, apelido
        self._since: float | None = None  # desde quando se espera um accept que só sabe vencer o prazo

    def identify(self, sock: socket.socket) -> None:
        """Distingue a conexão pelo endereço do cliente, que as duas pontas dela têm em comum."""
        with suppress(OSError):  # ainda não está conectado, ou só escuta
            peer = sock.getpeername()
            address = peer if self.side else sock.getsockname()
            self.key = address[:2] if isinstance(address, tuple) else object()

    @contextmanager
    def doing(self, operation: str):
        """Marca a espera da thread; dá a função que grava o que ela trouxe."""
        began = self._since or time.monotonic()
        me = threading.current_thread()
        self.waits[me] = operation, began, self
        try:
            yield lambda kind, data=b"", text="", by=self: self.note(kind, began, by, data, text)
        except OSError as error:
            if operation == "accept" and isinstance(error, TimeoutError):
                self._since = began  # quem vigia a porta com um prazo curto espera de novo logo
                raise
            if not isinstance(error, BlockingIOError):
                self.note("failed", began, self, text=f"{operation}: {type(error).__name__}")
            self._stop_waiting(me)
            raise
        self._stop_waiting(me)

    def _stop_waiting(self, thread: threading.Thread) -> None:
        self._since = None
        self.waits.pop(thread, None)

    def closed(self) -> None:
        """Grava que o socket foi fechado; quem esperava por ele já não espera."""
        for thread, (_, _, by) in list(self.waits.items()):
            if by is self:
                self._stop_waiting(thread)
        self.note("closed", time.monotonic(), self)


class _Silent:
    """Quem observa um socket que a fita já largou."""

    @contextmanager
    def doing(self, operation: str):
        yield lambda kind, data=b"", text="", by=None: None

    def closed(self, *_) -> None:
        """Ninguém quer saber."""

    identify = closed


_silent = _Silent()


class _Watched:
    """Os métodos de um socket observado; o resto é o do próprio socket."""

    __slots__ = ()

    def _watcher(self) -> Watcher | _Silent:
        return _watchers.get(self, _silent)

    def accept(self):
        watcher = self._watcher()
        with watcher.doing("accept") as done:
            sock, address = super().accept()
            if watcher is not _silent:
                done("opened", by=watcher.adopt(sock))
        return sock, address

    def connect(self, address):
        with self._watcher().doing("connect") as done:
            super().connect(address)
            self._watcher().identify(self)
            done("opened")

    def recv(self, size, *flags):
        with self._watcher().doing("recv") as done:
            data = super().recv(size, *flags)
            if not _peeks(flags):
                done("received", data)
        return data

    def recv_into(self, buffer, nbytes=0, flags=0):
        with self._watcher().doing("recv") as done:
            size = super().recv_into(buffer, nbytes, flags)
            if not _peeks((flags,)):
                done("received", bytes(memoryview(buffer).cast("B")[:size]))
        return size

    def send(self, data, *flags):
        with self._watcher().doing("send") as done:
            size = super().send(data, *flags)
            done("sent", bytes(memoryview(data).cast("B")[:size]))
        return size

    def sendall(self, data, *flags):
        with self._watcher().doing("send") as done:
            super().sendall(data, *flags)
            done("sent", bytes(data))

    def close(self):
        was_open = self.fileno() >= 0
        super().close()
        if was_open and self.fileno() < 0:
            self._watcher().closed()


def _peeks(flags: tuple) -> bool:
    """Se o recv só espia, sem retirar."""
    return any(flag & socket.MSG_PEEK for flag in flags)


def watch(sock: socket.socket, watcher: Watcher) -> None:
    """Passa a contar a ``watcher`` o que o socket faz."""
    if not isinstance(sock, _Watched):
        sock.__class__ = _watched_class(type(sock))
    _watchers[sock] = watcher


def unwatch(sock: socket.socket) -> None:
    """Deixa o socket como era."""
    if _watchers.pop(sock, None):
        sock.__class__ = type(sock).__bases__[1]


def _watched_class(cls: type) -> type:
    if cls not in _classes:
        names = {"__slots__": (), "__module__": cls.__module__, "__qualname__": cls.__qualname__}
        _classes[cls] = type(cls.__name__, (_Watched, cls), names)  # o repr continua igual
    return _classes[cls]


class WatchedLock:
    """Uma trava que conta quem esperou por ela e quem a teve; usa-se como a de ``threading``."""

    def __init__(self, lock, watcher: Watcher, name: str):
        self._lock, self._watcher, self._name = lock, watcher, name

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Como o ``acquire`` da trava."""
        with self._watcher.doing(f"trava {self._name}") as done:
            got = self._lock.acquire(blocking, timeout)
            if got:
                done("locked", text=self._name)
        return got

    def release(self) -> None:
        """Como o ``release`` da trava."""
        self._watcher.note("unlocked", time.monotonic(), self._watcher, text=self._name)
        self._lock.release()

    def locked(self) -> bool:
        """Se alguém tem a trava."""
        return self._lock.locked()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *exc) -> None:
        self.release()
