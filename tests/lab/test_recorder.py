"""O gravador: o que a fita tem, o que esquece, e que não deixa nada ligado."""

import gc
import select
import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from peers import DEADLINE, run_server, wait_until

from chatlib import Client, Server
from chatlib.errors import UsageError
from chatlib.lab import Recorder
from chatlib.lab.drawing.diagram import Diagram
from chatlib.lab.tape import KINDS, SERVER, Entry, Tape
from chatlib.sockets import reset_on_close


@pytest.fixture
def pair():
    """Uma conexão TCP: o socket que escuta, a ponta do cliente e a do servidor."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=5)
        connection, _ = listener.accept()
        with client, connection:
            yield listener, client, connection


def kinds(tape, *wanted):
    """Os tipos das entradas, na ordem, só os pedidos."""
    return [entry.kind for entry in tape.of(*wanted)]


def talk(server):
    """Ana e Bruno entram, Ana fala, Bruno sai."""
    with Client("Ana", *server.address) as ana:
        with Client("Bruno", *server.address) as bruno:
            ana.write("oi, João")
            for person in (ana, bruno):
                person.wait_for("oi, João")
        ana.wait_for("Bruno saiu!")


def test_session(server):
    """A fita de uma conversa: os bytes de cada um, as mensagens, quem entrou e quem saiu."""
    with Recorder(server) as fita:
        talk(server)
    tape = fita.tape
    assert tape.chunks("received", "Ana") == [b"Ana\n", "Ana: oi, João\n".encode()]
    sent = b"".join(tape.chunks("sent", "Bruno")).decode()
    assert sent == "NICKBruno entrou!\nConectado ao servidor!\nAna: oi, João\n"
    assert [entry.peer for entry in tape.of("named")] == ["Ana", "Bruno"]
    assert [(entry.peer, entry.text) for entry in tape.of("message")] == [("Ana", "oi, João")]
    assert [entry.peer for entry in tape.of("left")] == ["Bruno", "Ana"]
    assert {entry.kind for entry in tape} <= set(KINDS)
    assert [entry.order for entry in tape] == sorted(entry.order for entry in tape)
    assert {entry.thread for entry in tape.of("received")} == {"handle de Ana", "handle de Bruno"}
    assert {entry.thread for entry in tape.of("named")} == {"carteiro"}
    assert [entry.conn for entry in tape.of("opened")] == [1, 2]


def test_nothing_is_left_on(server):
    """Depois do with ninguém observa o servidor; gravar de novo começa uma fita nova."""
    fita = Recorder(server)
    assert repr(fita) == "<Recorder parado>"
    with fita:
        assert repr(fita) == "<Recorder gravando>"
        assert fita.start() is fita
        fita.mark("um")
    fita.stop()
    assert not server.room.taps.all and not server.room._listeners.all and threading.getprofile() is None
    talk(server)
    assert [entry.text for entry in fita.tape.of("mark")] == ["um"] and not fita.tape.of("sent")
    with fita:
        fita.mark("dois")
    assert [entry.text for entry in fita.tape.of("mark")] == ["dois"]


def test_last_send_is_recorded(server):
    """O que um cliente já leu está na fita, mesmo que ela acabe no mesmo instante."""
    with Client("Ana", *server.address) as ana:
        for number in range(50):
            with Recorder(server) as fita:
                ana.write(f"linha {number}")
                ana.wait_for(f"linha {number}")
            assert fita.tape.chunks("sent", "Ana")[-1].endswith(f"linha {number}\n".encode())


def test_who_was_already_there(server, join):
    """Quem já estava na sala tem nome desde a primeira entrada."""
    ana = join("Ana")
    with Recorder(server) as fita:
        ana.say("oi")
        assert ana.line() == "Ana: oi"
    assert [(entry.kind, entry.peer) for entry in fita.tape][:2] == [("present", "Ana"), ("received", "Ana")]


def test_names(server, join):
    """Visitantes são numerados; quem troca de nome guarda o primeiro; um xará é outra pessoa."""
    with Recorder(server) as fita:
        silent = join()
        assert silent.take(4) == b"NICK"
        ana = join("Ana")
        ana.say("/apelido Bia", "agora sim")
        assert ana.until("agora sim")
        join("Ana")
        silent.close()
    names = list(dict.fromkeys(entry.peer for entry in fita.tape.of("opened")))
    assert names == ["visitante 1", "Ana", "Ana (2)"]
    assert [entry.text for entry in fita.tape.of("renamed")] == ["Bia"]
    assert [entry.text for entry in fita.tape.of("message")] == ["agora sim"]


def test_client(server):
    """Um Client também se grava: a entrada com on_wire, o resto com tap."""
    wire = []
    with Client("Ana", *server.address, on_wire=wire.append) as ana, Recorder(ana, server) as fita:
        ana.write("oi")
        ana.wait_for("oi")
    assert [(event.kind, event.data) for event in wire][:2] == [("received", b"NICK"), ("sent", b"Ana\n")]
    assert wire[-1].kind == "closed" or wire[-1].data
    assert fita.tape.chunks("sent", SERVER, who="Ana") == [b"Ana: oi\n"]
    assert fita.tape.chunks("received", "Ana") == [b"Ana: oi\n"]
    assert {entry.conn for entry in fita.tape if entry.conn} == {1}
    assert not ana._taps.all[1:]


def test_tape_is_bounded(server, join):
    """Passou do limite, o mais antigo se perde e a fita diz quanto; um pedaço longo vem cortado."""
    ana = join("Ana")
    with Recorder(server, max_entries=10, max_data=8) as fita:
        for number in range(40):
            ana.say(f"mensagem {number}")
            assert ana.line() == f"Ana: mensagem {number}"
    tape = fita.tape
    assert len(tape.of("sent", "received", "present", "thread_started")) <= 10
    assert tape.lost == 81 - 10
    last = tape.of("sent")[-1]
    assert (last.data, last.size) == (b"Ana: men", len("Ana: mensagem 39\n"))
    assert "perdidas" in repr(tape) and "perderam" in repr(Diagram(tape))


def test_tape_is_bounded_in_bytes():
    """O limite de bytes vale para a fita toda."""
    with Recorder(max_bytes=100) as fita:
        for number in range(1000):
            fita.mark(f"{number:010}")
    assert [entry.text for entry in fita.tape.of("mark")] == [f"{number:010}" for number in range(990, 1000)]
    assert fita.tape.lost == 990


def test_arguments_are_checked(server):
    """Um alvo que não se grava e um limite sem sentido viram uma frase."""
    with pytest.raises(UsageError, match="use wrap"):
        Recorder(socket.socket)
    with pytest.raises(UsageError, match="está parado"), socket.socket() as sock:
        Recorder().wrap(sock)
    with pytest.raises(UsageError, match="maior que zero"):
        Recorder(server, max_entries=0)


def test_tape_of_a_stopped_server():
    """Gravar um servidor que se encerra no meio não espera por nada."""
    with Recorder(server := Server(port=0)) as fita, server:
        talk(server)
    assert "left" in kinds(fita.tape)


# --- JSON Lines

entries = st.builds(
    Entry,
    at=st.floats(0, 1e6),
    began=st.floats(0, 1e6),
    kind=st.sampled_from(KINDS),
    who=st.text(),
    peer=st.text(),
    data=st.binary(),
    size=st.integers(0, 1 << 40),
    text=st.text(),
    thread=st.text(),
    conn=st.integers(0, 1000),
)


@given(st.lists(entries), st.integers(0, 9), st.booleans(), st.floats(0, 1e6))
def test_jsonl_round_trip(items, lost, framed, duration):
    """Uma fita qualquer, com quaisquer bytes, volta igual."""
    tape = Tape(tuple(items), lost, framed, duration)
    assert Tape.load(tape.to_jsonl()) == tape


def test_jsonl_file(server, tmp_path):
    """A fita gravada num arquivo é a mesma; outro arquivo é recusado com uma frase."""
    with Recorder(server) as fita:
        talk(server)
    path = tmp_path / "fita.jsonl"
    fita.to_jsonl(path)
    assert Tape.load(path) == fita.tape == Tape.load(str(path))
    assert len(path.read_text(encoding="utf-8").splitlines()) == len(fita.tape) + 1
    path.write_text("isto não é JSON")
    with pytest.raises(UsageError, match="não é uma fita"):
        Tape.load(path)


# --- sockets do aluno


def test_wrapped_socket_is_the_same_socket(pair):
    """O socket observado é o mesmo objeto, com o mesmo comportamento, e depois volta a ser comum."""
    _, client, connection = pair
    look = repr(connection)
    with Recorder() as fita:
        assert fita.wrap(connection, peer="Ana") is connection
        assert isinstance(connection, socket.socket) and repr(connection) == look
        client.sendall(b"um dois")
        assert select.select([connection], [], [], 5)[0] == [connection]
        assert connection.recv(2, socket.MSG_PEEK) == b"um"
        assert connection.recv(2) == b"um"
        buffer = bytearray(3)
        assert connection.recv_into(buffer, 3) == 3 and buffer == b" do"
        assert connection.send(b"tres") == 4 and connection.sendall(b"quatro") is None
        assert client.recv(100).startswith(b"tres")
        connection.settimeout(0.01)
        assert connection.recv(10) == b"is"
        with pytest.raises(TimeoutError):
            connection.recv(10)
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(10)
        with connection:
            pass
        connection.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            connection.recv(1)
    assert type(connection) is socket.socket and connection.fileno() == -1
    assert fita.tape.chunks("received", "Ana") == [b"um", b" do", b"is"]
    assert fita.tape.chunks("sent", "Ana") == [b"tres", b"quatro"]
    assert kinds(fita.tape, "failed", "closed") == ["failed", "closed", "failed"]
    assert fita.tape.of("failed")[0].text == "recv: TimeoutError"
    assert fita.tape.of("failed")[0].took >= 0.005


def test_socket_closes_with_its_last_file(pair):
    """Com um makefile aberto, o socket só fecha quando ele fecha, e é aí que a fita o conta."""
    _, _, connection = pair
    with Recorder() as fita:
        fita.wrap(connection, peer="Ana")
        file = connection.makefile("rb")
        connection.close()
        assert not fita.tape.of("closed")
        file.close()
        assert kinds(fita.tape, "closed") == ["closed"]


def test_forgotten_socket_is_closed(pair):
    """Gravar não mantém aberto o socket que o programa esqueceu: o outro lado lê o fim."""
    listener, _, _ = pair
    with Recorder() as fita:
        fita.wrap(listener)
        client = socket.create_connection(listener.getsockname(), timeout=DEADLINE)
        with client, pytest.warns(ResourceWarning):
            listener.accept()
            gc.collect()
            assert client.recv(1) == b""


def test_subclass_of_socket_keeps_its_methods():
    """Um socket de uma classe derivada continua sendo dela."""

    class Loud(socket.socket):
        def shout(self, data):
            return self.sendall(data.upper())

    left, right = socket.socketpair()
    with Recorder() as fita, Loud(fileno=left.detach()) as loud, right:
        fita.wrap(loud, who="Ana")
        loud.shout(b"oi")
        assert right.recv(10) == b"OI" and isinstance(loud, Loud)
    assert type(loud) is Loud
    assert fita.tape.chunks("sent", SERVER, who="Ana") == [b"OI"]


def test_stopping_in_the_middle_of_a_call(pair):
    """Parar de gravar com uma thread já dentro de um recv, e antes de ele começar, não a atrapalha."""
    _, client, connection = pair

    class Stop(dict):
        def __setitem__(self, thread, wait):
            fita.stop()

    with Recorder() as fita:
        fita._waits = Stop()
        fita.wrap(connection, peer="Ana")
        client.sendall(b"oi")
        assert connection.recv(10) == b"oi"
    assert type(connection) is socket.socket and not fita.tape.of("received")


def test_listening_socket_wraps_what_it_accepts():
    """As conexões aceitas também se gravam, e quem responde a NICK ganha nome."""
    with socket.create_server(("127.0.0.1", 0)) as listener, Recorder() as fita:
        fita.wrap(listener)
        with socket.socket() as client:
            fita.wrap(client, who="Ana")
            client.connect(listener.getsockname())
            connection, _ = listener.accept()
            bruno = socket.create_connection(listener.getsockname())
            other, _ = listener.accept()
            with connection, other, bruno:
                other.sendall(b"NICK")
                bruno.sendall(b"Bru")
                assert other.recv(3) == b"Bru"
                bruno.sendall(b"no\nmais")
                assert other.recv(7) == b"no\nmais"
    assert [(entry.who, entry.peer) for entry in fita.tape.of("opened")] == [
        ("Ana", SERVER),
        (SERVER, "Ana"),
        (SERVER, "Bruno"),
    ]
    assert fita.tape.chunks("received", "Bruno") == [b"Bru", b"no\nmais"]
    assert type(connection) is socket.socket


def test_answer_that_is_no_apelido():
    """Quem responde a NICK com o que não pode ser um apelido continua visitante."""
    left, right = socket.socketpair()
    with Recorder() as fita, left, right:
        fita.wrap(left)
        left.sendall(b"NICK")
        right.sendall(b"dois nomes\n")
        left.recv(100)
    assert fita.tape[-2].peer == "visitante 1"


def test_waiting_is_visible(pair):
    """Quem ainda está parado num recv aparece, com o tempo; o accept com prazo é uma espera só."""
    listener, client, connection = pair
    listener.settimeout(0.01)
    over = threading.Event()

    def accept():
        while not over.is_set():
            try:
                listener.accept()
            except TimeoutError:
                continue

    threads = [threading.Thread(target=accept), threading.Thread(target=lambda: connection.recv(10))]
    with Recorder() as fita:
        fita.wrap(listener), fita.wrap(connection, peer="Ana")
        for thread in threads:
            thread.start()
        waits = wait_until(lambda: len(found := fita.tape.of("waiting")) == 2 and found)
        wait_until(lambda: all(entry.took > 0.1 for entry in fita.tape.of("waiting")))
        assert {(entry.text, entry.peer) for entry in waits} == {("accept", ""), ("recv", "Ana")}
        assert not fita.tape.of("failed")
        over.set()
        client.sendall(b"oi")
        for thread in threads:
            thread.join()
    assert fita.tape.of("received")[0].took > 0.1
    assert not fita.tape.of("waiting")


def test_closing_ends_the_waits(pair):
    """Fechado o socket, ninguém mais o espera."""
    listener, _, _ = pair
    listener.settimeout(0.01)
    with Recorder() as fita:
        fita.wrap(listener)
        with pytest.raises(TimeoutError):
            listener.accept()
        assert len(fita.tape.of("waiting")) == 1
        listener.close()
        assert not fita.tape.of("waiting")


def test_lock():
    """A trava gravada é uma trava: quem espera, quem a tem, quem a solta."""
    with Recorder() as fita:
        lock = fita.lock(name="lista")
        with lock:
            assert lock.locked() and not lock.acquire(blocking=False)
            other = threading.Thread(target=lambda: lock.acquire() and lock.release())
            other.start()
            wait_until(lambda: [entry.text for entry in fita.tape.of("waiting")] == ["trava lista"])
        other.join()
        own = fita.lock(threading.RLock())
        with own, own:
            pass
    assert kinds(fita.tape, "locked", "unlocked")[:4] == ["locked", "unlocked", "locked", "unlocked"]
    assert fita.tape.of("locked")[1].took > 0


def test_threads_start_and_end():
    """Cada thread que começa durante a gravação tem o começo e o fim na fita."""
    release = threading.Event()
    with Recorder() as fita:
        threads = [threading.Thread(target=release.wait, name=name) for name in ("uma", "outra")]
        for thread in threads:
            thread.start()
        release.set()
        for thread in threads:
            thread.join()
        wait_until(lambda: len(fita.tape.of("thread_ended")) == 2)
    assert [entry.thread for entry in fita.tape.of("thread_started")] == ["uma", "outra"]
    assert sorted(entry.thread for entry in fita.tape.of("thread_ended")) == ["outra", "uma"]


def test_two_recorders(server):
    """Dois gravadores ao mesmo tempo gravam o mesmo, e um não desliga o outro."""
    with Recorder(server) as first, Recorder(server) as second:
        talk(server)
    wire = [[entry[2:] for entry in fita.tape.of("sent")] for fita in (first, second)]
    assert wire[0] == wire[1]
    assert len(first.tape.of("thread_started")) == len(second.tape.of("thread_started")) == 2


def test_port_used_again():
    """A mesma porta de volta, com outra pessoa, é outra conexão."""
    with run_server() as server, Recorder(server) as fita, from_any_port() as holder:
        ana = from_port_of(holder, server.address)
        ana.sendall(b"Ana\n")
        wait_until(lambda: server.apelidos == ("Ana",))
        reset_on_close(ana)
        ana.close()
        wait_until(lambda: fita.tape.of("closed"))
        with from_port_of(holder, server.address) as bia:
            bia.sendall(b"Bia\n")
            wait_until(lambda: server.apelidos == ("Bia",))
    assert [entry.peer for entry in fita.tape.of("opened")] == ["Ana", "Bia"]


def from_any_port():
    """Um socket que guarda uma porta: enquanto ele existe, o sistema não a dá a mais ninguém."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    return holder


def from_port_of(holder, address):
    """Uma conexão que sai da porta que ``holder`` guarda."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(holder.getsockname())
    sock.connect(address)
    return sock
