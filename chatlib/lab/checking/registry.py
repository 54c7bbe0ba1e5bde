"""O que se confere: os exercícios das aulas e as extensões do projeto final, com suas verificações.

Quem declara e quem confere só se encontram aqui.
"""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Exercise:
    """Um exercício: o que se pede e as verificações por que passa a resposta."""

    number: str
    signature: str
    title: str
    checks: list["Check"] = field(default_factory=list)

    @property
    def name(self) -> str:
        """O nome do que o aluno escreve, como ``broadcast``."""
        return self.signature.partition("(")[0]


@dataclass(frozen=True)
class Check:
    """Uma verificação: o que confere, a dica de quem não passa e a função que confere."""

    what: str
    hint: str
    run: Callable


EXERCISES: dict[str, Exercise] = {}
EXTENSIONS: dict[str, Exercise] = {}


def exercise(number: str, signature: str, title: str) -> None:
    """Declara um exercício; ``signature`` é a função que o aluno escreve, com os parâmetros."""
    EXERCISES[number] = Exercise(number, signature, title)


def check(number: str, what: str, hint: str) -> Callable:
    """Acrescenta a função decorada às verificações do exercício."""

    def register(run: Callable) -> Callable:
        EXERCISES[number].checks.append(Check(what, hint, run))
        return run

    return register


def extension(name: str, title: str) -> None:
    """Declara uma extensão do projeto final, ou a base, que toda extensão conserva."""
    EXTENSIONS[name] = Exercise(f"12.{name}", name, title)


def demand(name: str, what: str, hint: str) -> Callable:
    """Acrescenta a função decorada, que recebe um `Place`, às verificações da extensão."""

    def register(run: Callable) -> Callable:
        EXTENSIONS[name].checks.append(Check(what, hint, run))
        return run

    return register
