def dismiss(client, clients, apelidos, broadcast):
    """Tira o cliente da sala, fecha o socket dele e avisa os que ficam."""
    if client not in clients:
        return
    index = clients.index(client)
    del clients[index]
    apelido = apelidos.pop(index)
    client.close()
    broadcast(f"{apelido} saiu!\n".encode())
