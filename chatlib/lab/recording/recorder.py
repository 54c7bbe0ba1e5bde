"""O gravador: guarda numa fita o que passou pelos sockets, e quando.

    with Recorder(server) as fita:          # um Server ou um Client do chatlib
        ...
    fita.tape                               # a fita, com as entradas em ordem

    with Recorder() as fita:                # um servidor escrito por você
        server = fita.wrap(server)          # as conexões que ele aceita também são gravadas
        fita.mark("Bruno se conecta")       # uma marca, para se achar depois

A fita é uma `chatlib.lab.tape.Tape`; cada `Entry` dela tem ``at`` e ``began`` (segundos desde o
começo da fita), ``kind``, ``who`` (de quem é a ponta: ``servidor``, ``Ana``), ``peer`` (quem está
na outra), ``data`` (os bytes, ou só o começo deles), ``size`` (quantos foram), ``text``,
``thread`` e ``conn`` (o número da conexão, a partir de 1). Ela está na ordem em que uma coisa
pode ter causado a outra: um envio conta pelo começo, o resto pelo fim. Quem ainda não disse o
apelido é ``visitante 1``; quem o diz mais tarde ganha o nome desde a primeira entrada.

Os tipos (``kind``):

- no fio: ``opened`` (conexão aceita), ``received`` (um ``recv``; ``data`` vazio: o outro lado
  encerrou; o `chatlib` não conta esse último), ``sent`` (um ``send``), ``closed``, ``failed``
  (``text`` diz o quê, como ``recv: TimeoutError``) e ``waiting`` (uma chamada que ainda não
  tinha voltado: ``text`` diz qual);
- na sala, só de um `Server`: ``present`` (já estava lá), ``connected``, ``named``, ``message``
  (lida do que foi entregue a seu autor), ``private``, ``renamed`` (``text`` é o novo apelido),
  ``left``, ``refused``, ``error``;
- nas travas de `Recorder.lock`: ``locked`` e ``unlocked`` (``text`` é o nome da trava);
- nas threads: ``thread_started`` e ``thread_ended``, das que começaram durante a gravação, com o
  instante de cada uma; com ``threads=True``, ``state`` (``text`` diz em que ela passou a estar);
- ``mark``: o que você marcou.

Gravar custa pouco e tem limite: de entradas, de bytes e de bytes por entrada. Passou do limite,
as mais antigas se perdem, e `Tape.lost` diz quantas. Fora do ``with`` nada fica ligado.
"""

import socket
import threading
import time
import weakref
from functools import partial

from ... import rerun
from ...client import Client
from ...errors import UsageError
from ...events import Event
from ...server import Server
from ..drawing.diagram import Diagram
from ..drawing.timeline import Timeline
from ..microscope.microscope import Microscope
from ..tape import SERVER, Tape
from . import watched
from .naming import name_all
from .reel import Raw, Reel
from .sampler import Sampler
from .thread_hook import ThreadHook

MAX_ENTRIES = 20_000
MAX_BYTES = 8 << 20  # da fita toda
MAX_DATA = 1024  # de cada entrada
GRACE = 0.05  # segundos


