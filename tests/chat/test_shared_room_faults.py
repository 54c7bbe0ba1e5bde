"""Dois servidores, uma sala, e o que der errado em qualquer ordem: as cópias nunca se separam."""

from contextlib import suppress
from types import SimpleNamespace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from peers import DEADLINE, wait_until

from chatlib import protocol, shared_room
from chatlib.backplane import Hub
from chatlib.errors import ChatError
from chatlib.events import Listeners
from chatlib.member import Member
from chatlib.shared_room import SharedRoom

SERVERS = st.sampled_from([0, 1])
NAMES = st.sampled_from(["Ana", "ana", "Bia", "Caio"])
NOTICES = (protocol.alone(), protocol.together(), protocol.taken())


class Sink(Member):
    """Um membro sem socket, que guarda o que lhe entregam."""

    def __init__(self, apelido, port):
        no_socket = SimpleNamespace(shutdown=lambda how: None)
        super().__init__(no_socket, ("127.0.0.1", port), apelido, 1 << 20, Listeners())
        self.lines = []

    def deliver(self, data):
        """Guarda as linhas que todos recebem."""
        lines = data.decode().splitlines()
        self.lines += [line for line in lines if line not in (*NOTICES, protocol.GREETING)]

    def doubt(self):
        """Não há conexão a sondar."""

    def cut(self):
        """Nem a cortar."""


class TwoServers(RuleBasedStateMachine):
    """Entrar, falar, trocar de nome, sair, isolar, dar por caído, reiniciar, em qualquer ordem."""

    def __init__(self):
        super().__init__()
        self.hub = Hub()
        self.ports = [self.hub.port(), self.hub.port()]
        self.rooms = [SharedRoom(port) for port in self.ports]
        self.members = [[], []]  # os que estão em cada servidor
        self.isolated = [False, False]
        self.said, self.count = [], 0
        self.gone = []
        for room in self.rooms:
            room.open()
        self.eye = Sink("olho", 1)  # está desde o começo, e vê tudo
        self.rooms[0].join(self.eye)

    def be_patient(self, server):
        """Só não espera a resposta quem não tem como recebê-la."""
        shared_room.PATIENCE = 0.05 if self.isolated[server] else DEADLINE

    def settle(self, where):
        """Espera que quem tem contato esteja em dia."""
        for index in where:
            if not self.isolated[index]:
                wait_until(lambda index=index: self.is_up_to_date(index), "o servidor em dia")
                assert self.rooms[index]._postman.settle(5)

    def is_up_to_date(self, index):
        """Se o servidor já cumpriu tudo o que há no registro."""
        end = self.hub.first + len(self.hub.facts)
        return self.rooms[index]._outgoing.drain(0) and self.ports[index].position == end

    @rule(server=SERVERS, name=NAMES)
    def join(self, server, name):
        """Alguém chega; talvez o nome já tenha dono, ou não haja contato."""
        self.count += 1
        member = Sink(name, self.count)
        self.be_patient(server)
        try:
            self.rooms[server].join(member)
        except ChatError:
            return
        self.members[server].append(member)
        self.settle([0, 1])

    @rule(server=SERVERS, data=st.data())
    def say(self, server, data):
        """Alguém fala; sem contato, o que disse espera."""
        if not self.members[server]:
            return
        member = data.draw(st.sampled_from(self.members[server]))
        self.count += 1
        try:
            self.rooms[server].say(member, f"fala {self.count}")
        except ChatError:
            assert member.removed
        else:
            self.said.append((member, f"fala {self.count}"))
        self.settle([0, 1])

    @rule(server=SERVERS, name=NAMES, data=st.data())
    def rename(self, server, name, data):
        """Alguém quer outro nome."""
        if self.members[server]:
            member = data.draw(st.sampled_from(self.members[server]))
            self.be_patient(server)
            with suppress(ChatError):
                self.rooms[server].rename(member, name)
            self.settle([0, 1])

    @rule(server=SERVERS, data=st.data())
    def leave(self, server, data):
        """Alguém sai."""
        if self.members[server]:
            member = data.draw(st.sampled_from(self.members[server]))
            self.members[server].remove(member)
            self.rooms[server].leave(member)
            self.settle([0, 1])

    @rule(server=SERVERS)
    def cut(self, server):
        """O servidor fica sem contato."""
        self.isolated[server] = True
        self.ports[server].cut()

    @rule(server=SERVERS)
    def heal(self, server):
        """O contato volta."""
        self.isolated[server] = False
        self.ports[server].heal()
        self.settle([0, 1])

    @precondition(lambda self: self.isolated.count(True) == 1)
    @rule()
    def accuse(self):
        """O servidor isolado é dado por caído pelo outro."""
        away = self.isolated.index(True)
        room, node = self.rooms[1 - away], self.rooms[away].node
        room._outgoing.put("dead", node, room._nodes.get(node, 0))
        self.settle([0, 1])

    @precondition(lambda self: not self.isolated[1])
    @rule()
    def restart(self):
        """O segundo servidor encerra e volta: os membros dele saem."""
        self.rooms[1].close()
        self.gone += self.members[1]
        self.members[1] = []
        self.rooms[1].open()
        self.settle([0, 1])

    def teardown(self):
        """Com o contato de volta, as duas cópias são iguais, e cada um leu um trecho do que o olho leu."""
        for server in (0, 1):
            self.isolated[server] = False
            self.ports[server].heal()
        self.settle([0, 1, 0, 1])
        try:
            assert self.rooms[0].state() == self.rooms[1].state()
            lost_their_names = {member for member, _ in self.said if member.removed}
            for member, text in self.said:
                times = sum(line.endswith(f": {text}") for line in self.eye.lines)
                assert times <= 1
                assert times == 1 or member in lost_their_names or member in self.gone, text
            seen = "\n".join(self.eye.lines) + "\n"
            for member in [member for members in self.members for member in members]:
                assert "".join(f"{line}\n" for line in member.lines) in seen
        finally:
            for room in self.rooms:
                room.close()


def test_any_order_of_faults(monkeypatch):
    """Nenhuma sequência de falhas separa as cópias, perde uma fala aceita ou a repete."""
    monkeypatch.setattr("chatlib.shared_room.PATIENCE", DEADLINE)
    monkeypatch.setattr("chatlib.shared_room.LETTING_GO", 0.05)
    monkeypatch.setattr("chatlib.shared_room.KEEP_EVERY", 7)
    options = settings(
        max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(TwoServers, settings=options)
