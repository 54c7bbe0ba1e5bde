from chatlib.protocol import LineReader


def attend(client, clients, apelidos, broadcast):
    """Atende um cliente até ele sair."""
    reader = LineReader()
    try:
        while data := client.recv(1024):
            for line in reader.feed(data):
                if line:
                    broadcast(line + b"\n")
    except OSError:
        pass
    finally:
        index = clients.index(client)
        del clients[index]
        apelido = apelidos.pop(index)
        client.close()
        broadcast(f"{apelido} saiu!\n".encode())
