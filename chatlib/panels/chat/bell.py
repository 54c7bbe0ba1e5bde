"""A campainha: avisa quem leva as notícias à página de que há alguma."""

import math
import threading
import time

PAUSE = 0.05  # segundos entre remessas: o Jupyter descarta mensagens acima de mil por segundo


class Bell:
    """Toca já ou dentro de um instante; ``changed``, de quem a usa, guarda o que há nela."""

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self._due = 0.0  # quando tocar (time.monotonic); infinito se não há o que contar
        self._is_over = False

    def ring(self, within: float = 0.0) -> None:
        """Há o que contar, e pode esperar ``within`` segundos pelo que vier."""
        with self._changed:
            self._due = min(self._due, time.monotonic() + within)
            self._changed.notify_all()

    def ring_later(self) -> None:
        """O que só muda a fila espera o eco, que já vem: uma remessa agora o atrasaria uma pausa."""
        self.ring(within=PAUSE)

    def hush(self) -> None:
        """Já se contou tudo."""
        self._due = math.inf

    def stop(self) -> None:
        """Ninguém mais espera."""
        self._is_over = True
        self.ring()

    def wait(self) -> bool:
        """Espera que toque, com uma pausa antes, para juntar o que chegar; falso se foi o fim."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_over, PAUSE)
            while not self._is_over and (left := self._due - time.monotonic()) > 0:
                self._changed.wait(left if left < math.inf else None)
            return not self._is_over
