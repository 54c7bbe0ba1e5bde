"""Aula 07: consertar `handle` e `broadcast`, separar mensagens, assinar por quem fala."""

import socket
from contextlib import suppress
from itertools import islice

from .. import weather
from ..exam_room import QUIET
from ..registry import check, exercise, expect, same
from ..scenes import CALLS, ODD, SILENCE, WHOLE, WIDE, listens_on, unplugged

BLOCK = b"0123456789abcdef" * 4096  # 64 KiB
MANY = 40  # blocos: mais do que uma conexão de `distracted` guarda
ENOUGH = 64 << 20  # um limite que nenhum teste alcança


def attend(handle, room):
    """Ana atendida por ``handle``: a thread, o outro lado, quem está na sala e o que foi dito a todos."""
    ana, bruno, said = room.pair(), room.pair(), []
    members = {bruno.sock: "Bruno", ana.sock: "Ana"}
    thread = room.spawn(handle, ana.sock, members, said.append)
    return thread, ana, members, said


exercise("07.1", "attend_member(client, members, broadcast)", "Complete: atenda até o fim")


@check("07.1", "repassa o que o cliente diz", "tudo o que vier por recv vai para broadcast, como veio")
def passes_on(attend_member, room):
    with weather.drizzle():
        _, ana, _, said = attend(attend_member, room)
        ana.peer.send(b"Ana: oi\n")
        first = room.wait(lambda: b"".join(said) == b"Ana: oi\n")
        ana.peer.send("é ".encode() * CALLS + b"\xff\n")
        return first and room.wait(lambda: b"".join(said) == b"Ana: oi\n" + "é ".encode() * CALLS + b"\xff\n")


@check("07.1", "espera o tempo que for preciso", SILENCE)
def waits(attend_member, room):
    with weather.long_silences():
        thread, ana, _, said = attend(attend_member, room)
        for part in (b"um", b"dois"):
            room.wait(lambda: False, QUIET)
            ana.peer.send(part)
        return listens_on(room, thread, lambda: b"".join(said) == b"umdois")


@check(
    "07.1", "termina quando o cliente sai com educação", "sair com educação não é erro: o que recv devolve?"
)
def polite(attend_member, room):
    thread, ana, _, said = attend(attend_member, room)
    ana.peer.finish()
    ended = room.ended(thread)
    expect(b"" not in said, "b'' é o fim, e não uma mensagem: confira antes de repassar")
    expect(
        said or not ended, "ninguém soube da saída: mande a despedida por broadcast, que a leva aos que ficam"
    )
    return ended


@check("07.1", "termina quando a conexão cai", "recv também pode levantar um OSError: o que fazer com ele?")
def crash(attend_member, room):
    thread, ana, _, _ = attend(attend_member, room)
    ana.peer.reset()
    return room.ended(thread) and not room.failures


@check("07.1", "qualquer OSError é um fim", "há outros além de ConnectionResetError: capture OSError e saia")
def any_failure(attend_member, room):
    unplugged, said = room.keep(socket.socket()), []  # sem conexão, recv levanta um OSError qualquer
    members = {unplugged: "Ana"}
    thread = room.spawn(attend_member, unplugged, members, said.append)
    return room.ended(thread) and not room.failures


@check(
    "07.1",
    "a despedida diz só quem saiu, uma vez",
    "uma linha em bytes, com o apelido de client: members diz qual é",
)
def says_goodbye(attend_member, room):
    for leave in ("finish", "reset"):
        thread, ana, _, said = attend(attend_member, room)
        getattr(ana.peer, leave)()
        room.ended(thread)
        expect(
            all(isinstance(message, bytes | bytearray) for message in said),
            "broadcast quer bytes: transforme o texto com encode",
        )
        told = b"".join(said)
        expect(told.count(b"saiu!") < 2, "a despedida saiu mais de uma vez: deixe-a num lugar só")
        same(told, b"Ana saiu!\n")
    return True


@check(
    "07.1", "tira da sala antes de se despedir", "a despedida é para quem ficou: em que ordem vêm as coisas?"
)
def removes_first(attend_member, room):
    ana, bruno, other, present = room.pair(), room.pair(), room.pair(), []
    members = {bruno.sock: "Bruno", ana.sock: "Ana", other.sock: "Ana"}
    thread = room.spawn(attend_member, ana.sock, members, lambda message: present.append(ana.sock in members))
    ana.peer.finish()
    room.ended(thread)
    expect(
        ana.sock not in members, "quem saiu continua em members: tire-o do próprio dicionário, com pop ou del"
    )
    expect(
        members == {bruno.sock: "Bruno", other.sock: "Ana"}, "tire só o socket client: outra Ana pode ficar"
    )
    return present[-1:] == [False]


