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
from collections import Counter, deque
from itertools import chain, islice, repeat

from ... import commands, protocol, rerun
from ...address import find_server, show_address
from ...client import Client
from ...errors import (
    AddressError,
    ApelidoRefused,
    ChatError,
    ConnectionLost,
    EntryRefused,
    ServerNotFound,
    UsageError,
)
from ...server import Server
from .echoes import Echoes
from .reading import RENAMED, Line, Presence, parse_line

KEPT = 20_000  # linhas que o kernel guarda
SHOWN = 1000  # linhas que a página mostra
PAUSE = 0.05  # segundos entre remessas: o Jupyter descarta mensagens acima de mil por segundo
DELAYS = (1, 2, 4, 8, 15)  # segundos até cada nova tentativa; a última se repete
PATIENCE = 5  # tentativas enquanto o servidor ainda não percebeu que o apelido ficou livre
GREETED = 1.0  # segundos à espera do cumprimento, para que a conversa comece inteira
RECENT = 200  # linhas entre as quais se procura o que o histórico repete
STEADY = 30.0  # segundos na sala depois dos quais uma queda não é a continuação da anterior

CONNECTING, CONNECTED, DISCONNECTED = "conectando", "conectado", "desconectado"
RECONNECTING = "reconectando"
LEFT = "Você saiu da sala. Para voltar, clique em Entrar."
CLOSED = "Este painel foi encerrado. Para voltar, rode de novo a célula que o criou."
REMOVED = "Quem cuida da sala tirou você dela."
GAP = "a conexão caiu e voltou: o que foi dito nesse tempo pode faltar aqui"


