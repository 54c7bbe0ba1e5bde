import socket
import threading
from contextlib import suppress

from chatlib.protocol import LineReader


def read_lines(client):
    """As linhas que o cliente manda, até ele sair ou cair."""
    reader = LineReader()
    with suppress(OSError):
        while data := client.recv(1024):
            yield from filter(None, reader.feed(data))


def serve(server, stop):
    """Um servidor de chat, até stop ser ligado."""
    clients, connections, threads, lock = {}, [], [], threading.Lock()

    def tell(client, data):
        with lock, suppress(OSError):
            client.sendall(data)

    def broadcast(data):
        for client in list(clients):
            tell(client, data)

    def handle(client):
        tell(client, b"NICK")
        lines = read_lines(client)
        apelido = next(lines, b"")
        if apelido:
            clients[client] = apelido
            broadcast(apelido + b" entrou!\n")
            tell(client, b"Conectado ao servidor!\n")
            for line in lines:
                broadcast(line + b"\n")
            del clients[client]
            broadcast(apelido + b" saiu!\n")

    while not stop.is_set():
        with suppress(TimeoutError):
            client, _ = server.accept()
            thread = threading.Thread(target=handle, args=(client,), daemon=True)
            connections.append(client)
            threads.append(thread)
            thread.start()
    for client in connections:
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join()
    for client in connections:
        client.close()