@check("07.1", "fecha a conexão", "quem atende a conexão a fecha no fim")
def closes(attend_member, room):
    for leave in ("finish", "reset"):
        thread, ana, members, _ = attend(attend_member, room)
        everybody = list(members)
        getattr(ana.peer, leave)()
        if not room.ended(thread) or ana.sock.fileno() >= 0:
            return False
        expect(everybody[0].fileno() >= 0, "feche só o socket de quem saiu: os outros continuam na sala")
    return True


def distracted(room):
    """Uma conexão de buffer pequeno, que enche logo se o outro lado não lê."""
    pair = room.pair()
    pair.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
    return pair


exercise(
    "07.2",
    "send_without_waiting(message, pending, limit)",
    "Conserte: ninguém espera por quem não lê",
    retimes=True,
)


@check("07.2", "todos recebem", "percorra pending e tente enviar a cada socket")
def everyone(send_without_waiting, room):
    pairs = [room.pair() for _ in range(3)]
    gone = send_without_waiting(b"oi\n", {pair.sock: bytearray() for pair in pairs}, ENOUGH)
    expect(isinstance(gone, list), "devolva sempre uma lista, vazia se ninguém deve ser desligado")
    return all(pair.peer.got(b"oi\n") for pair in pairs) and not gone


@check("07.2", "quem não lê não segura ninguém", "este send espera; qual é o que não espera?")
def nobody_waits(send_without_waiting, room):
    slow, bruno = distracted(room), room.pair()
    pending = {slow.sock: bytearray()}
    for _ in range(MANY):
        send_without_waiting(BLOCK, pending, ENOUGH)
    pending[bruno.sock] = bytearray()
    send_without_waiting(b"fim\n", pending, ENOUGH)
    expect(bruno.peer.got(b"fim\n"), "quem não lê encerrou o laço: passe ao próximo socket")
    return True


@check(
    "07.2",
    "o que não coube chega depois, em ordem",
    "guarde no fim da fila e envie do começo, só o que falta, ainda que message seja b''",
)
def keeps_the_rest(send_without_waiting, room):
    slow = distracted(room)
    pending, blocks = {slow.sock: bytearray()}, [b"%07d\n" % number * 8192 for number in range(MANY)]
    for block in blocks:
        send_without_waiting(block, pending, ENOUGH)
    slow.peer.heard(0.05)  # esvazia a conexão: agora cabe mais, mas a vez é de quem ficou
    send_without_waiting(b"fim\n", pending, ENOUGH)
    expect(
        isinstance(pending[slow.sock], bytearray), "a fila é um bytearray, e continua a ser: mude a própria"
    )
    room.spawn(slow.peer.got, b"fim\n", 2)
    sent = room.wait(lambda: not send_without_waiting(b"", pending, ENOUGH) and not pending[slow.sock])
    came = sent and room.wait(lambda: slow.peer.seen.endswith(b"fim\n"))
    return came and slow.peer.seen == b"".join(blocks) + b"fim\n"


@check("07.2", "devolve quem passou do limite", "compare o tamanho do que ficou guardado com limit")
def over_the_limit(send_without_waiting, room):
    slow = distracted(room).sock
    pending = {slow: bytearray()}
    for _ in range(MANY):
        if gone := send_without_waiting(BLOCK, pending, 1 << 18):
            expect(slow in gone, "devolva os próprios sockets, que são as chaves de pending")
            return list(gone) == [slow]
    return False


@check(
    "07.2",
    "só devolve quem passou do limite",
    "o que conta é o que sobrou na fila depois do envio, e ter exatamente limit bytes não é passar",
)
def within_the_limit(send_without_waiting, room):
    slow, bruno = distracted(room).sock, room.pair().sock
    full = {distracted(room).sock: bytearray(BLOCK * MANY), bruno: bytearray()}
    expect(bruno not in send_without_waiting(b"", full, 1 << 18), "cada um responde só pela sua fila")
    pending = {slow: bytearray()}
    for _ in range(MANY):
        gone = send_without_waiting(BLOCK, pending, ENOUGH)
        expect(
            not gone, "quem demora a ler não morreu: BlockingIOError também é um OSError, e vem antes dele"
        )
    return not send_without_waiting(b"", pending, len(pending[slow])) and not send_without_waiting(
        b"oi\n", {bruno: bytearray()}, 2
    )


