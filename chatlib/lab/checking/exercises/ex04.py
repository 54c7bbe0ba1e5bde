"""Aula 04: aceitar quem chega."""

import socket
import sys
import threading
from contextlib import contextmanager, suppress

from ....sockets import readable
from .. import exam_room, weather
from ..exam_room import QUIET
from ..registry import check, exercise, expect, same
from ..scenes import CALLS, LONG, ODD, RETURN, SILENCE, TORN, WIDE, closed, read_late, still_works

TICK = 0.05  # segundos de prazo do socket que escuta
MUTES = 40  # pessoas caladas: mais do que as threads de um conjunto delas

exercise("04.1", "ask_who(client)", "Pergunte o apelido")


def asked(ask_who, room, act):
    """O que a função devolve quando o outro lado, perguntado, faz ``act(peer)``; None se não voltou."""
    pair, answers = room.pair(), []
    thread = room.spawn(lambda: answers.append(ask_who(pair.sock)))
    if not pair.peer.got(b"NICK"):
        return None
    act(pair.peer)
    if not room.ended(thread):
        return None
    expect(
        not answers or not isinstance(answers[0], bytes | bytearray),
        "devolva texto, uma string: bytes viram texto com decode",
    )
    return answers[0] if answers else None


@check("04.1", "manda NICK, e só NICK", "são quatro bytes, sem \\n: b'NICK'")
def four_bytes(ask_who, room):
    pair = room.pair()
    thread = room.spawn(ask_who, pair.sock)
    exact = pair.peer.got(b"NICK") and pair.peer.heard(0.05) == b"NICK"
    pair.peer.send(b"Ana\n")
    return room.ended(thread) and exact


@check(
    "04.1",
    "devolve o apelido, em texto",
    "bytes viram texto com decode; o fim da linha não é do nome",
    vital=True,
)
def gives_it(ask_who, room):
    answer = asked(ask_who, room, lambda peer: peer.send(b"Ana\n"))
    expect(answer is not None or room.stuck or room.failures, RETURN)
    return same(answer, "Ana") if not room.stuck and not room.failures else False


@check("04.1", "junta a resposta que vem byte a byte", "um recv pode trazer só o A de Ana: leia até o \\n")
def one_by_one(ask_who, room):
    with weather.drizzle():
        answer = asked(ask_who, room, lambda peer: peer.send(f"{'João' * CALLS}\n".encode()))
    expect("\ufffd" not in (answer or ""), TORN)
    return same(answer, "João" * CALLS) if not room.stuck and not room.failures else False


@check("04.1", "espera o tempo que for preciso", SILENCE)
def waits(ask_who, room):
    def dawdle(peer):
        for part in (b"A", b"na\n"):
            room.wait(lambda: False, QUIET)
            peer.send(part)

    with weather.long_silences():
        return asked(ask_who, room, dawdle) == "Ana"


@check("04.1", "tira o \\r antes do \\n", "alguns programas terminam a linha com \\r\\n")
def carriage_return(ask_who, room):
    return asked(ask_who, room, lambda peer: peer.send_slowly(b"Bia\r\n")) == "Bia"


@check("04.1", "para no primeiro \\n", "pode vir mais coisa junto: o apelido é só o que está antes do \\n")
def first_line_only(ask_who, room):
    return same(asked(ask_who, room, lambda peer: peer.send(b"Ana\nAna: oi\nAna: eu")), "Ana")


@check(
    "04.1",
    "o resto do nome fica como veio",
    "tire só o \\n e um \\r antes dele: strip e splitlines tiram mais",
)
def as_it_came(ask_who, room):
    return same(asked(ask_who, room, lambda peer: peer.send(f" {ODD} \n".encode())), f" {ODD} ")


@check("04.1", "a conexão continua aberta depois", "a conversa ainda vai começar: não feche o socket")
def stays_open(ask_who, room):
    pair = room.pair()
    pair.peer.send(b"Ana\n")
    ask_who(pair.sock)
    return still_works(pair)


