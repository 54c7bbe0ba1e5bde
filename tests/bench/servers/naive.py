"""O servidor ingênuo do início do curso, com os defeitos dele de propósito.

Não separa mensagens, lê o apelido no laço que aceita conexões e espera, no `send`, quem não lê.
Uso: python naive.py. Escuta em 127.0.0.1, numa porta livre, e escreve HOST:PORTA na
primeira linha.
"""

import socket
import threading

clients = []


def broadcast(message):
    for client in clients:
        client.send(message)


def handle(client):
    try:
        while message := client.recv(1024):
            broadcast(message)
    except OSError:
        pass  # aqui o gerador de carga já foi embora
    clients.remove(client)
    client.close()


def receive(server):
    while True:
        client, _ = server.accept()
        client.send(b"NICK")
        nickname = client.recv(1024)
        clients.append(client)
        broadcast(nickname + b" entrou!")
        client.send(b"Conectado ao servidor!")
        threading.Thread(target=handle, args=(client,), daemon=True).start()


if __name__ == "__main__":
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        print("{}:{}".format(*listener.getsockname()), flush=True)
        receive(listener)
