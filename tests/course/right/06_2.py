"""Respostas certas de 06.2, de outro feitio: nenhuma é recusada."""


def sends_line_by_line(box, note, sock):
    text = box.value
    try:
        for line in text.splitlines():
            if line and (not line.isspace()):
                sock.sendall(line.encode() + b"\n")
        box.value = ""
        note.value = ""
    except OSError as e:
        note.value = f"falhou: {e}"
