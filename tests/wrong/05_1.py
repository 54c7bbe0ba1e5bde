"""Respostas erradas de 05.1; a docstring de cada uma é a verificação que deve pegá-la."""


def leaves_the_line_open(sock, apelido, text):
    """dois textos são duas linhas"""
    sock.sendall(f"{apelido}: {text}".encode("ascii"))


def forgets_the_apelido(sock, apelido, text):
    """a linha tem apelido, texto e \\n"""
    sock.sendall(f"{text}\n".encode())


def forgets_the_space(sock, apelido, text):
    """a linha tem apelido, texto e \\n"""
    sock.sendall(f"{apelido}:{text}\n".encode())


def ends_like_windows(sock, apelido, text):
    """a linha tem apelido, texto e \\n"""
    sock.sendall(f"{apelido}: {text}\r\n".encode())


def speaks_ascii(sock, apelido, text):
    """acentos e emoji chegam"""
    sock.sendall(f"{apelido}: {text}\n".encode("ascii"))


def speaks_latin(sock, apelido, text):
    """acentos e emoji chegam"""
    sock.sendall(f"{apelido}: {text}\n".encode("latin-1", "replace"))


def trusts_the_text(sock, apelido, text):
    """um texto não forja outra linha"""
    sock.sendall(f"{apelido}: {text}\n".encode())


def cuts_the_text(sock, apelido, text):
    """um texto não forja outra linha"""
    first = text.split("\n")[0]
    sock.sendall(f"{apelido}: {first}\n".encode())


def sends_once(sock, apelido, text):
    """um texto longo chega inteiro"""
    text = text.replace("\n", " ")
    sock.send(f"{apelido}: {text}\n".encode())


def hangs_up(sock, apelido, text):
    """dois textos são duas linhas"""
    text = text.replace("\n", " ")
    with sock:
        sock.sendall(f"{apelido}: {text}\n".encode())
