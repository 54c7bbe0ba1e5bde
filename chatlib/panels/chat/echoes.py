"""O que se mandou e ainda não voltou: só o eco prova que a sala recebeu uma mensagem."""

import time
from collections import deque

from ... import commands
from ...errors import MessageRefused

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
    try:
        order = commands.meaning(said)
    except MessageRefused:
        return ""
    if not order:
        return commands.unescaped(said).strip()
    name, argument = order
    return argument.split(None, 1)[-1] if name == "/msg" and len(argument.split(None, 1)) == 2 else ""


def parts_of(text: str) -> list[str]:
    """As mensagens em que se manda um texto de várias linhas: cada uma chega como se escreveu.

    A primeira linha pode ser um comando. Se é um ``/msg``, as outras vão para a mesma pessoa. Nas demais,
    o que pareceria um comando é só texto, menos um ``/msg``: um particular não sai em público.
    """
    first, *rest = [line for line in text.split("\n") if line.strip()] or [""]
    to = _addressee(first)
    return [
        literal(first) if rest and not is_order(first) else first,
        *(line if _addressee(line) else f"/msg {to} {line}" if to else literal(line) for line in rest),
    ]


def literal(line: str) -> str:
    """A linha com a barra a mais que faz dela só texto, se sem isso não chegaria como está."""
    if line == "/":
        return "/ "  # sem nome depois, a barra a mais ficaria
    space = line[: len(line) - len(line.lstrip())]
    escaped = space + "/" + line[len(space) :]
    tries = (line, escaped, "//" + line)
    exact = (text for text in tries if not is_order(text) and commands.unescaped(text) == line)
    return next(exact, escaped)


def is_order(line: str) -> bool:
    """Se o servidor tomaria a linha por um comando, ainda que para recusá-la."""
    try:
        return commands.meaning(line) is not None
    except MessageRefused:
        return True


def _addressee(line: str) -> str:
    """Para quem é a linha, se ela é um ``/msg`` com apelido; senão, vazio."""
    try:
        order = commands.meaning(line)
    except MessageRefused:
        return ""
    return order[1].split()[0] if order and order[0] == "/msg" and order[1] else ""
