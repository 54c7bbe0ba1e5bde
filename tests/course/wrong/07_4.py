"""Respostas erradas de 07.4; a docstring de cada uma é a verificação que deve pegá-la."""

import re
import time


def _read(sock, timeout):
    deadline, answer = time.monotonic() + timeout, b""
    try:
        while b"\n" not in answer:
            sock.settimeout(max(0.001, deadline - time.monotonic()))
            data = sock.recv(1024)
            if not data or time.monotonic() > deadline:
                return None
            answer += data
    except OSError:
        return None
    return answer.partition(b"\n")[0].decode("utf-8", "replace")


def _refuse(sock, why):
    sock.sendall(f"* {why}\n".encode())


def takes_anything(sock, taken, timeout):
    """junta a resposta que vem aos pedaços"""
    sock.send(b"NICK")
    return sock.recv(1024).decode("utf-8").strip()


def speaks_ascii(sock, taken, timeout):
    """devolve um apelido bom"""
    sock.send(b"NICK")
    return sock.recv(1024).decode("ascii").strip()


def reads_once(sock, taken, timeout):
    """junta a resposta que vem aos pedaços"""
    sock.sendall(b"NICK")
    sock.settimeout(timeout)
    try:
        apelido = sock.recv(1024).decode("utf-8", "replace").removesuffix("\n")
    except OSError:
        return None
    if not re.fullmatch(r"[\w.-]{1,20}", apelido) or apelido.casefold() == "nick":
        return _refuse(sock, "esse não serve")
    if apelido.casefold() in map(str.casefold, taken):
        return _refuse(sock, "esse já está aqui")
    return apelido


def compares_to_the_letter(sock, taken, timeout):
    """recusa quem já está na sala"""
    sock.sendall(b"NICK")
    apelido = _read(sock, timeout)
    if apelido is None:
        return None
    if not re.fullmatch(r"[\w.-]{1,20}", apelido) or apelido.casefold() == "nick":
        return _refuse(sock, "esse não serve")
    if apelido in taken:
        return _refuse(sock, "esse já está aqui")
    return apelido


def lets_nick_in(sock, taken, timeout):
    """recusa o que não serve de apelido"""
    sock.sendall(b"NICK")
    apelido = _read(sock, timeout)
    if apelido is None:
        return None
    if not re.fullmatch(r"[\w.-]{1,20}", apelido):
        return _refuse(sock, "esse não serve")
    if apelido.casefold() in map(str.casefold, taken):
        return _refuse(sock, "esse já está aqui")
    return apelido


def refuses_in_silence(sock, taken, timeout):
    """explica cada recusa numa linha"""
    sock.sendall(b"NICK")
    apelido = _read(sock, timeout)
    if apelido is None or not re.fullmatch(r"[\w.-]{1,20}", apelido) or apelido.casefold() == "nick":
        return None
    return None if apelido.casefold() in map(str.casefold, taken) else apelido


def waits_forever(sock, taken, timeout):
    """desiste de quem se cala, pinga ou some"""
    sock.sendall(b"NICK")
    answer = b""
    while b"\n" not in answer:
        answer += sock.recv(1024)
    apelido = answer.partition(b"\n")[0].decode("utf-8", "replace")
    if not re.fullmatch(r"[\w.-]{1,20}", apelido) or apelido.casefold() == "nick":
        return _refuse(sock, "esse não serve")
    if apelido.casefold() in map(str.casefold, taken):
        return _refuse(sock, "esse já está aqui")
    return apelido


def waits_again_for_each_piece(sock, taken, timeout):
    """desiste de quem se cala, pinga ou some"""
    sock.sendall(b"NICK")
    sock.settimeout(timeout)
    answer = b""
    try:
        while b"\n" not in answer:
            data = sock.recv(1024)
            if not data:
                return None
            answer += data
    except OSError:
        return None
    apelido = answer.partition(b"\n")[0].decode("utf-8", "replace")
    if not re.fullmatch(r"[\w.-]{1,20}", apelido) or apelido.casefold() == "nick":
        return _refuse(sock, "esse não serve")
    if apelido.casefold() in map(str.casefold, taken):
        return _refuse(sock, "esse já está aqui")
    return apelido


def counts_bytes(sock, taken, timeout):
    """devolve um apelido bom"""
    sock.sendall(b"NICK")
    apelido = _read(sock, timeout)
    if apelido is None:
        return None
    if not re.fullmatch(r"[\w.-]+", apelido) or len(apelido.encode()) > 20 or apelido.casefold() == "nick":
        return _refuse(sock, "esse não serve")
    if apelido.casefold() in map(str.casefold, taken):
        return _refuse(sock, "esse já está aqui")
    return apelido


def looks_inside_the_list(sock, taken, timeout):
    """recusa quem já está na sala"""
    sock.sendall(b"NICK")
    apelido = _read(sock, timeout)
    if apelido is None:
        return None
    if not re.fullmatch(r"[\w.-]{1,20}", apelido) or apelido.casefold() == "nick":
        return _refuse(sock, "esse não serve")
    if apelido.casefold() in str(taken).casefold():
        return _refuse(sock, "esse já está aqui")
    return apelido


def forbids_only_some(sock, taken, timeout):
    """recusa o que não serve de apelido"""
    sock.sendall(b"NICK")
    apelido = _read(sock, timeout)
    if apelido is None:
        return None
    if not 1 <= len(apelido) <= 20 or set(" :*\x1b") & set(apelido) or apelido.casefold() == "nick":
        return _refuse(sock, "esse não serve")
    if apelido.casefold() in map(str.casefold, taken):
        return _refuse(sock, "esse já está aqui")
    return apelido


def takes_half_an_answer(sock, taken, timeout):
    """recusa quem já está na sala"""
    sock.sendall(b"NICK")
    sock.settimeout(timeout)
    answer = b""
    try:
        while b"\n" not in answer and (data := sock.recv(1024)):
            answer += data
    except OSError:
        return None
    apelido = answer.partition(b"\n")[0].decode("utf-8", "replace")
    if not re.fullmatch(r"[\w.-]{1,20}", apelido) or apelido.casefold() == "nick":
        return _refuse(sock, "esse não serve")
    return apelido


def _refuse(sock, why):
    sock.sendall(f"* apelido recusado: {why}\n".encode())


def _admit(sock, taken, timeout):
    deadline = time.monotonic() + timeout
    answer = b""
    try:
        sock.sendall(b"NICK")
        while b"\n" not in answer:
            sock.settimeout(max(0.001, deadline - time.monotonic()))
            data = sock.recv(1024)
            if not data or time.monotonic() > deadline:
                return None
            answer += data
    except OSError:
        return None
    apelido = answer.partition(b"\n")[0].decode("utf-8", errors="replace")
    if not re.fullmatch("[\\w.-]{1,20}", apelido) or apelido.casefold() == "nick":
        return _refuse(sock, "use de 1 a 20 letras, algarismos, _ - ou .")
    if apelido.casefold() in [other.casefold() for other in taken]:
        return _refuse(sock, "esse apelido já está na sala; escolha outro")
    return apelido


def writes_in_the_list(sock, taken, timeout):
    """devolve um apelido bom"""
    n = _admit(sock, taken, timeout)
    if n:
        taken.append(n)
    return n
