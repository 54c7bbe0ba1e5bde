"""Aula 01: o socket, seus bytes e seus fins."""

from .. import weather
from ..exam_room import QUIET
from ..registry import check, exercise, expect, same
from ..scenes import CALLS, LONG, RETURN, SILENCE, read_late, still_works

exercise("01.1", "send_text(sock, text)", "Mande um texto")


@check("01.1", "o texto chega ao outro lado", "sockets mandam bytes: transforme o texto e envie")
def arrives(send_text, room):
    pair = room.pair()
    send_text(pair.sock, "oi, Bruno")
    came = pair.all_that_came()
    return b"oi, Bruno" in came or same(came, b"oi, Bruno")


@check("01.1", "acentos e emoji chegam", "ASCII não conhece ç nem ã; que codificação conhece tudo?")
def accents(send_text, room):
    for text in ("ação", "não, João! 🎉"):
        pair = room.pair()
        send_text(pair.sock, text)
        came = pair.all_that_came()
        if text.encode() not in came:
            same(came, text.encode())
    return True


@check("01.1", "não chega nada além do texto", "mande os bytes do texto, uma vez, sem pôr nem tirar nada")
def nothing_else(send_text, room):
    for text in ("  só isto\n", "", "\tduas\r\nlinhas\n\n"):
        pair = room.pair()
        send_text(pair.sock, text)
        same(pair.all_that_came(), text.encode())
    return True


@check("01.1", "um texto longo chega inteiro", "send pode mandar só uma parte; que método insiste até o fim?")
def long_text(send_text, room):
    pair = room.narrow()
    return read_late(room, [pair], LONG, send_text, pair.sock, LONG.decode())


@check("01.1", "a conexão continua aberta depois", "quem chamou ainda vai usar o socket: não o feche")
def stays_open(send_text, room):
    pair = room.pair()
    send_text(pair.sock, "um")
    return still_works(pair)


exercise("01.2", "receive_exactly(sock, size)", "Receba a quantia certa")


@check("01.2", "devolve os bytes pedidos", "com size bytes já basta: devolva-os sem esperar por mais nenhum")
def gives_them(receive_exactly, room):
    pair = room.pair()
    pair.peer.send(b"abcde")
    got = receive_exactly(pair.sock, 5)
    expect(got is not None, RETURN)
    expect(isinstance(got, bytes | bytearray), "devolva o que recebeu, em bytes: nem texto, nem lista")
    return same(got, b"abcde")


@check("01.2", "junta bytes que chegam um a um", "um recv traz o que já chegou: repita até ter o bastante")
def one_by_one(receive_exactly, room):
    pair, data = room.pair(), "atenção".encode() * CALLS
    pair.peer.send(data)
    with weather.drizzle():
        return same(receive_exactly(pair.sock, len(data)), data)


@check("01.2", "deixa o resto para a próxima", "peça ao recv só o que ainda falta")
def leaves_the_rest(receive_exactly, room):
    pair = room.pair()
    pair.peer.send(b"umdois")
    first = receive_exactly(pair.sock, 2)
    expect(pair.sock.fileno() >= 0, "quem chamou ainda vai usar o socket: não o feche")
    return same((first, receive_exactly(pair.sock, 4)), (b"um", b"dois"))


@check(
    "01.2",
    "não passa do tamanho pedido",
    "no segundo recv já falta menos: peça só o que ainda falta",
    ("devolve os bytes pedidos", "deixa o resto para a próxima"),
)
def never_too_much(receive_exactly, room):
    pair = room.pair()
    room.spawn(pair.peer.send_apart, b"um", b"doistres")
    return (receive_exactly(pair.sock, 6), receive_exactly(pair.sock, 4)) == (b"umdois", b"tres")


@check("01.2", "espera o tempo que for preciso", SILENCE)
def waits(receive_exactly, room):
    pair = room.pair()

    def dawdle():
        for part in (b"de", b"po", b"is"):
            room.wait(lambda: False, QUIET)
            pair.peer.send(part)

    with weather.long_silences():
        room.spawn(dawdle)
        return receive_exactly(pair.sock, 6) == b"depois"


