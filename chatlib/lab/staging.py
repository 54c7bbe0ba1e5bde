"""O palco das aulas: conexões prontas, uma sala pequena e threads ao lado da célula.

O que se abre aqui se fecha sozinho: quando a célula roda de novo, quando começa outra sala, ou em
`check_clean`.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterable

from .. import rerun
from ..errors import NoMessage
from ..sockets import readable, shut

WAIT = 5.0  # segundos que a ponta de uma pessoa espera, para que nenhuma célula fique presa
PATIENCE = 2.0  # segundos para que cheguem bytes, ou acabe uma thread cujos sockets se fecharam


class Actor(threading.Thread):
    """Uma thread do palco: o erro de um socket que o próprio palco fechou não é notícia."""

    def run(self) -> None:
        """Roda a função; um erro de socket que não veio do fim do palco segue seu caminho."""
        try:
            super().run()
        except OSError:
            if self in _staged:
                raise

    def close(self) -> None:
        """Espera que a thread acabe, até 2 s."""
        self.join(PATIENCE)


_staged: list[socket.socket | Actor] = []


def pair() -> tuple[socket.socket, socket.socket]:
    """Uma conexão nova: a ponta de quem se conectou e a do servidor."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname(), WAIT)
        theirs, _ = listener.accept()
    _keep(ours, theirs)
    return ours, theirs


def crowd(*apelidos: str) -> tuple[list[socket.socket], list[str], list[socket.socket]]:
    """Uma sala nova, no lugar da anterior: as listas clients e apelidos, e a ponta de cada pessoa."""
    clear()
    pairs = [pair() for _ in apelidos]
    people = [ours for ours, _ in pairs]
    clients = [theirs for _, theirs in pairs]
    return clients, list(apelidos), people


def keep(sock: socket.socket) -> socket.socket:
    """Deixa um socket seu por conta do palco, que o fecha como os de `pair`, e o devolve."""
    _keep(sock)
    return sock


def wait_for_bytes(sock: socket.socket, count: int) -> None:
    """Espera que haja count bytes por ler, sem retirar nenhum; NoMessage se em 2 s não chegam."""
    deadline, arrived = time.monotonic() + PATIENCE, 0
    while arrived < count:
        if time.monotonic() > deadline:
            raise NoMessage(
                f"em {PATIENCE:g} s chegaram {arrived} bytes, e você pediu {count}: "
                "confira quantos foram mandados, e se alguém já os leu"
            )
        time.sleep(0.001)
        arrived = len(sock.recv(count, socket.MSG_PEEK)) if readable(sock, 0) else 0


def spawn(function: Callable, *args) -> Actor:
    """Roda a função numa thread, ao lado da célula, e devolve a thread."""
    thread = Actor(target=function, args=args, daemon=True)
    _keep(thread)
    thread.start()
    return thread


def clear() -> None:
    """Fecha o que é do palco (`pair`, `crowd`, `keep`) e espera as threads de `spawn`, até 2 s cada uma."""
    _strike(list(_staged))


def _keep(*items: socket.socket | Actor) -> None:
    """Lembra o que esta célula abriu, e desfaz o que a rodada anterior dela tinha aberto."""
    for item in items:
        _strike(rerun.claim(item))
    _staged.extend(items)


def _strike(items: Iterable) -> None:
    old = [item for item in items if item in _staged]
    for item in old:  # primeiro: é por já não estar no palco que uma thread sabe que ele acabou
        _staged.remove(item)
    for item in old:
        if isinstance(item, socket.socket):
            shut(item)  # acorda quem lê dele: close, sozinho, não acorda
    for item in sorted(old, key=lambda item: isinstance(item, Actor)):  # as threads, por último
        item.close()
