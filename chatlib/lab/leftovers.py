"""O que um notebook deixou aberto: threads e sockets que já deviam ter terminado."""

import gc
import socket
import threading
import time
import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from .staging import clear

PATIENCE = 2.0  # segundos para que uma thread que está acabando acabe
CHAT = "chatlib: "  # como começam os nomes das threads do chat
KERNEL_THREADS = ("IOPub", "Heartbeat", "Control", "IPythonHistorySavingThread", "subshell-", "asyncio")

_LOCAL = getattr(socket, "AF_UNIX", None)  # usados pelo próprio Jupyter, não pelas aulas
_before = set(threading.enumerate())  # as threads do próprio Jupyter, vivas desde a importação


def open_threads() -> list[threading.Thread]:
    """As threads vivas que não são do Jupyter."""
    return [
        thread for thread in threading.enumerate() if thread not in _before and not _is_of_the_kernel(thread)
    ]


def _is_of_the_kernel(thread: threading.Thread) -> bool:
    # A primeira mensagem grande de um widget faz o ZeroMQ criar uma thread, sem nome, que fica.
    return thread.name.startswith(KERNEL_THREADS) or type(thread).__module__.startswith("zmq.")


def open_sockets() -> list[socket.socket]:
    """Os sockets de rede ainda abertos neste processo."""
    gc.collect()
    return [
        item
        for item in gc.get_objects()
        if isinstance(item, socket.socket) and item.family != _LOCAL and item.fileno() >= 0
    ]


@contextmanager
def new_sockets() -> Iterator[list[weakref.ref]]:
    """A lista, sempre em dia, dos sockets criados dentro do bloco."""
    made, init = [], socket.socket.__init__

    def watched_init(self, *args, **kwargs):
        init(self, *args, **kwargs)
        made.append(weakref.ref(self))

    socket.socket.__init__ = watched_init  # type: ignore[method-assign]  # trocar é o que se quer
    try:
        yield made
    finally:
        socket.socket.__init__ = init  # type: ignore[method-assign]  # e destrocar


def check_clean() -> None:
    """Desfaz o palco da aula e diz se sobrou alguma thread ou algum socket aberto, e qual."""
    clear()
    deadline = time.monotonic() + PATIENCE
    while (open_threads() or open_sockets()) and time.monotonic() < deadline:
        time.sleep(0.02)
    threads, sockets = open_threads(), open_sockets()
    if threads or sockets:
        print(f"✘ Ainda em uso: {'; '.join(_found(threads, sockets))}. {_advice(threads, sockets)}.")
    else:
        print("✔ Nada ficou aberto: nenhuma thread, nenhum socket.")


def _found(threads: list[threading.Thread], sockets: list[socket.socket]) -> list[str]:
    """O que sobrou, agrupado: as threads do chat, as outras, e os sockets pelo que fazem."""
    chat = sorted(thread.name.removeprefix(CHAT) for thread in threads if thread.name.startswith(CHAT))
    found = [f"{_count(len(chat), 'thread')} de chatlib ({', '.join(chat)})"] if chat else []
    found += [f"a thread {thread.name}" for thread in threads if not thread.name.startswith(CHAT)]
    for what, number in sorted(Counter(map(_describe, sockets)).items()):
        found.append(f"{_count(number, 'socket')} {what}")
    return found


def _advice(threads: list[threading.Thread], sockets: list[socket.socket]) -> str:
    """O que fazer, e só com o que sobrou."""
    chat = [thread for thread in threads if thread.name.startswith(CHAT)]
    steps = ["encerre o servidor com shutdown() e cada cliente com close()"] if chat else []
    steps += ["espere cada thread sua com join()"] if len(chat) < len(threads) else []
    steps += ["feche cada socket seu com close()"] if sockets else []
    return "; ".join(steps).capitalize()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number > 1 else ''}"


def _describe(sock: socket.socket) -> str:
    try:
        listening = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except (AttributeError, OSError):  # nem todo sistema sabe dizer
        listening = False
    return "à escuta" if listening else "de conversa"
