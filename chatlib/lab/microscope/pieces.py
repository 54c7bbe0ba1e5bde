"""O que o microscópio vê: pedaços de bytes e, dentro deles, os caracteres que a rede partiu ou não.

Um `Piece` é o que um só ``recv`` trouxe ou um só ``send`` levou. Seus bytes se repartem, sem sobra,
em `Mark`: um caractere inteiro, um fim de mensagem, parte de um caractere ou um byte que não é
texto. Pedaços do mesmo fluxo (``stream``) continuam um do outro.
"""

import codecs
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ... import protocol

TEXT, END, CUT, BAD, HIDDEN = "text", "end", "cut", "bad", "hidden"
GLYPHS = {END: "⏎", CUT: "┊", BAD: "\ufffd", HIDDEN: "·"}
Stream = tuple[str, int]
MAX_BYTES = 1 << 16  # que o microscópio examina; o resto ele só conta


@dataclass(frozen=True, slots=True)
class Chunk:
    """O que se põe no microscópio: os bytes, quantos faltam no fim, o rótulo e de que fluxo são.

    stream: o nome do fluxo e um número que distingue os de mesmo nome.
    """

    stream: Stream
    label: str
    data: bytes
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """Um trecho de um pedaço: do byte ``start`` ao ``end`` (sem ele), o que se mostra e o que é.

    message: o número da mensagem no fluxo, a partir de 0; before e after: se o caractere começou
    num pedaço anterior e se o resto dele ficou para depois.
    """

    start: int
    end: int
    glyph: str
    kind: str
    message: int
    before: bool = False
    after: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """Um ``recv`` ou um ``send``: seus bytes, quantos do fluxo vieram antes, e o que há nele."""

    stream: Stream
    label: str
    data: bytes
    start: int
    missing: int
    marks: tuple[Mark, ...]

    @property
    def starts_cut(self) -> bool:
        """Se começa pelo resto de um caractere que o pedaço anterior trazia."""
        return bool(self.marks) and self.marks[0].before

    @property
    def ends_cut(self) -> bool:
        """Se termina no meio de um caractere."""
        return bool(self.marks) and self.marks[-1].after


def examine(chunks: Iterable[Chunk]) -> tuple[Piece, ...]:
    """Os pedaços, na ordem dada, cada um com seus `Mark`; os fluxos se decifram um a um."""
    chunks = tuple(limited(chunks))
    streams: dict[Stream, list[int]] = {}
    for index, chunk in enumerate(chunks):
        streams.setdefault(chunk.stream, []).append(index)
    found: dict[int, Piece] = {}
    for indexes in streams.values():
        found |= zip(indexes, _follow([chunks[index] for index in indexes]), strict=True)
    return tuple(found[index] for index in range(len(chunks)))


def limited(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """Os mesmos pedaços, com até ``MAX_BYTES`` ao todo; o que passa disso conta como faltando."""
    room = MAX_BYTES
    for chunk in chunks:
        kept = chunk.data[:room]
        room -= len(kept)
        yield Chunk(chunk.stream, chunk.label, kept, chunk.missing + len(chunk.data) - len(kept))


def _follow(chunks: list[Chunk]) -> Iterator[Piece]:
    """Os pedaços de um fluxo. Depois de bytes que faltam, recomeça a decifrar do zero."""
    message = start = 0
    run: list[Chunk] = []
    for chunk in chunks:
        run.append(chunk)
        if chunk.missing or chunk is chunks[-1]:
            for (data, marks), each in zip(_split(run, message), run, strict=True):
                yield Piece(each.stream, each.label, data, start, each.missing, marks)
                start += len(data) + each.missing
                message += data.count(b"\n")
            run = []


def _split(run: list[Chunk], message: int) -> Iterator[tuple[bytes, tuple[Mark, ...]]]:
    """Os bytes e os `Mark` de cada pedaço de um trecho sem falhas."""
    found = characters(b"".join(chunk.data for chunk in run))
    start = end = at = 0
    text: str | None = ""
    for chunk in run:
        origin, border, marks = at, at + len(chunk.data), []
        while at < border:
            if at == end:
                start, end, text = next(found)
            stop = min(end, border)
            before, after = start < at, stop < end or text is None
            kind, glyph = look(text) if text and not (before or after) else (CUT, GLYPHS[CUT])
            marks.append(Mark(at - origin, stop - origin, glyph, kind, message, before, after))
            message += kind == END
            at = stop
        yield chunk.data, tuple(marks)


def characters(data: bytes) -> Iterator[tuple[int, int, str | None]]:
    """Cada caractere, como ``(início, fim, texto)``; o texto é None se falta o resto dele.

    Um byte que não faz parte de nenhum vira U+FFFD, sozinho.
    """
    at = 0
    while at < len(data):
        part = data[at : at + _width(data[at])]
        try:
            text, used = codecs.utf_8_decode(part, "strict", False)
        except UnicodeDecodeError:
            text, used = "\ufffd", 1
        end = at + (used or len(part))
        yield at, end, text or None
        at = end


def _width(lead: int) -> int:
    """Quantos bytes tem o caractere que começa por este (RFC 3629, seção 4)."""
    return 1 + (lead >= 0xC2) + (lead >= 0xE0) + (lead >= 0xF0) if lead < 0xF5 else 1


def look(text: str) -> tuple[str, str]:
    """O que um caractere é e como se mostra: nada que comande, reordene ou suma da página."""
    if text == "\n":
        return END, GLYPHS[END]
    if text == "\ufffd":
        return BAD, text
    if not text.isprintable() or protocol.clean(text) != text:
        return HIDDEN, GLYPHS[HIDDEN]
    return TEXT, "◌" + text if unicodedata.category(text)[0] == "M" else text
