"""Respostas certas de 01.1, de outro feitio: nenhuma é recusada."""

import select


def sends_what_is_left(sock, text):
    data = memoryview(text.encode("utf-8"))
    while data:
        n = sock.send(data)
        data = data[n:]


def writes_to_a_file(sock, text):
    with sock.makefile("wb") as f:
        f.write(text.encode())


def never_blocks_and_puts_it_back(sock, text):
    data = text.encode()
    before = sock.gettimeout()
    sock.setblocking(False)
    try:
        while data:
            select.select([], [sock], [])
            data = data[sock.send(data) :]
    finally:
        sock.settimeout(before)
