"""Respostas erradas de 03.3; a docstring de cada uma é a verificação que deve pegá-la."""

from contextlib import suppress

from chatlib.protocol import LineReader


def _leave(client, clients, apelidos, broadcast):
    index = clients.index(client)
    del clients[index]
    apelido = apelidos.pop(index)
    client.close()
    broadcast(f"{apelido} saiu!\n".encode())


def waits_for_an_error(client, clients, apelidos, broadcast):
    """repassa cada linha inteira"""
    try:
        while True:
            broadcast(client.recv(1024))
    except OSError:
        index = clients.index(client)
        clients.remove(client)
        client.close()
        apelido = apelidos[index]
        broadcast(f"{apelidos} saiu!\n".encode())
        apelidos.remove(apelido)


def relays_chunks(client, clients, apelidos, broadcast):
    """repassa cada linha inteira"""
    try:
        while data := client.recv(1024):
            broadcast(data)
    except OSError:
        pass
    finally:
        _leave(client, clients, apelidos, broadcast)


def splits_each_chunk(client, clients, apelidos, broadcast):
    """junta a linha que vem byte a byte"""
    try:
        while data := client.recv(1024):
            for line in data.split(b"\n"):
                if line:
                    broadcast(line + b"\n")
    except OSError:
        pass
    finally:
        _leave(client, clients, apelidos, broadcast)


def ignores_the_cut(client, clients, apelidos, broadcast):
    """um corte também é uma saída"""
    reader = LineReader()
    while data := client.recv(1024):
        for line in filter(None, reader.feed(data)):
            broadcast(line + b"\n")
    _leave(client, clients, apelidos, broadcast)


def leaves_only_by_cut(client, clients, apelidos, broadcast):
    """avisa uma vez, e só com o nome"""
    reader = LineReader()
    try:
        while data := client.recv(1024):
            for line in filter(None, reader.feed(data)):
                broadcast(line + b"\n")
    except OSError:
        _leave(client, clients, apelidos, broadcast)


def says_it_twice(client, clients, apelidos, broadcast):
    """um corte também é uma saída"""
    reader, apelido = LineReader(), apelidos[clients.index(client)]
    try:
        while data := client.recv(1024):
            for line in filter(None, reader.feed(data)):
                broadcast(line + b"\n")
    except OSError:
        broadcast(f"{apelido} saiu!\n".encode())
    finally:
        _leave(client, clients, apelidos, broadcast)


def drops_the_newline(client, clients, apelidos, broadcast):
    """repassa cada linha inteira"""
    reader = LineReader()
    try:
        while data := client.recv(1024):
            for line in filter(None, reader.feed(data)):
                broadcast(line)
    except OSError:
        pass
    finally:
        _leave(client, clients, apelidos, broadcast)


def decodes_each_chunk(client, clients, apelidos, broadcast):
    """junta a linha que vem byte a byte"""
    rest = ""
    try:
        while data := client.recv(1024):
            *lines, rest = (rest + data.decode("utf-8", "ignore")).split("\n")
            for line in filter(None, lines):
                broadcast(line.encode() + b"\n")
    except OSError:
        pass
    finally:
        _leave(client, clients, apelidos, broadcast)


def removes_by_name(client, clients, apelidos, broadcast):
    """avisa uma vez, e só com o nome"""
    reader = LineReader()
    try:
        while data := client.recv(1024):
            for line in filter(None, reader.feed(data)):
                broadcast(line + b"\n")
    except OSError:
        pass
    finally:
        apelido = apelidos.pop()
        clients.remove(client)
        client.close()
        broadcast(f"{apelido} saiu!\n".encode())


def _attend(client, broadcast):
    reader = LineReader()
    try:
        while data := client.recv(1024):
            for line in filter(None, reader.feed(data)):
                broadcast(line + b"\n")
    except OSError:
        pass


