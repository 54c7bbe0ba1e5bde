"""Um servidor e um gerador de carga, cada um no seu processo, e o que o sistema conta do servidor."""

import json
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from contenders import CONTENDERS, HERE, ROOT, free_port, said_port

START_LIMIT = 10  # s até o servidor escutar
LOAD_LIMIT = 150  # s para uma medida inteira
STOP_LIMIT = 5  # s entre pedir que o servidor pare e matá-lo
TICK = os.sysconf("SC_CLK_TCK")


class BenchError(Exception):
    """Uma medida que não deu certo; a mensagem diz por quê."""


@dataclass(frozen=True)
class Sample:
    """O que o sistema diz de um processo num instante.

    at e cpu: segundos; memory: bytes que são só dele; threads e descriptors: quantos; wakeups: quantas
    vezes uma thread dele dormiu à espera de algo, desde o início.
    """

    at: float
    cpu: float
    memory: int
    threads: int
    descriptors: int
    wakeups: int


def sample(pid: int) -> Sample:
    """Olha o processo em ``/proc``."""
    proc = Path("/proc") / str(pid)
    times = (proc / "stat").read_text().rpartition(")")[2].split()
    private = re.findall(r"^Private_\w+: +(\d+) kB", (proc / "smaps_rollup").read_text(), re.MULTILINE)
    tasks = [status for task in (proc / "task").iterdir() if (status := read_status(task))]
    return Sample(
        at=time.monotonic(),
        cpu=(int(times[11]) + int(times[12])) / TICK,
        memory=1024 * sum(map(int, private)),
        threads=len(tasks),
        descriptors=len(list((proc / "fd").iterdir())),
        wakeups=sum(
            int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.MULTILINE)[1]) for text in tasks
        ),
    )


def read_status(task: Path) -> str:
    """O que o sistema diz da thread; nada, se ela acabou enquanto se olhava."""
    with suppress(OSError):
        return (task / "status").read_text()
    return ""


def compile_sources(directory: Path) -> None:
    """Põe na pasta os programas em C."""
    for name in ("load", "cloop"):
        command = ["cc", "-O2", "-Wall", "-Wextra", "-o", str(directory / name), str(HERE / f"{name}.c")]
        subprocess.run(command, check=True)


@contextmanager
def running(name: str, directory: Path) -> Iterator[tuple[int, int]]:
    """Sobe um servidor, dá ``(pid, porta)`` e, na saída, encerra só esse processo."""
    contender = CONTENDERS[name]
    given = free_port()
    log = directory / "server.log"
    with log.open("wb") as output:  # um arquivo, não um pipe: ninguém precisa esvaziá-lo
        process = subprocess.Popen(
            contender.command(directory, given),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process.pid, wait_port(process, None if contender.says_port else given, log)
    finally:
        stop(process)


def wait_port(process: subprocess.Popen, port: int | None, log: Path) -> int:
    """Espera o servidor escutar e devolve a porta."""
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        if port is None and (said := said_port(log.read_text(errors="replace"))):
            return said
        if port is not None and accepts(port):
            return port
        time.sleep(0.02)
    why = log.read_text(errors="replace")[-300:].strip() or "calado"
    raise BenchError("o servidor não subiu: " + why)


def accepts(port: int) -> bool:
    """Se alguém escuta na porta."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def stop(process: subprocess.Popen) -> None:
    """Pede que o processo termine; se ele não atende, mata-o."""
    process.terminate()
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def killed_in(seconds: float, process: subprocess.Popen) -> Iterator[None]:
    """Um prazo: passado ele, o processo é morto."""
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def run_load(protocol: str, port: int, words: list, directory: Path, look: Callable[[], None]) -> dict:
    """Aplica uma carga e devolve o que `load` contou; ``look`` é chamada em cada pausa dele."""
    command = [str(directory / "load"), protocol, str(port), *map(str, words)]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    result = {}
    with subprocess.Popen(command, text=True, **pipes) as process, killed_in(LOAD_LIMIT, process):
        for line in process.stdout:
            if line == "pausa\n":
                look()
                print(file=process.stdin, flush=True)
            else:
                result = json.loads(line)
        complaint = " ".join(process.stderr.read().split())
    if process.returncode:
        raise BenchError(complaint or f"não terminou em {LOAD_LIMIT} s")
    return result
