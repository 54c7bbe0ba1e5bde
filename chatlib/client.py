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
from typing import Any, Self

from . import protocol, rerun, sockets
from .apelidos import check_apelido
from .commands import meaning
from .door import enter, unlock
from .errors import ChatError, ConnectionLost, ConversationOver, EntryRefused, MessageRefused, NoMessage
from .events import Event, Listener, Listeners
from .password import check_password
from .tls import client_context, connect

log = logging.getLogger("chatlib")

OnMessage = Callable[[str], None]
OnEnd = Callable[[ChatError | None], None]

TIMEOUT = 10.0  # segundos para conectar, entrar e enviar
PATIENCE = 5.0  # segundos que receive e wait_for esperam se ninguém disser outra coisa
MAX_LINE = 1 << 20  # bytes de uma linha do servidor; a de /quem numa sala cheia é a maior
KEPT = 1000  # mensagens que ficam em Client.messages


class Client:
    """Um participante do chat, já dentro da sala quando o construtor volta.

    apelido: o nome na sala (veja `apelidos.check_apelido`); host e port: o servidor; timeout:
    segundos para conectar, entrar e enviar; password: a senha da sala, se ela tem uma; tls: o caminho
    do ca.pem dela, se a conversa é cifrada (veja `tls.client_context`); on_message: função chamada com
    cada mensagem, de uma thread do cliente; on_end: chamada uma vez no fim, com o `ChatError` que
    encerrou a conversa, ou None se foi ``close()`` ou ``/sair``; on_wire: chamada com cada `Event` do
    fio, já desde a entrada (veja `tap`).

    messages: as últimas 1000 mensagens que chegaram, da mais antiga à mais nova.

    Levanta UsageError, ServerNotFound, TlsError, ConnectionLost, ou EntryRefused, que pode ser por causa
    do apelido (ApelidoRefused) ou da senha (PasswordRefused).
    """

    def __init__(
        self,
        apelido: str,
        host: str = protocol.HOST,
        port: int = protocol.PORT,
        *,
        timeout: float = TIMEOUT,
        password: str | None = None,
        tls: Any = None,
        on_message: OnMessage | None = None,
        on_end: OnEnd | None = None,
        on_wire: Listener | None = None,
    ):
        self._taps = Listeners()
        if on_wire:
            self.tap(on_wire)
        self.apelido = check_apelido(apelido)
        protocol.check_port(port)
        password = None if password is None else check_password(password)
        context = client_context(tls)
        for old in rerun.claim(self):
            old.close()
        self.messages: deque[str] = deque(maxlen=KEPT)
        self._arrived: deque[str] = deque()  # o que chegou e receive ainda não devolveu
        self._reader = protocol.ServerReader(self.apelido, MAX_LINE)
        self._thread: threading.Thread | None = None
        self._leaving = self._present = False
        self._closed = True  # até haver conexão: a próxima rodada da célula pode achar um Client pela metade
        self._writing = threading.Lock()  # um sendall de cada vez, para não misturar linhas
        self._sock = connect(host, port, timeout, context)
        self._address = self._sock.getsockname()[:2]
        self._closed = False
        try:
            self._enter(timeout, password)
        except BaseException:
            self.close()
            raise
        if on_message:
            args = self, on_message, on_end
            self._thread = threading.Thread(target=_listen, args=args, daemon=True)
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
                data = "".join(f"{self.apelido}: {line}\n" for line in lines).encode("utf-8", "replace")
                began = time.monotonic()
                self._sock.sendall(data)
                self._trace("sent", data, began)
        except OSError as error:
            raise _lost("a mensagem não saiu") from error

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
            last = f"a última, {self.messages[-1]!r}, já foi lida" if self.messages else "nada chegou"
            raise NoMessage(
                f"nenhuma mensagem nova com {text!r} em {timeout:g} s ({last}): confira o que se esperava"
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
        if self._reader.framed:
            self.write("/sair")

    def close(self) -> None:
        """Sai da sala e fecha a conexão; chamar de novo não faz nada."""
        if self._closed:
            return
        self._closed, self._present = True, False
        if self._reader.framed:  # até o servidor encerrar também, e o apelido estar livre
            sockets.drain(self._sock)
        sockets.shut(self._sock)  # acorda quem estiver em receive
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join()
        self._sock.close()
        self._trace("closed")

    @property
    def is_framed(self) -> bool:
        """Se o servidor termina as linhas em ``\\n``, como os que conhecem comandos."""
        return bool(self._reader.framed)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client {self.apelido}: {'na sala' if self._present else 'fora da sala'}>"

    def tap(self, listener: Listener) -> Callable[[], None]:
        """Chama ``listener(event)`` a cada `Event` do fio; devolve a função que cancela.

        São ``sent``, ``received`` e ``closed``, da thread que escreve, lê ou fecha.
        """
        return self._taps.add(listener)

    # --- a entrada

    def _enter(self, timeout: float, password: str | None) -> None:
        """Responde a NICK, e a SENHA se vier, e espera ser aceito."""
        deadline = time.monotonic() + timeout
        try:
            enter(self._sock, self.apelido, deadline, self._trace)
            said = unlock(self._sock, password, deadline, self._trace)
        except OSError as error:
            raise _lost("ela caiu antes da entrada") from error
        self._arrive(self._reader.feed(said))
        try:
            first = self.receive(max(0, deadline - time.monotonic()))
        except NoMessage:
            raise EntryRefused(
                f"o servidor não respondeu ao apelido em {timeout:g} s: ele pode estar sobrecarregado"
            ) from None
        if first.startswith(protocol.NOTICE):
            raise protocol.refused(first)
        self._arrived.appendleft(first)
        self._present = True

    # --- o fio

    def _trace(self, kind: str, data: bytes = b"", began: float = 0.0) -> None:
        if self._taps.all:  # sem ninguém olhando, nada se monta
            self._taps.tell(Event(kind, self.apelido, "", self._address, data, began))

    # --- a leitura

    def _read(self, deadline: float | None) -> None:
        """Lê o que houver no socket, uma vez; põe em _arrived o que se completou."""
        wait = None if deadline is None else max(0, deadline - time.monotonic())
        if self._reader.is_waiting:
            wait = protocol.QUIET if wait is None else min(wait, protocol.QUIET)
        if self._closed:
            raise self._over()
        try:
            data = self._sock.recv(sockets.CHUNK) if sockets.readable(self._sock, wait) else None
        except (OSError, ValueError) as error:  # ValueError: close() fechou o socket agora mesmo
            raise self._ended("a conexão caiu") from error
        if data:
            self._trace("received", data)
            self._arrive(self._reader.feed(data))
        elif self._reader.is_waiting:
            self._arrive(self._reader.pause())
        elif data is None:
            raise NoMessage("nenhuma mensagem chegou no tempo dado: ninguém falou, ou a resposta demora")
        else:
            raise self._ended("o servidor encerrou a conexão")

    def _arrive(self, lines: list[bytes | None]) -> None:
        for line in lines:
            text = protocol.cut_short() if line is None else protocol.clean(line.decode("utf-8", "replace"))
            if text:
                self.messages.append(text)
                self._arrived.append(text)

    # --- os fins

    def _ended(self, what: str) -> ChatError:
        self._present = False
        return self._over() if self._closed or self._leaving else _lost(what)

    def _over(self) -> ConversationOver:
        return ConversationOver(f"{self.apelido} já saiu da sala: crie outro Client para voltar")


def _listen(client: Client, on_message: OnMessage, on_end: OnEnd | None) -> None:
    """A thread de leitura de quem passa ``on_message``."""
    failure: ChatError | None = None
    try:
        for message in client:
            on_message(message)
    except ChatError as error:
        failure = error
    except Exception:
        log.exception("falha em on_message de %s", client.apelido)
        failure = ConnectionLost("a função que recebe as mensagens falhou; veja o registro")
    if on_end:
        on_end(failure)


def _lost(what: str) -> ConnectionLost:
    return ConnectionLost(
        f"{what}: o servidor foi encerrado, cortou esta conexão ou a rede caiu; "
        "veja se ele está no ar e crie outro Client"
    )


def _asks_to_leave(line: str) -> bool:
    try:
        command = meaning(line)
    except MessageRefused:  # o servidor também não saberá o que é
        return False
    return command is not None and command[0] == "/sair"
