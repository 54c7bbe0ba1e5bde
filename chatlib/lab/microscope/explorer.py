"""A régua do microscópio: os mesmos bytes cortados de outro jeito, e o que cada leitor faz deles."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from ipywidgets import HTML, Layout, VBox

from ...errors import UsageError
from ...protocol import LineReader
from ..ruler import Ruler
from .in_html import as_html
from .in_text import as_text, shown
from .pieces import Chunk, Piece, examine

LARGEST = 64  # o maior corte que a régua oferece
FAILS = "✘ UnicodeDecodeError"


@dataclass(frozen=True, slots=True)
class Step:
    """O que um pedaço fez: as mensagens que o `LineReader` entregou e o que ``decode`` daria."""

    label: str
    lines: tuple[str, ...]
    naive: str


def cut(data: bytes, size: int) -> list[bytes]:
    """Os bytes em pedaços de ``size``; o último pode ser menor."""
    return [data[at : at + size] for at in range(0, len(data), size)]


def steps(chunks: list[bytes]) -> Iterator[Step]:
    """Passa cada pedaço ao `LineReader` de verdade, e a um ``decode`` que não espera o resto."""
    reader = LineReader()
    for number, chunk in enumerate(chunks, 1):
        lines = (
            "(longa demais)" if line is None else line.decode("utf-8", "replace")
            for line in reader.feed(chunk)
        )
        yield Step(f"recv {number}", tuple(lines), decoded(chunk))


def decoded(chunk: bytes) -> str:
    """O que ``chunk.decode()`` dá, como o Python o mostra, ou o erro que levanta."""
    try:
        return repr(chunk.decode())
    except UnicodeDecodeError:
        return FAILS


def said(lines: tuple[str, ...]) -> str:
    """As mensagens entregues, ou que ainda se espera."""
    return ", ".join(map(repr, lines)) or "nada ainda"


class Explorer(VBox):
    """A régua e os dois desenhos que ela muda.

    data: os bytes; size: o corte inicial, em bytes. Levanta UsageError se não cabe na régua.
    """

    def __init__(self, data: bytes, size: int):
        largest = max(2, min(LARGEST, len(data)))
        if not isinstance(size, int) or not 1 <= size <= largest:
            raise UsageError(f"o tamanho de cada pedaço vai de 1 a {largest} bytes, e não {size!r}")
        self.data = data
        self.slider = Ruler(value=size, min=1, max=largest, label="Bytes em cada recv")
        self._picture = HTML(layout=Layout(width="auto"))
        super().__init__([self.slider, self._picture])
        self.slider.observe(lambda _: self._draw(), "value")
        self._draw()

    def as_html(self) -> str:
        """Os pedaços e, embaixo, o que cada leitor faz com eles."""
        chunks = self._cut()
        rows = [
            f'<tr><th colspan="3">⋮ mais {step} pedaços</th></tr>'
            if isinstance(step, int)
            else f'<tr><th scope="row">{step.label}</th>'
            f'<td class="{"" if step.lines else "chatlib-wait"}">{escape(said(step.lines))}</td>'
            f'<td class="{"chatlib-fails" if step.naive == FAILS else ""}">{escape(step.naive)}</td></tr>'
            for step in shown(list(steps(chunks)))
        ]
        head = "<th>pedaço</th><th>LineReader entrega</th><th>decode() de cada pedaço</th>"
        table = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
        readers = f'<table class="chatlib-readers">{table}</table>'
        return f'{as_html(self._pieces())}<div class="chatlib-scope" lang="pt-BR">{readers}</div>'

    def as_text(self) -> str:
        """O mesmo em texto puro."""
        found = shown(list(steps(self._cut())))
        rows = [
            (f"⋮ mais {step} pedaços", "", "")
            if isinstance(step, int)
            else (step.label, said(step.lines), step.naive)
            for step in found
        ]
        rows.insert(0, ("pedaço", "LineReader entrega", "decode() de cada pedaço"))
        sizes = [max(len(row[column]) for row in rows) for column in (0, 1)]
        table = [f"{a:<{sizes[0]}} │ {b:<{sizes[1]}} │ {c}".rstrip() for a, b, c in rows]
        hint = "(no JupyterLab, uma régua muda o tamanho dos pedaços)"
        return "\n".join([as_text(self._pieces()), "", *table, hint])

    def _cut(self) -> list[bytes]:
        return cut(self.data, int(self.slider.value))

    def _pieces(self) -> tuple[Piece, ...]:
        chunks = self._cut()
        return examine(Chunk(("recv", 0), f"recv {number}", chunk) for number, chunk in enumerate(chunks, 1))

    def _draw(self) -> None:
        self._picture.value = self.as_html()

    def __repr__(self) -> str:
        return "<Explorer: os bytes cortados por uma régua>"

    def _repr_mimebundle_(self, **options) -> dict[str, object]:
        data = super()._repr_mimebundle_(**options)
        return data | {"text/plain": self.as_text(), "text/html": self.as_html()}
