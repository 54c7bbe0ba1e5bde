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

# Por socket, quem o observa; fraco, para que observar não mantenha aberto o que se esqueceu.
_watchers: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
# Uma derivada por classe, e não por socket: criar uma classe custa, e ela nunca mais vai embora.
_classes: dict[type[socket.socket], type[socket.socket]] = {}
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
        # Sem trava: pôr e tirar são uma operação só do dicionário, e quem o lê percorre uma cópia.
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
        # No Linux, close não acorda quem está parado noutra thread: sem isto, a espera dela, por um
        # socket que já não existe, ficaria na fita até o fim.
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

    identify = adopt = closed


_silent = _Silent()


def _peeks(flags: tuple) -> bool:
    """Se o recv só espia, sem retirar."""
    return any(flag & socket.MSG_PEEK for flag in flags)


def watch(sock: socket.socket, watcher: Watcher) -> None:
    """Passa a contar a ``watcher`` o que o socket faz."""
    cls = type(sock)
    if cls not in _classes.values():
        if cls not in _classes:
            _classes[cls] = _derive(cls)
        sock.__class__ = _classes[cls]
    _watchers[sock] = watcher


def unwatch(sock: socket.socket) -> None:
    """Deixa o socket como era."""
    if _watchers.pop(sock, None):
        sock.__class__ = type(sock).__bases__[0]


def _watcher_of(sock: socket.socket) -> Watcher | _Silent:
    return _watchers.get(sock, _silent)


def _derive(cls: type) -> type:
    """A classe derivada que conta o que faz.

    Sem ``super()``: entre uma linha e outra de um método, `unwatch` pode devolver o socket à classe
    de antes, e ``super()`` já não o aceitaria.
    """

    class Watched(cls):
        __slots__ = ()

        def accept(self):
            # Quem observa é um só do começo ao fim: unwatch pode vir enquanto se espera.
            watcher = _watcher_of(self)
            with watcher.doing("accept") as done:
                sock, address = cls.accept(self)
                done("opened", by=watcher.adopt(sock))
            return sock, address

        def connect(self, address):
            with _watcher_of(self).doing("connect") as done:
                cls.connect(self, address)
                _watcher_of(self).identify(self)
                done("opened")

        def recv(self, size, *flags):
            with _watcher_of(self).doing("recv") as done:
                data = cls.recv(self, size, *flags)
                if not _peeks(flags):
                    done("received", data)
            return data

        def recv_into(self, buffer, nbytes=0, flags=0):
            with _watcher_of(self).doing("recv") as done:
                size = cls.recv_into(self, buffer, nbytes, flags)
                # Uma cópia: quem chamou vai usar o mesmo buffer de novo.
                if not _peeks((flags,)):
                    done("received", bytes(memoryview(buffer).cast("B")[:size]))
            return size

        def send(self, data, *flags):
            with _watcher_of(self).doing("send") as done:
                size = cls.send(self, data, *flags)
                done("sent", bytes(memoryview(data).cast("B")[:size]))
            return size

        def sendall(self, data, *flags):
            with _watcher_of(self).doing("send") as done:
                cls.sendall(self, data, *flags)
                done("sent", bytes(data))

        def close(self):
            # Com um makefile ainda aberto, close só faz um pedido: o socket fecha depois, por aqui.
            was_open = self.fileno() >= 0
            cls.close(self)
            if was_open and self.fileno() < 0:
                _watcher_of(self).closed()

    # Com o nome da outra, para que o repr continue igual.
    Watched.__name__, Watched.__qualname__ = cls.__name__, cls.__qualname__
    Watched.__module__ = cls.__module__
    return Watched


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
        # Antes de soltar: depois, o ``locked`` de quem a espera poderia chegar primeiro à fita.
        self._watcher.note("unlocked", time.monotonic(), self._watcher, text=self._name)
        self._lock.release()

    def locked(self) -> bool:
        """Se alguém tem a trava."""
        return self._lock.locked()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *exc) -> None:
        self.release()
