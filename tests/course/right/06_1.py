"""Respostas certas de 06.1, de outro feitio: nenhuma é recusada."""

import html


def finds_the_colon(message, apelido):
    i = message.find(": ")
    e = html.escape
    if i < 0 or message[:2] == "* ":
        return "<div class='notice'>" + e(message) + "</div>"
    k = ("other", "mine")[message[:i] == apelido]
    return f"<div class={k}><b>{e(message[:i])}:</b> {e(message[i + 2 :])}</div>"
