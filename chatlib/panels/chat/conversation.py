"""O que um painel de chat sabe, sem tela nenhuma: a conversa, o estado, quem está na sala.

Uma conversa quer estar na sala ou não. Enquanto quer, uma thread conecta, lê o que chega e, se a
conexão cai, tenta de novo com paciência crescente:

    desconectado ── enter ──▶ conectando ──▶ conectado ── a conexão cai ──▶ reconectando
         ▲                        │              │              (em 1, 2, 4… s) ──▶ conectado
         └── recusa ou leave ─────┴──────────────┴───────────────────────────────┘

Nada aqui levanta erro: o que houver fica em ``state``, ``note`` e ``field``, em palavras.
"""

import threading
import time
from collections.abc import Iterable
from itertools import islice
from typing import Any

from ... import commands, protocol
from ...client import Client
from ...errors import ApelidoRefused, ChatError
from ...server import Server
from .bell import Bell
from .outbox import Outbox
from .patience import Patience, explain, field_of
from .reading import Line, Presence, Repeats, parse_line
from .seats import Seat
from .transcript import SHOWN, Transcript

PENDING = 3  # linhas à espera que a página mostra; das outras, diz quantas são
GREETED = 1.0  # segundos à espera do cumprimento, para que a conversa comece inteira
RECENT = 200  # linhas entre as quais se procura o que o histórico repete

CONNECTING, CONNECTED, DISCONNECTED = "conectando", "conectado", "desconectado"
RECONNECTING = "reconectando"
LEFT = "Você saiu da sala. Para voltar, clique em Entrar."
CLOSED = "Este painel foi encerrado. Para voltar, rode de novo a célula que o criou."
ELSEWHERE = (
    "Outro painel deste notebook está na sala com o seu apelido. Para tomar o lugar dele, clique em Entrar."
)
REMOVED = "Quem cuida da sala tirou você dela."
GAP = "a conexão caiu e voltou: o que foi dito nesse tempo pode faltar aqui"


