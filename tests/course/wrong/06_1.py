"""Respostas erradas de 06.1; a docstring de cada uma é a verificação que deve pegá-la."""

import html
from html import escape


def _line(kind, author, text):
    return f'<div class="{kind}"><b>{author}</b>: {text}</div>'


def trusts_everyone(message, apelido):
    """nada da mensagem vira marca"""
    author, colon, text = message.partition(": ")
    if message.startswith("* ") or not colon:
        return f'<div class="notice">{message}</div>'
    return _line("mine" if author == apelido else "other", author, text)


def trusts_the_apelido(message, apelido):
    """nada da mensagem vira marca"""
    author, colon, text = message.partition(": ")
    if message.startswith("* ") or not colon:
        return f'<div class="notice">{escape(message)}</div>'
    return _line("mine" if author == apelido else "other", author, escape(text))


def trusts_the_notices(message, apelido):
    """nada da mensagem vira marca"""
    author, colon, text = message.partition(": ")
    if message.startswith("* ") or not colon:
        return f'<div class="notice">{message}</div>'
    return _line("mine" if author == apelido else "other", escape(author), escape(text))


def forgets_the_ampersand(message, apelido):
    """nada da mensagem vira marca"""
    author, colon, text = message.replace("<", "&lt;").replace(">", "&gt;").partition(": ")
    if message.startswith("* ") or not colon:
        return f'<div class="notice">{author}{colon}{text}</div>'
    return _line("mine" if author == apelido else "other", author, text)


def deletes_the_tags(message, apelido):
    """nada da mensagem vira marca"""
    return show_everything(message.replace("<", "").replace(">", ""), apelido)


def show_everything(message, apelido):
    """reconhece os avisos"""
    author, colon, text = message.partition(": ")
    if not colon:
        return f'<div class="notice">{escape(message)}</div>'
    return _line("mine" if author == apelido else "other", escape(author), escape(text))


def looks_for_the_name(message, apelido):
    """separa as suas falas das alheias"""
    author, colon, text = message.partition(": ")
    if message.startswith("* ") or not colon:
        return f'<div class="notice">{escape(message)}</div>'
    kind = "mine" if message.startswith(apelido) else "other"
    return _line(kind, escape(author), escape(text))


def cuts_at_every_colon(message, apelido):
    """o texto chega inteiro à tela"""
    author, _, text = message.partition(": ")
    if message.startswith("* ") or not text:
        return f'<div class="notice">{escape(message)}</div>'
    text = message.split(": ")[1]
    return _line("mine" if author == apelido else "other", escape(author), escape(text))


def cuts_at_the_last_colon(message, apelido):
    """o autor vem em negrito"""
    author, colon, text = message.rpartition(": ")
    if message.startswith("* ") or not colon:
        return f'<div class="notice">{escape(message)}</div>'
    return _line("mine" if author == apelido else "other", escape(author), escape(text))


def shouts_everything(message, apelido):
    """o autor vem em negrito"""
    author, colon, _ = message.partition(": ")
    notice = message.startswith("* ") or not colon
    kind = "notice" if notice else "mine" if author == apelido else "other"
    return f'<div class="{kind}"><b>{escape(message)}</b></div>'


def forgets_the_space_in_the_notice(message, apelido):
    """não toma uma fala por aviso"""
    author, colon, text = message.partition(": ")
    if message.startswith("*") or not colon:
        return f'<div class="notice">{escape(message)}</div>'
    return _line("mine" if author == apelido else "other", escape(author), escape(text))


def forgets_the_space_after_the_colon(message, apelido):
    """reconhece os avisos"""
    author, colon, text = message.partition(":")
    if message.startswith("* ") or not colon:
        return f'<div class="notice">{escape(message)}</div>'
    return _line("mine" if author == apelido else "other", escape(author), escape(text))


def looks_for_the_author_in_the_apelido(message, apelido):
    """separa as suas falas das alheias"""
    author, colon, text = message.partition(": ")
    if message.startswith("* ") or not colon:
        return f'<div class="notice">{escape(message)}</div>'
    return _line("mine" if author in apelido else "other", escape(author), escape(text))


def escapes_twice(message, apelido):
    """nada da mensagem vira marca"""
    author, colon, text = escape(message).partition(": ")
    if message.startswith("* ") or not colon:
        return f'<div class="notice">{escape(message)}</div>'
    return _line("mine" if author == apelido else "other", escape(author), escape(text))


def escapes_before_comparing(message, apelido):
    """separa as suas falas das alheias"""
    m = html.escape(message)
    a, s, t = m.partition(": ")
    if not s or m.startswith("* "):
        return f'<div class="notice">{m}</div>'
    return f'''<div class="{("mine" if a == apelido else "other")}"><b>{a}</b>: {t}</div>'''


def prints_the_line(message, apelido):
    """o texto chega inteiro à tela

    termine com return
    """
    print(f'<div class="notice">{message}</div>')