@check("04.1", "volta com '' se a pessoa desiste", "recv devolve b'' quando ela se foi: pare, e devolva ''")
def gives_up(ask_who, room):
    def leave(peer):
        peer.send(b"An")
        peer.finish()

    answers = [asked(ask_who, room, act) for act in (leave, lambda peer: peer.finish())]
    return not room.stuck and not room.failures and same(answers, ["", ""])


exercise("04.2", "accept_all(server, welcome, stop)", "Conserte a porta")


class Door:
    """A porta e as boas-vindas: ``met`` guarda quem já foi recebido, em ordem.

    Quem vem cedo já está à espera quando a porta se abre: por mais ocupada que esteja a máquina,
    nenhum prazo vence antes de ele ser aceito.
    """

    def __init__(self, accept_all, room, early=0):
        self.room, self.met = room, []
        self.caller = None  # o código que chamou welcome
        self.stop, self.free = threading.Event(), threading.Event()
        self.server = room.listener()
        self.early = [room.dial(self.server) for _ in range(early)]
        self.server.settimeout(TICK)
        self.thread = room.spawn(accept_all, self.server, self.welcome, self.stop)

    def welcome(self, client):
        """Recebe, e demora até que ``free`` seja ligado, como com um mudo."""
        if isinstance(client, socket.socket):
            self.room.keep(client)
        self.caller = sys._getframe(1).f_code
        self.met.append(client)
        self.free.wait(4)

    def meets(self, count):
        """Se já foram recebidas ``count`` pessoas, dentro do prazo."""
        return self.room.wait(lambda: len(self.met) >= count)

    def ends(self):
        """Se a função do aluno volta, depois de parada."""
        return self.room.ended(self.thread)


@contextmanager
def opened(accept_all, room, early=0):
    """Uma porta, com tantas pessoas que vieram cedo; parada e liberada no fim."""
    door = Door(accept_all, room, early)
    try:
        yield door
    finally:
        door.stop.set()
        door.free.set()
        door.thread.join(0.3)


@check("04.2", "recebe quem chega", "até stop.is_set(), aceite: vêm socket e endereço; welcome quer o socket")
def meets_one(accept_all, room):
    with opened(accept_all, room, early=1) as door:
        met = door.meets(1)
        expect(
            not met or not isinstance(door.met[0], socket.socket) or door.met[0].fileno() >= 0,
            "o socket de quem chega foi fechado: quem recebe ainda vai conversar por ele",
        )
        return met and door.met[0].getpeername() == door.early[0].sock.getsockname()


@check("04.2", "para quando se pede", "a cada prazo vencido, olhe se stop foi ligado", vital=True)
def stops(accept_all, room):
    with opened(accept_all, room) as door:
        door.thread.join(2 * TICK)  # já espera, e ninguém vem
        door.stop.set()
        ended = door.ends()
        expect(door.server.fileno() >= 0, "server é de quem chamou: não o feche")
        return ended


@check("04.2", "deixa aberto o socket de quem chega", "quem recebe ainda vai conversar por ele: não o feche")
def leaves_it_open(accept_all, room):
    with opened(accept_all, room, early=1) as door:
        met = door.meets(1)
        door.free.set()
        return met and not door.early[0].ended(3 * TICK)


@check("04.2", "um mudo não tranca a porta", "welcome demora: quem a chama não pode ser a thread da porta")
def nobody_waits(accept_all, room):
    with opened(accept_all, room, early=MUTES) as door:
        met = door.meets(MUTES)
        expect(
            met or not door.caller or "Thread" not in door.caller.co_names,
            "welcome(client), com parênteses, já a chama aqui, na thread da porta: a Thread quer a função "
            "em target, e o que ela recebe em args",
        )
        expect(
            met or len(door.met) < 2, "com muitos mudos a porta tranca: uma thread para cada um, sem máximo"
        )
        expect(
            len({id(client) for client in door.met}) == len(door.met),
            "alguém foi recebido duas vezes: uma thread por pessoa, e o socket dela em args",
        )
        return met