class Conversation:
    """Uma conversa na sala; pode ser usada por várias threads.

    where: um `Server`, ``(host, porta)`` ou "host:porta"; apelido: o nome na sala, ou "" para
    que a pessoa o diga no painel; password: a senha da sala, ou ""; tls: veja `Client`.
    """

    def __init__(self, where: Any = None, apelido: str = "", password: str = "", tls: Any = None) -> None:
        self.apelido = apelido if isinstance(apelido, str) else ""
        self.state, self.note, self.field = DISCONNECTED, "", ""
        self.retry_at = 0.0  # instante (time.monotonic) da próxima tentativa
        self._transcript = Transcript()
        self.lines, self.visible = self._transcript.lines, self._transcript.visible
        self.presence = Presence()
        self.max_text = where.room.max_text if isinstance(where, Server) else protocol.MAX_TEXT
        self._seat = Seat(where, self, password, tls)
        self._sent_people: tuple[str, ...] | None = None  # quem estava na última remessa
        self._repeats = Repeats()
        self._client: Client | None = None
        self._since = 0.0  # quando se entrou
        self._thread: threading.Thread | None = None  # a que quer estar na sala; None se ninguém quer
        self._last: threading.Thread | None = None  # a mais recente, que talvez ainda se despeça
        self.closed = self.over = False  # fechando, e já fechada
        self._farewell = LEFT  # por que se saiu, se foi por querer
        self._note_of_end = CLOSED
        self._changed = threading.Condition(threading.RLock())  # guarda tudo acima
        self.bell = Bell(self._changed)  # toca quando há o que contar à página
        self.outbox = Outbox(self.bell.ring_later)

    # --- o que a pessoa faz

    def enter(self, apelido: str | None = None, address: str | None = None, password: str = "") -> None:
        """Começa a entrar na sala, em segundo plano; não faz nada se já está entrando ou dentro."""
        with self._changed:
            if self._thread or self.closed:
                return
            self._farewell = LEFT
            self.apelido = self.apelido if apelido is None else apelido.strip()
            if address is not None:
                self._seat.look_for(address.strip(), password)
            self._set(CONNECTING)
            name, args = f"painel de {self.apelido}", (self._last,)
            self._thread = threading.Thread(target=self._live, args=args, name=name, daemon=True)
            self._last = self._thread
            self._thread.start()

    def wait_entered(self) -> None:
        """Espera o resultado de `enter`: dentro, com o cumprimento já lido, ou recusado."""
        with self._changed:
            self._changed.wait_for(lambda: self.state != CONNECTING)
            self._changed.wait_for(lambda: self.state != CONNECTED or is_greeted(self.lines), GREETED)

    def retry(self) -> None:
        """Tenta reconectar já, sem esperar o resto do prazo."""
        with self._changed:
            self.retry_at = 0
            self._changed.notify_all()

    def write(self, text: str, view: str = "") -> None:
        """Manda o texto à sala; o que não sair volta à vista ``view``, até que ela o tenha."""
        with self._changed:
            (self.outbox.put if self.state == CONNECTED else self.outbox.refuse)(view, text)

    def clear(self) -> None:
        """Esquece as linhas à vista."""
        with self._changed:
            self._transcript.clear()
            self.bell.ring()

    def leave(self, wait: bool = True, note: str = LEFT) -> None:
        """Sai da sala, ou desiste de entrar e de reconectar; ``wait``: espera a thread terminar."""
        with self._changed:
            self._thread, self._farewell = None, note
            client, thread = self._client, self._last
            if not client and self.state != DISCONNECTED:  # a thread ainda espera por um servidor calado
                self._set(DISCONNECTED, note)
            self._changed.notify_all()
        if client:
            client.close()
        if wait and thread:
            thread.join()

    def come_back(self) -> None:
        """Volta à sala, se nenhum outro painel tomou o lugar."""
        with self._changed:
            if self._seat.is_free:
                self.enter()
            elif not self.closed:
                self._set(self.state, ELSEWHERE)

    def close(self, note: str = CLOSED, wait: bool = True) -> None:
        """Sai da sala de vez; ``note`` diz por quê."""
        with self._changed:
            self._note_of_end = self._note_of_end if self.closed else note
            self.closed = True
        self.leave(wait)
        with self._changed:
            self.over = True
            self.bell.stop()
            self._set(DISCONNECTED, self._note_of_end)

    # --- o que vai para a página

    def news(self, everything: bool = False) -> dict[str, Any]:
        """A próxima remessa: as linhas (veja `Transcript.take`) e tudo o mais que a página mostra."""
        with self._changed:
            news: dict[str, Any] = dict(
                self._transcript.take(everything),
                all=everything,
                state=self.state,
                note=self.note,
                field=self.field,
                wait=max(0, round(self.retry_at - time.monotonic())),
                apelido=self.apelido,
                address=self._seat.address,
                closed=self.closed,
                pending=self.outbox.waiting(PENDING),
                unsent=self.outbox.unsent,
            )
            if everything or self.presence.people != self._sent_people:
                news["people"] = self._sent_people = self.presence.people
            if everything:
                news |= {"commands": list(commands.COMMANDS), "max_text": self.max_text, "shown": SHOWN}
            else:
                self.bell.hush()
            return news

    # --- a thread da conversa

    def _live(self, previous: threading.Thread | None) -> None:
        """Entra e lê até o fim; se a conexão cai, tenta de novo."""
        if previous:
            previous.join()
        patience = Patience()
        while True:
            failure = self._converse()
            with self._changed:
                if self._client:
                    patience.came_out(self._since)
                    self._client, self.presence = None, Presence()
                    if failure:
                        self._seat.haunt()
                is_ghost = isinstance(failure, ApelidoRefused) and self._seat.is_haunted
                delay = patience.after(failure, is_ghost)
                if not failure or delay is None or not self._rest(delay, explain(failure, is_ghost)):
                    return self._end(failure)

    def _rest(self, delay: float, why: str) -> bool:
        """Espera até a próxima tentativa; falso se a pessoa desistiu."""
        if self._is_mine():
            self.outbox.give_back(everything=True)
            self.retry_at = time.monotonic() + delay
            self._set(RECONNECTING, why)
        while self._is_mine() and (left := self.retry_at - time.monotonic()) > 0:
            self._changed.wait(left)
        return self._is_mine()

    def _is_mine(self) -> bool:
        """Se esta thread ainda é a que deve manter a pessoa na sala."""
        return self._thread is threading.current_thread()

    def _converse(self) -> ChatError | None:
        """Uma estada na sala, do começo ao fim; devolve o erro que a encerrou, se houve."""
        try:
            with self._seat.connect(self.apelido) as client:
                self._come_in(client)
                for text in client:
                    self._read(text)
        except ChatError as error:
            return error
        finally:
            self.outbox.close()
        return self.outbox.failure

    def _come_in(self, client: Client) -> None:
        with self._changed:
            if self.state == RECONNECTING:
                self._add(Line("gap", "", GAP, time.time()))
            self._repeats = Repeats(islice(reversed(self.lines), RECENT))
            if client.is_framed:
                self.presence.ask()
            self._client, self._since = client, time.monotonic()
            self.apelido = client.apelido  # na forma normal, a que o servidor usa
            self.outbox.open(client)
            self._set(CONNECTED)
            left = not self._is_mine()
        if left:
            client.close()
        elif client.is_framed:  # outro servidor repetiria a pergunta a todos
            client.write("/quem")

    def _read(self, text: str) -> None:
        with self._changed:
            line = parse_line(text, self.apelido, time.time(), self.presence.people)
            if self.presence.read(text, line):
                return self.bell.ring()
            renamed = protocol.renamed.read(text)
            if renamed and renamed[0] == self.apelido:
                self.apelido = renamed[1]
                self._seat.rename(self.apelido)
            if not (self.outbox.read(line) or self._repeats.has(line)):
                self._add(line)
            if text == protocol.removed():
                self._thread, self.note = None, REMOVED

    # --- miudezas, todas com a trava na mão

    def _add(self, line: Line) -> None:
        self._transcript.add(line)
        self.bell.ring()

    def _set(self, state: str, note: str = "", field: str = "") -> None:
        self.state, self.note, self.field = state, note, field
        self.bell.ring()

    def _end(self, failure: ChatError | None) -> None:
        self._seat.leave()
        if self._thread and not self._is_mine():
            return  # a pessoa já voltou, com outra thread
        left = self._thread is None
        note = explain(failure) if failure and not left else self._farewell
        note = REMOVED if self.note == REMOVED else note
        self._thread = None
        self.outbox.give_back(everything=True)
        note = self._note_of_end if self.closed else note
        self._set(DISCONNECTED, note, "" if left else field_of(failure))


def is_greeted(lines: Iterable[Line]) -> bool:
    """Se o cumprimento do servidor já chegou."""
    return any(protocol.GREETING in line.text for line in lines)
