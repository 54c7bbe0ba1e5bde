"""Respostas erradas de 03.2; a docstring de cada uma é a verificação que deve pegá-la."""


def shows_the_list(client, clients, apelidos, broadcast):
    """o aviso diz só quem saiu"""
    index = clients.index(client)
    clients.remove(client)
    client.close()
    apelido = apelidos[index]
    broadcast(f"{apelidos} saiu!\n".encode())
    apelidos.remove(apelido)


def searches_by_name(client, clients, apelidos, broadcast):
    """as listas continuam em par"""
    if client in clients:
        apelido = apelidos[clients.index(client)]
        clients.remove(client)
        apelidos.remove(apelido)
        client.close()
        broadcast(f"{apelido} saiu!\n".encode())


def announces_first(client, clients, apelidos, broadcast):
    """avisa depois de tirar"""
    if client in clients:
        index = clients.index(client)
        broadcast(f"{apelidos[index]} saiu!\n".encode())
        del clients[index], apelidos[index]
        client.close()


def searches_too_late(client, clients, apelidos, broadcast):
    """o aviso diz só quem saiu"""
    if client in clients:
        clients.remove(client)
        apelido = apelidos.pop(clients.index(client))
        client.close()
        broadcast(f"{apelido} saiu!\n".encode())


def leaves_it_open(client, clients, apelidos, broadcast):
    """fecha o socket de quem saiu"""
    if client in clients:
        index = clients.index(client)
        del clients[index]
        broadcast(f"{apelidos.pop(index)} saiu!\n".encode())


def trusts_the_caller(client, clients, apelidos, broadcast):
    """a segunda chamada não faz nada"""
    index = clients.index(client)
    del clients[index]
    apelido = apelidos.pop(index)
    client.close()
    broadcast(f"{apelido} saiu!\n".encode())


def forgets_the_name(client, clients, apelidos, broadcast):
    """avisa depois de tirar"""
    if client in clients:
        apelido = apelidos[clients.index(client)]
        clients.remove(client)
        client.close()
        broadcast(f"{apelido} saiu!\n".encode())


def speaks_ascii(client, clients, apelidos, broadcast):
    """o aviso diz só quem saiu"""
    if client in clients:
        index = clients.index(client)
        del clients[index]
        client.close()
        broadcast(f"{apelidos.pop(index)} saiu!\n".encode("ascii"))


def forgets_to_encode(client, clients, apelidos, broadcast):
    """o aviso diz só quem saiu"""
    if client in clients:
        index = clients.index(client)
        del clients[index]
        client.close()
        broadcast(f"{apelidos.pop(index)} saiu!\n")


def closes_the_stranger(client, clients, apelidos, broadcast):
    """a segunda chamada não faz nada"""
    client.close()
    if client in clients:
        i = clients.index(client)
        del clients[i]
        broadcast(f"{apelidos.pop(i)} saiu!\n".encode())


def binds_new_lists(client, clients, apelidos, broadcast):
    """avisa depois de tirar

    nas listas recebidas
    """
    if client not in clients:
        return
    apelido = apelidos[clients.index(client)]
    apelidos = [name for other, name in zip(clients, apelidos, strict=True) if other is not client]
    clients = [other for other in clients if other is not client]
    client.close()
    broadcast(f"{apelido} saiu!\n".encode())


def takes_those_after_too(client, clients, apelidos, broadcast):
    """avisa depois de tirar

    veio ['Ana']
    """
    if client not in clients:
        return
    index = clients.index(client)
    apelido = apelidos[index]
    del clients[index:], apelidos[index:]
    client.close()
    broadcast(f"{apelido} saiu!\n".encode())


clients, apelidos = [], []


def _leave_of_the_lesson(client):
    index = clients.index(client)
    del clients[index]
    apelidos.pop(index)
    client.close()


def leaves_as_in_the_lesson(client, clients, apelidos, broadcast):
    """o aviso diz só quem saiu

    _leave_of_the_lesson usa clients e apelidos do notebook
    """
    _leave_of_the_lesson(client)
