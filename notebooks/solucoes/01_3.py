def echo(sock):
    with sock:
        while data := sock.recv(1024):
            sock.sendall(data)
