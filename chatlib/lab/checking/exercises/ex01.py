"""Aula 01: o socket, seus bytes e seus fins."""

from ..registry import check, exercise

LONG = "0123456789abcdef" * 2_000 + "fim"  # não cabe de uma vez numa conexão estreita

exercise("01.1", "send_text(sock, text)", "Mande um texto")


@check("01.1", "o texto chega ao outro lado", "sockets mandam bytes: transforme o texto e envie")
def arrives(send_text, room):
    pair = room.pair()
    send_text(pair.sock, "oi, Bruno")
    return pair.peer.got(b"oi, Bruno")


@check("01.1", "acentos e emoji chegam", "ASCII não conhece ç nem ã; que codificação conhece tudo?")
def accents(send_text, room):
    pair = room.pair()
    send_text(pair.sock, "não, João! 🎉")
    return pair.peer.got("não, João! 🎉".encode())


@check("01.1", "não chega nada além do texto", "mande os bytes do texto, uma vez, sem pôr nem tirar nada")
def nothing_else(send_text, room):
    pair = room.pair()
    send_text(pair.sock, "  só isto\n")
    return pair.peer.heard() == "  só isto\n".encode()


@check("01.1", "um texto longo chega inteiro", "send pode mandar só uma parte; que método insiste até o fim?")
def long_text(send_text, room):
    pair = room.narrow()
    room.spawn(send_text, pair.sock, LONG)
    return pair.peer.got(b"fim", 2) and pair.peer.seen.startswith(LONG.encode())


@check("01.1", "a conexão continua aberta depois", "quem chamou ainda vai usar o socket: não o feche")
def stays_open(send_text, room):
    pair = room.pair()
    send_text(pair.sock, "um")
    send_text(pair.sock, "dois")
    return pair.peer.got(b"um") and pair.peer.got(b"dois")


exercise("01.2", "receive_exactly(sock, size)", "Receba a quantia certa")


@check("01.2", "devolve os bytes pedidos", "devolva o que recebeu, em bytes")
def gives_them(receive_exactly, room):
    pair = room.pair()
    pair.peer.send(b"abcde")
    return receive_exactly(pair.sock, 5) == b"abcde"


@check("01.2", "junta bytes que chegam um a um", "um recv traz o que já chegou: repita até ter o bastante")
def one_by_one(receive_exactly, room):
    pair = room.pair()
    room.spawn(pair.peer.send_slowly, "atenção".encode())
    return receive_exactly(pair.sock, 9) == "atenção".encode()


@check("01.2", "deixa o resto para a próxima", "peça ao recv só o que ainda falta")
def leaves_the_rest(receive_exactly, room):
    pair = room.pair()
    pair.peer.send(b"umdois")
    return (receive_exactly(pair.sock, 2), receive_exactly(pair.sock, 4)) == (b"um", b"dois")


@check("01.2", "não passa do tamanho pedido", "no segundo recv já falta menos: peça só o que ainda falta")
def never_too_much(receive_exactly, room):
    pair = room.pair()
    room.spawn(pair.peer.send_apart, b"um", b"doistres")
    return (receive_exactly(pair.sock, 6), receive_exactly(pair.sock, 4)) == (b"umdois", b"tres")


@check("01.2", "espera o tempo que for preciso", "silêncio não é fim: quem diz que acabou é o recv")
def waits(receive_exactly, room):
    pair = room.pair()

    def dawdle():
        pair.peer.send_slowly(b"de")
        room.wait(lambda: False, 0.5)
        pair.peer.send(b"pois")

    room.spawn(dawdle)
    return receive_exactly(pair.sock, 6) == b"depois"


@check("01.2", "volta com o que há se o outro lado encerra", "o que recv devolve quando o outro lado saiu?")
def other_side_leaves(receive_exactly, room):
    pair = room.pair()
    pair.peer.send(b"meio")
    pair.peer.close()
    return receive_exactly(pair.sock, 10) == b"meio"


exercise("01.3", "echo(sock)", "Um eco até o fim")


@check("01.3", "devolve o que recebe", "o que vier por recv, mande de volta, sem pôr nem tirar nada")
def repeats(echo, room):
    pair = room.pair()
    room.spawn(echo, pair.sock)
    pair.peer.send(b" oi\n")
    return pair.peer.got(b" oi\n") and pair.peer.heard() == b" oi\n"


@check("01.3", "continua depois da primeira mensagem", "uma vez só não basta: que laço repete sem fim?")
def goes_on(echo, room):
    pair = room.pair()
    room.spawn(echo, pair.sock)
    texts = [b"um ", b"\n", *map(b"mais %d\n".__mod__, range(10))]
    for text in texts:
        pair.peer.send(text)
        if not pair.peer.got(text):
            return False
    return pair.peer.seen == b"".join(texts)


@check("01.3", "devolve até meia letra", "a rede corta um ã ao meio: o eco lida com bytes, não com texto")
def half_a_letter(echo, room):
    pair = room.pair()
    room.spawn(echo, pair.sock)
    pair.peer.send_slowly("não!".encode())
    return pair.peer.got("não!".encode())


@check("01.3", "devolve inteiro o que é longo", "send pode mandar só uma parte; e o laço não tem conta certa")
def long_echo(echo, room):
    pair, data = room.narrow(), LONG[-12_000:].encode()
    room.spawn(echo, pair.sock)
    room.spawn(pair.peer.send, data)
    return pair.peer.got(b"fim", 2) and pair.peer.seen == data


@check("01.3", "termina quando o outro lado sai", "recv devolve b'' para sempre: é hora de sair do laço")
def ends(echo, room):
    pair = room.pair()
    thread = room.spawn(echo, pair.sock)
    pair.peer.send(b"tchau")
    heard = pair.peer.got(b"tchau")
    pair.peer.close()
    thread.join(1)
    return heard and not thread.is_alive()


@check("01.3", "fecha o seu lado ao terminar", "quem atende a conexão a fecha no fim")
def closes(echo, room):
    pair = room.pair()
    room.spawn(echo, pair.sock)
    pair.peer.send(b"x")
    heard = pair.peer.got(b"x")
    pair.peer.finish()
    return heard and pair.peer.ended() and room.wait(lambda: pair.sock.fileno() < 0)
