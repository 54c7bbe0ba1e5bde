"""Um chat por TCP para aprender programação em redes.

    from chatlib import Server, Client

    with Server(port=0) as server, Client("Ana", *server.address) as ana:
        ana.write("oi")
        print(ana.wait_for("oi"))

O núcleo usa só a biblioteca padrão; os painéis (`ChatPanel` e `ServerPanel`) são carregados quando usados.
"""

from importlib import import_module
from typing import Any

from .client import Client
from .errors import ChatError
from .events import Event
from .kernel import stay_awake
from .server import Server

__version__ = "0.1.0"
__all__ = ["ChatError", "Client", "Event", "Server"]  # sem os painéis: `import *` não carrega widgets

stay_awake()


def __getattr__(name: str) -> Any:
    if module := {"ChatPanel": ".panels.chat.panel", "ServerPanel": ".panels.server.panel"}.get(name):
        return getattr(import_module(module, __name__), name)
    raise AttributeError(f"o módulo chatlib não tem {name!r}")
