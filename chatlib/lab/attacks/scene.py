"""A cena de um ataque: a vítima, e as pessoas que se conectam a ela."""

import select
import socket
import threading
from contextlib import suppress

from ...errors import ChatError
from ..peer import Peer, wait_until
from . import naive
from .targets import START

GREETING = "Conectado ao servidor!"
FLOOD = 8000  # mensagens de 1000 bytes: mais do que os buffers de uma conexão guardam


class Person(Peer):
    """Alguém conectado ao servidor: um socket cru, que fala e escuta como quiser.

    end: o que termina cada mensagem no protocolo da vítima; patience: segundos que espera pelo
    que talvez nunca venha.
    """

    def __init__(self, address: tuple, end: bytes, patience: float):
        super().__init__(socket.create_connection(address, START))
        self.end, self.patience = end, patience

    def welcomed(self) -> bool:
        """Se o servidor a atende, perguntando o apelido."""
        return self.got(b"NICK", self.patience)

    def enter(self, apelido: str) -> bool:
        """Responde a NICK; diz se foi aceita."""
        self.welcomed()
        self.say(apelido)
        return self.hears(GREETING)

    def say(self, text: str) -> None:
        """Manda uma mensagem, terminada como manda o protocolo."""
        with suppress(OSError):  # a conexão caiu: quem escuta é que vai notar
            self.send(text.encode() + self.end)

    def hears(self, text: str) -> bool:
        """Se chega um texto que talvez nunca venha."""
        return self.got(text.encode(), self.patience)

    def expect(self, text: str) -> str:
        """Espera um texto que vem com certeza; devolve tudo o que chegou até ele.

        Levanta ChatError se ele não vem: o ataque não chegou a acontecer.
        """
        if not self.got(text.encode(), START):
            raise ChatError(f"não chegou {text!r}: a vítima parou antes do ataque; rode de novo")
        return self.seen.decode("utf-8", "replace").rstrip("\n")

    def absorb(self) -> None:
        """Lê, uma vez, o que já chegou."""
        data = b""
        with suppress(OSError):
            data = self.sock.recv(65536)
        self.seen += data
        self.over = not data


class Flood:
    """Uma enxurrada de mensagens numeradas, que ``talker`` manda enquanto outros leem."""

    def __init__(self, talker: Person):
        self._talker = talker
        body = b"#%04d#".ljust(1001 - len(talker.end), b".") + talker.end
        self._left = memoryview(b"".join(body % number for number in range(FLOOD)))

    def pour(self, readers: list[Person]) -> bool:
        """Manda e lê até que o último dos ``readers`` receba o fim, ou que tudo pare.

        Diz se o fim chegou.
        """
        last, goal = readers[-1], b"#%04d#" % (FLOOD - 1)
        while goal not in last.seen[-70_000:]:
            listening = {person.sock: person for person in readers if not person.over}
            talking = [self._talker.sock] if self._left else []
            can_read, can_write, _ = select.select(listening, talking, [], last.patience)
            if not can_read and not can_write:
                return False
            for sock in can_read:
                listening[sock].absorb()
            for sock in can_write:
                self._left = self._left[sock.send(self._left[:65536]) :]
        return True


class Scene:
    """Um chat sob ataque: a vítima e quem mais estiver por perto."""

    def __init__(self, victim):
        self.victim = victim
        self._people: list[Person] = []

    def connect(self) -> Person:
        """Alguém que se conecta e ainda não disse quem é."""
        person = Person(self.victim.address, self.victim.end, self.victim.patience)
        self._people.append(person)
        return person

    def join(self, *apelidos: str) -> list[Person]:
        """As pessoas, já na sala, cada uma aceita depois da anterior.

        Elas voltam com ``seen`` vazio: tudo o que se disse nas entradas já foi lido.
        """
        people = [self.connect() for _ in apelidos]
        for person, apelido in zip(people, apelidos, strict=True):
            person.expect("NICK")
            person.say(apelido)
            person.expect(GREETING)
        for person in people:
            person.expect(f"{apelidos[-1]} entrou!")
            person.seen.clear()
        return people

    def naive_client(self, apelido: str) -> list[str]:
        """Tenta entrar com o cliente ingênuo; devolve a tela dele, depois da primeira resposta."""
        person = self.connect()
        screen: list[str] = []
        args = person.sock, apelido + self.victim.end.decode(), "utf-8", screen.append
        threading.Thread(target=naive.client_receive, args=args, name="lab: ingênuo", daemon=True).start()
        wait_until(lambda: any(end in text for text in screen for end in (GREETING, "recusado")), START)
        return screen

    def __enter__(self) -> "Scene":
        return self

    def __exit__(self, *exc) -> None:
        for person in self._people:
            with suppress(OSError):
                person.sock.shutdown(socket.SHUT_RDWR)  # acorda quem estiver lendo dele
            person.close()
