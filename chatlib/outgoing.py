"""O que um servidor publicou no registro comum e ainda não voltou."""

import threading
from collections import deque
from typing import Any, NamedTuple

from . import protocol
from .backplane import Backplane
from .errors import MessageRefused
from .replica import encode

KEPT = 1 << 20  # bytes que podem esperar a volta
PERISHABLE = ("hello", "back", "doubt", "dead")  # só valem na vida do servidor que os publicou


class Sent(NamedTuple):
    """Um fato que não voltou."""

    number: int
    verb: str
    values: tuple[Any, ...]
    size: int


class Outgoing:
    """Os fatos de um servidor, em ordem, da publicação à volta; qualquer thread publica.

    Cada um leva o nome desta vida do servidor e um número, que cresce de um em um: é por eles que
    todos descartam um repetido.
    """

    def __init__(self, backplane: Backplane):
        self._publish = backplane.publish
        self._changed = threading.Condition()  # guarda tudo abaixo
        self._node, self._number = "", 0
        self._waiting: deque[Sent] = deque()
        self._size = 0
        self._is_linked = True

    def put(self, verb: str, *values: Any) -> None:
        """Publica um fato."""
        with self._changed:
            self._send(verb, values)

    def put_if_fits(self, verb: str, *values: Any, wait: bool = True) -> None:
        """Publica um fato quando couber; MessageRefused se não cabe e o contato se perdeu."""
        with self._changed:
            while wait and self._is_linked and self._size > KEPT:
                self._changed.wait()
            if self._size > KEPT and not self._is_linked:
                raise MessageRefused(protocol.overfull.bare())
            self._send(verb, values)

    def came_back(self, number: int) -> None:
        """Voltou o fato deste número."""
        with self._changed:
            while self._waiting and self._waiting[0].number <= number:
                self._size -= self._waiting.popleft().size
            self._changed.notify_all()

    def linked(self, is_up: bool) -> None:
        """O contato se perdeu, ou voltou."""
        with self._changed:
            self._is_linked = is_up
            self._changed.notify_all()

    def begin(self, node: str, *first: tuple[Any, ...]) -> None:
        """Começa uma vida com estes fatos; o que não voltou da anterior vai depois."""
        with self._changed:
            old, self._waiting = self._waiting, deque()
            self._node, self._number, self._size = node, 0, 0
            for verb, *values in first:
                self._send(verb, tuple(values))
            for sent in old:
                if sent.verb not in PERISHABLE:
                    self._send(sent.verb, sent.values)

    def forget(self) -> None:
        """Desiste do que não voltou."""
        with self._changed:
            self._waiting.clear()
            self._size = 0
            self._changed.notify_all()

    def drain(self, timeout: float) -> bool:
        """Espera que tudo volte, e diz se voltou."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, timeout)

    def _send(self, verb: str, values: tuple[Any, ...]) -> None:
        self._number += 1
        fact = encode([self._node, self._number, verb, *values])
        self._waiting.append(Sent(self._number, verb, values, len(fact)))
        self._size += len(fact)
        self._publish(fact)
