"""O palco das aulas: conexões prontas, uma sala pequena e threads ao lado da célula.

O que se abre aqui se fecha sozinho: quando a célula roda de novo, quando começa outra sala, ou em
`check_clean`.
"""

import socket
import threading
from collections.abc import Callable

from .. import rerun
from ..sockets import shut

WAIT = 5.0  # segundos que a ponta de uma pessoa espera, para que nenhuma célula fique presa
PATIENCE = 2.0  # segundos para que uma thread acabe, depois que os sockets dela se fecharam

_sockets: list[socket.socket] = []
_threads: list[threading.Thread] = []


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


def spawn(function: Callable, *args) -> threading.Thread:
    """Roda a função numa thread, ao lado da célula, e devolve a thread."""

    def run() -> None:
        try:
            function(*args)
        except OSError:
            if thread in _threads:  # senão, foi `clear` que fechou o socket dela
                raise

    thread = threading.Thread(target=run, name=getattr(function, "__name__", None), daemon=True)
    _threads.append(thread)
    thread.start()
    return thread


def clear() -> None:
    """Fecha tudo o que `pair` e `crowd` abriram e espera as threads de `spawn`, até 2 s cada uma."""
    threads, sockets = _threads[:], _sockets[:]
    _threads.clear()
    _sockets.clear()
    for sock in sockets:
        _close(sock)
    for thread in threads:
        thread.join(PATIENCE)


def _keep(*sockets: socket.socket) -> None:
    """Lembra o que esta célula abriu, e fecha o que a rodada anterior dela tinha aberto."""
    for sock in sockets:
        for old in rerun.claim(sock):
            _close(old)
    _sockets.extend(sockets)


def _close(sock) -> None:
    shut(sock)  # acorda a thread que lê dele: close, sozinho, não a acorda
    sock.close()
