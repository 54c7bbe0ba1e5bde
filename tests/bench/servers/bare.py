"""O chatlib sem as regras: o que chega de um membro vai a todos como veio.

A porta, a sala, o carteiro e as threads são as do pacote. O que falta é separar as linhas, limpá-las,
pôr o nome de quem fala e conferir os limites: a diferença para o chatlib é o preço disso tudo junto.
"""

import threading

from chatlib import Server, server
from chatlib.__main__ import raise_descriptor_limit
from chatlib.postman import Letter


class AsItCame:
    """Um leitor que não separa nada: cada pedaço é uma linha."""

    def feed(self, data):
        """O pedaço, se há algum."""
        return [data] if data else []


def obey(room, member, chunks):
    """Manda a todos o que chegou."""
    for chunk in chunks:
        room._postman.post(Letter(chunk))


class BareServer(Server):
    """Um servidor que repete o que ouve."""

    def _introduce(self, newcomer, sock, address):
        newcomer.reader.feed = AsItCame().feed
        return super()._introduce(newcomer, sock, address)


server.obey = obey
raise_descriptor_limit()
with BareServer(port=0) as running:
    print("{}:{}".format(*running.address), flush=True)
    threading.Event().wait()
