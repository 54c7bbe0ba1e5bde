"""Aula 08: ler uma fita, e gravar uma."""

from contextlib import suppress

from ...tape import SERVER, Entry, Tape
from .. import weather
from ..registry import check, exercise, expect, same
from ..scenes import ODD, RETURN


def tape(*entries: tuple) -> Tape:
    """Uma fita do servidor: ``(kind, peer, bytes ou texto[, thread])``, um segundo entre cada entrada."""
    found = []
    for at, (kind, peer, what, *thread) in enumerate(entries):
        data, text = (what, "") if isinstance(what, bytes) else (b"", what)
        began = max(0, at - 1) if kind in ("opened", "waiting") else at
        found.append(Entry(at, began, kind, SERVER, peer, data, len(data), text, *thread or ("handle",)))
    return Tape(tuple(found), framed=True)


exercise("08.1", "lines_to(tape, apelido)", "O que Ana leu")


def lines(lines_to, *entries, who="Ana"):
    """As linhas que a função acha depois de NICK; se ele veio junto, quem diz é `no_nick`."""
    found = lines_to(tape(("sent", who, b"NICK"), *entries), who)
    expect(found is not None, RETURN)
    expect(
        isinstance(found, list) and all(isinstance(line, str) for line in found),
        "devolva uma lista de textos: bytes viram texto com decode",
    )
    first = [line.removeprefix("NICK") for line in found[:1] if line != "NICK"]
    return first + found[1:]


@check("08.1", "devolve as linhas, em texto", "junte os bytes dos envios e corte em cada \\n")
def gives_lines(lines_to, room):
    found = lines(lines_to, ("sent", "Ana", b"Bia: oi\n"), ("sent", "Ana", b"Bia: tchau\n"))
    expect(
        not found or found[-1] != "",
        "depois do último \\n não há linha nenhuma: o que sobra do corte não conta",
    )
    return same(found, ["Bia: oi", "Bia: tchau"])


@check("08.1", "só o que foi enviado a essa pessoa", "olhe kind e peer de cada entrada")
def only_hers(lines_to, room):
    entries = (
        ("sent", "Bia", b"so dela\n"),
        ("sent", "Anabela", b"dela\n"),
        ("received", "Ana", b"oi\n"),
        ("sent", "Ana", b"Ana: oi\n"),
    )
    bia = lines(lines_to, ("sent", "Ana", b"Ana: oi\n"), ("sent", "Bia", b"so dela\n"), who="Bia")
    return same(lines(lines_to, *entries), ["Ana: oi"]) and same(bia, ["so dela"])


@check("08.1", "separa as linhas que viajaram juntas", "um envio pode levar várias linhas")
def glued(lines_to, room):
    found = lines(lines_to, ("sent", "Ana", b"um\ndois\n"), ("sent", "Ana", b"um\n"))
    return same(found, ["um", "dois", "um"])


@check("08.1", "junta a linha que viajou em pedaços", "o pedaço pode acabar no meio de uma letra")
def split(lines_to, room):
    pieces = ("sent", "Ana", "nã".encode()[:2]), ("sent", "Ana", "ã".encode()[1:] + b"o\n")
    return same(lines(lines_to, *pieces), ["não"])


@check("08.1", "NICK não é uma linha", "NICK é a única mensagem sem \\n: tire-a do começo")
def no_nick(lines_to, room):
    entry = ("sent", "Ana", b"NICK"), ("received", "Ana", b"Ana\n")
    found = lines_to(tape(*entry, ("sent", "Ana", b"Caio entrou!\nBia: NICK\n")), "Ana")
    expect("Bia: " not in found, "só o NICK do começo não é linha: alguém pode dizer essa palavra")
    expect(found[:1] != ["aio entrou!"], "lstrip tira letras, e não a palavra: veja removeprefix")
    return same(found, ["Caio entrou!", "Bia: NICK"])


@check(
    "08.1", "só o \\n separa", "splitlines corta em outros caracteres também, e strip apaga mais do que o \\n"
)
def only_newline(lines_to, room):
    return same(lines(lines_to, ("sent", "Ana", f" {ODD} \n".encode())), [f" {ODD} "])


@check("08.1", "o que ficou sem \\n não conta", "uma linha só está pronta quando o \\n chega")
def unfinished(lines_to, room):
    return same(lines(lines_to, ("sent", "Ana", b"um\npela met")), ["um"])


