from collections import deque
from html import escape
from threading import Thread


def follow(sock, log, limit):
    lines = deque(maxlen=limit)

    def add(new):
        lines.extend(new)
        log.value = "".join(f"<div>{escape(line)}</div>" for line in lines)

    def receive():
        rest = b""
        try:
            while data := sock.recv(65536):
                *new, rest = (rest + data).split(b"\n")
                add(line.decode("utf-8", "replace") for line in new)
        except OSError:
            pass
        add(["* desconectado"])
        sock.close()

    thread = Thread(target=receive, daemon=True)
    thread.start()
    return thread
