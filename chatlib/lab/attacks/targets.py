"""As vítimas dos ataques: o chat ingênuo, o do aluno e o `chatlib`, cada um num processo que se encerra.

    with naive_server() as victim:
        socket.create_connection(victim.address)

Um processo à parte, porque alguns ataques deixam o ingênuo girando sem fim ou parado num
``send``, e só de fora se acaba com isso.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from ...errors import ChatError
from ..peer import HOST, Peer, wait_until
from . import naive, own

ROOT = Path(__file__).parents[3]
CHATLIB = ("-m", "chatlib")
NAIVE = (naive.__file__,)
START = 10.0  # segundos para um processo começar

_running: set[subprocess.Popen] = set()


def kill_all() -> None:
    """Acaba com toda vítima ainda de pé."""
    for process in list(_running):
        process.kill()


class Program:
    """Um programa Python num processo filho; ``lines`` é o que ele mostrou até agora."""

    def __init__(self, *command: str):
        # Um arquivo, e não um cano, que se encheria sem que ninguém o lesse; dura o que durar o processo.
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        self._name = Path(command[0]).name
        self._process = subprocess.Popen(
            [sys.executable, "-u", *command],
            env=os.environ | {"PYTHONPATH": path, "PYTHONUTF8": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
        )
        _running.add(self._process)
        assert self._process.stdin and self._process.stdout  # pedidos acima, com PIPE
        self._keyboard, self._screen = self._process.stdin, self._process.stdout
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, name="lab: tela", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._screen:
            self.lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))

    def shows(self, text: str, timeout: float = START) -> bool:
        """Se ``text`` aparece na tela dele, dentro do prazo."""
        return wait_until(lambda: any(text in line for line in self.lines[:]), timeout)

    def type(self, line: str) -> None:
        """Digita uma linha; se o programa já acabou, ninguém a lê."""
        with suppress(BrokenPipeError):
            self._keyboard.write(f"{line}\n".encode())
            self._keyboard.flush()

    def end_typing(self) -> None:
        """Acaba com o teclado, como o Ctrl+D."""
        with suppress(BrokenPipeError):
            self._keyboard.close()

    def interrupt(self) -> None:
        """Faz o que faz o Ctrl+C."""
        self._process.send_signal(signal.SIGINT)

    def ended(self, timeout: float) -> bool:
        """Se o processo termina por si, dentro do prazo."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
        return self._process.poll() is not None

    def complaint(self) -> str:
        """A última linha do erro que ele escreveu, e a linha do arquivo; ou texto vazio."""
        self._complaints.seek(0)
        text = self._complaints.read().decode("utf-8", "replace")
        where = re.findall(rf'{re.escape(self._name)}", line (\d+)', text)
        return "".join([*text.splitlines()[-1:], *(f" ({self._name}, linha {n})" for n in where[-1:])])

    def kill(self) -> None:
        """Acaba com o processo, esteja ele como estiver."""
        self._process.kill()
        self._process.wait()
        _running.discard(self._process)
        self._reader.join()
        self._screen.close()
        self._complaints.close()
        self.end_typing()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc) -> None:
        self.kill()


class ServerTarget:
    """Um servidor atacável.

    end: os bytes que terminam cada mensagem no protocolo dele (o ingênuo não tem);
    patience: segundos que se espera pelo que ele devia fazer.
    """

    def __init__(self, *command: str, end: bytes, patience: float):
        self._command, self.end, self.patience = command, end, patience
        self.address = HOST, 0  # a porta se sabe ao começar

    def start(self, port: int = 0) -> bool:
        """Põe o servidor no ar e diz se ele conseguiu; ``port`` 0 é uma porta qualquer."""
        self.program = Program(*self._command, str(port))
        wait_until(lambda: self.program.lines or self.program.ended(0), START)
        if not self.program.lines:
            return False
        self.address = HOST, self._port(self.program.lines[0])
        return True

    def _port(self, line: str) -> int:
        with suppress(ValueError):
            return int(line.rpartition(":")[2])
        self.stop()
        raise ChatError(
            f"a primeira linha que o servidor mostra devia acabar com dois-pontos e a porta, e foi {line!r}; "
            'mude-a para f"Servidor no ar em {host}:{server.getsockname()[1]}"'
        )

    def stop(self) -> None:
        """Mata o servidor, como uma queda de energia."""
        self.program.kill()

    def __enter__(self) -> "ServerTarget":
        if not self.start():
            why = self.program.complaint() or "não mostrou nada"
            self.stop()
            raise ChatError(f"o servidor não entrou no ar ({why}): rode-o num terminal e veja o que falta")
        return self

    def __exit__(self, *exc) -> None:
        self.stop()


