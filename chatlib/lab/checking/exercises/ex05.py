"""Aula 05: o cliente, que responde a NICK, escuta e fala."""

import re
import socket
from contextlib import suppress

from .. import weather
from ..exam_room import QUIET
from ..registry import check, exercise, expect, same
from ..scenes import CALLS, EARLY, LONG, ODD, SILENCE, WHOLE, WIDE, listens_on, read_late, still_works

exercise("05.1", "write_line(sock, apelido, text)", "Mande uma linha")


@check("05.1", "a linha tem apelido, texto e \\n", "monte Ana: oi, com o \\n no fim, e envie em bytes")
def whole_line(write_line, room):
    pair = room.pair()
    write_line(pair.sock, "Ana", "  oi ")
    came = pair.all_that_came()
    expect(came != b"Ana: oi\n", "o texto vai como veio, com os espaços das pontas: não use strip nele")
    return same(came, b"Ana:   oi \n")


@check("05.1", "acentos e emoji chegam", "que codificação conhece tudo?")
def accents(write_line, room):
    for text in ("ação", "não! 🎉"):
        pair = room.pair()
        write_line(pair.sock, "João", text)
        same(pair.all_that_came(), f"João: {text}\n".encode())
    return True


@check(
    "05.1", "um texto não forja outra linha", "que caractere, dentro do texto, encerra a linha antes da hora?"
)
def no_forgery(write_line, room):
    pair = room.pair()
    write_line(pair.sock, "Ana", "oi\nBruno: eu pago\nBia: eu pago\n" + "eu\n" * CALLS)
    lines = pair.all_that_came().split(b"\n")
    return len(lines) > 1 and all(line.startswith(b"Ana: ") for line in lines[:-1])


@check(
    "05.1", "do texto nada se perde", "cada parte do texto vai, na mesma linha ou em outra, sem se grudarem"
)
def nothing_lost(write_line, room):
    pair = room.pair()
    write_line(pair.sock, "Ana", "um\ndois\ntrês")
    came = pair.all_that_came()
    words = re.findall(r"\w+", came.decode())
    parts = ["um", "dois", "três"]
    return [word for word in words if word in parts] == parts or same(came, "Ana: um dois três\n".encode())


@check("05.1", "um texto longo chega inteiro", "send pode mandar só uma parte; que método insiste até o fim?")
def long_text(write_line, room):
    pair = room.narrow()
    return read_late(room, [pair], b"Ana: " + LONG + b"\n", write_line, pair.sock, "Ana", LONG.decode())


@check("05.1", "dois textos são duas linhas", "a conexão continua aberta, e cada texto termina em \\n")
def two_lines(write_line, room):
    pair = room.pair()
    write_line(pair.sock, "Ana", "um")
    write_line(pair.sock, "Ana", "dois")
    return pair.peer.got(b"Ana: um\nAna: dois\n") and still_works(pair)


exercise("05.2", "reply_to_nick(sock, apelido)", "Responda a NICK como vier")


@check("05.2", "responde com o apelido e \\n", "o apelido, em UTF-8, com \\n no fim; e devolva True")
def answers(reply_to_nick, room):
    pair = room.pair()
    pair.peer.send(b"NICK")
    answered = reply_to_nick(pair.sock, "João")
    same(pair.all_that_came(), "João\n".encode())
    expect(answered is True, "ela respondeu, mas não devolveu True")
    return True


@check(
    "05.2", "espera NICK que chega byte a byte", "um recv pode trazer menos do que se pediu: repita até ter 4"
)
def byte_by_byte(reply_to_nick, room):
    pair = room.pair()
    pair.peer.send(b"NICK")
    with weather.drizzle():
        return reply_to_nick(pair.sock, "Ana") and pair.peer.got(b"Ana\n")


@check("05.2", "espera o tempo que for preciso", SILENCE)
def waits(reply_to_nick, room):
    pair = room.pair()

    def dawdle():
        for part in (b"NI", b"CK"):
            room.wait(lambda: False, QUIET)
            pair.peer.send(part)

    with weather.long_silences():
        room.spawn(dawdle)
        return reply_to_nick(pair.sock, "Ana") and pair.peer.got(b"Ana\n")


@check("05.2", "reconhece NICK grudado e deixa o resto", "peça ao recv só os bytes que ainda faltam dos 4")
def glued(reply_to_nick, room):
    pair = room.pair()
    pair.peer.send(b"NICKBem-vindo!\n")
    pair.peer.finish()
    return (
        reply_to_nick(pair.sock, "Ana") and pair.peer.got(b"Ana\n") and pair.sock.recv(99) == b"Bem-vindo!\n"
    )


@check("05.2", "não responde a quem não perguntou", "compare os 4 bytes; se não são NICK, devolva False")
def another_question(reply_to_nick, room):
    said = ("* a sala está cheia\n".encode(), b"nick", b"KCIN", b"\xff\xfe\xfd\xfc")
    patient = room.pair()
    patient.peer.send(b"OLA!")  # e fica à espera, sem sair
    return all(silent(reply_to_nick, room, question) for question in said) and not reply_to_nick(
        patient.sock, "Ana"
    )


