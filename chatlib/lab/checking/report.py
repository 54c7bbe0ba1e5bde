"""O relatório de uma conferência, e o arquivo em que se guardam todos."""

import html
import json
from dataclasses import dataclass
from pathlib import Path

from .registry import Exercise


@dataclass(frozen=True)
class Row:
    """O resultado de uma verificação; hint é vazia se ela passou."""

    what: str
    hint: str = ""


_results: dict[str, "Report"] = {}  # o último resultado de cada exercício neste notebook


class Report:
    """O que `verificar` devolve: uma linha por verificação, com ✔ ou ✘ e a dica."""

    def __init__(self, exercise: Exercise, rows: list[Row], note: str = ""):
        self.exercise, self.rows, self.note = exercise, rows, note

    @property
    def passed(self) -> bool:
        """Se o exercício foi feito e passou em tudo."""
        return bool(self.rows) and not any(row.hint for row in self.rows)

    def summary(self) -> str:
        """O placar, como ``3 de 4``, ou por que não há um."""
        if self.note:
            return self.note
        good = sum(not row.hint for row in self.rows)
        return f"{good} de {len(self.rows)}" + (": tudo certo!" if self.passed else "")

    def __repr__(self) -> str:
        lines = [f"Exercício {self.exercise.number} · {self.exercise.title}"]
        for row in self.rows:
            lines.append(f"  {'✘' if row.hint else '✔'} {row.what}")
            if row.hint:
                lines.append(f"      dica: {row.hint}")
        return "\n".join([*lines, f"  {self.summary()}"])

    def _repr_html_(self) -> str:
        title = html.escape(f"Exercício {self.exercise.number} · {self.exercise.title}")
        rows = "".join(map(_row_html, self.rows))
        return f"<div><b>{title}</b><ul>{rows}</ul>{html.escape(self.summary())}</div>"


def _row_html(row: Row) -> str:
    color = "var(--jp-error-color1, #b00)" if row.hint else "var(--jp-success-color1, #070)"
    mark = f'<b style="color: {color}">{"✘" if row.hint else "✔"}</b>'
    hint = f"<br><i>dica: {html.escape(row.hint)}</i>" if row.hint else ""
    return f'<li style="list-style: none">{mark} {html.escape(row.what)}{hint}</li>'


def remember(report: Report) -> None:
    """Guarda o relatório para `save_results`, no lugar do anterior do mesmo exercício."""
    _results[report.exercise.number] = report


def save_results(path: str = "resultados.json", aluno: str = "") -> None:
    """Grava em JSON o último resultado de cada exercício conferido neste notebook.

    path: o arquivo, regravado a cada vez; aluno: quem o entrega.
    """
    done = {
        number: {
            "certas": sum(not row.hint for row in report.rows),
            "total": len(report.exercise.checks),
            "passou": report.passed,
        }
        for number, report in sorted(_results.items())
    }
    data = {"aluno": aluno, "exercicios": done}
    Path(path).write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(f"{sum(item['passou'] for item in done.values())} de {len(done)} exercícios certos: {path}")
