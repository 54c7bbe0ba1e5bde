def send_line(client, line, locks):
    """Manda a linha e o \\n, sem que outra thread se ponha no meio."""
    with locks[client]:
        client.sendall(line + b"\n")
