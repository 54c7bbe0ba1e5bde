"""``verificar``: confere o exercício de um aluno contra sockets de verdade.

Um exercício é um punhado de verificações com nome, cada uma uma função curta que recebe o que
o aluno escreveu e uma `Room`, com as conexões (e os vizinhos hostis) de que precisa:

    exercise("02.1", "broadcast(clients, message)", "Envie a todos")

    @check("02.1", "todos recebem a mensagem", "percorra a lista e envie a cada um")
    def everyone(broadcast, room):
        ana, bia = room.pair(), room.pair()
        broadcast([ana.sock, bia.sock], b"oi")
        return ana.peer.got(b"oi") and bia.peer.got(b"oi")

A verificação passa se a função devolve algo verdadeiro dentro do prazo. Falhar, levantar uma
exceção ou não voltar é ✘ com a dica, que aponta o caminho sem dar a solução.
"""

import contextlib
import ctypes
import dis
import html
import importlib
import inspect
import io
import json
import pkgutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import UsageError
from ..sockets import shut
from .leftovers import new_sockets, open_threads
from .room import Room

DEADLINE = 2.5  # segundos de uma verificação
IDLE = ("RESUME", "NOP", "RETURN_VALUE")  # instruções de uma função que só devolve uma constante
GRACE = 0.5  # segundos para as threads do aluno acabarem depois que as conexões fecham


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


@dataclass(frozen=True)
class Row:
    """O resultado de uma verificação; hint é vazia se ela passou."""

    what: str
    hint: str = ""


EXERCISES: dict[str, Exercise] = {}
_results: dict[str, "Report"] = {}  # o último resultado de cada exercício neste notebook


def exercise(number: str, signature: str, title: str) -> None:
    """Declara um exercício; ``signature`` é a função que o aluno escreve, com os parâmetros."""
    EXERCISES[number] = Exercise(number, signature, title)


def check(number: str, what: str, hint: str) -> Callable:
    """Acrescenta a função decorada às verificações do exercício."""

    def register(run: Callable) -> Callable:
        EXERCISES[number].checks.append(Check(what, hint, run))
        return run

    return register


class Report:
    """O que `verificar` devolve: uma linha por verificação, com ✔ ou ✘ e a dica."""

    def __init__(self, exercise: Exercise, rows: list[Row], note: str = ""):
        self.exercise, self.rows, self.note = exercise, rows, note

    @property
    def passed(self) -> bool:
        """Se o exercício foi feito e passou em tudo."""
        return bool(self.rows) and not any(row.hint for row in self.rows)

    def summary(self) -> str:
        """O placar, como ``3 de 4``, ou por que não há um."""
        if self.note:
            return self.note
        good = sum(not row.hint for row in self.rows)
        return f"{good} de {len(self.rows)}" + (": tudo certo!" if self.passed else "")

    def __repr__(self) -> str:
        lines = [f"Exercício {self.exercise.number} · {self.exercise.title}"]
        for row in self.rows:
            lines.append(f"  {'✘' if row.hint else '✔'} {row.what}")
            if row.hint:
                lines.append(f"      dica: {row.hint}")
        return "\n".join([*lines, f"  {self.summary()}"])

    def _repr_html_(self) -> str:
        title = html.escape(f"Exercício {self.exercise.number} · {self.exercise.title}")
        rows = "".join(map(_row_html, self.rows))
        return f"<div><b>{title}</b><ul>{rows}</ul>{html.escape(self.summary())}</div>"


def _row_html(row: Row) -> str:
    color = "var(--jp-error-color1, #b00)" if row.hint else "var(--jp-success-color1, #070)"
    mark = f'<b style="color: {color}">{"✘" if row.hint else "✔"}</b>'
    hint = f"<br><i>dica: {html.escape(row.hint)}</i>" if row.hint else ""
    return f'<li style="list-style: none">{mark} {html.escape(row.what)}{hint}</li>'


def verificar(number: str, answer: Callable) -> Report:
    """Confere a resposta do exercício ``number``, como em ``verificar("02.1", broadcast)``.

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


def remember(report: Report) -> None:
    """Guarda o relatório para `save_results`, no lugar do anterior do mesmo exercício."""
    _results[report.exercise.number] = report


def save_results(path: str = "resultados.json", aluno: str = "") -> None:
    """Grava em JSON o último resultado de cada exercício conferido neste notebook.

    path: o arquivo, regravado a cada vez; aluno: quem o entrega.
    """
    done = {
        number: {
            "certas": sum(not row.hint for row in report.rows),
            "total": len(report.exercise.checks),
            "passou": report.passed,
        }
        for number, report in sorted(_results.items())
    }
    data = {"aluno": aluno, "exercicios": done}
    Path(path).write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(f"{sum(item['passou'] for item in done.values())} de {len(done)} exercícios certos: {path}")


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
    room, outcome, threads = Room(), [], set(open_threads())

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
def _muted(room: Room) -> Iterator[None]:
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
