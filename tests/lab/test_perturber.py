"""O perturbador: os bytes chegam certos, na hora, no tamanho e com o fim que se pediu."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest
from peers import DEADLINE, TICK, RawPeer, run_server, wait_until

from chatlib import Client, Server
from chatlib.errors import AddressError, UsageError
from chatlib.lab import Perturber
from chatlib.lab.bad_network import perturber
from chatlib.lab.bad_network.lanes import Lane
from chatlib.lab.bad_network.rules import MAX_WAIT, Rules
from chatlib.sockets import readable, reset_on_close


@contextmanager
def through(**rules):
    """As duas pontas de uma conexão que passa por um perturbador, e ele: near, far, net."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        Perturber(listener.getsockname(), **rules) as net,
        socket.create_connection(net.address, DEADLINE) as near,
        listener.accept()[0] as far,
    ):
        far.settimeout(DEADLINE)
        yield near, far, net


def read(sock, count):
    """Exatamente ``count`` bytes, em pedaços como chegarem."""
    pieces = []
    while count > 0:
        pieces.append(sock.recv(65536))
        assert pieces[-1], f"a conexão acabou depois de {pieces!r}"
        count -= len(pieces[-1])
    return pieces


# --- o que passa


@pytest.mark.parametrize(
    "rules",
    [{}, {"delay": 0.02}, {"delay": 0.01, "jitter": 0.02}, {"chunk": 999}, {"chunk": 50_000, "gap": 0}],
)
def test_every_byte_arrives_in_order(rules):
    """Nos dois sentidos ao mesmo tempo, com qualquer regra, chega tudo e na ordem."""
    data = bytes(range(256)) * 400
    with through(**rules) as (near, far, net):
        senders = [threading.Thread(target=sock.sendall, args=(data,)) for sock in (near, far)]
        for thread in senders:
            thread.start()
        assert b"".join(read(far, len(data))) == b"".join(read(near, len(data))) == data
        for thread in senders:
            thread.join()
        assert net.passed == {"to_server": len(data), "to_client": len(data)}


def pieces(data, **rules):
    """Os envios em que um sentido entrega ``data``, com um relógio que só anda quando é preciso."""
    ends = *socket.socketpair(type=socket.SOCK_DGRAM), *socket.socketpair(type=socket.SOCK_DGRAM)
    found = []
    with ends[0] as near, ends[1] as source, ends[2] as target, ends[3] as far:
        lane = Lane("to_server", source, target, Rules(**rules), "0 1")
        near.send(data)
        lane.receive(0.0)
        while (due := lane.due()) is not None:
            lane.deliver(due)
            found.append((due, far.recv(65536)))  # num socket de datagramas, um recv é um envio
    return found


def test_bytes_one_by_one():
    """Cada byte segue num envio só seu, e entre dois envios passa a pausa."""
    assert pieces("ã\n".encode(), chunk=1, gap=2) == [(0, b"\xc3"), (2, b"\xa3"), (4, b"\n")]
    assert pieces(b"abcde", chunk=3, gap=1, delay=5) == [(5, b"abc"), (6, b"de")]
    assert pieces(b"abcde", chunk=3, direction="to_client") == [(0, b"abcde")]


def test_one_by_one_on_the_wire():
    """Quem lê recebe o primeiro byte sozinho; sem a regra, o resto não espera pela pausa."""
    with through(one_by_one=True, gap=MAX_WAIT) as (near, far, net):
        assert net.one_by_one and net.chunk == 1
        near.sendall(b"abc")
        assert far.recv(100) == b"a"
        net.one_by_one = False
        assert read(far, 2) == [b"bc"]


def test_delay_holds_back():
    """Nada chega antes da hora."""
    with through(delay=2 * TICK) as (near, far, _):
        start = time.monotonic()
        near.sendall(b"ida")
        read(far, 3)
        assert time.monotonic() - start >= 2 * TICK


def test_delay_holds_back_only_its_direction():
    """O atraso vale no sentido pedido, e não no outro."""
    with through(delay=MAX_WAIT, direction="to_server") as (near, far, net):
        near.sendall(b"ida")
        far.sendall(b"volta")
        read(near, 5)
        assert net.passed["to_server"] == 0


def test_jitter_repeats_with_the_seed():
    """A mesma semente sorteia os mesmos atrasos; outra, outros."""

    def draws(seed):
        ends = socket.socketpair()
        with ends[0], ends[1]:
            lane = Lane("to_server", *ends, Rules(jitter=1.0), seed)
            return [lane._wait() for _ in range(5)]

    assert draws("0 1") == draws("0 1") != draws("1 1")
    assert all(0 <= wait <= 1 for wait in draws("0 1"))