def silent(reply_to_nick, room, question):
    """Se a função devolve False, sem mandar nada, a quem diz só isso."""
    pair = room.pair()
    pair.peer.send(question)
    pair.peer.finish()
    answered = reply_to_nick(pair.sock, "Ana")
    with suppress(OSError):  # quem já fechou o socket também não mandou nada
        pair.sock.shutdown(socket.SHUT_WR)
    said_nothing = pair.peer.ended() and pair.peer.seen == b""
    expect(answered or not said_nothing or answered is False, "quando ela não responde, devolve False")
    return not answered and said_nothing


@check(
    "05.2",
    "desiste se o servidor sai antes",
    "recv devolve b'' para sempre: saia do laço calado e devolva False",
)
def server_leaves(reply_to_nick, room):
    return silent(reply_to_nick, room, b"NI") and silent(reply_to_nick, room, b"")


exercise("05.3", "receive_lines(sock, on_message)", "Escute até o fim")


def read(receive_lines, room, data):
    """As mensagens, menos as vazias, que saem de ``data``, lido byte a byte até o fim."""
    pair, messages = room.pair(), []
    with weather.drizzle():
        thread = room.spawn(receive_lines, pair.sock, messages.append)
        pair.peer.send(data)
        pair.peer.finish()
        room.ended(thread)
    return [message for message in messages if message]


@check(
    "05.3", "entrega cada linha assim que se completa", "corte no \\n e entregue já, uma chamada por linha"
)
def at_once(receive_lines, room):
    pair, messages = room.pair(), []
    room.spawn(receive_lines, pair.sock, messages.append)
    pair.peer.send(b"um\ndois\ntr")
    came = room.wait(lambda: messages == ["um", "dois"])
    if not messages:
        pair.peer.finish()  # quem espera pelo fim entrega agora
        late = room.wait(lambda: messages, QUIET)
        expect(late, "on_message não foi chamada: é a ela que se entrega cada linha, e não à tela")
        return False
    expect(
        all(isinstance(message, str) for message in messages),
        "on_message quer um texto a cada vez: nem bytes, nem lista",
    )
    expect("tr" not in messages, "o que ainda não tem \\n não é uma linha: guarde-o até vir o resto")
    expect(not messages or messages[0] != "um\n", "o \\n só separa: entregue a linha sem ele")
    return came or same(messages, ["um", "dois"])


@check(
    "05.3", "duas conexões não se misturam", "a meia linha de uma não pode cair na outra: guarde-a na função"
)
def own_rest(receive_lines, room):
    pairs, messages = (room.pair(), room.pair()), ([], [])
    for pair, found in zip(pairs, messages, strict=True):
        room.spawn(receive_lines, pair.sock, found.append)
    pairs[0].peer.send_slowly(b"me")
    pairs[1].peer.send(b"oi\n")
    first = room.wait(lambda: messages[1] == ["oi"])
    pairs[0].peer.send(b"io\n")
    return first and room.wait(lambda: messages[0] == ["meio"])


@check(
    "05.3",
    "termina quando o servidor encerra",
    "recv devolve b'' no fim: só então volte, sem entregar mais nada",
    vital=True,
)
def ends(receive_lines, room):
    pair, messages = room.pair(), []
    thread = room.spawn(receive_lines, pair.sock, messages.append)
    pair.peer.send(b"tchau\nmeia lin")
    heard = room.wait(lambda: messages)
    thread.join(0.1)  # quem só inicia outra thread já voltou
    listening = heard and thread.is_alive()
    pair.peer.finish()
    ended = room.ended(thread)
    expect("meia lin" not in messages, "o que ficou sem \\n não é uma linha inteira: não o entregue")
    expect(listening or messages != ["tchau"], EARLY)
    return listening and ended and messages == ["tchau"]


@check("05.3", "junta caracteres cortados ao meio", "junte bytes até o \\n e só então decodifique")
def cut_characters(receive_lines, room):
    text = "não, João! 🎉" * 30
    return same(read(receive_lines, room, f"{text}\n".encode()), [text])


@check("05.3", "uma linha comprida chega inteira", WHOLE)
def wide(receive_lines, room):
    pair, messages = room.pair(), []
    room.spawn(receive_lines, pair.sock, messages.append)
    pair.peer.send(f"{WIDE}\nfim\n".encode())
    return room.wait(lambda: messages == [WIDE, "fim"])


@check("05.3", "espera o tempo que for preciso", SILENCE)
def waits_for_more(receive_lines, room):
    pair, messages = room.pair(), []
    with weather.long_silences():
        thread = room.spawn(receive_lines, pair.sock, messages.append)
        for part in (b"u", b"m\n"):
            room.wait(lambda: False, QUIET)
            pair.peer.send(part)
        return listens_on(room, thread, lambda: messages == ["um"])


@check("05.3", "um byte inválido não a derruba", 'decode aceita um segundo argumento: veja "replace"')
def invalid_byte(receive_lines, room):
    found = read(receive_lines, room, b"a\xffb\nsegue\n")
    return not room.failures and same(found, ["a\ufffdb", "segue"])


@check(
    "05.3",
    "só \\n separa linhas",
    "splitlines corta em outros caracteres também, e strip apaga mais do que o \\n: use split",
)
def only_newline(receive_lines, room):
    line = f" {ODD} "
    return same(read(receive_lines, room, f"{line}\n{line}\n".encode()), [line, line])


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
    return heard and room.ended(thread) and not room.failures
