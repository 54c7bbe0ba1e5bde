"""O que o microscópio diz dos pedaços, e o desenho em texto; o mesmo em HTML está em `in_html`."""

from collections.abc import Sequence
from typing import TypeVar

from .pieces import BAD, CUT, END, GLYPHS, HIDDEN, Mark, Piece, Stream

T = TypeVar("T")
ALIGNED = 24  # fluxos de até tantos bytes se mostram alinhados; pedaços maiores se abreviam
HEAD, TAIL = 14, 6  # bytes que ficam do começo e do fim de um pedaço abreviado
ROWS, FIRST_ROWS, LAST_ROWS = 40, 28, 8  # pedaços mostrados: todos, ou os primeiros e os últimos
STREAMS, SENTENCES = 4, 4  # mais do que isto, em vez de uma frase para cada um, só a conta
EMPTY = "nenhum byte passou"
MEANINGS = {
    END: "o byte 0a, fim de mensagem (na seguinte, a cor muda)",
    CUT: "caractere partido: o resto está em outro pedaço",
    BAD: "byte que não é texto",
    HIDDEN: "caractere que não se mostra",
}


# --- o que os dois desenhos têm em comum


def shown(pieces: Sequence[T]) -> list[T | int]:
    """Os pedaços (ou o que se diz de cada um) a mostrar; no lugar dos que sobram no meio, quantos são."""
    if len(pieces) <= ROWS:
        return list(pieces)
    return [*pieces[:FIRST_ROWS], len(pieces) - FIRST_ROWS - LAST_ROWS, *pieces[-LAST_ROWS:]]


def abridged(piece: Piece) -> tuple[tuple[Mark, ...], int, tuple[Mark, ...]]:
    """Os `Mark` do começo, quantos bytes ficam de fora, e os `Mark` do fim."""
    if size(piece) <= ALIGNED and not piece.missing:
        return piece.marks, 0, ()
    tail_start = len(piece.data) - TAIL if not piece.missing else len(piece.data)
    head = tuple(mark for mark in piece.marks if mark.end <= HEAD)
    tail = tuple(mark for mark in piece.marks if mark.start >= max(HEAD, tail_start))
    hidden = size(piece) - sum(mark.end - mark.start for mark in head + tail)
    return head, hidden, tail


def indent(pieces: Sequence[Piece]) -> dict[int, int]:
    """Quantos bytes cada pedaço fica para a direita: onde ele estava, se tudo é curto."""
    fits = all(piece.start + size(piece) <= ALIGNED for piece in pieces)
    return {id(piece): piece.start if fits else 0 for piece in pieces}


def counts(pieces: Sequence[Piece]) -> list[str]:
    """O que há em cada fluxo; se são muitos, uma conta só."""
    streams = split(pieces)
    if len(streams) > STREAMS:
        return [counted(pieces)]
    return [f"{name}: {counted(each)}" for (name, _), each in streams.items()]


def story(pieces: Sequence[Piece]) -> list[str]:
    """O que se juntou e o que se partiu do primeiro fluxo para o segundo, se só há dois."""
    streams = split(pieces)
    return compared(*streams.values()) if len(streams) == 2 else []


def split(pieces: Sequence[Piece]) -> dict[Stream, list[Piece]]:
    """Os pedaços de cada fluxo."""
    streams: dict[Stream, list[Piece]] = {}
    for piece in pieces:
        streams.setdefault(piece.stream, []).append(piece)
    return streams


def counted(pieces: Sequence[Piece]) -> str:
    """Quantos pedaços, bytes, mensagens e caracteres partidos."""
    marks = [mark for piece in pieces for mark in piece.marks]
    counts = (
        (len(pieces), "pedaço", "pedaços"),
        (sum(size(piece) for piece in pieces), "byte", "bytes"),
        (sum(mark.kind == END for mark in marks), "fim de mensagem", "fins de mensagem"),
        (sum(mark.after and not mark.before for mark in marks), "caractere partido", "caracteres partidos"),
    )
    return ", ".join(f"{n} {one if n == 1 else many}" for n, one, many in counts if n)