@check(
    "07.2", "um morto não impede a entrega, e é devolvido", "um erro de envio só diz respeito a quem o causou"
)
def dead_member(send_without_waiting, room):
    dead, cut, bruno = room.dead(), unplugged(room), room.pair()
    with suppress(OSError):
        dead.send(b"x")
    gone = send_without_waiting(b"oi\n", {sock: bytearray() for sock in (dead, cut, bruno.sock)}, ENOUGH)
    return list(gone) == [dead, cut] and bruno.peer.got(b"oi\n")


@check(
    "07.2",
    "devolve uma lista, e não tira ninguém da sala",
    "devolva uma lista; desligar os devolvidos é com quem chama",
)
def only_tells(send_without_waiting, room):
    dead, bruno = room.dead(), room.pair()
    pending = {dead: bytearray(), bruno.sock: bytearray()}
    gone = send_without_waiting(b"oi\n", pending, 0)
    expect(gone != [dead, dead], "quem morreu aparece uma vez só na lista, ainda que a fila passe do limite")
    return gone == [dead] and list(pending) == [dead, bruno.sock] and dead.fileno() >= 0


exercise("07.3", "whole_messages(sock)", "Construa: mensagens inteiras, venham como vierem", generator=True)


@check("07.3", "separa mensagens coladas", "um recv pode trazer várias: separe no \\n")
def glued(whole_messages, room):
    pair = room.pair()
    pair.peer.send("Ana: três\nAna: dois\nAna: três\n".encode())
    pair.peer.finish()
    found = list(islice(whole_messages(pair.sock), 3))
    expect(all(isinstance(message, str) for message in found), "cada yield entrega um texto: use decode")
    expect(found[1:2] != ["Ana: dois\n"], "o \\n só separa: entregue a mensagem sem ele")
    expect(found, "nada saiu: só yield entrega, e o que vai num return de função geradora se perde")
    return same(found, ["Ana: três", "Ana: dois", "Ana: três"])


@check(
    "07.3",
    "não espera o fim para entregar",
    "entregue cada linha assim que se completa: yield serve para isso",
)
def at_once(whole_messages, room):
    pair = room.pair()
    found = iter(whole_messages(pair.sock))
    pair.peer.send(b"um\nme")
    first = next(found)
    pair.peer.send(b"io\n")
    next(found)  # quem guarda a sobra num lugar só não a leva para a próxima conferência
    return first == "um"


@check(
    "07.3",
    "junta o que chega byte a byte",
    "guarde a sobra para o próximo recv; decodifique só linhas inteiras",
)
def one_by_one(whole_messages, room):
    pair = room.pair()
    pair.peer.send(f"{'coração' * 50}\noi\n".encode())
    pair.peer.finish()
    with weather.drizzle():
        return same(list(islice(whole_messages(pair.sock), 2)), ["coração" * 50, "oi"])


@check(
    "07.3", "duas conexões não se misturam", "a meia linha de uma não pode cair na outra: guarde-a na função"
)
def own_rest(whole_messages, room):
    ana, bia = room.pair(), room.pair()
    hers, other = iter(whole_messages(ana.sock)), iter(whole_messages(bia.sock))
    ana.peer.send(b"um\nme")
    first = next(hers)
    bia.peer.send(b"oi\n")
    second = next(other)
    ana.peer.send(b"io\n")
    return (first, second, next(hers)) == ("um", "oi", "meio")


@check("07.3", "espera o tempo que for preciso", SILENCE)
def waits_for_more(whole_messages, room):
    pair = room.pair()

    def dawdle():
        for part in (b"u", b"m\n"):
            room.wait(lambda: False, QUIET)
            pair.peer.send(part)

    with weather.long_silences():
        room.spawn(dawdle)
        return list(islice(whole_messages(pair.sock), 1)) == ["um"]


@check(
    "07.3",
    "só o \\n separa",
    "splitlines separa em outros caracteres também, e strip apaga mais do que o \\n",
)
def only_newline(whole_messages, room):
    pair = room.pair()
    pair.peer.send(f" {ODD} \n".encode())
    return same(list(islice(whole_messages(pair.sock), 1)), [f" {ODD} "])


