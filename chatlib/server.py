"""O servidor do chat: ``receive`` aceita, ``handle`` atende um, ``broadcast`` fala a todos.

    receive (1 thread) ── accept ──▶ handle (1 thread por conexão) ──▶ broadcast ──▶ carteiro

As três funções são as das aulas. O que elas não precisam saber fica em peças próprias: o
protocolo em `protocol`, os sockets em `sockets`, a entrega em `postman`, os comandos em
`commands`.
"""

import logging
import socket
import threading
import time
from contextlib import suppress
from functools import partial

from . import commands, protocol, rerun, sockets
from .caretaker import Caretaker
from .errors import AddressError, ApelidoRefused, EntryRefused, MessageRefused, PortInUse, UsageError
from .events import Event, Listener, Listeners
from .postman import Action, Member, Postman

log = logging.getLogger("chatlib")

ACCEPT_PAUSE = 0.1  # segundos sem aceitar quando o sistema não tem mais descritores

_on_port: dict[int, "Server"] = {}  # os servidores no ar neste processo, por porta


class Server(Caretaker):
    """Um servidor de chat.

    host: endereço em que escuta; o padrão só aceita conexões deste computador, e "0.0.0.0"
    abre para a rede; port: a porta, ou 0 para o sistema escolher uma livre;
    on_event: função chamada com cada `Event` (veja `subscribe`).

    Os limites têm o padrão em `protocol`: max_text (bytes), nick_timeout (segundos),
    max_members, max_visitors (conexões ainda sem apelido), max_output (bytes à espera de um
    membro), rate (mensagens por segundo de cada membro; None, o padrão, não limita), burst e
    history (quantas mensagens contar a quem chega; 0, o padrão, nenhuma). ``rate``, ``history`` e
    ``is_open`` (se gente nova pode entrar) também se mudam com o servidor no ar.

    Uso: ``with Server() as server:``, ou ``server = Server().start()`` e, ao final,
    ``server.shutdown()``. Levanta UsageError se um argumento não faz sentido.
    """

    def __init__(
        self,
        host: str = protocol.HOST,
        port: int = protocol.PORT,
        *,
        max_text: int = protocol.MAX_TEXT,
        nick_timeout: float = protocol.NICK_TIMEOUT,
        max_members: int = protocol.MAX_MEMBERS,
        max_visitors: int = protocol.MAX_VISITORS,
        max_output: int = protocol.MAX_OUTPUT,
        rate: float | None = None,
        burst: int = protocol.BURST,
        history: int = 0,
        on_event: Listener | None = None,
    ):
        limits = (max_text, nick_timeout, max_members, max_visitors, max_output, burst)
        if min(limits) <= 0:
            raise UsageError("um limite é maior que zero; para não limitar o ritmo, use rate=None")
        if not host:  # para o sistema, um endereço vazio é a rede inteira
            raise UsageError('falta o endereço: use "127.0.0.1", ou "0.0.0.0" para abrir à rede')
        self._host, self._port = host, protocol.check_port(port)
        self.max_text, self.nick_timeout = max_text, nick_timeout
        self.max_members, self.max_visitors, self.max_output = max_members, max_visitors, max_output
        self.burst, self.is_open = burst, True
        self._listeners, self._taps = Listeners(), Listeners()
        if on_event:
            self.subscribe(on_event)
        self._lock = threading.Lock()  # guarda os três abaixo, e a ordem de quem entra e sai
        self.clients: dict[str, Member] = {}  # apelido em forma comparável -> quem o usa
        self._visitors: set[socket.socket] = set()
        self._threads: dict[threading.Thread, socket.socket] = {}
        self._listener: socket.socket | None = None
        self._closing = threading.Event()
        self._life = threading.RLock()  # um start ou shutdown de cada vez
        self._postman = self._hire()
        self.rate, self.history = rate, history

    # --- a vida do servidor

    def start(self) -> "Server":
        """Abre a porta e atende em segundo plano; devolve o próprio servidor, já no ar.

        Encerra antes o servidor deste mesmo processo que esteja na porta, e o que a rodada
        anterior da mesma célula tenha iniciado. Levanta PortInUse ou AddressError.
        """
        with self._life:
            if self._listener:
                return self
            self._listener = self._listen(self._replace_previous())
            self._address = self._listener.getsockname()[:2]
            _on_port[self._address[1]] = self
            self._closing.clear()
            self._postman = self._hire()
            self._postman.keep_history(self.history)
            self._postman.start()
            self._receiver = threading.Thread(target=self.receive, name="chatlib: receive", daemon=True)
            self._receiver.start()
        return self

    def shutdown(self) -> None:
        """Avisa a todos, entrega o que já foi aceito, fecha tudo e espera as threads.

        Pode ser chamado de novo: não faz nada, ou termina o que uma interrupção deixou. De dentro
        de uma thread do servidor, como a que chama ``on_event``, volta logo: outra o encerra.
        """
        if self._is_own_thread():  # esperar por si mesma não terminaria nunca
            threading.Thread(target=self.shutdown, name="chatlib: shutdown").start()
            return
        with self._life:
            if self._listener:
                self._stop()

    close = shutdown

    def _hire(self) -> Postman:
        return Postman(self._listeners.tell, protocol.encode(protocol.FAREWELL))

    def _is_own_thread(self) -> bool:
        with self._lock:
            mine = threading.current_thread() in self._threads
        return mine or (self._listener is not None and self._postman.is_me())

    def _stop(self) -> None:
        self._closing.set()
        sockets.shut(self._listener)  # acorda o accept
        self._receiver.join()
        self._postman.stop()
        with self._lock:
            threads = list(self._threads)
            for sock in self._threads.values():
                sockets.shut(sock)
        for thread in threads:
            thread.join()
        _on_port.pop(self._address[1], None)
        self._listener.close()
        self._listener = None

    def _replace_previous(self) -> int:
        """Encerra o que ocupava este lugar; devolve a porta a usar."""
        port = self._port
        for old in [*rerun.claim(self), _on_port.get(port)]:
            if isinstance(old, Server) and old._listener:
                port = port or old.address[1]
            if old:
                old.close()
        return port

    def _listen(self, port: int) -> socket.socket:
        try:
            return sockets.listen(self._host, port)
        except PortInUse:
            if self._port:
                raise
            return sockets.listen(self._host, 0)  # a porta da rodada anterior já tem outro dono

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *exc) -> None:
        self.shutdown()

    def __repr__(self) -> str:
        if not self._listener:
            return "<Server parado>"
        port = f"porta {self._port}" if self._port else "porta escolhida pelo sistema"
        return f"<Server no ar em {self._host}, {port}: {', '.join(self.apelidos) or 'ninguém'} na sala>"

    @property
    def address(self) -> tuple[str, int]:
        """O ``(host, porta)`` em que o servidor escuta; AddressError se ele está parado."""
        if not self._listener:
            raise AddressError("o servidor está parado e por isso não tem endereço: chame start()")
        return self._address

    # --- as funções das aulas

    def receive(self) -> None:
        """Aceita quem chega e dá a cada conexão sua thread de `handle`, até `shutdown`."""
        while not self._closing.is_set():
            try:
                sock, address = self._listener.accept()
            except TimeoutError:
                continue
            except OSError as error:  # sem descritores livres, por exemplo: espera que voltem
                if not self._closing.wait(ACCEPT_PAUSE):
                    self._report("error", f"não consegui aceitar uma conexão: {error.strerror}")
                continue
            self._admit(sock, address[:2])

    def handle(self, sock: socket.socket, address: tuple) -> None:
        """Atende uma conexão do começo ao fim, na thread dela."""
        member = None
        try:
            member, reader, rest = self._welcome(sock, address)
            self._obey(member, reader.feed(rest))
            for data in sockets.chunks(sock):
                self._trace("received", data, address=address, apelido=member.apelido)
                self._obey(member, reader.feed(data))
        except commands.Leave as leave:
            member.reason = str(leave)
        except EntryRefused as refusal:
            self._turn_away(sock, address, str(refusal))
        except OSError:  # o outro lado caiu: é só mais uma forma de sair
            pass
        except Exception:
            log.exception("falha ao atender %s", address)
            self._report("error", "uma falha do servidor encerrou a conexão; veja o registro", address)
        finally:
            if member:
                self._leave(member)
            self._hang_up(sock, address)

    def broadcast(self, line: str, event: Event | None = None) -> bool:
        """Manda a linha a todos, de qualquer thread; diz se ela foi aceita.

        A ordem em que as linhas são aceitas é a ordem em que todos as recebem. Devolve False
        antes de `start` e depois de `shutdown`. Para falar em nome do servidor, veja `announce`.
        """
        return self._listener is not None and self._postman.post(protocol.encode(line), event=event)

    # --- contar a quem observa

    def _trace(self, kind: str, data: bytes = b"", *, address: tuple, apelido: str = "") -> None:
        if self._taps.all:
            self._taps.tell(Event(kind, apelido, address=address, data=data))

    def _event(self, kind: str, member: Member, text: str = "") -> Event | None:
        talk = kind == "message"
        if self._listeners.all_talk if talk else self._listeners.all:  # sem ninguém olhando, não custa nada
            now = time.monotonic()
            return Event(kind, member.apelido, protocol.clean(text), member.address, began=now)

    def _report(self, kind: str, text: str, address: tuple | None = None) -> None:
        if self._listeners.all:
            self._postman.post(event=Event(kind, text=text, address=address))

    # --- entrar e sair

    def _admit(self, sock: socket.socket, address: tuple) -> None:
        args = sock, address
        thread = threading.Thread(target=self.handle, args=args, name="chatlib: handle", daemon=True)
        with self._lock:
            admitted = len(self._visitors) < self.max_visitors
            if admitted:  # antes de start: a thread pode acabar antes da próxima linha
                self._visitors.add(sock)
                self._threads[thread] = sock
        if not admitted or not self._launch(thread, sock):
            self._turn_away(sock, address, "há gente demais chegando: tente de novo em instantes")
            sock.close()

    def _launch(self, thread: threading.Thread, sock: socket.socket) -> bool:
        try:
            thread.start()
        except RuntimeError:  # o sistema não dá mais threads; quem aceita continua aceitando
            with self._lock:
                self._visitors.discard(sock)
                del self._threads[thread]
            return False
        return True

    def _welcome(self, sock: socket.socket, address: tuple):
        """De visitante a membro; devolve também o leitor das mensagens dele e o que já veio."""
        self._report("connected", "", address)
        self._trace("opened", address=address)
        sockets.tune(sock)
        answer = sockets.ask_apelido(sock, self.nick_timeout, partial(self._trace, address=address))
        first, newline, rest = answer.partition(b"\n")
        apelido = protocol.check_apelido(first.removesuffix(b"\r").decode("utf-8", "replace"))
        member = Member(sock, address, apelido, self.max_output, self._taps)
        self._join(member)
        framed = protocol.LineReader(self.max_text + protocol.MAX_PREFIX)
        return member, framed if newline else protocol.ChunkReader(), rest

    def _join(self, member: Member) -> None:
        apelido, key = member.apelido, protocol.apelido_key(member.apelido)
        line, greeting = protocol.encode(f"{apelido} entrou!"), protocol.encode(protocol.GREETING)
        event = self._event("named", member)
        with self._lock:
            self._check_free(key)
            if not self.is_open:
                raise EntryRefused("a porta da sala está fechada: espere que a abram e tente de novo")
            if len(self.clients) >= self.max_members:
                raise EntryRefused(f"a sala está cheia: cabem {self.max_members} pessoas")
            if not self._postman.post(line, member, Action.JOIN, event, greeting, urgent=True):
                raise EntryRefused("o servidor está encerrando")
            self.clients[key] = member
            member.rate = self._new_limit()
            self._visitors.discard(member.sock)

    def _check_free(self, key: str) -> None:
        if holder := self.clients.get(key):
            raise ApelidoRefused(f"apelido recusado: {holder.apelido} já está na sala; escolha outro apelido")

    def rename(self, member: Member, apelido: str) -> None:
        """Troca o apelido do membro e conta a todos; ApelidoRefused se não puder ser."""
        apelido = protocol.check_apelido(apelido)
        key, old_key = protocol.apelido_key(apelido), protocol.apelido_key(member.apelido)
        self._postman.wait_for_room()  # aqui, e não com a trava na mão
        with self._lock:
            if key != old_key:
                self._check_free(key)
            self.clients = {key if k == old_key else k: m for k, m in self.clients.items()}
            line = protocol.encode(protocol.notice(f"{member.apelido} agora é {apelido}"))
            self._postman.post(line, event=self._event("renamed", member, apelido), urgent=True)
            member.apelido = apelido

    def _leave(self, member: Member) -> None:
        with self._lock:
            del self.clients[protocol.apelido_key(member.apelido)]
            line = protocol.encode(f"{member.apelido} saiu!")
            left = self._event("left", member, member.reason)
            self._postman.post(line, member, Action.LEAVE, left, urgent=True)
        member.released.wait()

    def _turn_away(self, sock: socket.socket, address: tuple, why: str) -> None:
        self._report("refused", why, address)
        with suppress(OSError):  # foi embora sem esperar a resposta
            sock.settimeout(sockets.LINGER)
            sock.sendall(line := protocol.encode(protocol.notice(why)))
            self._trace("sent", line, address=address)

    def _hang_up(self, sock: socket.socket, address: tuple) -> None:
        sockets.drain(sock)
        with self._lock:  # shutdown() não pode alcançar um descritor já fechado
            self._visitors.discard(sock)
            self._threads.pop(threading.current_thread(), None)
        sock.close()
        self._trace("closed", address=address)

    # --- o que um membro diz

    def _obey(self, member: Member, lines: list[bytes | None]) -> None:
        for line in lines:
            try:
                reply = self._take_line(member, line)
            except (MessageRefused, ApelidoRefused) as refusal:
                reply = str(refusal)
            if reply:
                self._postman.post(protocol.encode(protocol.notice(reply)), to=member)

    def _take_line(self, member: Member, line: bytes | None) -> str | None:
        """Cumpre uma linha; devolve o que responder só a quem a mandou."""
        if member.removed:
            raise commands.Leave(member.reason)
        said = line and protocol.strip_prefix(line, (member.apelido, member.entry_apelido))
        if said is not None and not said.strip():
            return None
        if member.rate and said != b"/sair" and not member.rate.allow(time.monotonic()):
            return self._too_fast(member)
        if said is None or len(said) > self.max_text:
            raise MessageRefused(f"mensagem longa demais: o limite é {self.max_text} bytes")
        text = said.decode("utf-8", "replace")
        if text.startswith("/") and not text.startswith("//"):
            return commands.run(self, member, text)
        text = text.removeprefix("/")  # de //x fica /x
        member.messages += 1
        self.broadcast(f"{member.apelido}: {text}", self._event("message", member, text))

    def _too_fast(self, member: Member) -> str | None:
        if member.rate.should_warn():
            return f"devagar: passam {self.rate:g} mensagens por segundo; o excesso não é entregue"

    def whisper(self, member: Member, apelido: str, text: str) -> None:
        """Entrega o texto só a ``apelido`` e a quem o mandou; MessageRefused se não está aqui."""
        with self._lock:
            target = self._find(apelido)
        line = protocol.encode(f"{member.apelido} (particular): {text}")
        self._postman.post(line, to=target, event=self._event("private", member))
        if target is not member:
            self._postman.post(line, to=member)
