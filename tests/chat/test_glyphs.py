"""Larguras e linhas, sem terminal nenhum."""

import pytest

from chatlib import glyphs

FAMILY, FLAG, THUMB, HEART = "👨‍👩‍👧", "🇧🇷", "👍🏽", "❤️"


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("olá", 3),
        ("日本", 4),
        ("a\u0301", 1),
        ("😀", 2),
        (FAMILY, 2),
        (FLAG * 2, 4),
        (THUMB, 2),
        (HEART, 2),
        ("1️⃣", 2),
        ("\u200b", 0),
        ("한국", 4),
        ("क्षि", 3),
    ],
)
def test_width_of_glyphs(text, columns):
    """Um desenho vale uma ou duas colunas, tenha quantos caracteres tiver."""
    assert glyphs.width(text) == columns
    assert "".join(glyphs.glyphs(text)) == text


def test_layout_never_passes_the_margin():
    """Nenhuma linha passa da largura, e o cursor está sempre numa delas."""
    text = "> ab\tc" + FAMILY + "日" * 9 + HEART + "\n" + FLAG * 7 + "fim"
    for columns in range(2, 40):
        for point in range(len(text) + 1):
            rows, (row, column) = glyphs.lay_out(text, point, columns)
            assert all(each.columns <= columns for each in rows)
            assert 0 <= row < len(rows) and 0 <= column < columns
