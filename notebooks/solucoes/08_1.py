def lines_to(tape, apelido):
    """As linhas que o servidor mandou a essa pessoa."""
    data = b"".join(entry.data for entry in tape.of("sent", peer=apelido))
    *lines, _ = data.removeprefix(b"NICK").split(b"\n")
    return [line.decode() for line in lines]
