"""Respostas erradas de 02.4; a docstring de cada uma é a verificação que deve pegá-la."""

from contextlib import suppress


def _send_to(clients, data):
    for client in clients:
        with suppress(OSError):
            client.sendall(data)


def _others(clients, sender):
    return [client for client in clients if client is not sender]


def shows_the_whole_list(clients, apelidos, sender, text):
    """o nome é o de quem falou"""
    _send_to(_others(clients, sender), f"{apelidos}: {text}\n".encode())


def sends_the_text_alone(clients, apelidos, sender, text):
    """os outros recebem a linha com o nome"""
    _send_to(_others(clients, sender), f"{text}\n".encode())


def always_the_first(clients, apelidos, sender, text):
    """o nome é o de quem falou"""
    _send_to(_others(clients, sender), f"{apelidos[0]}: {text}\n".encode())


def names_the_listener(clients, apelidos, sender, text):
    """o nome é o de quem falou

    a linha traz o nome de quem recebe
    """
    for client, apelido in zip(clients, apelidos, strict=True):
        if client is not sender:
            _send_to([client], f"{apelido}: {text}\n".encode())


def forgets_the_line_end(clients, apelidos, sender, text):
    """a linha termina em \\n, uma só vez"""
    _send_to(_others(clients, sender), f"{apelidos[clients.index(sender)]}: {text}".encode())


def tells_the_sender_too(clients, apelidos, sender, text):
    """quem fala não recebe a própria linha"""
    _send_to(clients, f"{apelidos[clients.index(sender)]}: {text}\n".encode())


def tells_only_the_sender(clients, apelidos, sender, text):
    """os outros recebem a linha com o nome"""
    _send_to([sender], f"{apelidos[clients.index(sender)]}: {text}\n".encode())


def speaks_ascii(clients, apelidos, sender, text):
    """acentos e emoji chegam"""
    _send_to(_others(clients, sender), f"{apelidos[clients.index(sender)]}: {text}\n".encode("ascii"))


def dies_with_the_dead(clients, apelidos, sender, text):
    """um morto não atrapalha"""
    for client in _others(clients, sender):
        client.sendall(f"{apelidos[clients.index(sender)]}: {text}\n".encode())


def stops_at_the_sender(clients, apelidos, sender, text):
    """os outros recebem a linha com o nome"""
    line = f"{apelidos[clients.index(sender)]}: {text}\n".encode()
    for client in clients:
        if client is sender:
            break
        _send_to([client], line)


def skips_by_name(clients, apelidos, sender, text):
    """dois apelidos iguais não confundem"""
    name = apelidos[clients.index(sender)]
    others = [client for client, other in zip(clients, apelidos, strict=True) if other != name]
    _send_to(others, f"{name}: {text}\n".encode())


def takes_the_sender_out(clients, apelidos, sender, text):
    """a sala fica como estava"""
    line = f"{apelidos[clients.index(sender)]}: {text}\n".encode()
    clients.remove(sender)
    _send_to(clients, line)


def trusts_send(clients, apelidos, sender, text):
    """uma linha longa chega inteira"""
    for client in _others(clients, sender):
        with suppress(OSError):
            client.send(f"{apelidos[clients.index(sender)]}: {text}\n".encode())


def knows_only_the_broken_pipe(clients, apelidos, sender, text):
    """um morto não atrapalha"""
    for client in _others(clients, sender):
        with suppress(BrokenPipeError):
            client.sendall(f"{apelidos[clients.index(sender)]}: {text}\n".encode())


def compares_in_lower_case(clients, apelidos, sender, text):
    """dois apelidos iguais não confundem"""
    nome = apelidos[clients.index(sender)]
    for c, a in zip(clients, apelidos, strict=True):
        if a.lower() != nome.lower():
            with suppress(OSError):
                c.sendall(f"{nome}: {text}\n".encode())


def strips_the_text(clients, apelidos, sender, text):
    """a linha termina em \\n, uma só vez"""
    for c in clients:
        if c is not sender:
            with suppress(OSError):
                c.sendall(f"{apelidos[clients.index(sender)]}: {text.strip()}\n".encode())


def drops_the_dead(clients, apelidos, sender, text):
    """um morto não atrapalha

    as listas ficam como estavam
    """
    line = f"{apelidos[clients.index(sender)]}: {text}\n".encode()
    for client in list(clients):
        try:
            if client is not sender:
                client.sendall(line)
        except OSError:
            index = clients.index(client)
            del clients[index], apelidos[index]
