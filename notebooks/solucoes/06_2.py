def submit(box, note, sock):
    lines = [line for line in box.value.split("\n") if line.strip()]
    try:
        sock.sendall("".join(f"{line}\n" for line in lines).encode())
    except OSError:
        note.value = "A mensagem não saiu: a conexão caiu. O texto continua na caixa."
    else:
        box.value = note.value = ""
