"""Respostas certas de 07.4, de outro feitio: nenhuma é recusada."""

import re
import unicodedata


def with_a_regex(line, apelido):
    texto = line.decode(errors="replace")
    prefixo = apelido + ": "
    if texto.startswith(prefixo):
        texto = texto[len(prefixo) :]
    if texto.isspace() or texto == "":
        return b""
    texto = re.sub("[\x00-\x08\x0a-\x1f\x7f-\x9f]", "\N{REPLACEMENT CHARACTER}", texto)
    return (prefixo + texto + "\n").encode("utf-8")


def with_bytes(line, apelido):
    nome = apelido.encode() + b": "
    linha = line[len(nome) :] if line[: len(nome)] == nome else line
    if not linha.strip(b" "):
        return b""
    letras = []
    for letra in linha.decode("utf-8", errors="replace"):
        if letra == "\t" or unicodedata.category(letra) != "Cc":
            letras.append(letra)
        else:
            letras.append("\ufffd")
    return nome + "".join(letras).encode() + b"\n"
