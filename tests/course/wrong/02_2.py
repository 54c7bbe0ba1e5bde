"""Respostas erradas de 02.2; a docstring de cada uma é a verificação que deve pegá-la."""

from contextlib import suppress


def protects_nobody(clients, message):
    """os vivos recebem"""
    for sock in clients:
        sock.send(message)


def gives_up_at_the_first(clients, message):
    """os vivos recebem"""
    try:
        for client in clients:
            client.sendall(message)
    except OSError:
        pass


def removes_while_walking(clients, message):
    """os vivos recebem"""
    for client in clients:
        try:
            client.sendall(message)
        except OSError:
            clients.remove(client)


def tries_the_next_unprotected(clients, message):
    """dois mortos seguidos não atrapalham"""
    walk = iter(clients)
    for client in walk:
        try:
            client.sendall(message)
        except OSError:
            if (other := next(walk, None)) is not None:
                other.sendall(message)


def knows_only_the_broken_pipe(clients, message):
    """não importa como a conexão caiu"""
    for client in clients:
        try:
            client.sendall(message)
        except BrokenPipeError:
            continue


def knows_only_connections(clients, message):
    """não importa como a conexão caiu"""
    for client in clients:
        with suppress(ConnectionError):
            client.sendall(message)


def removes_from_a_copy(clients, message):
    """a lista não muda"""
    for client in list(clients):
        try:
            client.sendall(message)
        except OSError:
            clients.remove(client)


def trusts_send(clients, message):
    """uma mensagem longa chega inteira"""
    for client in clients:
        with suppress(OSError):
            client.send(message)


def closes_in_finally(clients, message):
    """os vivos continuam conectados"""
    for client in clients:
        try:
            client.sendall(message)
        except OSError:
            pass
        finally:
            client.close()


def starts_again_without_the_dead(clients, message):
    """cada vivo recebe uma vez só"""
    try:
        for client in clients:
            client.sendall(message)
    except OSError:
        starts_again_without_the_dead([other for other in clients if other is not client], message)


def probes_first(clients, message):
    """quem cai no meio da entrega não a encerra"""
    good = []
    for c in clients:
        try:
            c.send(b"")
            good.append(c)
        except OSError:
            pass
    for c in good:
        c.sendall(message)


def _ok(c, m):
    try:
        c.sendall(m)
        return True
    except OSError:
        return False


def keeps_only_the_living(clients, message):
    """a lista não muda"""
    clients[:] = [c for c in clients if _ok(c, message)]


def raises_at_the_end(clients, message):
    """os vivos recebem

    um erro de socket saiu da função
    """
    last = None
    for client in clients:
        try:
            client.sendall(message)
        except OSError as error:
            last = error
    if last:
        raise last


def knows_connection_errors(clients, message):
    """não importa como a conexão caiu"""
    for client in clients:
        if client.fileno() >= 0:
            with suppress(ConnectionError):
                client.sendall(message)


def removes_as_the_lesson_did(clients, message):
    """os vivos recebem

    alguém saiu da lista enquanto o laço a percorria
    """
    for client in clients:
        try:
            client.sendall(message)
        except OSError:
            clients.remove(client)


def knows_only_the_reset(clients, message):
    """os vivos recebem

    um erro de socket saiu da função
    """
    for client in clients:
        with suppress(ConnectionResetError):
            client.sendall(message)
