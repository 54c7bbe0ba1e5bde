"""Respostas certas de 07.3, de outro feitio: nenhuma é recusada."""


def reads_one_byte(sock):
    buf = bytearray()
    while True:
        try:
            c = sock.recv(1)
        except OSError:
            return
        if not c:
            return
        if c == b"\n":
            yield buf.decode("utf-8", "replace")
            buf.clear()
        else:
            buf += c
