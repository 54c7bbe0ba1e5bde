"""Aula 09: um percentil, um envio que junta, e uma medição justa."""

import socket
import time
from queue import Queue

from ..exam_room import QUIET
from ..registry import check, exercise, expect

exercise("09.1", "percentile(times, percent)", "O percentil")


@check("09.1", "devolve a medida certa", "ponha em ordem: percent % delas, quantas são? a última é essa")
def right_one(percentile, room):
    ordered = list(range(1, 101))
    expect(percentile(ordered, 99) != 100, "de cem medidas, 99 não passam da 99ª; e as posições começam em 0")
    return [percentile(ordered, percent) for percent in (50, 99, 100)] == [50, 99, 100]


@check("09.1", "a ordem em que foram feitas não importa", "ponha as medidas em ordem antes de escolher")
def any_order(percentile, room):
    return percentile([9, 2, 7, 1, 5], 60) == 5 and percentile([3, 2, 1], 1) == 1


@check(
    "09.1",
    "pelo menos percent % não passam dele",
    "se a conta não dá um número inteiro de medidas, é preciso mais uma: arredonde para cima",
)
def at_least(percentile, room):
    found = [percentile([5, 1, 3, 2], percent) for percent in (25, 26, 50, 51, 75, 99)]
    return found == [1, 2, 2, 3, 3, 5]


@check("09.1", "é sempre uma das medidas", "não misture duas medidas: a resposta é uma delas")
def one_of_them(percentile, room):
    return percentile([0.25], 1) == 0.25 and percentile([1.5, 40.0], 50) == 1.5


@check("09.1", "vale para muitas medidas, e para repetidas", "a posição depende de quantas medidas há")
def many(percentile, room):
    times = [4] * 990 + [900] * 10
    return percentile(times, 99) == 4 and percentile([*times, 900], 99) == 900


@check("09.1", "não muda a lista", "sort muda a lista de quem chama; sorted devolve outra")
def leaves_it(percentile, room):
    times = [3, 1, 2]
    percentile(times, 50)
    return times == [3, 1, 2]


class Counting(socket.socket):
    """Um socket que conta os envios."""

    calls = 0

    def send(self, *what):
        self.calls += 1
        return super().send(*what)

    def sendall(self, *what):
        self.calls += 1
        super().sendall(*what)


def full_box(*messages):
    """Uma caixa com estas mensagens à espera."""
    box = Queue()
    for message in messages:
        box.put(message)
    return box


MESSAGES = [f"Ana: {number}, não\n".encode() for number in range(30)]

exercise("09.2", "send_waiting(box, clients)", "Coalesça")


@check("09.2", "todos recebem tudo, na ordem", "tire da caixa até esvaziá-la, junte e mande a cada cliente")
def everything(send_waiting, room):
    ana, bia = room.pair(), room.pair()
    send_waiting(full_box(*MESSAGES), [ana.sock, bia.sock])
    found = [pair.all_that_came() for pair in (ana, bia)]
    expect(len(found[0]) <= len(b"".join(MESSAGES)), "as mensagens já trazem o \\n: não acrescente nada")
    return found == [b"".join(MESSAGES)] * 2


@check("09.2", "um envio só para cada cliente", "b''.join junta tudo; depois, um sendall por cliente")
def one_call(send_waiting, room):
    ana, bia = room.pair(Counting), room.pair(Counting)
    send_waiting(full_box(*MESSAGES), [ana.sock, bia.sock])
    return (ana.sock.calls, bia.sock.calls) == (1, 1)


@check("09.2", "devolve quantas mensagens pegou", "conte as que saíram da caixa, e não os bytes")
def counts(send_waiting, room):
    ana = room.pair()
    return [send_waiting(full_box(*MESSAGES[:size]), [ana.sock]) for size in (1, 7)] == [1, 7]


@check("09.2", "espera a primeira", "com a caixa vazia, get espera; get_nowait levanta Empty")
def waits_for_one(send_waiting, room):
    ana, box = room.pair(), Queue()
    thread = room.spawn(send_waiting, box, [ana.sock])
    room.wait(lambda: False, QUIET)
    box.put(b"oi\n")
    return ana.peer.got(b"oi\n") and room.ended(thread)