@check("07.3", "uma mensagem comprida chega inteira", WHOLE)
def wide(whole_messages, room):
    pair = room.pair()
    pair.peer.send(f"{WIDE}\nfim\n".encode())
    return list(islice(whole_messages(pair.sock), 2)) == [WIDE, "fim"]


@check(
    "07.3",
    "bytes que não são UTF-8 não o derrubam",
    "decode tem um parâmetro errors: qual valor põe � no lugar do que não entende?",
)
def not_utf8(whole_messages, room):
    pair = room.pair()
    pair.peer.send(b"a\xffb\noi\n")
    return same(list(islice(whole_messages(pair.sock), 2)), ["a\ufffdb", "oi"])


@check("07.3", "termina quando a conexão acaba, e descarta a linha pela metade", "o fim é b'' ou um OSError")
def ends(whole_messages, room):
    for leave in ("finish", "reset"):
        pair = room.pair()
        pair.peer.send(b"inteira\nmeta")
        found = iter(whole_messages(pair.sock))
        first = next(found)
        getattr(pair.peer, leave)()
        same([first, *found], ["inteira"])
    return True


exercise("07.4", "sign(line, apelido)", "Construa: quem assina é o servidor")

CONTROLS = "\x00", "\x07", "\x0b", "\r", "\x1b", "\x7f", "\x85", "\x9b"


def signed(sign, line, apelido="Ana"):
    """O que a função devolve, em texto; Missed se não são bytes."""
    found = sign(line if isinstance(line, bytes) else line.encode(), apelido)
    expect(isinstance(found, bytes), "devolva bytes, prontos para o sendall: texto vira bytes com encode")
    return found.decode("utf-8", "backslashreplace")


@check("07.4", "põe o nome de quem mandou", "o apelido, dois-pontos, um espaço, o texto e um \\n")
def named(sign, room):
    return signed(sign, "oi") == "Ana: oi\n" and signed(sign, "oi", "Bia") == "Bia: oi\n"


@check(
    "07.4",
    "não repete o nome que o cliente já pôs",
    "se a linha já começa por ele, tire-o: há um método para isso",
)
def not_twice(sign, room):
    return signed(sign, "Ana: oi") == "Ana: oi\n" and signed(sign, "Bia: oi", "Bia") == "Bia: oi\n"


@check(
    "07.4",
    "o nome de outro é só texto",
    "só vale o apelido inteiro, igual, no começo, com os dois-pontos e o espaço",
)
def others_are_text(sign, room):
    lines = "Bruno: oi", "Anabela: oi", "ana: oi", "Ana:oi", "An: oi", "disse Ana: oi"
    return all(signed(sign, line) == f"Ana: {line}\n" for line in lines)


@check("07.4", "tira o nome uma vez só", "o segundo já é o texto dela: ela pode citar a si mesma")
def only_once(sign, room):
    return (
        signed(sign, "Ana: Ana: oi") == "Ana: Ana: oi\n"
        and signed(sign, "Ana: e Ana: oi") == "Ana: e Ana: oi\n"
    )


@check(
    "07.4",
    "o texto fica como veio",
    "acentos, emojis e espaços, também os do começo e os do fim, são do texto",
)
def as_it_came(sign, room):
    lines = "  não há pão  ", " Ana: oi", "olá: 🎉", "um\u2028dois", "a\tb", "2 < 3 ' \" \\ %s {}"
    same = all(signed(sign, f"Ana: {line}") == signed(sign, line) == f"Ana: {line}\n" for line in lines)
    return same and signed(sign, "João: é", "João") == "João: é\n"


@check("07.4", "o que não é UTF-8 vira �", "decode tem um parâmetro errors: qual valor põe � no lugar?")
def replaces(sign, room):
    return signed(sign, b"Ana: a\xffb\xc3") == signed(sign, b"a\xffb\xc3") == "Ana: a\ufffdb\ufffd\n"


@check(
    "07.4",
    "nenhum comando chega à tela",
    "veja a categoria de cada caractere: um � no lugar dos que são Cc, o tab fora",
)
def no_commands(sign, room):
    return all(signed(sign, f"Ana: a{char}b") == "Ana: a\ufffdb\n" for char in CONTROLS)


@check("07.4", "quem não disse nada não fala", "se do texto não sobra nada, ou só espaços, devolva b''")
def silent(sign, room):
    return all(signed(sign, line) == "" for line in ("", "   ", "Ana: ", "Ana:    "))
