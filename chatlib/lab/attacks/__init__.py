"""O catálogo de ataques da aula 07: cada um é uma função curta que devolve o que se viu.

    @attack("chegar", "conectar e desligar na hora", cause="…", mend="…")
    def port_scan(scene):
        ...
        return "ninguém mais entra"    # ou nada, se o chat nem sentiu

Um ataque recebe uma `Scene`: a vítima (veja `chatlib.lab.attacks.targets`) e as pessoas que entram no
chat para atacá-la, ou para sofrer com isso. O mesmo ataque, sem mudança, vai contra o chat ingênuo,
contra o do aluno e contra o `chatlib`. Só o protocolo difere: o ingênuo não termina as mensagens em ``\\n``.
"""

from . import arriving, delivering, leaving, naive, trusting, using
from .catalog import ATTACKS, Attack, Result, run, table, tell
from .rehearsal import rehearse
from .scene import Flood, Person, Scene
from .targets import chatlib_server, naive_server, own_server

__all__ = [
    "ATTACKS",
    "Attack",
    "Flood",
    "Person",
    "Result",
    "Scene",
    "arriving",
    "chatlib_server",
    "delivering",
    "leaving",
    "naive",
    "naive_server",
    "own_server",
    "rehearse",
    "run",
    "table",
    "tell",
    "trusting",
    "using",
]
