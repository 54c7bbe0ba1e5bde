"""O servidor do chat: ``receive`` aceita, ``handle`` atende um, ``broadcast`` fala a todos.

    receive (1 thread) ── accept ──▶ handle (1 thread por conexão) ──▶ broadcast ──▶ carteiro

As três funções são as das aulas, e aqui está também a vida de uma porta: abrir, e encerrar sem
perder nada. O que elas não precisam saber fica em peças que se leem sozinhas: a porta da sala em
`door`, quem está nela e as regras em `room`, o que uma linha quer dizer em `commands`, as threads
em `connections`, a entrega em `postman`.
"""

import logging
import socket
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from . import protocol, rerun, sockets
from .commands import Leave, obey
from .connections import Connections
from .door import Door, Newcomer
from .errors import AddressError, EntryRefused, PortInUse, UsageError
from .events import Event, Listener
from .member import Member
from .room import Room

if TYPE_CHECKING:
    from .backplane import Backplane

log = logging.getLogger("chatlib")

ACCEPT_PAUSE = 0.1  # segundos sem aceitar quando o sistema não tem mais descritores

_on_air: dict[sockets.Address, "Server"] = {}  # os servidores deste processo, pelo endereço em que escutam


class Server:
    """Um servidor de chat.

    host: endereço em que escuta; o padrão só aceita conexões deste computador, e "0.0.0.0"
    abre para a rede; port: a porta, ou 0 para o sistema escolher uma livre;
    on_event: função chamada com cada `Event` (veja `Room.subscribe`).

    Os limites têm o padrão em `protocol`: max_text (bytes), nick_timeout (segundos),
    max_members, max_visitors (conexões ainda sem apelido), max_output (bytes à espera de um
    membro), rate (mensagens por segundo de cada membro; None, o padrão, não limita), burst e
    history (quantas mensagens contar a quem chega; 0, o padrão, nenhuma). history_file: o arquivo em
    que o histórico sobrevive ao servidor. password: a senha que se
    pede a quem chega, depois do apelido; None, o padrão, não pede. tls: o certificado com que a
    conversa vai cifrada, como a pasta que ``python3 -m chatlib cert`` faz (veja `tls.server_context`).

    A sala é ``server.room``: quem está nela, as regras, e quem a observa. room e door: uma `Room`
    e uma `Door` já prontas, em lugar das que esses limites fariam. backplane: o registro que faz
    de vários servidores uma sala só, como "nats://127.0.0.1:4222"; sala: o nome dela lá.

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
        history_file: str | Path | None = None,
        password: str | None = None,
        tls: Any = None,
        on_event: Listener | None = None,
        room: Room | None = None,
        door: Door | None = None,
        backplane: "str | Backplane | None" = None,
        sala: str = "sala",
    ):
        limits = (max_text, nick_timeout, max_members, max_visitors, max_output, burst)
        if min(limits) <= 0:
            raise UsageError("um limite é maior que zero; para não limitar o ritmo, use rate=None")
        if not host:  # para o sistema, um endereço vazio é a rede inteira
            raise UsageError('falta o endereço: use "127.0.0.1", ou "0.0.0.0" para abrir à rede')
        self._host, self._port = host, protocol.check_port(port)
        rules = {"max_members": max_members, "rate": rate, "burst": burst, "history": history}
        self.room = room or _make_room(backplane, sala, history_file, max_text=max_text, **rules)
        self.door = door or Door(nick_timeout, max_text, password=password, tls=tls)
        self._max_output = max_output
        self._connections = Connections(max_visitors)
        if on_event:
            self.room.subscribe(on_event)
        self._listener: socket.socket | None = None
        self._closing = threading.Event()
        self._life = threading.RLock()  # um start ou shutdown de cada vez

    # --- a vida do servidor

    def start(self) -> Self:
        """Abre a porta e atende em segundo plano; devolve o próprio servidor, já no ar.

        Encerra antes o servidor deste mesmo processo que esteja no endereço, e o que a rodada
        anterior da mesma célula tenha iniciado. Levanta PortInUse ou AddressError.
        """
        with self._life:
            if self._listener:
                return self
            listener = self.door.guard(self._listen())
            try:
                self.room.open()
            except BaseException:
                listener.close()
                raise
            self._listener = listener
            self._address: sockets.Address = self._listener.getsockname()[:2]
            _on_air[self._address] = self
            self._closing.clear()
            self.door.open()
            args = (self._listener,)
            self._receiver = threading.Thread(
                target=self.receive, args=args, name="chatlib: receive", daemon=True
            )
            self._receiver.start()
        return self

    def shutdown(self) -> None:
        """Avisa a todos, entrega o que já foi aceito (até 1 s), fecha tudo e espera as threads.

        Pode ser chamado de novo: não faz nada, ou termina o que uma interrupção deixou. De dentro
        de uma thread do servidor, como a que chama ``on_event``, volta logo: outra o encerra.
        """
        if self._connections.is_mine() or self.room.is_own_thread():  # esperar por si não terminaria nunca
            threading.Thread(target=self.shutdown, name="chatlib: shutdown").start()
            return
        with self._life:
            if self._listener:
                self.door.close()
                self._stop(self._listener)

    close = shutdown

    def _stop(self, listener: socket.socket) -> None:
        self._closing.set()
        sockets.shut(listener)  # acorda o accept
        self._receiver.join()
        self.room.close()
        self._connections.close()
        _on_air.pop(self._address, None)
        listener.close()
        self._listener = None

    def _listen(self) -> socket.socket:
        """O socket que escuta, no lugar do que a rodada anterior da célula tinha."""
        port = self._port
        for old in rerun.claim(self):
            if isinstance(old, Server) and old.is_running:
                port = port or old.address[1]
            old.close()
        try:
            return _listen_on(self._host, port)
        except PortInUse:
            if self._port:
                raise
            return sockets.listen(self._host, 0)  # a porta da rodada anterior já tem outro dono

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.shutdown()

    def __repr__(self) -> str:
        if not self._listener:
            return "<Server parado>"
        port = f"porta {self._port}" if self._port else "porta escolhida pelo sistema"
        return f"<Server no ar em {self._host}, {port}: {', '.join(self.apelidos) or 'ninguém'} na sala>"

    @property
    def is_running(self) -> bool:
        """Se o servidor está no ar."""
        return self._listener is not None

    @property
    def address(self) -> sockets.Address:
        """O ``(host, porta)`` em que o servidor escuta; AddressError se ele está parado."""
        if not self._listener:
            raise AddressError("o servidor está parado e por isso não tem endereço: chame start()")
        return self._address

    @property
    def apelidos(self) -> tuple[str, ...]:
        """Os apelidos de quem está na sala, em ordem de chegada."""
        return self.room.apelidos

    # --- as funções das aulas

    def receive(self, listener: socket.socket) -> None:
        """Aceita quem chega e dá a cada conexão sua thread de `handle`, até `shutdown`."""
        while not self._closing.is_set():
            try:
                sock, address = listener.accept()
            except TimeoutError:
                continue
            except OSError as error:  # sem descritores livres, por exemplo: espera que voltem
                if not self._closing.wait(ACCEPT_PAUSE):
                    self.room.report("error", f"não consegui aceitar uma conexão: {error.strerror}")
                continue
            if not self._connections.spawn(self.handle, sock, address[:2]):
                self._turn_away(sock, address[:2], protocol.crowded.bare(), is_plain=True)
                sock.close()

    def handle(self, sock: socket.socket, address: sockets.Address) -> None:
        """Atende uma conexão do começo ao fim, na thread dela."""
        newcomer = member = None
        trace = partial(self._trace, address)
        try:
            self.room.report("connected", address=address)
            trace("opened")
            newcomer = self.door.ask(sock, trace)
            member = self.room.join(self._introduce(newcomer, sock, address))
            self._connections.welcome(sock)
            obey(self.room, member, newcomer.reader.feed(newcomer.rest))
            for data in sockets.chunks(sock):
                trace("received", data, member.apelido)
                member.heard(data)
                obey(self.room, member, newcomer.reader.feed(data))
        except Leave as leave:
            if member:
                member.reason = str(leave)
        except EntryRefused as refusal:
            self._turn_away(sock, address, str(refusal), is_plain=newcomer is None or newcomer.is_plain)
        except OSError:  # o outro lado caiu: é só mais uma forma de sair
            pass
        except Exception:
            log.exception("falha ao atender %s", address)
            self.room.report("error", "uma falha do servidor encerrou a conexão; veja o registro", address)
        finally:
            if member:
                self.room.leave(member)
            self._connections.hang_up(sock)
            trace("closed")

    def broadcast(self, line: str, event: Event | None = None) -> bool:
        """Manda a linha a todos, de qualquer thread; diz se ela foi aceita: veja `Room.broadcast`."""
        return self.room.broadcast(line, event)

    def _introduce(self, newcomer: Newcomer, sock: socket.socket, address: sockets.Address) -> Member:
        member = Member(sock, address, newcomer.apelido, self._max_output, self.room.taps)
        member.is_plain = newcomer.is_plain
        return member

    def _turn_away(self, sock: socket.socket, address: sockets.Address, why: str, is_plain: bool) -> None:
        self.room.report("refused", why, address)
        self.door.turn_away(sock, why, partial(self._trace, address), is_plain)

    def _trace(self, address: sockets.Address, kind: str, data: bytes = b"", apelido: str = "") -> None:
        if self.room.taps.all:  # sem ninguém olhando, nada se monta
            self.room.taps.tell(Event(kind, apelido, address=address, data=data))


def _listen_on(host: str, port: int) -> socket.socket:
    """O socket que escuta, no lugar do servidor deste processo que esteja no endereço."""
    try:
        return sockets.listen(host, port)
    except PortInUse:
        rivals = [
            server
            for (other, used), server in _on_air.items()
            if used == port and sockets.overlap(other, host)
        ]
        if not rivals:
            raise
        for server in rivals:
            server.shutdown()
        return sockets.listen(host, port)


def _make_room(
    backplane: "str | Backplane | None", sala: str, history_file: str | Path | None, **rules: Any
) -> Room:
    """A sala só deste servidor, ou a que ele divide com outros."""
    if not backplane:
        return Room(history_file=history_file, **rules)
    if history_file:
        raise UsageError("com backplane, o histórico já sobrevive no registro comum: tire o history_file")
    from .shared_room import SharedRoom, connect  # só quem divide a sala paga por isso

    return SharedRoom(connect(backplane, sala), **rules)
