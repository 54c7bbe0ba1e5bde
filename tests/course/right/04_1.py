"""Respostas certas de 04.1, de outro feitio: nenhuma é recusada."""


def reads_one_byte(client):
    client.send(b"NICK")
    nome = bytearray()
    while (b := client.recv(1)) != b"\n":
        if not b:
            return ""
        nome += b
    if nome.endswith(b"\r"):
        nome = nome[:-1]
    return nome.decode()
