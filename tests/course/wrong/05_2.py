"""Respostas erradas de 05.2; a docstring de cada uma é a verificação que deve pegá-la."""


def compares_a_whole_recv(sock, apelido):
    """espera NICK que chega byte a byte"""
    if sock.recv(1024).decode("ascii") != "NICK":
        return False
    sock.sendall(f"{apelido}\n".encode())
    return True


def takes_the_rest_too(sock, apelido):
    """espera NICK que chega byte a byte"""
    if not sock.recv(1024).startswith(b"NICK"):
        return False
    sock.sendall(f"{apelido}\n".encode())
    return True


def asks_for_four_only_once(sock, apelido):
    """espera NICK que chega byte a byte"""
    if sock.recv(4) != b"NICK":
        return False
    sock.sendall(f"{apelido}\n".encode())
    return True


def reads_until_it_appears(sock, apelido):
    """reconhece NICK grudado e deixa o resto"""
    asked = b""
    while b"NICK" not in asked:
        data = sock.recv(1024)
        if not data:
            return False
        asked += data
    sock.sendall(f"{apelido}\n".encode())
    return True


def waits_forever(sock, apelido):
    """desiste se o servidor sai antes"""
    asked = b""
    while len(asked) < 4:
        asked += sock.recv(4 - len(asked))
    if asked != b"NICK":
        return False
    sock.sendall(f"{apelido}\n".encode())
    return True


def answers_anyone(sock, apelido):
    """não responde a quem não perguntou"""
    for _ in range(4):
        sock.recv(1)
    sock.sendall(f"{apelido}\n".encode())
    return True


def speaks_ascii(sock, apelido):
    """responde com o apelido e \\n"""
    if sock.recv(4) == b"NICK":
        sock.sendall(f"{apelido}\n".encode("ascii"))
        return True
    return False


def leaves_the_line_open(sock, apelido):
    """responde com o apelido e \\n"""
    if sock.recv(4) == b"NICK":
        sock.sendall(apelido.encode())
        return True
    return False


def says_nothing_to_the_caller(sock, apelido):
    """responde com o apelido e \\n"""
    if sock.recv(4) == b"NICK":
        sock.sendall(f"{apelido}\n".encode())


def accepts_the_beginning(sock, apelido):
    """desiste se o servidor sai antes"""
    asked = b""
    while len(asked) < 4 and (data := sock.recv(4 - len(asked))):
        asked += data
    if not b"NICK".startswith(asked):
        return False
    sock.sendall(f"{apelido}\n".encode())
    return asked == b"NICK"


def ignores_case(sock, apelido):
    """não responde a quem não perguntou"""
    asked = b""
    while len(asked) < 4 and (data := sock.recv(4 - len(asked))):
        asked += data
    if asked.upper() != b"NICK":
        return False
    sock.sendall(f"{apelido}\n".encode())
    return True


def reads_ahead(sock, apelido):
    """reconhece NICK grudado e deixa o resto"""
    with sock.makefile("rb") as file:
        asked = file.read(4)
    if asked != b"NICK":
        return False
    sock.sendall(f"{apelido}\n".encode())
    return True


def returns_nothing(sock, apelido):
    """não responde a quem não perguntou"""
    d = b""
    while len(d) < 4:
        x = sock.recv(4 - len(d))
        if not x:
            return
        d += x
    if d == b"NICK":
        sock.sendall(f"{apelido}\n".encode())
        return True
