"""Os processos de um cluster: começar, matar, encerrar, e nunca deixar um para trás."""

import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

LOCAL = "127.0.0.1"
KEEPER = Path(__file__).with_name("keeper.py")
GOODBYE = 5.0  # segundos para um processo encerrar a pedido


class Nursery:
    """Os processos filhos, com um zelador que os encerra se este processo morrer.

    folder: a pasta provisória, apagada no fim.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="chatlib-cluster-"))
        self._lock = threading.Lock()  # uma linha por vez ao zelador
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", KEEPER], stdin=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self._keeper.stdin
        self._orders = self._keeper.stdin
        self._tell(self.folder)

    def spawn(self, command: list, **options) -> subprocess.Popen:
        """Começa um processo."""
        child = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, **options)
        self._tell(f"+{child.pid}")
        return child

    def forget(self, child: subprocess.Popen) -> None:
        """O processo acabou."""
        self._tell(f"-{child.pid}")

    def close(self) -> None:
        """Dispensa o zelador, que apaga a pasta."""
        with suppress(OSError):
            self._orders.close()
        self._keeper.wait()

    def _tell(self, line) -> None:
        with self._lock:
            self._orders.write(f"{line}\n")
            self._orders.flush()


class Part:
    """Uma peça do cluster: um processo que se liga, se mata e se liga de novo.

    name: como se chama, como ``no-1`` ou ``servidor-2``; host: onde atende; child: o processo, se está
    vivo; inside: o que se põe antes do comando, para que ele rode noutro lugar.
    """

    def __init__(self, name: str, nursery: Nursery):
        self.name, self.host, self.inside = name, LOCAL, list[str]()
        self.child: subprocess.Popen | None = None
        self._nursery = nursery

    def command(self) -> list:
        """O que se roda."""
        raise NotImplementedError

    def start(self) -> None:
        """Liga, e volta sem esperar que fique pronto."""
        log = self._nursery.folder / f"{self.name}.log"
        with log.open("ab") as file:
            self.child = self._nursery.spawn(
                [*self.inside, *self.command()], stdout=file, stderr=subprocess.STDOUT
            )

    @property
    def is_running(self) -> bool:
        """Se o processo está vivo."""
        return self.child is not None and self.child.poll() is None

    @property
    def is_ready(self) -> bool:
        """Se já faz o que tem de fazer."""
        raise NotImplementedError

    @property
    def said(self) -> str:
        """O que ele escreveu até agora."""
        log = self._nursery.folder / f"{self.name}.log"
        return log.read_text("utf-8", "replace") if log.exists() else ""

    def kill(self) -> None:
        """Mata de uma vez, como um ``kill -9``: ele não se despede de ninguém."""
        self._end("kill")

    def stop(self) -> None:
        """Pede que encerre; se demora, mata."""
        self._end("terminate")

    def _end(self, how: str) -> None:
        if not self.child:
            return
        getattr(self.child, how)()
        try:
            self.child.wait(GOODBYE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self._nursery.forget(self.child)
        self.child = None
