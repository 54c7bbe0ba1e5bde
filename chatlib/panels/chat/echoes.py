"""O que se mandou e ainda não voltou: só o eco prova que a sala recebeu uma mensagem."""

import time
from collections import deque

ECHO = 180.0  # segundos em que uma mensagem ainda pode voltar do servidor: mais que o TCP insiste
ECHOES = 1000  # mensagens que se espera ver voltar

Text = tuple[str, str]  # (vista de onde veio, texto)


class Echoes:
    """As mensagens à espera do eco, na ordem em que foram; quem usa cuida da trava."""

    def __init__(self) -> None:
        self._sent: deque[tuple[float, str, str]] = deque(maxlen=ECHOES)  # (quando, vista, texto)

    def __len__(self) -> int:
        return len(self._sent)

    def expect(self, view: str, text: str) -> None:
        """Cada linha de ``text`` foi mandada agora; as que não voltam, como ``/quem``, não se esperam."""
        now = time.monotonic()
        self._sent += [(now, view, said) for said in text.split("\n") if echo_of(said)]

    def hear(self, text: str) -> None:
        """A mensagem voltou do servidor; as que foram antes dela não voltam mais."""
        sent = [echo_of(said) for _, _, said in self._sent]
        if text in sent:
            for _ in range(sent.index(text) + 1):
                self._sent.popleft()

    def forget_last(self, sent: Text) -> None:
        """A última mensagem mandada, se era ``sent``, foi recusada: não se espera mais por ela."""
        if self._sent and self._sent[-1][1:] == sent:
            self._sent.pop()

    def take(self) -> list[Text]:
        """Desiste de esperar: devolve o que talvez não tenha chegado, na ordem."""
        recent = time.monotonic() - ECHO
        texts = [(view, said) for when, view, said in self._sent if when > recent]
        self._sent.clear()
        return texts


def echo_of(said: str) -> str:
    """O texto que volta do servidor quando ele entrega o que se mandou; "" se nada volta."""
    if said.startswith("/msg "):
        return said.split(None, 2)[-1] if len(said.split(None, 2)) == 3 else ""
    return "" if said.startswith("/") and not said.startswith("//") else said.removeprefix("/").strip()