@check("04.2", "continua depois de um tempo sem ninguém", "o prazo de accept venceu: isso é normal")
def survives_silence(accept_all, room):
    with opened(accept_all, room) as door:
        door.thread.join(3 * TICK)
        waiting = door.thread.is_alive()
        room.dial(door.server)
        met = door.meets(1)
        expect(
            waiting or not met, "a função voltou antes de stop: é ela mesma que aceita, e não outra thread"
        )
        return waiting and met


@check(
    "04.2",
    "não espera por ninguém ao parar",
    "stop foi ligado: volte, mesmo que uma boas-vindas ainda demore",
)
def leaves_at_once(accept_all, room):
    with opened(accept_all, room, early=1) as door:
        met = door.meets(1)
        door.stop.set()
        return met and door.ends()


exercise("04.3", "serve(server, stop)", "O servidor inteiro")


class Chat:
    """O servidor do aluno, no ar numa thread."""

    def __init__(self, serve, room):
        self.room, self.stop = room, threading.Event()
        self.server = room.listener()
        self.server.settimeout(TICK)
        self.thread = room.spawn(serve, self.server, self.stop)

    def knock(self):
        """Alguém que se conectou e já ouviu NICK; Missed se ninguém perguntou."""
        peer = self.room.dial(self.server)
        expect(peer.got(b"NICK"), "ninguém perguntou o apelido a quem chegou: cada um precisa da sua thread")
        return peer

    def enter(self, apelido, why="quem disse o nome espera Conectado ao servidor! e um \\n"):
        """Alguém que já está na sala; Missed, com ``why``, se não conseguiu entrar."""
        peer = self.knock()
        peer.send(f"{apelido}\n".encode())
        expect(peer.got(b"Conectado ao servidor!\n"), why)
        return peer


@contextmanager
def chat_of(serve, room):
    """Um servidor do aluno, parado no fim."""
    chat = Chat(serve, room)
    try:
        yield chat
    finally:
        chat.stop.set()
        chat.thread.join(0.2)


@check("04.3", "recebe e apresenta quem chega", "NICK, depois entrou a todos, depois o cumprimento só a ela")
def introduces(serve, room):
    with chat_of(serve, room) as chat:
        joao = chat.enter("João")
        bia = chat.enter("Bia")
        told = joao.got(b"Bia entrou!\n")
        first = "NICKJoão entrou!\nConectado ao servidor!\n".encode()
        own = bytes(bia.seen) == b"NICKBia entrou!\nConectado ao servidor!\n"
        same(bytes(joao.seen), first + b"Bia entrou!\n")
        return told and own


@check(
    "04.3",
    "para quando se pede",
    "depois do laço: acorde quem espera em recv, feche tudo e volte",
    vital=True,
)
def stops_all(serve, room):
    with chat_of(serve, room) as chat:
        ana = chat.enter("Ana")
        chat.stop.set()
        return room.ended(chat.thread) and ana.ended()


@check("04.3", "um mudo não tranca a porta", "pergunte e espere a resposta na thread de cada um")
def silent(serve, room):
    with chat_of(serve, room) as chat:
        for _ in range(MUTES):
            chat.knock()
        return bool(chat.enter("Bia"))


@check("04.3", "repassa cada linha inteira a todos", "junte os pedaços até o \\n, e só então transmita")
def relays(serve, room):
    with chat_of(serve, room) as chat:
        ana, bia = chat.enter("Ana"), chat.enter("Bia")
        ana.send(b"Ana: meia ")
        early = bia.got(b"meia", 0.15)
        expect(not early, "meia linha foi repassada: junte os pedaços até o \\n")
        bia.send("Bia: não!\n".encode())
        arrived = ana.got("Bia: não!\n".encode())
        expect(b"Bia: Bia" not in ana.seen, "a linha vai como veio: quem fala já pôs nela o nome")
        expect(bia.got("Bia: não!\n".encode()) or not arrived, "quem fala também lê a própria linha")
        ana.send_slowly("maçã\n".encode())
        return arrived and all(peer.got("Bia: não!\nAna: meia maçã\n".encode()) for peer in (ana, bia))


