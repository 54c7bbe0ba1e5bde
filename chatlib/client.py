"""O cliente do chat: ``write`` manda, ``receive`` traz a próxima mensagem.

    ana = Client("Ana")
    ana.write("oi, gente")
    ana.wait_for("oi, gente")   # 'Ana: oi, gente'
    ana.close()

Quem quer fazer as duas coisas ao mesmo tempo usa duas threads, uma para cada função, como
nas aulas; ou passa ``on_message``, e a thread de leitura é do próprio cliente.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from . import protocol, rerun, sockets
from .errors import (
    ApelidoRefused,
    ChatError,
    ConnectionLost,
    ConversationOver,
    EntryRefused,
    NoMessage,
    ServerNotFound,
)
from .events import Event, Listener, Listeners

log = logging.getLogger("chatlib")

TIMEOUT = 10.0  # segundos para conectar, entrar e enviar
PATIENCE = 5.0  # segundos que receive e wait_for esperam se ninguém disser outra coisa
MAX_LINE = 1 << 20  # bytes de uma linha do servidor; a de /quem numa sala cheia é a maior
KEPT = 1000  # mensagens que ficam em Client.messages
TOO_LONG = protocol.notice("o servidor mandou uma linha longa demais, que não foi mostrada")


class Client:
    """Um participante do chat, já dentro da sala quando o construtor volta.

    apelido: o nome na sala (veja `protocol.check_apelido`); host e port: o servidor;
    timeout: segundos para conectar, entrar e enviar; on_message: função chamada com cada
    mensagem, de uma thread do cliente; on_end: chamada uma vez no fim, com o `ChatError` que
    encerrou a conversa, ou None se foi ``close()`` ou ``/sair``; on_wire: função chamada com cada
    `Event` do fio, já desde a entrada (veja `tap`).

    messages: as últimas 1000 mensagens que chegaram, da mais antiga à mais nova.

    Levanta ApelidoRefused, EntryRefused, ServerNotFound, ConnectionLost ou UsageError.
    """

    def __init__(
        self,
        apelido: str,
        host: str = protocol.HOST,
        port: int = protocol.PORT,
        *,
        timeout: float = TIMEOUT,
        on_message: Callable[[str], None] | None = None,
        on_end: Callable[[ChatError | None], None] | None = None,
        on_wire: Listener | None = None,
    ):
        self._taps = Listeners()
        if on_wire:
            self.tap(on_wire)
        self.apelido = protocol.check_apelido(apelido)
        protocol.check_port(port)
        for old in rerun.claim(self):
            old.close()
        self.messages: deque[str] = deque(maxlen=KEPT)
        self._arrived: deque[str] = deque()  # o que chegou e receive ainda não devolveu
        self._reader = protocol.LineReader(MAX_LINE)
        self._framed: bool | None = None  # se o servidor termina as linhas em \n; None: não sei
        self._partial = b""  # só de um servidor que não termina
        self._leaving = self._present = False
        self._closed = True  # até haver conexão: a próxima rodada da célula pode achar um Client pela metade
        self._writing = threading.Lock()  # um sendall de cada vez, para não misturar linhas
        self._sock = sockets.connect(host, port, timeout)
        self._address = self._sock.getsockname()[:2]
        self._closed = False
        try:
            self._enter(timeout)
        except BaseException:
            self.close()
            raise
        self._thread = None
        if on_message:
            args = on_message, on_end
            self._thread = threading.Thread(target=self._listen, args=args, daemon=True)
            self._thread.start()

    # --- as funções das aulas

    def write(self, text: str) -> None:
        """Manda o texto à sala; cada linha dele é uma mensagem.

        Levanta ConversationOver depois de `close`, e ConnectionLost se o servidor se foi.
        """
        if self._closed:
            raise self._over()
        lines = [line for line in text.split("\n") if line.strip()]
        self._leaving = self._leaving or any(map(_asks_to_leave, lines))
        try:
            with self._writing:
                said = "".join(f"{self.apelido}: {line}\n" for line in lines)
                self._send(said.encode("utf-8", "replace"))
        except OSError as error:
            raise self._lost("a mensagem não saiu") from error

    def receive(self, timeout: float | None = PATIENCE) -> str:
        """A próxima mensagem, esperando por ela até ``timeout`` segundos (None: sempre).

        Levanta NoMessage se nada chegar, ConnectionLost se o servidor se foi e
        ConversationOver se a conversa acabou deste lado. Uma thread de cada vez.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._arrived:
            self._read(deadline)
        return self._arrived.popleft()

    def wait_for(self, text: str, timeout: float = PATIENCE) -> str:
        """Lê mensagens até uma que contenha ``text``, e a devolve; as anteriores passam.

        timeout: segundos ao todo. Levanta o mesmo que `receive`.
        """
        deadline = time.monotonic() + timeout
        try:
            while text not in (message := self.receive(max(0, deadline - time.monotonic()))):
                pass
        except NoMessage:
            last = f"a última foi {self.messages[-1]!r}" if self.messages else "nada chegou"
            raise NoMessage(
                f"não chegou mensagem com {text!r} em {timeout:g} s ({last}): confira o que se esperava"
            ) from None
        return message

    def __iter__(self) -> Iterator[str]:
        """Cada mensagem que chega, até ``close()`` ou ``/sair``; ConnectionLost se o servidor cair."""
        while True:
            try:
                message = self.receive(timeout=None)
            except ConversationOver:
                return
            yield message

    def leave(self) -> None:
        """Pede para sair; o que ainda ia chegar chega, e então o servidor encerra a conexão.

        Um servidor escrito segundo o documento não conhece ``/sair``: só `close` o deixa.
        """
        if self._framed:
            self.write("/sair")

    def close(self) -> None:
        """Sai da sala e fecha a conexão; chamar de novo não faz nada."""
        if self._closed:
            return
        self._closed, self._present = True, False
        if self._framed:  # até o servidor encerrar também, e o apelido estar livre
            sockets.drain(self._sock)
        sockets.shut(self._sock)  # acorda quem estiver em receive
        thread = getattr(self, "_thread", None)
        if thread and thread is not threading.current_thread():
            thread.join()
        self._sock.close()
        self._trace("closed")

    @property
    def is_framed(self) -> bool:
        """Se o servidor termina as linhas em ``\\n``, como os que conhecem comandos."""
        return bool(self._framed)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *exc) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client {self.apelido}: {'na sala' if self._present else 'fora da sala'}>"

    def tap(self, listener: Listener) -> Callable[[], None]:
        """Chama ``listener(event)`` a cada `Event` do fio; devolve a função que cancela.

        São ``sent``, ``received`` e ``closed``, da thread que escreve, lê ou fecha.
        """
        return self._taps.add(listener)

    # --- a entrada

    def _enter(self, timeout: float) -> None:
        """Responde a NICK e espera ser aceito."""
        deadline = time.monotonic() + timeout
        self._await_nick(deadline)
        self._answer_nick()
        try:
            first = self.receive(max(0, deadline - time.monotonic()))
        except NoMessage:
            raise EntryRefused(
                f"o servidor não respondeu ao apelido em {timeout:g} s: ele pode estar sobrecarregado"
            ) from None
        if first.startswith(protocol.NOTICE):
            raise _refusal(first)
        self._arrived.appendleft(first)
        self._present = True

    def _answer_nick(self) -> None:
        try:
            self._send(f"{self.apelido}\n".encode())
        except OSError as error:
            raise self._lost("ela caiu antes da entrada") from error

    def _await_nick(self, deadline: float) -> None:
        start = b""
        try:
            while start != protocol.NICK and len(start) < protocol.MAX_TEXT and not start.endswith(b"\n"):
                if not sockets.readable(self._sock, max(0, deadline - time.monotonic())):
                    break
                want = len(protocol.NICK) - len(start)
                if not (data := self._sock.recv(max(want, 1))):
                    break
                self._trace("received", data)
                start += data
        except OSError as error:
            raise self._lost("ela caiu antes da entrada") from error
        if start.startswith(protocol.NOTICE.encode()):
            raise _refusal(protocol.clean(start.decode("utf-8", "replace").strip()))
        if start != protocol.NICK:
            raise ServerNotFound(
                "esse endereço aceitou a conexão mas não pediu o apelido (NICK): não é um servidor de "
                "chat, ou ele está preso com outra pessoa; confira a porta"
            )

    # --- o fio

    def _send(self, data: bytes) -> None:
        began = time.monotonic()
        self._sock.sendall(data)
        self._trace("sent", data, began)

    def _trace(self, kind: str, data: bytes = b"", began: float = 0.0) -> None:
        if self._taps.all:  # sem ninguém olhando, nada se monta
            self._taps.tell(Event(kind, self.apelido, "", self._address, data, began))

    # --- a leitura

    def _read(self, deadline: float | None) -> None:
        """Lê o que houver no socket, uma vez; põe em _arrived o que se completou."""
        wait = None if deadline is None else max(0, deadline - time.monotonic())
        if self._partial:
            wait = protocol.QUIET if wait is None else min(wait, protocol.QUIET)
        if self._closed:
            raise self._over()
        try:
            data = self._sock.recv(sockets.CHUNK) if sockets.readable(self._sock, wait) else None
        except (OSError, ValueError) as error:  # ValueError: close() fechou o socket agora mesmo
            raise self._ended("a conexão caiu") from error
        if data is None:
            self._on_quiet()
        elif data:
            self._trace("received", data)
            self._feed(data)
        elif self._partial:
            self._take_partial()
        else:
            raise self._ended("o servidor encerrou a conexão")

    def _on_quiet(self) -> None:
        if self._partial:
            return self._take_partial()
        raise NoMessage("nenhuma mensagem chegou no tempo dado: ninguém falou, ou a resposta demora")

    def _feed(self, data: bytes) -> None:
        if self._framed:
            return self._arrive(self._reader.feed(data))
        self._partial += data
        if self._framed is None:
            self._discover_framing()
        else:
            *lines, self._partial = self._partial.split(b"\n")
            self._arrive(lines)
        if len(self._partial) > MAX_LINE:
            self._partial = b""
            self._arrive([None])

    def _discover_framing(self) -> None:
        """Decide, uma vez, se o servidor termina as linhas, pela primeira que ele manda.

        Um servidor escrito segundo o documento repete nosso apelido com o ``\\n`` que mandamos,
        e não põe outro: ``Ana\\n entrou!``. Esse ``\\n`` é nosso, e sai.
        """
        first, newline, rest = self._partial.partition(b"\n")
        if not newline:
            return
        data, self._partial = self._partial, b""
        self._framed = first != self.apelido.encode()
        self._feed(data if self._framed else first + rest)

    def _take_partial(self) -> None:
        """O silêncio encerra o que estava pela metade: o servidor não usa ``\\n``."""
        if self._partial:
            self._framed = False
            line, self._partial = self._partial, b""
            self._arrive([line])

    def _arrive(self, lines: list[bytes | None]) -> None:
        for line in lines:
            text = TOO_LONG if line is None else protocol.clean(line.decode("utf-8", "replace"))
            if text:
                self.messages.append(text)
                self._arrived.append(text)

    def _listen(self, on_message, on_end) -> None:
        failure = None
        try:
            for message in self:
                on_message(message)
        except ChatError as error:
            failure = error
        except Exception:
            log.exception("falha em on_message de %s", self.apelido)
            failure = ConnectionLost("a função que recebe as mensagens falhou; veja o registro")
        if on_end:
            on_end(failure)

    # --- os fins

    def _ended(self, what: str) -> ChatError:
        self._present = False
        return self._over() if self._closed or self._leaving else self._lost(what)

    def _over(self) -> ConversationOver:
        return ConversationOver(f"{self.apelido} já saiu da sala: crie outro Client para voltar")

    def _lost(self, what: str) -> ConnectionLost:
        return ConnectionLost(
            f"{what}: o servidor foi encerrado, cortou esta conexão ou a rede caiu; "
            "veja se ele está no ar e crie outro Client"
        )


def _asks_to_leave(line: str) -> bool:
    return line.partition(" ")[0].rstrip("\r").casefold() == "/sair"  # como em `commands.run`


def _refusal(line: str) -> EntryRefused:
    why = line.removeprefix(protocol.NOTICE)
    return (ApelidoRefused if why.startswith("apelido") else EntryRefused)(why)
