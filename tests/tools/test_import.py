"""A forma do pacote: o que ele importa, do que é feito e o que promete documentar."""

import ast
import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import chatlib

PACKAGE = Path(chatlib.__file__).parent
SOURCES = sorted(PACKAGE.glob("*.py"))
CORE = [path.stem for path in SOURCES if path.stem not in ("__init__", "__main__", "panel", "backplane")]
LIST_MODULES = (
    "import sys; before = set(sys.modules); import {0};"
    "print(*{{name.partition('.')[0] for name in set(sys.modules) - before}})"
)


def imports(path):
    """Os nomes completos do que um arquivo importa."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", ["chatlib", "chatlib.__main__"])
def test_core_needs_only_the_standard_library(module):
    """Importar o núcleo não carrega nada de fora da biblioteca padrão."""
    command = [sys.executable, "-c", LIST_MODULES.format(module)]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGE.parent).stdout
    assert set(loaded.split()) - set(sys.stdlib_module_names) == {"chatlib"}


def test_init_is_short():
    """O ``__init__`` só apresenta os nomes."""
    assert len((PACKAGE / "__init__.py").read_text("utf-8").splitlines()) <= 30


def test_unknown_name_is_an_attribute_error():
    """O ``__getattr__`` do pacote só conhece o painel."""
    with pytest.raises(AttributeError, match="não tem 'Painel'"):
        chatlib.Painel  # noqa: B018


def test_public_names_exist():
    """Tudo o que ``__all__`` anuncia existe."""
    assert all(hasattr(chatlib, name) for name in chatlib.__all__)


def test_protocol_knows_no_network():
    """O protocolo não importa ``socket`` nem ``threading``, nem por tabela."""
    assert not {"socket", "threading", "select"} & set(imports(PACKAGE / "protocol.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_source_keeps_the_house_rules(path):
    """Módulos curtos, sem ``except`` nu e sem depender do laboratório."""
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 380
    assert not [
        node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ExceptHandler) and not node.type
    ]
    assert not [name for name in imports(path) if name.startswith(("chatlib.lab", ".lab", "..lab"))]


@pytest.mark.parametrize("name", CORE)
def test_public_names_are_documented(name):
    """Cada módulo, classe, função e método público tem sua docstring."""
    module = import_module(f"chatlib.{name}")
    found = [("módulo", module)] + [
        item for item in inspect.getmembers(module, is_code) if item[1].__module__ == module.__name__
    ]
    for cls in [value for _, value in found if inspect.isclass(value)]:
        found += [
            (key, value) for key, value in vars(cls).items() if is_code(value) or isinstance(value, property)
        ]
    assert [key for key, value in found if not key.startswith("_") and not value.__doc__] == []


def is_code(value):
    """Se é uma classe ou uma função."""
    return inspect.isclass(value) or inspect.isfunction(value)


def test_every_core_module_has_its_tests():
    """Um arquivo de testes por módulo do núcleo."""
    names = {name for _, name, _ in pkgutil.iter_modules([str(PACKAGE)])} & set(CORE)
    covered = {path.stem.removeprefix("test_") for path in Path(__file__).parents[1].glob("test_*.py")}
    assert names - covered - {"errors", "events", "terminal"} == set()  # testados em test_server e test_cli
