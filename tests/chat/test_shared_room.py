"""Uma sala em dois servidores, num registro que cabe no processo: o que vale numa vale na outra."""

import sys
import threading
from itertools import count

import pytest
from peers import TICK, RawPeer, run_server, wait_until

from chatlib import Event, Server
from chatlib.backplane import Hub
from chatlib.errors import BackplaneError, MessageRefused, UsageError
from chatlib.replica import encode
from chatlib.shared_room import SharedRoom, connect


@pytest.fixture
def hub():
    """O registro."""
    return Hub()


@pytest.fixture
def ports(hub):
    """As portas do registro, na ordem dos servidores."""
    return [hub.port(), hub.port()]


@pytest.fixture
def servers(ports):
    """Dois servidores, uma sala."""
    with run_server(backplane=ports[0], history=3) as one, run_server(backplane=ports[1]) as other:
        yield one, other


@pytest.fixture
def pair(servers, join):
    """Ana num servidor e Bia no outro, com tudo o que é da entrada já lido."""
    ana = join("Ana", at=servers[0])
    bia = join("Bia", at=servers[1])
    assert ana.line() == "Bia entrou!"
    return ana, bia


def test_everyone_sees_the_same(pair, servers, join):
    """Entrar, falar, trocar de apelido e sair aparecem nos dois servidores, na mesma ordem."""
    ana, bia = pair
    ana.say("oi", "/apelido Lia", "sou eu")
    bia.say("tchau", "/sair")
    expected = {"Ana: oi", "* Ana agora é Lia", "Lia: sou eu", "Bia: tchau", "Bia saiu!"}
    assert set(seen := ana.lines(5)) == expected
    assert [line for line in seen if line != "Bia saiu!"][: len(rest := bia.rest())] == rest
    wait_until(lambda: servers[1].apelidos == servers[0].apelidos == ("Lia",))


def test_one_order_in_both_servers(servers, join):
    """Com seis pessoas falando ao mesmo tempo, todas leem a mesma conversa, uma vez cada linha."""
    people = [join(f"p{number}", at=servers[number % 2]) for number in range(6)]
    people[0].until("p5 entrou!")
    for peer in people:
        threading.Thread(target=peer.say, args=[str(number) for number in range(100)]).start()
    heard = [[peer.until(": ")[-1] for _ in range(600)] for peer in people]
    assert all(one == heard[0] for one in heard) and len(set(heard[0])) == 600


def test_same_nickname_at_the_same_instant(servers):
    """Dois servidores, o mesmo apelido ao mesmo tempo: um entra, o outro ouve por quê."""
    for attempt in range(10):
        peers = [RawPeer(server.address) for server in servers]
        for peer in peers:
            peer.answer("Ana" if peer is peers[0] else "ana")
        answers = [peer.line() for peer in peers]
        winners = [answer for answer in answers if answer.endswith("entrou!")]
        assert len(winners) == 1 and sum("já está na sala" in answer for answer in answers) == 1, attempt
        for peer in peers:
            peer.close()
        wait_until(lambda: servers[0].apelidos == servers[1].apelidos == ())


def test_who_is_here(pair):
    """/quem conta os dos dois servidores, em ordem de chegada."""
    for peer in pair:
        peer.say("/quem")
        assert peer.line() == "* na sala (2): Ana, Bia"


def test_private(pair, servers, join):
    """A particular atravessa os servidores, e ninguém mais a vê."""
    ana, bia = pair
    caio = join("Caio", at=servers[1])
    ana.say("/msg bia psiu", "fim")
    assert ana.lines(3) == ["Caio entrou!", "Ana (particular): psiu", "Ana: fim"]
    assert bia.lines(3) == ["Caio entrou!", "Ana (particular): psiu", "Ana: fim"]
    assert caio.line() == "Ana: fim"
    ana.say("/msg Davi psiu")
    assert ana.line().startswith("* Davi não está na sala")


def test_rename_to_a_name_in_use_elsewhere(pair):
    """Não se toma o apelido de quem está no outro servidor, nem um que se confunda com ele."""
    ana, _ = pair
    ana.say("/apelido BIA", "/apelido Ana")
    assert "Bia já está na sala" in ana.line()
    assert ana.line() == "* você já é Ana"


def test_history_is_one(servers, join):
    """Quem entra por um servidor lê o que se disse no outro; as regras são as do primeiro."""
    ana = join("Ana", at=servers[0])
    ana.say(*"12345")
    ana.lines(5)
    bia = join("Bia", at=servers[1])
    assert bia.lines(3) == [f"* histórico: Ana: {number}" for number in "345"]


