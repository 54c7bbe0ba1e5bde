"""O caminho por dentro do perturbador: uma conexão, com dois sentidos, e as regras de cada um.

    cliente ──▶ [ leu │ espera │ ainda não coube ] ──▶ servidor     um `Lane` em cada sentido
            ◀── [                                ] ◀──

Cada sentido guarda no máximo ``BUFFER`` bytes: cheio, deixa de ler, e é o próprio TCP que segura
quem fala (contrapressão). Nada aqui espera nem tem trava: quem mexe tem na mão a do perturbador.
"""

import random
import selectors
import socket
from collections import deque

from ...sockets import LINGER, reset_on_close, shut
from .rules import TO_CLIENT, TO_SERVER, Rules

BUFFER = 65536  # bytes que um sentido guarda à espera de sair


class Cut(Exception):
    """A hora do corte: passou o último byte que ``cut_after`` deixa."""


class Lane:
    """Um sentido de uma conexão: lê de ``source``, faz esperar e entrega a ``target``."""

    def __init__(self, direction: str, source: socket.socket, target: socket.socket, rules: Rules, seed: str):
        self.direction, self.source, self.target, self.rules = direction, source, target, rules
        self.passed = 0  # bytes já entregues
        self.left: int | None = None  # bytes até o corte
        self.over = False  # nada do que ainda for lido segue adiante
        self.source_over = self.blocked = self._shut = False
        self._random = random.Random(seed)
        self._queue: deque[tuple[float, memoryview]] = deque()
        self._size, self._last_due, self._pause_end = 0, 0.0, 0.0
        self.arm()

    def arm(self) -> None:
        """Recomeça a contagem de ``cut_after``."""
        self.left = self.rules.cut_after if self.rules.cover(self.direction) else None

    @property
    def stalled(self) -> bool:
        """Se este sentido está parado por `Perturber.stall`."""
        return self.direction in self.rules.stalled

    @property
    def done(self) -> bool:
        """Se a fonte encerrou e tudo o que veio dela já foi entregue."""
        return self.source_over and self._shut

    def wants_to_read(self) -> bool:
        """Se há lugar para mais, e de onde vir."""
        # Encerrado o sentido, lê-se para jogar fora: é como se descobre que a fonte encerrou também.
        return not self.source_over and not self.stalled and (self.over or self._size < BUFFER)

    def due(self) -> float | None:
        """O instante em que algo pode sair; None se nada espera, ou se o alvo não aceita agora."""
        if not self._queue or self.stalled or self.blocked:
            return None
        # A pausa é dos pedaços: sem eles, o que esperava por ela segue já.
        return max(self._queue[0][0], self._pause_end if self._chunk else 0.0)

    def receive(self, now: float) -> None:
        """Lê uma vez e marca para quando cada byte pode sair; OSError se a fonte caiu."""
        try:
            data = self.source.recv(BUFFER)
        except BlockingIOError:  # a fonte estava pronta, mas para escrever: é o alvo do outro sentido
            return
        if not data:
            self.source_over = self.over = True
        elif not self.over:
            self._last_due = max(self._last_due, now + self._wait())  # o TCP não troca a ordem
            self._queue.append((self._last_due, memoryview(data)))  # fatiá-la não copia
            self._size += len(data)

    def deliver(self, now: float) -> None:
        """Envia o que já pode sair; `Cut` na hora do corte, OSError se o alvo caiu."""
        while (due := self.due()) is not None and due <= now:
            if not self._send_piece(now):
                return
        # O fim viaja pelo mesmo caminho, atrás do último byte.
        if self.over and not self._queue and not self.stalled and not self._shut:
            shut(self.target, socket.SHUT_WR)
            self._shut = True

    @property
    def _chunk(self) -> int | None:
        """O maior envio neste sentido; None: como vier."""
        return self.rules.chunk if self.rules.cover(self.direction) else None

    def _wait(self) -> float:
        if not self.rules.cover(self.direction):
            return 0.0
        return self.rules.delay + self.rules.jitter * self._random.random()

    def _send_piece(self, now: float) -> bool:
        due, data = self._queue[0]
        size = min(filter(None, (self._chunk, self.left, len(data))))
        try:
            sent = self.target.send(data[:size])
        except BlockingIOError:
            self.blocked = True
            return False
        self._drop(due, data[sent:], sent)
        if self._chunk:
            self._pause_end = now + self.rules.gap
        if self.left == 0:
            raise Cut
        return True

    def _drop(self, due: float, rest: memoryview, sent: int) -> None:
        self._queue.popleft()
        if rest:
            self._queue.appendleft((due, rest))
        self._size -= sent
        self.passed += sent
        if self.left is not None:
            self.left -= sent


