"""Respostas erradas de 04.1; a docstring de cada uma é a verificação que deve pegá-la."""


def reads_once(client):
    """devolve o apelido, em texto"""
    client.send(b"NICK")
    return client.recv(1024).decode("ascii")


def keeps_the_newline(client):
    """devolve o apelido, em texto"""
    client.sendall(b"NICK")
    answer = b""
    while not answer.endswith(b"\n"):
        data = client.recv(1024)
        if not data:
            return ""
        answer += data
    return answer.decode()


def adds_a_newline(client):
    """manda NICK, e só NICK"""
    client.sendall(b"NICK\n")
    return client.makefile().readline().strip()


def decodes_each_piece(client):
    """junta a resposta que vem byte a byte"""
    client.sendall(b"NICK")
    answer = ""
    while "\n" not in answer:
        data = client.recv(1024)
        if not data:
            return ""
        answer += data.decode()
    return answer.strip()


def waits_forever(client):
    """para no primeiro \\n"""
    client.sendall(b"NICK")
    answer = b""
    while b"\n" not in answer:
        answer += client.recv(1024)
    return answer.decode().strip()


def takes_what_came(client):
    """para no primeiro \\n"""
    client.sendall(b"NICK")
    answer = b""
    while b"\n" not in answer and (data := client.recv(1024)):
        answer += data
    return answer.decode().strip()


def returns_bytes(client):
    """devolve o apelido, em texto"""
    client.sendall(b"NICK")
    answer = b""
    while b"\n" not in answer and (data := client.recv(1024)):
        answer += data
    return answer.strip() if b"\n" in answer else b""


def keeps_the_return(client):
    """tira o \\r antes do \\n"""
    client.sendall(b"NICK")
    answer = b""
    while b"\n" not in answer and (data := client.recv(1024)):
        answer += data
    return answer.decode().partition("\n")[0] if b"\n" in answer else ""


def never_asks(client):
    """manda NICK, e só NICK"""
    return client.recv(1024).decode().strip()


def waits_for_the_last_newline(client):
    """para no primeiro \\n"""
    client.sendall(b"NICK")
    answer = b""
    while not answer.endswith(b"\n"):
        data = client.recv(1024)
        if not data:
            return ""
        answer += data
    return answer.decode().strip()


def closes_the_door(client):
    """a conexão continua aberta depois"""
    with client:
        client.sendall(b"NICK")
        answer = b""
        while b"\n" not in answer and (data := client.recv(1024)):
            answer += data
    return answer.decode().partition("\n")[0].rstrip("\r") if b"\n" in answer else ""


def strips_the_name(client):
    """o resto do nome fica como veio"""
    client.sendall(b"NICK")
    d = b""
    while b"\n" not in d:
        x = client.recv(100)
        if not x:
            return ""
        d += x
    return d.split(b"\n")[0].decode().strip()


def stops_at_the_last_end(client):
    """para no primeiro \\n"""
    client.sendall(b"NICK")
    data = b""
    while b"\n" not in data:
        piece = client.recv(1024)
        if not piece:
            return ""
        data += piece
    return data.rpartition(b"\n")[0].decode().removesuffix("\r")


def gives_none(client):
    """volta com '' se a pessoa desiste

    pare, e devolva
    """
    client.sendall(b"NICK")
    line = client.makefile("rb").readline()
    return line[:-1].decode().removesuffix("\r") if line.endswith(b"\n") else None
