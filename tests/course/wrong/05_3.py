"""Respostas erradas de 05.3; a docstring de cada uma é a verificação que deve pegá-la."""

from contextlib import suppress
from threading import Thread


def takes_each_recv_for_a_message(sock, on_message):
    """entrega cada linha assim que se completa"""
    with suppress(OSError):
        while data := sock.recv(1024):
            on_message(data.decode())


def spins_when_the_server_leaves(sock, on_message):
    """termina quando o servidor encerra"""
    rest = b""
    while True:
        try:
            *lines, rest = (rest + sock.recv(1024)).split(b"\n")
        except OSError:
            return
        for line in lines:
            on_message(line.decode("utf-8", "replace"))


def decodes_pieces(sock, on_message):
    """junta caracteres cortados ao meio"""
    rest = ""
    with suppress(OSError):
        while data := sock.recv(1024):
            *lines, rest = (rest + data.decode("utf-8", "replace")).split("\n")
            for line in lines:
                on_message(line)


def believes_in_utf8(sock, on_message):
    """um byte inválido não a derruba"""
    rest = b""
    with suppress(OSError):
        while data := sock.recv(1024):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                on_message(line.decode())


def hides_what_is_invalid(sock, on_message):
    """um byte inválido não a derruba"""
    rest = b""
    with suppress(OSError):
        while data := sock.recv(1024):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                on_message(line.decode("utf-8", "ignore"))


def splits_everywhere(sock, on_message):
    """só \\n separa linhas"""
    rest = b""
    with suppress(OSError):
        while data := sock.recv(1024):
            whole, newline, rest = (rest + data).rpartition(b"\n")
            for line in (whole + newline).decode("utf-8", "replace").splitlines():
                on_message(line)


def waits_for_the_end(sock, on_message):
    """entrega cada linha assim que se completa"""
    everything = b""
    with suppress(OSError):
        while data := sock.recv(1024):
            everything += data
    for line in everything.split(b"\n")[:-1]:
        on_message(line.decode("utf-8", "replace"))


def lets_the_fall_through(sock, on_message):
    """termina sem erro quando a conexão cai"""
    rest = b""
    while data := sock.recv(1024):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            on_message(line.decode("utf-8", "replace"))


def keeps_the_newline(sock, on_message):
    """entrega cada linha assim que se completa"""
    with suppress(OSError), sock.makefile("rb") as lines:
        for line in lines:
            on_message(line.decode("utf-8", "replace"))


def strips_the_line(sock, on_message):
    """só \\n separa linhas"""
    rest = b""
    with suppress(OSError):
        while data := sock.recv(1024):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                on_message(line.decode("utf-8", "replace").strip())


def delivers_one_per_recv(sock, on_message):
    """entrega cada linha assim que se completa"""
    rest = b""
    with suppress(OSError):
        while data := sock.recv(1024):
            line, newline, after = (rest + data).partition(b"\n")
            if newline:
                on_message(line.decode("utf-8", "replace"))
            rest = after if newline else line


def delivers_what_is_left(sock, on_message):
    """termina quando o servidor encerra"""
    rest = b""
    with suppress(OSError):
        while data := sock.recv(1024):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                on_message(line.decode("utf-8", "replace"))
    on_message(rest.decode("utf-8", "replace"))


def does_not_wait(sock, on_message):
    """termina quando o servidor encerra"""
    Thread(target=strips_the_line, args=(sock, on_message), daemon=True).start()


def reads_any_line_end(sock, on_message):
    """só \\n separa linhas"""
    with suppress(OSError), sock.makefile("r", encoding="utf-8", errors="replace") as f:
        for line in f:
            if line.endswith("\n"):
                on_message(line[:-1])


def shares_the_rest(sock, on_message, rest=bytearray()):  # noqa: B008 - o engano é este
    """duas conexões não se misturam"""
    with suppress(OSError):
        while d := sock.recv(1024):
            rest += d
            *ls, r = bytes(rest).split(b"\n")
            rest[:] = r
            for line in ls:
                on_message(line.decode("utf-8", "replace"))


def keeps_the_end_of_a_long_line(sock, on_message):
    """uma linha comprida chega inteira"""
    rest = b""
    with suppress(OSError):
        while data := sock.recv(1024):
            *lines, rest = (rest + data)[-4096:].split(b"\n")
            for line in lines:
                on_message(line.decode("utf-8", "replace"))


def hands_out_bytes(sock, on_message):
    """entrega cada linha assim que se completa

    on_message quer um texto
    """
    rest = b""
    with suppress(OSError):
        while data := sock.recv(1024):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                on_message(line)


def prints_the_line(sock, on_message):
    """entrega cada linha assim que se completa

    on_message não foi chamada
    """
    rest = b""
    with suppress(OSError):
        while data := sock.recv(1024):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                print(line.decode("utf-8", "replace"))


def delivers_bytes(sock, on_message):
    """entrega cada linha assim que se completa

    on_message quer um texto a cada vez
    """
    rest = b""
    with suppress(OSError):
        while data := sock.recv(1024):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                on_message(line)
