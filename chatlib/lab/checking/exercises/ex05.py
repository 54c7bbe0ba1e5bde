"""Aula 05: o cliente, que responde a NICK, escuta e fala."""

import socket
from contextlib import suppress

from ..registry import check, exercise

LONG = "0123456789abcdef" * 125_000 + "fim"  # 2 MB: não cabe de uma vez nos buffers da conexão

exercise("05.1", "write_line(sock, apelido, text)", "Mande uma linha")


@check("05.1", "a linha tem apelido, texto e \\n", "monte Ana: oi, com o \\n no fim, e envie em bytes")
def whole_line(write_line, room):
    pair = room.pair()
    write_line(pair.sock, "Ana", "oi")
    return pair.peer.got(b"\n") and pair.peer.seen == b"Ana: oi\n"


@check("05.1", "acentos e emoji chegam", "que codificação conhece tudo?")
def accents(write_line, room):
    pair = room.pair()
    write_line(pair.sock, "João", "não! 🎉")
    return pair.peer.got("João: não! 🎉\n".encode())


@check(
    "05.1", "um texto não forja outra linha", "que caractere, dentro do texto, encerra a linha antes da hora?"
)
def no_forgery(write_line, room):
    pair = room.pair()
    write_line(pair.sock, "Ana", "oi\nBruno: eu pago\nBia: eu pago\n")
    pair.sock.shutdown(socket.SHUT_WR)
    lines = pair.peer.ended() and pair.peer.seen.split(b"\n")
    return lines and all(line.startswith(b"Ana: ") for line in lines[:-1])


@check("05.1", "do texto nada se perde", "cada parte do texto vai, seja na mesma linha ou em outra")
def nothing_lost(write_line, room):
    pair = room.pair()
    write_line(pair.sock, "Ana", "um\ndois\ntrês")
    pair.sock.shutdown(socket.SHUT_WR)
    return pair.peer.ended() and all(part.encode() in pair.peer.seen for part in ("um", "dois", "três"))


@check("05.1", "um texto longo chega inteiro", "send pode mandar só uma parte; que método insiste até o fim?")
def long_text(write_line, room):
    pair = room.narrow()
    room.spawn(write_line, pair.sock, "Ana", LONG)
    return pair.peer.got(b"fim\n", timeout=2) and pair.peer.seen == f"Ana: {LONG}\n".encode()


@check("05.1", "dois textos são duas linhas", "a conexão continua aberta, e cada texto termina em \\n")
def two_lines(write_line, room):
    pair = room.pair()
    write_line(pair.sock, "Ana", "um")
    write_line(pair.sock, "Ana", "dois")
    return pair.peer.got(b"Ana: um\nAna: dois\n")


exercise("05.2", "reply_to_nick(sock, apelido)", "Responda a NICK como vier")


@check("05.2", "responde com o apelido e \\n", "o apelido, em UTF-8, com \\n no fim; e devolva True")
def answers(reply_to_nick, room):
    pair = room.pair()
    pair.peer.send(b"NICK")
    answered = reply_to_nick(pair.sock, "João")
    return answered and pair.peer.got(b"\n") and pair.peer.seen == "João\n".encode()


@check(
    "05.2", "espera NICK que chega byte a byte", "um recv pode trazer menos do que se pediu: repita até ter 4"
)
def byte_by_byte(reply_to_nick, room):
    pair = room.pair()
    room.spawn(pair.peer.send_slowly, b"NICK")
    return reply_to_nick(pair.sock, "Ana") and pair.peer.got(b"Ana\n")


@check("05.2", "reconhece NICK grudado e deixa o resto", "peça ao recv só os bytes que ainda faltam dos 4")
def glued(reply_to_nick, room):
    pair = room.pair()
    pair.peer.send(b"NICKBem-vindo!\n")
    pair.sock.settimeout(1)
    return (
        reply_to_nick(pair.sock, "Ana") and pair.peer.got(b"Ana\n") and pair.sock.recv(99) == b"Bem-vindo!\n"
    )


