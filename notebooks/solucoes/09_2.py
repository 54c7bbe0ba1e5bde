from contextlib import suppress


def send_waiting(box, clients):
    """Manda de uma vez o que está na caixa; devolve quantas mensagens eram."""
    messages = [box.get()]
    while not box.empty():  # só esta thread tira da caixa: o que está nela não some
        messages.append(box.get())
    data = b"".join(messages)
    for client in clients:
        with suppress(OSError):
            client.sendall(data)
    return len(messages)