class ClientTarget:
    """Um cliente atacável, de apelido Bia; ``server`` é o nosso lado da conexão dele.

    typed: o que se digita assim que ele começa.
    """

    def __init__(self, *command: str, end: bytes, patience: float, typed: str = ""):
        self._command, self.end, self.patience, self._typed = command, end, patience, typed

    def send(self, text: str) -> None:
        """Diz algo ao cliente, como o servidor diria."""
        self.server.send(text.encode() + self.end)

    def next_line(self) -> str:
        """A primeira linha que o cliente mostra depois de entrar."""
        wait_until(lambda: len(self.program.lines) > 1, START)
        return self.program.lines[1]

    def __enter__(self) -> "ClientTarget":
        with socket.create_server((HOST, 0)) as listener:
            port = str(listener.getsockname()[1])
            self.program = Program(*(word.format(port=port) for word in self._command))
            if self._typed:
                self.program.type(self._typed)
            self.server = self._meet(listener)
        self.server.send(b"NICK")
        self.server.got(b"Bia", START)
        self.send("Bia entrou!")
        self.program.shows("Bia entrou!")
        return self

    def _meet(self, listener: socket.socket) -> Peer:
        """O nosso lado da conexão do cliente; ChatError se ele não se conecta."""
        listener.settimeout(0.1)
        deadline = time.monotonic() + START
        while not self.program.ended(0) and time.monotonic() < deadline:
            with suppress(TimeoutError):
                return Peer(listener.accept()[0])
        why = self.program.complaint() or "não disse por quê"
        self.program.kill()
        raise ChatError(f"o cliente não se conectou ({why}): rode-o num terminal e veja o que falta")

    def __exit__(self, *exc) -> None:
        self.program.kill()
        self.server.close()


# O que o ingênuo não faz em meio segundo, ele não faz nunca. Do outro se espera mais, para que
# uma máquina ocupada não passe por defeito.
IMPATIENT, PATIENT = 0.5, 5.0
HALFWAY = 2.0  # o do aluno faz umas coisas e outras não


def naive_server() -> ServerTarget:
    """O servidor ingênuo, que começa no ``with``."""
    return ServerTarget(*NAIVE, "server", end=b"", patience=IMPATIENT)


def own_server(*changes: str) -> ServerTarget:
    """O ``servidor.py`` do aluno, que começa no ``with``.

    changes: definições que substituem as de mesmo nome, só nesta vítima; o arquivo não muda.
    """
    path = own.find("servidor.py")
    command = ("-c", own.changed(path, "\n\n".join(changes))) if changes else (str(path),)
    return ServerTarget(*command, HOST, end=b"\n", patience=HALFWAY)


def chatlib_server() -> ServerTarget:
    """O servidor de `chatlib`, que começa no ``with``."""
    return ServerTarget(*CHATLIB, "server", "--port", end=b"\n", patience=PATIENT)


def naive_client(encoding: str = "ascii") -> ClientTarget:
    """O cliente ingênuo, que começa no ``with``."""
    return ClientTarget(*NAIVE, "client", "Bia", "{port}", encoding, end=b"", patience=IMPATIENT)


def own_client() -> ClientTarget:
    """O ``cliente.py`` do aluno, que começa no ``with``."""
    path = str(own.find("cliente.py"))
    return ClientTarget(path, HOST, "{port}", end=b"\n", patience=HALFWAY, typed="Bia")


def chatlib_client() -> ClientTarget:
    """O cliente de `chatlib`, que começa no ``with``."""
    return ClientTarget(
        *CHATLIB, "client", "--apelido", "Bia", "--port", "{port}", end=b"\n", patience=PATIENT
    )