def test_the_teacher_rules_everywhere(pair, servers, join):
    """Anúncio, porta, ritmo e histórico mudados num servidor mudam no outro."""
    ana, bia = pair
    servers[0].room.announce("atenção")
    assert ana.line() == bia.line() == "* atenção"
    servers[1].room.rate, servers[1].room.history, servers[0].room.is_open = 7.0, 9, False
    for server in servers:
        wait_until(lambda s=server: (s.room.rate, s.room.history, s.room.is_open) == (7.0, 9, False))
    late = RawPeer(servers[1].address)
    late.answer("Caio")
    assert late.rest()[0].startswith("* a porta da sala está fechada")
    late.close()


def test_remove_from_another_server(pair, servers):
    """Quem cuida da sala tira dela alguém que está noutro servidor; os outros o veem sair uma vez."""
    ana, bia = pair
    servers[0].room.remove("bia")
    assert bia.rest() == ["* quem cuida da sala tirou você dela"]
    assert ana.line() == "Bia saiu!"
    with pytest.raises(MessageRefused):
        servers[0].room.remove("Bia")


def test_events_are_told_in_both(servers, join):
    """Quem observa um servidor sabe também dos membros do outro."""
    events = []
    servers[0].room.subscribe(events.append)
    bia = join("Bia", at=servers[1])
    bia.say("oi")
    bia.line()
    bia.close()
    kinds = ["named", "message", "left"]
    wait_until(lambda: [event.kind for event in events] == kinds, "os três eventos")
    assert {event.apelido for event in events} == {"Bia"} and len({event.address for event in events}) == 1
    assert servers[0].broadcast("linha", Event("message", "Bia", "linha"))
    wait_until(lambda: events[-1].text == "linha")


def test_a_server_that_closes(pair, servers):
    """Encerrado um servidor, o outro vê sair os membros dele, uma vez, e segue."""
    ana, bia = pair
    bia.say("até logo")
    bia.until("até logo")
    servers[1].shutdown()
    assert bia.rest() == ["* o servidor foi encerrado"]
    ana.say("só eu")
    assert ana.lines(3) == ["Bia: até logo", "Bia saiu!", "Ana: só eu"]
    assert servers[0].apelidos == ("Ana",)


def test_a_server_that_arrives_later(hub, servers, join):
    """Quem entra no registro depois encontra a sala como está: gente, regras e histórico."""
    ana = join("Ana", at=servers[0])
    ana.say("/apelido Lia")
    for number in range(600):  # um fato de cada vez: passou o bastante para o registro ser resumido
        ana.say(str(number))
        ana.until(f"Lia: {number}")
    with run_server(backplane=hub.port(), history=0) as late:
        assert late.apelidos == ("Lia",) and late.room.history == 3
        [member] = late.room.members
        assert (member.messages, member.address) == (600, ana.sock.getsockname())
        bia = join("Bia", at=late)
        assert bia.lines(3) == [f"* histórico: Lia: {number}" for number in (597, 598, 599)]
        assert ana.line() == "Bia entrou!"
        assert hub.first > 0


# --- sem contato


def test_cut_off_and_back(pair, ports):
    """Sem contato, os membros ficam sabendo e o que dizem espera; na volta, nada falta nem se repete."""
    ana, bia = pair
    ports[1].cut()
    assert bia.line().startswith("* este servidor perdeu o contato")
    bia.say("um", "dois")
    ana.say("três")
    assert ana.line() == "Ana: três"
    ports[1].heal()
    assert ana.lines(2) == ["Bia: um", "Bia: dois"]
    assert sorted(bia.lines(4)) == sorted(
        ["Ana: três", "Bia: um", "Bia: dois", "* este servidor voltou a ter contato com os outros"]
    )


def test_taken_for_dead_and_back(pair, ports, servers):
    """Isolado por muito tempo, um servidor é dado por caído; de volta, traz os membros e o que disseram."""
    ana, bia = pair
    ports[1].cut()
    bia.line()
    bia.say("ainda aqui", "/apelido Bea")
    wait_until(lambda: servers[0].apelidos == ("Ana",), "a saída de Bia")
    ana.say("cadê?")
    assert ana.lines(2) == ["Bia saiu!", "Ana: cadê?"]
    ports[1].heal()
    back = ["Bia entrou!", "Bia: ainda aqui", "* Bia agora é Bea"]
    assert ana.lines(3) == back
    heard = [line for line in bia.lines(6) if "contato" not in line]
    assert heard == ["Bia saiu!", "Ana: cadê?", *back]
    wait_until(lambda: servers[0].apelidos == servers[1].apelidos, "as duas salas iguais")


def test_who_lost_the_name_meanwhile(pair, ports, servers, join):
    """Se, no isolamento, outra pessoa ficou com o apelido, quem volta fica sabendo e sai."""
    ana, bia = pair
    ports[1].cut()
    bia.line()
    wait_until(lambda: servers[0].apelidos == ("Ana",))
    other = join("Bia", at=servers[0])
    ports[1].heal()
    assert "o seu apelido ficou com outra pessoa" in bia.rest()[-1]
    other.say("fim")
    assert ana.lines(3) == ["Bia saiu!", "Bia entrou!", "Bia: fim"]
    wait_until(lambda: servers[0].apelidos == servers[1].apelidos == ("Ana", "Bia"))


