"""Da fita aos passos de um diagrama: quem mandou o quê a quem, na ordem em que uma coisa causa a outra.

Dois modos. Por linhas, o de um servidor do `chatlib`: cada mensagem é um passo, não importa em
quantos ``send`` ou ``recv`` ela viajou, e a mesma linha para várias pessoas sai junta, na ordem
delas. Por pedaços, o de sockets: cada chamada é um passo, e o que se colou fica colado.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from ... import protocol
from ..tape import SERVER, Entry, Tape

CONNECT, LEAVE = "conecta", "sai"
USUAL = ("", "encerrou a conexão")  # motivos de sair que não se contam
STUCK = 0.05  # segundos sem voltar de um send, e se diz que ele está preso


class Step(NamedTuple):
    """Um passo do diagrama.

    kind: ``arrow`` (de ``who`` para ``peer``), ``leave`` (a seta de quem sai), ``note`` (algo que
    aconteceu em ``who``) ou ``mark`` (uma marca da fita); text: o que foi, inteiro.
    """

    kind: str
    who: str
    peer: str = ""
    text: str = ""


def steps(tape: Tape, pieces: bool) -> tuple[Step, ...]:
    """Os passos da fita, todos; ``pieces``: um por chamada, e não um por linha."""
    found = list(_Reading(tape, pieces))
    return tuple(found if pieces else _fan_out(found))


class _Reading:
    """Uma leitura da fita, do começo ao fim."""

    def __init__(self, tape: Tape, pieces: bool):
        self._tape, self._pieces = tape, pieces
        self._senders = {(entry.who, entry.peer) for entry in tape.of("sent")}
        self._announced = {entry.conn for entry in tape.of("left")}
        self._dialed = {entry.conn for entry in tape.of("opened") if entry.who != SERVER}
        self._doors = {entry.thread for entry in tape if _is_at_the_door(entry)}
        self._lines: dict[tuple, _Lines] = {}
        self._gone: set[int] = set()

    def __iter__(self) -> Iterator[Step]:
        for entry in self._tape:
            yield from getattr(self, f"_{entry.kind}", self._nothing)(entry)
        for key in list(self._lines):
            yield from self._flush(key)

    def _nothing(self, entry: Entry) -> Iterable[Step]:
        return ()

    def _mark(self, entry: Entry) -> Iterable[Step]:
        yield Step("mark", "", text=entry.text)

    def _opened(self, entry: Entry) -> Iterable[Step]:
        if entry.who != SERVER:
            yield Step("arrow", entry.who, entry.peer, CONNECT)
        elif entry.conn not in self._dialed:
            yield Step("arrow", entry.peer, SERVER, CONNECT)

    def _named(self, entry: Entry) -> Iterable[Step]:
        yield from self._flush((entry.conn, entry.peer))

    def _sent(self, entry: Entry) -> Iterable[Step]:
        yield from self._flush((entry.conn, entry.peer))
        yield from self._carry(entry, entry.who, entry.peer)

    def _received(self, entry: Entry) -> Iterable[Step]:
        if (entry.peer, entry.who) not in self._senders:
            if entry.size:
                yield from self._carry(entry, entry.peer, entry.who)
            elif entry.conn not in self._gone | self._announced:
                self._gone.add(entry.conn)
                yield Step("leave", entry.peer, entry.who, LEAVE)
        elif self._pieces:
            yield Step("note", entry.who, entry.peer, f"recv: {visible(entry)}")

    def _closed(self, entry: Entry) -> Iterable[Step]:
        if entry.who != SERVER or (entry.conn and entry.conn not in self._gone | self._announced):
            self._gone.add(entry.conn)
            ends = (entry.who, entry.peer) if self._pieces else (entry.peer or entry.who, SERVER)
            yield Step("leave", *ends, "fecha" if self._pieces else LEAVE)

    def _left(self, entry: Entry) -> Iterable[Step]:
        yield from self._flush((entry.conn, entry.peer))
        why = "" if entry.text in USUAL else f": {entry.text}"
        yield Step("leave", entry.peer, SERVER, LEAVE + why)

    def _failed(self, entry: Entry) -> Iterable[Step]:
        if entry.conn:
            yield Step("note", entry.who, entry.peer, entry.text)

    def _waiting(self, entry: Entry) -> Iterable[Step]:
        stuck_at_the_door = entry.thread in self._doors and entry.text != "accept"
        if stuck_at_the_door or (entry.text == "send" and entry.took > STUCK):
            text = f"{entry.thread} parada em {entry.text}, à espera de {entry.peer}"
            yield Step("note", entry.who, entry.peer, text)

    # --- bytes em linhas

    def _carry(self, entry: Entry, origin: str, target: str) -> Iterable[Step]:
        if self._pieces:
            yield Step("arrow", origin, target, visible(entry))
            return
        lines = self._lines.setdefault((entry.conn, origin), _Lines(target))
        for text in lines.feed(entry):
            yield Step("arrow", origin, target, text)

    def _flush(self, key: tuple) -> Iterable[Step]:
        """O que alguém mandou sem ``\\n`` antes de ouvir resposta: foi tudo o que quis dizer."""
        lines = self._lines.get(key)
        if lines and (text := lines.rest()):
            lines.whole = True
            yield Step("arrow", key[1], lines.target, text)


def _is_at_the_door(entry: Entry) -> bool:
    """Se quem fez isto é a thread que aceita conexões."""
    is_accept = entry.kind == "waiting" and entry.text == "accept"
    return is_accept or (entry.kind == "opened" and entry.who == SERVER and entry.took > 0)


class _Lines:
    """Junta os pedaços de uma conexão, num sentido, em linhas de texto.

    whole: se quem manda não termina as linhas, e cada pedaço é uma mensagem.
    """

    def __init__(self, target: str):
        self.target, self.whole = target, False
        self._rest = b""

    def feed(self, entry: Entry) -> list[str]:
        *lines, self._rest = (self._rest + entry.data).split(b"\n")
        if self._rest and (self.whole or self._rest == protocol.NICK):  # NICK nunca termina em \n
            lines.append(self._rest)
            self._rest = b""
        texts = [_clean(line) for line in lines]
        if left_out := entry.size - len(entry.data):
            texts.append(f"{self.rest()}… mais {left_out} bytes")
        return texts

    def rest(self) -> str:
        """O que ficou sem ``\\n``, que se esquece."""
        rest, self._rest = self._rest, b""
        return _clean(rest)


def _clean(line: bytes) -> str:
    return protocol.clean(line.decode("utf-8", "replace").removesuffix("\r"))


def visible(entry: Entry) -> str:
    """Os bytes de um pedaço, com ⏎ no lugar de ``\\n``; ``b''`` se não veio nenhum."""
    text = protocol.clean(entry.data.decode("utf-8", "backslashreplace").replace("\n", "⏎"))
    left_out = entry.size - len(entry.data)
    return (text or "b''") + (f"… mais {left_out} bytes" if left_out else "")


# --- a mesma linha para várias pessoas


def _fan_out(found: list[Step]) -> Iterator[Step]:
    """Os mesmos passos, com as cópias de cada linha do servidor lado a lado."""
    for from_server, group in groupby(found, key=lambda step: step.kind == "arrow" and step.who == SERVER):
        run = list(group)
        yield from _merge(run) if from_server else run


def _merge(run: list[Step]) -> Iterator[Step]:
    """Junta filas, uma por pessoa, numa só: cada fila continua na sua ordem."""
    queues: dict[str, deque[Step]] = {}
    for step in run:
        queues.setdefault(step.peer, deque()).append(step)
    left = {peer: Counter(step.text for step in queue) for peer, queue in queues.items()}
    while queues:
        text = _next_text(queues, left)
        for peer, queue in list(queues.items()):
            if queue[0].text == text:
                left[peer][text] -= 1
                yield queue.popleft()
            if not queue:
                del queues[peer]


def _next_text(queues: dict[str, deque[Step]], left: dict[str, Counter]) -> str:
    """A linha que está na frente de todas as filas em que aparece; na dúvida, a da primeira."""
    fronts = {peer: queue[0].text for peer, queue in queues.items()}
    for text in fronts.values():
        if all(front == text or not left[peer][text] for peer, front in fronts.items()):
            return text
    return next(iter(fronts.values()))
