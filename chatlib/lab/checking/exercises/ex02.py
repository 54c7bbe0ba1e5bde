"""Aula 02: a mesma mensagem para todos, mesmo com gente lenta ou morta na lista."""

from ....sockets import readable
from ..registry import check, exercise

END = b"fim"
LONG = b"0123456789abcdef" * 4_000 + END  # não cabe de uma vez numa conexão estreita


def just_fell(room):
    """Um socket cujo outro lado acaba de cair, sem que ninguém tenha notado ainda."""
    pair = room.pair()
    pair.peer.reset()
    readable(pair.sock, 1)
    return pair.sock


def closed(room):
    """Um socket que outra parte do programa já fechou."""
    sock = room.pair().sock
    sock.close()
    return sock


def both_get_long(deliver, room, clients_before=()):
    """Se uma mensagem longa chega inteira a duas pessoas de conexão estreita."""
    ana, bia = room.narrow(), room.narrow()
    room.spawn(bia.peer.got, END)
    room.spawn(deliver, [*clients_before, ana.sock, bia.sock], LONG)
    arrived = ana.peer.got(END) and room.wait(lambda: END in bia.peer.seen)
    return arrived and ana.peer.seen.startswith(LONG) and bia.peer.seen.startswith(LONG)


exercise("02.1", "send_to_all(clients, message)", "Envie a todos")


@check("02.1", "todos recebem a mensagem", "percorra a lista até o fim; a mensagem já vem em bytes")
def everyone(send_to_all, room):
    pairs = [room.pair() for _ in range(3)]
    send_to_all([pair.sock for pair in pairs], "Ana: não!\n".encode())
    return all(pair.peer.got("Ana: não!\n".encode()) for pair in pairs)


@check("02.1", "cada um recebe uma vez só", "um envio por pessoa, com a mensagem e nada mais")
def once(send_to_all, room):
    ana, bia = room.pair(), room.pair()
    send_to_all([ana.sock, bia.sock], b"oi\n")
    return (ana.peer.heard(), bia.peer.heard()) == (b"oi\n", b"oi\n")


@check("02.1", "uma mensagem longa chega inteira", "send pode mandar só uma parte; que método insiste?")
def long_message(send_to_all, room):
    return both_get_long(send_to_all, room)


@check("02.1", "a sala fica como estava", "a lista e os sockets dela ainda vão ser usados: só envie")
def room_is_kept(send_to_all, room):
    socks = [room.pair().sock for _ in range(3)]
    clients = list(socks)
    send_to_all(clients, b"oi\n")
    for sock in socks:
        sock.sendall(b"outra\n")  # ninguém foi fechado, nem pela metade
    return clients == socks


exercise("02.2", "deliver(clients, message)", "Passe pelos mortos")


@check("02.2", "os vivos recebem", "um erro num envio não pode encerrar o laço: que parte vai dentro do try?")
def living_get_it(deliver, room):
    ana, bia = room.pair(), room.pair()
    deliver([ana.sock, room.dead(), bia.sock], b"oi\n")
    return ana.peer.got(b"oi\n") and bia.peer.got(b"oi\n")


@check("02.2", "cada vivo recebe uma vez só", "um envio por pessoa: depois de um erro, siga para a próxima")
def living_get_it_once(deliver, room):
    ana, bia = room.pair(), room.pair()
    deliver([ana.sock, room.dead(), bia.sock], b" oi\n")
    return (ana.peer.heard(), bia.peer.heard()) == (b" oi\n", b" oi\n")


@check("02.2", "dois mortos seguidos não atrapalham", "cada envio precisa da sua própria proteção")
def two_in_a_row(deliver, room):
    ana = room.pair()
    deliver([room.dead(), room.dead(), ana.sock, room.dead()], b"oi\n")
    return ana.peer.got(b"oi\n")


@check("02.2", "não importa como a conexão caiu", "há muitos erros de socket; de que classe são todos eles?")
def any_failure(deliver, room):
    ana = room.pair()
    deliver([just_fell(room), closed(room), room.dead(), ana.sock], b"oi\n")
    return ana.peer.got(b"oi\n")


