"""O que leva a resposta a outro processo: a função, e tudo do notebook que ela usa.

O cloudpickle leva por valor as funções, as classes e as variáveis do notebook. O que não pode ir
(um socket, uma thread, um servidor no ar) vira um `Absent`, que só se queixa se for usado: a
resposta certa usa o que recebe, mas o notebook em que ela vive está cheio dessas coisas.
"""

import builtins
import io
import pickle
import socket
import threading
import types
from collections.abc import Callable

import cloudpickle

FRESH = {type(make()): make for make in (threading.Lock, threading.RLock, threading.local)}
BY_NAME = (type, types.FunctionType, types.BuiltinFunctionType)  # quem tem um módulo vai pelo nome
HEAVY = ("ipywidgets.", "traitlets.", "anywidget.", "ipykernel.", "zmq.", "IPython.")


class NotHere(Exception):
    """A resposta usou algo que ficou no notebook."""


class Absent:
    """O que ficou no notebook; usá-lo levanta NotHere."""

    def __init__(self, what: str):
        vars(self)["what"] = what

    def _complain(self, *_, **__):
        raise NotHere(
            f"a resposta usa um objeto {self.what} criado no notebook; use só o que a função recebe ou cria"
        )

    __call__ = __iter__ = __len__ = __enter__ = __setattr__ = __getitem__ = _complain

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        self._complain()


class _Pickler(cloudpickle.Pickler):
    def reducer_override(self, obj):
        kind = type(obj)
        found = super().reducer_override(obj)
        if found is not NotImplemented or kind in self.dispatch_table or isinstance(obj, BY_NAME):
            return found
        if kind in FRESH:  # um cadeado vai aberto: quem o trancou ficou
            return FRESH[kind], ()
        if kind.__name__.endswith("ExitAutocall"):  # o exit de um notebook, que fora dele é outro
            return getattr, (builtins, "exit")
        if isinstance(obj, socket.socket | threading.Thread) or f"{kind.__module__}.".startswith(HEAVY):
            return Absent, (kind.__name__,)
        try:
            obj.__reduce_ex__(pickle.DEFAULT_PROTOCOL)
        except Exception:  # cada tipo se recusa a seu modo: TypeError, PicklingError, NotImplementedError
            return Absent, (kind.__name__,)
        return NotImplemented


def pack(answer: Callable) -> bytes:
    """A resposta em bytes, que `pickle.loads` desfaz no outro processo."""
    parcel = io.BytesIO()
    _Pickler(parcel).dump(answer)
    return parcel.getvalue()
