"""Respostas erradas de 06.2; a docstring de cada uma é a verificação que deve pegá-la."""


def as_it_was(box, note, sock):
    """cada linha é uma mensagem"""
    box.value, text = "", box.value
    sock.send(text.encode("ascii"))


def speaks_ascii(box, note, sock):
    """acentos e emoji chegam"""
    lines = [line for line in box.value.split("\n") if line.strip()]
    sock.sendall("".join(f"{line}\n" for line in lines).encode("ascii", "replace"))
    box.value = note.value = ""


def sends_all_as_one(box, note, sock):
    """linhas em branco não vão"""
    if box.value.strip():
        sock.sendall(box.value.encode() + b"\n")
    box.value = note.value = ""


def sends_empty_lines(box, note, sock):
    """linhas em branco não vão"""
    for line in box.value.split("\n"):
        sock.sendall(line.encode() + b"\n")
    box.value = note.value = ""


def forgets_the_end(box, note, sock):
    """cada linha é uma mensagem"""
    sock.sendall(box.value.strip().encode())
    box.value = note.value = ""


def joins_the_lines(box, note, sock):
    """cada linha é uma mensagem"""
    if text := " ".join(box.value.split("\n")).strip():
        sock.sendall(text.encode() + b"\n")
    box.value = note.value = ""


def clears_before_sending(box, note, sock):
    """numa falha, guarda o texto e avisa"""
    text, box.value = box.value, ""
    try:
        _send_lines(sock, text)
        note.value = ""
    except OSError:
        note.value = "não saiu"


def lets_the_error_out(box, note, sock):
    """numa falha, guarda o texto e avisa"""
    _send_lines(sock, box.value)
    box.value = note.value = ""


def fails_in_silence(box, note, sock):
    """numa falha, guarda o texto e avisa"""
    try:
        _send_lines(sock, box.value)
        box.value = note.value = ""
    except OSError:
        pass


def keeps_the_box(box, note, sock):
    """esvazia a caixa e a nota"""
    _send_lines(sock, box.value)


def keeps_the_old_note(box, note, sock):
    """esvazia a caixa e a nota"""
    try:
        _send_lines(sock, box.value)
        box.value = ""
    except OSError as error:
        note.value = str(error)


def _send_lines(sock, text):
    for line in text.split("\n"):
        if line.strip():
            sock.sendall(line.encode() + b"\n")


def sends_once(box, note, sock):
    """um texto longo sai inteiro"""
    lines = [line for line in box.value.split("\n") if line.strip()]
    try:
        sock.send("".join(f"{line}\n" for line in lines).encode())
        box.value = note.value = ""
    except OSError as error:
        note.value = str(error)


def expects_only_a_fall(box, note, sock):
    """numa falha, guarda o texto e avisa"""
    try:
        _send_lines(sock, box.value)
        box.value = note.value = ""
    except ConnectionError as error:
        note.value = str(error)


def sends_each_word(box, note, sock):
    """cada linha é uma mensagem"""
    _send_lines(sock, "\n".join(box.value.split()))
    box.value = note.value = ""


def says_nothing(box, note, sock):
    """numa falha, guarda o texto e avisa

    a nota ficou vazia
    """
    try:
        for line in filter(str.strip, box.value.split("\n")):
            sock.sendall(f"{line}\n".encode())
    except OSError:
        return
    box.value = note.value = ""
