"""O que se confere: os exercícios das aulas e as extensões do projeto final, com suas verificações.

Quem declara e quem confere só se encontram aqui.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

SHOWN = 70  # caracteres que se mostram do que veio, e do que devia vir


class Missed(Exception):
    """A verificação não passou, e sabe dizer por quê melhor do que a sua dica."""


def expect(good: object, hint: str) -> None:
    """Levanta Missed, com esta dica no lugar da dica da verificação, se ``good`` não é verdadeiro."""
    if not good:
        raise Missed(hint)


class Differs(Exception):
    """Veio uma coisa, e devia vir outra: a mensagem mostra as duas, ao lado da dica."""


def same(found: object, wanted: object) -> bool:
    """True se são iguais; levanta Differs, que mostra as duas coisas, se não são."""
    if found != wanted:
        raise Differs(f"veio {_short(found)}; devia vir {_short(wanted)}")
    return True


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 20]}…{text[-20:]}"


@dataclass
class Exercise:
    """Um exercício: o que se pede e as verificações por que passa a resposta.

    generator: se a resposta é uma função geradora; retimes: se ela pode mudar o prazo dos sockets.
    """

    number: str
    signature: str
    title: str
    generator: bool = False
    retimes: bool = False
    checks: list["Check"] = field(default_factory=list)

    @property
    def name(self) -> str:
        """O nome do que o aluno escreve, como ``send_to_all``."""
        return self.signature.partition("(")[0]

    @property
    def parameters(self) -> list[str]:
        """O que a função recebe, em ordem."""
        inside = self.signature.partition("(")[2].rstrip(")")
        return [name for name in inside.split(", ") if name]


@dataclass(frozen=True)
class Check:
    """Uma verificação: o que confere, a dica de quem não passa e a função que confere.

    needs: o que precisa ter passado antes, para que um ✘ daqui diga algo novo; vital: se as que vêm
    depois precisam desta.
    """

    what: str
    hint: str
    run: Callable
    needs: tuple[str, ...] = ()
    vital: bool = False


EXERCISES: dict[str, Exercise] = {}
EXTENSIONS: dict[str, Exercise] = {}


def exercise(
    number: str, signature: str, title: str, *, generator: bool = False, retimes: bool = False
) -> None:
    """Declara um exercício; ``signature`` é a função que o aluno escreve, com os parâmetros."""
    EXERCISES[number] = Exercise(number, signature, title, generator, retimes)


def check(
    number: str, what: str, hint: str, needs: tuple[str, ...] | None = None, *, vital: bool = False
) -> Callable:
    """Acrescenta a função decorada às verificações do exercício.

    Sem ``needs``, ela precisa da primeira e das vitais já declaradas.
    """
    checks = EXERCISES[number].checks

    def register(run: Callable) -> Callable:
        before = tuple(item.what for item in checks if item.vital)
        checks.append(Check(what, hint, run, before if needs is None else needs, vital or not checks))
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
