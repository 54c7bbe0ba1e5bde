"""O chat do aluno: os dois programas do fim da aula 05, ou a cópia deles que o laboratório guarda."""

import ast
from pathlib import Path

from ...errors import UsageError

# Em .txt, para que ninguém os importe: são programas, e começam a rodar quando lidos.
COPIES = Path(__file__).parent


def find(name: str) -> Path:
    """O arquivo ``name`` da pasta de trabalho, que é a da aula; se não há, a cópia do laboratório."""
    mine = Path(name).resolve()
    return mine if mine.exists() else (COPIES / name).with_suffix(".txt")


def changed(path: Path, changes: str) -> str:
    """O programa com ``changes`` depois da última função, onde ainda vale para o que ele executa.

    Levanta UsageError se o programa não é Python, ou não tem função nenhuma.
    """
    source = path.read_text(encoding="utf-8")
    try:
        functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    except SyntaxError as error:
        raise UsageError(
            f"{path.name} tem um erro de sintaxe na linha {error.lineno}: corrija-o antes"
        ) from None
    if not functions:
        raise UsageError(f"{path.name} não tem nenhuma função: escreva nele as da aula 05")
    lines = source.splitlines(keepends=True)
    end = functions[-1].end_lineno
    return "".join([*lines[:end], "\n\n", changes, "\n\n", *lines[end:]])
