"""A forma do pacote: quem importa quem, do que cada parte é feita e o que promete documentar."""

import ast
import inspect
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

import chatlib

PACKAGE = Path(chatlib.__file__).parent
MAX_CLASS = 230  # linhas


def name_of(path: Path) -> str:
    """O nome do módulo de um arquivo, como ``chatlib.panels.page``."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
CORE = [name for name in FILES if not name.startswith(("chatlib.panels", "chatlib.lab"))]
# As salas e o que cada uma pode importar além de si mesma; a de nome mais longo é a que vale.
GROUND = [f"chatlib.lab.{name}" for name in ("tape", "peer", "words", "leftovers", "ruler")]
ROOMS = {
    "chatlib": [],
    "chatlib.panels": ["chatlib"],
    "chatlib.panels.chat": ["chatlib", "chatlib.panels"],
    "chatlib.panels.server": ["chatlib", "chatlib.panels"],
    "chatlib.lab": ["chatlib"],
    "chatlib.lab.attacks": ["chatlib", *GROUND],
    "chatlib.lab.bad_network": ["chatlib", *GROUND],
    "chatlib.lab.checking": ["chatlib", *GROUND],
    "chatlib.lab.cluster": ["chatlib", "chatlib.lab.bad_network", *GROUND],
    "chatlib.lab.drawing": ["chatlib", *GROUND],
    "chatlib.lab.measuring": ["chatlib", "chatlib.lab.drawing", *GROUND],
    "chatlib.lab.microscope": ["chatlib", *GROUND],
    "chatlib.lab.recording": ["chatlib", "chatlib.lab.drawing", "chatlib.lab.microscope", *GROUND],
}
FRONT_DOOR = "chatlib.lab"  # o __init__ que reúne os instrumentos: só ele importa de todas as salas do lab


@cache
def tree(name: str) -> ast.Module:
    """A árvore sintática de um módulo."""
    return ast.parse(FILES[name].read_text("utf-8"))


def imports(name: str) -> set[str]:
    """Os nomes completos do que um módulo importa, onde quer que o faça."""
    found = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = origin(name, node)
            # from . import tape importa um módulo; from .tape import Tape, um nome dele
            found |= {full if (full := f"{base}.{alias.name}") in FILES else base for alias in node.names}
    return found


def origin(name: str, node: ast.ImportFrom) -> str:
    """De onde um ``from … import`` traz, com os pontos resolvidos."""
    if not node.level:
        return node.module or ""
    is_package = FILES[name].name == "__init__.py"
    parts = name.split(".")[: len(name.split(".")) - node.level + is_package]
    return ".".join([*parts, *([node.module] if node.module else [])])


def own(name: str) -> set[str]:
    """Só os módulos do pacote."""
    return {target for target in imports(name) if target in FILES} - {name}


def room_of(name: str) -> str:
    """A sala em que um módulo fica."""
    fits = [room for room in ROOMS if name == room or name.startswith(f"{room}.")]
    return max(fits, key=len)


@pytest.mark.parametrize("name", [name for name in FILES if name != FRONT_DOOR])
def test_each_room_imports_only_what_it_may(name):
    """O chat não sabe dos painéis nem do laboratório; uma sala não entra na outra."""
    allowed = {room_of(name), *ROOMS[room_of(name)]}
    assert not {target for target in own(name) if target not in allowed and room_of(target) not in allowed}


def test_no_circle():
    """Nenhum módulo chega de volta a si mesmo."""
    try:
        TopologicalSorter({name: own(name) for name in FILES}).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


@pytest.mark.parametrize("name", ["chatlib.protocol", "chatlib.apelidos"])
def test_protocol_knows_no_network(name):
    """O que se testa sem rede não importa sockets nem threads, nem por tabela."""
    seen, waiting = set(), {name}
    while waiting:
        seen |= (now := imports(waiting.pop()))
        waiting |= {target for target in now if target in FILES} - seen
    assert not {"socket", "threading", "select", "selectors"} & seen


LIST_MODULES = (
    "import sys; before = set(sys.modules); import {0};"
    "print(*{{name.partition('.')[0] for name in set(sys.modules) - before}})"
)


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
    """O ``__getattr__`` do pacote só conhece os painéis."""
    with pytest.raises(AttributeError, match="não tem 'Painel'"):
        chatlib.Painel  # noqa: B018


def test_public_names_exist():
    """Tudo o que ``__all__`` anuncia existe."""
    assert all(hasattr(chatlib, name) for name in chatlib.__all__)


# --- do que cada módulo é feito


def classes(name: str) -> list[ast.ClassDef]:
    """As classes de um módulo."""
    return [node for node in ast.walk(tree(name)) if isinstance(node, ast.ClassDef)]


@pytest.mark.parametrize("name", FILES)
def test_source_keeps_the_house_rules(name):
    """Nenhum ``except`` nu, e nenhuma classe que não caiba na cabeça de quem lê."""
    bare = [node for node in ast.walk(tree(name)) if isinstance(node, ast.ExceptHandler) and not node.type]
    assert not bare
    assert not [node.name for node in classes(name) if node.end_lineno - node.lineno >= MAX_CLASS]


def private(node: ast.AST, context: type) -> set[str]:
    """Os ``self._x`` que se leem (`ast.Load`) ou se definem (`ast.Store`) dentro do nó."""
    return {
        part.attr
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute)
        and isinstance(part.ctx, context)
        and isinstance(part.value, ast.Name)
        and part.value.id == "self"
        and part.attr.startswith("_")
    }


@cache
def all_classes() -> dict[str, ast.ClassDef]:
    """As classes do pacote, pelo nome."""
    return {node.name: node for name in FILES for node in classes(name)}


def defined(node: ast.ClassDef) -> set[str]:
    """O que a classe, ou uma de que ela deriva neste pacote, define."""
    names = {part.name for part in ast.walk(node) if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)}
    for part in node.body:
        targets = part.targets if isinstance(part, ast.Assign) else [getattr(part, "target", None)]
        names |= {target.id for target in targets if isinstance(target, ast.Name)}
    bases = [base.id for base in node.bases if isinstance(base, ast.Name) and base.id in all_classes()]
    return names.union(private(node, ast.Store), *(defined(all_classes()[base]) for base in bases))


def from_outside(module: str, node: ast.ClassDef) -> set[str]:
    """O que vem de uma classe de outro pacote, como a de um widget."""
    cls = getattr(import_module(module), node.name, None)
    outside = [base for base in getattr(cls, "__mro__", ()) if not base.__module__.startswith("chatlib")]
    return {name for base in outside for name in vars(base)}


@pytest.mark.parametrize("name", [name for name in FILES if not name.endswith("__main__")])
def test_no_class_lives_on_the_state_of_another(name):
    """Todo ``self._x`` que uma classe usa é ela que define."""
    strangers = {
        node.name: missing
        for node in classes(name)
        if (missing := private(node, ast.Load) - defined(node) - from_outside(name, node))
    }
    assert strangers == {}


# Nestes, o que cada função confere está no decorador.
DECORATED = ("chatlib.lab.checking.exercises.", "chatlib.lab.checking.extensions")


@pytest.mark.parametrize(
    "name", [n for n in FILES if n != "chatlib.__main__" and not n.startswith(DECORATED)]
)
def test_public_names_are_documented(name):
    """Cada módulo, classe, função e método público tem sua docstring."""
    module = import_module(name)
    found = {name: module} | {
        key: value for key, value in vars(module).items() if is_code(value) and value.__module__ == name
    }
    for cls in [value for key, value in found.items() if inspect.isclass(value) and not key.startswith("_")]:
        found |= {
            f"{cls.__name__}.{key}": getattr(cls, key)
            for key, value in vars(cls).items()
            if not key.startswith("_") and (is_code(value) or isinstance(value, property))
        }
    assert [
        key for key, value in found.items() if not key.startswith("_") and not inspect.getdoc(value)
    ] == []


def is_code(value: object) -> bool:
    """Se é uma classe ou uma função."""
    return inspect.isclass(value) or inspect.isfunction(value)


def test_every_core_module_has_its_tests():
    """Um arquivo de testes por módulo do núcleo; os outros se testam no de quem os usa."""
    within = {
        "errors": "client",
        "events": "room",
        "member": "postman",
        "outgoing": "shared_room",
        "replica": "shared_room",
        "arguments": "cli",
        "__main__": "cli",
    }
    names = {name.rpartition(".")[2] for name in CORE} - {"chatlib"}
    covered = {path.stem.removeprefix("test_") for path in Path(__file__).parents[1].glob("chat/test_*.py")}
    assert {within.get(name, name) for name in names} <= covered
