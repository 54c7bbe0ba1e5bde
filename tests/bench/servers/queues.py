"""O que todos tentam primeiro: para cada membro, uma thread que lê, uma fila e uma thread que escreve.

Uso: python queues.py. Escuta em 127.0.0.1, numa porta livre, e escreve HOST:PORTA na primeira linha.
"""

import queue
import socket
import threading

LIMIT = 10_000  # linhas à espera de um membro; quem passa disso é cortado

lock = threading.Lock()
boxes = {}  # a fila de cada membro -> o socket dele


def broadcast(line):
    with lock:  # todos na mesma ordem
        for box, sock in boxes.items():
            try:
                box.put_nowait(line)
            except queue.Full:
                sock.shutdown(socket.SHUT_RDWR)


def write(sock, box):
    try:
        while line := box.get():
            sock.sendall(line)
    except OSError:
        pass  # quem retira o membro é a thread que lê


def handle(sock):
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(b"NICK")
    lines = sock.makefile("rb")
    apelido = lines.readline().rstrip(b"\n")
    box = queue.Queue(LIMIT)
    with lock:
        boxes[box] = sock
    threading.Thread(target=write, args=(sock, box), daemon=True).start()
    broadcast(apelido + b" entrou!\n")
    box.put(b"Conectado ao servidor!\n")
    try:
        for line in lines:
            broadcast(apelido + b": " + line)
    except OSError:
        pass  # a conexão caiu
    with lock:
        del boxes[box]
    box.put(b"")
    broadcast(apelido + b" saiu!\n")
    lines.close()
    sock.close()


def receive(listener):
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=handle, args=(sock,), daemon=True).start()


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        print("{}:{}".format(*listener.getsockname()), flush=True)
        receive(listener)
