"""Aula 02: a mesma mensagem para todos, mesmo com gente lenta ou morta na lista."""

from ..registry import check, exercise, expect, same
from ..scenes import CALLS, LONG, closed, dies_midway, just_fell, read_late, safely, still_works, unplugged

ONLY_LIST = "devolva uma lista, com [ ] ou append: quem chama conta com a ordem e com o tipo"


def both_get_long(room, deliver, clients_before=()):
    """Se uma mensagem longa chega inteira a duas pessoas de conexão estreita, que demoram a ler."""
    ana, bia = room.narrow(), room.narrow()
    return read_late(room, [ana, bia], LONG, deliver, [*clients_before, ana.sock, bia.sock], LONG)


def came_to(pairs):
    """O que chegou a cada um."""
    return [pair.all_that_came() for pair in pairs]


exercise("02.1", "send_to_all(clients, message)", "Envie a todos")


@check("02.1", "todos recebem a mensagem", "percorra a lista até o fim; a mensagem já vem em bytes")
def everyone(send_to_all, room):
    pairs, message = [room.pair() for _ in range(3)], "Ana: não!\n".encode()
    send_to_all([pair.sock for pair in pairs], message)
    first, *others = came_to(pairs)
    expect(
        first != message or any(others),
        "só o primeiro recebeu: o laço vai até o fim, e cada um recebe a mensagem desde o começo?",
    )
    return all(message in came for came in (first, *others))


@check("02.1", "cada um recebe uma vez só", "um envio por pessoa, com a mensagem e nada mais")
def once(send_to_all, room):
    pairs = [room.pair(), room.pair()]
    send_to_all([pair.sock for pair in pairs], b" oi\n")
    return same(came_to(pairs), [b" oi\n"] * 2)


@check("02.1", "uma sala cheia também recebe", "a lista pode ser enorme: percorra-a com um for")
def crowd(send_to_all, room):
    pairs = [room.pair() for _ in range(CALLS)]
    send_to_all([pair.sock for pair in pairs], b"oi\n")
    return came_to(pairs) == [b"oi\n"] * CALLS


@check("02.1", "uma mensagem longa chega inteira", "send pode mandar só uma parte; que método insiste?")
def long_message(send_to_all, room):
    return both_get_long(room, send_to_all)


@check("02.1", "a sala fica como estava", "a lista e os sockets dela ainda vão ser usados: só envie")
def room_is_kept(send_to_all, room):
    pairs = [room.pair() for _ in range(3)]
    clients = [pair.sock for pair in pairs]
    send_to_all(clients, b"oi\n")
    return clients == [pair.sock for pair in pairs] and all(map(still_works, pairs))


exercise("02.2", "deliver(clients, message)", "Passe pelos mortos")


@check("02.2", "os vivos recebem", "um erro num envio não pode encerrar o laço: que parte vai dentro do try?")
def living_get_it(deliver, room):
    pairs = [room.pair(), room.pair()]
    clients = [pairs[0].sock, room.dead(), pairs[1].sock]
    before = list(clients)
    safely(room, deliver, clients, b"oi\n")
    heard = all(b"oi\n" in came for came in came_to(pairs))
    expect(
        heard or clients == before,
        "alguém saiu da lista enquanto o laço a percorria, e ele pulou a pessoa seguinte: só entregue",
    )
    return heard


@check("02.2", "cada vivo recebe uma vez só", "um envio por pessoa: depois de um erro, siga para a próxima")
def living_get_it_once(deliver, room):
    pairs = [room.pair(), room.pair()]
    deliver([pairs[0].sock, room.dead(), pairs[1].sock], b" oi\n")
    return same(came_to(pairs), [b" oi\n"] * 2)


@check("02.2", "dois mortos seguidos não atrapalham", "cada envio precisa da sua própria proteção")
def two_in_a_row(deliver, room):
    ana = room.pair()
    deliver([room.dead(), room.dead(), ana.sock, room.dead()], b"oi\n")
    return ana.all_that_came() == b"oi\n"


