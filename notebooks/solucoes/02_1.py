def broadcast(clients, message):
    for client in clients:
        client.sendall(message)
