"""Os enganos de Python que toda resposta pode ter, ditos como o Python os diria, em português."""

import builtins
import dis
import re
import socket
import sys
import types
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from .registry import Exercise

HIDDEN = (AttributeError, NameError, TypeError)  # erros que nenhuma resposta precisa capturar
FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType)
KINDS = {
    socket.socket: "um socket",
    str: "um texto (str)",
    bytes: "bytes",
    list: "uma lista",
    dict: "um dicionário",
}
MEANING = {
    "RecursionError": "a função chama a si mesma a cada pedaço, e o Python só aguenta mil vezes: use um laço",
    "SystemExit": "a resposta encerrou o programa de quem a chama: para sair de uma função basta return",
    "KeyboardInterrupt": "a resposta levantou KeyboardInterrupt, que é o botão ■: para sair basta return",
    "NotHere": "a função não pode depender do notebook: use só o que ela recebe",
    "EOFError": "aqui não há teclado: em vez de input, use print; o que você imprime aparece abaixo",
}
SENTENCES = (  # o que o TypeError diz, e o que se diz ao aluno
    (
        r"argument after \* must be an iterable",
        "args é uma tupla, e a de um elemento só tem uma vírgula no fim: args=(client,)",
    ),
    (r"bytes-like object is required, not 'str'", "um socket manda bytes, e recebeu um texto (str)"),
    (
        r"""concat str to bytes|concatenate str \(not "bytes"\)|(must be|requires?) (str|bytes)\b.* not""",
        "texto (str) e bytes não se misturam: transforme um dos dois antes",
    ),
    (r"NoneType", "há um None no lugar de um valor: quem o devolveu não tem return, ou só faz o serviço"),
    (r"object is not callable", "há parênteses depois de algo que não é uma função"),
    (r"positional argument", "uma função foi chamada com argumentos a mais, ou a menos"),
    (r"unexpected keyword argument", "uma função foi chamada com um argumento que ela não tem"),
)


def meaning(error: BaseException, frame: types.FrameType | None, exercise: Exercise) -> str:
    """O engano que levou a este erro; vazio se não é dos que se conhecem. frame: onde, na resposta."""
    if isinstance(error, AttributeError):
        return _of_attribute(error) + _reminder(error, frame, exercise)
    if isinstance(error, NameError):
        return _of_name(error, frame)
    if isinstance(error, TypeError):
        return _of_type(str(error), frame)
    if isinstance(error, UnicodeDecodeError) and error.reason == "unexpected end of data":
        return "a rede corta um ã ao meio: trabalhe com bytes até ter tudo, e só então passe a texto"
    return MEANING.get(type(error).__name__, "")


def _of_attribute(error: AttributeError) -> str:
    name = error.name or ""
    if isinstance(error.obj, FUNCTIONS):
        return _no_parentheses(error.obj.__name__)
    if error.obj is None:
        return f"{name} foi pedido a None: quem o devolveu não tem return, ou só faz o serviço"
    here = _kind(error.obj)
    if owner := next((KINDS[kind] for kind in KINDS if hasattr(kind, name)), ""):
        return f"{name} é de {owner}, e aqui há {here}"
    close = get_close_matches(name, dir(error.obj), 1)
    return f"{here} não tem {name}" + (f": você quis dizer {close[0]}?" if close else "")


def _reminder(error: AttributeError, frame: types.FrameType | None, exercise: Exercise) -> str:
    """A ordem dos parâmetros, a quem lhes deu outros nomes e talvez os tenha trocado."""
    if frame is None:
        return ""
    named = list(frame.f_code.co_varnames[: frame.f_code.co_argcount])
    renamed = len(named) == len(exercise.parameters) and named != exercise.parameters
    elsewhere = any(hasattr(kind, error.name or "") for kind in KINDS)
    return f"; lembre a ordem: {exercise.signature}" if renamed and elsewhere else ""


def _kind(thing: object) -> str:
    if isinstance(thing, types.ModuleType):
        return f"o módulo {thing.__name__}"
    return next((text for kind, text in KINDS.items() if isinstance(thing, kind)), type(thing).__name__)


def _of_name(error: NameError, frame: types.FrameType | None) -> str:
    if isinstance(error, UnboundLocalError):
        return f"a variável {error.name} é usada antes de receber um valor"
    if error.name in sys.stdlib_module_names:
        return f"faltou import {error.name} na célula"
    known = [*frame.f_locals, *frame.f_globals, *vars(builtins)] if frame else []
    close = get_close_matches(error.name or "", known, 1)
    ask = f"você quis dizer {close[0]}?" if close else "ele foi definido, com este nome, na mesma célula?"
    return f"o Python não conhece {error.name}: {ask}"


def _of_type(text: str, frame: types.FrameType | None) -> str:
    if re.search(r"builtin_function_or_method|(['\"])(method|function)\1", text):
        names = frame.f_code.co_names if frame else ()
        return _no_parentheses(
            next((name for name in names if hasattr(str, name) or hasattr(bytes, name)), "")
        )
    return next((said for pattern, said in SENTENCES if re.search(pattern, text)), "")


def _no_parentheses(name: str) -> str:
    example = (
        f"{name} é a função, {name}() é o que ela devolve"
        if name
        else "f é a função, f() é o que ela devolve"
    )
    return f"faltaram os parênteses: {example}"


def watcher(module: str, hidden: list[BaseException]) -> Callable:
    """O que `threading.settrace` recebe para anotar em ``hidden`` os enganos que um except escondeu."""

    def inside(frame: types.FrameType, event: str, arg: Any) -> Callable:
        if event == "exception" and isinstance(arg[1], HIDDEN):
            hidden.append(arg[1])
        return inside

    def enter(frame: types.FrameType, event: str, arg: Any) -> Callable | None:
        if frame.f_globals.get("__name__") != module:
            return None
        frame.f_trace_lines = False
        return inside

    return enter


def hides_errors(answer: Callable) -> bool:
    """Se a resposta, ou uma função dela, captura todo erro, e não só os de socket."""
    return any(_catches_all(code) for function in _functions(answer) for code in _codes(function.__code__))


def _catches_all(code: types.CodeType) -> bool:
    steps = [step.opname for step in dis.get_instructions(code)]
    bare = ("PUSH_EXC_INFO", "POP_TOP") in pairwise(steps)  # except: nem olha qual é o erro
    return bare or not {"Exception", "BaseException"}.isdisjoint(code.co_names)


def borrowed(answer: Callable, exercise: Exercise) -> str:
    """A dica a quem chama uma função que mexe nas listas do notebook; vazio se não há uma assim."""
    for function in _functions(answer):
        names = {name for code in _codes(function.__code__) for name in code.co_names}
        used = [
            name
            for name in exercise.parameters
            if name in names and isinstance(function.__globals__.get(name), list | dict)
        ]
        if function is not answer and used:
            return (
                f"{function.__name__} usa {' e '.join(used)} do notebook, e não o que {exercise.name} "
                f"recebe: escreva o trabalho dela em {exercise.name}, ou chame uma que os receba"
            )
    return ""


def _functions(answer: Callable) -> list[types.FunctionType]:
    """A resposta e as funções do mesmo lugar a que ela chega."""
    found = [answer] if isinstance(answer, types.FunctionType) else []
    for function in found:  # cresce enquanto se percorre
        names = {name for code in _codes(function.__code__) for name in code.co_names}
        values = [function.__globals__.get(name) for name in sorted(names)]
        found += [
            value
            for value in values
            if isinstance(value, types.FunctionType)
            and value.__module__ == answer.__module__
            and value not in found
        ]
    return found


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _codes(inner)
