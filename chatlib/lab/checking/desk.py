"""A mesa do exame: o processo em que a resposta roda, e de onde saem os resultados, um por linha.

Quem o inicia é `examine`, que manda pela entrada padrão as ordens e a resposta, e lê da saída um
objeto JSON por verificação. O que a resposta fizer aqui não chega ao notebook: este processo acaba
com a prova. Ele também acaba se o kernel acabar, pois aí a entrada padrão se encerra.
"""

import builtins
import gc
import io
import json
import os
import pickle
import re
import select
import signal
import socket
import sys
import threading
import time
import weakref
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress

try:
    import resource
except ImportError:  # o Windows não o tem, nem precisa
    resource = None  # type: ignore[assignment]  # quem o usa olha antes se há um

from ..leftovers import new_sockets
from . import blunders, exam_room, weather
from .exam_room import ExamRoom
from .registry import EXERCISES, Check, Differs, Exercise, Missed

GRACE = 0.4  # segundos para as threads da resposta acabarem depois que as conexões fecham
LIFE = 60  # segundos que este processo pode viver
FEW_CALLS = 250  # chamadas uma dentro da outra: chega a quem não faz uma por pedaço
MUTE = 77  # o código de saída de quem já não tem por onde contar o que viu
PRINTED = 4_000  # caracteres que se guardam do que a resposta imprime
TEXT = 160  # caracteres de um erro que se mostram
SOCKET = re.compile(r"<socket\.socket[^>]*>")  # o que um socket diz de si, que é comprido
OURS = re.compile(r"\bchatlib\.lab\.(\w+\.)+(?=\w+\(\))")  # onde mora a função que se deu ao aluno
OWNERS = (builtins, os, select, socket, socket.socket, threading, time)  # o que a resposta pode mudar


class Printed(io.StringIO):
    """O que a resposta imprimiu, só o começo."""

    def write(self, text: str) -> int:
        if self.tell() < PRINTED:
            super().write(text)
        return len(text)


def main() -> None:
    """Recebe as ordens e a resposta, confere e vai embora sem esperar por ninguém."""
    results = _take_the_streams()
    orders = pickle.load(sys.stdin.buffer)
    __import__(orders["module"])
    exam_room.patience = min(exam_room.patience, 0.8 * orders["deadline"])
    exercise = EXERCISES[orders["number"]]
    try:
        answer = pickle.loads(pickle.load(sys.stdin.buffer))
    except Exception as error:  # o que a resposta traz consigo pode falhar de qualquer modo
        _tell(results, lost=_text_of(error))
        os._exit(0)
    _tell(results, ready=True)
    threading.Thread(target=_die_with_the_kernel, name="kernel", daemon=True).start()
    sys.stdin = io.StringIO()  # input() não tem a quem perguntar
    weather.install()
    sys.setrecursionlimit(FEW_CALLS)
    before = _world()
    for item in exercise.checks:
        if item.what in orders["checks"]:
            found = _run(item, answer, exercise, orders, before)
            _tell(results, **found)
            if not found["good"] or found["left"]:
                break  # pode ter ficado algo da resposta: a próxima verificação quer outro processo
    os._exit(0)


def _take_the_streams() -> io.TextIOBase:
    """A saída padrão, por onde vão os resultados; o que a resposta escrever nela se perde."""
    if hasattr(signal, "alarm"):
        signal.alarm(LIFE)
    if resource:  # num Mac só se abrem 256 de cada vez, e uma sala cheia tem mais
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096 if most < 0 else min(most, 4096), most))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # quem ouve o ■ é o kernel
    results = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return results


def _die_with_the_kernel() -> None:
    assert sys.__stdin__  # o processo nasce com um cano no lugar dele
    with suppress(OSError, ValueError):
        sys.__stdin__.buffer.read()
    os._exit(1)


def _tell(results, **what: object) -> None:
    try:
        results.write(json.dumps(what) + "\n")
    except OSError:  # a resposta fechou o que não era dela
        os._exit(MUTE)