class Conversation:
    """Uma conversa na sala; pode ser usada por várias threads.

    where: um `Server`, ``(host, porta)`` ou "host:porta"; apelido: o nome na sala, ou "" para
    que a pessoa o diga no painel.
    """

    def __init__(self, where=None, apelido: str = ""):
        self.apelido = apelido if isinstance(apelido, str) else ""
        self.state, self.note, self.field = DISCONNECTED, "", ""
        self.retry_at = 0.0  # instante (time.monotonic) da próxima tentativa
        self.lines: deque[Line] = deque(maxlen=KEPT)
        self.total = 0  # linhas que já chegaram
        self.presence = Presence()
        self._where = where
        self.max_text = where.room.max_text if isinstance(where, Server) else protocol.MAX_TEXT
        self._address = show_address(where)
        self._start = 0  # a primeira linha à vista: as anteriores foram limpas
        self._sent, self._sent_people = 0, None  # o que já foi em alguma remessa
        self._fresh = True  # se há o que contar à página
        self._unsent: list[tuple[str, str]] = []  # (vista, texto) que não saiu
        self._echoes = Echoes()
        self._client: Client | None = None
        self._broken: ChatError | None = None  # o envio que falhou
        self._reached: tuple[str, int] | None = None  # onde se entrou da última vez
        self._thread: threading.Thread | None = None  # a que quer estar na sala; None se ninguém quer
        self._last: threading.Thread | None = None  # a mais recente, que talvez ainda se despeça
        self._closed = self._over = False  # fechando, e já fechada
        self._changed = threading.Condition(threading.RLock())  # guarda tudo acima

    # --- o que a pessoa faz

    def enter(self, apelido: str | None = None, address: str | None = None) -> None:
        """Começa a entrar na sala, em segundo plano; não faz nada se já está entrando ou dentro."""
        with self._changed:
            if self._thread or self._closed:
                return
            self.apelido = self.apelido if apelido is None else apelido.strip()
            if address is not None and address.strip() != self._address:
                self._where = self._address = address.strip()
            self._set(CONNECTING)
            name, args = f"painel de {self.apelido}", (self._last,)
            self._thread = threading.Thread(target=self._live, args=args, name=name, daemon=True)
            self._last = self._thread
            self._thread.start()

    def wait_entered(self) -> None:
        """Espera o resultado de `enter`: dentro, com o cumprimento já lido, ou recusado."""
        with self._changed:
            self._changed.wait_for(lambda: self.state != CONNECTING)
            self._changed.wait_for(lambda: self.state != CONNECTED or self._greeted(), GREETED)

    def retry(self) -> None:
        """Tenta reconectar já, sem esperar o resto do prazo."""
        with self._changed:
            self.retry_at = 0
            self._changed.notify_all()

    def write(self, text: str, view: str = "") -> None:
        """Manda o texto à sala; o que não sair volta à vista ``view`` na próxima remessa."""
        with self._changed:
            client = self._client if self.state == CONNECTED else None
            if client is None:
                return self._give_back([(view, text)])
            self._echoes.expect(view, text)
        try:
            client.write(text)
        except ChatError as error:
            self._broken = error  # quem conta a queda, e devolve o texto, é a thread que lê
            client.close()

    def clear(self) -> None:
        """Esquece as linhas à vista."""
        with self._changed:
            self._start = self.total
            self._tell()

    def leave(self, wait: bool = True) -> None:
        """Sai da sala, ou desiste de entrar e de reconectar; ``wait``: espera a thread terminar."""
        with self._changed:
            self._thread = None
            client, thread = self._client, self._last
            if not client and self.state != DISCONNECTED:  # a thread ainda espera por um servidor calado
                self._set(DISCONNECTED, LEFT)
            self._changed.notify_all()
        if client:
            client.close()
        if wait and thread:
            thread.join()

    def close(self) -> None:
        """Sai da sala de vez."""
        with self._changed:
            self._closed = True
        self.leave()
        with self._changed:
            self._over = True
            self._set(DISCONNECTED, CLOSED)

    @property
    def is_over(self) -> bool:
        """Se a conversa foi encerrada de vez."""
        return self._over

    # --- o que vai para a página

    def wait(self) -> bool:
        """Espera haver o que mostrar, juntando o que chegar numa pausa; falso se foi o fim."""
        with self._changed:
            self._changed.wait_for(lambda: self._over, PAUSE)
            self._changed.wait_for(lambda: self._fresh or self._over)
            return not self._over

    def news(self, everything: bool = False) -> dict:
        """A próxima remessa: só as linhas novas, ou todas as que a página mostra.

        first: o número da primeira linha, a partir de 0; start: o da primeira ainda à vista.
        """
        with self._changed:
            fresh = min(SHOWN, self.total - (self._start if everything else self._sent))
            lines = list(islice(self.lines, max(0, len(self.lines) - fresh), None))
            news = dict(
                all=everything,
                first=self.total - len(lines),
                start=self._start,
                lines=lines,
                state=self.state,
                note=self.note,
                field=self.field,
                wait=max(0, round(self.retry_at - time.monotonic())),
                apelido=self.apelido,
                address=self._address,
                closed=self._closed,
            )
            if everything or self.presence.people != self._sent_people:
                news["people"] = self._sent_people = self.presence.people
            if everything:
                news |= {"commands": list(commands.COMMANDS), "max_text": self.max_text, "shown": SHOWN}
            else:
                news["unsent"], self._unsent, self._fresh = self._unsent, [], False
            self._sent = self.total
            return news

    # --- a thread da conversa

    def _live(self, previous: threading.Thread | None) -> None:
        """Entra e lê até o fim; se a conexão cai, tenta de novo."""
        if previous:
            previous.join()
        delays, refusals, inside = iter(()), 0, False
        while True:
            failure = self._converse()
            with self._changed:
                if self._client:
                    if not inside or time.monotonic() - self._since > STEADY:  # a paciência recomeça
                        delays = chain(DELAYS, repeat(DELAYS[-1]))
                    self._client, self.presence, refusals, inside = None, Presence(), 0, True
                refusals += isinstance(failure, ApelidoRefused)
                hopeful = inside and worth_retrying(failure) and refusals < PATIENCE
                if not hopeful or not self._is_mine() or not self._rest(next(delays), failure):
                    return self._end(failure)

    def _rest(self, delay: float, failure: ChatError) -> bool:
        """Espera até a próxima tentativa; falso se a pessoa desistiu."""
        self._give_back(self._echoes.take())
        self.retry_at = time.monotonic() + delay
        self._set(RECONNECTING, explain(failure))
        while self._is_mine() and (left := self.retry_at - time.monotonic()) > 0:
            self._changed.wait(left)
        return self._is_mine()

    def _is_mine(self) -> bool:
        """Se esta thread ainda é a que deve manter a pessoa na sala."""
        return self._thread is threading.current_thread()

    def _converse(self) -> ChatError | None:
        """Uma estada na sala, do começo ao fim; devolve o erro que a encerrou, se houve."""
        try:
            with self._connect() as client:
                self._come_in(client)
                for text in client:
                    self._read(text)
        except ChatError as error:
            return error
        return self._broken

    def _connect(self) -> Client:
        try:
            host, port = find_server(self._where)
        except AddressError:  # aquele servidor parou, mas outro pode tomar o lugar dele
            if not self._reached:
                raise
            host, port = self._reached
        with rerun.unclaimed():  # a conexão é do painel, e não da célula que por acaso está rodando
            client = Client(protocol.check_apelido(self.apelido), host, port)
        self._reached = host, port
        return client

    def _come_in(self, client: Client) -> None:
        with self._changed:
            self._address = show_address(self._reached)
            if self.state == RECONNECTING:
                self._add(Line("gap", "", GAP, time.time()))
            recent = islice(reversed(self.lines), RECENT)
            self._seen = Counter((line.author, line.text) for line in recent)
            if client.is_framed:
                self.presence.ask()
            self._client, self._broken, self._since = client, None, time.monotonic()
            self.apelido = client.apelido  # na forma normal, a que o servidor usa
            self._set(CONNECTED)
            left = not self._is_mine()
        if left:
            client.close()
        elif client.is_framed:  # outro servidor repetiria a pergunta a todos
            client.write("/quem")

    def _read(self, text: str) -> None:
        with self._changed:
            line = parse_line(text, self.apelido, time.time())
            if self.presence.read(text, line):
                return self._tell()
            if renamed := RENAMED.fullmatch(text):
                self.apelido = renamed[2] if renamed[1] == self.apelido else self.apelido
            if line.kind == "mine":
                self._echoes.hear(line.text.strip())
            if "h" not in line.flags or not self._already_seen(line):
                self._add(line)
            if text == protocol.removed():
                self._thread, self.note = None, REMOVED

    def _already_seen(self, line: Line) -> bool:
        """Se o histórico repete uma linha que já se leu antes de a conexão cair."""
        known = self._seen[line.author, line.text] > 0
        self._seen[line.author, line.text] -= known
        return known

    # --- miudezas, todas com a trava na mão

    def _add(self, line: Line) -> None:
        self.lines.append(line)
        self.total += 1
        self._tell()

    def _set(self, state: str, note: str = "", field: str = "") -> None:
        self.state, self.note, self.field = state, note, field
        self._tell()

    def _tell(self) -> None:
        self._fresh = True
        self._changed.notify_all()

    def _end(self, failure: ChatError | None) -> None:
        if self._thread and not self._is_mine():
            return  # a pessoa já voltou, com outra thread
        left = self._thread is None
        note = self.note if self.note == REMOVED else explain(failure) if failure and not left else LEFT
        self._thread = None
        self._give_back(self._echoes.take())
        self._set(DISCONNECTED, CLOSED if self._closed else note, "" if left else field_of(failure))

    def _greeted(self) -> bool:
        return any(protocol.GREETING in line.text for line in self.lines)

    def _give_back(self, texts: list[tuple[str, str]]) -> None:
        self._unsent += texts
        self._tell()


def worth_retrying(failure: ChatError | None) -> bool:
    """Se esperar pode resolver: a rede, o servidor ou o lugar na sala podem voltar."""
    return isinstance(failure, ConnectionLost | ServerNotFound | EntryRefused | AddressError)


def field_of(failure: ChatError | None) -> str:
    """O campo do painel que a falha manda rever: "apelido", "address" ou ""."""
    if isinstance(failure, ApelidoRefused):
        return "apelido"
    return "address" if isinstance(failure, ServerNotFound | UsageError | AddressError) else ""


def explain(failure: ChatError) -> str:
    """A falha como uma frase para quem só vê o painel."""
    if isinstance(failure, ConnectionLost):
        return "A conexão caiu: o servidor foi encerrado ou a rede falhou."
    text = str(failure)
    return f"{text[:1].upper()}{text[1:]}" + "." * (text[-1:] != ".")
