"""O registro comum: o que faz de vários servidores uma sala só.

    servidor A ── publish ──┐                        ┌──▶ apply ── A
    servidor B ── publish ──┼──▶  registro comum  ───┼──▶ apply ── B
    servidor C ── publish ──┘   (uma ordem, uma só)  └──▶ apply ── C

Cada servidor publica o que os seus membros fizeram, e nada vale antes de voltar: todos leem os mesmos
fatos na mesma ordem e, partindo da mesma sala vazia, chegam à mesma sala. Quem chega depois parte do
último estado que alguém guardou e lê o que veio em seguida.

Aqui está o que a sala espera de um registro (`Backplane`), um que cabe num processo (`Hub`) e quem
percebe que um servidor se calou (`Watch`). O que atravessa máquinas está em `jetstream`.
"""

import threading
from collections.abc import Collection
from typing import Protocol


class Follower(Protocol):
    """Quem segue o registro: a sala de um servidor."""

    def restore(self, state: bytes) -> None:
        """Parte deste estado; antes de qualquer fato, se houver um guardado."""

    def apply(self, facts: list[bytes]) -> bytes | None:
        """Cumpre os próximos fatos; devolve, de vez em quando, o estado depois deles.

        As chamadas vêm de uma só thread, na ordem do registro, que é a mesma para todos. Um fato
        pode vir repetido.
        """

    def heard(self, data: bytes) -> None:
        """Chegou um sinal de vida, de qualquer thread."""

    def linked(self, is_up: bool) -> None:
        """O contato com o registro se perdeu, ou voltou."""


class Backplane(Protocol):
    """O registro comum, visto por um servidor."""

    def start(self, follower: Follower) -> None:
        """Passa a contar os fatos a ``follower``; volta com ele em dia. `BackplaneError` se não dá."""

    def publish(self, fact: bytes) -> None:
        """Põe um fato no registro, depois dos que já publicou. Volta logo, e insiste até conseguir."""

    def pulse(self, data: bytes) -> None:
        """Manda um sinal de vida aos outros; ele não se guarda, e pode perder-se."""

    def stop(self) -> None:
        """Deixa de contar, e desiste do que ainda não publicou."""


class Hub:
    """Um registro comum dentro de um processo só, para os testes e para ver a ideia sem rede.

    ``hub.port()`` é o `Backplane` de um servidor.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()  # guarda tudo abaixo
        self.ports: list[Port] = []
        self.facts: list[bytes] = []  # os que alguém ainda pode precisar ler
        self.first = 0  # o número do primeiro deles
        self.state, self.kept_at = b"", 0  # o último estado guardado, e o número do primeiro fato depois dele

    def port(self) -> "Port":
        """Mais um servidor no registro."""
        return Port(self)

    def keep(self, state: bytes, position: int) -> None:
        """Guarda o estado em que a sala está antes do fato ``position``."""
        with self.changed:
            self.state, self.kept_at = state, position
            needed = min([position, *(port.position for port in self.ports)])
            del self.facts[: needed - self.first]
            self.first = needed


class Port:
    """O registro de um `Hub`, visto por um servidor; ``cut`` e ``heal`` o isolam e o trazem de volta."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.position = 0  # o número do próximo fato a contar
        self._held: list[bytes] = []  # o que se publicou com o contato perdido
        self._is_cut = self._is_over = False

    def start(self, follower: Follower) -> None:
        """Passa a contar os fatos, a partir do último estado guardado."""
        self._follower, self._is_over = follower, False
        with self._hub.changed:
            self._hub.ports.append(self)
            self.position, state = self._hub.kept_at, self._hub.state
        if state:
            follower.restore(state)
        self._thread = threading.Thread(target=self._run, name="chatlib: registro", daemon=True)
        self._thread.start()

    def publish(self, fact: bytes) -> None:
        """Põe o fato no registro, ou o segura até `heal`."""
        with self._hub.changed:
            (self._held if self._is_cut else self._hub.facts).append(fact)
            self._hub.changed.notify_all()

    def pulse(self, data: bytes) -> None:
        """Manda o sinal a quem não está isolado."""
        with self._hub.changed:
            ports = [] if self._is_cut else [port for port in self._hub.ports if not port._is_cut]
        for port in ports:
            port._follower.heard(data)

    def cut(self) -> None:
        """Isola este servidor dos outros."""
        self._set_cut(True)

    def heal(self) -> None:
        """Desfaz o isolamento, e publica o que esperava."""
        self._set_cut(False)

    def _set_cut(self, is_cut: bool) -> None:
        with self._hub.changed:
            self._is_cut = is_cut
            if not is_cut:
                self._hub.facts += self._held
                self._held = []
            self._hub.changed.notify_all()
        self._follower.linked(not is_cut)

    def stop(self) -> None:
        """Deixa o registro."""
        with self._hub.changed:
            self._is_over = True
            self._hub.changed.notify_all()
        self._thread.join()
        with self._hub.changed:
            self._hub.ports.remove(self)

    def _run(self) -> None:
        while facts := self._next():
            if state := self._follower.apply(facts):
                self._hub.keep(state, self.position)

    def _next(self) -> list[bytes]:
        """O próximo fato, quando houver; nenhum, se acabou."""
        hub = self._hub
        with hub.changed:
            hub.changed.wait_for(lambda: self._is_over or (not self._is_cut and self.position < self._end()))
            if self._is_over:
                return []
            self.position += 1
            return [hub.facts[self.position - 1 - hub.first]]

    def _end(self) -> int:
        return self._hub.first + len(self._hub.facts)


class Watch:
    """Quem se calou: um detector de falhas por sinais de vida. Os instantes vêm de fora.

    Um servidor lento e um que caiu são iguais para quem espera: só o prazo os separa. E quem dormiu
    foi talvez quem espera: se ele mesmo se atrasou, a contagem recomeça.

    beat: segundos entre as olhadas.
    """

    def __init__(self, beat: float) -> None:
        self._beat = beat
        self._last: dict[str, float] = {}
        self._looked = 0.0

    def heard(self, node: str, now: float) -> None:
        """O servidor deu sinal de vida."""
        self._last[node] = now

    def forgive(self, now: float, silence: float = 0.0) -> None:
        """Ninguém está calado há mais de ``silence`` segundos."""
        for node, last in list(self._last.items()):
            self._last[node] = max(last, now - silence)

    def quiet(self, nodes: Collection[str], now: float) -> dict[str, float]:
        """Há quantos segundos está calado cada um destes; de quem nunca se ouviu, a contar de agora."""
        if now - self._looked > 2 * self._beat:
            self.forgive(now)
        self._looked = now
        for node in self._last.keys() - nodes:
            del self._last[node]
        return {node: now - self._last.setdefault(node, now) for node in nodes}
