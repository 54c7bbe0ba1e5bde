"""``verificar_projeto``: confere, por fora, o servidor que o aluno escreveu.

Cada verificação liga o programa do aluno num processo novo, com a porta como último argumento,
e só conversa com ele pela rede, como `Guest`: linhas para lá, linhas para cá. O que se pede em
cada extensão está em `chatlib.lab.checking.extensions`.

    verificar_projeto("historico", ["python", "meu_servidor.py"])
"""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ...errors import UsageError
from ..peer import HOST, Peer
from .registry import EXTENSIONS, Check
from .report import Report, Row, remember

START = 10.0  # segundos para o programa abrir a porta
PATIENCE = 1.5  # segundos que se espera por uma linha
STOP = 2.0  # segundos entre pedir ao programa que termine e obrigá-lo
RETRY = 0.02  # segundos entre tentativas de conexão


class Trouble(Exception):
    """O programa não chegou ao que se ia conferir; a frase diz por quê."""


class Guest(Peer):
    """Alguém conectado ao servidor do aluno, que fala como o `Client`: com o apelido na frente."""

    def __init__(self, sock: socket.socket, apelido: str = ""):
        super().__init__(sock)
        self.apelido = apelido
        self._next = 0  # a primeira linha que hears ainda não passou
        self._marks = 0

    @property
    def lines(self) -> list[str]:
        """As linhas inteiras que chegaram até agora; NICK, que não tem fim de linha, sai."""
        whole = bytes(self.seen).removeprefix(b"NICK").split(b"\n")[:-1]
        return [line.removesuffix(b"\r").decode("utf-8", "replace") for line in whole]

    def say(self, text: str) -> None:
        """Manda uma linha à sala; um comando vai do mesmo jeito."""
        self.sock.settimeout(PATIENCE)
        self.sock.sendall(f"{self.apelido}: {text}\n".encode())

    def hears(self, *expected: str) -> bool:
        """Se as linhas chegam nesta ordem, depois da última que se esperou; outras podem vir entre elas."""
        return all(self._hears(partial(str.__eq__, text)) for text in expected)

    def hears_notice(self) -> bool:
        """Se chega um aviso do servidor, diga ele o que disser."""
        return self._hears(lambda line: line.startswith("* "))

    def all_lines(self) -> list[str]:
        """As linhas que chegaram, depois que o servidor atendeu a tudo o que já lhe foi mandado.

        Diz uma marca e espera que ela volte: o que viria antes dela já veio.
        """
        self._marks += 1
        mark = f"marca {self._marks}"
        self.say(mark)
        if not self.hears(f"{self.apelido}: {mark}"):
            raise Trouble(f"o que {self.apelido} diz não volta a {self.apelido}")
        return self.lines

    def _hears(self, fits: Callable[[str], bool]) -> bool:
        def position() -> int | None:
            places = range(self._next, len(lines := self.lines))
            return next((place for place in places if fits(lines[place])), None)

        self._read_until(lambda: position() is not None, PATIENCE)
        place = position()
        self._next = self._next if place is None else place + 1
        return place is not None


class Place:
    """O servidor do aluno no ar, e quem já se conectou a ele."""

    def __init__(self, process: subprocess.Popen, port: int, said):
        self._process, self._port, self._said = process, port, said
        self._guests: list[Guest] = []

    def visitor(self, apelido: str = "") -> Guest:
        """Alguém que se conectou e ainda não disse nada."""
        guest = Guest(self._dial(), apelido)
        self._guests.append(guest)
        return guest

    def guest(self, apelido: str) -> Guest:
        """Alguém que já entrou, e cuja entrada já foi anunciada."""
        guest = self.visitor(apelido)
        if guest.got(b"NICK", PATIENCE):
            guest.send(f"{apelido}\n".encode())
        if not guest.hears(f"{apelido} entrou!", "Conectado ao servidor!"):
            raise Trouble(
                f"{apelido} não leu as linhas {apelido} entrou! e Conectado ao servidor!, nessa ordem"
            )
        return guest

    def epitaph(self) -> str:
        """Se o programa já terminou, o que ele disse por último; senão, nada."""
        if self._process.poll() is None:
            return ""
        self._said.seek(0)
        last = self._said.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
        return f"o programa terminou sozinho{': ' + last if last else ''}"

    def close(self) -> None:
        """Desconecta todos."""
        for guest in self._guests:
            guest.close()

    def _dial(self) -> socket.socket:
        """Uma conexão, insistindo enquanto o programa ainda não abriu a porta."""
        deadline = time.monotonic() + START
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                sock = socket.create_connection((HOST, self._port), PATIENCE)
            except OSError:
                time.sleep(RETRY)
                continue
            if sock.getsockname() != sock.getpeername():  # o TCP permite conectar-se a si mesmo
                return sock
            sock.close()
        raise Trouble(self.epitaph() or f"o programa não abriu a porta que recebeu em {START:g} s")


def verificar_projeto(name: str, command: list[str], *, anotar: bool = True) -> Report:
    """Confere a extensão ``name`` no servidor que ``command`` liga, um processo por verificação.

    command: o programa e seus argumentos, como ``["python", "meu_servidor.py"]``; a porta vai
    depois deles; anotar: se o resultado entra no que `save_results` grava, o que não convém numa
    demonstração. Levanta UsageError se a extensão não existe ou o comando não é uma lista.
    """
    from . import extensions  # noqa: F401 - ao ser importado, declara o que se pede

    if name not in EXTENSIONS:
        raise UsageError(f"não conheço a extensão {name!r}: escolha entre {', '.join(EXTENSIONS)}")
    if isinstance(command, str) or not command:
        raise UsageError('passe o comando numa lista, como ["python", "meu_servidor.py"]')
    demanded = EXTENSIONS[name]
    if missing := [part for part in command if part.endswith(".py") and not Path(part).exists()]:
        report = Report(demanded, [], f"ainda por fazer: não há {missing[0]} nesta pasta")
    else:
        report = Report(demanded, [_run(item, command) for item in demanded.checks])
    if anotar:
        remember(report)
    return report


def _run(item: Check, command: list[str]) -> Row:
    with _serving(command) as place:
        try:
            good, why = item.run(place), ""
        except (Trouble, OSError) as trouble:
            good, why = False, str(trouble)
        why = place.epitaph() or why
    return Row(item.what, "" if good else item.hint + (f" ({why})" if why else ""))


@contextmanager
def _serving(command: list[str]) -> Iterator[Place]:
    """O programa no ar; no fim ele é encerrado, queira ou não."""
    port = _free_port()
    program = [sys.executable if command[0] in ("python", "python3") else command[0], *command[1:]]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [*program, str(port)], stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )
        place = Place(process, port, said)
        try:
            yield place
        finally:
            place.close()
            _stop(process)


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return listener.getsockname()[1]


def _stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
