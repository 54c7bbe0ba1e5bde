def send_to_all(clients, message):
    for client in clients:
        client.sendall(message)
