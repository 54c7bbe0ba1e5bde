"""Respostas certas de 03.2, de outro feitio: nenhuma é recusada."""


def looks_one_by_one(client, clients, apelidos, broadcast):
    for i, c in enumerate(clients):
        if c is client:
            nome = apelidos[i]
            del apelidos[i], clients[i]
            client.close()
            broadcast(b"%s saiu!\n" % nome.encode())
            break