def test_rules_change_while_connected():
    """Uma regra posta no meio da conversa vale do próximo pedaço em diante."""
    with through() as (near, far, net):
        near.sendall(b"abc")
        assert read(far, 3) == [b"abc"]
        net.change(chunk=2, gap=MAX_WAIT)
        near.sendall(b"abc")
        assert far.recv(100) == b"ab"
        net.direction = "to_client"
        assert read(far, 1) == [b"c"]


def test_silence_is_a_pulled_cable():
    """Parado nos dois sentidos, nem bytes nem o fim passam; ao voltar, passa tudo, e na ordem."""
    with through() as (near, far, net):
        near.sendall(b"antes")
        read(far, 5)
        net.stall("both")
        near.sendall(b"durante")
        near.shutdown(socket.SHUT_WR)
        far.sendall(b"longe")
        assert not readable(near, TICK) and not readable(far, TICK)
        assert net.passed == {"to_server": 5, "to_client": 0}
        net.resume("both")
        assert b"".join(read(far, 7)) == b"durante" and far.recv(1) == b""
        assert b"".join(read(near, 5)) == b"longe"


def test_silence_hides_a_fall():
    """Parado, a queda de um lado também não passa: o outro só a descobre na volta."""
    with through() as (near, far, net):
        wait_until(lambda: net.connections)
        net.stall("both")
        reset_on_close(near)
        near.close()
        assert not readable(far, TICK) and net.connections == 1
        net.resume("both")
        with pytest.raises(ConnectionResetError):
            far.recv(1)


def test_silence_keeps_newcomers_at_the_door():
    """Parado rumo ao servidor, ele nem fica sabendo de quem chega; na volta, atende-o."""
    with run_server() as server, Perturber(server) as net:
        net.stall("to_server")
        ana = RawPeer(net.address)
        assert not readable(ana.sock, TICK) and net.connections == 0
        net.resume("to_server")
        ana.answer("Ana")
        assert ana.line() == "Ana entrou!"
        ana.close()


def test_stall_pushes_back_and_resume_loses_nothing():
    """Parado, o sentido guarda pouco e segura quem fala; ao voltar, nada se perdeu."""
    with through() as (near, far, net):
        net.stall("to_server")
        near.setblocking(False)
        sent = 0
        with pytest.raises(BlockingIOError):
            while sent < 64 << 20:
                sent += near.send(bytes(1 << 16))
        assert net.passed["to_server"] == 0
        far.sendall(b"o outro sentido passa")
        wait_until(lambda: net.passed["to_client"] == 21)
        net.resume("to_server")
        assert sum(map(len, read(far, sent))) == sent


def test_memory_is_bounded_when_nobody_reads():
    """Se o alvo não lê, o perturbador para de ler da fonte."""
    with through() as (near, _, net):
        near.settimeout(TICK)
        with pytest.raises(TimeoutError):
            near.sendall(bytes(64 << 20))
        [link] = net._links
        assert max(lane._size for lane in link.lanes) <= 2 * 65536


def test_slow_reader_of_a_long_stream():
    """Quem para de ler e volta, muitas vezes, recebe tudo; o outro sentido, mudo, não atrapalha."""
    total = 16 << 20
    with through() as (near, far, _):
        sender = threading.Thread(target=near.sendall, args=(bytes(total),))
        sender.start()
        got = 0
        while got < total:
            got += len(far.recv(1 << 16))
            if got % (1 << 20) < 1 << 16:  # uma pausa de vez em quando, para os buffers encherem
                time.sleep(TICK / 20)
        sender.join()
        assert got == total


# --- como acaba


@pytest.mark.parametrize("ender", ["near", "far"])
def test_an_end_goes_through(ender):
    """O encerramento educado de um lado chega ao outro, depois dos últimos bytes."""
    with through(delay=TICK / 2) as (near, far, net):
        one, other = (near, far) if ender == "near" else (far, near)
        one.sendall(b"tchau")
        one.shutdown(socket.SHUT_WR)
        assert read(other, 5) == [b"tchau"]
        assert other.recv(1) == b""
        other.sendall(b"e eu")
        assert read(one, 4) == [b"e eu"]
        other.close()
        assert one.recv(1) == b""
        wait_until(lambda: net.connections == 0)


def test_cut_after_some_bytes():
    """Passa a quantia exata e a conexão acaba com educação; a próxima conexão, também."""
    with through(cut_after=5, direction="to_server") as (near, far, net):
        far.sendall(b"este sentido passa inteiro")
        read(near, 26)
        near.sendall(b"123")
        read(far, 3)
        near.sendall(b"4567")
        assert read(far, 2) == [b"45"]
        assert far.recv(1) == near.recv(1) == b""
        far.close()
        near.close()
        wait_until(lambda: net.connections == 0)
        assert net.passed["to_server"] == 5


