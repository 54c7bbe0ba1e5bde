"""As regras do perturbador: o que fazer com os bytes que passam, e o que se aceita em cada uma."""

from dataclasses import dataclass, field

from ...errors import UsageError
from ..words import number

TO_SERVER, TO_CLIENT, BOTH = "to_server", "to_client", "both"
DIRECTIONS = {BOTH: "nos dois sentidos", TO_SERVER: "rumo ao servidor", TO_CLIENT: "rumo ao cliente"}
MAX_WAIT = 60.0  # segundos de atraso, de sorteio ou de pausa


@dataclass
class Rules:
    """O que se faz com os bytes; os tempos em segundos, os tamanhos em bytes.

    direction: o sentido a que valem; delay e jitter: atraso fixo e o máximo do sorteado; chunk:
    o maior envio (None: como vier), com ``gap`` de pausa depois de cada um; cut_after: quantos
    bytes passam antes do corte (None: sem corte); stalled: os sentidos parados.
    """

    direction: str = BOTH
    delay: float = 0.0
    jitter: float = 0.0
    chunk: int | None = None
    gap: float = 0.001
    cut_after: int | None = None
    stalled: set[str] = field(default_factory=set)

    def cover(self, direction: str) -> bool:
        """Se as regras valem para este sentido."""
        return self.direction in (BOTH, direction)

    def __str__(self) -> str:
        """As regras em palavras, como *atraso de 0,2 s, nos dois sentidos*."""
        said = [
            f"atraso de {number(self.delay)} s" if self.delay else "",
            f"mais um sorteio de até {number(self.jitter)} s" if self.jitter else "",
            f"de {self.chunk} em {self.chunk} bytes" if self.chunk not in (None, 1) else "",
            "byte a byte" if self.chunk == 1 else "",
            f"corte depois de {self.cut_after} bytes" if self.cut_after else "",
        ]
        active = ", ".join(filter(None, said))
        said = [f"{active}, {DIRECTIONS[self.direction]}" if active else "deixa passar tudo"]
        if self.stalled:
            said.append("parado " + DIRECTIONS[BOTH if len(self.stalled) == 2 else min(self.stalled)])
        return "; ".join(said)


def check_rule(name: str, value) -> None:
    """UsageError se a regra não existe ou não aceita o valor."""
    if name == "direction":
        check_direction(value)
    elif name in ("delay", "jitter", "gap"):
        if not isinstance(value, int | float) or not 0 <= value <= MAX_WAIT:
            raise UsageError(f"{name} é um tempo em segundos, de 0 a {MAX_WAIT:g}, e não {value!r}")
    elif name in ("chunk", "cut_after"):
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
            raise UsageError(f"{name} é um número de bytes, de 1 em diante, ou None, e não {value!r}")
    else:
        raise UsageError(
            f"o perturbador não tem a regra {name!r}: use delay, jitter, one_by_one, chunk, gap, "
            "cut_after ou direction"
        )


def check_direction(value: str) -> set[str]:
    """Os sentidos a que ``value`` se refere; UsageError se a nenhum."""
    if value not in DIRECTIONS:
        raise UsageError(f'o sentido é "to_server", "to_client" ou "both", e não {value!r}')
    return {TO_SERVER, TO_CLIENT} if value == BOTH else {value}
