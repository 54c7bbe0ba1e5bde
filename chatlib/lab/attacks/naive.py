"""O chat ingênuo: o servidor e o cliente do tutorial, com os defeitos que a aula 07 mostra.

Não use isto fora das aulas: quase toda linha esconde um engano, e é para isso que ele existe.
Rode como um programa à parte, que se possa encerrar: ``python3 naive.py server PORTA`` ou
``python3 naive.py client APELIDO PORTA [CODIFICAÇÃO]``. As vítimas em `targets` fazem isso.
"""

import socket
import sys
import threading

HOST = "127.0.0.1"

clients: list = []
apelidos: list = []


def broadcast(message):
    """Envia a todos."""
    for client in clients:
        client.send(message)


def handle(client):
    """Atende um cliente, numa thread só dele."""
    while True:
        try:
            broadcast(client.recv(1024))
        except Exception:
            return forget(client)


def forget(client):
    """Tira o cliente das duas listas e conta a todos que ele saiu."""
    place = clients.index(client)
    clients.pop(place).close()
    gone = apelidos[place]
    broadcast(f"{apelidos} left!".encode("ascii"))
    apelidos.remove(gone)


def receive(server):
    """Aceita quem chega, pergunta o apelido e o anuncia."""
    while True:
        client, _ = server.accept()
        enter(client)
        threading.Thread(target=handle, args=(client,)).start()


def enter(client):
    """Pergunta o apelido e o anuncia a todos."""
    client.send(b"NICK")
    apelido = client.recv(1024).decode("ascii")
    clients.append(client)
    apelidos.append(apelido)
    broadcast(f"{apelido} entrou!".encode("ascii"))
    client.send(b"Conectado ao servidor!")


def run_server(port):
    """Abre a porta e atende para sempre."""
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.bind((HOST, port))
    server.listen()
    print(f"Servidor no ar em {HOST}:{server.getsockname()[1]}", flush=True)
    receive(server)


def client_receive(client, apelido, encoding="ascii", show=print):
    """Mostra o que chega do servidor; responde se ele pergunta o apelido."""
    try:
        while True:
            text = client.recv(1024).decode(encoding)
            if text != "NICK":
                show(text)
            else:
                client.send(apelido.encode(encoding))
    except Exception:
        show("Ocorreu um erro!")
        client.close()


def client_write(client, apelido, encoding="ascii"):
    """Manda cada linha digitada."""
    while True:
        client.send(f"{apelido}: {input()}".encode(encoding))


def run_client(apelido, port, encoding="ascii"):
    """Conecta, e faz as duas coisas ao mesmo tempo."""
    client = socket.create_connection((HOST, int(port)))
    threading.Thread(target=client_receive, args=(client, apelido, encoding)).start()
    threading.Thread(target=client_write, args=(client, apelido, encoding)).start()


if __name__ == "__main__":
    if sys.argv[1] == "server":
        run_server(int(sys.argv[2]))
    else:
        run_client(*sys.argv[2:])
