"""A porta da sala, dos dois lados: de uma conexão a um nome.

servidor                            cliente
   │ ── NICK ─────────────────────────▶ │   ask: pergunta e espera, até o prazo
   │ ◀───────────────────────── Ana\\n ─ │   enter: espera a pergunta e responde
   │ ── * apelido recusado: …\\n ──────▶ │   turn_away, se não serve
"""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from . import protocol, sockets
from .errors import EntryRefused, ServerNotFound

Trace = Callable[[str, bytes], None]


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
    """Quem recebe as conexões; timeout: segundos para responder; max_text: bytes de uma mensagem."""

    def __init__(self, timeout: float = protocol.NICK_TIMEOUT, max_text: int = protocol.MAX_TEXT):
        self.timeout, self.max_text = timeout, max_text

    def ask(self, sock: socket.socket, trace: Trace) -> Newcomer:
        """Pergunta o apelido; EntryRefused se ele não vem, OSError se a conexão cai.

        Quem não termina a resposta em ``\\n`` não terminará as mensagens: o leitor já sabe disso.
        """
        sockets.tune(sock)
        answer = ask(sock, protocol.NICK, self.timeout, trace)
        first, newline, rest = answer.partition(b"\n")
        apelido = first.removesuffix(b"\r").decode("utf-8", "replace")
        if newline:
            reader = protocol.LineReader(self.max_text + protocol.MAX_PREFIX)
            return Newcomer(apelido, reader, rest, is_plain=False)
        return Newcomer(apelido, protocol.ChunkReader(), rest, is_plain=answer.isascii())

    def turn_away(self, sock: socket.socket, why: str, trace: Trace, is_plain: bool = False) -> None:
        """Diz por que a conexão não entra, talvez só em ASCII; fechá-la é com quem a abriu."""
        line = protocol.encode(protocol.notice(why))
        line = protocol.plain(line) if is_plain else line
        with suppress(OSError):  # foi embora sem esperar a resposta
            sock.settimeout(sockets.LINGER)
            sock.sendall(line)
            trace("sent", line)


def ask(sock: socket.socket, question: bytes, timeout: float, trace: Trace) -> bytes:
    """Envia a pergunta e devolve o que veio em resposta, até o ``\\n`` e o que o seguiu.

    Um programa escrito segundo o documento não termina a resposta com ``\\n``: depois de cada
    pedaço ele é esperado por mais 200 ms, e o silêncio vale por fim. EntryRefused depois de
    ``timeout`` segundos; ConnectionError se o outro lado encerrou antes. ``trace`` fica sabendo
    de cada envio e de cada pedaço.
    """
    deadline = time.monotonic() + timeout
    sock.sendall(question)
    trace("sent", question)
    answer = b""
    while b"\n" not in answer and len(answer) <= protocol.MAX_PREFIX:
        left = deadline - time.monotonic()
        if left <= 0:
            raise EntryRefused(protocol.silent.bare(f"{timeout:g}"))
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
