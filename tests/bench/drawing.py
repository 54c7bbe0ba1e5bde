"""O retrato do que se mediu: um SVG com as razões ao laço em C, um quadro por número."""

from html import escape

from contenders import CONTENDERS
from tables import FIGURES, LIMIT, OURS, Figure, advantage, times, values

LABEL, PLOT, VALUE = 170, 430, 90  # larguras: o nome, as barras, a razão
BAR, GAP, HEAD = 18, 6, 44
COLORS = {OURS: "#1a6fb0", LIMIT: "#555555"}
OTHER = "#9db8cc"
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.t{font-weight:600}.n{text-anchor:end}"
    "@media(prefers-color-scheme:dark){.f{fill:#1b1b1b}text{fill:#ddd}}"
)


def shares(figure: Figure, results: dict) -> dict[str, float]:
    """A parte do limite a que cada servidor chegou, do melhor ao pior."""
    measured = values(results, figure)
    found = {name: advantage(figure, mine, measured.get(LIMIT, [])) for name, mine in measured.items()}
    known = {
        name: share for name, share in found.items() if share
    }  # zero: passou depressa demais para se medir
    return dict(sorted(known.items(), key=lambda item: -item[1]))


def bar(name: str, share: float, most: float, y: int) -> str:
    """Um servidor: nome, barra e razão."""
    width = max(1, PLOT * share / most)
    color = COLORS.get(name, OTHER)
    return (
        f'<text class="n" x="{LABEL - 8}" y="{y + 14}">{escape(CONTENDERS[name].title)}</text>'
        f'<rect x="{LABEL}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2" fill="{color}"/>'
        f'<text x="{LABEL + width + 6:.1f}" y="{y + 14}">{times(share)}</text>'
    )


def chart(figure: Figure, title: str, found: dict[str, float], top: int) -> str:
    """Um número, com uma barra por servidor."""
    head = f'<text class="t" x="8" y="{top + 18}">{escape(title)}</text>'
    what = figure.title.split(" (")[0] + ", em vezes o laço em C; mais é melhor"
    head += f'<text x="8" y="{top + 36}">{escape(what)}</text>'
    most = max(found.values())
    rows = enumerate(found.items())
    return head + "".join(bar(name, share, most, top + HEAD + i * (BAR + GAP)) for i, (name, share) in rows)


def picture(titles: dict[str, str], results: dict) -> str:
    """O SVG inteiro; vazio de barras se o laço em C não foi medido."""
    charts, top = [], 8
    for figure in FIGURES:
        found = shares(figure, results) if figure.scenario in titles else {}
        if found:
            charts.append(chart(figure, titles[figure.scenario], found, top))
            top += HEAD + len(found) * (BAR + GAP) + 20
    width = LABEL + PLOT + VALUE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{top}" '
        f'viewBox="0 0 {width} {top}" role="img"><title>O chatlib ao lado de outros servidores</title>'
        f'<style>{STYLE}</style><rect class="f" width="{width}" height="{top}" fill="#fff"/>'
        + "".join(charts)
        + "</svg>\n"
    )
