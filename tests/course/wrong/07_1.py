"""Respostas erradas de 07.1; a docstring de cada uma é a verificação que deve pegá-la."""

from contextlib import suppress


def waits_for_an_error(client, members, broadcast):
    """termina quando o cliente sai com educação"""
    while True:
        try:
            broadcast(client.recv(1024))
        except OSError:
            apelido = members.pop(client)
            client.close()
            broadcast(f"{apelido} saiu!\n".encode())
            break


def says_the_list(client, members, broadcast):
    """a despedida diz só quem saiu, uma vez"""
    apelidos = list(members.values())
    try:
        while message := client.recv(1024):
            broadcast(message)
    except OSError:
        pass
    del members[client]
    client.close()
    broadcast(f"{apelidos} saiu!\n".encode())


def ignores_crashes(client, members, broadcast):
    """termina quando a conexão cai"""
    apelido = members[client]
    while message := client.recv(1024):
        broadcast(message)
    del members[client]
    client.close()
    broadcast(f"{apelido} saiu!\n".encode())


def says_it_twice(client, members, broadcast):
    """a despedida diz só quem saiu, uma vez"""
    apelido = members[client]
    try:
        while message := client.recv(1024):
            broadcast(message)
        broadcast(f"{apelido} saiu!\n".encode())
    except OSError:
        pass
    finally:
        del members[client]
        client.close()
        broadcast(f"{apelido} saiu!\n".encode())


def leaves_it_open(client, members, broadcast):
    """fecha a conexão"""
    try:
        while message := client.recv(1024):
            broadcast(message)
    except OSError:
        pass
    broadcast(f"{members.pop(client)} saiu!\n".encode())


def says_goodbye_too_soon(client, members, broadcast):
    """tira da sala antes de se despedir"""
    try:
        while message := client.recv(1024):
            broadcast(message)
    except OSError:
        pass
    broadcast(f"{members[client]} saiu!\n".encode())
    del members[client]
    client.close()


def hears_only_once(client, members, broadcast):
    """repassa o que o cliente diz"""
    broadcast(client.recv(1024))
    members.pop(client)
    client.close()


def expects_only_a_reset(client, members, broadcast):
    """qualquer OSError é um fim"""
    try:
        while message := client.recv(1024):
            broadcast(message)
    except ConnectionResetError:
        pass
    apelido = members.pop(client)
    client.close()
    broadcast(f"{apelido} saiu!\n".encode())


def tries_again(client, members, broadcast):
    """qualquer OSError é um fim"""
    message = b"?"
    while message:
        try:
            if message := client.recv(1024):
                broadcast(message)
        except OSError:
            continue
    apelido = members.pop(client)
    client.close()
    broadcast(f"{apelido} saiu!\n".encode())


def decodes_each_piece(client, members, broadcast):
    """repassa o que o cliente diz"""
    try:
        while message := client.recv(1024).decode():
            broadcast(message.encode())
    except OSError:
        pass
    apelido = members.pop(client)
    client.close()
    broadcast(f"{apelido} saiu!\n".encode())


def strips_what_is_said(client, members, broadcast):
    """repassa o que o cliente diz"""
    try:
        while message := client.recv(1024):
            broadcast(message.strip())
    except OSError:
        pass
    apelido = members.pop(client)
    client.close()
    broadcast(f"{apelido} saiu!\n".encode())


def takes_goodbye_for_an_error(client, members, broadcast):
    """termina quando o cliente sai com educação"""
    try:
        while message := client.recv(1024):
            broadcast(message)
    except OSError:
        apelido = members.pop(client)
        client.close()
        broadcast(f"{apelido} saiu!\n".encode())


def removes_the_namesakes(client, members, broadcast):
    """tira da sala antes de se despedir

    tire só o socket client
    """
    with suppress(OSError):
        while data := client.recv(1024):
            broadcast(data)
    apelido = members[client]
    for sock in [sock for sock, name in members.items() if name == apelido]:
        del members[sock]
    client.close()
    broadcast(f"{apelido} saiu!\n".encode())


def binds_another_dictionary(client, members, broadcast):
    """tira da sala antes de se despedir

    do próprio dicionário
    """
    with suppress(OSError):
        while data := client.recv(1024):
            broadcast(data)
    apelido = members[client]
    members = {sock: name for sock, name in members.items() if sock is not client}
    client.close()
    broadcast(f"{apelido} saiu!\n".encode())


def closes_everybody(client, members, broadcast):
    """fecha a conexão

    feche só o socket de quem saiu
    """
    with suppress(OSError):
        while data := client.recv(1024):
            broadcast(data)
    for sock in members:
        sock.close()
    broadcast(f"{members.pop(client)} saiu!\n".encode())


def names_the_first(client, members, broadcast):
    """a despedida diz só quem saiu, uma vez"""
    with suppress(OSError):
        while data := client.recv(1024):
            broadcast(data)
    apelido = next(iter(members.values()))
    del members[client]
    client.close()
    broadcast(f"{apelido} saiu!\n".encode())
