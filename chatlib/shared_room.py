"""A mesma sala em vários servidores: cada verbo vai ao registro comum e vale quando volta.

    handle(Ana) ── say ──▶ Outgoing ── publish ──▶ registro ── apply ──▶ Room.say ──▶ carteiro

Quem decide uma entrada ou um apelido é a ordem do registro: o segundo a pedir perde, e todos sabem. Um
servidor que se cala é dado por caído, por um fato do registro. Se estava vivo, fica sabendo por ele,
começa outra vida, com outro nome, e traz de volta os seus membros e o que eles disseram.
"""

import logging
import re
import threading
import time
import uuid
from contextlib import suppress
from itertools import count
from typing import Any

from . import protocol
from .apelidos import check_apelido
from .backplane import Backplane, Watch
from .errors import BackplaneError, ChatError, EntryRefused, MessageRefused, UsageError
from .events import Event
from .member import Member
from .outgoing import Outgoing
from .postman import Action, Letter
from .replica import Distant, Replica

log = logging.getLogger("chatlib")

BEAT = 0.5  # segundos entre sinais de vida
SUSPECT = 2.0  # segundos de silêncio até desconfiar de um servidor
DEAD = 3.0  # segundos de silêncio até dá-lo por caído
MARGIN = 1.5  # segundos de silêncio que restam a todos quando o contato volta
PROOF = 1.0  # segundos que vale a prova de que quem acusa alcança os outros
OPENING = 5.0  # segundos, no começo, para que o registro confirme o que se publica
PATIENCE = 5.0  # segundos à espera de que um pedido volte
LETTING_GO = 2.0  # segundos à espera de que uma saída volte
FAREWELL = 1.0  # segundos, no encerramento, para o que já foi aceito voltar
KEEP_EVERY = 500  # fatos entre um estado guardado e outro


class Ticket:
    """Um pedido cuja resposta alguém espera: entrar, ou trocar de apelido."""

    def __init__(self, member: Member):
        self.member = member
        self.refusal: ChatError | None = None
        self.answered = threading.Event()


