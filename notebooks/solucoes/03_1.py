def relay(client, broadcast):
    """Repassa cada pedaço que chega, até o outro lado sair."""
    while True:
        data = client.recv(1024)
        if data == b"":
            break
        broadcast(data)
