"""Os tipos: o pacote os leva consigo, e ninguém cala o verificador sem dizer por quê."""

import io
import re
import tokenize
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
SOURCES = sorted([ROOT / "lab.py", *(ROOT / "chatlib").rglob("*.py"), *(ROOT / "tests").rglob("*.py")])
SILENCED = re.compile(r"#\s*(type:\s*ignore|mypy:)")
EXPLAINED = re.compile(r"# type: ignore\[[a-z-]+(, [a-z-]+)*\]  # \w.{9,}")


def silenced(text):
    """Os comentários que calam o verificador: linha → comentário."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {t.start[0]: t.string for t in tokens if t.type == tokenize.COMMENT and SILENCED.match(t.string)}


def unexplained(text):
    """Os que não dizem o que calam e por quê."""
    return {line: said for line, said in silenced(text).items() if not EXPLAINED.fullmatch(said)}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_ignore_has_its_reason(path):
    """Cada `type: ignore` traz o código do que cala e, em outro comentário, o motivo."""
    assert unexplained(path.read_text(encoding="utf-8")) == {}


@pytest.mark.parametrize(
    "comment",
    [
        "# type: ignore",
        "#type:ignore",
        "# type: ignore[misc]",
        "# type: ignore  # o motivo por extenso",
        "# type: ignore[misc]  # ?",
        "# mypy: ignore-errors",
    ],
)
def test_an_ignore_without_reason_is_seen(comment):
    """O teste acima vê um silêncio sem código, sem motivo, ou do arquivo inteiro; e aceita o explicado."""
    assert unexplained(f"x = 1  {comment}\n")
    assert not unexplained("x = 1  # type: ignore[misc, arg-type]  # o ipywidgets não declara o tipo\n")


def test_nobody_leaves_the_strict_mode():
    """Só os instrumentos das aulas saem do modo estrito, e só pacotes de fora ficam sem tipos."""
    assert TOOLS["mypy"]["strict"] and TOOLS["mypy"]["packages"] == ["chatlib"]
    overrides = TOOLS["mypy"]["overrides"]
    looser = [part for part in overrides if set(part) != {"module", "ignore_missing_imports"}]
    assert [part["module"] for part in looser] == ["chatlib.lab.*"]
    assert not any("ignore_errors" in part for part in overrides)


def test_everything_that_is_not_python_is_shipped():
    """As páginas, os estilos e o `py.typed`, que diz que há tipos, vão no pacote instalado."""
    patterns = TOOLS["setuptools"]["package-data"]["*"]
    files = [p for p in (ROOT / "chatlib").rglob("*") if p.is_file() and p.suffix not in (".py", ".pyc")]
    assert (ROOT / "chatlib/py.typed") in files
    assert [path for path in files if not any(fnmatch(path.name, pattern) for pattern in patterns)] == []