@check("02.2", "não importa como a conexão caiu", "há muitos erros de socket; de que classe são todos eles?")
def any_failure(deliver, room):
    ana = room.pair()
    deliver([just_fell(room), unplugged(room), closed(room), room.dead(), ana.sock], b"oi\n")
    return ana.all_that_came() == b"oi\n"


@check(
    "02.2",
    "uma mensagem longa chega inteira",
    "send pode mandar só uma parte; que método insiste?",
    ("os vivos recebem", "dois mortos seguidos não atrapalham"),
)
def long_message_passes(deliver, room):
    return both_get_long(room, deliver, [room.dead()])


@check("02.2", "a lista não muda", "tirar da lista é trabalho de outra função: aqui, só entregue")
def list_is_kept(deliver, room):
    socks = [room.pair().sock, room.dead(), just_fell(room), room.pair().sock]
    clients = list(socks)
    deliver(clients, b"oi\n")
    return clients == socks


@check("02.2", "os vivos continuam conectados", "a próxima mensagem vai pelos mesmos sockets: não os feche")
def living_stay(deliver, room):
    ana, bia = room.pair(), room.pair()
    deliver([ana.sock, room.dead(), bia.sock], b"um\n")
    return still_works(ana) and still_works(bia)


@check(
    "02.2",
    "quem cai no meio da entrega não a encerra",
    "quem parecia vivo pode cair durante o envio: é o próprio envio que vai dentro do try",
    ("os vivos recebem", "dois mortos seguidos não atrapalham", "uma mensagem longa chega inteira"),
)
def falls_midway(deliver, room):
    ana = room.narrow()
    return read_late(room, [ana], LONG, deliver, [dies_midway(room).sock, ana.sock], LONG)


exercise("02.3", "sweep(clients, apelidos, message)", "Entregue e arrume a sala")


@check("02.3", "os vivos recebem, uma vez", "não mude a lista que o laço percorre: arrume depois")
def living_hear_once(sweep, room):
    pairs = [room.pair(), room.pair()]
    clients = [room.dead(), pairs[0].sock, room.dead(), pairs[1].sock]
    safely(room, sweep, clients, ["D1", "Ana", "D2", "Bia"], b"oi\n")
    came = came_to(pairs)
    expect(
        max(map(len, came)) <= len(b"oi\n"),
        "chegou mais do que a mensagem: um envio por pessoa, e nenhum aviso",
    )
    expect(came[0], "ninguém depois do primeiro morto recebeu: o erro de um não encerra o laço")
    return came == [b"oi\n"] * 2


@check(
    "02.3",
    "devolve os apelidos de quem caiu",
    "os apelidos na ordem da sala; e, ao tirar alguém, as posições seguintes mudam",
)
def says_who(sweep, room):
    clients = [room.dead(), room.pair().sock, just_fell(room)]
    left = sweep(clients, ["Zé", "Ana", "Caio"], b"oi\n")
    expect(left is None or isinstance(left, list), ONLY_LIST)
    expect(
        not left or not {*left} & {"D1", "D2"},
        "vieram nomes de outra chamada: a lista nasce dentro da função, a cada vez",
    )
    return same(left, ["Zé", "Caio"])


@check("02.3", "não importa como a conexão caiu", "há muitos erros de socket; de que classe são todos eles?")
def any_failure_counts(sweep, room):
    clients = [closed(room), room.pair().sock, just_fell(room), unplugged(room)]
    return list(sweep(clients, ["Zé", "Ana", "Caio", "Davi"], b"oi\n")) == ["Zé", "Caio", "Davi"]


