"""A linha do tempo em SVG: uma faixa por thread, e em cada trecho uma cor e uma trama."""

from collections.abc import Iterator

from ..tape import ACCEPT, LOCK, NOTICE, RECV, RUNNING, SEND
from .picture import BLUE, CHAR, GREEN, ORANGE, PURPLE, SKY, VERMILION, label, tag

WIDTH, ROW, BAR = 640, 30, 20  # pixels
LOOKS = {  # estado: (cor, trama, o que a legenda diz)
    RUNNING: (GREEN, "", "rodando"),
    ACCEPT: (BLUE, "M3 3h1.5v1.5h-1.5z", "à espera de quem chegue (accept)"),
    RECV: (ORANGE, "M-1 1l2 -2M0 8l8 -8M7 9l2 -2", "à espera de bytes (recv)"),
    SEND: (VERMILION, "M0 0l8 8M0 8l8 -8", "à espera de lugar para enviar (send)"),
    LOCK: (PURPLE, "M4 0v8", "à espera de uma trava"),
    NOTICE: (SKY, "M0 4h8", "à espera de um aviso de outra thread, ou da hora"),
}


def chart(rows: dict[str, list], marks: tuple, end: float) -> tuple[str, float, float]:
    """O desenho das faixas, com a largura e a altura; ``end``: a duração, em segundos."""
    left = max(map(len, rows)) * CHAR + 24
    scale = WIDTH / (end or 1.0)
    top = 16 + 15 * len(marks)
    bottom = top + ROW * len(rows)
    parts = [_patterns()]
    for index, (name, segments) in enumerate(rows.items()):
        y = top + ROW * index
        parts.append(label(name, left - 8, y + 14, text_anchor="end"))
        parts += [part for segment in segments for part in _bar(segment, left, scale, y)]
    for index, (at, text) in enumerate(marks):
        parts += _mark(text, left + at * scale, 14 + 15 * index, bottom, left + WIDTH)
    parts += _axis(left, bottom, end)
    states = {segment.state for row in rows.values() for segment in row}
    parts += _legend(states, left, bottom + 40)
    return "".join(parts), left + WIDTH + 16, bottom + 36 + 20 * len(states)


def _patterns() -> str:
    return tag("defs", "".join(_pattern(state, *look) for state, look in LOOKS.items()))


def _pattern(state: str, color: str, lines: str, _: str) -> str:
    ground = tag("rect", width=8, height=8, fill=color, fill_opacity=0.55 if lines else 0.9)
    drawn = tag("path", d=lines, stroke="#000", stroke_opacity=0.75, fill="none") if lines else ""
    return tag("pattern", ground + drawn, id=_id(state), width=8, height=8, patternUnits="userSpaceOnUse")


def _id(state: str) -> str:
    return f"chatlib-trama-{state}"


def _fill(state: str) -> str:
    return f"url(#{_id(state if state in LOOKS else RUNNING)})"


def _bar(segment, left: float, scale: float, y: float) -> Iterator[str]:
    x, width = left + segment.start * scale, (segment.end - segment.start) * scale
    yield tag("rect", x=x, y=y, width=max(width, 1.0), height=BAR, fill=_fill(segment.state))
    if width > len(segment.text) * CHAR + 8:
        yield label(segment.text, x + width / 2, y + 14)


def _mark(text: str, x: float, y: float, bottom: float, right: float) -> Iterator[str]:
    """Uma linha na vertical, com o texto para o lado em que ele cabe."""
    yield tag("line", x1=x, y1=y - 8, x2=x, y2=bottom, stroke="currentColor", stroke_dasharray="3 3")
    fits = x + len(text) * CHAR < right
    yield label(text, x + (4 if fits else -4), y, text_anchor="start" if fits else "end")


def _axis(left: float, y: float, end: float) -> Iterator[str]:
    yield tag("line", x1=left, y1=y, x2=left + WIDTH, y2=y, stroke="currentColor", stroke_opacity=0.4)
    for part, anchor in ((0, "start"), (0.5, "middle"), (1, "end")):
        seconds = f"{end * part:.2f} s".replace(".", ",")
        yield label(seconds, left + WIDTH * part, y + 15, text_anchor=anchor)


def _legend(states: set[str], left: float, y: float) -> Iterator[str]:
    for state in [state for state in LOOKS if state in states]:
        yield tag("rect", x=left, y=y - 11, width=26, height=14, fill=_fill(state))
        yield label(LOOKS[state][2], left + 34, y, text_anchor="start")
        y += 20
