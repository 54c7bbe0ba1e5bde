"""Respostas erradas de 05.1; a docstring de cada uma é a verificação que deve pegá-la."""


def leaves_the_line_open(sock, apelido, text):
    """a linha tem apelido, texto e \\n"""
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
    """do texto nada se perde"""
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


def cuts_in_two(sock, apelido, text):
    """a linha tem apelido, texto e \\n"""
    for part in text.strip().split("\n", 1):
        sock.sendall(f"{apelido}: {part}\n".encode())


def says_only_the_last(sock, apelido, text):
    """do texto nada se perde"""
    sock.sendall(f"{apelido}: {text.splitlines()[-1]}\n".encode())


def refuses_two_lines(sock, apelido, text):
    """um texto não forja outra linha"""
    if "\n" not in text:
        sock.sendall(f"{apelido}: {text}\n".encode())


def sends_each_chunk_once(sock, apelido, text):
    """um texto não forja outra linha"""
    data = f"{apelido}: {text}\n".encode()
    for start in range(0, len(data), 65536):
        sock.send(data[start : start + 65536])


def strips_the_text(sock, apelido, text):
    """a linha tem apelido, texto e \\n"""
    for line in text.strip().split("\n"):
        sock.sendall(f"{apelido}: {line}\n".encode())


def glues_the_parts(sock, apelido, text):
    """do texto nada se perde"""
    sock.sendall((f"{apelido}: " + text.replace("\n", "") + "\n").encode())


def turns_the_order(sock, apelido, text):
    """do texto nada se perde"""
    for line in reversed(text.split("\n")):
        sock.sendall(f"{apelido}: {line}\n".encode())
