"""Rodar uma célula de novo: o que a rodada anterior dela abriu é encerrado antes.

Sem isso, a segunda rodada de ``server = Server().start()`` encontraria a porta ocupada pela
primeira, e a de ``ana = Client("Ana")``, o apelido em uso. Fora do Jupyter nada disso age.
"""

import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Resource(Protocol):
    """O que uma célula abre e sabe encerrar."""

    def close(self) -> None:
        """Encerra; chamar de novo não faz nada."""


_opened: dict[str, tuple[int, list[weakref.ref[Resource]]]] = {}  # célula -> (rodada, o que ela abriu)
_thread = threading.local()


def claim(resource: Resource) -> list[Resource]:
    """Lembra que esta rodada da célula abriu ``resource``; devolve o que a anterior abriu.

    Quem chama encerra, com ``close()``, o que receber. A lista só vem na primeira chamada de
    cada rodada.
    """
    cell, run = _current_cell()
    if not cell or getattr(_thread, "unclaimed", False):
        return []
    last_run, opened = _opened.get(cell, (run, []))
    previous = [ref() for ref in opened] if last_run != run else []
    if last_run != run or cell not in _opened:
        _opened[cell] = run, []
    _opened[cell][1].append(weakref.ref(resource))
    return [old for old in reversed(previous) if old is not None]


@contextmanager
def unclaimed() -> Iterator[None]:
    """O que esta thread abrir no bloco não é da célula que está rodando."""
    _thread.unclaimed = True
    try:
        yield
    finally:
        _thread.unclaimed = False


def _current_cell() -> tuple[str, int]:
    """Que célula está rodando, e em que rodada; ("", 0) fora do Jupyter ou num botão de um painel."""
    ipython = sys.modules.get("IPython")  # nunca importado por nós: fora do Jupyter, não está lá
    shell = ipython and ipython.get_ipython()
    if shell is None or not hasattr(shell, "get_parent"):
        return "", 0
    parent = shell.get_parent()
    if parent.get("header", {}).get("msg_type") == "comm_msg":
        return "", 0
    cell = parent.get("metadata", {}).get("cellId")
    # Quem executa notebooks sem uma página, como o nbclient, só manda o texto da célula.
    return cell or shell.history_manager.input_hist_raw[-1], shell.execution_count
