"""Quantas colunas e linhas de um terminal um texto ocupa, desenho a desenho.

Um desenho é o que se vê como uma coisa só: ``á`` escrito com letra e acento separados, uma
família de emoji, uma bandeira. Uma versão pequena do que diz o Unicode (UAX #29 e UAX #11).
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from unicodedata import category, east_asian_width

from . import protocol

JOINER = "\u200d"  # une emoji num só, como os de uma família
EMOJI_STYLE = "\ufe0f"  # pede o desenho colorido do caractere anterior
COLUMN = "\x1b[{}G"  # leva o cursor a uma coluna, a partir de 1 (ECMA-48, CHA)
_EXTENDS = ("Mn", "Me", "Cf")  # marcas e caracteres de formato: não ocupam coluna própria


def glyphs(text: str) -> Iterator[str]:
    """Os desenhos do texto, em ordem; juntos, são o texto."""
    start = 0
    for index in range(1, len(text)):
        if not _joins(text, start, index):
            yield text[start:index]
            start = index
    if text:
        yield text[start:]


def width(text: str) -> int:
    """Quantas colunas o texto ocupa: ideogramas e emoji valem duas, marcas, nenhuma."""
    return sum(map(glyph_width, glyphs(text)))


def glyph_width(glyph: str) -> int:
    """Quantas colunas um desenho ocupa: de 0 a 2."""
    if len(glyph) == 1:
        return char_width(glyph)
    emoji = EMOJI_STYLE in glyph or _is_flag(glyph[0]) or any(map(_is_skin_tone, glyph))
    return 2 if emoji else char_width(glyph[0])


def char_width(char: str) -> int:
    """Quantas colunas o caractere ocupa sozinho: de 0 a 2."""
    if char < "\u0300":  # o caso de quase sempre, sem consultar tabela alguma
        return 1
    return 0 if category(char) in _EXTENDS else 2 if east_asian_width(char) in "WF" else 1


def _joins(text: str, start: int, index: int) -> bool:
    """Se o caractere em ``index`` faz parte do desenho que começa em ``start``."""
    char = text[index]
    if char < "\u0300" or text[start] == "\n":
        return char == "\xad" and text[start] != "\n"  # o hífen que só aparece onde a palavra se parte
    if category(char) in _EXTENDS:
        return True
    if text[index - 1] == JOINER:  # em outras escritas ele não une as letras numa coluna só
        return category(char) == "So"
    if _is_skin_tone(char):
        return category(text[start]) == "So"
    if "\u1160" <= char <= "\u11ff":  # o resto de uma sílaba coreana
        return "\u1100" <= text[start] <= "\u115f"
    return _is_flag(char) and index == start + 1 and _is_flag(text[start])


def _is_skin_tone(char: str) -> bool:
    return "\U0001f3fb" <= char <= "\U0001f3ff"


def _is_flag(char: str) -> bool:
    """Se é uma das letras que, aos pares, formam uma bandeira."""
    return "\U0001f1e6" <= char <= "\U0001f1ff"


class Row(NamedTuple):
    """Uma linha da tela: o texto, com o ``\\n`` se termina num, e quantas colunas ele ocupa."""

    text: str
    columns: int


def lay_out(text: str, point: int, columns: int) -> tuple[list[Row], tuple[int, int]]:
    """As linhas que o texto ocupa, e a linha e a coluna do caractere em ``point``, a partir de 0.

    Uma linha cheia não termina em ``\\n``: o próprio terminal passa à seguinte, e assim sabe juntá-las
    de novo se a largura mudar. Terminais discordam da largura de alguns emoji: depois de cada um o
    cursor é levado à coluna certa, e o que talvez não coubesse começa na linha seguinte.
    """
    left, text = len(visible(text[:point])), visible(text)  # caracteres até o cursor
    rows, row, column, cursor = [], "", 0, None
    for glyph in glyphs(text):
        if glyph != "\n" and column + _room(glyph, columns) > columns:
            rows.append(Row(row + " " * (columns - column), columns))
            row, column = "", 0
        if cursor is None and left < len(glyph):
            cursor = len(rows), min(column, columns - 1)
        left -= len(glyph)
        column += 0 if glyph == "\n" else glyph_width(glyph)
        row += glyph + (COLUMN.format(column + 1) if _is_disputed(glyph) else "")
        if glyph == "\n":
            rows.append(Row(row, column))
            row, column = "", 0
    if column >= columns:
        rows.append(Row(row, columns))
        row, column = "", 0
    rows.append(Row(row, column))
    return rows, cursor or (len(rows) - 1, column)


def logical_widths(rows: Iterable[Row], column: int) -> list[int]:
    """As colunas de cada linha lógica, a que só acaba num ``\\n``; a última acaba na coluna dada."""
    widths = [0]
    for row in rows:
        widths[-1] += row.columns
        if row.text.endswith("\n"):
            widths.append(0)
    return [*widths[:-1], widths[-1] + column]


def visible(text: str) -> str:
    """O texto como se mostra: sem o que comanda um terminal, e com espaços no lugar de tabs."""
    return "\n".join(protocol.clean(line).expandtabs() for line in text.split("\n"))


def _is_disputed(glyph: str) -> bool:
    """Se terminais discordam da largura: os antigos mostram as partes lado a lado."""
    return len(glyph) > 1 and (EMOJI_STYLE in glyph or glyph_width(glyph) != sum(map(char_width, glyph)))


def _room(glyph: str, columns: int) -> int:
    """Quantas colunas livres o desenho exige; um de largura incerta nunca encosta na margem."""
    if not _is_disputed(glyph):
        return min(columns, glyph_width(glyph))
    return min(columns, 1 + max(glyph_width(glyph), sum(map(char_width, glyph))))
