"""O zelador: um processo que só espera o fim de quem o chamou, para encerrar o que ele deixar.

Roda sozinho, sem importar nada do chat. Da entrada vêm linhas: ``+pid`` e ``-pid`` dizem que um
processo começou ou acabou, e a primeira é a pasta provisória. A entrada acaba quando o outro lado
fecha ou morre, até de ``kill -9``: o que ainda estiver na lista é encerrado, e a pasta, apagada.
"""

import os
import shutil
import signal
import sys
from contextlib import suppress

FINAL = getattr(signal, "SIGKILL", signal.SIGTERM)  # no Windows, um encerra como o outro


def keep(lines) -> None:
    """Segue as linhas até o fim, e então encerra o que sobrou."""
    alive: set[int] = set()
    folder = next(lines).strip()
    for line in lines:
        (alive.add if line[0] == "+" else alive.discard)(int(line[1:]))
    for pid in alive:
        with suppress(OSError):
            os.kill(pid, FINAL)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # o Ctrl+C do terminal é com quem o chamou
    keep(iter(sys.stdin.readline, ""))
