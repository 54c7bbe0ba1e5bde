"""A porta da sala, dos dois lados: de uma conexão a um nome.

servidor                            cliente
   │ ── NICK ─────────────────────────▶ │   ask: pergunta e espera, até o prazo
   │ ◀───────────────────────── Ana\\n ─ │   enter: espera a pergunta e responde
   │ ── SENHA ────────────────────────▶ │   se a sala tem uma: a mesma `ask`
   │ ◀───────────────────── segredo\\n ─ │   unlock: responde, se ela vem
   │ ── * apelido recusado: …\\n ──────▶ │   turn_away, se não serve
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from . import protocol, sockets
from .errors import EntryRefused, PasswordRefused, ServerNotFound
from .password import Password
from .tls import CA, HELLO, Listener, Socket, accept, guard, server_context

Trace = Callable[[str, bytes], None]

WANTED = {protocol.NICK: "o apelido", protocol.SENHA: "a senha"}  # o que cada pergunta quer


class Newcomer(NamedTuple):
    """Quem acaba de responder.

    apelido: o que disse, sirva ou não; reader: como lê-lo daqui em diante; rest: o que já veio
    colado à resposta; is_plain: se não termina as linhas nem usou mais que ASCII, como um programa
    do documento, que morre com um acento.
    """

    apelido: str
    reader: protocol.LineReader | protocol.ChunkReader
    rest: bytes
    is_plain: bool


class Door:
    """Quem recebe as conexões.

    timeout: segundos para responder a NICK; max_text: bytes de uma mensagem; password: a senha da
    sala, ou None; tls: o certificado dela (veja `tls.server_context`), ou None. Os dois também se
    mudam com a sala aberta, e valem para quem chega depois.
    """

    def __init__(
        self,
        timeout: float = protocol.NICK_TIMEOUT,
        max_text: int = protocol.MAX_TEXT,
        *,
        password: str | None = None,
        tls: Any = None,
    ):
        self.timeout, self.max_text = timeout, max_text
        self.password_timeout = max(timeout, protocol.PASSWORD_TIMEOUT)
        self.password = password
        self.tls = tls
        self._over = threading.Event()

    @property
    def password(self) -> str | None:
        """A senha da sala; None se não tem. Só quem cuida da sala deve vê-la."""
        return self._password.text if self._password else None

    @password.setter
    def password(self, text: str | None) -> None:
        self._password = None if text is None else Password(text)

    @property
    def tls(self) -> ssl.SSLContext | None:
        """Com que se combina o TLS; None se a conversa vai em claro."""
        return self._tls

    @tls.setter
    def tls(self, tls: Any) -> None:
        self._tls = None if tls is None else server_context(tls)
        self.ca = Path(tls) / CA if isinstance(tls, str | Path) else None  # o que se entrega a quem entra

    def guard(self, listener: socket.socket) -> socket.socket:
        """O socket que escuta, dando só conexões que passaram pela porta."""
        return Listener(listener, lambda sock: guard(sock, self._tls) if self._tls else sock)

    def open(self) -> None:
        """Volta a receber, depois de `close`."""
        self._over.clear()

    def close(self) -> None:
        """Ninguém mais espera aqui: a sala está encerrando."""
        self._over.set()

    def ask(self, sock: socket.socket, trace: Trace) -> Newcomer:
        """Pergunta o apelido e, se a sala tem uma, a senha.

        EntryRefused se não vem resposta ou a senha está errada; OSError se a conexão cai. Quem não
        termina a resposta em ``\\n`` não terminará as mensagens: o leitor já sabe disso.
        """
        sockets.tune(sock)
        if isinstance(sock, Socket):
            accept(sock, self.timeout)
        password = self._password
        answer = ask(sock, protocol.NICK, self.timeout, veil(trace) if password else trace)
        if answer.startswith(HELLO):  # a recusa, ele não lerá: é para quem cuida da sala
            raise EntryRefused(protocol.not_tls.bare())
        first, newline, rest = answer.partition(b"\n")
        apelido = first.removesuffix(b"\r").decode("utf-8", "replace")
        if password:
            trace("received", first + newline)
            rest = self._ask_password(sock, password, trace, apelido, rest)
        if newline:
            reader = protocol.LineReader(self.max_text + protocol.MAX_PREFIX)
            return Newcomer(apelido, reader, rest, is_plain=False)
        return Newcomer(apelido, protocol.ChunkReader(), rest, is_plain=answer.isascii())

    def _ask_password(
        self, sock: socket.socket, password: Password, trace: Trace, apelido: str, early: bytes
    ) -> bytes:
        """Pergunta e confere a senha; devolve o que veio colado a ela. Quem observa o fio não a vê."""
        answer = ask(sock, protocol.SENHA, self.password_timeout, veil(trace), early)
        first, newline, rest = answer.partition(b"\n")
        trace("received", protocol.MASK + newline + rest)
        password.check(first.removesuffix(b"\r"), apelido, sock.getpeername()[0], self._over)
        return rest

    def turn_away(self, sock: socket.socket, why: str, trace: Trace, is_plain: bool = False) -> None:
        """Diz por que a conexão não entra, talvez só em ASCII; fechá-la é com quem a abriu."""
        line = protocol.encode(protocol.notice(why))
        line = protocol.plain(line) if is_plain else line
        with suppress(OSError):  # foi embora sem esperar a resposta
            sock.settimeout(sockets.LINGER)
            sock.sendall(line)
            trace("sent", line)


def veil(trace: Trace) -> Trace:
    """O mesmo ``trace``, sem o que se recebe: nele pode vir a senha."""
    return lambda kind, data: None if kind == "received" else trace(kind, data)


def ask(sock: socket.socket, question: bytes, timeout: float, trace: Trace, answer: bytes = b"") -> bytes:
    """Envia a pergunta e devolve o que veio em resposta, até o ``\\n`` e o que o seguiu.

    Um programa escrito segundo o documento não termina a resposta com ``\\n``: depois de cada
    pedaço ele é esperado por mais 200 ms, e o silêncio vale por fim. EntryRefused depois de
    ``timeout`` segundos; ConnectionError se o outro lado encerrou antes. ``trace`` fica sabendo
    de cada envio e de cada pedaço. answer: o começo da resposta, se já veio.
    """
    deadline = time.monotonic() + timeout
    sock.sendall(question)
    trace("sent", question)
    while b"\n" not in answer and len(answer) <= protocol.MAX_PREFIX:
        left = deadline - time.monotonic()
        if left <= 0:
            raise EntryRefused(protocol.silent.bare(WANTED[question], f"{timeout:g}"))
        sock.settimeout(min(left, protocol.QUIET) if answer else left)
        try:
            data = sock.recv(sockets.CHUNK)
        except TimeoutError:
            if answer and time.monotonic() < deadline:
                break
            continue
        trace("received", data)
        if not data:
            raise ConnectionAbortedError
        answer += data
    sock.settimeout(None)
    return answer


def enter(sock: socket.socket, apelido: str, deadline: float, trace: Trace) -> None:
    """Do lado do cliente, espera a pergunta, até o instante ``deadline`` (``time.monotonic``), e responde.

    EntryRefused se em lugar dela vem uma recusa; ServerNotFound se quem atende não é um chat;
    OSError se a conexão cai.
    """
    start = b""
    while start != protocol.NICK and len(start) < protocol.MAX_TEXT and not start.endswith(b"\n"):
        if not sockets.readable(sock, max(0, deadline - time.monotonic())):
            break
        want = len(protocol.NICK) - len(start)
        if not (data := sock.recv(max(want, 1))):
            break
        trace("received", data)
        start += data
    if start.startswith(protocol.NOTICE.encode()):
        raise protocol.refused(protocol.clean(start.decode("utf-8", "replace").strip()))
    if start != protocol.NICK:
        raise ServerNotFound(
            "esse endereço aceitou a conexão mas não pediu o apelido (NICK): não é um servidor de "
            "chat, ou ele está preso com outra pessoa; confira a porta"
        )
    sock.sendall(answer := f"{apelido}\n".encode())
    trace("sent", answer)


def unlock(sock: socket.socket, password: str | None, deadline: float, trace: Trace) -> bytes:
    """Do lado do cliente, depois de `enter`: se o servidor pede a senha, responde.

    Devolve o que já veio da sala, se ele não a pede. PasswordRefused se a pede e não a temos.
    """
    start = b""
    while start != protocol.SENHA and protocol.SENHA.startswith(start):
        if not sockets.readable(sock, max(0, deadline - time.monotonic())):
            return start
        if not (data := sock.recv(sockets.CHUNK)):
            return start
        trace("received", data)
        start += data
    if start != protocol.SENHA:
        return start
    if password is None:
        raise PasswordRefused("esta sala tem senha: peça-a a quem cuida da sala e entre com ela")
    sock.sendall(f"{password}\n".encode())
    trace("sent", protocol.MASK + b"\n")
    return b""
