"""Respostas certas de 05.1, de outro feitio: nenhuma é recusada."""


def puts_spaces(sock, apelido, text):
    sock.sendall(bytes(f"{apelido}: {' '.join(text.split(chr(10)))}\n", "utf-8"))
