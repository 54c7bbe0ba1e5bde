"""As linhas da conversa, e quais delas a página já tem."""

from collections import deque
from itertools import islice
from typing import Any

from .reading import Line

KEPT = 20_000  # linhas que o kernel guarda
SHOWN = 1000  # linhas que a página mostra


class Transcript:
    """As últimas linhas que chegaram; quem usa cuida da trava."""

    def __init__(self) -> None:
        self.lines: deque[Line] = deque(maxlen=KEPT)
        self.total = 0  # linhas que já chegaram
        self._start = 0  # a primeira linha à vista: as anteriores foram limpas
        self._sent = 0  # as que já foram em alguma remessa

    def add(self, line: Line) -> None:
        """Mais uma linha."""
        self.lines.append(line)
        self.total += 1

    def clear(self) -> None:
        """Esquece as linhas à vista; o kernel ainda as tem."""
        self._start = self.total

    def visible(self) -> list[Line]:
        """As linhas à vista, mesmo as que já não cabem na página."""
        kept = list(self.lines)  # de uma vez: não precisa da trava
        return kept[max(0, len(kept) - (self.total - self._start)) :]

    def take(self, everything: bool) -> dict[str, Any]:
        """As linhas da próxima remessa: só as novas, ou todas as que a página mostra.

        first: o número da primeira linha, a partir de 0; start: o da primeira ainda à vista.
        """
        fresh = min(SHOWN, self.total - (self._start if everything else self._sent))
        lines = list(islice(self.lines, max(0, len(self.lines) - fresh), None))
        self._sent = self.total
        return {"first": self.total - len(lines), "start": self._start, "lines": lines}