def compared(before: Sequence[Piece], after: Sequence[Piece]) -> list[str]:
    """O que se juntou e o que se partiu, se os dois fluxos são os mesmos bytes."""
    if b"".join(piece.data for piece in before) != b"".join(piece.data for piece in after):
        return []
    glued = [(one, meeting(one, before), "juntou") for one in after]
    parted = [(one, meeting(one, after), "se partiu em") for one in before]
    said = [f"{one.label} {verb} {listed(many)}" for one, many, verb in glued + parted if len(many) > 1]
    return said[:SENTENCES] + ["…"] * (len(said) > SENTENCES)


def meeting(piece: Piece, others: Sequence[Piece]) -> list[Piece]:
    """Os pedaços do outro fluxo que têm bytes deste."""
    end = piece.start + size(piece)
    return [other for other in others if other.start < end and piece.start < other.start + size(other)]


def listed(pieces: Sequence[Piece]) -> str:
    """Os rótulos como se diz numa frase; se são muitos, só quantos."""
    if len(pieces) > SENTENCES:
        return f"{len(pieces)} pedaços"
    *first, last = (piece.label for piece in pieces)
    return f"{', '.join(first)} e {last}"


def size(piece: Piece) -> int:
    """Os bytes do pedaço, com os que faltam."""
    return len(piece.data) + piece.missing


def symbols(pieces: Sequence[Piece]) -> list[str]:
    """Os tipos de `Mark` que pedem explicação e aparecem aqui."""
    found = {mark.kind for piece in pieces for mark in piece.marks}
    return [kind for kind in MEANINGS if kind in found]


def nothing(piece: Piece) -> str:
    """O que quer dizer um pedaço sem bytes."""
    return "b'': o outro lado encerrou" if "recv" in piece.label else "nenhum byte"


# --- em texto


def as_text(pieces: Sequence[Piece]) -> str:
    """Uma linha por pedaço: rótulo, bytes em hexadecimal e caracteres; depois, o que dizem os sinais."""
    places = indent(pieces)
    rows = [
        (row.label, hexes(row, places[id(row)]), letters(row))
        if isinstance(row, Piece)
        else ("⋮", f" ⋮ mais {row} pedaços", "⋮")
        for row in shown(pieces)
    ]
    sizes = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    lines = [f"{label:<{sizes[0]}} │{bytes_:<{sizes[1]}} │ {text}".rstrip() for label, bytes_, text in rows]
    legend = [f"{GLYPHS[kind]} {MEANINGS[kind]}" for kind in symbols(pieces)]
    return (
        "\n".join([*lines, *legend, *(f"· {sentence}" for sentence in story(pieces) + counts(pieces))])
        or EMPTY
    )


def hexes(piece: Piece, place: int = 0) -> str:
    """Os bytes em hexadecimal; na borda que parte um caractere, ``┊``."""
    head, hidden, tail = abridged(piece)
    parts = [_hex(piece, head), f"… {size(piece)} ao todo …" if hidden else "", _hex(piece, tail)]
    start, end = GLYPHS[CUT] * piece.starts_cut or " ", GLYPHS[CUT] * piece.ends_cut or " "
    return "   " * place + start + " ".join(filter(None, parts)) + end


def _hex(piece: Piece, marks: Sequence[Mark]) -> str:
    return piece.data[marks[0].start : marks[-1].end].hex(" ") if marks else ""


def letters(piece: Piece) -> str:
    """Os caracteres, um depois do outro."""
    if not size(piece):
        return nothing(piece)
    head, hidden, tail = abridged(piece)
    return "".join([*(mark.glyph for mark in head), "…" * bool(hidden), *(mark.glyph for mark in tail)])
