"""Respostas erradas de 07.4; a docstring de cada uma é a verificação que deve pegá-la."""

import unicodedata


def _clean(text):
    return "".join("\ufffd" if unicodedata.category(c) == "Cc" and c != "\t" else c for c in text)


def _said(text, apelido):
    return f"{apelido}: {_clean(text)}\n".encode() if text.strip() else b""


def relays_as_it_came(line, apelido):
    """põe o nome de quem mandou"""
    return line + b"\n"


def gives_text(line, apelido):
    """põe o nome de quem mandou"""
    return _said(line.decode("utf-8", "replace").removeprefix(f"{apelido}: "), apelido).decode()


def forgets_the_end(line, apelido):
    """põe o nome de quem mandou"""
    return _said(line.decode("utf-8", "replace").removeprefix(f"{apelido}: "), apelido)[:-1]


def trusts_who_signs(line, apelido):
    """o nome de outro é só texto"""
    text = line.decode("utf-8", "replace")
    return _clean(text).encode() + b"\n" if ": " in text else _said(text, apelido)


def always_signs(line, apelido):
    """não repete o nome que o cliente já pôs"""
    return _said(line.decode("utf-8", "replace"), apelido)


def takes_any_name_away(line, apelido):
    """o nome de outro é só texto"""
    text = line.decode("utf-8", "replace")
    return _said(text.partition(": ")[2] or text, apelido)


def compares_without_case(line, apelido):
    """o nome de outro é só texto"""
    text = line.decode("utf-8", "replace")
    if text.casefold().startswith(f"{apelido}: ".casefold()):
        text = text[len(apelido) + 2 :]
    return _said(text, apelido)


def cuts_at_the_colon(line, apelido):
    """o nome de outro é só texto"""
    text = line.decode("utf-8", "replace")
    if text.startswith(apelido + ":"):
        text = text[len(apelido) + 1 :].removeprefix(" ")
    return _said(text, apelido)


def takes_letters_away(line, apelido):
    """o nome de outro é só texto"""
    return _said(line.decode("utf-8", "replace").lstrip(f"{apelido}: "), apelido)


def takes_every_name_away(line, apelido):
    """o nome de outro é só texto"""
    return _said(line.decode("utf-8", "replace").replace(f"{apelido}: ", ""), apelido)


def takes_the_name_while_it_is_there(line, apelido):
    """tira o nome uma vez só"""
    text = line.decode("utf-8", "replace")
    while text.startswith(f"{apelido}: "):
        text = text.removeprefix(f"{apelido}: ")
    return _said(text, apelido)


def trims_the_text(line, apelido):
    """o texto fica como veio"""
    return _said(line.decode("utf-8", "replace").removeprefix(f"{apelido}: ").strip(), apelido)


def counts_letters_as_bytes(line, apelido):
    """o texto fica como veio"""
    start = f"{apelido}: ".encode()
    text = line[len(apelido) + 2 :] if line.startswith(start) else line
    return _said(text.decode("utf-8", "replace"), apelido)


def drops_what_is_not_utf8(line, apelido):
    """o que não é UTF-8 vira �"""
    return _said(line.decode("utf-8", "ignore").removeprefix(f"{apelido}: "), apelido)


def breaks_on_what_is_not_utf8(line, apelido):
    """o que não é UTF-8 vira �"""
    return _said(line.decode().removeprefix(f"{apelido}: "), apelido)


def speaks_only_ascii(line, apelido):
    """o texto fica como veio"""
    return _said(line.decode("ascii", "replace").removeprefix(f"{apelido}: "), apelido)


def knows_only_escape(line, apelido):
    """nenhum comando chega à tela"""
    text = line.decode("utf-8", "replace").removeprefix(f"{apelido}: ")
    return f"{apelido}: {text}\n".replace("\x1b", "\ufffd").encode() if text.strip() else b""


def knows_only_the_first_controls(line, apelido):
    """nenhum comando chega à tela"""
    text = line.decode("utf-8", "replace").removeprefix(f"{apelido}: ")
    clean = "".join("\ufffd" if c < " " and c != "\t" else c for c in text)
    return f"{apelido}: {clean}\n".encode() if text.strip() else b""


def removes_the_commands(line, apelido):
    """nenhum comando chega à tela"""
    text = line.decode("utf-8", "replace").removeprefix(f"{apelido}: ")
    clean = "".join(c for c in text if unicodedata.category(c) != "Cc" or c == "\t")
    return f"{apelido}: {clean}\n".encode() if text.strip() else b""


def takes_the_tab_for_a_command(line, apelido):
    """o texto fica como veio"""
    text = line.decode("utf-8", "replace").removeprefix(f"{apelido}: ")
    clean = "".join("\ufffd" if unicodedata.category(c) == "Cc" else c for c in text)
    return f"{apelido}: {clean}\n".encode() if text.strip() else b""


def says_nothing_aloud(line, apelido):
    """quem não disse nada não fala"""
    return f"{apelido}: {_clean(line.decode('utf-8', 'replace').removeprefix(f'{apelido}: '))}\n".encode()


def only_sees_empty_lines(line, apelido):
    """quem não disse nada não fala"""
    text = line.decode("utf-8", "replace").removeprefix(f"{apelido}: ")
    return f"{apelido}: {_clean(text)}\n".encode() if line.strip() else b""


def keeps_the_blanks(line, apelido):
    """quem não disse nada não fala"""
    text = line.decode("utf-8", "replace").removeprefix(f"{apelido}: ")
    return f"{apelido}: {_clean(text)}\n".encode() if text else b""
