def send_without_waiting(message, pending, limit):
    gone = []
    for sock, waiting in pending.items():
        waiting += message
        sock.setblocking(False)
        try:
            while waiting:
                del waiting[: sock.send(waiting)]
        except BlockingIOError:
            if len(waiting) > limit:
                gone.append(sock)
        except OSError:
            gone.append(sock)
    return gone
