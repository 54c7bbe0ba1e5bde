"""As cenas que se repetem nos exercícios: quem demora a ler, quem cai, quem se cala, quem pinga."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from ...sockets import readable
from . import exam_room, weather
from .exam_room import QUIET, ExamRoom, Pair
from .registry import Missed, expect

END = b"fim"
# 400 kB: não cabe de uma vez numa conexão estreita; e, com os acentos, tem menos letras do que bytes
LONG = "0123456789 não 🎉".encode() * 20_000 + END
WIDE = "0123456789abcdef" * 256  # uma linha mais comprida do que um recv traz, a maior que o chat aceita
CALLS = 300  # pedaços: mais do que as chamadas que cabem uma dentro da outra (`desk.FEW_CALLS`)
ODD = "um\x0bdois\x85três\u2028qua\rtro"  # tem o que outros tomam por fim de linha, menos o \n
IMPATIENT = (
    "o socket ganhou um prazo, e sendall desiste no meio se o outro lado demora a ler: deixe-o esperar"
)
SILENCE = "silêncio não é fim: um prazo que vence não diz que acabou; quem diz é o b''"
EARLY = "a função voltou com a conversa ainda aberta: é ela mesma que lê, até o outro lado sair"
SHUFFLED = "chegaram bytes repetidos ou fora do lugar: depois de um send, siga do byte em que ele parou"
TORN = "uma letra foi cortada ao meio: junte os bytes primeiro, e só decodifique a linha inteira"
WHOLE = "uma linha pode ser mais comprida do que um recv: guarde tudo o que veio antes do \\n"
ESCAPED = "um erro de socket saiu da função: o try é de cada envio, e OSError é a classe de todos eles"
RETURN = "a função devolveu None: termine com return, pois print só mostra na tela"


def just_fell(room: ExamRoom) -> socket.socket:
    """Um socket cujo outro lado acaba de cair, sem que ninguém tenha notado ainda."""
    pair = room.pair()
    pair.peer.reset()
    readable(pair.sock, 1)
    return pair.sock


def unplugged(room: ExamRoom) -> socket.socket:
    """Um socket de cabo cortado: o envio levanta um OSError que não é ConnectionError."""
    return room.pair(exam_room.Unplugged).sock


def closed(room: ExamRoom) -> socket.socket:
    """Um socket que outra parte do programa já fechou."""
    sock = room.pair().sock
    sock.close()
    return sock


def read_late(room: ExamRoom, pairs: list[Pair], data: bytes, send: Callable, *args) -> bool:
    """Se ``send(*args)`` entrega ``data``, que é longo, a gente que demora a começar a ler."""
    with weather.long_silences() as sky:
        room.spawn(send, *args)
        room.wait(lambda: False, QUIET)
        readers = [room.spawn(pair.peer.got, data[-len(END) - 1 :]) for pair in pairs]
        for reader in readers:
            reader.join(exam_room.patience)
        good = all(bytes(pair.peer.seen) == data for pair in pairs)
        expect(good or not sky.asked, IMPATIENT)
        expect(all(data.startswith(pair.peer.seen) for pair in pairs), SHUFFLED)
    return good


def safely(room: ExamRoom, function: Callable, *args):
    """O que a função devolve; Missed se dela sai um erro de socket."""
    try:
        return function(*args)
    except OSError as error:
        room.failures.append(error)
        raise Missed(ESCAPED) from None


def listens_on(room: ExamRoom, thread: threading.Thread, came: Callable[[], bool]) -> bool:
    """Se tudo chega, e a função que a thread roda continua à espera de mais."""
    room.wait(lambda: came() or not thread.is_alive())
    good = room.wait(came, QUIET)  # outra thread da resposta ainda pode trazer o que falta
    expect(not good or thread.is_alive(), EARLY)
    return good


def dies_midway(room: ExamRoom) -> Pair:
    """Alguém que lê o começo de uma mensagem longa e cai."""
    pair = room.narrow()

    def fall():
        pair.peer.got(LONG[:16])
        room.wait(lambda: False, 0.05)
        pair.peer.reset()

    room.spawn(fall)
    return pair


def still_works(pair: Pair) -> bool:
    """Se a conexão ainda leva bytes para os dois lados."""
    with suppress(OSError):
        pair.sock.sendall(b"<vai>")
        pair.peer.send(b"<vem>")
        return pair.peer.got(b"<vai>") and bool(pair.sock.recv(5))
    return False