@check("02.3", "sem mortos, devolve uma lista vazia", "ninguém caiu: a lista existe, mas não tem ninguém")
def nobody_fell(sweep, room):
    clients, apelidos = [room.pair().sock, room.pair().sock], ["Ana", "Bia"]
    return same(sweep(clients, apelidos, b"oi\n"), []) and len(clients) == 2 and apelidos == ["Ana", "Bia"]


@check("02.3", "as duas listas continuam combinando", "tire das próprias listas, as duas, a mesma posição")
def lists_match(sweep, room):
    ana, bia = room.pair().sock, room.pair().sock
    clients = [room.dead(), room.dead(), ana, room.dead(), bia]
    apelidos = ["Zé", "Caio", "Ana", "Davi", "Bia"]
    sweep(clients, apelidos, b"oi\n")
    return same(apelidos, ["Ana", "Bia"]) and clients == [ana, bia]


@check(
    "02.3",
    "dois apelidos iguais não confundem",
    "pode haver duas Anas: procure a posição, e não o nome",
    ("os vivos recebem, uma vez", "as duas listas continuam combinando"),
)
def two_of_a_name(sweep, room):
    ana, bia, other = (room.pair().sock for _ in range(3))
    clients, apelidos = [ana, bia, room.dead(), other], ["Ana", "Bia", "Ana", "ana"]
    left = list(sweep(clients, apelidos, b"oi\n"))
    return left == ["Ana"] and clients == [ana, bia, other] and apelidos == ["Ana", "Bia", "ana"]


@check("02.3", "fecha só os sockets de quem caiu", "um socket que não serve mais ocupa lugar até ser fechado")
def closes_the_dead(sweep, room):
    ana, dead = room.pair(), [room.dead(), room.dead()]
    sweep([dead[0], ana.sock, dead[1]], ["Zé", "Ana", "Caio"], b"oi\n")
    return all(sock.fileno() < 0 for sock in dead) and still_works(ana)


@check(
    "02.3",
    "uma mensagem longa chega inteira",
    "send pode mandar só uma parte; que método insiste?",
)
def long_message_is_swept(sweep, room):
    return both_get_long(room, lambda clients, message: sweep(clients, ["Ana", "Bia"], message))


@check(
    "02.3",
    "quem cai no meio da entrega também sai",
    "quem parecia vivo pode cair durante o envio: é o próprio envio que diz quem caiu",
    ("os vivos recebem, uma vez", "devolve os apelidos de quem caiu", "uma mensagem longa chega inteira"),
)
def falls_in_the_middle(sweep, room):
    ana, falling, left = room.narrow(), dies_midway(room), []

    def deliver(*args):
        left.extend(sweep(*args))

    whole = read_late(
        room, [ana], LONG, deliver, [falling.sock, ana.sock, room.dead()], ["Zé", "Ana", "Davi"], LONG
    )
    return whole and room.wait(lambda: left == ["Zé", "Davi"])


exercise("02.4", "speak(clients, apelidos, sender, text)", "Fale em nome de alguém")


def said_by(speak, room, who, text="oi", names=("Ana", "Bia", "Caio")):
    """O que chega a cada um quando fala quem está na posição ``who``."""
    pairs = [room.pair() for _ in names]
    speak([pair.sock for pair in pairs], list(names), pairs[who].sock, text)
    return came_to(pairs)


@check("02.4", "os outros recebem a linha com o nome", "apelido, dois-pontos, espaço e texto, em bytes")
def others_get_line(speak, room):
    ana, _, caio = said_by(speak, room, 1)
    expect(
        bool(ana) == bool(caio),
        "só quem está de um lado de sender recebeu: percorra a lista toda, e pule apenas sender",
    )
    return (b": oi" in ana and b": oi" in caio) or same(caio, b"Bia: oi\n")


@check("02.4", "o nome é o de quem falou", "as listas andam juntas: em que posição de clients está sender?")
def name_of_sender(speak, room):
    ana, bia, _ = said_by(speak, room, 2)
    expect(
        ana[:7] != b"Ana: oi" or bia[:7] != b"Bia: oi",
        "a linha traz o nome de quem recebe: o nome é o de quem fala, o da posição de sender",
    )
    return same((ana[:8], bia[:8]), (b"Caio: oi",) * 2)


