"""Respostas erradas de 04.3; a docstring de cada uma é a verificação que deve pegá-la."""

import socket
import threading
from contextlib import suppress

from chatlib.protocol import LineReader

_kept = []  # sem isto, um socket esquecido é um aviso do Python, e não só do verificador


class _Chat:
    """Um servidor certo; cada resposta errada estraga um pedaço dele."""

    def __init__(self, server, stop):
        self.server, self.stop = server, stop
        self.clients, self.connections, self.threads = {}, [], []
        _kept.append(self.connections)

    def tell(self, client, data):
        with suppress(OSError):
            client.sendall(data)

    def broadcast(self, data):
        for client in list(self.clients):
            self.tell(client, data)

    def lines(self, client):
        reader = LineReader()
        with suppress(OSError):
            while data := client.recv(1024):
                yield from filter(None, reader.feed(data))

    def enter(self, client, apelido):
        self.clients[client] = apelido
        self.broadcast(apelido + b" entrou!\n")
        self.tell(client, b"Conectado ao servidor!\n")

    def leave(self, client):
        apelido = self.clients.pop(client)
        self.broadcast(apelido + b" saiu!\n")

    def handle(self, client):
        self.tell(client, b"NICK")
        lines = self.lines(client)
        apelido = next(lines, b"")
        if apelido:
            self.enter(client, apelido)
            for line in lines:
                self.broadcast(line + b"\n")
            self.leave(client)

    def admit(self, client):
        thread = threading.Thread(target=self.handle, args=(client,), daemon=True)
        self.threads.append(thread)
        thread.start()

    def close(self):
        for client in self.connections:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join()
        for client in self.connections:
            client.close()

    def run(self):
        while not self.stop.is_set():
            with suppress(TimeoutError):
                client, _ = self.server.accept()
                self.connections.append(client)
                self.admit(client)
        self.close()


def asks_at_the_door(server, stop):
    """para quando se pede"""
    clients, apelidos = [], []

    def broadcast(data):
        for client in clients:
            client.send(data)

    def handle(client):
        with suppress(OSError):
            while data := client.recv(1024):
                broadcast(data)
        index = clients.index(client)
        clients.remove(client)
        client.close()
        broadcast(apelidos.pop(index) + b" saiu!\n")

    while not stop.is_set():
        with suppress(TimeoutError):
            client, _ = server.accept()
            _kept.append(client)
            client.send(b"NICK")
            apelidos.append(client.recv(1024).strip())
            clients.append(client)
            broadcast(apelidos[-1] + b" entrou!\n")
            client.send(b"Conectado ao servidor!\n")
            threading.Thread(target=handle, args=(client,), daemon=True).start()


class _TwoLists(_Chat):
    def handle(self, client):
        self.order = getattr(self, "order", [])
        self.order.append(client)
        super().handle(client)

    def leave(self, client):
        index = self.order.index(client)
        names = list(self.clients.values())
        del self.clients[client]
        self.order.remove(client)
        self.broadcast(names[index] + b" saiu!\n")


def keeps_two_lists(server, stop):
    """o nome certo sai, uma vez"""
    _TwoLists(server, stop).run()


class _Chunks(_Chat):
    def lines(self, client):
        with suppress(OSError):
            while data := client.recv(1024):
                yield data.removesuffix(b"\n")


def relays_chunks(server, stop):
    """repassa cada linha inteira a todos"""
    _Chunks(server, stop).run()


class _NoStop(_Chat):
    def close(self):
        pass


def forgets_the_connections(server, stop):
    """para quando se pede"""
    _NoStop(server, stop).run()


class _Fragile(_Chat):
    def lines(self, client):
        reader = LineReader()
        while data := client.recv(1024):
            yield from filter(None, reader.feed(data))


def falls_with_a_cut(server, stop):
    """aguenta cortes e desistências"""
    _Fragile(server, stop).run()


class _Nameless(_Chat):
    def handle(self, client):
        self.tell(client, b"NICK")
        lines = self.lines(client)
        self.enter(client, next(lines, b""))
        for line in lines:
            self.broadcast(line + b"\n")
        self.leave(client)


def admits_the_nameless(server, stop):
    """aguenta cortes e desistências"""
    _Nameless(server, stop).run()


class _Shy(_Chat):
    def enter(self, client, apelido):
        self.broadcast(apelido + b" entrou!\n")
        self.clients[client] = apelido
        self.tell(client, b"Conectado ao servidor!\n")


def hides_the_newcomer(server, stop):
    """recebe e apresenta quem chega"""
    _Shy(server, stop).run()


class _Loud(_Chat):
    def enter(self, client, apelido):
        self.clients[client] = apelido
        self.broadcast(apelido + b" entrou!\n")
        self.broadcast(b"Conectado ao servidor!\n")


def greets_everybody(server, stop):
    """recebe e apresenta quem chega"""
    _Loud(server, stop).run()


class _Twice(_Chat):
    def leave(self, client):
        self.broadcast(self.clients[client] + b" saiu!\n")
        super().leave(client)


def says_it_twice(server, stop):
    """o nome certo sai, uma vez"""
    _Twice(server, stop).run()


class _Endless(_Chat):
    def run(self):
        while True:
            with suppress(TimeoutError):
                client, _ = self.server.accept()
                self.connections.append(client)
                self.admit(client)


def never_stops(server, stop):
    """para quando se pede"""
    _Endless(server, stop).run()


class _Waiting(_Chat):
    def close(self):
        for thread in self.threads:
            thread.join()


def waits_without_waking(server, stop):
    """para quando se pede"""
    _Waiting(server, stop).run()


class _Stingy(_Chat):
    def tell(self, client, data):
        with suppress(OSError):
            client.send(data)


def trusts_send(server, stop):
    """a linha longa chega inteira, e a todos"""
    _Stingy(server, stop).run()


class _Couple(_Chat):
    def broadcast(self, data):
        for client in list(self.clients)[:2]:
            self.tell(client, data)


def tells_only_two(server, stop):
    """a linha longa chega inteira, e a todos"""
    _Couple(server, stop).run()


class _Insistent(_Chat):
    def leave(self, client):
        apelido = self.clients.pop(client)
        for _ in range(2):
            self.broadcast(apelido + b" saiu!\n")


def says_goodbye_twice(server, stop):
    """o nome certo sai, uma vez

    deixe-o num lugar só
    """
    _Insistent(server, stop).run()
