"""Um participante de uma sala de vários servidores: se o seu cai, entra por outro.

O que se disse ao servidor que caiu e não apareceu na conversa pode ter chegado ou não: só quem disse
sabe se quer repetir, e por isso nada se repete sozinho.
"""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Self

from . import protocol, rerun
from .address import join
from .client import Client, OnEnd, OnMessage
from .errors import ChatError, ConnectionLost, EntryRefused, ServerNotFound
from .sockets import Address

PAUSE = 1.0  # segundos entre uma volta pelos servidores e outra
MOVING = 30.0  # segundos tentando; o apelido só fica livre quando os outros dão o servidor por caído


class Roamer:
    """Um `Client` que muda de servidor.

    apelido, on_message e on_end: como em `Client`; addresses: os servidores da sala, por ordem de
    preferência; options: o mais de `Client`. Levanta o que o último deles levantar, se nenhum serve.
    """

    def __init__(
        self,
        apelido: str,
        addresses: Sequence[Address],
        *,
        on_message: OnMessage,
        on_end: OnEnd,
        **options: Any,
    ):
        self.apelido = apelido
        self._addresses, self._options = list(addresses), options
        self._on_message, self._on_end = on_message, on_end
        self._changed = threading.Condition()  # guarda os dois abaixo
        self._is_over = self._was_removed = False
        self._client: Client | None = self._enter_next()
        self._thread = threading.Thread(target=self._live, name=f"chatlib: {apelido}", daemon=True)
        self._thread.start()

    def write(self, text: str) -> None:
        """Como em `Client`; entre um servidor e outro, espera. ConnectionLost se não há mais outro."""
        while True:
            client = self._wait_client()
            try:
                return client.write(text)
            except ConnectionLost:
                self._lost(client)

    def leave(self) -> None:
        """Como em `Client`."""
        with suppress(ConnectionLost):
            self._wait_client().leave()

    def close(self) -> None:
        """Sai da sala; chamar de novo não faz nada."""
        with self._changed:
            self._is_over, client = True, self._client
            self._changed.notify_all()
        if client:
            client.close()
        if self._thread is not threading.current_thread():
            self._thread.join()

    @property
    def is_framed(self) -> bool:
        """Sempre: só os servidores deste chat dividem uma sala."""
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _wait_client(self) -> Client:
        with self._changed:
            self._changed.wait_for(lambda: self._client or self._is_over)
            if self._client is None:
                raise ConnectionLost("a mensagem não saiu: nenhum servidor da sala atende")
            return self._client

    def _lost(self, client: Client) -> None:
        with self._changed:
            if self._client is client:
                self._client = None

    def _live(self) -> None:
        """A thread de leitura: lê de um servidor até que ele caia, e então procura outro."""
        failure: ChatError | None = None
        while client := self._client or self._move():
            with self._changed:
                self._client = client
                self._changed.notify_all()
            failure = self._read(client)
            client.close()
            self._lost(client)
            if not isinstance(failure, ConnectionLost) or self._was_removed or self._is_over:
                break
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        self._on_end(failure)

    def _read(self, client: Client) -> ChatError | None:
        try:
            for message in client:
                change = protocol.renamed.read(message)
                if change and change[0] == self.apelido:
                    self.apelido = change[1]
                self._was_removed = message == protocol.removed()
                self._on_message(message)
        except ChatError as error:
            return error
        return None

    def _move(self) -> Client | None:
        """Outro servidor, ou o mesmo de volta; None se, em `MOVING` segundos, nenhum serve."""
        deadline = time.monotonic() + MOVING
        while time.monotonic() < deadline and not self._is_over:
            with suppress(EntryRefused, ServerNotFound, ConnectionLost), rerun.unclaimed():
                client = self._enter_next()
                self._on_message(protocol.moved(join(*self._addresses[-1])))
                return client
            with self._changed:
                self._changed.wait_for(lambda: self._is_over, PAUSE)
        return None

    def _enter_next(self) -> Client:
        """Entra pelo primeiro que atende, que passa a ser o último da lista."""
        failure: ChatError | None = None
        for address in list(self._addresses):
            self._addresses = [*self._addresses[1:], address]
            try:
                return Client(self.apelido, *address, **self._options)
            except (ServerNotFound, ConnectionLost) as error:
                failure = error
        assert failure
        raise failure