def test_counting_starts_when_the_cut_is_set():
    """``cut_after`` posto no meio da conversa conta dali em diante; None desiste."""
    with through() as (near, far, net):
        near.sendall(b"abc")
        read(far, 3)
        net.cut_after = 2
        net.cut_after = None
        near.sendall(b"def")
        read(far, 3)
        net.cut_after = 2
        near.sendall(b"ghi")
        assert read(far, 2) == [b"gh"]
        assert far.recv(1) == b""


def test_cut_now():
    """`cut` encerra com educação, e espera um pouco por quem ainda fala."""
    with through() as (near, far, net):
        net.cut()
        assert near.recv(1) == far.recv(1) == b""
        near.sendall(b"tarde demais")
        near.close()
        far.close()
        wait_until(lambda: net.connections == 0)


def test_cut_does_not_wait_forever():
    """Depois do corte, quem não encerra o seu lado é desligado em um segundo."""
    with through() as (near, far, net):
        net.cut()
        assert near.recv(1) == far.recv(1) == b""
        wait_until(lambda: net.connections == 0)


def test_reset_reaches_both_sides():
    """`reset` derruba: os dois lados recebem ConnectionResetError."""
    with through() as (near, far, net):
        near.sendall(b"oi")
        read(far, 2)
        net.reset()
        for sock in (near, far):
            with pytest.raises(ConnectionResetError):
                sock.recv(1)
        wait_until(lambda: net.connections == 0)


def test_a_fall_goes_through():
    """Se um lado cai, o outro recebe a queda."""
    with through() as (near, far, _):
        reset_on_close(far)
        far.close()
        with pytest.raises(ConnectionResetError):
            near.recv(1)


def test_half_close():
    """Um sentido acaba depois do que já ia por ele; o outro continua."""
    with through(delay=TICK) as (near, far, net):
        near.sendall(b"antes")
        wait_until(lambda: net.passed["to_server"] or (net.connections and net._links[0].lanes[0]._size))
        net.half_close("to_server")
        assert read(far, 5) == [b"antes"]
        assert far.recv(1) == b""
        near.sendall(b"isto se perde")
        far.sendall(b"mas eu falo")
        assert read(near, 11) == [b"mas eu falo"]
        assert net.passed == {"to_server": 5, "to_client": 11}


# --- a porta


def test_connections_beyond_the_limit_wait():
    """Quem passa do limite espera a vez, e é atendido quando alguém sai."""
    with run_server() as server, Perturber(server, max_connections=1) as net:
        ana = RawPeer(net.address, "Ana")
        bia = RawPeer(net.address)
        assert net.connections == 1
        ana.close()
        bia.answer("Bia")
        assert bia.line() == "Bia entrou!"
        bia.close()


