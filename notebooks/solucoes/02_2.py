from contextlib import suppress


def deliver(clients, message):
    for client in clients:
        with suppress(OSError):
            client.sendall(message)