class Recorder:
    """Grava o que passa por servidores, clientes e sockets, dentro de um ``with``.

    targets: `Server` ou `Client` do chatlib a gravar (nenhum: só o que passar por `wrap`);
    max_entries, max_bytes e max_data: quantas entradas e quantos bytes guardar, na fita e em cada
    entrada; threads: se anota também, a cada 2 ms, o que cada thread está fazendo.

    Fora de um ``with``, use `start` e `stop`. Levanta UsageError se um argumento não serve.
    """

    def __init__(
        self,
        *targets: Server | Client,
        max_entries: int = MAX_ENTRIES,
        max_bytes: int = MAX_BYTES,
        max_data: int = MAX_DATA,
        threads: bool = False,
    ):
        if not all(isinstance(target, Server | Client) for target in targets):
            raise UsageError(
                "um Recorder grava um Server ou um Client do chatlib; para um socket seu, use wrap"
            )
        if min(max_entries, max_bytes, max_data) <= 0:
            raise UsageError("um limite da fita é maior que zero")
        for old in rerun.claim(self):
            old.close()
        self._targets, self._with_states = targets, threads
        self._reel, self._max_data = Reel(max_entries, max_bytes), max_data
        self._waits: watched.Waits = {}
        # Fracas: gravar um socket não o mantém aberto depois que o programa o esqueceu.
        self._sockets: list[weakref.ref[socket.socket]] = []
        self._undo: list = []
        self._start = time.monotonic()
        self._tape: Tape | None = None

    # --- a gravação

    def start(self) -> "Recorder":
        """Começa a gravar; devolve o próprio gravador."""
        if self._reel.is_open:
            return self
        self._reel.open()
        self._start, self._tape = time.monotonic(), None
        if self._with_states:
            self._undo.append(Sampler(self._note).start())
        self._undo.append(ThreadHook(self._note).install())
        for target in self._targets:
            self._listen(target)
        return self

    def stop(self) -> None:
        """Para de gravar e solta tudo; a fita fica. Chamar de novo não faz nada."""
        if not self._reel.is_open:
            return
        for server in self._servers:
            server.room.settle()
        for undo in reversed(self._undo):
            undo()
        for ref in self._sockets:
            if sock := ref():
                watched.unwatch(sock)
        self._undo.clear()
        self._sockets.clear()
        self._tape = self._snapshot()
        self._reel.close()

    close = stop

    def __enter__(self) -> "Recorder":
        return self.start()

    def __exit__(self, *exc) -> None:
        self.stop()

    def __repr__(self) -> str:
        return "<Recorder gravando>" if self._reel.is_open else "<Recorder parado>"

    # --- o que gravar

    def wrap(self, sock: socket.socket, *, peer: str = "", who: str = "") -> socket.socket:
        """Passa a gravar o socket e, se ele escuta, as conexões que aceitar; devolve o mesmo socket.

        peer: de quem é a outra ponta, se já se sabe e esta é a do servidor; who: de quem é esta,
        se é a de um cliente. Nada muda para quem usa o socket. Uma chamada que já esperava antes
        de ``wrap`` não é vista. Levanta UsageError se a gravação não começou.
        """
        if not self._reel.is_open:
            raise UsageError("o gravador está parado: chame wrap dentro do with, ou depois de start()")
        watcher = self._watch(sock, "" if who else SERVER, who or peer)
        if who and watcher.key:  # a ponta de um cliente que já se conectou
            self._note_call("opened", time.monotonic(), watcher)
        return sock

    def lock(self, lock=None, name: str = "trava"):
        """Uma trava que grava quem esperou por ela e quem a teve; ``lock``: a sua, se já tem uma."""
        watcher = watched.Watcher(self._note_call, self._waits, SERVER)
        return watched.WatchedLock(lock or threading.Lock(), watcher, name)

    def mark(self, text: str) -> None:
        """Põe uma marca na fita."""
        self._note("mark", text=text)

    # --- a fita

    @property
    def tape(self) -> Tape:
        """O que foi gravado até agora, e o que cada thread está esperando."""
        return self._tape or self._snapshot()

    def to_jsonl(self, path=None) -> str:
        """A fita em JSON Lines: veja `Tape.to_jsonl`."""
        return self.tape.to_jsonl(path)

    def diagram(self, **options):
        """A fita como um diagrama de sequência: veja `chatlib.lab.drawing.diagram.Diagram`."""
        return Diagram(self.tape, **options)

    def timeline(self, **options):
        """O que cada thread fez: veja `chatlib.lab.drawing.timeline.Timeline`."""
        return Timeline(self.tape, **options)

    def microscope(self, **options):
        """Os bytes de cada recv e de cada send: veja `chatlib.lab.microscope.microscope.Microscope`."""
        return Microscope(self.tape, **options)

    def _let_sends_end(self) -> None:
        """Espera um instante pelos envios em andamento: o outro lado pode já ter lido o que levaram."""
        limit = time.monotonic() + GRACE
        while time.monotonic() < limit and any(what == "send" for what, *_ in list(self._waits.values())):
            time.sleep(GRACE / 50)

    def _snapshot(self) -> Tape:
        self._let_sends_end()
        now = time.monotonic()
        raws, lost = self._reel.read()
        for thread, (what, began, by) in list(self._waits.items()):
            if thread.is_alive():
                raws.append(Raw(now, began, "waiting", by.side, by.key, by.apelido, b"", 0, what, thread))
        return Tape(name_all(raws, self._start), lost, bool(self._servers), round(now - self._start, 6))

    # --- por dentro

    @property
    def _servers(self) -> list[Server]:
        return [target for target in self._targets if isinstance(target, Server)]

    def _listen(self, target: Server | Client) -> None:
        if isinstance(target, Client):
            self._undo.append(target.tap(partial(self._hear, "")))
            return
        target.room.settle()  # o que é de antes fica de fora
        for member in target.room.members:
            self._note("present", key=member.address, apelido=member.apelido)
        hear = partial(self._hear, SERVER)
        self._undo += [target.room.tap(hear), target.room.subscribe(hear, messages=False)]

    def _hear(self, side: str, event: Event) -> None:
        """Empilha e segue: é o que cada send a um membro paga para ser gravado."""
        now, began, data = time.monotonic(), event.began, event.data
        # Só o carteiro diz quando começou, e perguntar quem ele é custa.
        thread = None if began and side else threading.current_thread()
        size, kept = len(data), data[: self._max_data]
        end = kept, size, event.text, thread
        self._reel.push((now, began or now, event.kind, side, event.address, event.apelido, *end))

    def _note(self, kind: str, *, key=None, apelido: str = "", text: str = "", thread=None) -> None:
        now = time.monotonic()
        thread = thread or threading.current_thread()
        self._reel.push(Raw(now, now, kind, SERVER if key else "", key, apelido, b"", 0, text, thread))

    def _note_call(self, kind: str, began: float, by: watched.Watcher, data: bytes = b"", text: str = ""):
        kept, now = data[: self._max_data], time.monotonic()
        thread = threading.current_thread()
        self._reel.push(Raw(now, began, kind, by.side, by.key, by.apelido, kept, len(data), text, thread))

    def _watch(self, sock: socket.socket, side: str = SERVER, apelido: str = "") -> watched.Watcher:
        watcher = watched.Watcher(self._note_call, self._waits, side, apelido, adopt=self._watch)
        watcher.identify(sock)
        if self._reel.is_open:  # o accept pode ter voltado depois do fim da gravação
            watched.watch(sock, watcher)
            self._sockets.append(weakref.ref(sock))
        return watcher