@check(
    "04.3",
    "a linha longa chega inteira, e a todos",
    "send pode mandar só uma parte, e a sala pode ter muita gente: que método insiste até o fim?",
    ("recebe e apresenta quem chega", "para quando se pede", "repassa cada linha inteira a todos"),
)
def long_to_all(serve, room):
    with chat_of(serve, room) as chat, weather.stinginess():
        people = [chat.enter(name) for name in ("Ana", "Bia", "Caio", "Davi")]
        line = f"Ana: {WIDE}\n".encode()
        people[0].send(line)
        return all(peer.got(line) for peer in people)


@check(
    "04.3",
    "o apelido vem em pedaços, ou com a primeira linha",
    "também o nome vai até o \\n, e o resto é conversa",
)
def name_in_pieces(serve, room):
    with chat_of(serve, room) as chat, weather.drizzle():
        joao = chat.enter("João" * 5)
        bia = chat.knock()
        bia.send(b"Bia\nBia: oi\n")
        return joao.got(b"Bia entrou!\n") and joao.got(b"Bia: oi\n")


@check(
    "04.3",
    "só o \\n separa, e nada se perde",
    "repasse os bytes da linha como vieram: nem splitlines, nem strip",
)
def as_it_was_said(serve, room):
    with chat_of(serve, room) as chat:
        ana, bia = chat.enter("Ana"), chat.enter("Bia")
        lines = f"Ana:  {ODD}  \n".encode() + b"Ana: \xff\xfe\n" + f"Ana: {WIDE}\n".encode()
        ana.send(lines)
        return bia.got(lines) and ana.got(lines)


@check("04.3", "espera o tempo que for preciso", SILENCE)
def waits_for_more(serve, room):
    with chat_of(serve, room) as chat, weather.long_silences():
        ana, bia = chat.knock(), chat.enter("Bia")
        for said in (b"A", b"na\n", b"Ana: oi\n"):
            room.wait(lambda: False, QUIET)
            ana.send(said)
        return bia.got(b"Ana: oi\n") and b"saiu!" not in bia.seen


@check("04.3", "o nome certo sai, uma vez", "guarde socket e apelido num par só, quando o nome já é sabido")
def right_name(serve, room):
    with chat_of(serve, room) as chat:
        caio, ana = chat.enter("Caio"), chat.knock()
        bia = chat.enter("Bia")
        ana.send(b"Ana\n")
        entered = caio.got(b"Ana entrou!\n")
        bia.send(b"meia lin")
        bia.finish()
        left = caio.got(b"Bia saiu!\n")
        expect(b"meia" not in caio.seen, "uma última linha sem \\n ficou pela metade: não a repasse")
        expect(left or b"Bia saiu!" not in caio.seen, "o aviso Bia saiu! também termina em \\n")
        once = caio.heard(0.05).count(b"saiu!") == 1
        expect(once or not left, "o aviso de saída veio mais de uma vez: deixe-o num lugar só")
        return entered and left and once


@check(
    "04.3",
    "aguenta cortes e desistências",
    "recv e send podem levantar OSError, e a resposta a NICK pode não vir",
)
def rude_people(serve, room):
    with chat_of(serve, room) as chat:
        caio, ana = chat.enter("Caio"), chat.enter("Ana")
        for rude in (chat.knock(), chat.knock()):
            rude.reset()
        quitter = chat.knock()
        quitter.finish()
        ana.reset()
        left = caio.got(b"Ana saiu!\n")
        chat.enter("Bia", "depois de um corte ninguém mais entra: o erro de um envio é só de quem caiu")
        good = caio.got(b"Bia entrou!\n") and not room.failures
        return good and left and caio.seen.count(b"entrou!") == 3 and caio.seen.count(b"saiu!") == 1


@check(
    "04.3",
    "ao parar, fecha também quem não disse o nome",
    "guarde todos os sockets que accept deu, não só os da sala",
)
def closes_the_silent(serve, room):
    with chat_of(serve, room) as chat:
        ana, silent = chat.enter("Ana"), chat.knock()
        chat.stop.set()
        return room.ended(chat.thread) and ana.ended() and silent.ended()


