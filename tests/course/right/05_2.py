"""Respostas certas de 05.2, de outro feitio: nenhuma é recusada."""


def reads_one_byte(sock, apelido):
    got = b""
    while len(got) < 4 and (b := sock.recv(1)):
        got += b
    if got == b"NICK":
        sock.sendall(apelido.encode() + b"\n")
        return True
    return False
