"""O microscópio: cada ``send`` e cada ``recv`` byte a byte, como passaram pelo fio.

    Microscope([b"oi, jo\\xc3", b"\\xa3o\\n"])              # o que cada recv trouxe
    Microscope({"send": [b"um", b"dois"], "recv": [b"umdois"]})   # os dois lados
    Microscope(fita)                                     # o que um Recorder gravou

Cada linha é um ``send`` ou um ``recv``. Cada byte tem seu número, em hexadecimal, e embaixo o
caractere, que pode ocupar vários. Duas coisas saltam à vista: o fim de cada mensagem (``⏎``, o
byte 0a) e o caractere que ficou metade num pedaço, metade noutro (``┊``). Se tudo é curto, cada
pedaço começa embaixo do lugar onde seus bytes estavam: juntar e partir se veem pela forma.

O mesmo se lê em texto puro, com ``print``; `Microscope.explore` muda o corte com uma régua.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from ...errors import UsageError
from .in_html import as_html
from .in_text import as_text
from .pieces import Chunk, examine

SOURCES = "uma lista de bytes, um dicionário de listas como {'send': [...], 'recv': [...]}, ou uma fita"
DIRECTIONS = {"sent": ("send", "→"), "received": ("recv", "←")}


class Microscope:
    """Os pedaços de bytes que passaram pelo fio, para ver de perto.

    source: uma lista de bytes (cada item, um ``recv``); um dicionário de rótulo a lista de bytes,
    em que todas as listas são os mesmos bytes vistos de lugares diferentes; ou a fita de um
    `Recorder`. who: só o que passou por quem tem este apelido; direction: só ``sent`` ou só
    ``received``. Os dois últimos são só para fitas. Levanta UsageError se não serve.

    pieces: os `Piece`, na ordem em que se mostram.
    """

    def __init__(self, source, *, who: str | None = None, direction: str | None = None):
        if direction not in (None, *DIRECTIONS):
            raise UsageError(f'direction é "sent" ou "received", e não {direction!r}')
        tape = getattr(source, "tape", source)
        if isinstance(source, Mapping):
            chunks = from_lists(source)
        elif hasattr(tape, "of"):
            chunks = from_tape(tape, who, direction)
        else:
            chunks = from_lists({"recv": source})
        self.pieces = examine(chunks)

    def explore(self, size: int = 8):
        """Os bytes do primeiro fluxo cortados de ``size`` em ``size``, com uma régua para mudar.

        Embaixo se vê o que o `LineReader` entrega a cada pedaço, e o que um ``decode`` apressado
        faria. Devolve um widget; fora do JupyterLab, ele se lê como texto.
        """
        from .explorer import Explorer

        if not self.pieces:
            raise UsageError("não há bytes para explorar: o microscópio está vazio")
        first = self.pieces[0].stream
        return Explorer(b"".join(piece.data for piece in self.pieces if piece.stream == first), size)

    def __str__(self) -> str:
        return as_text(self.pieces)

    def __repr__(self) -> str:
        return as_text(self.pieces)

    def _repr_mimebundle_(self, **options) -> dict[str, str]:
        return {"text/plain": as_text(self.pieces), "text/html": as_html(self.pieces)}


def from_lists(lists: Mapping[str, Iterable[bytes]]) -> list[Chunk]:
    """Os pedaços de cada lista, numerados; UsageError se algum não é de bytes."""
    found = []
    for label, items in lists.items():
        if isinstance(items, bytes | str) or not isinstance(items, Iterable):
            raise UsageError(f"o microscópio olha {SOURCES}, e não {items!r}")
        for number, data in enumerate(items, 1):
            if not isinstance(data, bytes | bytearray | memoryview):
                raise UsageError(f"o microscópio olha bytes, e não {data!r}: use encode() antes")
            found.append(Chunk((label, 0), f"{label} {number}", bytes(data)))
    return found


def from_tape(tape, who: str | None, direction: str | None) -> list[Chunk]:
    """O que passou no fio, na ordem da fita; cada sentido de cada conexão, visto de uma ponta, é um fluxo."""
    found: list[Chunk] = []
    count: Counter = Counter()
    for entry in tape:
        wanted = who in (None, entry.who, entry.peer) and direction in (None, entry.kind)
        if entry.kind in DIRECTIONS and wanted:
            verb, arrow = DIRECTIONS[entry.kind]
            count[name := f"{entry.who} {verb} {arrow} {entry.peer}"] += 1
            label = f"{entry.who} {verb} {count[name]} {arrow} {entry.peer}"
            found.append(Chunk((name, entry.conn), label, entry.data, entry.size - len(entry.data)))
    return found
