"""Como se confere uma resposta: noutro processo, que pode acabar mal sem levar o notebook junto.

Por que outro processo: a resposta pode encerrar o programa, esgotar a memória de threads, fechar o
que não é dela, mudar `print` ou nunca voltar; e o notebook tem um servidor no ar, com gente dentro.
Um `fork` do kernel copiaria os cadeados das threads que lá ficaram, e não existe no Windows. Por
isso o processo é novo em folha, e a resposta viaja com o que usa do notebook (veja `parcel`). Todas
as verificações de um exercício rodam nele, em sequência; ligá-lo leva cerca de um décimo de segundo.
Quando uma resposta o derruba ou não volta, ele é encerrado, e outro segue da verificação seguinte.
"""

import json
import linecache
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from .blunders import borrowed, hides_errors
from .desk import MUTE
from .parcel import pack
from .registry import Check, Exercise
from .report import Row

DEADLINE = 2.5  # segundos de uma verificação
HURRY = 1.5  # o mesmo, depois que uma já não passou
BUDGET = 4.5  # segundos depois dos quais, se há um erro a mostrar, o resto fica para a próxima vez
MESS = 3.0  # o mesmo, se o erro é só o que a resposta deixou ligado ou mudado
START = 20.0  # segundos para o processo ligar, mesmo numa máquina ocupada
MARGIN = 1.0  # segundos além do prazo: quem não os respeita prendeu o Python inteiro
BOOT = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from chatlib.lab.checking import desk; desk.main()"
)
PRINCIPLES = {  # o que vale para todas as respostas: o que se diz, e a dica
    "left": ("não deixa nada ligado", "ficou depois do fim: {}"),
    "retimed": (
        "devolve os sockets como os recebeu",
        "um socket ficou com outro prazo, e quem o usar depois terá erros: desfaça settimeout ou setblocking",
    ),
    "changed": ("não muda o programa em volta", "isto vale para o programa inteiro, e ficou mudado: {}"),
}