@contextmanager
def nobody_at(address):
    """O endereço, guardado por um socket que não escuta: enquanto isso ninguém o atende."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(address)
        yield holder.getsockname()


def assert_dropped(address):
    """Quem se conecta ali é derrubado, talvez antes que ``connect`` volte."""
    with pytest.raises(ConnectionResetError), socket.create_connection(address, DEADLINE) as sock:
        sock.recv(1)


def test_target_that_is_not_there():
    """Sem ninguém do outro lado, quem conecta é derrubado na hora."""
    with nobody_at(("127.0.0.1", 0)) as address, Perturber(address) as net:
        assert_dropped(net.address)


@pytest.mark.parametrize("host", ["um..nome", "::1"])
def test_target_with_another_kind_of_host(host):
    """Um nome que não existe e um endereço IPv6 sem ninguém dão na mesma: a conexão cai."""
    with Perturber((host, 9)) as net:
        assert_dropped(net.address)


def test_follows_the_server():
    """O servidor parado derruba quem chega; religado noutra porta, volta a ser alcançado."""
    with run_server() as server, Perturber(server) as net:
        first = server.address
        server.shutdown()
        with nobody_at(first):
            assert_dropped(net.address)
            server.start()
            assert server.address != first
            Client("Ana", *net.address).close()


def test_anywhere_is_here():
    """Escutar em todos os endereços não é um destino: vale o deste computador."""
    assert perturber.address_of(("0.0.0.0", 55555)) == ("127.0.0.1", 55555)


def test_open_port_at_once_and_close_twice():
    """Fechar encerra a porta, as conexões e a thread; de novo, não faz nada."""
    with run_server() as server:
        net = Perturber(server)
        with Client("Ana", *net.address):
            net.close()
            net.close()
            assert "fechado" in repr(net)
            assert net._listener.fileno() == -1
            net.change(delay=1)  # sem efeito, e sem erro
        assert net.connections == 0 < net.passed["to_client"]


# --- o que se diz


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({}, "deixa passar tudo"),
        ({"delay": 0.25, "jitter": 0.1}, "atraso de 0,25 s, mais um sorteio de até 0,1 s, nos dois sentidos"),
        ({"one_by_one": True, "direction": "to_server"}, "byte a byte, rumo ao servidor"),
        ({"chunk": 3, "cut_after": 7}, "de 3 em 3 bytes, corte depois de 7 bytes, nos dois sentidos"),
    ],
)
def test_repr_says_the_rules(rules, said):
    """O que o perturbador faz se lê, e sem a porta, que muda a cada vez."""
    with Perturber(("127.0.0.1", 9), **rules) as net:
        assert repr(net) == f"<Perturber no ar: {said}>"
        net.stall("to_client")
        assert repr(net) == f"<Perturber no ar: {said}; parado rumo ao cliente>"
        net.stall("both")
        assert repr(net) == f"<Perturber no ar: {said}; parado nos dois sentidos>"


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ({"delay": -1}, "delay é um tempo em segundos"),
        ({"jitter": MAX_WAIT + 1}, "jitter é um tempo em segundos"),
        ({"gap": "muito"}, "gap é um tempo em segundos"),
        ({"chunk": 0}, "chunk é um número de bytes"),
        ({"cut_after": 2.5}, "cut_after é um número de bytes"),
        ({"direction": "ida"}, "o sentido é"),
        ({"atraso": 1}, "não tem a regra 'atraso'"),
    ],
)
def test_rules_are_checked(rules, why):
    """Uma regra sem sentido é recusada com uma frase, e as outras ficam como estavam."""
    with Perturber(("127.0.0.1", 9), delay=0.5) as net:
        with pytest.raises(UsageError, match=why):
            net.change(**{"delay": 0.1} | rules)
        assert net.delay == 0.5
    with pytest.raises(UsageError, match=why):
        Perturber(("127.0.0.1", 9), **rules)


@pytest.mark.parametrize("where", ["localhost", ("só um",), (1, 2), None])
def test_address_is_checked(where):
    """O que não é servidor nem endereço é recusado ao criar."""
    with pytest.raises(UsageError, match="diga o servidor"):
        Perturber(where)


def test_stopped_server_is_told():
    """Um servidor parado não tem endereço, e o erro diz isso."""
    with pytest.raises(AddressError, match="está parado"):
        Perturber(Server(port=0))


def test_direction_of_a_command_is_checked():
    """Um sentido que não existe é recusado também nos comandos."""
    with Perturber(("127.0.0.1", 9)) as net, pytest.raises(UsageError, match="o sentido é"):
        net.half_close("volta")


# --- as réguas e os botões


def test_controls_do_the_same():
    """Cada régua muda a sua regra, e a frase embaixo diz o que vale."""
    with through(chunk=7, gap=0) as (near, far, net):
        controls = net.controls()
        status = controls.children[-1]
        assert controls.rules["chunk"].value == 7
        for name, value in {"delay": 0.05, "jitter": 0.05, "chunk": 1, "cut_after": 9}.items():
            controls.rules[name].value = value
            assert getattr(net, name) == value
        controls.rules["direction"].value = "to_server"
        assert "byte a byte, corte depois de 9 bytes, rumo ao servidor" in status.value
        controls.rules["chunk"].value = controls.rules["cut_after"].value = 0
        assert net.chunk is net.cut_after is None
        controls.stall.value = True
        assert "parado rumo ao servidor" in status.value
        near.sendall(b"espera")
        controls.stall.value = False
        assert read(far, 6) == [b"espera"]
        controls.buttons["half_close"].click()
        assert far.recv(1) == b""
        controls.buttons["reset"].click()
        with pytest.raises(ConnectionResetError):
            near.recv(1)
        assert "<" not in repr(controls)


def test_controls_cut():
    """O botão de cortar encerra com educação."""
    with through() as (near, far, net):
        net.controls().buttons["cut"].click()
        assert near.recv(1) == far.recv(1) == b""


def test_someone_who_gives_up_at_the_door(monkeypatch):
    """Quem desiste antes de ser aceito não atrapalha os seguintes."""
    accept, left = socket.socket.accept, [1]

    def shy(sock):
        if left:
            left.pop()
            raise ConnectionAbortedError
        return accept(sock)

    with run_server() as server, Perturber(server) as net:
        monkeypatch.setattr(socket.socket, "accept", shy)
        Client("Ana", *net.address).close()
    assert not left
