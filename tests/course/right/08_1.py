"""Respostas certas de 08.1, de outro feitio: nenhuma é recusada."""


def walks_the_tape(tape, apelido):
    buf = b""
    for e in tape:
        if e.kind == "sent" and e.peer == apelido:
            buf += e.data
    if buf[:4] == b"NICK":
        buf = buf[4:]
    return [line.decode() for line in buf.split(b"\n")][:-1]
