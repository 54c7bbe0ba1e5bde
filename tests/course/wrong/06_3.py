"""Respostas erradas de 06.3; a docstring de cada uma é a verificação que deve pegá-la."""

import html
import threading
from collections import deque
from contextlib import suppress
from html import escape
from threading import Thread


def waits_for_the_end(sock, log, limit):
    """devolve uma thread que escuta"""
    thread = _start(_reader(sock, log, limit))
    thread.join()
    return thread


def never_starts(sock, log, limit):
    """devolve uma thread que escuta"""
    return Thread(target=_reader(sock, log, limit), daemon=True)


def one_recv_one_line(sock, log, limit):
    """junta o que chega aos pedaços"""
    lines = deque(maxlen=limit)

    def receive():
        with sock, suppress(OSError):
            while data := sock.recv(65536):
                _draw(log, lines, data.decode("utf-8", "replace").splitlines())
            _draw(log, lines, ["* desconectado"])

    return _start(receive)


def decodes_each_piece(sock, log, limit):
    """junta o que chega aos pedaços"""
    lines = deque(maxlen=limit)

    def receive():
        rest = ""
        with sock:
            while data := sock.recv(65536):
                *new, rest = (rest + data.decode("utf-8", "replace")).split("\n")
                _draw(log, lines, new)
            _draw(log, lines, ["* desconectado"])

    return _start(receive)


def trusts_the_server(sock, log, limit):
    """nada do que chega vira marca"""
    return _start(_reader(sock, log, limit, safe=str))


def keeps_everything(sock, log, limit):
    """guarda só as últimas linhas"""
    return _start(_reader(sock, log, None))


def keeps_the_first(sock, log, limit):
    """guarda só as últimas linhas"""
    lines = []

    def receive():
        with sock, sock.makefile(encoding="utf-8", newline="\n") as file:
            for line in file:
                lines.append(line)
                _draw(log, lines[:limit], [])

    return _start(receive)


def draws_line_by_line(sock, log, limit):
    """só o \\n separa, e nada a derruba"""
    lines = deque(maxlen=limit)

    def receive():
        with sock:
            with suppress(OSError), sock.makefile(encoding="utf-8", newline="\n") as file:
                for line in file:
                    _draw(log, lines, [line])
            _draw(log, lines, ["* desconectado"])

    return _start(receive)


def spins_forever(sock, log, limit):
    """só o \\n separa, e nada a derruba"""
    lines = deque(maxlen=limit)

    def receive():
        rest = b""
        while True:
            *new, rest = (rest + sock.recv(65536)).split(b"\n")
            _draw(log, lines, [line.decode() for line in new])

    return _start(receive)


def says_nothing(sock, log, limit):
    """avisa do fim, fecha e termina"""
    return _start(_reader(sock, log, limit, farewell=()))


def leaves_it_open(sock, log, limit):
    """avisa do fim, fecha e termina"""
    return _start(_reader(sock, log, limit, close=lambda: None))


def dies_when_it_falls(sock, log, limit):
    """avisa do fim, fecha e termina"""
    return _start(_reader(sock, log, limit, failure=ZeroDivisionError))


def _reader(sock, log, limit, safe=escape, farewell=("* desconectado",), close=None, failure=OSError):
    lines = deque(maxlen=limit)

    def receive():
        rest = b""
        with suppress(failure):
            while data := sock.recv(65536):
                *new, rest = (rest + data).split(b"\n")
                _draw(log, lines, [line.decode("utf-8", "replace") for line in new], safe)
        _draw(log, lines, farewell)
        (close or sock.close)()

    return receive


def _draw(log, lines, new, safe=escape):
    if new:
        lines.extend(new)
    log.value = "".join(f"<div>{safe(line)}</div>" for line in lines)


def _start(receive):
    thread = Thread(target=receive, daemon=True)
    thread.start()
    return thread


def _follow(sock, log, limit, daemon, last=False, tmo=None):
    lines = deque(maxlen=limit)

    def show(new):
        lines.extend(new)
        log.value = "".join(f"<div>{html.escape(line)}</div>" for line in lines)

    def run():
        rest = b""
        sock.settimeout(tmo)
        with suppress(OSError):
            while d := sock.recv(65536):
                *new, rest = (rest + d).split(b"\n")
                show([line.decode("utf-8", "replace") for line in new])
        if last and rest:
            show([rest.decode()])
        show(["* desconectado"])
        sock.close()

    t = threading.Thread(target=run, daemon=daemon)
    t.start()
    return t


def is_no_daemon(sock, log, limit):
    """devolve uma thread que escuta"""
    return _follow(sock, log, limit, False)


def shows_the_half(sock, log, limit):
    """avisa do fim, fecha e termina"""
    return _follow(sock, log, limit, True, True)


def gives_up_in_silence(sock, log, limit):
    """espera o tempo que for preciso"""
    return _follow(sock, log, limit, True, False, 4)


def shows_only_the_news(sock, log, limit):
    """guarda só as últimas linhas

    as linhas dos outros recv continuam na tela
    """

    def receive():
        rest = b""
        with sock, suppress(OSError):
            while data := sock.recv(65536):
                *new, rest = (rest + data).split(b"\n")
                log.value = "".join(f"<div>{escape(line.decode())}</div>" for line in new[-limit:])

    return _start(receive)
