def whole_messages(sock):
    rest = b""
    while True:
        try:
            data = sock.recv(1024)
        except OSError:
            data = b""
        if not data:
            return
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", errors="replace")
