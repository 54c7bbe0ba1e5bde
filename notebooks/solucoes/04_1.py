def ask_who(client):
    """Pergunta o apelido e devolve a resposta inteira."""
    client.sendall(b"NICK")
    answer = b""
    while b"\n" not in answer:
        data = client.recv(1024)
        if not data:
            return ""
        answer += data
    first, _, _ = answer.partition(b"\n")
    return first.decode().removesuffix("\r")
