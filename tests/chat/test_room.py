"""O que quem cuida da sala vê e muda com o servidor no ar."""

import threading
from contextlib import suppress

import pytest
from peers import DEADLINE, TICK, run_server, wait_until

from chatlib import Event
from chatlib.errors import MessageRefused, UsageError

pytestmark = pytest.mark.usefixtures("wire")  # tudo aqui vale em claro e com TLS


def test_remove(room, server):
    """Quem é tirado da sala fica sabendo por quê; os outros o veem sair, uma vez."""
    ana, bia = room
    events, bia_address = [], bia.sock.getsockname()
    server.room.subscribe(events.append)
    server.room.remove("bia")
    assert bia.rest() == ["* quem cuida da sala tirou você dela"]
    assert ana.line() == "Bia saiu!"
    left = Event("left", "Bia", "foi tirado da sala", bia_address)
    assert left in events and server.apelidos == ("Ana",)


def test_remove_someone_who_is_talking(room, server):
    """Quem fala sem parar também sai: o que ainda mandava já não é entregue."""
    ana, bia = room
    over = threading.Event()

    def talk():
        with suppress(OSError):
            while not over.is_set():
                bia.sock.sendall(b"oi\n" * 100)

    talker = threading.Thread(target=talk)
    talker.start()
    ana.until("Bia: oi")
    server.room.remove("Bia")
    ana.until("Bia saiu!")
    over.set()
    bia.close()
    talker.join()
    server.room.announce("fim")
    assert ana.line() == "* fim"


def test_remove_who_is_not_here(server):
    """Não há como tirar quem não está."""
    with pytest.raises(MessageRefused, match="Ana não está na sala"):
        server.room.remove("Ana")


def test_who_was_removed_may_come_back(room, server, join):
    """Tirar não é proibir: para isso há a porta."""
    server.room.remove("Bia")
    wait_until(lambda: server.apelidos == ("Ana",))
    join("Bia")
    assert server.apelidos == ("Ana", "Bia")


def test_closed_door(room, server, join):
    """Com a porta fechada ninguém entra, e quem está continua; aberta de novo, entram."""
    ana, _ = room
    server.room.is_open = False
    stranger = join()
    stranger.answer("Caio")
    [line] = stranger.rest()
    assert line.startswith("* a porta da sala está fechada")
    ana.say("continuamos")
    ana.until("Ana: continuamos")
    server.room.is_open = True
    join("Caio")
    assert server.apelidos == ("Ana", "Bia", "Caio")


def test_rate_changes_live(room, server):
    """O limite de ritmo vale na hora, para quem já estava; e pode ser retirado."""
    ana, bia = room
    server.room.rate = 0.01
    ana.say(*["oi"] * (server.room.burst + 5))
    assert ana.until("devagar")[-1].startswith("* devagar: passam 0.01 mensagens")
    server.room.rate = None
    ana.say(*["olá"] * 30, "fim")
    bia.until("Ana: fim")
    assert server.room.rate is None


def test_history(join):
    """Quem entra lê, depois do cumprimento, as últimas mensagens; só o que as pessoas disseram."""
    with run_server(history=3) as server:
        ana = join("Ana", at=server)
        ana.say(*map(str, range(5)), "/apelido Bia", "/quem", "/msg Bia psiu")
        ana.until("psiu")
        server.room.announce("atenção")
        ana.until("atenção")
        caio = join("Caio", at=server)
        server.room.announce("fim")
        history = [f"* histórico: Ana: {i}" for i in (2, 3, 4)]
        assert caio.until("fim") == [*history, "* fim"]
        assert ana.line() == "Caio entrou!"


def test_history_changes_live(room, server, join):
    """O histórico se liga e se encolhe com o servidor no ar; desligado, não guarda nada."""
    ana, bia = room
    ana.say("antes")
    bia.until("antes")
    server.room.history = 10
    ana.say("um", "dois")
    bia.until("dois")
    server.room.history = 1
    caio = join("Caio")
    assert caio.line() == "* histórico: Ana: dois"
    server.room.history = 0
    davi = join("Davi")
    server.room.announce("fim")
    assert davi.line() == "* fim"


