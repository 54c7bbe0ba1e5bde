"""O que acontece no servidor, contado a quem observa.

Há dois lugares de onde olhar. `Server.subscribe` conta o que acontece na sala, na ordem dela:
quem entrou, o que disse, por que saiu. `Server.tap` conta o que passa no fio, no instante em que
passa e da thread em que passa: cada ``recv`` e cada ``send``. Sem ninguém olhando, nada se monta.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

log = logging.getLogger("chatlib")
log.addHandler(logging.NullHandler())


@dataclass(slots=True, unsafe_hash=True)  # congelado custaria o triplo, e há um por send
class Event:
    """Algo que aconteceu no servidor. O mesmo evento vai a todos os que observam: não o mude.

    kind: na sala, ``connected``, ``named``, ``message``, ``private``, ``renamed``, ``left``,
    ``refused`` ou ``error``; no fio, ``opened``, ``received``, ``sent`` ou ``closed``;
    text: o que foi dito, ou o motivo; address: ``(host, porta)`` do lado do cliente; data: os
    bytes que um só ``recv`` trouxe ou um só ``send`` levou; began: em ``time.monotonic``, quando
    o servidor aceitou o que conta a sala, ou quando o envio a um membro começou. O outro lado pode
    responder antes que o aviso saia daqui: só com ``began`` se põe o envio antes da resposta.
    """

    kind: str
    apelido: str = ""
    text: str = ""
    address: tuple[str, int] | None = None
    data: bytes = b""
    began: float = field(default=0.0, compare=False)


Listener = Callable[[Event], None]


class Listeners:
    """As funções que querem saber de cada `Event`; a que falha não atrapalha as outras."""

    def __init__(self) -> None:
        self.all: tuple[Listener, ...] = ()
        self.all_talk: tuple[Listener, ...] = ()  # destas, as que querem também as mensagens

    def add(self, listener: Listener, messages: bool = True) -> Callable[[], None]:
        """Inclui a função; devolve a que a retira, e que pode ser chamada de novo."""
        self.all += (listener,)
        self.all_talk += (listener,) * messages
        return lambda: self._remove(listener)

    def _remove(self, listener: Listener) -> None:
        self.all = tuple(other for other in self.all if other != listener)
        self.all_talk = tuple(other for other in self.all_talk if other != listener)

    def tell(self, event: Event) -> None:
        """Conta o evento a todas, uma a uma."""
        for listener in self.all_talk if event.kind == "message" else self.all:
            try:
                listener(event)
            except Exception:  # quem observa não derruba a sala
                log.exception("falha em quem observava o evento %s", event.kind)