def searches_by_name(client, clients, apelidos, broadcast):
    """não sobra nada de quem saiu"""
    apelido = apelidos[clients.index(client)]
    _attend(client, broadcast)
    clients.remove(client)
    apelidos.remove(apelido)
    client.close()
    broadcast(f"{apelido} saiu!\n".encode())


def keeps_the_old_position(client, clients, apelidos, broadcast):
    """acha a posição na hora de sair"""
    index = clients.index(client)
    _attend(client, broadcast)
    clients.remove(client)
    apelido = apelidos.pop(index)
    client.close()
    broadcast(f"{apelido} saiu!\n".encode())


_buf = bytearray()


def shares_the_rest(client, clients, apelidos, broadcast):
    """cada um tem a sua sobra"""
    with suppress(OSError):
        while d := client.recv(1024):
            _buf.extend(d)
            while b"\n" in _buf:
                line, _, r = bytes(_buf).partition(b"\n")
                _buf[:] = r
                if line:
                    broadcast(line + b"\n")
    _buf.clear()
    i = clients.index(client)
    clients.pop(i)
    n = apelidos.pop(i)
    client.close()
    broadcast(f"{n} saiu!\n".encode())


def relays_the_half(client, clients, apelidos, broadcast):
    """termina quando a pessoa sai"""
    with suppress(OSError), client.makefile("rb") as f:
        for line in f:
            if line.strip(b"\n"):
                broadcast(line.rstrip(b"\n") + b"\n")
    i = clients.index(client)
    clients.pop(i)
    n = apelidos.pop(i)
    client.close()
    broadcast(f"{n} saiu!\n".encode())


def keeps_the_last_bytes(client, clients, apelidos, broadcast):
    """junta a linha que vem byte a byte"""
    rest = b""
    with suppress(OSError):
        while d := client.recv(1024):
            *ls, rest = (rest + d)[-1024:].split(b"\n")
            for line in ls:
                if line:
                    broadcast(line + b"\n")
    i = clients.index(client)
    clients.pop(i)
    n = apelidos.pop(i)
    client.close()
    broadcast(f"{n} saiu!\n".encode())


def relays_blank_lines(client, clients, apelidos, broadcast):
    """repassa cada linha inteira

    uma linha vazia não é mensagem
    """
    rest = b""
    with suppress(OSError):
        while data := client.recv(1024):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                broadcast(line + b"\n")
    index = clients.index(client)
    del clients[index]
    client.close()
    broadcast(f"{apelidos.pop(index)} saiu!\n".encode())


def decodes_each_piece(client, clients, apelidos, broadcast):
    """junta a linha que vem byte a byte

    uma letra foi cortada ao meio
    """
    rest = ""
    with suppress(OSError):
        while data := client.recv(1024):
            *lines, rest = (rest + data.decode("utf-8", "replace")).split("\n")
            for line in filter(None, lines):
                broadcast(f"{line}\n".encode())
    index = clients.index(client)
    del clients[index]
    client.close()
    broadcast(f"{apelidos.pop(index)} saiu!\n".encode())


clients, apelidos = [], []


def _leave_of_the_lesson(client):
    index = clients.index(client)
    del clients[index]
    apelidos.pop(index)
    client.close()


def leaves_as_in_the_lesson(client, clients, apelidos, broadcast):
    """avisa uma vez, e só com o nome

    _leave_of_the_lesson usa clients e apelidos do notebook
    """
    rest = b""
    try:
        while data := client.recv(1024):
            *lines, rest = (rest + data).split(b"\n")
            for line in filter(None, lines):
                broadcast(line + b"\n")
    except OSError:
        pass
    finally:
        _leave_of_the_lesson(client)


def decodes_whole_pieces(client, clients, apelidos, broadcast):
    """junta a linha que vem byte a byte

    a rede corta um ã ao meio
    """
    rest = ""
    try:
        while data := client.recv(1024):
            *lines, rest = (rest + data.decode()).split("\n")
            for line in filter(None, lines):
                broadcast(line.encode() + b"\n")
    except OSError:
        pass
    finally:
        _leave(client, clients, apelidos, broadcast)
