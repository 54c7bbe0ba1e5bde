"""Respostas certas de 07.4, de outro feitio: nenhuma é recusada."""

import select


def checks_letter_by_letter(sock, taken, timeout):
    import time

    end = time.time() + timeout
    data = b""

    def no(w):
        sock.sendall(b"* " + w + b"\n")
        return None

    try:
        sock.sendall(b"NICK")
        while b"\n" not in data:
            r, _, _ = select.select([sock], [], [], max(0, end - time.time()))
            if not r:
                return None
            d = sock.recv(64)
            if not d:
                return None
            data += d
    except OSError:
        return None
    try:
        n = data.split(b"\n")[0].decode()
    except UnicodeDecodeError:
        return no(b"nao e UTF-8")
    if not 1 <= len(n) <= 20:
        return no(b"tamanho")
    if any(not (c.isalnum() or c in "_-.") for c in n):
        return no(b"caractere")
    if n.upper() == "NICK" or n.lower() in {t.lower() for t in taken}:
        return no(b"em uso")
    return n
