"""O instante em que cada thread começa e em que acaba, enquanto alguém quer saber."""

import sys
import threading
from collections.abc import Callable


class ThreadHook:
    """Conta o começo e o fim de toda thread que começa entre `install` e o desligamento.

    note: ``note(kind, thread=thread)``, com ``thread_started`` ou ``thread_ended``.
    """

    def __init__(self, note: Callable):
        self._note = note
        self._local = threading.local()

    def install(self) -> Callable[[], None]:
        """Liga; devolve a função que desliga."""
        before = threading.getprofile()

        def on_start(frame, event, arg):
            # A primeira coisa que a thread faz é chamar isto; depois ela segue sem ser observada.
            sys.setprofile(before)
            me = threading.current_thread()
            self._note("thread_started", thread=me)
            self._local.end = _End(self._note, me)

        threading.setprofile(on_start)
        return lambda: threading.setprofile(before)


class _End:
    """O que uma thread guarda só para ser destruído com ela."""

    def __init__(self, note: Callable, thread: threading.Thread):
        self._note, self._thread = note, thread

    def __del__(self):
        self._note("thread_ended", thread=self._thread)