@pytest.mark.parametrize("change", [{"rate": 0}, {"rate": -1}, {"history": -1}, {"history": None}])
def test_settings_that_make_no_sense(server, change):
    """Um valor sem sentido é recusado, no construtor e com o servidor no ar."""
    [(name, value)] = change.items()
    with pytest.raises(UsageError):
        run_server(**change).__enter__()
    with pytest.raises(UsageError):
        setattr(server.room, name, value)


def test_members_in_order(room, server):
    """Os membros vêm em ordem de chegada, com o que já disseram."""
    ana, bia = room
    ana.say("um", "dois")
    bia.until("dois")
    assert [(member.apelido, member.messages) for member in server.room.members] == [("Ana", 2), ("Bia", 0)]


def test_is_running():
    """Diz se o servidor está no ar."""
    with run_server() as server:
        assert server.is_running
    assert not server.is_running


def test_left_is_told_at_shutdown(join):
    """No encerramento, quem ainda estava na sala também é dado por saído."""
    events = []
    with run_server(on_event=events.append) as server:
        join("Ana", at=server)
    assert [(event.kind, event.text) for event in events[-1:]] == [("left", "o servidor foi encerrado")]


def test_tap_sees_every_byte(server, join):
    """O fio, byte a byte, de uma conexão: do NICK à saída; depois de cancelar, mais nada."""
    wire = []
    cancel = server.room.tap(wire.append)
    ana = join("Ana")
    ana.say("oi")
    ana.until("Ana: oi")
    ana.close()
    wait_until(lambda: wire and wire[-1].kind == "closed", "o fim da conexão")
    assert wire[0].kind == "opened" and len({event.address for event in wire}) == 1
    sent = b"".join(event.data for event in wire if event.kind == "sent")
    received = b"".join(event.data for event in wire if event.kind == "received")
    assert sent == b"NICKAna entrou!\nConectado ao servidor!\nAna: oi\n"
    assert received == b"Ana\noi\n"
    cancel()
    seen = len(wire)
    join("Bia")
    assert len(wire) == seen


def test_tap_sees_a_refusal(room, server, join):
    """O que se manda a quem não entra também passa no fio."""
    wire = []
    server.room.tap(wire.append)
    other = join()
    other.answer("Ana")
    other.rest()
    assert [event.data for event in wire if event.kind == "sent"][-1].startswith(b"* apelido recusado")


def test_settle_waits_for_who_watches(server, join):
    """Depois de settle, o que os clientes já leram também foi contado."""
    ana = join("Ana")
    sent = []
    server.room.tap(lambda event: sent.append(event.data) if event.kind == "sent" else None)
    for number in range(100):
        ana.say(f"linha {number}")
        assert ana.line() == f"Ana: linha {number}"
        assert server.room.settle()
        assert sent[-1] == f"Ana: linha {number}\n".encode()


def test_settle_does_not_wait_for_ever(server, join):
    """De dentro de quem observa, com a sala presa e com o servidor parado, settle volta."""
    inside, free = [], threading.Event()

    def watch(event):
        inside.append(server.room.settle(DEADLINE))
        free.wait(DEADLINE)

    server.room.subscribe(watch)
    join().take(4)
    wait_until(lambda: inside)
    assert inside == [False]
    assert not server.room.settle(TICK)
    free.set()
    assert server.room.settle(DEADLINE)
    server.shutdown()
    assert server.room.settle()


def test_subscribe_without_messages(room, server):
    """Quem dispensa as mensagens não as recebe, e o servidor não as monta por ele."""
    ana, bia = room
    quiet, talk = [], []
    server.room.subscribe(quiet.append, messages=False)
    ana.say("um")
    bia.until("Ana: um")
    stop = server.room.subscribe(talk.append)
    ana.say("dois", "/apelido Lia")
    bia.until("agora é Lia")
    stop()
    assert [event.kind for event in talk] == ["message", "renamed"]
    assert [event.kind for event in quiet] == ["renamed"]
    assert not server.room._listeners.all_talk
