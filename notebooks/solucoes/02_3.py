def sweep(clients, apelidos, message):
    fallen = []
    for client in clients:
        try:
            client.sendall(message)
        except OSError:
            fallen.append(client)
    return [remove(clients, apelidos, client) for client in fallen]


def remove(clients, apelidos, client):
    position = clients.index(client)
    clients.pop(position).close()
    return apelidos.pop(position)