@check("01.2", "volta com o que há se o outro lado encerra", "b'' diz que ele saiu: devolva o que já chegou")
def other_side_leaves(receive_exactly, room):
    pair, early = room.pair(), room.pair()
    pair.peer.send(b"meio")
    pair.peer.close()
    early.peer.close()
    return same((receive_exactly(pair.sock, 10), receive_exactly(early.sock, 10)), (b"meio", b""))


@check("01.2", "a conexão continua aberta depois", "quem chamou ainda vai usar o socket: não o feche")
def keeps_it_open(receive_exactly, room):
    pair = room.pair()
    pair.peer.send(b"um")
    receive_exactly(pair.sock, 2)
    return still_works(pair)


exercise("01.3", "echo(sock)", "Um eco até o fim")


@check("01.3", "devolve o que recebe", "o que vier por recv, mande de volta, sem pôr nem tirar nada")
def repeats(echo, room):
    pair = room.pair()
    room.spawn(echo, pair.sock)
    pair.peer.send(b" oi\n")
    pair.peer.got(b" oi\n")
    expect(pair.peer.seen, "nada voltou: devolva cada pedaço assim que ele chega, sem esperar o fim")
    return same(pair.peer.heard(0.05), b" oi\n")


@check("01.3", "continua depois da primeira mensagem", "uma vez só não basta: que laço repete sem fim?")
def goes_on(echo, room):
    pair = room.pair()
    room.spawn(echo, pair.sock)
    texts = [b"um", b"dois", b"\n", *map(b"mais %d\n".__mod__, range(20))]
    for text in texts:
        pair.peer.send(text)
        came = pair.peer.got(text)
        expect(came or pair.peer.seen, "meia linha também volta: o eco não espera por um \\n")
        expect(came or text != b"\n", "uma linha em branco não é o fim: quem diz que acabou é o b''")
        expect(
            came or pair.sock.fileno() >= 0,
            "a função fechou o socket com a conversa aberta: o laço só acaba quando recv devolve b''",
        )
        if not came:
            return False
    return pair.peer.seen == b"".join(texts)


@check("01.3", "devolve até meia letra", "a rede corta um ã ao meio: o eco lida com bytes, não com texto")
def half_a_letter(echo, room):
    pair, data = room.pair(), "não!".encode() * CALLS
    with weather.drizzle():
        room.spawn(echo, pair.sock)
        pair.peer.send(data)
        return pair.peer.got(data)


@check("01.3", "espera o tempo que for preciso", SILENCE)
def waits_for_more(echo, room):
    pair = room.pair()
    with weather.long_silences():
        room.spawn(echo, pair.sock)
        for text in (b"um", b"dois", b"tres"):
            room.wait(lambda: False, QUIET)
            pair.peer.send(text)
            if not pair.peer.got(text):
                return False
    return True


@check(
    "01.3", "devolve inteiro o que é longo", "send pode mandar só uma parte; que método insiste até o fim?"
)
def long_echo(echo, room):
    pair = room.narrow()
    room.spawn(pair.peer.send, LONG)
    return read_late(room, [pair], LONG, echo, pair.sock)


@check("01.3", "termina quando o outro lado sai", "recv devolve b'' para sempre: é hora de sair do laço")
def ends(echo, room):
    pair = room.pair()
    thread = room.spawn(echo, pair.sock)
    pair.peer.send(b"tchau")
    heard = pair.peer.got(b"tchau")
    pair.peer.close()
    return room.ended(thread) and heard


@check(
    "01.3",
    "fecha o seu lado ao terminar",
    "quem atende a conexão a fecha no fim",
    ("devolve o que recebe", "termina quando o outro lado sai"),
)
def closes(echo, room):
    pair = room.pair()
    thread = room.spawn(echo, pair.sock)
    pair.peer.send(b"x")
    heard = pair.peer.got(b"x")
    pair.peer.finish()
    return heard and room.ended(thread) and pair.sock.fileno() < 0