exercise("04.4", "send_line(client, line, locks)", "Uma linha de cada vez")

OTHER = b"Bia: outra linha\n"


class Watched:
    """Uma trava como as outras, que diz se já houve quem esperasse, e avisa quando é devolvida."""

    def __init__(self, freed=lambda: None):
        self._lock, self._freed, self.wanted = threading.Lock(), freed, False

    def acquire(self, blocking=True, timeout=-1):
        """Pega a trava."""
        if self._lock.acquire(blocking=False):
            return True
        self.wanted = True
        return self._lock.acquire(blocking, timeout)

    def release(self):
        """Devolve a trava; quem esperava por ela é o primeiro a saber."""
        self._lock.release()
        self._freed()

    def locked(self):
        """Se alguém está com ela."""
        return self._lock.locked()

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *exc):
        self.release()


@check("04.4", "manda a linha e o \\n", "o que sai é line e b'\\n', por sendall, e nada mais")
def sends_a_line(send_line, room):
    pair = room.pair()
    for _ in range(2):
        send_line(pair.sock, b"Ana: oi", {pair.sock: Watched()})
    return pair.all_that_came() == b"Ana: oi\n" * 2


@check("04.4", "manda inteira uma linha longa", "send pode mandar só uma parte: sendall insiste")
def sends_it_all(send_line, room):
    pair = room.narrow()
    return read_late(room, [pair], LONG + b"\n", send_line, pair.sock, LONG, {pair.sock: Watched()})


@check(
    "04.4",
    "espera a vez",
    "outra thread está com a trava deste socket, no meio de uma linha: só mande quando for sua",
    vital=True,
)
def waits_its_turn(send_line, room):
    pair, lock = room.pair(), Watched()
    lock.acquire()
    thread = room.spawn(send_line, pair.sock, b"Ana: oi", {pair.sock: lock})

    def spoke():
        return readable(pair.peer.sock, 0) or not thread.is_alive()

    wanted = room.wait(lambda: lock.wanted or spoke())
    early = room.wait(spoke, QUIET)
    lock.release()
    return wanted and not early and room.ended(thread) and pair.peer.got(b"Ana: oi\n")


@check(
    "04.4",
    "devolve a trava, mesmo que o envio falhe",
    "with a devolve de qualquer modo; acquire pede um release num finally",
)
def gives_it_back(send_line, room):
    for sock in (room.pair().sock, closed(room)):
        lock = Watched()
        with suppress(OSError):
            send_line(sock, b"Ana: oi", {sock: lock})
        if lock.locked():
            return False
    return True


@check("04.4", "ninguém entra no meio da linha", "pegue a trava uma vez só, e com ela mande a linha e o \\n")
def in_one_go(send_line, room):
    pair = room.pair()
    lock = Watched(freed=lambda: pair.sock.sendall(OTHER))
    send_line(pair.sock, b"Ana: oi", {pair.sock: lock})
    return pair.all_that_came() == b"Ana: oi\n" + OTHER


@check(
    "04.4",
    "quem não lê só prende quem lhe fala",
    "cada socket tem a sua trava: pegue a de client, e nenhuma outra",
)
def each_its_own(send_line, room):
    carla, bruno = room.narrow(), room.pair()
    locks = {carla.sock: Watched(), bruno.sock: Watched()}
    room.spawn(send_line, carla.sock, LONG, locks)
    stuck = readable(carla.peer.sock, exam_room.patience)
    room.spawn(send_line, bruno.sock, b"Ana: oi", locks)
    return stuck and bruno.peer.got(b"Ana: oi\n")


@check(
    "04.4",
    "deixa o erro seguir para quem chamou",
    "quem chama precisa saber que a pessoa caiu: não capture o erro",
)
def does_not_hide(send_line, room):
    sock = closed(room)
    try:
        send_line(sock, b"Ana: oi", {sock: Watched()})
    except OSError:
        return True
    return False
