"""O diagrama de sequência em SVG: uma coluna por pessoa, uma linha por passo, o tempo para baixo."""

from collections.abc import Iterator

from ..tape import SERVER
from .picture import BLUE, CHAR, VERMILION, label, tag
from .steps import Step

ROW, TOP, MARGIN = 26, 48, 14  # pixels
GAP = 150  # entre duas colunas, pelo menos


def draw(shown: list[Step], participants: tuple[str, ...], texts: list[str]) -> tuple[str, float, float]:
    """O desenho dos passos, com a largura e a altura; ``texts`` são os dos passos, já encurtados."""
    columns = _place(shown, participants, texts)
    last = max(columns.values())
    width, height = last + _half(participants[-1]) + MARGIN, TOP + ROW * len(shown) + MARGIN
    for step, text in zip(shown, texts, strict=True):
        if step.kind == "note":  # cresce para a direita da coluna de quem a tem
            width = max(width, columns[step.who] + len(text) * CHAR + 2 * MARGIN)
    parts = [part for name, x in columns.items() for part in _column(name, x, height)]
    for index, (step, text) in enumerate(zip(shown, texts, strict=True)):
        parts += _step(step, text, columns, TOP + ROW * (index + 1) - 6, width)
    return "".join(parts), width, height


def _half(name: str) -> float:
    return max(len(name) * CHAR * 0.56 + 10, 34.0)  # em negrito, um pouco mais largo


def _place(shown: list[Step], participants: tuple[str, ...], texts: list[str]) -> dict[str, float]:
    """A posição de cada coluna: perto, mas com lugar para os textos das setas que as ligam."""
    columns, x, before = {}, MARGIN + _half(participants[0]), ""
    for name in participants:
        x += max(GAP, _half(before) + _half(name) + 10) if before else 0
        columns[name], before = x, name
    for step, text in zip(shown, texts, strict=True):
        if step.kind in ("arrow", "leave"):
            ends = sorted((columns[step.who], columns[step.peer]))
            lack = max(0.0, len(text) * CHAR + 30 - (ends[1] - ends[0]))
            columns = {name: at + lack if at >= ends[1] else at for name, at in columns.items()}
    return columns


def _column(name: str, x: float, height: float) -> Iterator[str]:
    half = _half(name)
    yield tag("line", x1=x, y1=30.0, x2=x, y2=height, stroke="currentColor", stroke_opacity=0.3)
    box = {"x": x - half, "y": 6.0, "width": 2 * half, "height": 24, "rx": 4}
    yield tag("rect", **box, fill="var(--jp-layout-color2, Canvas)", stroke="currentColor")
    yield label(name, x, 22.0, font_weight="bold", stroke="none")


def _step(step: Step, text: str, columns: dict[str, float], y: float, width: float) -> Iterator[str]:
    if step.kind in ("arrow", "leave"):
        return _arrow(step, text, columns[step.who], columns[step.peer], y)
    if step.kind == "note":
        return _note(text, columns[step.who], y)
    return _band(text, y, width)


def _arrow(step: Step, text: str, start: float, end: float, y: float) -> Iterator[str]:
    """Uma seta; a de quem sai é tracejada e acaba em ✕."""
    color = VERMILION if step.who == SERVER else BLUE
    ahead = 1 if end > start else -1
    leaves = step.kind == "leave"
    dashes = {"stroke_dasharray": "5 4"} if leaves else {}
    yield tag("line", x1=start, y1=y, x2=end - 3 * ahead, y2=y, stroke=color, stroke_width=1.8, **dashes)
    tip, back = end - (8 if leaves else 2) * ahead, end - 10 * ahead
    shape = f"M{back:.0f} {y - 4:.0f}L{tip:.0f} {y:.0f}L{back:.0f} {y + 4:.0f}z"
    if leaves:
        shape = f"M{tip - 4:.0f} {y - 4:.0f}l8 8m0 -8l-8 8"
    yield tag("path", d=shape, fill=color, stroke=color, stroke_width=2 if leaves else 1)
    yield label(text, (start + end) / 2, y - 5)


def _note(text: str, x: float, y: float) -> Iterator[str]:
    box = {"x": x - 8, "y": y - 16, "width": len(text) * CHAR + 16, "height": 20, "rx": 3}
    look = {"fill": "var(--jp-layout-color2, Canvas)", "stroke": "currentColor", "stroke_dasharray": "2 2"}
    yield tag("rect", **box, **look)
    yield label(text, x, y - 2, text_anchor="start", stroke="none")


def _band(text: str, y: float, width: float) -> Iterator[str]:
    yield tag("rect", x=2, y=y - 16, width=width - 4, height=20, fill="currentColor", fill_opacity=0.12)
    yield label(text, width / 2, y - 2, font_style="italic", stroke="none")
