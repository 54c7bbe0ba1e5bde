def reply_to_nick(sock, apelido):
    asked = b""
    while len(asked) < 4:
        data = sock.recv(4 - len(asked))
        if not data:
            return False
        asked += data
    if asked != b"NICK":
        return False
    sock.sendall(f"{apelido}\n".encode())
    return True
