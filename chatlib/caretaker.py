"""O lado do servidor que interessa a quem cuida da sala: ver o que acontece e mexer com ela no ar.

É a metade pública de `Server` que as aulas não constroem; os painéis e os instrumentos do
laboratório são feitos só com o que há aqui.
"""

import socket
from collections.abc import Callable

from . import protocol, sockets
from .errors import MessageRefused, UsageError
from .events import Listener
from .postman import Member


class Caretaker:
    """O que se vê e o que se muda num `Server`, de qualquer thread."""

    # --- o que se pode ver

    @property
    def is_running(self) -> bool:
        """Se o servidor está no ar."""
        return self._listener is not None

    @property
    def members(self) -> tuple[Member, ...]:
        """Quem está na sala, em ordem de chegada."""
        with self._lock:
            return tuple(self.clients.values())

    @property
    def apelidos(self) -> tuple[str, ...]:
        """Os apelidos de quem está na sala, em ordem de chegada."""
        return tuple(member.apelido for member in self.members)

    def subscribe(self, listener: Listener, messages: bool = True) -> Callable[[], None]:
        """Chama ``listener(event)`` a cada `Event` da sala; devolve a função que cancela.

        As chamadas vêm de uma só thread, na ordem da sala, e ninguém recebe nada enquanto uma
        não volta: faça pouco, ou passe o evento a uma fila. messages: se quer também os
        ``message``, que numa sala movimentada são quase tudo o que se paga por observar.
        """
        return self._listeners.add(listener, messages)

    def tap(self, listener: Listener) -> Callable[[], None]:
        """Chama ``listener(event)`` a cada `Event` do fio; devolve a função que cancela.

        As chamadas vêm da thread que acaba de receber ou de enviar, várias ao mesmo tempo.
        """
        return self._taps.add(listener)

    def settle(self, timeout: float = 1.0) -> bool:
        """Espera, até ``timeout`` segundos, que o que já foi dito saia e seja contado a quem observa.

        Diz se deu tempo. Num servidor parado, ou de dentro de quem observa, volta logo.
        """
        return self._postman.settle(timeout)

    # --- o que se pode mudar

    @property
    def rate(self) -> float | None:
        """Mensagens por segundo que cada membro pode mandar; None não limita."""
        return self._rate

    @rate.setter
    def rate(self, rate: float | None) -> None:
        if rate is not None and rate <= 0:
            raise UsageError("o ritmo é maior que zero; para não limitar, use rate=None")
        with self._lock:
            self._rate = rate
            for member in self.clients.values():
                member.rate = self._new_limit()

    @property
    def history(self) -> int:
        """Quantas das últimas mensagens são contadas a quem entra."""
        return self._history

    @history.setter
    def history(self, size: int) -> None:
        if not isinstance(size, int) or size < 0:
            raise UsageError("o histórico é um número de mensagens, como 50; 0 não guarda nenhuma")
        self._history = size
        self._postman.keep_history(size)

    def remove(self, apelido: str) -> None:
        """Tira alguém da sala; MessageRefused se não está nela. Nada impede que volte."""
        with self._lock:
            member = self._find(apelido)
            member.reason, member.removed = "foi tirado da sala", True
            self._postman.post(protocol.encode(protocol.REMOVED), to=member, urgent=True)
            sockets.shut(member.sock, socket.SHUT_RD)  # acorda a thread dele, que cuida da saída

    def announce(self, text: str) -> bool:
        """Manda a todos um aviso do servidor, que membro nenhum consegue imitar."""
        return self.broadcast(protocol.notice(text))

    def _new_limit(self) -> protocol.RateLimit | None:
        return protocol.RateLimit(self._rate, self.burst) if self._rate else None

    def _find(self, apelido: str) -> Member:
        """Quem usa o apelido, com a trava na mão; MessageRefused se ninguém."""
        if member := self.clients.get(protocol.apelido_key(apelido)):
            return member
        raise MessageRefused(f"{apelido} não está na sala: veja quem está com /quem")
