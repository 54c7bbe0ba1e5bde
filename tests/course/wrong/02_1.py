"""Respostas erradas de 02.1; a docstring de cada uma é a verificação que deve pegá-la."""

from contextlib import suppress


def trusts_send(clients, message):
    """uma mensagem longa chega inteira"""
    for sock in clients:
        sock.send(message)


def stops_at_the_first(clients, message):
    """todos recebem a mensagem"""
    for client in clients:
        return client.sendall(message)


def encodes_bytes(clients, message):
    """todos recebem a mensagem"""
    for client in clients:
        client.sendall(message.encode())


def forgets_the_last(clients, message):
    """todos recebem a mensagem"""
    for position in range(len(clients) - 1):
        clients[position].sendall(message)


def repeats_itself(clients, message):
    """cada um recebe uma vez só"""
    for _ in clients:
        for client in clients:
            client.sendall(message)


def adds_a_line_end(clients, message):
    """cada um recebe uma vez só"""
    for client in clients:
        client.sendall(message + b"\n")


def empties_the_room(clients, message):
    """a sala fica como estava"""
    while clients:
        clients.pop().sendall(message)


def closes_after_sending(clients, message):
    """a sala fica como estava"""
    for client in clients:
        with client:
            client.sendall(message)


def hangs_up_halfway(clients, message):
    """a sala fica como estava"""
    for client in clients:
        client.sendall(message)
        client.shutdown(1)


def calls_itself(clients, message):
    """uma sala cheia também recebe"""
    if clients:
        clients[0].sendall(message)
        calls_itself(clients[1:], message)


def gives_up_on_the_slow(clients, message):
    """uma mensagem longa chega inteira"""
    for c in clients:
        c.settimeout(1)
        with suppress(TimeoutError):
            c.sendall(message)
        c.settimeout(None)


def shares_the_rest(clients, message):
    """todos recebem a mensagem

    desde o começo
    """
    for client in clients:
        while message:
            message = message[client.send(message) :]


def talks_to_the_list(clients, message):
    """todos recebem a mensagem

    sendall é de um socket, e aqui há uma lista
    """
    clients.sendall(message)


def _send_to_the_first(clients, message):
    clients[0].sendal(message)


def errs_in_another_function(clients, message):
    """todos recebem a mensagem

    em _send_to_the_first, linha
    """
    _send_to_the_first(clients, message)
