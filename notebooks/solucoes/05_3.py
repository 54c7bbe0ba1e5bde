from contextlib import suppress


def receive_lines(sock, on_message):
    rest = b""
    with suppress(OSError):
        while data := sock.recv(1024):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                on_message(line.decode("utf-8", "replace"))
