"""Um cluster nesta máquina: servidores do chat e nós do registro comum, para derrubar e ver o que se perde.

    with Cluster() as cluster:
        ana = Client("Ana", *cluster.addresses[0])
        cluster.kill("no-1")         # ou "servidor-2", ou cluster.leader
        cluster.restart("no-1")
        cluster.partition("no-3")    # a máquina 3, com o que houver nela, fica isolada
        cluster.heal()

    máquina 1            máquina 2            máquina 3
    servidor-1 ──▶ no-1 ══════ no-2 ══════ no-3 ◀── servidor-3
         ╰╌╌╌╌╌╌ se o seu nó cai, os outros ╌╌╌╌╌╌▶

Tudo o que vai de uma "máquina" a outra passa por um `Perturber`, e é assim que ela se isola: o que foi
mandado não chega nem volta com erro, como num cabo solto. Os clientes continuam alcançando o servidor.
"""

import time
from itertools import permutations

from ... import rerun
from ...errors import BackplaneError, UsageError
from ..bad_network.perturber import Perturber
from .parts import LOCAL, ChatServer, Node
from .processes import Nursery, Part

STARTING = 30.0  # segundos para que uma peça fique pronta
POLL = 0.02  # segundos entre olhadas
MAX = 9  # máquinas


class Cluster:
    """Servidores do chat e nós do registro comum, cada um num processo, e a rede entre eles.

    nodes: quantos nós; com três, um pode cair; servers: quantos servidores do chat; sala: o nome da
    sala; options: o mais que se diga na linha de comando de cada servidor, como ["--history", "50"].

    Já está no ar quando o construtor volta. Tudo se encerra com ``close()``, com a célula rodada de
    novo, e também se este processo morrer. Levanta UsageError se um número não serve ou falta o
    nats-server, e BackplaneError se uma peça não fica pronta.
    """

    def __init__(
        self, nodes: int = 3, servers: int = 3, *, sala: str = "sala", options: list[str] | None = None
    ):
        if not (1 <= nodes <= MAX and 0 <= servers <= MAX):
            raise UsageError(f"um cluster tem de 1 a {MAX} nós e até {MAX} servidores")
        for old in rerun.claim(self):
            old.close()
        self._log = f"chat-{sala}"
        self._nursery = Nursery()
        self._cables: list[tuple[set[int], Perturber]] = []  # as máquinas que cada um liga
        self.nodes = [Node(f"no-{number}", self._nursery) for number in range(1, nodes + 1)]
        self.servers = [
            ChatServer(f"servidor-{number}", self._nursery, sala, self._urls(number), options or [])
            for number in range(1, servers + 1)
        ]
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        if len(self.nodes) > 1:
            for one, other in permutations(range(1, len(self.nodes) + 1), 2):
                self.nodes[one - 1].routes.append(self._wire(one, other, self.nodes[other - 1].route))
            for node in self.nodes:
                node.routes.append(f"nats://{LOCAL}:{node.route}")
        for group in (self.nodes, self.servers):
            for part in group:
                part.start()
            for part in group:
                self._wait_ready(part)

    def _urls(self, machine: int) -> list[str]:
        """Por onde a máquina alcança os nós: o dela, direto; os das outras, por um cabo."""
        near = [node.url for number, node in enumerate(self.nodes, 1) if number == machine]
        others = [(number, node) for number, node in enumerate(self.nodes, 1) if number != machine]
        others = [pair for pair in others if pair[0] > machine] + [
            pair for pair in others if pair[0] < machine
        ]
        return near + [self._wire(machine, number, node.port) for number, node in others]

    def _wire(self, one: int, other: int, port: int) -> str:
        """Um cabo de uma máquina a uma porta de outra; devolve o endereço da ponta de cá."""
        with rerun.unclaimed():
            net = Perturber((LOCAL, port))
        self._cables.append(({one, other}, net))
        return "nats://{}:{}".format(*net.address)

    def _wait_ready(self, part: Part) -> None:
        deadline = time.monotonic() + STARTING
        while not part.is_ready:
            if not part.is_running or time.monotonic() > deadline:
                last = (part.said.strip().splitlines() or ["nada"])[-1]
                raise BackplaneError(f"{part.name} não ficou pronto; a última coisa que ele disse: {last}")
            time.sleep(POLL)

    # --- o que se faz com ele

    def kill(self, name: str) -> None:
        """Mata a peça com um ``kill -9``; o que ela guardava em disco fica."""
        self._find(name).kill()

    def restart(self, name: str) -> None:
        """Liga de novo a peça, nas mesmas portas, e espera que fique pronta."""
        part = self._find(name)
        part.stop()
        part.start()
        self._wait_ready(part)

    def partition(self, name: str) -> None:
        """Isola a máquina em que a peça está; se ela tem um nó e um servidor, os dois."""
        self._find(name)
        for net in self._around(int(name.rpartition("-")[2])):
            net.stall("both")

    def heal(self) -> None:
        """Refaz todos os cabos."""
        for _, net in self._cables:
            net.resume("both")

    def close(self) -> None:
        """Encerra tudo e apaga a pasta provisória; chamar de novo não faz nada."""
        for group in (self.servers, self.nodes):
            for part in group:
                part.stop()
        for _, net in self._cables:
            net.close()
        self._nursery.close()

    # --- o que se vê

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """O ``(host, porta)`` de cada servidor do chat."""
        return [server.address for server in self.servers]

    @property
    def urls(self) -> list[str]:
        """O endereço de cada nó."""
        return [node.url for node in self.nodes]

    @property
    def leader(self) -> str:
        """O nome do nó que lidera o registro, segundo a maioria dos que respondem; "" se não há."""
        votes = [node.leader(self._log) for node in self.nodes if node.is_running]
        return max(set(votes), key=votes.count, default="")

    @property
    def parts(self) -> dict[str, Part]:
        """As peças, pelo nome."""
        return {part.name: part for part in [*self.nodes, *self.servers]}

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *exc) -> None:
        self.close()

    def __repr__(self) -> str:
        alive = [name for name, part in self.parts.items() if part.is_running]
        return f"<Cluster no ar: {', '.join(alive)}>" if alive else "<Cluster encerrado>"

    def _find(self, name: str) -> Part:
        if part := self.parts.get(name):
            return part
        raise UsageError(f"não há {name!r} neste cluster: há {', '.join(self.parts)}")

    def _around(self, machine: int) -> list[Perturber]:
        return [net for ends, net in self._cables if machine in ends]
