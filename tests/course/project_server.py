"""Um servidor com cada extensão do projeto: python project_server.py EXTENSAO PORTA

Prova que as verificações de `chatlib.lab.extensions` podem passar. Cada classe é a resposta
mais curta que cumpre o pedido, sobre o exemplo que acompanha as aulas.
"""

import binascii
import socket
import sys
from base64 import b64decode
from collections import Counter
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "notebooks" / "solucoes"))
from projeto_historico import Chat


class Plain(Chat):
    """A base, com comandos: ``/nome`` chama o método ``nome``, com a trava na mão."""

    def welcome(self, apelido):
        pass

    def take(self, apelido, text):
        name, _, argument = text.removeprefix("/").partition(" ")
        with self.lock:
            if not text.startswith("/"):
                self.talk(apelido, f"{apelido}: {text}")
            elif not hasattr(self, f"do_{name}"):
                self.send(apelido, "* não conheço esse comando")
            else:
                getattr(self, f"do_{name}")(apelido, argument)

    def talk(self, apelido, line):
        self.broadcast(line)


class Rooms(Plain):
    """salas"""

    def __init__(self):
        super().__init__()
        self.rooms = {}

    def welcome(self, apelido):
        self.rooms[apelido] = "geral"

    def leave(self, apelido):
        super().leave(apelido)
        self.rooms.pop(apelido)

    def in_room(self, room, line, but=None):
        for apelido in self.members:
            if self.rooms[apelido] == room and apelido != but:
                self.send(apelido, line)

    def talk(self, apelido, line):
        self.in_room(self.rooms[apelido], line)

    def do_sala(self, apelido, room):
        old, self.rooms[apelido] = self.rooms[apelido], room
        self.in_room(old, f"* {apelido} foi para {room}", but=apelido)
        self.in_room(room, f"* {apelido} chegou", but=apelido)
        self.send(apelido, f"* você está em {room}")

    def do_salas(self, apelido, _):
        count = Counter(self.rooms.values())
        self.send(apelido, "* salas: " + ", ".join(f"{room} ({count[room]})" for room in sorted(count)))


class Private(Plain):
    """particulares"""

    def do_msg(self, apelido, argument):
        target, _, text = argument.partition(" ")
        if target not in self.members or not text:
            self.send(apelido, "* use /msg APELIDO texto, com alguém da sala")
            return
        for each in {apelido, target}:
            self.send(each, f"{apelido} (particular): {text}")


class Files(Plain):
    """arquivos"""

    def __init__(self):
        super().__init__()
        self.sending = {}

    def do_arquivo(self, apelido, argument):
        target, name, size = argument.split()
        if target not in self.members:
            self.send(apelido, f"* {target} não está na sala")
            return
        self.sending[apelido] = [target, name, int(size)]
        self.send(target, f"* arquivo de {apelido}: {name} {size}")

    def do_parte(self, apelido, part):
        target, name, left = self.sending[apelido]
        with suppress(binascii.Error):
            left -= len(b64decode(part, validate=True))
            if left >= 0:
                self.send(target, f"* parte: {part}")
                self.sending[apelido][2] = left
                if left == 0:
                    self.finish(apelido, f"* arquivo completo: {name}")
                return
        self.finish(apelido, f"* arquivo cancelado: {name}")

    def finish(self, apelido, line):
        self.send(apelido, line)
        self.send(self.sending.pop(apelido)[0], line)


class Moderated(Plain):
    """moderacao"""

    def __init__(self):
        super().__init__()
        self.moderator, self.muted = None, set()

    def welcome(self, apelido):
        if self.moderator is None:
            self.moderator = apelido
            self.send(apelido, "* você modera a sala")

    def talk(self, apelido, line):
        if apelido in self.muted:
            self.send(apelido, "* você não pode falar")
        else:
            self.broadcast(line)

    def may(self, apelido):
        if apelido != self.moderator:
            self.send(apelido, "* só quem modera pode fazer isso")
        return apelido == self.moderator

    def do_calar(self, apelido, target):
        if self.may(apelido):
            self.muted.add(target)
            self.broadcast(f"* {apelido} calou {target}")

    def do_soltar(self, apelido, target):
        if self.may(apelido):
            self.muted.discard(target)
            self.broadcast(f"* {apelido} soltou {target}")

    def do_expulsar(self, apelido, target):
        if self.may(apelido):
            self.broadcast(f"* {apelido} expulsou {target}")
            self.members[target].shutdown(socket.SHUT_RDWR)


SERVERS = {
    "base": Plain,
    "salas": Rooms,
    "particulares": Private,
    "historico": Chat,
    "arquivos": Files,
    "moderacao": Moderated,
}

if __name__ == "__main__":
    SERVERS[sys.argv[1]]().receive(int(sys.argv[2]))
