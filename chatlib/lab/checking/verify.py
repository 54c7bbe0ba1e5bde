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
exceção ou não voltar é ✘ com a dica, que aponta o caminho sem dar a solução.
"""

import contextlib
import ctypes
import dis
import importlib
import inspect
import io
import pkgutil
import threading
import time
from collections.abc import Callable, Iterator

from ...errors import UsageError
from ...sockets import shut
from ..leftovers import new_sockets, open_threads
from .exam_room import ExamRoom
from .registry import EXERCISES, Check, Exercise
from .report import Report, Row, remember

DEADLINE = 2.5  # segundos de uma verificação
IDLE = ("RESUME", "NOP", "RETURN_VALUE")  # instruções de uma função que só devolve uma constante
GRACE = 0.5  # segundos para as threads do aluno acabarem depois que as conexões fecham


def verificar(number: str, answer: Callable) -> Report:
    """Confere a resposta do exercício ``number``, como em ``verificar("02.1", send_to_all)``.

    Nunca levanta um erro do aluno: ele aparece no relatório. Levanta UsageError se o exercício
    não existe ou se a resposta não é uma função.
    """
    _load()
    if number not in EXERCISES:
        raise UsageError(f'não há exercício {number!r}: use um como "02.1", com o número da aula')
    if not callable(answer):
        raise UsageError(f"passe a sua função sem parênteses: verificar({number!r}, {_name(number)})")
    exercise = EXERCISES[number]
    if _is_stub(answer):
        report = Report(exercise, [], "ainda por fazer: troque os ... pelo seu código e rode de novo")
    elif not _accepts(answer, exercise):
        row = Row("recebe os parâmetros pedidos", f"escreva def {exercise.signature}:")
        report = Report(exercise, [row])
    else:
        report = Report(exercise, _run_all(exercise, answer))
    remember(report)
    return report


def _load() -> None:
    from . import exercises

    for module in pkgutil.iter_modules(exercises.__path__, exercises.__name__ + "."):
        importlib.import_module(module.name)


def _name(number: str) -> str:
    return EXERCISES[number].name


def _is_stub(answer: Callable) -> bool:
    """Se o corpo ainda é ``...``: não faz nada, ou tem um ``...`` no lugar de um valor."""
    code = getattr(answer, "__code__", None)
    if code is None:
        return False
    steps = [step for step in dis.get_instructions(code) if step.opname not in IDLE]
    return Ellipsis in code.co_consts or [step.argval for step in steps] == [None]


def _accepts(answer: Callable, exercise: Exercise) -> bool:
    inside = exercise.signature.partition("(")[2].rstrip(")")
    names = [name for name in inside.split(", ") if name]
    try:
        inspect.signature(answer).bind(*names)
    except TypeError:
        return False
    except ValueError:  # funções escritas em C não dizem seus parâmetros
        return True
    return True


def _run_all(exercise: Exercise, answer: Callable) -> list[Row]:
    rows, left = [], set()
    for item in exercise.checks:
        row, left_now = _run(item, answer)
        rows.append(row)
        left |= left_now
    if left:
        rows.append(Row("não deixa nada ligado", "ficou depois do fim: " + ", ".join(sorted(left))))
    return rows


def _run(item: Check, answer: Callable) -> tuple[Row, set[str]]:
    """Uma verificação, numa thread própria e com prazo, e o que ela deixou ligado."""
    room, outcome, threads = ExamRoom(), [], set(open_threads())

    def body() -> None:
        try:
            outcome.append(bool(item.run(answer, room)))
        except Exception as error:
            room.failures.append(error)
            outcome.append(False)

    runner = threading.Thread(target=body, name=f"verificar: {item.what}", daemon=True)
    with _muted(room), new_sockets() as sockets:
        runner.start()
        runner.join(DEADLINE)
        late = runner.is_alive()
        room.close()
        left = _clean_up(threads, sockets)
    endless = f" (não terminou em {DEADLINE:g} s: alguma espera não acaba)"
    why = endless if late else _explain(room.failures)
    good = not late and outcome[0]
    return Row(item.what, "" if good else item.hint + why), left


@contextlib.contextmanager
def _muted(room: ExamRoom) -> Iterator[None]:
    """O que o aluno imprime, ou levanta nas threads dele, vai para a sala, não para a tela."""
    hook = threading.excepthook
    threading.excepthook = lambda args: args.exc_value and room.failures.append(args.exc_value)
    try:
        with contextlib.redirect_stdout(room.printed), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        threading.excepthook = hook


def _explain(failures: list[BaseException]) -> str:
    """Entre parênteses, o primeiro erro do código do aluno."""
    if not failures:
        return ""
    text = f": {failures[0]}" if str(failures[0]) else ""
    return f" (apareceu {type(failures[0]).__name__}{text})"


def _clean_up(threads: set, sockets: list) -> set[str]:
    """Encerra o que o aluno deixou ligado e diz o que era."""
    deadline = time.monotonic() + GRACE
    while (new := set(open_threads()) - threads) and time.monotonic() < deadline:
        time.sleep(0.005)
    left = {f"a thread {thread.name}" for thread in new if not thread.name.startswith("verificar")}
    forgotten = [sock for ref in sockets if (sock := ref()) and sock.fileno() >= 0]
    if forgotten:
        left.add("um socket aberto")
    for sock in forgotten:
        shut(sock)
        sock.close()
    for thread in new:
        _stop(thread)
    return left


def _stop(thread: threading.Thread) -> None:
    """Levanta SystemExit dentro da thread, até ela acabar: um laço sem fim não ouve outra coisa."""
    deadline = time.monotonic() + GRACE
    while thread.is_alive() and time.monotonic() < deadline:
        target = ctypes.c_ulong(thread.ident)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(target, ctypes.py_object(SystemExit))
        thread.join(0.02)
