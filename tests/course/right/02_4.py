"""Respostas certas de 02.4, de outro feitio: nenhuma é recusada."""


def keeps_a_dictionary(clients, apelidos, sender, text):
    nome = dict(zip(map(id, clients), apelidos, strict=True))[id(sender)]
    for c in [c for c in clients if c != sender]:
        try:
            c.sendall((nome + ": " + text + "\n").encode("utf8"))
        except OSError:
            continue
