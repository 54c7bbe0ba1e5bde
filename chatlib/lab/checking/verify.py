"""``verificar``: confere o exercício de um aluno contra sockets de verdade.

Um exercício é um punhado de verificações com nome, cada uma uma função curta que recebe o que
o aluno escreveu e uma `ExamRoom`, com as conexões (e os vizinhos hostis) de que precisa:

    exercise("02.1", "send_to_all(clients, message)", "Envie a todos")

    @check("02.1", "todos recebem a mensagem", "percorra a lista e envie a cada um")
    def everyone(send_to_all, room):
        ana, bia = room.pair(), room.pair()
        send_to_all([ana.sock, bia.sock], b"oi")
        return ana.peer.got(b"oi") and bia.peer.got(b"oi")

A verificação passa se a função devolve algo verdadeiro dentro do prazo. Falhar, levantar uma
exceção ou não voltar é ✘ com a dica, que aponta o caminho sem dar a solução; `expect`, no meio dela,
troca a dica por uma mais certeira. A que depende de outra que não passou nem é tentada. Tudo roda
num processo à parte: `examine` conta por quê.
"""

import dis
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from itertools import pairwise

from ...errors import UsageError
from .examine import Lost, examine
from .registry import EXERCISES, Exercise
from .report import Report, Row, remember

IDLE = ("RESUME", "NOP", "RETURN_VALUE")  # instruções de uma função que só devolve uma constante


def verificar(number: str, answer: Callable) -> Report:
    """Confere a resposta do exercício ``number``, como em ``verificar("02.1", send_to_all)``.

    Nunca levanta um erro do aluno: ele aparece no relatório. Levanta UsageError se o exercício
    não existe ou se a resposta não é uma função.
    """
    _load()
    if number not in EXERCISES:
        raise UsageError(f'não há exercício {number!r}: use um como "02.1", com o número da aula')
    exercise = EXERCISES[number]
    if not callable(answer):
        raise UsageError(f"passe a sua função sem parênteses: verificar({number!r}, {exercise.name})")
    report = _report(exercise, answer)
    remember(report)
    return report


def _load() -> None:
    from . import exercises

    for module in pkgutil.iter_modules(exercises.__path__, exercises.__name__ + "."):
        importlib.import_module(module.name)


def _report(exercise: Exercise, answer: Callable) -> Report:
    if note := _undone(answer):
        return Report(exercise, [], note)
    if row := _wrong_kind(exercise, answer):
        return Report(exercise, [row])
    try:
        rows, printed = examine(exercise, answer)
    except Lost as lost:
        return Report(exercise, [], str(lost))
    return Report(exercise, rows, printed=printed)


def _undone(answer: Callable) -> str:
    """O que ainda há por fazer: o corpo todo, ou um ``...`` no lugar de um valor; vazio se nada."""
    code = getattr(answer, "__code__", None)
    if code is None:
        return ""
    steps = list(dis.get_instructions(code))
    work = [step for step in steps if step.opname not in IDLE]
    if [step.argval for step in work] != [None] and Ellipsis not in code.co_consts:
        return ""
    alone = len(work) > 1 and sum(step.argval is Ellipsis for step in steps) == 1
    for step, after in pairwise([*steps, steps[-1]]):  # um return ... que sobrou depois do trabalho feito
        if alone and step.argval is Ellipsis and "RETURN" in step.opname + after.opname:
            line = step.positions.lineno if step.positions else code.co_firstlineno
            return f"ainda há um ... na linha {line}: troque-o pelo seu código e rode de novo"
    return "ainda por fazer: troque os ... pelo seu código e rode de novo"


def _wrong_kind(exercise: Exercise, answer: Callable) -> Row | None:
    """O ✘ de quem não escreveu uma função do tipo pedido, ou None."""
    if inspect.iscoroutinefunction(answer) or inspect.isasyncgenfunction(answer):
        why = "async def só roda com um await; os exercícios usam funções comuns: escreva def"
        return Row("é uma função comum", why)
    if inspect.isgeneratorfunction(answer) and not exercise.generator:
        why = "com yield, a função é geradora, e chamá-la não executa nada: faça o trabalho sem yield"
        return Row("é uma função comum", why)
    if not _accepts(answer, exercise.parameters):
        why = f"os parâmetros são estes, nesta ordem: def {exercise.signature}:"
        return Row("recebe os parâmetros pedidos", why)
    return None


def _accepts(answer: Callable, names: list[str]) -> bool:
    """Se a função recebe estes parâmetros; com os mesmos nomes, só nesta ordem."""
    try:
        signature = inspect.signature(answer)
        signature.bind(*names)
    except TypeError:
        return False
    except ValueError:  # funções escritas em C não dizem seus parâmetros
        return True
    own = list(signature.parameters)
    return own == names or sorted(own) != sorted(names)