class SharedRoom(Replica):
    """Uma `Room` dividida com outros servidores.

    backplane: o registro comum, que é só desta sala; rules: as de `Room`. Valem as do primeiro
    servidor, e as que se mudam em um mudam em todos.
    """

    def __init__(self, backplane: Backplane, **rules: Any):
        self._is_sharing = False
        super().__init__(**rules)
        self._backplane = backplane
        self._outgoing = Outgoing(backplane)
        self._numbers = count(1)
        self._tickets: dict[str, Ticket] = {}  # identidade -> quem espera
        self._claimed: dict[str, Ticket] = {}  # os que estão sendo respondidos
        self._watch = Watch(BEAT)
        self._over = threading.Event()
        self._is_proving = False  # se há um "doubt" que não voltou
        self._doubted_at = self._proved_at = -PROOF
        self._since_kept = 0

    # --- a vida da sala

    def open(self) -> None:
        """Entra no registro e começa a entregar; `BackplaneError` se ele não atende."""
        rules = self._rules()  # as suas; o estado que se recupera traz as dos outros
        self._forget()
        self._over.clear()
        super().open()
        try:
            self._backplane.start(self)
            self._is_sharing = True
            self._begin(rules)
            if not self._outgoing.drain(OPENING):
                raise BackplaneError(
                    "o registro não confirma o que se publica: veja se a maioria dos nós está no ar"
                )
        except BaseException:
            self._part()
            super().close()
            raise
        self._beater = threading.Thread(target=self._beat, name="chatlib: sinais de vida", daemon=True)
        self._beater.start()

    def close(self) -> None:
        """Conta aos outros servidores; o mais é como em `Room`."""
        self._over.set()
        self._beater.join()
        self._outgoing.put("bye")
        self._outgoing.drain(FAREWELL)
        self._part()
        super().close()
        self._forget()

    def _part(self) -> None:
        self._is_sharing = False
        self._backplane.stop()
        self._outgoing.forget()
        for uid in list(self._tickets):
            self._answer(uid, EntryRefused(protocol.closing.bare()))

    def _begin(self, rules: dict[str, Any]) -> None:
        """Começa uma vida; os membros que estavam nela voltam na outra."""
        self.node, self._is_proving = uuid.uuid4().hex[:12], False
        back = [("back", uid, *card) for uid, _, *card in self._cards(self._away)]
        self._outgoing.begin(self.node, ("hello", rules), *back)

    def settle(self, timeout: float = 1.0) -> bool:
        """Espera, até ``timeout`` segundos, que o que já foi dito volte, saia e seja contado."""
        deadline = time.monotonic() + timeout
        if self._is_sharing and not self.is_own_thread() and not self._outgoing.drain(timeout):
            return False
        return super().settle(max(0, deadline - time.monotonic()))

    # --- os verbos: cada um é um fato que se publica

    def join(self, member: Member) -> Member:
        """Como em `Room`; espera que volte."""
        member.apelido = check_apelido(member.apelido)
        uid = f"{self.node}.{next(self._numbers)}"
        refusal = EntryRefused(protocol.no_contact.bare())
        self._ask("join", uid, Ticket(member), refusal, member.apelido, member.address, member.since)
        return member

    def rename(self, member: Member, apelido: str) -> None:
        """Como em `Room`; espera que volte."""
        refusal = MessageRefused(protocol.no_contact.bare())
        self._ask("rename", self._uid(member), Ticket(member), refusal, check_apelido(apelido))

    def leave(self, member: Member) -> None:
        """Como em `Room`; se a saída não volta logo, o socket se solta assim mesmo."""
        if self._is_sharing and (uid := self._ids.get(member)):
            self._outgoing.put("leave", uid, member.reason)
            member.released.wait(LETTING_GO)
        if not member.released.is_set():
            self._postman.post(Letter(to=member, action=Action.LEAVE), urgent=True)
            member.released.wait()

    def remove(self, apelido: str) -> None:
        """Como em `Room`, esteja onde estiver."""
        with self._lock:
            member = self._find(apelido)
        self._outgoing.put("remove", self._uid(member))

    def broadcast(self, line: str, event: Event | None = None) -> bool:
        """Como em `Room`, a todos os membros de todos os servidores."""
        about = event and (event.kind, event.apelido, event.text, event.address)
        with suppress(MessageRefused):
            self._speak("line", line, about)
            return self._is_sharing
        return False

    def say(self, member: Member, *texts: str) -> None:
        """Como em `Room`; MessageRefused se, sem contato, já não cabe o que se guarda."""
        self._speak("say", self._uid(member), *texts)

    def whisper(self, member: Member, apelido: str, text: str) -> None:
        """Como em `Room`, esteja onde estiver."""
        with self._lock:
            target = self._find(apelido)
        self._speak("whisper", self._uid(member), self._uid(target), text)

    def _change(self, rule: str, value: Any) -> None:
        if self._is_sharing:
            self._outgoing.put("rule", rule, value)
        else:
            super()._change(rule, value)

    def _speak(self, verb: str, *values: Any) -> None:
        if self._is_sharing:  # o carteiro não espera: é ele que dá vazão ao que volta
            self._outgoing.put_if_fits(verb, *values, wait=not self.is_own_thread())

    def _uid(self, member: Member) -> str:
        if uid := self._ids.get(member):
            return uid
        raise MessageRefused(protocol.absent.bare(member.apelido))

    def _ask(self, verb: str, uid: str, ticket: Ticket, refusal: ChatError, *values: Any) -> None:
        """Publica um pedido e espera a resposta; se ela não vem, levanta ``refusal``."""
        self._tickets[uid] = ticket
        self._outgoing.put(verb, uid, *values)
        if not ticket.answered.wait(PATIENCE) and self._tickets.pop(uid, None) is ticket:
            raise refusal
        ticket.answered.wait()  # quem responde já tirou o pedido da lista
        if ticket.refusal:
            raise ticket.refusal

    # --- o que volta: tudo aqui é da thread do registro

    def apply(self, facts: list[bytes]) -> bytes | None:
        """Cumpre os fatos; devolve, de vez em quando, o estado depois deles."""
        for fact in facts:
            try:
                self.fulfil(fact)
            except Exception:  # um fato que não se entende não pode calar os outros
                log.exception("falha ao cumprir %r", fact)
                self.report(
                    "error", "um fato do registro comum não pôde ser cumprido; veja o registro de erros"
                )
        self._since_kept += len(facts)
        if self._since_kept < KEEP_EVERY:
            return None
        self._since_kept = 0
        return self.state()

    def linked(self, is_up: bool) -> None:
        """Conta aos membros daqui que o contato com os outros se perdeu, ou voltou."""
        self._outgoing.linked(is_up)
        self._watch.forgive(time.monotonic(), MARGIN)
        line = protocol.together() if is_up else protocol.alone()
        self._postman.post(Letter(protocol.encode(line)), urgent=True)

    def _came_back(self, number: int, verb: str) -> None:
        self._outgoing.came_back(number)
        if verb == "doubt":
            self._is_proving, now = False, time.monotonic()
            if now - self._doubted_at < PROOF:
                self._proved_at = self._doubted_at
            else:  # quem demorou a alcançar os outros foi este: que eles tenham tempo de dar sinal
                self._watch.forgive(now, MARGIN)

    def _claim(self, uid: str) -> Member | None:
        if ticket := self._tickets.pop(uid, None):
            self._claimed[uid] = ticket
            return ticket.member
        return None

    def _answer(self, uid: str, refusal: ChatError | None = None) -> None:
        if ticket := (self._claimed if uid in self._claimed else self._tickets).pop(uid, None):
            ticket.refusal = refusal
            ticket.answered.set()

    def _on_join(self, node: str, uid: str, *card: Any) -> None:
        super()._on_join(node, uid, *card)
        if node == self.node and isinstance(self._people.get(uid), Distant):  # desistiu antes de entrar
            self._outgoing.put("leave", uid, "desistiu de esperar")

    def _on_dead(self, node: str, other: str, last: int) -> None:
        super()._on_dead(node, other, last)
        if other == self.node and other not in self._nodes:
            self._begin(self._rules())

    # --- quem ainda vive

    def heard(self, data: bytes) -> None:
        """Chegou o sinal de vida de um servidor."""
        self._watch.heard(data.decode(), time.monotonic())

    def _beat(self) -> None:
        """Dá sinal de vida, e acusa quem não o dá; mas só quem prova que alcança os outros acusa."""
        while not self._over.wait(BEAT):
            self._backplane.pulse(self.node.encode())
            now, nodes = time.monotonic(), dict(self._nodes)
            quiet = self._watch.quiet(nodes.keys() - {self.node}, now)
            for node, silence in quiet.items():
                if silence > DEAD and now - self._proved_at < PROOF:
                    self._outgoing.put("dead", node, nodes[node])
            if max(quiet.values(), default=0) > SUSPECT and not self._is_proving:
                self._is_proving, self._doubted_at = True, now
                self._outgoing.put("doubt")


def connect(
    where: str | Backplane, sala: str, credentials: str | None = None, ca: str | None = None
) -> Backplane:
    """O registro que ``where`` diz: um `Backplane` já pronto, ou os nós de um NATS, entre vírgulas.

    Só aqui se carrega o que fala com o NATS; os outros argumentos são os de `JetStream`. UsageError
    se algo não serve, ou falta o pacote.
    """
    if not isinstance(where, str):
        return where
    urls = list(dict.fromkeys(url.strip() for url in where.split(",")))
    if not all(re.fullmatch(r"(nats|tls)://[^\s/]+", url) for url in urls):
        raise UsageError(
            f"{where!r} não é um registro: escreva nats://computador:porta, e vírgulas entre os nós"
        )
    try:
        from .jetstream import JetStream
    except ImportError as error:
        raise UsageError("para ligar servidores entre si falta o nats-py: pip install nats-py") from error
    return JetStream(urls, sala, credentials=credentials, ca=ca)
