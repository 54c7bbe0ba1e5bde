def write_line(sock, apelido, text):
    for line in text.rstrip("\n").split("\n"):
        sock.sendall(f"{apelido}: {line}\n".encode())
