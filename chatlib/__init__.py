"""Um chat por TCP para aprender programação em redes.

    from chatlib import Server, Client

    with Server(port=0) as server, Client("Ana", *server.address) as ana:
        ana.write("oi")
        print(ana.wait_for("oi"))

O núcleo usa só a biblioteca padrão; o painel (`ChatPanel`) é carregado quando usado.
"""

import logging

from .client import Client
from .errors import ChatError
from .events import Event
from .server import Server

__version__ = "0.1.0"
__all__ = ["ChatError", "Client", "Event", "Server"]  # sem ChatPanel: `import *` não carrega widgets

logging.getLogger("chatlib").addHandler(logging.NullHandler())


def __getattr__(name: str):
    if name == "ChatPanel":
        from .panel import ChatPanel

        return ChatPanel
    raise AttributeError(f"o módulo chatlib não tem {name!r}")