exercise("08.2", "who_blocks(tape)", "Quem tranca a porta")

DOOR = ("opened", "Ana", "", "receive"), ("received", "Ana", b"Ana\n", "receive")
FREE = ("waiting", "", "accept", "receive")


@check("08.2", "diz por quem a porta espera", "procure a entrada waiting da thread que fez opened")
def finds(who_blocks, room):
    stuck = ("opened", "mudo", "", "receive"), ("waiting", "mudo", "recv", "receive")
    found = who_blocks(tape(*DOOR, *stuck))
    expect(found is not None, RETURN)
    expect(isinstance(found, str), "devolva só o nome, um texto: é o peer da entrada")
    return same(found, "mudo")


@check("08.2", "esperar quem chegue não é estar trancado", "um waiting de accept é o normal da porta")
def in_accept(who_blocks, room):
    found = who_blocks(tape(*DOOR, FREE))
    expect(isinstance(found, str), 'se a porta está livre, devolva "", e não None nem False')
    return same(found, "")


@check("08.2", "quem espera em outra thread não tranca", "compare entry.thread com a de quem faz opened")
def other_thread(who_blocks, room):
    others = ("waiting", "Ana", "recv", "handle"), ("waiting", "Bia", "send", "handle-2")
    return all(same(who_blocks(tape(*DOOR, *entries)), "") for entries in ((*others, FREE), (FREE, *others)))


@check(
    "08.2", "a porta é a thread que faz opened", "não conte com o nome dela: procure-o nas entradas opened"
)
def any_name(who_blocks, room):
    entries = ("opened", "Ana", "", "porta"), ("waiting", "Bia", "recv", "receive")
    free, stuck = ("waiting", "", "accept", "porta"), ("waiting", "mudo", "recv", "porta")
    return who_blocks(tape(*entries, free)) == "" and who_blocks(tape(*entries, stuck)) == "mudo"


@check("08.2", "preso num send também tranca", "não procure só recv")
def in_send(who_blocks, room):
    return who_blocks(tape(*DOOR, ("waiting", "Carla", "send", "receive"))) == "Carla"


exercise("08.3", "spy_recv(sock, size, log)", "Um gravador em miniatura")


@check("08.3", "devolve o que recv devolveu", "um recv só, de size bytes, e return do que ele deu")
def same_data(spy_recv, room):
    pair = room.pair()
    pair.peer.send(b"abcde")
    first = spy_recv(pair.sock, 3, [])
    expect(first is not None, RETURN)
    same((first, spy_recv(pair.sock, 3, [])), (b"abc", b"de"))
    pair.peer.send(b"xy")
    with weather.drizzle():
        expect(spy_recv(pair.sock, 2, []) == b"x", "um recv só, mesmo que traga menos que size")
    return True


@check("08.3", "anota os bytes, na ordem", 'acrescente ("recv", data) a log')
def keeps_data(spy_recv, room):
    pair, log = room.pair(), []
    pair.peer.send(b"ababc")
    for _ in range(3):
        spy_recv(pair.sock, 2, log)
    return same(log, [("recv", b"ab"), ("recv", b"ab"), ("recv", b"c")])


@check("08.3", "anota também o fim", "b'' é o mais importante de anotar: o outro lado saiu")
def keeps_end(spy_recv, room):
    pair, log = room.pair(), []
    pair.peer.close()
    return spy_recv(pair.sock, 10, log) == b"" and same(log, [("recv", b"")])


@check("08.3", "anota o erro", 'com except OSError as error, anote ("erro", type(error).__name__)')
def keeps_error(spy_recv, room):
    pair, log = room.pair(), []
    pair.peer.reset()
    with suppress(Exception):  # se é outro erro que sai, quem o diz é a próxima
        spy_recv(pair.sock, 10, log)
    return same(log, [("erro", "ConnectionResetError")])


@check("08.3", "e deixa o erro passar", "depois de anotar, raise: quem chamou precisa saber")
def lets_error_pass(spy_recv, room):
    pair, closed = room.pair(), room.pair().sock
    pair.peer.reset()
    closed.close()
    for sock, kind in ((pair.sock, ConnectionResetError), (closed, OSError)):
        log = []
        try:
            spy_recv(sock, 10, log)
        except Exception as error:
            expect(type(error) is kind and error.errno, "é o mesmo erro que segue: raise, sem nada depois")
            if log != [("erro", kind.__name__)]:
                return False
        else:
            return False
    return True