@check("05.2", "não responde a quem não perguntou", "compare os 4 bytes; se não são NICK, devolva False")
def another_question(reply_to_nick, room):
    said = ("* a sala está cheia\n", "nick", "KCIN")
    return all(silent(reply_to_nick, room, question.encode()) for question in said)


def silent(reply_to_nick, room, question):
    """Se a função devolve False, sem mandar nada, a quem diz só isso."""
    pair = room.pair()
    pair.peer.send(question)
    pair.peer.finish()
    answered = reply_to_nick(pair.sock, "Ana")
    with suppress(OSError):  # quem já fechou o socket também não mandou nada
        pair.sock.shutdown(socket.SHUT_WR)
    return not answered and pair.peer.ended() and pair.peer.seen == b""


@check(
    "05.2",
    "desiste se o servidor sai antes",
    "recv devolve b'' para sempre: saia do laço calado e devolva False",
)
def server_leaves(reply_to_nick, room):
    return silent(reply_to_nick, room, b"NI") and silent(reply_to_nick, room, b"")


exercise("05.3", "receive_lines(sock, on_message)", "Escute até o fim")


def read(receive_lines, room, data):
    """As mensagens, menos as vazias, que saem de ``data``, mandado byte a byte antes de encerrar."""
    pair, messages = room.pair(), []
    thread = room.spawn(receive_lines, pair.sock, messages.append)
    pair.peer.send_slowly(data)
    pair.peer.close()
    thread.join(1)
    return [message for message in messages if message]


@check(
    "05.3", "entrega cada linha assim que se completa", "corte no \\n e entregue já, uma chamada por linha"
)
def at_once(receive_lines, room):
    pair, messages = room.pair(), []
    room.spawn(receive_lines, pair.sock, messages.append)
    pair.peer.send(b"um\ndois\ntr")
    return room.wait(lambda: messages == ["um", "dois"])


@check("05.3", "junta caracteres cortados ao meio", "junte bytes até o \\n e só então decodifique")
def cut_characters(receive_lines, room):
    return read(receive_lines, room, "não, João! 🎉\n".encode()) == ["não, João! 🎉"]


@check("05.3", "um byte inválido não a derruba", 'decode aceita um segundo argumento: veja "replace"')
def invalid_byte(receive_lines, room):
    return read(receive_lines, room, b"a\xffb\nsegue\n") == ["a\ufffdb", "segue"]


@check(
    "05.3",
    "só \\n separa linhas",
    "splitlines corta em outros caracteres também, e strip apaga mais do que o \\n: use split",
)
def only_newline(receive_lines, room):
    line = " um\x0bdois\x85três\u2028quatro "
    return read(receive_lines, room, f"{line}\n".encode()) == [line]


@check(
    "05.3",
    "termina quando o servidor encerra",
    "recv devolve b'' no fim: só então volte, sem entregar mais nada",
)
def ends(receive_lines, room):
    pair, messages = room.pair(), []
    thread = room.spawn(receive_lines, pair.sock, messages.append)
    pair.peer.send(b"tchau\n")
    heard = room.wait(lambda: messages)
    thread.join(0.1)  # quem só inicia outra thread já voltou
    listening = heard and thread.is_alive()
    pair.peer.close()
    thread.join(1)
    return listening and not thread.is_alive() and messages == ["tchau"]


@check(
    "05.3",
    "termina sem erro quando a conexão cai",
    "uma queda levanta OSError dentro de recv: também é um fim",
)
def falls(receive_lines, room):
    pair, messages = room.pair(), []
    thread = room.spawn(receive_lines, pair.sock, messages.append)
    pair.peer.send(b"oi\n")
    heard = room.wait(lambda: messages == ["oi"])
    pair.peer.reset()
    thread.join(1)
    return heard and not thread.is_alive() and not room.failures
