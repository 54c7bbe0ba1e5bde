"""Respostas erradas de 09.2; a docstring de cada uma é a verificação que deve pegá-la."""

import time
from contextlib import suppress
from queue import Empty


def _drain(box):
    """O que está na caixa, depois de esperar o primeiro."""
    messages = [box.get()]
    while not box.empty():
        messages.append(box.get())
    return messages


def sends_one_by_one(box, clients):
    """um envio só para cada cliente"""
    messages = _drain(box)
    for message in messages:
        for client in clients:
            with suppress(OSError):
                client.sendall(message)
    return len(messages)


def sends_only_the_first(box, clients):
    """todos recebem tudo, na ordem"""
    data = box.get()
    for client in clients:
        with suppress(OSError):
            client.sendall(data)
    return 1


def adds_newlines(box, clients):
    """todos recebem tudo, na ordem"""
    messages = _drain(box)
    for client in clients:
        with suppress(OSError):
            client.sendall(b"\n".join(messages))
    return len(messages)


def newest_first(box, clients):
    """todos recebem tudo, na ordem"""
    messages = _drain(box)
    for client in clients:
        with suppress(OSError):
            client.sendall(b"".join(messages[::-1]))
    return len(messages)


def only_one_client(box, clients):
    """todos recebem tudo, na ordem"""
    messages = _drain(box)
    for client in clients:
        client.sendall(b"".join(messages))
        return len(messages)


def tells_bytes(box, clients):
    """devolve quantas mensagens pegou"""
    data = b"".join(_drain(box))
    for client in clients:
        with suppress(OSError):
            client.sendall(data)
    return len(data)


def never_waits(box, clients):
    """espera a primeira"""
    messages = []
    with suppress(Empty):
        while True:
            messages.append(box.get_nowait())
    for client in clients:
        with suppress(OSError):
            client.sendall(b"".join(messages))
    return len(messages)


def waits_forever(box, clients):
    """devolve quantas mensagens pegou"""
    messages = [box.get(), box.get()]
    while not box.empty():
        messages.append(box.get())
    for client in clients:
        with suppress(OSError):
            client.sendall(b"".join(messages))
    return len(messages)


def waits_when_alone(box, clients):
    """espera a primeira"""
    messages = []
    while not box.empty():
        messages.append(box.get())
    time.sleep(0)
    for client in clients:
        with suppress(OSError):
            client.sendall(b"".join(messages))
    return len(messages)


def sends_a_part(box, clients):
    """uma mensagem longa vai inteira"""
    messages = _drain(box)
    for client in clients:
        with suppress(OSError):
            client.send(b"".join(messages))
    return len(messages)


def stops_at_the_dead(box, clients):
    """quem caiu não impede os outros"""
    messages = _drain(box)
    with suppress(OSError):
        for client in clients:
            client.sendall(b"".join(messages))
    return len(messages)


def breaks_at_the_dead(box, clients):
    """quem caiu não impede os outros"""
    messages = _drain(box)
    for client in clients:
        client.sendall(b"".join(messages))
    return len(messages)
