"""Se vale a pena tentar de novo, quando, e o que dizer a quem espera."""

import time
from collections.abc import Iterator
from itertools import chain, repeat

from ...errors import (
    AddressError,
    ApelidoRefused,
    ChatError,
    ConnectionLost,
    EntryRefused,
    PasswordRefused,
    ServerNotFound,
    TlsError,
    UsageError,
)

DELAYS = (1, 2, 4, 8, 15)  # segundos até cada nova tentativa; a última se repete
HAUNTED = 5  # o mesmo, enquanto o servidor não percebe que o apelido ficou livre
STEADY = 30.0  # segundos na sala depois dos quais uma queda não é a continuação da anterior
GHOST = "O seu apelido ainda está preso à conexão que caiu; tento de novo a cada {} s, por até 5 minutos."


class Patience:
    """Quanto esperar entre uma tentativa de entrar e a outra; quem nunca entrou não insiste."""

    def __init__(self) -> None:
        self._inside = False  # se já se esteve na sala
        self._delays = growing()

    def came_out(self, since: float) -> None:
        """Acabou uma estada que começou em ``since`` (time.monotonic): depois de uma longa, recomeça."""
        if not self._inside or time.monotonic() - since > STEADY:
            self._delays = growing()
        self._inside = True

    def after(self, failure: ChatError | None, is_ghost: bool) -> float | None:
        """Segundos até a próxima tentativa, ou None para desistir.

        is_ghost: o apelido foi recusado por causa de uma conexão nossa que caiu, e é só esperar.
        """
        if is_ghost:
            return HAUNTED
        return next(self._delays) if self._inside and worth_retrying(failure) else None


def growing() -> Iterator[float]:
    """As esperas entre as tentativas, em segundos, cada vez maiores."""
    return chain(DELAYS, repeat(DELAYS[-1]))


def worth_retrying(failure: ChatError | None) -> bool:
    """Se esperar pode resolver: a rede, o servidor ou o lugar na sala podem voltar."""
    if isinstance(failure, ApelidoRefused | PasswordRefused):
        return False
    return isinstance(failure, ConnectionLost | ServerNotFound | EntryRefused | AddressError)


def field_of(failure: ChatError | None) -> str:
    """O campo do painel que a falha manda rever: "apelido", "password", "address" ou ""."""
    if isinstance(failure, ApelidoRefused):
        return "apelido"
    if isinstance(failure, PasswordRefused):
        return "password"
    return "address" if isinstance(failure, ServerNotFound | TlsError | UsageError | AddressError) else ""


def explain(failure: ChatError, is_ghost: bool = False) -> str:
    """A falha como uma frase para quem só vê o painel; ``is_ghost``: veja `Patience.after`."""
    if is_ghost:
        return GHOST.format(HAUNTED)
    if isinstance(failure, ConnectionLost):
        return "A conexão caiu: o servidor foi encerrado ou a rede falhou."
    text = str(failure)
    return f"{text[:1].upper()}{text[1:]}" + "." * (text[-1:] != ".")
