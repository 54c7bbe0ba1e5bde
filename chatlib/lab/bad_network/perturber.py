"""O perturbador: uma rede ruim, de propósito, entre o cliente e o servidor.

    with Perturber(server, delay=0.2) as net:
        ana = Client("Ana", *net.address)   # o endereço dele, no lugar do servidor
        net.one_by_one = True               # e as regras mudam com a conversa no ar

    cliente ──▶ net.address ══ atrasa, fatia, corta, derruba ══▶ server.address

O TCP continua valendo: nenhum byte se perde nem troca de lugar enquanto a conexão existe. O que
muda é *quando* os bytes chegam, em *que pedaços*, e *como* a conexão acaba. Uma thread só cuida
de todas as conexões; o que acontece dentro de cada uma está em `lanes`.
"""

import socket
import threading
import time
from collections import Counter
from contextlib import suppress

from ... import rerun
from ...address import ANYWHERE
from ...errors import ChatError, UsageError
from ...protocol import check_port
from ...sockets import listen
from .lanes import Lane, Link, dial, wait_for
from .rules import TO_CLIENT, TO_SERVER, Rules, check_direction, check_rule

MAX_CONNECTIONS = 64  # as seguintes esperam na fila do sistema


class Setting:
    """Uma regra de `Rules` que se lê e se muda como atributo do `Perturber`."""

    def __init__(self, doc: str):
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, perturber: "Perturber | None", owner: type | None = None):
        return self if perturber is None else getattr(perturber._rules, self._name)

    def __set__(self, perturber: "Perturber", value) -> None:
        perturber.change(**{self._name: value})


