"""Respostas erradas de 07.3; a docstring de cada uma é a verificação que deve pegá-la."""

from contextlib import suppress


def one_recv_one_message(sock):
    """separa mensagens coladas"""
    while data := sock.recv(1024):
        yield data.decode("utf-8", "replace")


def forgets_the_rest(sock):
    """junta o que chega byte a byte"""
    while data := sock.recv(1024):
        for line in data.split(b"\n"):
            if line:
                yield line.decode("utf-8", "replace")


def decodes_the_pieces(sock):
    """junta o que chega byte a byte"""
    rest = ""
    while data := sock.recv(1024):
        *lines, rest = (rest + data.decode("utf-8", "replace")).split("\n")
        yield from lines


def waits_for_the_end(sock):
    """não espera o fim para entregar"""
    received = b""
    while data := sock.recv(1024):
        received += data
    return [line.decode("utf-8", "replace") for line in received.split(b"\n")[:-1]]


def splits_everywhere(sock):
    """só o \\n separa"""
    with sock.makefile(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            yield from line.splitlines()


def is_strict(sock):
    """bytes que não são UTF-8 não o derrubam"""
    rest = b""
    while data := sock.recv(1024):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield line.decode()


def delivers_the_half(sock):
    """termina quando a conexão acaba, e descarta a linha pela metade"""
    rest = b""
    while data := sock.recv(1024):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace")
    yield rest.decode("utf-8", "replace")


def never_ends(sock):
    """termina quando a conexão acaba, e descarta a linha pela metade"""
    rest = b""
    while True:
        *lines, rest = (rest + sock.recv(1024)).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace")


def hides_what_is_invalid(sock):
    """bytes que não são UTF-8 não o derrubam"""
    rest = b""
    while data := sock.recv(1024):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "ignore")


def delivers_one_per_recv(sock):
    """separa mensagens coladas"""
    rest = b""
    while data := sock.recv(1024):
        line, newline, after = (rest + data).partition(b"\n")
        if newline:
            yield line.decode("utf-8", "replace")
        rest = after if newline else line


def waits_for_a_clean_end(sock):
    """não espera o fim para entregar"""
    rest = b""
    while data := sock.recv(1024):
        rest += data
        if rest.endswith(b"\n"):
            yield from rest.decode("utf-8", "replace")[:-1].split("\n")
            rest = b""


def calls_itself(sock, rest=b""):
    """junta o que chega byte a byte"""
    try:
        d = sock.recv(1024)
    except OSError:
        return
    if d:
        *ls, rest = (rest + d).split(b"\n")
        for line in ls:
            yield line.decode("utf-8", "replace")
        yield from calls_itself(sock, rest)


def yields_bytes(sock):
    """separa mensagens coladas

    cada yield entrega um texto
    """
    rest = b""
    with suppress(OSError):
        while data := sock.recv(1024):
            *lines, rest = (rest + data).split(b"\n")
            yield from lines


def keeps_the_end_of_a_long_line(sock):
    """uma mensagem comprida chega inteira"""
    rest = b""
    with suppress(OSError):
        while data := sock.recv(1024):
            *lines, rest = (rest + data)[-4096:].split(b"\n")
            for line in lines:
                yield line.decode("utf-8", "replace")
