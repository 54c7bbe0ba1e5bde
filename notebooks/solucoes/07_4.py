import unicodedata


def sign(line, apelido):
    text = line.decode("utf-8", "replace").removeprefix(f"{apelido}: ")
    if not text.strip():
        return b""
    return f"{apelido}: {''.join(map(harmless, text))}\n".encode()


def harmless(char):
    """O caractere, ou � se ele comanda a tela."""
    return "�" if unicodedata.category(char) == "Cc" and char != "\t" else char