def _run(item: Check, answer, exercise: Exercise, orders: dict, before: dict) -> dict:
    """Uma verificação, numa thread própria e com prazo: o que se viu."""
    room, printed, deadline = ExamRoom(), Printed(), orders["deadline"]
    hidden: list[BaseException] = []
    done: list[dict] = []
    threads = set(threading.enumerate())
    module = getattr(answer, "__module__", "__main__")

    def body() -> None:
        try:
            done.append({"good": bool(item.run(answer, room))})
        except Differs as differs:
            done.append({"good": False, "saw": str(differs)})
        except Missed as missed:
            done.append({"good": False, "hint": str(missed)})
        except BaseException as error:  # até sys.exit: a resposta roda aqui dentro
            room.failures.append(error)
            done.append({"good": False})

    if orders["watch"]:
        threading.settrace(blunders.watcher(module, hidden))
    runner = threading.Thread(target=body, name=f"verificar: {item.what}", daemon=False)
    with _muted(room, printed), new_sockets() as made:
        runner.start()
        runner.join(deadline)
        found = {"what": item.what, "good": False, "printed": printed.getvalue()}
        if not done:
            where = _where(_frame_of(runner), module)  # vazio se quem espera é a verificação
            hung = where and {"hung": deadline, **where}
            return found | (hung or _explain(room.failures or hidden, module, exercise, not room.failures))
        found |= done[0]
        if not found["good"]:
            error = _explain(room.failures, module, exercise) or _explain(
                hidden, module, exercise, hidden=True
            )
            return found | (error or _where(_frame_of(room.stuck), module))
        retimed = room.retimed() and not exercise.retimes
        room.close()
        left = _left_threads(threads) or _left_sockets(made, room)
    return found | {"left": left, "retimed": retimed, "changed": _put_back(before)}


def _frame_of(thread: threading.Thread | None):
    """Onde a thread está agora; None se não há uma, ou se acabou."""
    return sys._current_frames().get(thread.ident or 0) if thread else None


@contextmanager
def _muted(room: ExamRoom, printed: io.StringIO):
    """O que a resposta imprime, ou levanta nas threads dela, vai para a sala."""
    hook = threading.excepthook
    threading.excepthook = lambda args: room.failures.extend(filter(None, [args.exc_value]))
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            yield
    finally:
        threading.excepthook = hook


def _explain(failures: list[BaseException], module: str, exercise: Exercise, hidden: bool = False) -> dict:
    """O primeiro erro do código do aluno, a linha dele em que apareceu, e que engano é."""
    for error in failures:
        frames, trace = [], error.__traceback__
        while trace:
            frames.append((trace.tb_frame, trace.tb_lineno))
            trace = trace.tb_next
        mine = [(frame, line) for frame, line in frames if frame.f_globals.get("__name__") == module]
        if not mine and (isinstance(error, OSError) or any(_ours(frame) for frame, _ in frames)):
            continue  # de quem conversava com a resposta, não dela
        frame, line = mine[-1] if mine else (None, 0)
        place = {"function": frame.f_code.co_qualname, "line": line} if frame else {}
        found = {"error": type(error).__name__, "text": _text_of(error), "hidden": hidden}
        return found | {"meaning": blunders.meaning(error, frame, exercise)} | place
    return {}


def _ours(frame) -> bool:
    return frame.f_globals.get("__name__", "").startswith(f"{__package__}.exercises")


def _text_of(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # o __str__ é do aluno
        return ""
    text = SOCKET.sub("<socket>", OURS.sub("", text))
    return text if len(text) <= TEXT else f"{text[:TEXT]}…"


def _where(frame, module: str) -> dict:
    """A linha do aluno em que uma thread está parada."""
    while frame and frame.f_globals.get("__name__") != module:
        frame = frame.f_back
    return {"function": frame.f_code.co_qualname, "line": frame.f_lineno} if frame else {}


def _left_threads(before: set) -> list[str]:
    """Os nomes das threads que a resposta deixou rodando."""
    deadline = time.monotonic() + GRACE
    while (new := set(threading.enumerate()) - before) and time.monotonic() < deadline:
        time.sleep(0.005)
    return sorted(f"a thread {thread.name}" for thread in new)


def _left_sockets(made: list[weakref.ref], room: ExamRoom) -> list[str]:
    gc.collect()
    own = set(map(id, room.own))
    alive = [sock for ref in made if (sock := ref()) is not None and id(sock) not in own]
    count = sum(sock.fileno() >= 0 for sock in alive)
    return ["um socket aberto" if count == 1 else f"{count} sockets abertos"] if count else []


def _world() -> dict:
    """O que vale para o programa inteiro, e que a resposta não deve mudar."""
    names = {
        (owner, name): value
        for owner in OWNERS
        for name, value in vars(owner).items()
        if not name.startswith("_")
    }
    return names | {
        (socket, "setdefaulttimeout"): socket.getdefaulttimeout(),
        (os, "chdir"): os.getcwd(),
        (sys, "setrecursionlimit"): sys.getrecursionlimit(),
    }


def _put_back(before: dict) -> list[str]:
    """Desfaz o que a resposta mudou no programa, e diz o que era."""
    now = _world()
    changed = [key for key in before | now if now.get(key) != before.get(key)]
    for owner, name in changed:
        if name in ("setdefaulttimeout", "chdir", "setrecursionlimit"):
            getattr(owner, name)(before[owner, name])
        elif (owner, name) in before:
            setattr(owner, name, before[owner, name])
        else:  # encobria o que a classe de baixo tem
            delattr(owner, name)
    return [name if owner is builtins else f"{owner.__name__}.{name}" for owner, name in changed]
