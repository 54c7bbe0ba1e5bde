"""Respostas certas de 02.3, de outro feitio: nenhuma é recusada."""


def walks_backwards(clients, apelidos, message):
    gone = []
    for i in range(len(clients) - 1, -1, -1):
        try:
            clients[i].sendall(message)
        except OSError:
            with clients.pop(i):
                gone.insert(0, apelidos.pop(i))
    return gone


def writes_the_lists_again(clients, apelidos, message):
    alive, out = ([], [])
    for c, a in zip(clients, apelidos, strict=True):
        try:
            c.sendall(message)
            alive.append((c, a))
        except OSError:
            out.append(a)
            c.close()
    clients[:] = [c for c, _ in alive]
    apelidos[:] = [a for _, a in alive]
    return out
