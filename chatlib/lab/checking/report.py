"""O relatório de uma conferência, e o arquivo em que se guardam todos."""

import html
import json
import os
from dataclasses import dataclass
from pathlib import Path

from .registry import Exercise

GRADING = "NBGRADER_EXECUTION"  # a variável que o nbgrader liga enquanto corrige
TRIES = 3  # tentativas sem acerto antes de se dizer onde está a solução
PRINTED_LINES, PRINTED_WIDTH = 5, 100  # do que a resposta imprimiu, quanto se mostra


@dataclass(frozen=True)
class Row:
    """O resultado de uma verificação; hint é vazia se ela passou, ou se foi deixada para depois."""

    what: str
    hint: str = ""
    skipped: bool = False

    @property
    def good(self) -> bool:
        """Se passou."""
        return not self.hint and not self.skipped

    @property
    def mark(self) -> str:
        """✔, ✘, ou · para o que depende do que ainda não passou."""
        return "·" if self.skipped else "✘" if self.hint else "✔"


_results: dict[str, "Report"] = {}  # o último resultado de cada exercício neste notebook
_tries: dict[str, int] = {}  # quantas vezes cada um foi conferido sem passar


class Report:
    """O que `verificar` devolve: uma linha por verificação, com ✔, ✘ e a dica, ou ·."""

    def __init__(self, exercise: Exercise, rows: list[Row], note: str = "", printed: tuple = ("", "")):
        self.exercise, self.rows, self.note = exercise, rows, note
        self._scene, self.printed = printed  # a verificação em que a resposta imprimiu, e o quê
        self.tries = 0  # quantas vezes o exercício já foi conferido sem passar

    @property
    def passed(self) -> bool:
        """Se o exercício foi feito e passou em tudo."""
        return bool(self.rows) and all(row.good for row in self.rows)

    @property
    def good(self) -> int:
        """Quantas verificações passaram."""
        return sum(row.good for row in self.rows)

    def nota(self, pontos: float = 1.0) -> float:
        """A parte dos pontos que a resposta merece, e o relatório na tela: para o nbgrader."""
        from IPython.display import display

        display(self)
        return self._share() * pontos

    def summary(self) -> str:
        """O placar, como ``3 de 4``, ou por que não há um."""
        if self.note:
            return self.note
        later = (
            "; o que tem · se confere depois do que falta" if any(row.skipped for row in self.rows) else ""
        )
        return f"{self.good} de {len(self.rows)}{later}" + (": tudo certo!" if self.passed else "")

    def help(self) -> str:
        """Onde está a solução, para quem já tentou bastante; vazio se ela não está à mão."""
        path = Path("solucoes", f"{self.exercise.number.replace('.', '_')}.py")
        if self.passed or self.tries < TRIES or not path.exists():
            return ""
        return (
            f"Travou? Numa célula vazia, rode %load {path.as_posix()}: o código aparece nela. "
            "Leia-o, rode a célula de novo e confira outra vez."
        )

    def heading(self) -> str:
        """O que se diz antes do que a resposta imprimiu."""
        return f"em «{self._scene}», a sua função imprimiu:"

    def shown(self) -> list[str]:
        """O começo do que a resposta imprimiu, linha por linha."""
        lines = self.printed.splitlines()
        cut = [line if len(line) <= PRINTED_WIDTH else f"{line[:PRINTED_WIDTH]}…" for line in lines]
        return cut[:PRINTED_LINES] + (["…"] if len(cut) > PRINTED_LINES else [])

    def __repr__(self) -> str:
        lines = [f"Exercício {self.exercise.number} · {self.exercise.title}"]
        for row in self.rows:
            lines.append(f"  {row.mark} {row.what}")
            if row.hint:
                lines.append(f"      dica: {row.hint}")
        if shown := self.shown():
            lines += [f"  {self.heading()}", *(f"      {line}" for line in shown)]
        return "\n".join([*lines, f"  {self.summary()}", *filter(None, [self.help() and f"  {self.help()}"])])

    def _repr_html_(self) -> str:
        title = html.escape(f"Exercício {self.exercise.number} · {self.exercise.title}")
        rows = "".join(map(_row_html, self.rows))
        shown = html.escape("\n".join(self.shown()))
        printed = f"{html.escape(self.heading())}<pre>{shown}</pre>" if shown else ""
        help = f"<br>{html.escape(self.help())}" if self.help() else ""
        return f"<div><b>{title}</b><ul>{rows}</ul>{printed}{html.escape(self.summary())}{help}</div>"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        """O HTML e o texto; enquanto o nbgrader corrige, o texto é só a nota, que é o que ele lê."""
        text = f"{self._share():g}" if os.environ.get(GRADING) == "autograde" else repr(self)
        return {"text/html": self._repr_html_(), "text/plain": text}

    def _share(self) -> float:
        return round(self.good / len(self.rows), 2) if self.rows else 0.0


def _row_html(row: Row) -> str:
    color = {"✘": "var(--jp-error-color1, #b00)", "✔": "var(--jp-success-color1, #070)"}.get(
        row.mark, "inherit"
    )
    mark = f'<b style="color: {color}">{row.mark}</b>'
    hint = f"<br><i>dica: {html.escape(row.hint)}</i>" if row.hint else ""
    return f'<li style="list-style: none">{mark} {html.escape(row.what)}{hint}</li>'


def remember(report: Report) -> None:
    """Guarda o relatório para `save_results`, no lugar do anterior do mesmo exercício."""
    number = report.exercise.number
    _results[number] = report
    _tries[number] = 0 if report.passed else _tries.get(number, 0) + bool(report.rows)
    report.tries = _tries[number]


def save_results(path: str = "resultados.json", aluno: str = "") -> None:
    """Grava em JSON o último resultado de cada exercício conferido neste notebook.

    path: o arquivo, regravado a cada vez; aluno: quem o entrega.
    """
    done = {
        number: {
            "certas": report.good,
            "total": len(report.rows) or len(report.exercise.checks),
            "passou": report.passed,
        }
        for number, report in sorted(_results.items())
    }
    data = {"aluno": aluno, "exercicios": done}
    Path(path).write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(f"{sum(item['passou'] for item in done.values())} de {len(done)} exercícios certos: {path}")
