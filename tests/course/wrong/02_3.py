"""Respostas erradas de 02.3; a docstring de cada uma é a verificação que deve pegá-la."""


def _send(client, message):
    try:
        client.sendall(message)
    except OSError:
        return False
    return True


def removes_while_walking(clients, apelidos, message):
    """os vivos recebem, uma vez"""
    left = []
    for client in clients:
        if not _send(client, message):
            position = clients.index(client)
            clients.remove(client)
            client.close()
            left.append(apelidos.pop(position))
    return left


def tells_everyone_twice(clients, apelidos, message):
    """os vivos recebem, uma vez

    chegou mais do que a mensagem
    """
    fallen = [client for client in clients if not _send(client, message)]
    left = []
    for client in fallen:
        position = clients.index(client)
        clients.pop(position).close()
        left.append(apelidos.pop(position))
    if left:
        for client in clients:
            client.sendall(message)
    return left


def returns_sockets(clients, apelidos, message):
    """devolve os apelidos de quem caiu"""
    fallen = [client for client in clients if not _send(client, message)]
    for client in fallen:
        apelidos.pop(clients.index(client))
        clients.remove(client)
        client.close()
    return fallen


def returns_the_whole_list(clients, apelidos, message):
    """devolve os apelidos de quem caiu"""
    for client in list(clients):
        if not _send(client, message):
            apelidos.pop(clients.index(client))
            clients.remove(client)
            client.close()
    return apelidos


def says_nothing(clients, apelidos, message):
    """sem mortos, devolve uma lista vazia"""
    left = []
    for client in list(clients):
        if not _send(client, message):
            position = clients.index(client)
            clients.pop(position).close()
            left.append(apelidos.pop(position))
    if left:
        return left


def forgets_the_names(clients, apelidos, message):
    """as duas listas continuam combinando"""
    left = []
    for client, apelido in zip(list(clients), apelidos, strict=True):
        if not _send(client, message):
            clients.remove(client)
            client.close()
            left.append(apelido)
    return left


def makes_new_lists(clients, apelidos, message):
    """as duas listas continuam combinando"""
    good = [_send(client, message) for client in clients]
    left = [apelido for apelido, fine in zip(apelidos, good, strict=True) if not fine]
    for client, fine in zip(clients, good, strict=True):
        if not fine:
            client.close()
    clients = [client for client, fine in zip(clients, good, strict=True) if fine]
    apelidos = [apelido for apelido in apelidos if apelido not in left]
    return left


def removes_by_old_positions(clients, apelidos, message):
    """devolve os apelidos de quem caiu"""
    left = []
    fallen = [position for position, client in enumerate(clients) if not _send(client, message)]
    for position in fallen:
        clients.pop(position).close()
        left.append(apelidos.pop(position))
    return left


def leaves_them_open(clients, apelidos, message):
    """fecha só os sockets de quem caiu"""
    left = []
    for client in list(clients):
        if not _send(client, message):
            position = clients.index(client)
            clients.pop(position)
            left.append(apelidos.pop(position))
    return left


def closes_everyone(clients, apelidos, message):
    """fecha só os sockets de quem caiu"""
    left = []
    for client in list(clients):
        if not _send(client, message):
            position = clients.index(client)
            clients.pop(position)
            left.append(apelidos.pop(position))
        client.close()
    return left


def searches_by_name(clients, apelidos, message):
    """dois apelidos iguais não confundem"""
    left = []
    for client, apelido in list(zip(clients, apelidos, strict=True)):
        if not _send(client, message):
            clients.remove(client)
            apelidos.remove(apelido)
            client.close()
            left.append(apelido)
    return left


def knows_only_connections(clients, apelidos, message):
    """não importa como a conexão caiu"""
    left = []
    for client in list(clients):
        try:
            client.sendall(message)
        except ConnectionError:
            position = clients.index(client)
            clients.pop(position).close()
            left.append(apelidos.pop(position))
    return left


def trusts_send(clients, apelidos, message):
    """uma mensagem longa chega inteira"""
    left = []
    for client in list(clients):
        try:
            client.send(message)
        except OSError:
            position = clients.index(client)
            clients.pop(position).close()
            left.append(apelidos.pop(position))
    return left


def _ok(c, m):
    try:
        c.sendall(m)
        return True
    except OSError:
        return False


def returns_a_set(clients, apelidos, message):
    """devolve os apelidos de quem caiu"""
    out = set()
    for c in list(clients):
        if not _ok(c, message):
            i = clients.index(c)
            clients.pop(i).close()
            out.add(apelidos.pop(i))
    return out


def announces_too(clients, apelidos, message):
    """os vivos recebem, uma vez

    nenhum aviso
    """
    dead = [index for index, client in enumerate(clients) if not _send(client, message)]
    gone = [apelidos[index] for index in dead]
    for index in reversed(dead):
        apelidos.pop(index)
        clients.pop(index).close()
    for apelido in gone:
        for client in clients:
            _send(client, f"{apelido} saiu!\n".encode())
    return gone


def remembers_everybody(clients, apelidos, message, gone=[]):  # noqa: B006 - é este o engano
    """devolve os apelidos de quem caiu

    nasce dentro da função
    """
    for index in reversed(range(len(clients))):
        if not _send(clients[index], message):
            gone.insert(0, apelidos.pop(index))
            clients.pop(index).close()
    return gone
