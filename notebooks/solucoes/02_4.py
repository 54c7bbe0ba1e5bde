from contextlib import suppress


def speak(clients, apelidos, sender, text):
    apelido = apelidos[clients.index(sender)]
    line = f"{apelido}: {text}\n".encode()
    for client in clients:
        if client is not sender:
            with suppress(OSError):
                client.sendall(line)
