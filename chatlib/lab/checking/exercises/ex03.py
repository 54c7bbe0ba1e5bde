"""Aula 03: atender um cliente até ele sair."""

from contextlib import suppress

from .. import weather
from ..exam_room import QUIET
from ..registry import check, exercise, expect, same
from ..scenes import CALLS, ODD, SILENCE, TORN, WHOLE, WIDE, listens_on, still_works

LONG = b"0123456789abcdef" * 750  # mais do que um recv traz


class Hall:
    """Uma sala com ``names`` dentro: as duas listas das aulas, e o que foi transmitido."""

    def __init__(self, room, *names):
        self.room = room
        self.pairs = [room.pair() for _ in names]
        self.clients = [pair.sock for pair in self.pairs]
        self.apelidos = list(names)
        self.said = []  # (mensagem, quem estava nas duas listas quando ela foi transmitida)

    def broadcast(self, message):
        """Envia a todos, como nas aulas, e anota."""
        if not isinstance(message, bytes | bytearray):
            raise TypeError(f"broadcast quer bytes, e recebeu {type(message).__name__}")
        self.said.append((message, list(self.clients), list(self.apelidos)))
        for client in list(self.clients):
            with suppress(OSError):  # quem devia ter saído das listas talvez já esteja fechado
                client.sendall(message)

    @property
    def messages(self):
        """As mensagens transmitidas, em ordem."""
        return [message for message, _, _ in self.said]

    def attend(self, attend, room, who=0):
        """Põe a função do aluno a atender uma pessoa, a primeira se não se diz qual."""
        return room.spawn(attend, self.clients[who], self.clients, self.apelidos, self.broadcast)

    def says(self, *expected):
        """Se são estas as mensagens transmitidas, quando chega o tempo delas."""
        return self.room.wait(lambda: len(self.said) >= len(expected)) and self.messages == list(expected)


class Heard(list):
    """O que se passou a ``broadcast``, que quer bytes."""

    def join(self):
        """Tudo junto."""
        expect(
            not any(isinstance(part, bool) for part in self),
            "broadcast recebeu True, e não bytes: o := guarda a comparação inteira; faltam parênteses, "
            "como em (data := client.recv(1024)) != b''",
        )
        expect(
            all(isinstance(part, bytes | bytearray) for part in self),
            "broadcast quer bytes, e recebeu outra coisa: passe adiante o que recv devolveu",
        )
        return b"".join(self)


exercise("03.1", "relay(client, broadcast)", "Repasse até o fim")


@check("03.1", "repassa o que chega", "entregue a broadcast os bytes que recv devolveu, como vieram")
def passes_on(relay, room):
    pair, got = room.pair(), Heard()
    room.spawn(relay, pair.sock, got.append)
    pair.peer.send(" não\n".encode())
    return room.wait(lambda: got.join() == " não\n".encode()) or same(got.join(), " não\n".encode())


@check("03.1", "continua depois do primeiro pedaço", "um recv só não basta: quem volta ao começo do laço?")
def goes_on(relay, room):
    pair, got = room.pair(), Heard()
    room.spawn(relay, pair.sock, got.append)
    sent = b""
    for part in (b"um", b"dois", b"\n", LONG):
        sent += part
        pair.peer.send(part)
        came = room.wait(lambda: got.join() == sent)  # noqa: B023 - espera aqui mesmo
        expect(came or got, "meia linha também vai adiante: não espere por um \\n")
        expect(came or part != b"\n", "uma linha em branco não é o fim: quem diz que acabou é o b''")
        if not came:
            return False
    return True


@check("03.1", "repassa até meia letra", "a rede corta um ã ao meio: repasse os bytes, sem passar por texto")
def half_a_letter(relay, room):
    pair, got, data = room.pair(), Heard(), "não!".encode() * CALLS + b"\xff"
    with weather.drizzle():
        room.spawn(relay, pair.sock, got.append)
        pair.peer.send(data)
        return room.wait(lambda: got.join() == data)


@check("03.1", "espera o tempo que for preciso", SILENCE)
def waits(relay, room):
    pair, got = room.pair(), Heard()
    with weather.long_silences():
        thread = room.spawn(relay, pair.sock, got.append)
        for part in (b"um", b"dois"):
            room.wait(lambda: False, QUIET)
            pair.peer.send(part)
        return listens_on(room, thread, lambda: got.join() == b"umdois")


@check("03.1", "termina quando o outro lado sai", "o que recv devolve, sem erro nenhum, quando ela saiu?")
def ends(relay, room):
    pair = room.pair()
    thread = room.spawn(relay, pair.sock, lambda data: None)
    pair.peer.send(b"tchau")
    pair.peer.close()
    return room.ended(thread) and not room.failures


