"""Respostas certas de 08.1, de outro feitio: nenhuma é recusada."""


def walks_the_tape(tape, apelido):
    buf = b""
    for e in tape:
        if e.kind == "sent" and e.peer == apelido:
            buf += e.data
    if buf[:4] == b"NICK":
        buf = buf[4:]
    return [line.decode() for line in buf.split(b"\n")][:-1]


def drops_four_bytes(tape, apelido):
    data = b"".join(entry.data for entry in tape.of("sent", peer=apelido))[4:]
    return data.decode().split("\n")[:-1]
