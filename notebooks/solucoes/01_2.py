def receive_exactly(sock, size):
    received = b""
    while len(received) < size:
        data = sock.recv(size - len(received))
        if not data:
            break
        received += data
    return received