@check(
    "03.1",
    "não repassa b''",
    "confira o que chegou antes de repassar, e não depois",
    ("repassa o que chega", "termina quando o outro lado sai"),
)
def no_empty(relay, room):
    pair, got = room.pair(), Heard()
    pair.peer.send(b"tchau")
    pair.peer.close()
    return room.ended(room.spawn(relay, pair.sock, got.append)) and got.join() == b"tchau" and b"" not in got


exercise("03.2", "dismiss(client, clients, apelidos, broadcast)", "Conserte a despedida")


@check("03.2", "o aviso diz só quem saiu", "uma linha em bytes: um nome (não a lista toda), saiu! e \\n")
def says_one_name(dismiss, room):
    hall = Hall(room, "Ana", "João", "Caio")
    dismiss(hall.clients[1], hall.clients, hall.apelidos, hall.broadcast)
    return same(hall.messages, ["João saiu!\n".encode()])


@check("03.2", "avisa depois de tirar", "quando broadcast é chamada, quem saiu já não pode estar nas listas")
def removes_first(dismiss, room):
    hall = Hall(room, "Ana", "Bia", "Caio")
    gone = hall.clients[1]
    dismiss(gone, hall.clients, hall.apelidos, hall.broadcast)
    expect(
        "Bia" not in hall.apelidos or gone in hall.clients,
        "o nome de quem saiu continua em apelidos: tire-o também",
    )
    expect(
        gone not in hall.clients and "Bia" not in hall.apelidos,
        "quem saiu continua nas listas recebidas: tire das próprias, com pop ou del",
    )
    same(hall.apelidos, ["Ana", "Caio"])
    return all(gone not in clients and "Bia" not in names for _, clients, names in hall.said) and hall.said


@check("03.2", "as listas continuam em par", "há duas Anas: procure pela posição, e não pelo nome")
def stays_in_step(dismiss, room):
    hall = Hall(room, "Ana", "Bia", "Ana", "ana", "Caio")
    one, two, three, four, five = hall.clients
    dismiss(three, hall.clients, hall.apelidos, hall.broadcast)
    dismiss(four, hall.clients, hall.apelidos, hall.broadcast)
    return same(hall.apelidos, ["Ana", "Bia", "Caio"]) and hall.clients == [one, two, five]


@check("03.2", "fecha o socket de quem saiu", "quem tira da sala também fecha a conexão, e só a dela")
def closes(dismiss, room):
    hall = Hall(room, "Ana", "Bia")
    gone = hall.clients[0]
    dismiss(gone, hall.clients, hall.apelidos, hall.broadcast)
    return gone.fileno() < 0 and still_works(hall.pairs[1]) and hall.pairs[0].peer.ended()


@check("03.2", "a segunda chamada não faz nada", "antes de tudo: esse socket ainda está em clients?")
def twice(dismiss, room):
    hall, stranger = Hall(room, "Ana", "Bia"), room.pair()
    for gone in (hall.clients[0], hall.clients[0], stranger.sock):
        dismiss(gone, hall.clients, hall.apelidos, hall.broadcast)
        if gone is not stranger.sock and gone in hall.clients:
            return False
    once = hall.messages == [b"Ana saiu!\n"] and hall.apelidos == ["Bia"] and len(hall.clients) == 1
    return once and still_works(stranger)


exercise("03.3", "attend(client, clients, apelidos, broadcast)", "Escreva handle inteira")


@check("03.3", "repassa cada linha inteira", "um recv pode trazer duas linhas: transmita uma de cada vez")
def glued(attend, room):
    hall = Hall(room, "Ana", "Bia")
    hall.attend(attend, room)
    hall.pairs[0].peer.send(b"Ana: um\nAna: dois\n")
    if not hall.says(b"Ana: um\n", b"Ana: dois\n"):
        expect(hall.messages != [b"Ana: um", b"Ana: dois"], "a linha vai com o \\n no fim")
        return same(hall.messages, [b"Ana: um\n", b"Ana: dois\n"])
    hall.pairs[0].peer.send(b"\nAna: dois\n")
    went_on = hall.says(b"Ana: um\n", *[b"Ana: dois\n"] * 2)  # quem repete o que disse também é ouvido
    expect(b"\n" not in hall.messages, "uma linha vazia não é mensagem: não a repasse")
    expect(went_on, "uma linha vazia não é o fim: pule-a, e siga para a próxima")
    return went_on


@check(
    "03.3",
    "junta a linha que vem byte a byte",
    "meia linha não é mensagem: guarde o que sobrou até vir o resto",
)
def one_by_one(attend, room):
    hall, line = Hall(room, "Ana", "Bia"), f"Ana: {'não ' * CALLS}!\n".encode()
    with weather.drizzle():
        hall.attend(attend, room)
        hall.pairs[0].peer.send(line)
        came = hall.says(line)
        expect("\ufffd".encode() not in b"".join(hall.messages), TORN)
        return came


