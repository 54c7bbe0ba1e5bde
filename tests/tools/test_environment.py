"""O que se instala é o mesmo por qualquer caminho: pip, conda ou Binder."""

import re
import tomllib
from functools import cache
from importlib.metadata import distribution
from itertools import chain, product
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
REQUIREMENTS = [Requirement(text) for text in [*PROJECT["dependencies"], *chain(*EXTRAS.values())]]
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
# No conda-forge, "playwright" é o programa em Node.js.
CONDA_NAMES = {"playwright": "playwright-python"}
PYTHONS = ["3.11.0", "3.11.9", "3.12.0", "3.13.0", "3.14.0"]
MACHINES = [
    {"sys_platform": "linux", "os_name": "posix", "platform_machine": "x86_64"},
    {"sys_platform": "linux", "os_name": "posix", "platform_machine": "aarch64"},
    {"sys_platform": "darwin", "os_name": "posix", "platform_machine": "arm64"},
    {"sys_platform": "darwin", "os_name": "posix", "platform_machine": "x86_64"},
    {"sys_platform": "win32", "os_name": "nt", "platform_machine": "AMD64"},
]


def conda_spec(text):
    """Uma linha do conda, "nome" ou "nome >=a,<b" ou "nome=a": o nome e a faixa, escrita como a do pip.

    O conda aceita bem mais; o que fugir dessas três formas é recusado, em vez de mal lido.
    """
    part = r"(?:>=|<=|==|!=|<|>)\d+(?:\.\d+)*"
    read = re.fullmatch(rf"([\w.-]+)(?: ({part}(?:,{part})*)|=(\d+(?:\.\d+)*))?", text, re.ASCII)
    if not read:
        raise ValueError(f"não sei ler {text!r}: escreva nome, nome >=a,<b ou nome=a")
    name, versions, family = read.groups()
    return canonicalize_name(name), f"=={family}.*" if family else versions or ""


@cache
def conda_specs():
    """As dependências de environment.yml, as do conda e as do pip: nome → faixa de versões."""
    *from_conda, from_pip = ENVIRONMENT["dependencies"]
    return dict(map(conda_spec, from_conda)) | {
        canonicalize_name(requirement.name): str(requirement.specifier)
        for requirement in map(Requirement, from_pip["pip"][:-1])
    }


def pins(marker_environment=None):
    """As linhas de constraints.txt que valem em um ambiente: nome → versões."""
    found = {}
    for pin in map(Requirement, CONSTRAINTS):
        if pin.marker is None or pin.marker.evaluate(marker_environment):
            found.setdefault(canonicalize_name(pin.name), []).append(str(pin.specifier).removeprefix("=="))
    return found


def marker_environment(python, machine):
    return {
        **machine,
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def test_core_needs_only_the_standard_library():
    """O núcleo não depende de pacote nenhum."""
    assert PROJECT["dependencies"] == []


@pytest.mark.parametrize(
    ("text", "name", "versions"),
    [
        ("pip", "pip", ""),
        ("pytest-cov >=7,<8", "pytest-cov", ">=7,<8"),
        ("jupyterlab-language-pack-pt-BR >=4.5", "jupyterlab-language-pack-pt-br", ">=4.5"),
        ("python=3.12", "python", "==3.12.*"),
    ],
)
def test_a_conda_line_is_read_as_conda_reads_it(text, name, versions):
    """O espaço separa o nome da faixa; um só sinal de igual pede a versão e as que começam por ela."""
    assert conda_spec(text) == (name, versions)


@pytest.mark.parametrize(
    "text",
    ["a > 1", "a >=1|<3", "a 1.2", "a=1.*", "a >=1,", "conda-forge::a", "a[version=1]", "a>=1", "", "a "],
)
def test_a_conda_line_in_another_form_is_refused(text):
    """O que não se sabe ler reprova o teste, em vez de passar por outra coisa."""
    with pytest.raises(ValueError, match="não sei ler"):
        conda_spec(text)


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_conda_and_pip_ask_for_the_same_range(requirement):
    """Cada dependência do pip está em environment.yml com a mesma faixa."""
    name = canonicalize_name(CONDA_NAMES.get(requirement.name, requirement.name))
    assert SpecifierSet(conda_specs()[name]) == requirement.specifier


def test_conda_asks_for_nothing_else():
    """O ambiente do conda só acrescenta o Python e o pip, que instala o chatlib desta pasta."""
    names = {canonicalize_name(CONDA_NAMES.get(r.name, r.name)) for r in REQUIREMENTS}
    assert set(conda_specs()) - names == {"python", "pip"}
    assert ENVIRONMENT["dependencies"][-1]["pip"][-1] == "-e ."


def test_conda_python_is_supported():
    """O Python do conda está na faixa de requires-python."""
    version = conda_specs()["python"].removeprefix("==").removesuffix(".*")
    assert SpecifierSet(PROJECT["requires-python"]).contains(version)


@pytest.mark.parametrize("name", ["constraints.txt", "environment.yml", "pyproject.toml"])
def test_no_address(name):
    """Nenhum endereço nem caminho de máquina: os pacotes vêm de onde a pessoa configurou."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(
        r"://|\bwww\.|\.(org|com|net|io)\b|@ |/(home|root|tmp|Users)/|--(extra-)?index", text
    )


def test_every_constraint_is_an_exact_version():
    """constraints.txt só tem linhas nome==versão, com ou sem condição."""
    for pin in map(Requirement, CONSTRAINTS):
        assert re.fullmatch(r"==[\w.]+", str(pin.specifier)), pin
        assert not pin.extras and not pin.url


@pytest.mark.parametrize(("python", "machine"), list(product(PYTHONS, MACHINES)), ids=str)
def test_each_machine_gets_one_version_inside_the_range(python, machine):
    """Em cada Python e sistema, cada dependência tem uma só versão, e ela cabe na faixa."""
    versions = pins(marker_environment(python, machine))
    assert all(len(found) == 1 for found in versions.values())
    for requirement in REQUIREMENTS:
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)][0]), requirement


def test_constraints_cover_everything_installed():
    """Tudo o que os extras trazem, direta ou indiretamente, tem versão exata em constraints.txt."""
    versions, waiting, seen = pins(), [(r, "") for r in REQUIREMENTS], set()
    while waiting:
        requirement, extra = waiting.pop()
        name = canonicalize_name(requirement.name)
        if (name, extra) in seen or (
            requirement.marker and not requirement.marker.evaluate({"extra": extra})
        ):
            continue
        seen.add((name, extra))
        assert name in versions, f"{name} não está em constraints.txt; gere-o de novo"
        needs = [Requirement(text) for text in distribution(name).requires or []]
        waiting += [(need, wanted) for need in needs for wanted in ["", *requirement.extras]]


def test_metadata_of_the_installed_package():
    """O pacote instalado é o desta pasta: mesmo nome, mesma versão."""
    assert distribution("chatlib").version == PROJECT["version"]
