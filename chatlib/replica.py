"""Uma cópia da sala que cumpre fatos: com os mesmos fatos na mesma ordem, todas as cópias são iguais.

Um fato é ``[vida, número, verbo, …]``: que servidor o publicou, o quantos dele é, e o que se fez. O
verbo é um de `Room` ou conta a vida de um servidor: ``hello`` (chegou), ``bye`` (encerrou), ``dead``
(outro o deu por caído), ``back`` (não tinha caído, e traz de volta um membro). Aqui não há relógio,
sorteio nem rede: o que decide é só o que está no fato e na cópia.
"""

import json
import socket
from collections import deque
from typing import Any

from . import protocol, sockets
from .errors import ChatError, EntryRefused
from .events import Event, Listeners
from .member import Member
from .postman import Action, Letter
from .room import Register, Room

RULES = ("max_members", "is_open", "rate", "history")
KEPT_HISTORY = 256 * 1024  # bytes do histórico que cabem num estado
FELL, CLOSED = "o servidor em que estava caiu", "o servidor em que estava foi encerrado"

Card = list[Any]  # identidade, vida do servidor em que está, apelido, endereço, desde quando, quanto disse


class Distant(Member):
    """Quem está na sala por outro servidor: aqui não há socket, e quem entrega é o servidor de lá.

    node: a vida do servidor em que está.
    """

    def __init__(self, node: str, apelido: str, address: sockets.Address):
        super().__init__(None, address, apelido, 0, Listeners())  # type: ignore[arg-type]  # não há socket
        self.node = node

    def doubt(self) -> None:
        """Quem pode sondar a conexão é o servidor dela."""


