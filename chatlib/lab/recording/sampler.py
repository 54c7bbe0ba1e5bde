"""Espia, a cada 2 ms, em que ponto do código está cada thread, e diz o que ela espera.

É para as threads cujos sockets não passaram por `Recorder.wrap`, como as do `chatlib`. Só conta
quando algo muda. O que dura menos que o intervalo pode passar sem ser visto.
"""

import linecache
import re
import sys
import threading
from collections.abc import Callable
from types import CodeType, FrameType

from ..leftovers import open_threads
from ..tape import ACCEPT, LOCK, NOTICE, RECV, RUNNING, SEND

INTERVAL = 0.002  # segundos
CALLS = {
    ACCEPT: r"\b_?accept\(",
    RECV: r"\brecv(_into)?\(|\bselect\(|\bpoll\(",
    SEND: r"\bsend(all)?\(",
    LOCK: r"\bacquire\(|^with .*lock|lock$",  # lock$: só o que vem depois do with
    NOTICE: r"\bwait\(|\bjoin\(|\bsleep\(",
}
_known: dict[tuple[CodeType, int], str] = {}


class Sampler:
    """A thread que espia; ``note(kind, text=…, thread=…)`` grava cada mudança."""

    def __init__(self, note: Callable):
        self._note = note
        self._over = threading.Event()
        self._last: dict[threading.Thread, str] = {}
        self._thread = threading.Thread(target=self._run, name="fita: amostras", daemon=True)

    def start(self) -> Callable[[], None]:
        """Começa a espiar; devolve a função que para e espera a thread acabar."""
        self._thread.start()
        return self._stop

    def _stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(INTERVAL):
            frames = sys._current_frames()
            for thread in open_threads():
                frame = frames.get(thread.ident or 0)  # a que ainda vai começar não tem ident
                if frame and thread is not self._thread:
                    self._see(thread, state_of(frame))

    def _see(self, thread: threading.Thread, state: str) -> None:
        if self._last.get(thread) != state:
            self._last[thread] = state
            self._note("state", text=state, thread=thread)


def state_of(frame: FrameType) -> str:
    """O que espera a thread parada neste ponto: um dos estados acima."""
    key = frame.f_code, frame.f_lasti
    if key not in _known:
        _known[key] = _classify(*key)
    return _known[key]


def _classify(code: CodeType, last: int) -> str:
    """Pelo texto da chamada em que o ponto está: é dentro dela, em C, que se espera."""
    if code.co_filename == threading.__file__:
        return NOTICE  # Event, Condition e join esperam ali dentro
    start, end, left, right = list(code.co_positions())[last // 2]
    if start is None:
        return RUNNING
    line = linecache.getline(code.co_filename, start).encode()
    call = line[left : right if start == end else None].decode("utf-8", "replace")
    return next((state for state, pattern in CALLS.items() if re.search(pattern, call)), RUNNING)