@check("09.2", "não espera a segunda", "depois da primeira, só o que já está na caixa: empty diz")
def waits_no_more(send_waiting, room):
    ana = room.pair()
    thread = room.spawn(send_waiting, full_box(b"oi\n"), [ana.sock])
    return ana.peer.got(b"oi\n") and room.ended(thread)


@check("09.2", "uma mensagem longa vai inteira", "send pode mandar só uma parte; sendall insiste até o fim")
def whole(send_waiting, room):
    ana = room.narrow()
    room.spawn(send_waiting, full_box(b"x" * 200_000, b"fim\n"), [ana.sock])
    return ana.peer.got(b"fim\n") and len(ana.peer.seen) == 200_004


@check("09.2", "quem caiu não impede os outros", "um OSError de um cliente só diz respeito a ele")
def dead_client(send_waiting, room):
    ana, bia = room.pair(), room.pair()
    found = send_waiting(full_box(b"oi\n"), [ana.sock, room.dead(), bia.sock])
    return ana.peer.got(b"oi\n") and bia.peer.got(b"oi\n") and found == 1


class Job:
    """Uma função que demora o que se pede em cada chamada, e anota que foi chamada."""

    def __init__(self, name: str, log: list, *pauses: float):
        self._name, self._log, self._pauses, self._calls = name, log, pauses, 0

    def __call__(self):
        self._log.append(self._name)
        time.sleep(self._pauses[min(self._calls, len(self._pauses) - 1)])
        self._calls += 1


exercise("09.3", "compare(first, second, rounds)", "Meça com justiça")


@check("09.3", "devolve um par de segundos", "perf_counter antes e depois, e a diferença: first vem primeiro")
def two_times(compare, room):
    short, long = compare(Job("a", [], 0.01), Job("b", [], 0.06), 3)
    expect(long < 5, "o resultado é em segundos, não em milissegundos")
    expect(short >= 0.009 and long >= 0.059, "meça o relógio da parede: process_time não conta quem espera")
    return short < long


@check("09.3", "chama cada uma uma vez para aquecer, e depois rounds vezes", "conte as chamadas: rounds + 1")
def right_count(compare, room):
    log = []
    compare(Job("a", log, 0), Job("b", log, 0), 4)
    return log.count("a") == log.count("b") == 5


@check("09.3", "o aquecimento não conta", "chame as duas uma vez antes de começar a guardar tempos")
def warms_up(compare, room):
    found = compare(Job("a", [], 0.4, 0.001), Job("b", [], 0.4, 0.001), 1)
    return max(found) < 0.19  # nem a metade: a mediana de duas medidas é a média delas


@check("09.3", "alterna as duas", "em cada volta do laço, mede uma e depois a outra")
def alternates(compare, room):
    log = []
    compare(Job("a", log, 0), Job("b", log, 0), 4)
    turns = [set(log[start : start + 2]) for start in range(2, len(log), 2)]
    return turns == [{"a", "b"}] * 4


@check(
    "09.3",
    "uma medida ruim não estraga o resultado",
    "uma só medida muda a média, e não a mediana",
)
def takes_the_median(compare, room):
    found = compare(Job("a", [], 0, 0.001, 0.001, 0.5, 0.001, 0.001), Job("b", [], 0.001), 5)
    return max(found) < 0.09


@check("09.3", "uma medida boa demais também não", "a menor de todas é sorte: fique com a do meio")
def no_luck(compare, room):
    found = compare(Job("a", [], 0.05, 0.05, 0, 0.05), Job("b", [], 0), 5)
    return found[0] >= 0.045


@check("09.3", "cada tempo é de uma chamada só", "o relógio recomeça antes de cada chamada")
def one_call_each(compare, room):
    first, second = compare(Job("a", [], 0.2), Job("b", [], 0), 3)
    return second < 0.15 and first < 0.55