@check("02.2", "a lista não muda", "tirar da lista é trabalho de outra função: aqui, só entregue")
def list_is_kept(deliver, room):
    socks = [room.pair().sock, room.dead(), room.pair().sock]
    clients = list(socks)
    deliver(clients, b"oi\n")
    return clients == socks


@check("02.2", "os vivos continuam conectados", "a próxima mensagem vai pelos mesmos sockets: não os feche")
def living_stay(deliver, room):
    ana, bia = room.pair(), room.pair()
    for message in (b"um\n", b"dois\n"):
        deliver([ana.sock, room.dead(), bia.sock], message)
    return ana.peer.got(b"um\ndois\n") and bia.peer.got(b"um\ndois\n")


@check("02.2", "uma mensagem longa chega inteira", "send pode mandar só uma parte; que método insiste?")
def long_message_passes(deliver, room):
    return both_get_long(deliver, room, [room.dead()])


exercise("02.3", "sweep(clients, apelidos, message)", "Entregue e arrume a sala")


@check("02.3", "os vivos recebem, uma vez", "não mude a lista que o laço percorre: arrume depois")
def living_hear_once(sweep, room):
    ana, bia = room.pair(), room.pair()
    sweep([room.dead(), ana.sock, room.dead(), bia.sock], ["D1", "Ana", "D2", "Bia"], b"oi\n")
    return (ana.peer.heard(), bia.peer.heard()) == (b"oi\n", b"oi\n")


@check("02.3", "devolve os apelidos de quem caiu", "uma lista de apelidos, na ordem em que estavam na sala")
def says_who(sweep, room):
    clients = [room.dead(), room.pair().sock, just_fell(room)]
    return list(sweep(clients, ["Zé", "Ana", "Caio"], b"oi\n")) == ["Zé", "Caio"]


@check("02.3", "não importa como a conexão caiu", "há muitos erros de socket; de que classe são todos eles?")
def any_failure_counts(sweep, room):
    clients = [closed(room), room.pair().sock, just_fell(room)]
    return list(sweep(clients, ["Zé", "Ana", "Caio"], b"oi\n")) == ["Zé", "Caio"]


@check("02.3", "sem mortos, devolve uma lista vazia", "ninguém caiu: a lista existe, mas não tem ninguém")
def nobody_fell(sweep, room):
    clients, apelidos = [room.pair().sock, room.pair().sock], ["Ana", "Bia"]
    left = sweep(clients, apelidos, b"oi\n")
    return left is not None and len(left) == 0 and len(clients) == 2 and apelidos == ["Ana", "Bia"]


@check("02.3", "as duas listas continuam combinando", "tire das próprias listas, as duas, a mesma posição")
def lists_match(sweep, room):
    ana, bia = room.pair().sock, room.pair().sock
    clients = [room.dead(), room.dead(), ana, room.dead(), bia]
    apelidos = ["Zé", "Caio", "Ana", "Davi", "Bia"]
    sweep(clients, apelidos, b"oi\n")
    return clients == [ana, bia] and apelidos == ["Ana", "Bia"]


@check("02.3", "dois apelidos iguais não confundem", "pode haver duas Anas: procure a posição, e não o nome")
def two_of_a_name(sweep, room):
    ana, bia = room.pair().sock, room.pair().sock
    clients, apelidos = [ana, bia, room.dead()], ["Ana", "Bia", "Ana"]
    left = list(sweep(clients, apelidos, b"oi\n"))
    return left == ["Ana"] and clients == [ana, bia] and apelidos == ["Ana", "Bia"]


@check("02.3", "fecha só os sockets de quem caiu", "um socket que não serve mais ocupa lugar até ser fechado")
def closes_the_dead(sweep, room):
    ana, dead = room.pair().sock, [room.dead(), room.dead()]
    sweep([dead[0], ana, dead[1]], ["Zé", "Ana", "Caio"], b"oi\n")
    return all(sock.fileno() < 0 for sock in dead) and ana.fileno() >= 0


