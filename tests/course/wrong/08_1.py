"""Respostas erradas de 08.1; a docstring de cada uma é a verificação que deve pegá-la."""


def one_line_per_send(tape, apelido):
    """separa as linhas que viajaram juntas"""
    return [entry.data.decode().strip() for entry in tape.of("sent", peer=apelido)]


def everybody(tape, apelido):
    """só o que foi enviado a essa pessoa"""
    return b"".join(entry.data for entry in tape.of("sent")).decode().split("\n")[:-1]


def both_ways(tape, apelido):
    """só o que foi enviado a essa pessoa"""
    return b"".join(entry.data for entry in tape.of(peer=apelido)).decode().split("\n")[:-1]


def keeps_bytes(tape, apelido):
    """devolve as linhas, em texto"""
    return b"".join(entry.data for entry in tape.of("sent", peer=apelido)).split(b"\n")[:-1]


def decodes_each_piece(tape, apelido):
    """junta a linha que viajou em pedaços"""
    text = "".join(entry.data.decode("utf-8", "replace") for entry in tape.of("sent", peer=apelido))
    return text.removeprefix("NICK").split("\n")[:-1]


def forgets_nick(tape, apelido):
    """NICK não é uma linha"""
    return b"".join(entry.data for entry in tape.of("sent", peer=apelido)).decode().split("\n")[:-1]


def keeps_the_rest(tape, apelido):
    """devolve as linhas, em texto"""
    return b"".join(entry.data for entry in tape.of("sent", peer=apelido)).decode().split("\n")


def deletes_every_nick(tape, apelido):
    """NICK não é uma linha"""
    data = b"".join(e.data for e in tape.of("sent", peer=apelido)).replace(b"NICK", b"")
    return [line.decode() for line in data.split(b"\n")[:-1]]


def strips_letters(tape, apelido):
    """NICK não é uma linha

    lstrip tira letras
    """
    data = b"".join(entry.data for entry in tape.of("sent", peer=apelido)).lstrip(b"NICK")
    return data.decode().split("\n")[:-1]


def knows_only_ana(tape, apelido):
    """só o que foi enviado a essa pessoa"""
    data = b"".join(entry.data for entry in tape.of("sent", peer="Ana")).removeprefix(b"NICK")
    return data.decode().split("\n")[:-1]


def gives_a_generator(tape, apelido):
    """devolve as linhas, em texto

    devolva uma lista
    """
    data = b"".join(entry.data for entry in tape.of("sent", peer=apelido)).removeprefix(b"NICK")
    return (line.decode() for line in data.split(b"\n")[:-1])


def tells_each_line_once(tape, apelido):
    """separa as linhas que viajaram juntas"""
    data = b"".join(entry.data for entry in tape.of("sent", peer=apelido)).removeprefix(b"NICK")
    return list(dict.fromkeys(data.decode().split("\n")[:-1]))
