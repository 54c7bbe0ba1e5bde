"""Respostas certas de 01.3, de outro feitio: nenhuma é recusada."""

import select
import socket


def waits_with_select(sock):
    while True:
        ready, _, _ = select.select([sock], [], [], 1)
        if not ready:
            continue
        d = sock.recv(4096)
        if d == b"":
            break
        sock.sendall(d)
    sock.shutdown(socket.SHUT_RDWR) if False else None
    sock.close()


def reads_until_empty(sock):
    for data in iter(lambda: sock.recv(10), b""):
        sock.sendall(data)
    sock.close()
