"""A sala: quem está nela, em que ordem, o que se disse e as regras.

Cada verbo é inteiro e pode ser chamado de qualquer thread: quem chama não precisa saber de
sockets nem de filas. O que se diz vira uma `Letter` na caixa do carteiro, e a ordem da caixa é a
ordem da sala, igual para todos.

Uma só trava guarda o registro e a ordem: quem muda quem está na sala põe na caixa, com ela ainda
na mão, a carta que o conta. Por isso ninguém lê uma mensagem de quem não viu entrar.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Generic, Self, TypeVar, overload

from . import protocol, sockets
from .apelidos import apelido_key, check_apelido, looks
from .archive import Archive
from .errors import EntryRefused, MessageRefused, UsageError
from .events import Event, Listener, Listeners
from .member import Member
from .postman import Action, Letter, Postman

T = TypeVar("T")


class Register:
    """Quem está na sala, em ordem de chegada, e por que nomes; quem a usa segura a trava da sala."""

    def __init__(self) -> None:
        self._members: dict[str, Member] = {}  # apelido em forma comparável -> quem o usa
        self._looks: dict[str, Member] = {}  # o que os apelidos parecem -> quem os usa

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[Member]:
        return iter(self._members.values())

    def find(self, apelido: str) -> Member | None:
        """Quem usa o apelido, escrito como for."""
        return self._members.get(apelido_key(apelido))

    def rival(self, member: Member, apelido: str) -> Member | None:
        """Outra pessoa que tem esse apelido, ou um que se confunde com ele na tela."""
        holders = (self._looks.get(look, member) for look in looks(apelido))
        return next((holder for holder in holders if holder is not member), None)

    def add(self, member: Member) -> None:
        """Põe o membro, no fim da ordem."""
        self._members[apelido_key(member.apelido)] = member
        self._looks |= dict.fromkeys(looks(member.apelido), member)

    def rename(self, member: Member, apelido: str) -> None:
        """Troca o nome sem trocar o lugar."""
        old_key, key = apelido_key(member.apelido), apelido_key(apelido)
        self._members = {key if k == old_key else k: m for k, m in self._members.items()}
        self._forget_looks(member)
        self._looks |= dict.fromkeys(looks(apelido), member)
        member.apelido = apelido

    def remove(self, member: Member) -> None:
        """Tira o membro."""
        del self._members[apelido_key(member.apelido)]
        self._forget_looks(member)

    def _forget_looks(self, member: Member) -> None:
        for look in looks(member.apelido):
            del self._looks[look]


def check_rate(rate: float | None) -> float | None:
    """O ritmo, ou UsageError se não faz sentido."""
    if rate is not None and rate <= 0:
        raise UsageError("o ritmo é maior que zero; para não limitar, use rate=None")
    return rate


def check_history(size: int) -> int:
    """O tamanho do histórico, ou UsageError se não faz sentido."""
    if not isinstance(size, int) or size < 0:
        raise UsageError("o histórico é um número de mensagens, como 50; 0 não guarda nenhuma")
    return size


class Rule(Generic[T]):
    """Uma regra da sala, que se lê e se muda como atributo; ``check`` confere o valor novo."""

    def __init__(self, check: Callable[[T], T], doc: str):
        self._check, self.__doc__ = check, doc

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, room: None, owner: type) -> Self: ...
    @overload
    def __get__(self, room: "Room", owner: type) -> T: ...
    def __get__(self, room: "Room | None", owner: type) -> Self | T:
        return self if room is None else vars(room)[f"_{self._name}"]

    def __set__(self, room: "Room", value: T) -> None:
        room._change(self._name, self._check(value))


class Room:
    """Uma sala de chat.

    max_text: bytes de uma mensagem; max_members: quantos cabem; rate: mensagens por segundo de
    cada membro (None não limita) e burst: quantas seguidas ele tolera; history: quantas das
    últimas mensagens se contam a quem entra (0, nenhuma); history_file: onde o histórico sobrevive ao
    servidor (veja `archive`). ``rate``, ``history`` e ``is_open`` (se
    gente nova pode entrar) também se mudam com a sala aberta. taps: quem observa o fio.

    Levanta UsageError se um limite não faz sentido.
    """

    def __init__(
        self,
        *,
        max_text: int = protocol.MAX_TEXT,
        max_members: int = protocol.MAX_MEMBERS,
        rate: float | None = None,
        burst: int = protocol.BURST,
        history: int = 0,
        history_file: str | Path | None = None,
    ):
        self._archive = Archive(history_file, history, partial(self.report, "error"))
        self.max_text, self.max_members, self.burst = max_text, max_members, burst
        self._is_open = True
        self.taps, self._listeners = Listeners(), Listeners()
        self._lock = threading.Lock()  # guarda o registro, e a ordem de quem entra e sai
        self._present = Register()
        self._postman = self._hire()
        self._rate, self._history = check_rate(rate), check_history(history)

    # --- a vida da sala

    def open(self) -> None:
        """Começa a entregar o que se diz; UsageError se o arquivo do histórico não serve."""
        self._postman = self._hire(self._archive.open(self._history))
        self._postman.keep_history(self._history)
        self._postman.start()

    def close(self) -> None:
        """Avisa a todos, entrega o que já foi aceito (até 1 s) e desliga os membros."""
        self._postman.stop()
        self._archive.close()

    def _hire(self, past: Iterable[bytes] = ()) -> Postman:
        return Postman(self._listeners.tell, protocol.encode(protocol.over()), past, self._archive.put)

    # --- quem está

    @property
    def members(self) -> tuple[Member, ...]:
        """Quem está na sala, em ordem de chegada."""
        with self._lock:
            return tuple(self._present)

    @property
    def apelidos(self) -> tuple[str, ...]:
        """Os apelidos de quem está na sala, em ordem de chegada."""
        return tuple(member.apelido for member in self.members)

    def join(self, member: Member) -> Member:
        """Põe na sala e conta a todos; EntryRefused se não cabe, ApelidoRefused se o apelido não serve."""
        member.apelido = check_apelido(member.apelido)
        line, greeting = protocol.encode(protocol.entered(member.apelido)), protocol.encode(protocol.GREETING)
        letter = Letter(line, member, Action.JOIN, self._events("named", member, ""), greeting)
        with self._lock:
            self._check_free(member, member.apelido)
            self._check_door()
            self._admit(member, letter)
        return member

    def _check_door(self) -> None:
        """EntryRefused se a porta está fechada ou não cabe mais ninguém."""
        if not self.is_open:
            raise EntryRefused(protocol.shut_out.bare())
        if len(self._present) >= self.max_members:
            raise EntryRefused(protocol.full.bare(self.max_members))

    def _admit(self, member: Member, letter: Letter) -> None:
        """Põe no registro e na caixa a carta que o conta, com a trava na mão."""
        if not self._postman.post(letter, urgent=True):
            raise EntryRefused(protocol.closing.bare())
        self._present.add(member)
        member.rate = self._new_limit()

    def rename(self, member: Member, apelido: str) -> None:
        """Troca o apelido do membro e conta a todos.

        ApelidoRefused se não puder ser; MessageRefused se já é esse.
        """
        apelido = check_apelido(apelido)
        if apelido == member.apelido:
            raise MessageRefused(protocol.already.bare(apelido))
        self._postman.wait_for_room()  # aqui, e não com a trava na mão
        with self._lock:
            self._check_free(member, apelido)
            line = protocol.encode(protocol.renamed(member.apelido, apelido))
            self._postman.post(Letter(line, events=self._events("renamed", member, apelido)), urgent=True)
            self._present.rename(member, apelido)

    def leave(self, member: Member) -> None:
        """Tira da sala quem já se foi, conta aos outros e espera que o carteiro solte o socket."""
        self._drop(member, Letter(to=member, action=Action.LEAVE))
        member.released.wait()

    def _drop(self, member: Member, letter: Letter) -> None:
        """Tira do registro e põe na caixa a carta, com a frase e o evento que o contam."""
        with self._lock:
            self._present.remove(member)
            line = protocol.encode(protocol.left(member.apelido))
            left = self._events("left", member, member.reason)
            self._postman.post(letter._replace(data=line, events=left), urgent=True)

    def remove(self, apelido: str) -> None:
        """Manda alguém embora; MessageRefused se não está aqui. Nada impede que volte."""
        with self._lock:
            member = self._find(apelido)
            member.reason, member.removed = "foi tirado da sala", True
            self._postman.post(Letter(protocol.encode(protocol.removed()), member), urgent=True)
            sockets.shut(member.sock, socket.SHUT_RD)  # acorda a thread dele, que cuida da saída

    def _check_free(self, member: Member, apelido: str) -> None:
        """ApelidoRefused se outra pessoa tem esse apelido, ou um que se confunde com ele."""
        if not (holder := self._present.rival(member, apelido)):
            return
        holder.doubt()  # talvez seja a própria pessoa, numa conexão que caiu sem avisar
        if apelido_key(holder.apelido) == apelido_key(apelido):
            raise protocol.apelido_refused(f"{holder.apelido} já está na sala; escolha outro apelido")
        raise protocol.apelido_refused(
            f"{apelido} se confunde com {holder.apelido}, que já está na sala; escolha outro apelido"
        )

    def _find(self, apelido: str) -> Member:
        """Quem usa o apelido, com a trava na mão; MessageRefused se ninguém."""
        if member := self._present.find(apelido):
            return member
        raise MessageRefused(protocol.absent.bare(apelido))

    # --- o que se diz

    def broadcast(self, line: str, event: Event | None = None) -> bool:
        """Manda a linha a todos, de qualquer thread; diz se ela foi aceita.

        A ordem em que as linhas são aceitas é a ordem em que todos as recebem. O histórico guarda
        as que não são avisos. Devolve False com a sala fechada.
        """
        keep = not line.startswith(protocol.NOTICE)
        return self._postman.post(Letter(protocol.encode(line), events=[event] if event else (), keep=keep))

    def say(self, member: Member, *texts: str) -> None:
        """O membro diz os textos a todos, um depois do outro: uma carta só leva todos."""
        member.messages += len(texts)
        prefix = protocol.said(member.apelido, "")
        lines = protocol.encode(*[prefix + text for text in texts])
        self._postman.post(Letter(lines, events=self._events("message", member, *texts), keep=True))

    def whisper(self, member: Member, apelido: str, text: str) -> None:
        """Entrega o texto só a ``apelido`` e a quem o mandou; MessageRefused se não está aqui."""
        with self._lock:
            target = self._find(apelido)
        line = protocol.encode(protocol.private(member.apelido, text))
        self._postman.post(Letter(line, target, events=self._events("private", member, "")))
        if target is not member:
            self._postman.post(Letter(line, member))

    def answer(self, member: Member, line: str) -> None:
        """Diz a linha só ao membro."""
        self._postman.post(Letter(protocol.encode(line), member))

    def announce(self, text: str) -> bool:
        """Manda a todos um aviso do servidor, que membro nenhum consegue imitar."""
        return self.broadcast(protocol.notice(text))

    # --- as regras

    is_open = Rule(bool, "Se gente nova pode entrar.")
    rate = Rule(check_rate, "Mensagens por segundo que cada membro pode mandar; None não limita.")
    history = Rule(check_history, "Quantas das últimas mensagens são contadas a quem entra.")

    def _change(self, rule: str, value: Any) -> None:
        """Muda uma regra cujo valor já foi conferido."""
        with self._lock:
            setattr(self, f"_{rule}", value)
            if rule == "rate":
                for member in self._present:
                    member.rate = self._new_limit()
        self._postman.keep_history(self._history)

    def _new_limit(self) -> protocol.RateLimit | None:
        return protocol.RateLimit(self._rate, self.burst) if self._rate else None

    # --- quem observa

    def subscribe(self, listener: Listener, messages: bool = True) -> Callable[[], None]:
        """Chama ``listener(event)`` a cada `Event` da sala; devolve a função que cancela.

        As chamadas vêm de uma só thread, na ordem da sala, e ninguém recebe nada enquanto uma
        não volta: faça pouco, ou passe o evento a uma fila. messages: se quer também os
        ``message``, que numa sala movimentada são quase tudo o que se paga por observar.
        """
        return self._listeners.add(listener, messages)

    def tap(self, listener: Listener) -> Callable[[], None]:
        """Chama ``listener(event)`` a cada `Event` do fio; devolve a função que cancela.

        As chamadas vêm da thread que acaba de receber ou de enviar, várias ao mesmo tempo.
        """
        return self.taps.add(listener)

    def settle(self, timeout: float = 1.0) -> bool:
        """Espera, até ``timeout`` segundos, que o que já foi dito saia e seja contado a quem observa.

        Diz se deu tempo. Com a sala fechada, ou de dentro de quem observa, volta logo.
        """
        return self._postman.settle(timeout)

    def report(self, kind: str, text: str = "", address: sockets.Address | None = None) -> None:
        """Conta a quem observa algo que não é de membro nenhum: ``connected``, ``refused`` ou ``error``."""
        if self._listeners.all:
            self._postman.post(Letter(events=[Event(kind, text=text, address=address)]))

    def is_own_thread(self) -> bool:
        """Se quem pergunta é a thread que entrega, como dentro de quem observa."""
        return self._postman.is_me()

    def _events(self, kind: str, member: Member, *texts: str) -> Sequence[Event]:
        wanted = self._listeners.all_talk if kind == "message" else self._listeners.all
        texts, now = texts if wanted else (), time.monotonic()  # sem ninguém olhando, nada se monta
        return [Event(kind, member.apelido, protocol.clean(one), member.address, began=now) for one in texts]
