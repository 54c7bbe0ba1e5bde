"""Respostas certas de 03.3, de outro feitio: nenhuma é recusada."""


def reads_a_file(client, clients, apelidos, broadcast):
    try:
        with client.makefile("rb") as f:
            for line in f:
                if line.endswith(b"\n") and line != b"\n":
                    broadcast(line)
    except OSError:
        pass
    i = clients.index(client)
    clients.pop(i)
    n = apelidos.pop(i)
    client.close()
    broadcast(f"{n} saiu!\n".encode())
