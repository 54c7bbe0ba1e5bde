"""Gera chatlib/confusables.txt: python tests/tools/confusables.py confusables.txt

O argumento é a tabela do Unicode (UTS 39), que muitos sistemas trazem no pacote de dados dele. Ficam
só as letras, marcas e algarismos, que são o que um apelido pode ter.
"""

import sys
import unicodedata
from pathlib import Path

TARGET = Path(__file__).resolve().parents[2] / "chatlib" / "confusables.txt"
HEADER = """\
# O que se parece com o quê, para que ninguém se passe por outro: letra, e aquilo com que ela se confunde.
# Extraído de confusables.txt, do Unicode 13.0 (UTS 39); © 1991-2020 Unicode, Inc., Unicode License.
# Gerado por tests/tools/confusables.py.
"""


def fits(char: str) -> bool:
    """Se a letra pode chegar à comparação: só as que o NFKC não troca por outra."""
    is_part = len(char) == 1 and (unicodedata.category(char)[0] in "LM" or unicodedata.category(char) == "Nd")
    return is_part and unicodedata.normalize("NFKC", char) == char


def pairs(text: str) -> dict[str, str]:
    """Da tabela do Unicode, as linhas que servem."""
    rows = (line.partition("#")[0].split(";") for line in text.lstrip("\ufeff").splitlines())
    read = [
        ["".join(chr(int(code, 16)) for code in part.split()) for part in row[:2]] for row in rows if row[1:]
    ]
    return {source: unicodedata.normalize("NFD", target) for source, target in read if fits(source)}


if __name__ == "__main__":
    found = pairs(Path(sys.argv[1]).read_text(encoding="utf-8"))
    lines = "".join(f"{source} {target}\n" for source, target in sorted(found.items()))
    TARGET.write_text(HEADER + lines, encoding="utf-8")
    print(f"{TARGET.name}: {len(found)} letras")