def test_a_quiet_server_is_not_dead(pair, servers):
    """Um servidor vivo, mesmo calado por mais que o prazo, não é dado por caído."""
    ana, _ = pair
    ana.sock.settimeout(4.5)
    with pytest.raises(TimeoutError):
        ana.line()
    assert servers[0].apelidos == ("Ana", "Bia")


def test_what_waits_is_bounded(pair, ports, monkeypatch):
    """Sem contato, o que se guarda tem limite; passado ele, quem fala é avisado, e o que coube segue."""
    monkeypatch.setattr("chatlib.outgoing.KEPT", 2000)
    ana, bia = pair
    ports[1].cut()
    bia.line()
    kept = count()
    while True:
        bia.say(f"{next(kept)} " + "x" * 100)
        bia.say("/quem")
        if "não guarda mais nada" in bia.line():
            break
    ports[1].heal()
    said = ana.until(f"Bia: {next(kept) - 2} ")
    assert [int(line.split()[1]) for line in said if ": " in line] == list(range(len(said)))


def test_joining_without_contact(servers, ports, monkeypatch):
    """Sem contato, quem chega ouve que espere; e, na volta, não sobra a sombra dele na sala."""
    monkeypatch.setattr("chatlib.shared_room.PATIENCE", TICK)
    ports[1].cut()
    late = RawPeer(servers[1].address)
    late.answer("Bia")
    assert late.rest()[0].startswith("* este servidor está sem contato com os outros")
    late.close()
    ports[1].heal()
    servers[1].room.settle(5)
    wait_until(lambda: servers[0].apelidos == servers[1].apelidos == ())


def test_shutdown_without_contact(pair, servers, ports):
    """Sem contato, o servidor encerra assim mesmo."""
    ports[1].cut()
    servers[1].shutdown()
    assert not servers[1].is_running


def test_restarted(hub, join):
    """O mesmo servidor, encerrado e iniciado de novo, volta à mesma sala."""
    with run_server(backplane=hub.port()) as server:
        join("Ana", at=server).close()
        server.shutdown()
        server.start()
        ana = join("Ana", at=server)
        ana.say("oi")
        assert ana.line() == "Ana: oi"


def test_registry_that_does_not_confirm(hub, monkeypatch):
    """Se nada do que se publica volta, o servidor não abre, e a porta fica livre."""
    monkeypatch.setattr("chatlib.shared_room.OPENING", TICK)
    port = hub.port()
    port._is_cut = True
    server = Server(port=0, room=SharedRoom(port))
    with pytest.raises(BackplaneError, match="não confirma"):
        server.start()
    assert not server.is_running


def test_a_repeated_fact_counts_once(pair, hub, ports):
    """O registro pode entregar de novo um fato: o número dele o denuncia."""
    ana, bia = pair
    ana.say("oi")
    bia.until("Ana: oi")
    [fact] = [fact for fact in hub.facts if b'"say"' in fact]
    for port in ports:
        port.publish(fact)
    bia.say("fim")
    assert ana.lines(2) == ["Ana: oi", "Bia: fim"]


def test_a_fact_nobody_understands(pair, servers, ports, caplog):
    """Um fato que não se entende vai para o registro de erros, e a conversa segue."""
    ana, bia = pair
    events = []
    servers[0].room.subscribe(events.append)
    for fact in (b"lixo", encode([servers[1].room.node, 10**6, "voar"]), b'["ninguem",1,"say","x","oi"]'):
        ports[1].publish(fact)
    ana.say("oi")
    assert ana.line() == bia.line() == "Ana: oi"
    assert [event.kind for event in events if event.kind != "message"] == ["error", "error"]
    assert len([record for record in caplog.records if "falha ao cumprir" in record.message]) == 4


def test_the_history_file_is_for_one_server_alone(hub, tmp_path):
    """Numa sala dividida, o histórico já está no registro: dois lugares para ele se contradiriam."""
    with pytest.raises(UsageError, match="tire o history_file"):
        Server(port=0, backplane=hub.port(), history=5, history_file=tmp_path / "historico")


def test_without_the_package(monkeypatch):
    """Sem o nats-py, uma frase diz o que instalar."""
    monkeypatch.setitem(sys.modules, "chatlib.jetstream", None)
    with pytest.raises(UsageError, match="pip install nats-py"):
        connect("nats://127.0.0.1:4222", "sala")


@pytest.mark.parametrize("where", ["", "127.0.0.1:4222", "nats://", "nats://a, http://b", "nats://a:1 b"])
def test_registry_that_is_none(where):
    """Um endereço que não diz um NATS é recusado com uma frase."""
    with pytest.raises(UsageError, match="não é um registro"):
        connect(where, "sala")
