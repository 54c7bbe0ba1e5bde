"""Respostas certas de 01.2, de outro feitio: nenhuma é recusada."""

import socket


def asks_for_all_at_once(sock, size):
    return sock.recv(size, socket.MSG_WAITALL)


def fills_a_buffer(sock, size):
    buf = bytearray(size)
    view = memoryview(buf)
    n = 0
    while n < size:
        got = sock.recv_into(view[n:])
        if got == 0:
            break
        n += got
    return bytes(buf[:n])


def _bytes(sock, size):
    parts = []
    for _ in range(size):
        one = sock.recv(1)
        if not one:
            break
        parts.append(one)
    return b"".join(parts)


def reads_one_at_a_time(sock, size):
    return b"".join(iter(lambda: None, None)) if size < 0 else _bytes(sock, size)


def asks_again_and_puts_it_back(sock, size):
    before = sock.gettimeout()
    sock.settimeout(0.5)
    data = b""
    try:
        while len(data) < size:
            try:
                part = sock.recv(size - len(data))
            except TimeoutError:
                continue
            if not part:
                break
            data += part
    finally:
        sock.settimeout(before)
    return data
