def send_text(sock, text):
    sock.sendall(text.encode())