class Desk:
    """O processo em que a resposta roda, e o que ele diz."""

    def __init__(self, number: str, checks: list[Check], parcel: bytes, **how: object):
        module = "chatlib.lab.checking.exercises.ex" + number[:2]
        orders = {"number": number, "module": module, "checks": [item.what for item in checks]}
        self._said: queue.SimpleQueue[dict | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-c", BOOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin and self._process.stdout  # foram pedidos acima
        self._orders, self._results = self._process.stdin, self._process.stdout
        self._reader = threading.Thread(target=self._listen, name="verificar", daemon=True)
        self._reader.start()
        with suppress(OSError):  # se o processo já acabou, quem ouve saberá
            for thing in (sys.path, orders | how, parcel):
                pickle.dump(thing, self._orders)
            self._orders.flush()

    def hear(self, timeout: float) -> dict | None:
        """A próxima coisa que ele diz; None se acabou; TimeoutError se se cala."""
        try:
            return self._said.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError from None

    def epitaph(self) -> str:
        """Por que o processo acabou, ou se calou, no meio de uma verificação."""
        try:
            code = self._process.wait(0.3)
        except subprocess.TimeoutExpired:
            code = MUTE
        if code == MUTE:
            return "a resposta fechou descritores que não são dela: feche só os sockets que recebeu ou criou"
        if code < 0:
            return f"a resposta derrubou o Python (sinal {-code})"
        return "a resposta encerrou o Python inteiro: para sair de uma função basta return"

    def leave(self) -> None:
        """Espera que o processo, que nada mais tem a conferir, acabe sozinho."""
        with suppress(subprocess.TimeoutExpired):  # quem fica é encerrado por close
            self._process.wait(MARGIN)

    def close(self) -> None:
        """Encerra o processo, esteja como estiver."""
        self._process.kill()
        self._process.wait()
        self._reader.join(1)
        for pipe in (self._orders, self._results):
            with suppress(OSError):  # ainda havia o que escrever
                pipe.close()

    def _listen(self) -> None:
        try:
            for line in self._results:
                self._said.put(json.loads(line))
        except ValueError:  # ele morreu no meio de uma linha
            pass
        self._said.put(None)


class Lost(Exception):
    """A resposta não pôde ser levada ao outro processo; a frase diz por quê."""


def examine(exercise: Exercise, answer: Callable) -> tuple[list[Row], tuple[str, str]]:
    """As linhas do relatório, e o que a resposta imprimiu, com a verificação em que isso foi.

    Levanta Lost se ela não pôde ser levada.
    """
    try:
        parcel = pack(answer)
    except Exception as error:  # cada objeto se recusa a viajar a seu modo
        raise Lost(f"não consegui levar a sua função a outro processo, para conferi-la: {error}") from None
    return Exam(exercise, answer, parcel).run()


class Exam:
    """Uma resposta e o que já se sabe dela."""

    def __init__(self, exercise: Exercise, answer: Callable, parcel: bytes):
        self.exercise, self._answer, self._parcel = exercise, answer, parcel
        self.rows: dict[str, Row] = {}
        self._causes: set[tuple] = set()  # por que já se disse ✘
        self._printed: list[tuple[bool, str, str]] = []  # se falhou, em que verificação, e o texto
        self._principles: dict[str, list] = {}  # o que ficou ligado ou mudado
        self._deadline = DEADLINE
        self._start = time.monotonic()

    def run(self) -> tuple[list[Row], tuple[str, str]]:
        """Liga um processo, e outro se aquele acaba, até conferir tudo.

        Devolve também a primeira coisa que se imprimiu, e a verificação em que isso foi.
        """
        while waiting := [item for item in self.exercise.checks if item.what not in self.rows]:
            if self._late():
                self.rows |= {item.what: Row(item.what, skipped=True) for item in waiting}
                break
            self._sit(waiting)
        printed = sorted((note for note in self._printed if note[2]), key=lambda note: not note[0])
        rows = [self.rows[item.what] for item in self.exercise.checks]
        if not self._missed():  # quem não termina, por exemplo, também deixa tudo ligado
            rows += self._principled()
        return rows, printed[0][1:] if printed else ("", "")

    def _late(self) -> bool:
        """Se já se gastou tempo bastante com uma resposta que tem o que consertar."""
        spent = time.monotonic() - self._start
        return spent > BUDGET if self._missed() else bool(self._principles) and spent > MESS

    def _missed(self) -> bool:
        return any(row.hint for row in self.rows.values())

    def _sit(self, waiting: list[Check]) -> None:
        """Confere o que der num processo só."""
        ready = [item for item in waiting if not self._skip(item)]
        if not ready:
            return
        watch = hides_errors(self._answer)
        desk = Desk(self.exercise.number, ready, self._parcel, deadline=self._deadline, watch=watch)
        try:
            self._greet(desk)
            for item in ready:
                if not self._follow(desk, item):
                    break  # outro processo segue do próximo: neste pode ter ficado algo da resposta
            desk.leave()
        finally:
            desk.close()

    def _skip(self, item: Check) -> bool:
        """Deixa de lado o que depende do que já não passou."""
        if any(self.rows[need].hint or self.rows[need].skipped for need in item.needs if need in self.rows):
            self.rows[item.what] = Row(item.what, skipped=True)
        return item.what in self.rows

    def _greet(self, desk: Desk) -> None:
        try:
            first = desk.hear(START) or {}
        except TimeoutError:
            first = {}
        if "ready" not in first:
            raise Lost(f"não consegui conferir noutro processo: {first.get('lost') or 'ele não ligou'}")

    def _follow(self, desk: Desk, item: Check) -> bool:
        """Espera por uma verificação; devolve se o processo ainda serve para a próxima."""
        wait = self._deadline + MARGIN
        if self._missed():  # quem já errou não espera além do tempo que lhe cabe
            wait = min(wait, max(0, self._start + BUDGET - time.monotonic()))
        try:
            found = desk.hear(wait)
        except TimeoutError:
            if self._late():
                desk.close()
                return False
            found = {"good": False, "hung": self._deadline}
            desk.close()  # preso como está, ele não acaba sozinho
        if found is None:
            found = {"good": False, "hint": desk.epitaph(), "gone": True}
        self._note(item, found)
        if not found["good"]:
            self._deadline = HURRY
        return found["good"] and not found.get("left")

    def _note(self, item: Check, found: dict) -> None:
        self._printed.append((not found["good"], item.what, found.get("printed", "")))
        for name in PRINCIPLES:
            if seen := found.get(name):
                self._principles.setdefault(name, [] if seen is True else seen)
        if found["good"]:
            self.rows[item.what] = Row(item.what)
            return
        self.rows[item.what] = row = Row(item.what, *self._verdict(item, found))
        self._causes |= set() if row.skipped else {_cause(found)}

    def _verdict(self, item: Check, found: dict) -> tuple[str, bool]:
        """A dica de um ✘; e se ele fica para depois, pois nada diz além do que já se disse."""
        told = any(row.hint for row in self.rows.values())
        evident = "error" in found or "hint" in found  # mostra um engano, e não só a falta de um acerto
        if told and (not evident or _cause(found) in self._causes):
            return "", True
        hint = found.get("meaning") or self._borrowed(found) or found.get("hint") or item.hint
        return hint + _reason(found, _place(found, self._answer)), False

    def _borrowed(self, found: dict) -> str:
        return borrowed(self._answer, self.exercise) if found.get("error") in (None, "ValueError") else ""

    def _principled(self) -> list[Row]:
        """O que ficou ligado ou mudado, se nada mais há a dizer de cada coisa."""
        rows = []
        for name, found in self._principles.items():
            what, hint = PRINCIPLES[name]
            text = ", ".join(found[:3]) + (f" e mais {len(found) - 3}" if len(found) > 3 else "")
            rows.append(Row(what, hint.format(text)))
        return rows


def _cause(found: dict) -> tuple:
    """O que distingue um engano de outro: a linha em que um erro apareceu, ou a dica."""
    names = ("function", "line") if "error" in found and "line" in found else ("error", "text", "hint")
    return tuple(found.get(name) for name in names)


def _reason(found: dict, place: str) -> str:
    """Entre parênteses, o erro que apareceu, ou onde a resposta ficou parada."""
    if "error" in found:
        text = f": {found['text']}" if found["text"] else ""
        what = "um except escondeu" if found.get("hidden") else "apareceu"
        return f" ({what} {found['error']}{text}{f', {place}' if place else ''})"
    if "saw" in found:
        return f" ({found['saw']})"
    if "hung" in found:
        seconds = f"{found['hung']:g}".replace(".", ",")
        return f" (não terminou em {seconds} s{f': parou {place}' if place else ''})"
    return f" (a função não voltou: estava {place})" if place else ""


def _place(found: dict, answer: Callable) -> str:
    """A linha do aluno, como ``em echo, linha 3: data = sock.recv(1024)``.

    O código perde o nome do arquivo na viagem; a função de que ele é parte diz qual era.
    """
    if "line" not in found:
        return ""
    names = getattr(answer, "__globals__", {})
    path = [name for name in found["function"].split(".") if not name.startswith("<")]
    home = names.get(path[0] if path else "", answer)
    file = getattr(getattr(home, "__code__", None), "co_filename", "")
    code = linecache.getline(file, found["line"]).strip()
    where = f"em {path[-1]}, linha" if path else "na linha"
    return f"{where} {found['line']}" + (f": {code}" if code else "")