class Link:
    """Uma conexão que passa pelo perturbador: dois sockets e um `Lane` em cada sentido.

    server: um socket que ainda pode estar se conectando; seed: de onde sai o sorteio.
    """

    def __init__(self, client: socket.socket, server: socket.socket, rules: Rules, seed: str):
        self.socks = client, server
        self.lanes = (
            Lane(TO_SERVER, client, server, rules, f"{seed} {TO_SERVER}"),
            Lane(TO_CLIENT, server, client, rules, f"{seed} {TO_CLIENT}"),
        )
        self.connecting = True
        self.ending: str | None = None  # "cut" ou "reset", assim que a thread puder
        self._draining: float | None = None  # até quando se lê o que sobrou, depois do corte

    def wanted(self) -> dict[socket.socket, tuple[bool, bool]]:
        """O que se espera de cada socket: se quer ler e se quer escrever."""
        if self.connecting:
            return {self.socks[1]: (False, True)}
        if self._draining is not None:
            return {lane.source: (not lane.source_over, False) for lane in self.lanes}
        back = {lane.target: lane.blocked and not lane.stalled for lane in self.lanes}
        return {lane.source: (lane.wants_to_read(), back[lane.source]) for lane in self.lanes}

    def due(self) -> float | None:
        """O próximo instante em que há o que fazer, mesmo que nada chegue."""
        if self._draining is not None:
            return self._draining
        return min((due for lane in self.lanes if (due := lane.due()) is not None), default=None)

    def advance(self, ready: set[socket.socket], now: float) -> bool:
        """Faz o que der agora; diz se a conexão acabou, já com os sockets fechados."""
        try:
            return self._advance(ready, now)
        except Cut:
            self._start_cut(now)
            return False
        except OSError:  # uma ponta caiu: a outra fica sabendo do mesmo jeito
            return self.close(abruptly=True)

    def _advance(self, ready: set[socket.socket], now: float) -> bool:
        if self.ending == "reset":
            return self.close(abruptly=True)
        if self._draining is not None:
            return self._drain(ready, now, self._draining)
        if self.ending == "cut":
            raise Cut
        if self.connecting:
            self._check_connection(ready)
            return False
        for lane in self.lanes:
            if lane.source in ready and lane.wants_to_read():
                lane.receive(now)
            # O alvo talvez esteja pronto só para ler: então o send torna a dizer que não cabe.
            lane.blocked = lane.blocked and lane.target not in ready
            lane.deliver(now)
        return all(lane.done for lane in self.lanes) and self.close()

    def _check_connection(self, ready: set[socket.socket]) -> None:
        # Quem conecta sem esperar fica pronto nos dois casos, e só SO_ERROR diz em qual.
        if self.socks[1] in ready:
            if number := self.socks[1].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(number, "o servidor não atende")
            self.connecting = False

    def _start_cut(self, now: float) -> None:
        """Encerra com educação: FIN para os dois lados, e espera que eles encerrem também."""
        for sock in self.socks:
            shut(sock, socket.SHUT_WR)
        # Fechar já, com bytes por ler, mandaria um RST, que pode apagar os últimos que o outro não leu.
        self._draining, self.connecting = now + LINGER, False

    def _drain(self, ready: set[socket.socket], now: float, limit: float) -> bool:
        for lane in self.lanes:
            if lane.source in ready:
                lane.source_over = not lane.source.recv(BUFFER)
        return (now >= limit or all(lane.source_over for lane in self.lanes)) and self.close()

    def close(self, abruptly: bool = False) -> bool:
        """Fecha os dois sockets, com RST se ``abruptly``; devolve True."""
        for sock in self.socks:
            if abruptly:
                reset_on_close(sock)
            sock.close()
        return True


def dial(client: socket.socket, address: tuple[str, int], rules: Rules, seed: str) -> Link:
    """A conexão de quem chegou até o servidor neste endereço; se ele não atende, ela já acaba com RST."""
    server = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
    link = Link(client, server, rules, seed)
    for sock in link.socks:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        server.connect(address)
    except BlockingIOError:  # a conexão se completa depois; a falha, Link descobre
        pass
    except OSError:
        link.ending = "reset"
    return link


def wait_for(wanted: dict[socket.socket, tuple[bool, bool]], timeout: float | None) -> set[socket.socket]:
    """Os sockets prontos, esperando por um deles até ``timeout`` segundos (None: sempre)."""
    # O select não aceita descritores de 1024 em diante; no Windows, onde só há ele, isso não vale.
    with getattr(selectors, "PollSelector", selectors.SelectSelector)() as selector:
        # De quem não se quer nada nem se pergunta: poll sempre conta quedas, e acordaria sem parar.
        for sock, (reading, writing) in wanted.items():
            if mask := selectors.EVENT_READ * reading | selectors.EVENT_WRITE * writing:
                selector.register(sock, mask, sock)
        return {key.data for key, _ in selector.select(timeout)}