@check(
    "03.3",
    "só o \\n separa, e nada se perde",
    "repasse os bytes da linha como vieram: nem splitlines, nem strip",
)
def as_it_came(attend, room):
    hall = Hall(room, "Ana", "Bia")
    lines = [f"  Ana: {ODD}  \n".encode(), b"Ana: \xff\xfe\n", f"Ana: {WIDE}\n".encode()]
    hall.attend(attend, room)
    hall.pairs[0].peer.send(b"".join(lines))
    came = hall.says(*lines)
    expect(came or hall.messages[:2] != lines[:2], WHOLE)
    return came


@check(
    "03.3",
    "cada um tem a sua sobra",
    "a meia linha de uma pessoa não pode cair na de outra: guarde-a na função",
)
def own_rest(attend, room):
    hall = Hall(room, "Ana", "Bia")
    for who in (0, 1):
        hall.attend(attend, room, who)
    ana, bia = (pair.peer for pair in hall.pairs)
    ana.send_slowly(b"Ana: me")
    bia.send(b"Bia: oi\n")
    first = hall.says(b"Bia: oi\n")
    ana.send(b"io\n")
    return first and hall.says(b"Bia: oi\n", b"Ana: meio\n")


@check("03.3", "espera o tempo que for preciso", SILENCE)
def waits_for_more(attend, room):
    hall = Hall(room, "Ana", "Bia")
    with weather.long_silences():
        thread = hall.attend(attend, room)
        for part in (b"Ana: ", b"oi\n"):
            room.wait(lambda: False, QUIET)
            hall.pairs[0].peer.send(part)
        return listens_on(room, thread, lambda: hall.messages == [b"Ana: oi\n"])


@check("03.3", "termina quando a pessoa sai", "recv devolve b'' para sempre: é hora de sair do laço")
def clean_end(attend, room):
    hall = Hall(room, "Ana", "Bia")
    thread = hall.attend(attend, room)
    hall.pairs[0].peer.send(b"Ana: tchau\nmeia lin")
    hall.pairs[0].peer.finish()
    ended, told = room.ended(thread), b"".join(hall.messages)
    expect(b"meia" not in told, "uma última linha sem \\n ficou pela metade: não a repasse")
    return ended and b"Ana: tchau\n" in told


@check("03.3", "avisa uma vez, e só com o nome", "quem fica lê um aviso: Ana saiu! e o fim da linha")
def says_once(attend, room):
    hall = Hall(room, "Ana", "Bia")
    thread = hall.attend(attend, room)
    hall.pairs[0].peer.close()
    told = room.ended(thread) and not room.failures and same(hall.messages, [b"Ana saiu!\n"])
    return told and hall.pairs[1].peer.got(b"Ana saiu!\n")


@check(
    "03.3", "um corte também é uma saída", "recv pode levantar um OSError: a despedida é a mesma, e uma só"
)
def cut(attend, room):
    hall = Hall(room, "Ana", "Bia")
    thread = hall.attend(attend, room)
    hall.pairs[0].peer.reset()
    return room.ended(thread) and not room.failures and hall.messages == [b"Ana saiu!\n"]


@check("03.3", "não sobra nada de quem saiu", "tire o socket e o apelido da mesma posição, e feche o socket")
def nothing_left(attend, room):
    hall = Hall(room, "Ana", "Bia", "Ana", "Caio")
    one, two, gone, four = hall.clients
    thread = hall.attend(attend, room, 2)
    hall.pairs[2].peer.close()
    room.ended(thread)
    kept = hall.clients == [one, two, four] and hall.apelidos == ["Ana", "Bia", "Caio"]
    early = [message for message, clients, _ in hall.said if gone in clients]
    expect(not early or not kept, "o aviso foi dado antes: tire primeiro, e só então avise")
    return kept and gone.fileno() < 0 <= four.fileno()


@check(
    "03.3",
    "acha a posição na hora de sair",
    "se alguém saiu antes, a posição do começo já não vale",
    ("repassa cada linha inteira", "não sobra nada de quem saiu"),
)
def others_leave_first(attend, room):
    hall = Hall(room, "Ana", "Bia", "Caio", "Davi")
    thread = hall.attend(attend, room, 2)
    hall.pairs[2].peer.send(b"Caio: oi\n")
    heard = hall.pairs[1].peer.got(b"Caio: oi\n")
    del hall.clients[0], hall.apelidos[0]
    hall.pairs[2].peer.close()
    room.ended(thread)
    return heard and hall.messages[-1] == b"Caio saiu!\n" and hall.apelidos == ["Bia", "Davi"]
