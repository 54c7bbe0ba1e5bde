def attend(client, clients, apelidos, broadcast):
    """Atende um cliente até ele sair."""
    rest = b""
    try:
        while data := client.recv(1024):
            *lines, rest = (rest + data).split(b"\n")
            for line in filter(None, lines):
                broadcast(line + b"\n")
    except OSError:
        pass
    finally:
        index = clients.index(client)
        del clients[index]
        apelido = apelidos.pop(index)
        client.close()
        broadcast(f"{apelido} saiu!\n".encode())
