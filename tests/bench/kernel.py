"""O que gasta um notebook parado: o processo do kernel, sem nada e com dois painéis."""

import subprocess
import time
from contextlib import contextmanager

from jupyter_client.manager import start_new_kernel
from running import BenchError, sample

SETTLE = 1.0  # s para o que se abriu se aquietar
LIMIT = 60  # s para uma célula
PANELS = """
from IPython.display import display
from chatlib import ChatPanel, Server
server = Server(port=0).start()
panels = [ChatPanel(server, apelido) for apelido in ("Ana", "Bia")]
display(*panels)
"""


@contextmanager
def kernel():
    """Um kernel novo: dá o pid e a função que roda uma célula."""
    manager, client = start_new_kernel(
        stderr=subprocess.DEVNULL
    )  # o ipykernel avisa ali do que aqui não importa

    def run(code: str) -> None:
        reply = client.execute_interactive(code, timeout=LIMIT, output_hook=lambda message: None)
        if reply["content"]["status"] != "ok":
            raise BenchError(f"a célula falhou: {reply['content']['evalue']}")

    try:
        yield manager.provisioner.pid, run
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def watch(pid: int, seconds: float) -> dict[str, float]:
    """Quantas vezes por segundo o processo acorda, e quanto do processador gasta."""
    time.sleep(SETTLE)
    before = sample(pid)
    time.sleep(seconds)
    after = sample(pid)
    return {
        "wakeups": (after.wakeups - before.wakeups) / seconds,
        "cpu": (after.cpu - before.cpu) / seconds * 100,
    }


def measure(seconds: float) -> dict[str, dict[str, float]]:
    """O kernel vazio, e o mesmo com um servidor e dois painéis."""
    with kernel() as (pid, run):
        run("import ipywidgets, chatlib")
        empty = watch(pid, seconds)
        run(PANELS)
        return {"vazio": empty, "com dois painéis": watch(pid, seconds)}