@check("02.3", "uma mensagem longa chega inteira", "send pode mandar só uma parte; que método insiste?")
def long_message_is_swept(sweep, room):
    def deliver(clients, message):
        sweep(clients, ["Ana", "Bia"], message)

    return both_get_long(deliver, room)


exercise("02.4", "speak(clients, apelidos, sender, text)", "Fale em nome de alguém")


@check("02.4", "os outros recebem a linha com o nome", "apelido, dois-pontos, espaço e texto, em bytes")
def others_get_line(speak, room):
    ana, bia, caio = (room.pair() for _ in range(3))
    speak([ana.sock, bia.sock, caio.sock], ["Ana", "Bia", "Caio"], ana.sock, "oi")
    return bia.peer.got(b"Ana: oi") and caio.peer.got(b"Ana: oi")


@check("02.4", "o nome é o de quem falou", "as listas andam juntas: em que posição de clients está sender?")
def name_of_sender(speak, room):
    ana, bia, caio = (room.pair() for _ in range(3))
    speak([ana.sock, bia.sock, caio.sock], ["Ana", "Bia", "Caio"], caio.sock, "oi")
    return ana.peer.got(b"Caio: oi") and bia.peer.got(b"Caio: oi")


@check("02.4", "a linha termina em \\n, uma só vez", "é o fim de linha que separa uma mensagem da outra")
def ends_the_line(speak, room):
    ana, bia = room.pair(), room.pair()
    speak([ana.sock, bia.sock], ["Ana", "Bia"], ana.sock, "oi")
    return bia.peer.heard() == b"Ana: oi\n"


@check("02.4", "quem fala não recebe a própria linha", "ao percorrer a lista, pule sender")
def sender_hears_nothing(speak, room):
    ana, bia = room.pair(), room.pair()
    speak([ana.sock, bia.sock], ["Ana", "Bia"], ana.sock, "oi")
    return bia.peer.got(b"oi") and not ana.peer.heard()


@check("02.4", "dois apelidos iguais não confundem", "pule o socket de quem fala, e não o apelido")
def two_of_a_name_talk(speak, room):
    ana, bia, other = (room.pair() for _ in range(3))
    speak([ana.sock, bia.sock, other.sock], ["Ana", "Bia", "Ana"], other.sock, "oi")
    return ana.peer.got(b"Ana: oi") and bia.peer.got(b"Ana: oi") and not other.peer.heard()


@check("02.4", "a sala fica como estava", "as listas e os sockets ainda vão ser usados: só envie")
def speaking_changes_nothing(speak, room):
    socks, names = [room.pair().sock for _ in range(3)], ["Ana", "Bia", "Caio"]
    clients, apelidos = list(socks), list(names)
    speak(clients, apelidos, clients[1], "oi")
    return clients == socks and apelidos == names and all(sock.fileno() >= 0 for sock in socks)


@check("02.4", "acentos e emoji chegam", "que codificação tem as letras de todas as línguas?")
def accents(speak, room):
    ana, joao = room.pair(), room.pair()
    speak([ana.sock, joao.sock], ["Ana", "João"], joao.sock, "não! 🎉")
    return ana.peer.got("João: não! 🎉".encode())


@check("02.4", "um morto não atrapalha", "proteja cada envio, como em 02.2")
def dead_in_the_room(speak, room):
    ana, bia = room.pair(), room.pair()
    clients = [room.dead(), ana.sock, just_fell(room), bia.sock]
    speak(clients, ["Zé", "Ana", "Davi", "Bia"], ana.sock, "oi")
    return bia.peer.got(b"Ana: oi\n")


@check("02.4", "uma linha longa chega inteira", "send pode mandar só uma parte; que método insiste?")
def long_line(speak, room):
    ana, bia, text = room.pair().sock, room.narrow(), LONG.decode()
    room.spawn(speak, [ana, bia.sock], ["Ana", "Bia"], ana, text)
    return bia.peer.got(END + b"\n") and bia.peer.seen == f"Ana: {text}\n".encode()
