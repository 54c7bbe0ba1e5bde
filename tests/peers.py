"""O que os testes usam: prazos, um servidor que sempre se encerra e um participante sem chatlib."""

import atexit
import os
import shutil
import socket
import ssl
import struct
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from chatlib import Client, Server, protocol
from chatlib.cert import make
from chatlib.tls import client_context, server_context

TICK = 0.1 * float(os.environ.get("CHATLIB_TEST_SCALE", "1"))  # todo prazo é múltiplo deste
DEADLINE = 150 * TICK


def wait_until(condition, what="a condição esperada"):
    """Espera até que ``condition()`` valha, e devolve o que ela deu."""
    deadline = time.monotonic() + DEADLINE
    while not (result := condition()):
        assert time.monotonic() < deadline, f"não aconteceu a tempo: {what}"
        time.sleep(TICK / 20)
    return result


class Wire(NamedTuple):
    """Como se fala num teste: os contextos TLS dos dois lados, e a pasta dos certificados."""

    server: ssl.SSLContext | None = None
    client: ssl.SSLContext | None = None
    folder: str | None = None


wire = Wire()  # o do teste que está rodando; quem o muda é a fixture ``wire``


@cache
def tls_wire():
    """Um servidor e um cliente com certificados de verdade."""
    folder = make(Path(tempfile.mkdtemp()) / "cert", ["localhost"])
    atexit.register(shutil.rmtree, folder.parent, ignore_errors=True)
    ca = str(folder / "ca.pem")
    return Wire(server_context(folder), client_context(ca), str(folder))


def set_wire(kind):
    """Os próximos servidores e participantes falam assim: ``claro`` ou ``tls``."""
    global wire
    wire = tls_wire() if kind == "tls" else Wire()


def over_wire(sock):
    """O mesmo socket, já conectado, do lado de quem entra: com TLS se o teste é com TLS.

    É o de `chatlib.tls`: o da biblioteca padrão não serve a uma thread que lê e outra que escreve.
    """
    return wire.client.wrap_socket(sock, server_hostname="localhost") if wire.client else sock


def server_args():
    """As opções de linha de comando de um servidor que fala como o teste."""
    folder = Path(wire.folder or "")
    return (
        ("--cert", f"{folder / 'server.pem'}", "--key", f"{folder / 'server-key.pem'}") if wire.folder else ()
    )


def enter(apelido, *address, **options):
    """Um `Client` na sala, que fala como o teste."""
    return Client(apelido, *address, **({"tls": wire.folder} | options))


@contextmanager
def run_server(**options):
    """Um servidor numa porta livre, encerrado ao final aconteça o que acontecer."""
    server = Server(**({"port": 0, "tls": wire.server} | options))
    try:
        yield server.start()
    finally:
        server.shutdown()


class RawPeer:
    """Um socket que fala o protocolo à mão, com prazo em toda leitura."""

    def __init__(self, address, apelido=None, end="\n", receive_buffer=None):
        self.sock = socket.socket()
        self.sock.settimeout(DEADLINE)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.connect(address)
        self.sock = over_wire(self.sock)
        self._buffer = b""
        if apelido:
            self.answer(apelido, end)
            assert self.line() == f"{apelido} entrou!"
            assert self.line() == protocol.GREETING

    def answer(self, apelido, end="\n"):
        """Espera NICK e responde com o apelido."""
        assert self.take(4) == protocol.NICK
        self.send(apelido + end)

    def send(self, data):
        """Manda texto ou bytes, como estão."""
        self.sock.sendall(data.encode() if isinstance(data, str) else data)

    def say(self, *texts):
        """Manda cada texto como uma linha."""
        self.send("".join(text + "\n" for text in texts))

    def take(self, count):
        """Exatamente ``count`` bytes."""
        while len(self._buffer) < count:
            assert self._fill(), f"a conexão acabou depois de {self._buffer!r}"
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def line(self):
        """A próxima linha, sem o ``\\n``; None se a conexão acabou."""
        while b"\n" not in self._buffer:
            if not self._fill():
                return None
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode()

    def lines(self, count):
        """As próximas ``count`` linhas."""
        return [self.line() for _ in range(count)]

    def until(self, text):
        """As linhas até a que contém ``text``, ela inclusive."""
        seen = [self.line()]
        while text not in (seen[-1] or text):
            seen.append(self.line())
        assert seen[-1] is not None, f"a conexão acabou antes de {text!r}: {seen[-4:]}"
        return seen

    def rest(self):
        """Todas as linhas até o fim da conexão."""
        return list(iter(self.line, None))

    def reset(self):
        """Encerra com RST, como um programa que cai."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self):
        """Encerra em ordem."""
        self.sock.close()

    def _fill(self):
        try:
            data = self.sock.recv(65536)
        except ConnectionError:
            return False
        self._buffer += data
        return bool(data)


@contextmanager
def scripted_server(script):
    """Um servidor de uma conexão só, que faz o que ``script(sock)`` mandar; dá o seu endereço."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(DEADLINE)

    def run():
        with suppress(OSError):
            sock, _ = listener.accept()
            with sock:
                sock.settimeout(DEADLINE)
                script(sock)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        thread.join()
        listener.close()


class TutorialServer:
    """Um servidor como o da apostila: ASCII, sem ``\\n``, e o que chega é repassado como veio."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.members = []
        self.threads = [threading.Thread(target=self._receive)]
        self.threads[0].start()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for sock in (self.listener, *self.members):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join()
        self.listener.close()

    def _receive(self):
        with suppress(OSError):
            while True:
                member, _ = self.listener.accept()
                member.send("NICK".encode("ascii"))
                apelido = member.recv(1024).decode("ascii")
                self.members.append(member)
                self._broadcast(f"{apelido} entrou!".encode("ascii"))
                member.send("Conectado ao servidor!".encode("ascii"))
                self.threads.append(threading.Thread(target=self._handle, args=(member,)))
                self.threads[-1].start()

    def _broadcast(self, message):
        for member in self.members:
            with suppress(OSError):
                member.send(message)

    def _handle(self, member):
        with member, suppress(OSError):
            while message := member.recv(1024):
                self._broadcast(message)


class TutorialClient:
    """Um cliente como o da apostila: compara com NICK, não usa ``\\n``, põe o próprio prefixo."""

    def __init__(self, address, apelido):
        self.apelido, self.printed = apelido, []
        self.sock = over_wire(socket.create_connection(address))
        self.thread = threading.Thread(target=self._receive)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.sock.close()

    def write(self, text):
        """O que a pessoa digitaria."""
        self.sock.send(f"{self.apelido}: {text}".encode("ascii"))

    def wait_for(self, text):
        """Espera que o texto apareça na tela."""
        wait_until(lambda: text in "".join(self.printed), f"{text!r} na tela")

    def _receive(self):
        with suppress(OSError):
            while data := self.sock.recv(1024):
                message = data.decode("ascii")
                if message == "NICK":
                    self.sock.send(self.apelido.encode("ascii"))
                else:
                    self.printed.append(message)
