"""O tempo que faz na sala de provas: o que uma rede lenta e avara faz em minutos, em centésimos.

Numa rede de verdade, um recv pode trazer um byte só, e um silêncio pode durar mais do que qualquer
prazo. Aqui, enquanto durar `drizzle`, cada recv traz um byte; enquanto durar `stinginess`, cada send
leva a metade; enquanto durar `long_silences`, todo prazo do código do aluno vence logo, e um silêncio
de um quarto de segundo já é mais longo do que ele.
"""

import _socket
import select
import selectors
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

SHORT = 0.02  # segundos que dura um prazo em `long_silences`


@dataclass
class Sky:
    """O tempo que faz: quantos bytes um recv traz, se send leva tudo, quanto dura um prazo, se o pediram."""

    piece: int | None = None
    stingy: bool = False
    patience: float | None = None
    asked: bool = False


sky = Sky()


class Indoors(socket.socket):
    """Um socket de quem confere, a quem o tempo lá fora não atinge."""

    recv, recv_into = _socket.socket.recv, _socket.socket.recv_into
    send = _socket.socket.send
    settimeout, setblocking = _socket.socket.settimeout, _socket.socket.setblocking


def indoors(sock: socket.socket) -> socket.socket:
    """O mesmo socket, a salvo do tempo que faz."""
    timeout = sock.gettimeout()
    found = Indoors(sock.family, sock.type, sock.proto, fileno=sock.detach())
    found.settimeout(timeout)
    return found


@contextmanager
def drizzle() -> Iterator[None]:
    """Enquanto dura, cada recv traz um byte."""
    sky.piece = 1
    try:
        yield
    finally:
        sky.piece = None


@contextmanager
def stinginess() -> Iterator[None]:
    """Enquanto dura, cada send leva só a metade."""
    sky.stingy = True
    try:
        yield
    finally:
        sky.stingy = False


@contextmanager
def long_silences() -> Iterator[Sky]:
    """Enquanto dura, nenhum prazo é maior do que SHORT; ``asked`` diz se algum foi pedido."""
    sky.patience, sky.asked = SHORT, False
    try:
        yield sky
    finally:
        sky.patience = None


def _shorter(timeout: float | None) -> float | None:
    if timeout is None or sky.patience is None:
        return timeout
    sky.asked = True
    return min(timeout, sky.patience)


def _recv(self, size, flags=0):
    if sky.piece and not flags:  # quem espia, ou pede tudo de uma vez, sabe o que faz
        size = min(size, sky.piece)
    return _socket.socket.recv(self, size, flags)


def _recv_into(self, buffer, size=0, flags=0):
    if sky.piece and not flags:
        size = min(size or len(buffer), sky.piece)
    return _socket.socket.recv_into(self, buffer, size, flags)


def _send(self, data, flags=0):
    if sky.stingy:
        data = data[: (len(data) + 1) // 2]
    return _socket.socket.send(self, data, flags)


def _settimeout(self, timeout):
    _socket.socket.settimeout(self, _shorter(timeout))


def _setblocking(self, flag):
    sky.asked = sky.asked or not flag
    _socket.socket.setblocking(self, flag)


def _shortened(real):
    def select(self, timeout=None):
        return real(self, _shorter(timeout))

    return select


def install() -> None:
    """Faz o tempo atingir todos os sockets deste processo, menos os `Indoors`."""
    for function in (_recv, _recv_into, _send, _settimeout, _setblocking):
        setattr(socket.socket, function.__name__[1:], function)
    real_select = select.select
    select.select = lambda *args: real_select(*args[:3], *map(_shorter, args[3:] or [None]))
    for kind in {selectors.SelectSelector, selectors.DefaultSelector}:
        setattr(kind, "select", _shortened(kind.select))  # noqa: B010 - o mypy não deixa trocar um método
