"""O microscópio em HTML: uma tabela que um leitor de tela lê e que sem estilo ainda se entende."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from .in_text import (
    ALIGNED,
    EMPTY,
    HEAD,
    MEANINGS,
    TAIL,
    abridged,
    counts,
    indent,
    nothing,
    shown,
    size,
    story,
    symbols,
)
from .pieces import CUT, END, GLYPHS, Mark, Piece

STYLE = f"<style>{Path(__file__).with_name('microscope.css').read_text('utf-8')}</style>"


def as_html(pieces: Sequence[Piece]) -> str:
    """A tabela de bytes, com uma legenda; tudo o que veio da rede é só texto."""
    places = indent(pieces)
    groups = "".join(
        html_rows(row, places[id(row)]) if isinstance(row, Piece) else _left_out(row) for row in shown(pieces)
    )
    table = f'<div class="chatlib-strip"><table class="chatlib-bytes">{groups}</table></div>'
    return f'{STYLE}<div class="chatlib-scope" lang="pt-BR">{table}{legend_html(pieces)}</div>'


def html_rows(piece: Piece, place: int = 0) -> str:
    """Duas linhas da tabela: os bytes e, embaixo, os caracteres, cada um com a largura de seus bytes."""
    label = f'<th rowspan="2" scope="rowgroup">{escape(piece.label)}</th>'
    if not size(piece):
        note = f'<td class="chatlib-note" colspan="{ALIGNED}">{escape(nothing(piece))}</td>'
        return f"<tbody><tr>{label.replace('2', '1', 1)}{note}</tr></tbody>"
    gap = f'<td colspan="{place}"></td>' if place else ""
    head, hidden, tail = abridged(piece)
    more = _hidden(piece) if hidden else ""
    top = _numbers(piece, head) + more + _numbers(piece, tail)
    bottom = _characters(head) + _characters(tail)
    return f"<tbody><tr>{label}{gap}{top}</tr><tr>{gap}{bottom}</tr></tbody>"


def _left_out(count: int) -> str:
    note = f'<td class="chatlib-note" colspan="{ALIGNED}">mais {count} pedaços</td>'
    return f"<tbody><tr><th>⋮</th>{note}</tr></tbody>"


def _hidden(piece: Piece) -> str:
    width = ALIGNED - HEAD - TAIL
    return f'<td rowspan="2" colspan="{width}" class="chatlib-b chatlib-note">… {size(piece)} ao todo …</td>'


def _numbers(piece: Piece, marks: Sequence[Mark]) -> str:
    cells = []
    for mark in marks:
        for at in range(mark.start, mark.end):
            classes = html_class(mark, at == mark.start, at == mark.end - 1)
            cells.append(f'<td class="{classes}">{piece.data[at]:02x}</td>')
    return "".join(cells)


def _characters(marks: Sequence[Mark]) -> str:
    return "".join(
        f'<td class="{html_class(mark)} chatlib-char" colspan="{mark.end - mark.start}">'
        f"{escape(mark.glyph)}</td>"
        for mark in marks
    )


def html_class(mark: Mark, first: bool = True, last: bool = True) -> str:
    """As classes de uma célula: a cor da mensagem, e as bordas que dizem fim ou corte."""
    names = {
        "chatlib-b": True,
        "chatlib-odd" if mark.message % 2 else "chatlib-even": True,
        f"chatlib-{mark.kind}": mark.kind in (CUT, END) and (last or mark.kind == CUT),
        "chatlib-before": mark.before and first,
        "chatlib-after": mark.after and last,
    }
    return " ".join(name for name, wanted in names.items() if wanted)


def legend_html(pieces: Sequence[Piece]) -> str:
    """O que se vê, em palavras, e o que os sinais querem dizer, só os que aparecem."""
    keys = [("6e", "", "um byte, em hexadecimal; embaixo, o caractere")]
    keys += [(GLYPHS[kind], f" chatlib-{kind}", MEANINGS[kind]) for kind in symbols(pieces)]
    legend = [f'<span><span class="chatlib-key{name}">{key}</span>{text}</span>' for key, name, text in keys]
    said = "".join(f"<strong>{escape(sentence)}</strong>" for sentence in story(pieces))
    said += "".join(f"<span>{escape(sentence)}</span>" for sentence in counts(pieces) or [EMPTY])
    return f"<p>{said}</p><p>{''.join(legend)}</p>" if pieces else f"<p>{said}</p>"
