"""O que se lê nas linhas da sala: de quem é cada uma, o que ela diz e quem está presente."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from ... import protocol
from ...apelidos import apelido_key

MAX_SHOWN = 8192  # caracteres de uma linha que o painel guarda: o dobro da maior mensagem de costume
MAX_PEOPLE = 2 * protocol.MAX_MEMBERS  # um servidor hostil não enche a memória com nomes


class Line(NamedTuple):
    """Uma linha da conversa.

    kind: "mine" (de quem usa o painel), "other" (de outra pessoa), "notice" (do servidor) ou
    "gap" (um buraco na conversa); when: segundos desde 1970, ou 0 se não se sabe; flags: "p" de
    particular, "m" de menção a quem usa o painel, "h" de histórico, "a" de aviso de quem cuida da sala.
    """

    kind: str
    author: str
    text: str
    when: float = 0
    flags: str = ""


def parse_line(text: str, apelido: str, when: float = 0, people: tuple[str, ...] = ()) -> Line:
    """De quem é a linha e o que ela diz, para quem se chama ``apelido`` numa sala com ``people``."""
    if len(text) > MAX_SHOWN:
        text = f"{text[:MAX_SHOWN]}… (linha longa demais, cortada)"
    old = protocol.remembered.read(text)
    body = old[0] if old else text
    private = protocol.private.read(body)
    found = private or protocol.said.read(body) or protocol.said.read(body.replace(":", ": ", 1))
    if not found:
        return Line("notice", "", text, when, "" if protocol.announced(text) is None else "a")
    name, said = found
    kind = "mine" if name == apelido else "other"
    flags = "p" * bool(private) + "h" * bool(old)
    if kind == "other" and mentions(said, apelido, people):
        flags += "m"
    return Line(kind, name, said, 0 if old else when, flags)


def too_fast(text: str) -> float:
    """Quantas mensagens por segundo passam, se a linha é o aviso de que se mandou depressa demais; ou 0."""
    found = protocol.too_fast.read(text)
    return float(found[0]) if found else 0.0


def mentions(text: str, apelido: str, people: tuple[str, ...] = ()) -> bool:
    """Se o texto chama ``apelido`` pelo nome, em qualquer caixa.

    Depois de ``@``, também sem os acentos, se ninguém mais em ``people`` tem o mesmo nome sem eles.
    """
    if _calls(text, apelido, apelido_key):
        return True
    if "@" not in text or any(other != apelido and _plain(other) == _plain(apelido) for other in people):
        return False
    return _calls(text, f"@{apelido}", _plain)


def _calls(text: str, name: str, key: Callable[[str], str]) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(key(name))}(?!\w)", key(text)))


def _plain(text: str) -> str:
    """Sem caixa e sem acentos."""
    parts = unicodedata.normalize("NFKD", apelido_key(text))
    return "".join(char for char in parts if not unicodedata.combining(char))


class Presence:
    """Quem está na sala, pelo que se lê: entradas, saídas, trocas de apelido e ``/quem``."""

    def __init__(self) -> None:
        self.people: tuple[str, ...] = ()
        self._since_asked: list[tuple[str, str]] | None = None  # (quem saiu, quem entrou) desde /quem

    def ask(self) -> None:
        """Anota que se perguntou ``/quem``: a próxima resposta não é para mostrar."""
        self.people, self._since_asked = (), []

    def read(self, text: str, line: Line) -> bool:
        """Aprende com a linha; verdadeiro se ela é a resposta que se esperava."""
        if line.kind != "notice":
            if line.author not in self.people:  # quem fala está, mesmo que não se tenha visto entrar
                self._change(line.author, line.author)
            return self._since_asked is not None and line.kind == "mine" and line.text == "/quem"
        if self._since_asked is not None and (present := protocol.present.read(text)):
            changes, self._since_asked = self._since_asked, None
            self.people = tuple(present[1].split(", ", MAX_PEOPLE)[:MAX_PEOPLE])
            for gone, come in changes:  # o que aconteceu enquanto a resposta vinha
                self._change(gone, come)
            return True
        if entered := protocol.entered.read(text):
            self._change(entered[0], entered[0])
        elif left := protocol.left.read(text):
            self._change(left[0], "")
        elif renamed := protocol.renamed.read(text):
            self._change(*renamed)
        return False

    def _change(self, gone: str, come: str) -> None:
        if self._since_asked is not None:
            self._since_asked.append((gone, come))
        names = [come if name == gone else name for name in self.people]
        if come and come not in names and len(names) < MAX_PEOPLE:
            names.append(come)
        self.people = tuple(filter(None, names))


class Repeats:
    """O que o histórico repete a quem volta: as linhas que já se leram antes de a conexão cair."""

    def __init__(self, recent: Iterable[Line] = ()) -> None:
        self._seen = Counter((line.author, line.text) for line in recent)

    def has(self, line: Line) -> bool:
        """Se a linha é uma repetição; cada linha lida se repete uma vez só."""
        known = "h" in line.flags and self._seen[line.author, line.text] > 0
        self._seen[line.author, line.text] -= known
        return known
