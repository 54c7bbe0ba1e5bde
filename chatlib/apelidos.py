"""Os apelidos: o que pode ser um, como dois se comparam e onde um aparece na frente da fala.

Aqui não há ``socket`` nem ``threading``: entra texto, sai texto.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path

from .errors import ApelidoRefused
from .protocol import MAX_PREFIX, apelido_refused

MAX_APELIDO = 20  # caracteres
RESERVED = ("NICK", "SENHA", "servidor", "server", "Conectado", "sistema", "chat", "todos")

# Default_Ignorable_Code_Point entre letras e marcas: aparecem como nada (UAX #44).
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def check_apelido(text: str) -> str:
    """O apelido em sua forma normal (NFC), ou `ApelidoRefused` com o motivo.

    De 1 a 20 caracteres: letras de qualquer língua, algarismos, ``_``, ``-`` e ``.``.
    """
    # Decomposta (NFD), uma letra ocupa até 4; normalizar milhares de marcas custa o quadrado delas.
    apelido = unicodedata.normalize("NFC", text[: 4 * MAX_APELIDO + 1])
    if not apelido:
        raise _refused("ele está vazio")
    if len(apelido) > MAX_APELIDO or len(text) > 4 * MAX_APELIDO:
        raise _refused(f"ele tem mais de {MAX_APELIDO} caracteres")
    if _INVISIBLE.search(apelido):
        raise _refused("ele tem um caractere invisível")
    for before, char in zip(" " + apelido, apelido, strict=False):
        if not _fits(before, char):
            raise _refused(f"{_name(char)} não pode estar nele")
    if _mixes_scripts(apelido):
        raise _refused("ele mistura alfabetos diferentes, e se confundiria com outro")
    if looks(apelido) & _reserved_looks():
        raise _refused(f"{apelido} é uma palavra reservada")
    return apelido


def _fits(before: str, char: str) -> bool:
    category = unicodedata.category(char)
    if category[0] == "M":  # uma marca se combina com a letra anterior, nunca com o nada
        return unicodedata.category(before)[0] in "LM"
    return category[0] == "L" or category == "Nd" or char in "_-."


def _name(char: str) -> str:
    if char == " ":
        return "espaço"
    return char if char.isprintable() and not char.isspace() else f"o caractere U+{ord(char):04X}"


def _refused(why: str) -> ApelidoRefused:
    return apelido_refused(f"{why}; use de 1 a {MAX_APELIDO} letras, algarismos, _ - ou .")


def apelido_key(apelido: str) -> str:
    """A forma em que dois apelidos se comparam: sem caixa e sem variantes do Unicode.

    NFKC e casefold, como em NFKC_Casefold do padrão Unicode (seção 3.13).
    """
    folded = unicodedata.normalize("NFKC", apelido).casefold()
    return unicodedata.normalize("NFKC", folded)


def looks(apelido: str) -> frozenset[str]:
    """O que o apelido parece: dois que têm algo em comum aqui se confundem na tela.

    É o *esqueleto* do UTS 39 (seção 4) do apelido como se escreve e do que se compara: o ``А``
    cirílico parece o ``A``, o ``I`` maiúsculo parece o ``l``, e ``ana`` vale por ``ANA``.
    """
    return frozenset({apelido_key(_skeleton(apelido)), apelido_key(_skeleton(apelido_key(apelido)))})


def _skeleton(text: str) -> str:
    letters = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text))
    return unicodedata.normalize("NFD", letters.translate(_confusables()))


@cache
def _confusables() -> dict[int, str]:
    lines = Path(__file__).with_name("confusables.txt").read_text(encoding="utf-8").split("\n")
    return {ord(line[0]): line[2:] for line in lines if line and not line.startswith("#")}


@cache
def _reserved_looks() -> frozenset[str]:
    return frozenset().union(*map(looks, RESERVED))


# Escritas que se usam juntas, e com o alfabeto latino (UTS 39, seção 5.2, nível "Highly Restrictive").
_EAST_ASIAN = frozenset(
    {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC", "BOPOMOFO", "HANGUL"}
)


def _mixes_scripts(apelido: str) -> bool:
    """Se há letras de alfabetos que não se usam juntos; o nome de uma letra começa pelo alfabeto dela."""
    letters = unicodedata.normalize("NFKC", apelido)
    named = (unicodedata.name(char, "?") for char in letters if unicodedata.category(char)[0] == "L")
    scripts = {name.split()[0] for name in named if "MODIFIER LETTER" not in name}
    return len(scripts) > 1 and not scripts <= _EAST_ASIAN | {"LATIN"}


def strip_prefix(line: bytes, apelidos: tuple[str, ...]) -> bytes:
    """A linha sem o ``Ana: `` que a própria Ana tenha posto na frente; prefixos alheios ficam."""
    head, colon, rest = line.partition(b":")
    if not colon or len(head) > MAX_PREFIX or rest[:1] not in (b"", b" "):
        return line
    name = head.decode("utf-8", "replace")
    if name not in apelidos and apelido_key(name) not in map(apelido_key, apelidos):
        return line
    return rest[1:]
