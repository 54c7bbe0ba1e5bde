"""Os gráficos das medidas: feitos com o matplotlib, nas cores do tema, com o texto de quem não os vê."""

import html
import io
import math
import re
import statistics
from collections.abc import Iterable, Sequence
from itertools import cycle
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from ..drawing.picture import BLUE, GREEN, ORANGE, PURPLE, STYLE, VERMILION

COLORS, MARKS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE), "os^Dv"
INK = "#010203"  # nenhuma linha tem esta cor: ela marca o que deve seguir a cor do texto da página
FIT = "max-width: 100%; min-width: 400px; height: auto; overflow: visible"  # encolhe até onde se lê
LOOK: dict[Any, Any] = {
    "svg.fonttype": "none",  # texto continua texto
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


class Chart:
    """Um gráfico: no JupyterLab, o desenho, com ``text`` no lugar dele para quem não o vê."""

    def __init__(self, figure: Figure, text: str):
        self.figure, self.text = figure, text

    def _repr_html_(self) -> str:
        hidden = f'<pre class="chatlib-fita-texto">{html.escape(self.text)}</pre>'
        return f'{STYLE}<div class="chatlib-fita" tabindex="0">{_svg(self.figure)}{hidden}</div>'

    def __repr__(self) -> str:
        return self.text.partition("\n")[0]


def _svg(figure: Figure) -> str:
    """O desenho, sem o que atrapalharia a página em que ele entra."""
    file = io.StringIO()
    with rc_context(LOOK):
        figure.savefig(file, format="svg", transparent=True)
    svg = file.getvalue()[file.getvalue().index("<svg") :].replace(INK, "currentColor")
    for piece in (
        r"<metadata>.*?</metadata>",
        r"<defs>\s*<style.*?</style>\s*</defs>",
    ):  # valeriam para a página
        svg = re.sub(piece, "", svg, flags=re.S)
    svg = re.sub(r' id="[\w.]+_\d+"', "", svg)  # dois gráficos teriam os mesmos nomes
    svg = re.sub(r" ?font(-family)?: [^;\"]*;?", "", svg)  # a letra é a da página
    return svg.replace("<svg", f'<svg aria-hidden="true" style="{FIT}"', 1)


def dots(measures: dict[str, Sequence[float]], unit: str) -> Chart:
    """Uma linha para cada nome, um ponto para cada medida e um traço na mediana, com o seu valor.

    A escala é logarítmica: cada marca vale dez vezes a anterior.
    """
    names, height = list(measures), 0.55 * len(measures) + 0.8
    with rc_context(LOOK):
        figure = Figure(figsize=(7, height), layout="constrained")
        axes = figure.add_subplot()
        for row, (name, color) in enumerate(zip(names, cycle(COLORS), strict=False)):
            values, middle = measures[name], statistics.median(measures[name])
            heights = [row + 0.22 * ((7 * turn) % 11 - 5) / 5 for turn in range(len(values))]
            axes.scatter(values, heights, s=20, color=color, alpha=0.8, linewidths=0)
            axes.plot([middle, middle], [row - 0.34, row + 0.34], color=INK, linewidth=2)
            axes.annotate(
                _number(middle), (middle, row - 0.34), (0, 2), textcoords="offset points", ha="center"
            )
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.7)
        axes.tick_params(axis="y", length=0)
        axes.set_xscale("log")
        axes.set_xlim(*_decades(value for values in measures.values() for value in values))
        _label(axes.xaxis, unit)
        axes.grid(axis="x", color=INK, alpha=0.15)
    rows = [f"{name}: {_spread(values)}" for name, values in measures.items()]
    return Chart(figure, "\n".join([f"Gráfico de pontos, em escala logarítmica: {unit}", *rows]))


def curves(series: dict[str, dict[int, float]], across: str, unit: str) -> Chart:
    """Uma curva para cada nome, de ``{x: y}``, com as duas escalas logarítmicas."""
    with rc_context(LOOK):
        figure = Figure(figsize=(7, 3.6), layout="constrained")
        axes = figure.add_subplot()
        for (name, points), color, mark in zip(series.items(), cycle(COLORS), cycle(MARKS), strict=False):
            axes.plot(list(points), list(points.values()), color=color, marker=mark, label=name)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_ylim(*_decades(value for points in series.values() for value in points.values()))
        axes.set_xticks(list(next(iter(series.values()))))
        _label(axes.xaxis, across)
        _label(axes.yaxis, unit)
        axes.grid(color=INK, alpha=0.15)
        axes.legend(loc="upper left")
    rows = [f"{name}: " + ", ".join(map(_pair, points.items())) for name, points in series.items()]
    return Chart(figure, "\n".join([f"Curvas, em escalas logarítmicas: {unit}, por {across}", *rows]))


def _label(axis, text: str) -> None:
    axis.axes.set(**{f"{axis.axis_name}label": text})
    axis.set_major_formatter(FuncFormatter(lambda value, _: _number(value)))
    axis.set_minor_formatter(NullFormatter())


def _decades(values: Iterable[float]) -> tuple[float, float]:
    """As potências de dez em volta dos valores: num pedaço de década, o eixo ficaria sem números."""
    found = [math.log10(value) for value in values]
    low, high = math.floor(min(found) - 0.05), math.ceil(max(found) + 0.05)
    return 10**low, 10**high


def _number(value: float) -> str:
    """O número com dois algarismos que contam, vírgula nos decimais e ponto nos milhares."""
    if value >= 10:
        return f"{float(f'{value:.2g}'):,.0f}".replace(",", ".")
    return f"{float(f'{value:.2g}'):.10f}".rstrip("0").rstrip(".").replace(".", ",")


def _spread(values: Sequence[float]) -> str:
    low, middle, high = (_number(pick(values)) for pick in (min, statistics.median, max))
    return f"de {low} a {high}, mediana {middle}"


def _pair(point: tuple[float, float]) -> str:
    return f"{_number(point[1])} com {_number(point[0])}"