@check("02.4", "a linha termina em \\n, uma só vez", "o fim é um \\n, sem \\r: é ele que separa as mensagens")
def ends_the_line(speak, room):
    _, bia, caio = said_by(speak, room, 0, "  oi ")
    expect(b"  oi " in bia, "o texto vai como veio, com os espaços: não use strip nele")
    return same([bia, caio], [b"Ana:   oi \n"] * 2)


@check("02.4", "quem fala não recebe a própria linha", "ao percorrer a lista, pule sender")
def sender_hears_nothing(speak, room):
    ana, bia = said_by(speak, room, 0, names=("Ana", "Bia"))
    return b"oi" in bia and not ana


@check(
    "02.4",
    "dois apelidos iguais não confundem",
    "pule o socket de quem fala, e não o apelido",
    ("os outros recebem a linha com o nome", "quem fala não recebe a própria linha"),
)
def two_of_a_name_talk(speak, room):
    ana, bia, other = said_by(speak, room, 2, names=("Ana", "Bia", "Ana"))
    return b"Ana: oi" in ana and b"Ana: oi" in bia and not other


@check("02.4", "a sala fica como estava", "as listas e os sockets ainda vão ser usados: só envie")
def speaking_changes_nothing(speak, room):
    pairs, names = [room.pair() for _ in range(3)], ["Ana", "Bia", "Caio"]
    clients, apelidos = [pair.sock for pair in pairs], list(names)
    speak(clients, apelidos, clients[1], "oi")
    same = clients == [pair.sock for pair in pairs] and apelidos == names
    return same and all(map(still_works, pairs))


@check("02.4", "acentos e emoji chegam", "que codificação tem as letras de todas as línguas?")
def accents(speak, room):
    came = [said_by(speak, room, 1, text, ("Ana", "João"))[0] for text in ("ação", "não! 🎉")]
    return same(came, ["João: ação\n".encode(), "João: não! 🎉\n".encode()])


@check("02.4", "um morto não atrapalha", "proteja cada envio, como em 02.2")
def dead_in_the_room(speak, room):
    ana, bia = room.pair(), room.pair()
    clients = [room.dead(), ana.sock, just_fell(room), closed(room), unplugged(room), bia.sock]
    apelidos = ["Zé", "Ana", "Davi", "Edu", "Gil", "Bia"]
    safely(room, speak, clients, apelidos, ana.sock, "oi")
    expect(len(clients) == len(apelidos) == 6, "as listas ficam como estavam: aqui, só entregue")
    return b"Ana: oi" in bia.all_that_came()


@check(
    "02.4",
    "uma linha longa chega inteira",
    "send pode mandar só uma parte; que método insiste?",
    ("a linha termina em \\n, uma só vez", "um morto não atrapalha"),
)
def long_line(speak, room):
    ana, bia = room.pair().sock, room.narrow()
    line = b"Ana: " + LONG + b"\n"
    return read_late(room, [bia], line, speak, [ana, bia.sock], ["Ana", "Bia"], ana, LONG.decode())


@check(
    "02.4",
    "quem cai no meio da entrega não a encerra",
    "quem parecia vivo pode cair durante o envio: é o próprio envio que vai dentro do try",
    ("os outros recebem a linha com o nome", "um morto não atrapalha", "uma linha longa chega inteira"),
)
def falls_while_told(speak, room):
    ana, bia, falling = room.pair().sock, room.narrow(), dies_midway(room)
    line = b"Ana: " + LONG + b"\n"
    clients = [falling.sock, ana, bia.sock]
    return read_late(room, [bia], line, speak, clients, ["Zé", "Ana", "Bia"], ana, LONG.decode())