class Replica(Room):
    """A cópia que um servidor tem da sala; só a thread que conta os fatos a muda.

    node: a vida deste servidor, por que ele reconhece os seus fatos.
    """

    def __init__(self, **rules: Any):
        super().__init__(**rules)
        self._forget()

    def _forget(self) -> None:
        """Volta à sala vazia de que todas as cópias partem."""
        self.node = ""
        self._present = Register()
        self._people: dict[str, Member] = {}  # identidade -> quem é, em ordem de chegada
        self._ids: dict[Member, str] = {}  # o inverso, e quem está em _away
        self._away: dict[str, Member] = {}  # os deste servidor, entre uma vida dele e outra
        self._nodes: dict[str, int] = {}  # as vidas de servidor em curso -> o último fato de cada uma
        self._said: deque[str] = deque(maxlen=self._history)

    def fulfil(self, fact: bytes) -> None:
        """Cumpre o fato, se não é repetido nem de um servidor dado por caído."""
        node, number, verb, *values = json.loads(fact)
        if verb == "hello" or number > self._nodes.get(node, number):
            getattr(self, f"_on_{verb}")(node, *values)
            if verb != "bye":
                self._nodes[node] = number
            if node == self.node:
                self._came_back(number, verb)

    # --- o que é com quem publica

    def _came_back(self, number: int, verb: str) -> None:
        """Voltou um fato deste servidor."""

    def _claim(self, uid: str) -> Member | None:
        """Quem, neste servidor, ainda espera entrar com essa identidade."""

    def _answer(self, uid: str, refusal: ChatError | None = None) -> None:
        """Responde a quem, neste servidor, espera pelo que pediu."""

    # --- os fatos de membros

    def _on_join(self, node: str, uid: str, apelido: str, address: list[Any], since: float) -> None:
        member = self._claim(uid) if node == self.node else None
        try:
            if member:
                Room.join(self, member)
            else:
                member = self._welcome(distant([uid, node, apelido, address, since, 0]), is_new=True)
        except EntryRefused as refusal:
            return self._answer(uid, refusal)
        self._people[uid], self._ids[member] = member, uid
        self._answer(uid)

    def _welcome(self, member: Member, is_new: bool) -> Member:
        """Põe na sala quem está longe, ou já recebe o que se diz nela; EntryRefused se não pode."""
        line = protocol.encode(protocol.entered(member.apelido))
        with self._lock:
            self._check_free(member, member.apelido)
            if is_new:
                self._check_door()
            self._admit(member, Letter(line, events=self._events("named", member, "")))
        return member

    def _on_leave(self, node: str, uid: str, reason: str) -> None:
        if member := self._people.pop(uid, None):
            del self._ids[member]
            member.reason = reason
            self._drop(member, Letter(to=member, action=Action.LEAVE))

    def _on_rename(self, node: str, uid: str, apelido: str) -> None:
        try:
            if member := self._people.get(uid):
                Room.rename(self, member, apelido)
        except ChatError as refusal:
            return self._answer(uid, refusal)
        self._answer(uid)

    def _on_remove(self, node: str, uid: str) -> None:
        member = self._people.get(uid)
        if member and not isinstance(member, Distant):
            Room.remove(self, member.apelido)

    def _on_say(self, node: str, uid: str, *texts: str) -> None:
        if member := self._people.get(uid):
            self._said.extend(protocol.said(member.apelido, text) for text in texts)
            Room.say(self, member, *texts)

    def _on_line(self, node: str, line: str, about: list[Any] | None) -> None:
        if not line.startswith(protocol.NOTICE):
            self._said.append(line)
        kind, apelido, text, address = about or ("", "", "", None)
        Room.broadcast(self, line, Event(kind, apelido, text, address and tuple(address)) if kind else None)

    def _on_whisper(self, node: str, uid: str, to: str, text: str) -> None:
        member, target = self._people.get(uid), self._people.get(to)
        if member and target:
            Room.whisper(self, member, target.apelido, text)
        elif member:
            self.answer(member, protocol.too_late())

    def _on_rule(self, node: str, rule: str, value: Any) -> None:
        if rule == "max_members":
            self.max_members = value
        else:
            Room._change(self, rule, value)
        self._said = deque(self._said, self._history)

    # --- os fatos de servidores

    def _on_hello(self, node: str, rules: dict[str, Any]) -> None:
        for rule, value in rules.items() if not self._nodes else ():
            self._on_rule(node, rule, value)

    def _on_back(self, node: str, uid: str, *card: Any) -> None:
        """Volta um membro de um servidor que se deu por caído e vivia."""
        member = self._away.pop(uid, None) or distant([uid, node, *card])
        try:
            self._welcome(member, is_new=False)
        except EntryRefused:
            self._give_up(member)
        else:
            self._people[uid], self._ids[member] = member, uid

    def _give_up(self, member: Member) -> None:
        """Não pôde voltar: se é daqui, fica sabendo, e a thread dele cuida da saída."""
        if self._ids.pop(member, None):
            member.reason, member.removed = "perdeu o apelido", True
            self._postman.post(Letter(protocol.encode(protocol.taken()), member), urgent=True)
            sockets.shut(member.sock, socket.SHUT_RD)

    def _on_bye(self, node: str) -> None:
        self._nodes.pop(node, None)
        if node != self.node:
            self._clear_out(node, CLOSED)
        else:  # quem se despede dos daqui é `close`
            self._people = {u: member for u, member in self._people.items() if isinstance(member, Distant)}

    def _on_dead(self, node: str, other: str, last: int) -> None:
        if self._nodes.get(other) == last:  # se publicou algo depois da acusação, vive
            del self._nodes[other]
            self._clear_out(other, FELL)

    def _on_doubt(self, node: str) -> None:
        """Não muda nada: prova, a quem o publicou, que ele alcança os outros."""

    def _clear_out(self, node: str, reason: str) -> None:
        """Saem os que estavam na sala por essa vida de servidor; os daqui continuam ligados, e voltarão."""
        for uid, member in [pair for pair in self._people.items() if self._node_of(pair[1]) == node]:
            del self._people[uid]
            if isinstance(member, Distant):
                del self._ids[member]
                member.reason = reason
                self._drop(member, Letter())
            else:
                self._away[uid] = member
                self._drop(member, Letter())

    def _node_of(self, member: Member) -> str:
        return member.node if isinstance(member, Distant) else self.node

    # --- o estado

    def state(self) -> bytes:
        """Tudo o que distingue esta cópia da sala vazia."""
        room, said = KEPT_HISTORY, list[str]()
        for line in reversed(self._said):
            if (room := room - len(line.encode())) < 0:
                break
            said.insert(0, line)
        people = self._cards(self._people)
        return encode({"nodes": self._nodes, "rules": self._rules(), "people": people, "said": said})

    def _rules(self) -> dict[str, Any]:
        return {rule: getattr(self, rule) for rule in RULES}

    def _cards(self, people: dict[str, Member]) -> list[Card]:
        return [
            [uid, self._node_of(member), member.apelido, member.address, member.since, member.messages]
            for uid, member in people.items()
        ]

    def restore(self, state: bytes) -> None:
        """Parte de um `state`, numa sala em que ainda não há ninguém."""
        kept = json.loads(state)
        self._nodes = kept["nodes"]
        for rule, value in kept["rules"].items():
            self._on_rule("", rule, value)
        for card in kept["people"]:
            self._people[card[0]] = member = distant(card)
            self._ids[member] = card[0]
            with self._lock:
                self._present.add(member)
        for line in kept["said"]:
            self._said.append(line)
            Room.broadcast(self, line)


def distant(card: Card) -> Distant:
    """O membro que a ficha descreve."""
    _, node, apelido, (host, port), since, messages = card
    member = Distant(node, apelido, (host, port))
    member.since, member.messages = since, messages
    return member


def encode(value: Any) -> bytes:
    """Um valor numa linha, como vai ao registro."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