class Perturber:
    """Um intermediário local entre clientes e ``server``, que estraga a rede como se pede.

    server: um `Server` ou ``(host, porta)``; seed: de onde saem os sorteios de ``jitter``, sempre
    os mesmos; max_connections: quantas conexões ao mesmo tempo. As regras são as de `change`, e
    cada uma é também um atributo. Já está no ar quando o construtor volta; rodar a célula de novo
    fecha o anterior. Levanta UsageError se um argumento não faz sentido.

    address: o ``(host, porta)`` que se dá aos clientes.
    """

    direction = Setting("A que sentido as regras se aplicam: to_server, to_client ou both.")
    delay = Setting("Atraso de cada pedaço, em segundos.")
    jitter = Setting("O máximo do atraso sorteado que se soma a ``delay``, em segundos.")
    chunk = Setting("O maior envio, em bytes; None deixa como vier.")
    gap = Setting("A pausa depois de cada envio, em segundos, quando há ``chunk``.")
    cut_after = Setting("Quantos bytes ainda passam em cada conexão até o corte; None não corta.")

    def __init__(self, server, *, seed: int = 0, max_connections: int = MAX_CONNECTIONS, **rules):
        self._where, self._seed, self._max = server, seed, max_connections
        self._known = address_of(server)
        self._lock = threading.Lock()  # guarda _rules, _links e _passed
        self._rules, self._closing = Rules(), False
        self._links: list[Link] = []
        self._passed: Counter[str] = Counter()  # do que passou nas conexões que já acabaram
        self._count = 0
        self._waker: socket.socket | None = None  # enquanto não há thread a acordar
        self.change(**rules)
        for old in rerun.claim(self):
            old.close()
        self._listener = listen("127.0.0.1", 0)
        self._listener.setblocking(False)
        self._wakened, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        self.address = self._listener.getsockname()
        self._thread = threading.Thread(target=self._run, name="chatlib: perturbador", daemon=True)
        self._thread.start()

    # --- as regras

    def change(self, *, one_by_one: bool | None = None, **rules) -> None:
        """Muda regras no ar: direction, delay, jitter, chunk, gap, cut_after e one_by_one.

        Valem para o que chegar de agora em diante, nas conexões abertas e nas novas; a contagem de
        ``cut_after`` recomeça. Levanta UsageError se um valor não serve, e nada muda.
        """
        if one_by_one is not None:
            rules["chunk"] = 1 if one_by_one else None
        for name, value in rules.items():
            check_rule(name, value)
        with self._lock:
            vars(self._rules).update(rules)
            if {"cut_after", "direction"} & rules.keys():
                for lane in self._lanes():
                    lane.arm()
        self._wake()

    @property
    def one_by_one(self) -> bool:
        """Se os bytes seguem um a um, cada um no seu envio."""
        return self.chunk == 1

    @one_by_one.setter
    def one_by_one(self, on: bool) -> None:
        self.change(one_by_one=on)

    # --- o que se faz na hora

    def stall(self, direction: str | None = None) -> None:
        """Para tudo neste sentido (o padrão é `direction`): nada se perde, nada passa.

        Nem bytes, nem encerramentos, nem quedas; rumo ao servidor, nem quem chega. Com ``"both"``
        é o silêncio de um cabo solto: as conexões continuam abertas, e ninguém fica sabendo.
        """
        with self._lock:
            self._rules.stalled |= self._both(direction)

    def resume(self, direction: str | None = None) -> None:
        """Volta a deixar passar, a começar pelo que ficou esperando."""
        with self._lock:
            self._rules.stalled -= self._both(direction)
        self._wake()

    def cut(self) -> None:
        """Encerra com educação todas as conexões: os dois lados recebem ``b""``."""
        self._end("cut")

    def reset(self) -> None:
        """Derruba todas as conexões: os dois lados recebem ConnectionResetError."""
        self._end("reset")

    def half_close(self, direction: str | None = None) -> None:
        """Encerra só um sentido: quem o recebe lê ``b""``, e o outro sentido continua."""
        with self._lock:
            ended = self._both(direction)
            for lane in self._lanes():
                lane.over = lane.over or lane.direction in ended
        self._wake()

    def close(self) -> None:
        """Fecha a porta e todas as conexões, e espera a thread. Pode ser chamado de novo."""
        self._closing = True
        self._wake()
        self._thread.join()

    # --- o que se pode ver

    @property
    def connections(self) -> int:
        """Quantas conexões passam por aqui agora."""
        with self._lock:
            return len(self._links)

    @property
    def passed(self) -> dict[str, int]:
        """Quantos bytes já foram entregues em cada sentido, nas conexões abertas e nas antigas."""
        with self._lock:
            total = self._passed.copy()
            total.update(self._count_bytes(self._links))
        return {direction: total[direction] for direction in (TO_SERVER, TO_CLIENT)}

    def controls(self):
        """Os mesmos comandos em réguas e botões, para pôr numa célula do JupyterLab."""
        from .controls import PerturberControls

        return PerturberControls(self)

    def __enter__(self) -> "Perturber":
        return self

    def __exit__(self, *exc) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Perturber {self}>"

    def __str__(self) -> str:
        """Como está e o que faz, como *no ar: byte a byte, nos dois sentidos*."""
        return f"{'fechado' if self._closing else 'no ar'}: {self._rules}"

    # --- miudezas, com a trava na mão

    def _lanes(self) -> list[Lane]:
        return [lane for link in self._links for lane in link.lanes]

    def _both(self, direction: str | None) -> set[str]:
        return check_direction(self._rules.direction if direction is None else direction)

    def _count_bytes(self, links: list[Link]) -> Counter:
        total: Counter[str] = Counter()
        for lane in (lane for link in links for lane in link.lanes):
            total[lane.direction] += lane.passed
        return total

    def _end(self, how: str) -> None:
        with self._lock:
            for link in self._links:
                link.ending = how
        self._wake()

    def _wake(self) -> None:
        with suppress(OSError):  # já há o que o acorde, ou a thread já acabou
            if self._waker:
                self._waker.send(b"\0")

    # --- a thread

    def _run(self) -> None:
        try:
            while not self._closing:
                with self._lock:
                    wanted, patience = self._wanted(), self._patience()
                ready = wait_for(wanted, patience)
                with self._lock:
                    self._turn(ready)
        finally:
            with self._lock:
                for link in self._links:
                    link.close()
                self._passed.update(self._count_bytes(self._links))
                self._links = []
            for sock in filter(None, (self._listener, self._wakened, self._waker)):
                sock.close()

    def _wanted(self) -> dict[socket.socket, tuple[bool, bool]]:
        wanted = {self._wakened: (True, False), self._listener: (self._has_room(), False)}
        for link in self._links:
            wanted |= link.wanted()
        return wanted

    def _has_room(self) -> bool:
        """Se alguém mais pode entrar; parado rumo ao servidor, não: a chegada também é um recado."""
        return len(self._links) < self._max and TO_SERVER not in self._rules.stalled

    def _patience(self) -> float | None:
        due = min((due for link in self._links if (due := link.due()) is not None), default=None)
        return None if due is None else max(0.0, due - time.monotonic())

    def _turn(self, ready: set[socket.socket]) -> None:
        if self._wakened in ready:
            self._wakened.recv(4096)
        # Uma regra pode ter mudado desde que se começou a esperar: pergunta-se de novo.
        if self._listener in ready and self._has_room():
            self._admit()
        now = time.monotonic()
        over = [link for link in self._links if link.advance(ready, now)]
        self._passed.update(self._count_bytes(over))
        self._links = [link for link in self._links if link not in over]

    def _target(self) -> tuple[str, int]:
        with suppress(ChatError):  # o servidor parou: quem se conecta por aqui descobre
            self._known = address_of(self._where)
        return self._known

    def _admit(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:  # desistiu antes de ser aceito
            return
        self._count += 1
        self._links.append(dial(client, self._target(), self._rules, f"{self._seed} {self._count}"))


def address_of(server) -> tuple[str, int]:
    """O endereço em que conectar; UsageError se ``server`` não diz um, AddressError se está parado."""
    address = getattr(server, "address", server)
    if not isinstance(address, tuple | list) or len(address) != 2 or not isinstance(address[0], str):
        raise UsageError('diga o servidor, ou o endereço dele, como em Perturber(("127.0.0.1", 55555))')
    host: str
    host, port = address
    return ANYWHERE.get(host, host), check_port(port)
