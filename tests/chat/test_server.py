"""O servidor, sobre sockets de verdade: o fio, os limites e as promessas, com gente hostil."""

import errno
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress

import peers
import pytest
from peers import DEADLINE, TICK, RawPeer, run_server, server_args, wait_until

from chatlib import ChatError, Server, protocol, sockets
from chatlib.errors import AddressError, PortInUse, UsageError

FAREWELL = protocol.over()

pytestmark = pytest.mark.usefixtures("wire")  # tudo aqui vale em claro e com TLS


# --- o fio


def test_greeting_is_exactly_nick(join):
    """Ao conectar, chegam os quatro bytes NICK e mais nada."""
    peer = join()
    assert peer.take(4) == b"NICK"
    assert not sockets.readable(peer.sock, TICK)


def test_newcomer_reads_its_own_entry_first(room, join):
    """Quem entra lê primeiro a própria entrada; a saudação é só dele."""
    ana, bia = room
    caio = join("Caio")
    caio.say("oi")
    assert [peer.lines(2) for peer in (ana, bia)] == [["Caio entrou!", "Caio: oi"]] * 2


def test_everyone_gets_the_line(room):
    """A mensagem volta também a quem a mandou."""
    room[0].say("Ana: oi")
    assert [peer.line() for peer in room] == ["Ana: oi"] * 2


def half_close(peer):
    """Só a escrita termina: quem lê continua."""
    peer.sock.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize(
    "go",
    [RawPeer.close, RawPeer.reset, half_close, lambda peer: peer.say("/sair")],
    ids=["fim", "rst", "meio", "sair"],
)
def test_leaving_is_told_once(room, join, go):
    """Saia como sair, todos os outros leem um só ``saiu``."""
    ana, bia = room
    go(bia)
    assert ana.line() == "Bia saiu!"
    ana.say("fim")
    assert ana.line() == "Ana: fim"
    join("Bia")  # o apelido está livre de novo


def test_one_who_leaves_does_not_read_its_own_exit(room):
    """O ``saiu`` é para os outros; quem sai lê até o fim o que veio antes."""
    ana, bia = room
    bia.say("tchau", "/sair", "isto não vai")
    assert bia.rest() == ["Bia: tchau"]
    assert ana.lines(2) == ["Bia: tchau", "Bia saiu!"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_endings(room, join, end):
    """``\\n`` e ``\\r\\n`` terminam do mesmo jeito o apelido e as mensagens."""
    caio = join()
    caio.answer("Caio", end)
    caio.send(f"um{end}dois{end}{end}  {end}três{end}")
    assert caio.until("três")[2:] == room[0].until("três")[1:] == ["Caio: um", "Caio: dois", "Caio: três"]


def test_byte_by_byte(room, join):
    """Uma pessoa cujos bytes chegam um a um é entendida, acentos inclusive."""
    caio = join()
    assert caio.take(4) == b"NICK"
    for byte in "João\nJoão: olá\n".encode():
        caio.send(bytes([byte]))
    assert room[0].lines(2) == ["João entrou!", "João: olá"]


def test_glued_answer_and_messages(room, join):
    """O que vem colado ao apelido não se perde."""
    join().send("Caio\num\ndois\n")
    assert room[0].lines(3) == ["Caio entrou!", "Caio: um", "Caio: dois"]


def test_unframed_peer(room, join):
    """Quem não usa ``\\n`` manda uma mensagem por pedaço e recebe linhas."""
    caio = join("Caio", end="")
    for text in ("Caio: oi", "Caio: um\nCaio: dois", "sem prefixo"):
        caio.send(text)
        caio.until(text.removeprefix("Caio: ").splitlines()[-1].removeprefix("Caio: "))
    expected = ["Caio entrou!", "Caio: oi", "Caio: um", "Caio: dois", "Caio: sem prefixo"]
    assert room[0].lines(5) == expected


def test_nickname_in_pieces_without_newline(room, join):
    """Um apelido sem ``\\n`` pode vir aos pedaços, com menos de 200 ms entre eles."""
    caio = join()
    for piece in ("Ca", "i", "o"):
        caio.send(piece)
        time.sleep(protocol.QUIET / 4)
    assert room[0].line() == "Caio entrou!"


def test_unfinished_line_is_discarded(room):
    """A linha que o fim da conexão deixou sem ``\\n`` não é entregue."""
    ana, bia = room
    bia.send("inteira\npela meta")
    bia.sock.shutdown(socket.SHUT_WR)
    assert ana.lines(2) == ["Bia: inteira", "Bia saiu!"]


@pytest.mark.parametrize(
    ("sent", "delivered"),
    [
        ("oi", "Ana: oi"),
        ("Ana: oi", "Ana: oi"),
        ("ana: oi", "Ana: oi"),
        ("Bia: oi", "Ana: Bia: oi"),
        ("* o servidor foi encerrado", "Ana: * o servidor foi encerrado"),
        ("Bia saiu!", "Ana: Bia saiu!"),
        ("NICK", "Ana: NICK"),
        ("a\x1b[2Jb\rc\x85d\u2028e\u202ef", "Ana: a\ufffd[2Jb\ufffdc\ufffdd\ufffde\ufffdf"),
        ("um\x0bBia: dois", "Ana: um\ufffdBia: dois"),
        ("//quem", "Ana: /quem"),
        ("Ana: //x", "Ana: /x"),
        ("  recuado", "Ana:   recuado"),
        ("a\tb", "Ana: a\tb"),
    ],
    ids=ascii,
)
def test_server_says_who_speaks(room, sent, delivered):
    """Ninguém fala por outro, nem pelo servidor, nem controla o terminal alheio."""
    room[0].say(sent)
    assert [peer.line() for peer in room] == [delivered] * 2


def test_invalid_utf8_is_replaced(room):
    """Bytes que não são UTF-8 viram U+FFFD, e a conversa segue."""
    room[0].send(b"a\xff\xc3(\n")
    assert room[1].line() == "Ana: a\ufffd\ufffd("


# --- os limites


@pytest.mark.parametrize("prefix", ["", "Ana: "])
def test_text_limit(room, prefix):
    """O limite é o do texto, sem prefixo; o que passa dele rende um aviso só a quem o mandou."""
    ana, bia = room
    ana.say(prefix + "ç" * 2048, prefix + "ç" * 2048 + "x", "depois")
    assert bia.lines(2) == ["Ana: " + "ç" * 2048, "Ana: depois"]
    assert ana.lines(3)[1] == "* mensagem longa demais: o limite é 4096 bytes"


def test_endless_line_is_refused_once(room):
    """Uma linha de 8 MB rende um aviso, nada dela chega, e quem a mandou fica."""
    ana, bia = room
    ana.send(b"x" * (8 << 20) + b"\noi\n")
    assert bia.line() == "Ana: oi"
    assert [line[:24] for line in ana.lines(2)] == ["* mensagem longa demais:", "Ana: oi"]


def test_silent_visitor_is_turned_away(join):
    """Quem não diz o apelido no prazo lê por quê, e ninguém espera por ele."""
    with run_server(nick_timeout=3 * TICK) as server:
        silent = join(at=server)
        join("Ana", at=server)
        assert silent.take(4) == b"NICK"
        assert silent.rest() == [f"* faltou dizer o apelido em {3 * TICK:g} s: conecte-se de novo"]


def test_dripping_nickname_cannot_outlast_the_limit(join):
    """Nem um apelido aos pingos estica o prazo."""
    with run_server(nick_timeout=3 * TICK) as server:
        peer = join(at=server)
        start = time.monotonic()
        with suppress(OSError):
            while not sockets.readable(peer.sock, 0) or peer.take(4) == b"NICK":
                peer.send("a")
                time.sleep(TICK / 5)
        assert time.monotonic() - start < DEADLINE / 2
        assert "apelido" in peer.line()


def test_full_room(join):
    """Sala cheia: uma linha que diz quantos cabem, e o fim; quando alguém sai, há lugar."""
    with run_server(max_members=1) as server:
        ana = join("Ana", at=server)
        bia = join(at=server)
        bia.answer("Bia")
        assert bia.rest() == ["* a sala está cheia: cabem 1 pessoas"]
        ana.close()
        wait_until(lambda: not server.apelidos)
        join("Bia", at=server)


def refused_at_once(join, server):
    """Se quem chega é recusado com uma linha; com TLS, que a thread que aceita não espera, sem ela."""
    if peers.wire.server:
        with pytest.raises(OSError):
            join(at=server)
        return True
    return join(at=server).rest() == ["* muita gente chegando ao mesmo tempo: tente de novo em instantes"]


def test_too_many_visitors(join):
    """Visitantes demais: quem passa da conta lê por quê, e quem já estava não é incomodado."""
    with run_server(max_visitors=2) as server:
        ana = join("Ana", at=server)
        visitors = [join(at=server) for _ in range(2)]
        assert [visitor.take(4) for visitor in visitors] == [b"NICK"] * 2
        assert refused_at_once(join, server)
        visitors[0].send("Bia")
        assert ana.line() == "Bia entrou!"


def test_many_peers_refused_leave_nothing(join):
    """Cem apelidos recusados não ocupam lugar nem apelido."""
    with run_server(max_visitors=3) as server:
        for _ in range(100):
            peer = RawPeer(server.address)
            peer.answer("dois apelidos")
            assert peer.rest()[0].startswith("* apelido recusado: espaço não pode")
            peer.close()
            wait_until(lambda: not len(server._connections))
        join("Ana", at=server)


@pytest.mark.parametrize(
    "apelido", ["Ana", "ana", "ＡＮＡ", "servidor", "a b", "", "x" * 21, "x" * 300, "\u3164"]
)
def test_nickname_refused(join, apelido):
    """Recusa: uma linha com o motivo, e o fim da conexão."""
    ana = join("Ana")
    other = join()
    other.answer(apelido)
    (line,) = other.rest()
    assert line.startswith("* apelido recusado: ")
    ana.say("oi")
    assert ana.line() == "Ana: oi"


def test_member_that_does_not_read_is_cut_off(room, join):
    """Quem não lê é desligado, todos o veem sair, e os outros não perdem nada."""
    ana, bia = room
    stalled = join("Caio", receive_buffer=4096)
    reader = Log(bia)
    seen = Log(ana)
    total = 0
    while not any("Caio saiu!" in line for line in seen.lines[-5000:]):
        ana.say(*[f"{total + i} " + "x" * 1000 for i in range(100)])
        total += 100
        wait_until(lambda count=total: len(seen.lines) >= count, "a volta do que Ana disse")
        assert total < 20_000
    ana.say("fim")
    wait_until(lambda: "Ana: fim" in reader.lines[-1:] and "Ana: fim" in seen.lines[-1:])
    texts = [line for line in reader.lines if line.startswith("Ana: ") and line != "Ana: fim"]
    assert [int(line.split()[1]) for line in texts] == list(range(total))
    if not peers.wire.server:  # com TLS, só um registro inteiro se decifra
        assert stalled.line() is not None  # o que coube antes do corte chegou


class Log:
    """Lê as linhas de alguém numa thread, até o fim da conexão."""

    def __init__(self, peer):
        self.lines = []
        self.thread = threading.Thread(target=self._run, args=(peer,), daemon=True)
        self.thread.start()

    def _run(self, peer):
        with suppress(OSError, ValueError):
            while (line := peer.line()) is not None:
                self.lines.append(line)


def test_stopped_reader_is_cut_off(room, tmp_path):
    """Um processo parado com SIGSTOP não segura a sala."""
    ana, bia = room
    code = (
        "import socket, ssl, time;"
        f"sock = socket.create_connection({ana.sock.getpeername()!r}); ca = {peers.wire.folder!r};"
        "sock = ssl.create_default_context(cafile=ca + '/ca.pem')"
        ".wrap_socket(sock, server_hostname='localhost') if ca else sock;"
        r"sock.recv(4); sock.send(b'Zumbi\n'); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as zombie:
        try:
            assert ana.line() == "Zumbi entrou!"
            zombie.send_signal(19)
            readers = Log(ana), Log(bia)
            for _ in range(100):
                ana.say(*["x" * 4000] * 50)
                if "Zumbi saiu!" in readers[1].lines:
                    break
            wait_until(lambda: all("Zumbi saiu!" in reader.lines for reader in readers), "a saída do zumbi")
        finally:
            zombie.kill()


def test_rate_limit(join):
    """Passado o ritmo, um aviso uma vez só; o excesso não chega e ``/sair`` ainda vale."""
    with run_server(rate=0.001, burst=3) as server:
        ana, bia = join("Ana", at=server), join("Bia", at=server)
        bia.say(*"123456789")
        bia.say("/sair")
        assert bia.rest()[3:] == [
            "* devagar: passam 0.001 mensagens por segundo; o excesso não é entregue",
        ]
        assert ana.lines(5) == ["Bia entrou!", "Bia: 1", "Bia: 2", "Bia: 3", "Bia saiu!"]


@pytest.mark.skipif(not hasattr(socket, "TCP_KEEPIDLE"), reason="este sistema não diz seus prazos")
def test_dead_link_is_probed(server, join):
    """Toda conexão é sondada depois de 60 s de silêncio, e dada por perdida em 2 min."""
    join("Ana")
    sock = server.room._present.find("Ana").sock
    options = {
        name: sock.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))
        for name in sockets.KEEPALIVE
        if hasattr(socket, name)
    }
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert options["TCP_KEEPIDLE"] == 60
    assert 60 + options["TCP_KEEPINTVL"] * options["TCP_KEEPCNT"] == 120


@pytest.mark.parametrize(
    "limit", ["max_text", "nick_timeout", "max_members", "max_visitors", "max_output", "rate", "burst"]
)
@pytest.mark.parametrize("value", [0, -1])
def test_limits_are_positive(limit, value):
    """Um limite que não faz sentido é erro de uso."""
    with pytest.raises(UsageError, match="maior que zero"):
        Server(**{limit: value})


# --- uma ordem, uma vez, nada perdido


def test_one_order(server, join):
    """Dez pessoas falando ao mesmo tempo: todas leem as mesmas linhas na mesma ordem."""
    talkers = [join(f"p{i}") for i in range(10)]
    for i, peer in enumerate(talkers):
        if i < 9:
            peer.until("p9 entrou!")
    threads = [
        threading.Thread(target=lambda peer=peer: [peer.say(f"m{n}") for n in range(100)]) for peer in talkers
    ]
    for thread in threads:
        thread.start()
    heard = [peer.lines(1000) for peer in talkers]
    for thread in threads:
        thread.join()
    assert all(lines == heard[0] for lines in heard)
    for i in range(10):
        assert [line for line in heard[0] if line.startswith(f"p{i}:")] == [f"p{i}: m{n}" for n in range(100)]


def test_entries_and_exits_are_in_the_same_order_for_all(join):
    """Quem entra no meio de uma enxurrada lê a própria entrada antes de tudo, e o mesmo que os outros."""
    with run_server() as server:
        ana, witness = join("Ana", at=server), join("Bia", at=server)
        reader = Log(witness)
        echo = Log(ana)
        stop = threading.Event()

        def talk():
            said = 0
            while not stop.is_set():
                ana.say(*["x"] * 50)
                said += 50
                wait_until(lambda said=said: min(len(echo.lines), len(reader.lines)) > said - 1000)

        talker = threading.Thread(target=talk)
        talker.start()
        logs = []
        for i in range(20):
            peer = join(at=server)
            peer.answer(f"p{i}")
            logs.append(peer.lines(50))
            peer.close()
        stop.set()
        talker.join()
        wait_until(lambda: {f"p{i} saiu!" for i in range(20)} <= set(reader.lines))
    for i, log in enumerate(logs):
        assert log[:2] == [f"p{i} entrou!", protocol.GREETING]
        start = reader.lines.index(f"p{i} entrou!")
        assert log[:1] + log[2:] == reader.lines[start : start + 49]
        assert reader.lines.count(f"p{i} saiu!") == 1


def test_joins_and_leaves_leak_nothing(server, room):
    """Quatrocentas entradas e saídas: um ``entrou`` e um ``saiu`` cada, e nada fica."""
    ana, bia = room
    log = Log(ana)
    threads, descriptors = threading.active_count(), count_fds()
    for i in range(400):
        peer = RawPeer(server.address)
        peer.send(f"p{i}\n")
        peer.reset() if i % 2 else (peer.line(), peer.close())
    wait_until(lambda: len(server.apelidos) == 2 and not server._connections.visitors)
    wait_until(lambda: threading.active_count() <= threads and count_fds() <= descriptors)
    bia.say("fim")
    wait_until(lambda: "Bia: fim" in log.lines)
    entries = [line.removesuffix(" entrou!") for line in log.lines if line.endswith(" entrou!")]
    exits = [line.removesuffix(" saiu!") for line in log.lines if line.endswith(" saiu!")]
    assert sorted(entries) == sorted(exits) == sorted(set(entries))
    assert len(entries) >= 200


def count_fds():
    """Quantos descritores este processo tem; zero onde não se pode saber."""
    return len(os.listdir("/dev/fd")) if os.path.isdir("/dev/fd") else 0


def test_port_scan_does_not_hurt(server, join):
    """Conectar e desligar em seguida, duzentas vezes, não incomoda ninguém."""
    ana = join("Ana")
    for i in range(200):
        scanner = RawPeer(server.address)
        scanner.reset() if i % 2 else scanner.close()
    ana.say("oi")
    assert ana.line() == "Ana: oi"
    join("Bia")


def test_two_hundred_visitors_at_once(server, join):
    """Duzentas conexões caladas não fazem esperar quem quer entrar."""
    for _ in range(200):
        join()
    start = time.monotonic()
    join("Ana")
    assert time.monotonic() - start < 10 * TICK


def test_talker_that_never_reads_does_not_stop_the_others(room):
    """Quem fala sem ler acaba desligado, e só ele."""
    ana, bia = room
    log = Log(bia)

    def flood():
        with suppress(OSError):
            while True:
                ana.say(*["x" * 1000] * 100)

    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    wait_until(lambda: "Ana saiu!" in log.lines, "a saída de quem não lê")
    bia.say("oi")
    wait_until(lambda: log.lines[-1] == "Bia: oi")
    wait_until(lambda: not thread.is_alive(), "o fim do send de quem foi desligado")


def test_reader_in_a_flood_is_not_cut_off(room):
    """Quem lê, ainda que a sala despeje megabytes, recebe tudo."""
    ana, bia = room
    logs = [Log(peer) for peer in room]
    for i in range(200):
        ana.say(*[f"{i} " + "x" * 500] * 200)
    ana.say("fim")
    wait_until(lambda: all(log.lines[-1:] == ["Ana: fim"] for log in logs), "a última linha")
    assert [len(log.lines) for log in logs] == [40_001] * 2
    bia.say("ainda aqui")
    wait_until(lambda: logs[0].lines[-1] == "Bia: ainda aqui")


def test_reset_in_the_middle_harms_only_the_one_who_fell(join):
    """Dez conexões caem juntas no meio da conversa: os outros leem tudo."""
    with run_server() as server:
        ana = join("Ana", at=server)
        others = [join(f"p{i}", at=server) for i in range(10)]
        ana.until("p9 entrou!")
        for i, other in enumerate(others):
            ana.say(f"antes {i}")
            other.reset()
        lines = ana.lines(20)
        assert [line for line in lines if line.startswith("Ana")] == [f"Ana: antes {i}" for i in range(10)]
        assert sorted(line for line in lines if line.endswith("saiu!")) == sorted(
            f"p{i} saiu!" for i in range(10)
        )


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="a memória é lida em /proc")
@pytest.mark.parametrize(
    "line", [b"x" * 4000 + b"\n", b"x" * 65536, b"\n" * 4096, b"a\n" * 2048, b"/ajuda\n" * 500]
)
def test_memory_is_bounded(line):
    """Mande o que mandar uma pessoa, lendo ou não, o servidor não passa de 120 MB."""
    command = [sys.executable, "-m", "chatlib", "server", "--port", "0", *server_args()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = int(process.stdout.readline().rsplit(":", 1)[1])
            idle = [RawPeer(("127.0.0.1", port), f"p{i}") for i in range(5)]
            hostile = RawPeer(("127.0.0.1", port), "Hostil")
            hostile.sock.settimeout(TICK)
            deadline = time.monotonic() + 10 * TICK
            while time.monotonic() < deadline:
                with suppress(OSError):
                    hostile.sock.sendall(line)
            with open(f"/proc/{process.pid}/status") as status:
                peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
            assert peak < 120 * 1024
            for peer in [*idle, hostile]:
                peer.close()
        finally:
            process.terminate()
            process.stdout.read()


# --- eventos e quem observa


def test_events_tell_the_story_in_order(join):
    """Cada coisa que acontece vira um evento, na ordem da sala."""
    events = []
    with run_server(on_event=events.append) as server:
        ana, bia = join("Ana", at=server), join("Bia", at=server)
        bia.say("oi", "/msg ana psiu", "/apelido Bea", "//x", "/sair")
        assert ana.until("saiu")[-1] == "Bea saiu!"
        other = join(at=server)
        other.answer("ana")
        other.rest()
        wait_until(lambda: events[-1].kind == "refused")
    assert [(e.kind, e.apelido, e.text) for e in events if e.kind not in ("connected", "refused")] == [
        ("named", "Ana", ""),
        ("named", "Bia", ""),
        ("message", "Bia", "oi"),
        ("private", "Bia", ""),
        ("renamed", "Bia", "Bea"),
        ("message", "Bea", "/x"),
        ("left", "Bea", "pediu para sair"),
        ("left", "Ana", "o servidor foi encerrado"),
    ]
    assert events[0].kind == "connected" and events[0].address == ana.sock.getsockname()
    assert "já está na sala" in events[-2].text


def test_listener_that_fails_does_not_hurt(join, caplog):
    """Uma exceção de quem observa vai para o registro, e a sala segue."""
    with run_server(on_event=lambda event: 1 / 0) as server:
        ana = join("Ana", at=server)
        ana.say("oi")
        assert ana.line() == "Ana: oi"
    assert "falha em quem observava o evento named" in caplog.text


def test_unsubscribe(server, join):
    """A função que ``subscribe`` devolve cancela, e chamar de novo não faz mal."""
    events = []
    cancel = server.room.subscribe(events.append)
    ana = join("Ana")
    cancel()
    cancel()
    ana.say("oi")
    ana.line()
    assert [event.kind for event in events] == ["connected", "named"]


def test_listener_may_ask_the_server_in_a_flood(join):
    """Quem observa consulta a sala e fala nela, mesmo com a caixa cheia e gente entrando e saindo."""
    with run_server() as server:
        server.room.subscribe(
            lambda event: (server.apelidos, repr(server), event.kind == "left" and server.room.announce("ok"))
        )
        talkers = [join(f"t{i}", at=server) for i in range(2)]
        for peer in talkers:
            Log(peer)
        stop = threading.Event()

        def flood(peer):
            with suppress(OSError):
                while not stop.is_set():
                    peer.say(*["x"] * 2000)

        threads = [threading.Thread(target=flood, args=(peer,)) for peer in talkers]
        for thread in threads:
            thread.start()
        for i in range(3):
            peer = RawPeer(server.address)
            peer.answer(f"p{i}")
            assert peer.line() == f"p{i} entrou!"
            peer.say(f"/apelido q{i}")
            peer.close()
            wait_until(lambda: len(server.apelidos) == 2)
        stop.set()
        for thread in threads:
            thread.join()


def test_unexpected_failure_is_told(join, monkeypatch, caplog):
    """Um erro do próprio servidor vira evento e registro, e só derruba uma conexão."""
    monkeypatch.setattr("chatlib.commands.run", lambda *args: 1 / 0)
    events = []
    with run_server(on_event=events.append) as server:
        ana, bia = join("Ana", at=server), join("Bia", at=server)
        bia.say("/quem")
        assert bia.rest() == [] and ana.lines(2) == ["Bia entrou!", "Bia saiu!"]
        assert "error" in [event.kind for event in events]
    assert "falha ao atender" in caplog.text


def test_accept_survives_a_lack_of_descriptors(join, monkeypatch):
    """Sem descritores livres o servidor avisa, espera e volta a aceitar."""
    events, failures = [], [OSError(errno.EMFILE, "Too many open files")] * 2
    accept = socket.socket.accept

    def failing(sock):
        if failures:
            raise failures.pop()
        return accept(sock)

    monkeypatch.setattr(socket.socket, "accept", failing)
    with run_server(on_event=events.append) as server:
        join("Ana", at=server)
    assert [event.kind for event in events][:2] == ["error", "error"]


def test_accept_survives_a_lack_of_threads(join, monkeypatch):
    """Sem threads livres, quem chega é recusado com uma linha e os outros continuam entrando."""
    start, refused = threading.Thread.start, []

    def failing(thread):
        if thread.name.startswith("chatlib: handle") and not refused:
            refused.append(thread)
            raise RuntimeError("can't start new thread")
        start(thread)

    with run_server() as server:
        monkeypatch.setattr(threading.Thread, "start", failing)
        assert refused_at_once(join, server)
        join("Ana", at=server)


# --- a vida do servidor


def test_shutdown_tells_everyone(room, server):
    """No fim, cada um lê um aviso, uma vez, e a conexão termina."""
    room[0].say("oi")
    assert room[1].line() == "Ana: oi"
    server.shutdown()
    assert [peer.rest() for peer in room] == [["Ana: oi", FAREWELL], [FAREWELL]]


def test_shutdown_lets_out_what_was_accepted(server, room):
    """O que o servidor aceitou antes do fim chega a todos antes do aviso."""
    logs = [Log(peer) for peer in room]
    lines = [f"linha {i} " + "x" * 200 for i in range(5000)]
    assert all([server.broadcast(line) for line in lines])
    server.shutdown()
    wait_until(lambda: all(log.lines[-1:] == [FAREWELL] for log in logs))
    assert [log.lines for log in logs] == [[*lines, FAREWELL]] * 2


def test_shutdown_under_load(join):
    """No meio de uma enxurrada, o fim é rápido, e quem só lê recebe o aviso, uma vez."""
    with run_server() as server:
        peers = [join(f"p{i}", at=server) for i in range(6)]
        logs = [Log(peer) for peer in peers[:5]]  # o último nunca lê

        def flood(peer):
            with suppress(OSError):
                while True:
                    peer.say(*["x" * 100] * 100)

        threads = [threading.Thread(target=flood, args=(peer,)) for peer in peers[:2]]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(logs[4].lines) > 1000)
        start = time.monotonic()
        server.shutdown()
        assert time.monotonic() - start < 50 * TICK
        for log in logs:
            log.thread.join(DEADLINE)
        for peer in peers:
            sockets.shut(peer.sock)
        for thread in threads:
            thread.join(DEADLINE)
    assert [log.lines.count(FAREWELL) for log in logs[2:]] == [1] * 3
    assert all(log.lines.count(FAREWELL) <= 1 for log in logs)


def test_shutdown_wakes_visitors(join):
    """Quem não disse o apelido, quem mal chegou e quem não lê não atrasam o fim."""
    with run_server() as server:
        visitors = [join(at=server) for _ in range(50)]
        wait_until(lambda: server._connections.visitors == 50)
        start = time.monotonic()
        server.shutdown()
        assert time.monotonic() - start < 20 * TICK
    assert all(visitor.take(4) == b"NICK" and visitor.line() is None for visitor in visitors)


def test_shutdown_twice_and_start_again(server, join):
    """Encerrar de novo não faz nada; o mesmo servidor pode voltar ao ar."""
    join("Ana")
    server.shutdown()
    server.close()
    assert repr(server) == "<Server parado>" and server.apelidos == ()
    with pytest.raises(AddressError, match=r"chame start\(\)"):
        _ = server.address
    assert server.start() is server.start()
    join("Ana")


def test_shutdown_from_many_threads(join):
    """Muitas threads encerram ao mesmo tempo: todas voltam sem erro, com tudo encerrado."""
    failures = []
    for _ in range(5):
        with run_server() as server:
            join("Ana", at=server)

            def stop(server=server):
                try:
                    server.shutdown()
                    assert repr(server) == "<Server parado>"
                except BaseException as failure:
                    failures.append(failure)

            threads = [threading.Thread(target=stop) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert failures == []


def test_shutdown_from_a_listener(join):
    """Quem observa pode encerrar o servidor: a chamada volta, e ele se encerra."""
    with run_server() as server:
        server.room.subscribe(lambda event: event.kind == "message" and server.shutdown())
        ana, bia = join("Ana", at=server), join("Bia", at=server)
        bia.say("fim")
        assert ana.rest() == ["Bia entrou!", "Bia: fim", FAREWELL]
        wait_until(lambda: repr(server) == "<Server parado>")


def test_shutdown_from_a_command(join, monkeypatch):
    """Um comando que encerra o servidor, dado por duas pessoas ao mesmo tempo, o encerra."""
    with run_server() as server:
        monkeypatch.setattr("chatlib.commands.COMMANDS", {"/fim": lambda *_: server.shutdown()})
        peers = [join(f"p{i}", at=server) for i in range(4)]
        for peer in peers:
            peer.say("/fim")
        assert all(peer.rest()[-1:] == [FAREWELL] for peer in peers)
        wait_until(lambda: repr(server) == "<Server parado>")


def test_restart_on_the_same_port(join):
    """A porta volta a servir logo, com conexões da rodada anterior ainda no ar."""
    with run_server() as first:
        join("Ana", at=first)
        port = first.address[1]
    for _ in range(3):
        with run_server(port=port) as again:
            assert again.address == ("127.0.0.1", port)
            join("Ana", at=again)


def test_new_server_replaces_the_one_on_its_port(server, join):
    """Um segundo ``Server`` deste processo na mesma porta encerra o primeiro."""
    ana = join("Ana")
    with run_server(port=server.address[1]) as other:
        assert ana.rest() == [FAREWELL]
        assert repr(server) == "<Server parado>"
        join("Ana", at=other)


def test_port_of_another_program():
    """Uma porta de outro programa: qual é, o motivo provável e o que fazer."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortInUse, match=f"porta {port} já está em uso: .*encerre-o ou escolha"):
            Server(port=port).start()


@pytest.mark.parametrize("host", ["192.0.2.1", "nao-existe.invalid", "x" * 100, "a..b"])
def test_address_of_another_computer(host):
    """Um endereço que não é daqui é um erro do chat, com o que fazer."""
    with pytest.raises(ChatError, match="não posso escutar em"):
        Server(host, 0).start()


def test_before_start_nothing_is_accepted():
    """Antes de ``start`` não há a quem falar, e ``shutdown`` não tem o que encerrar."""
    server = Server(port=0)
    assert server.broadcast("oi") is False and server.room.announce("oi") is False
    server.shutdown()
    assert repr(server) == "<Server parado>"


def test_after_shutdown_nothing_is_accepted(server):
    """Depois do fim, ``broadcast`` diz que a linha não foi aceita."""
    assert server.room.announce("oi") is True
    server.shutdown()
    assert server.room.announce("oi") is False


def test_announce_cannot_be_imitated(server, room):
    """O aviso do servidor chega como aviso; o do membro, como fala."""
    server.room.announce("intervalo")
    room[0].say("* intervalo")
    assert room[1].lines(2) == ["* intervalo", "Ana: * intervalo"]


def test_repr_names_who_is_there(server, join):
    """O ``repr`` não traz a porta sorteada, que mudaria a cada vez."""
    assert repr(server) == "<Server no ar em 127.0.0.1, porta escolhida pelo sistema: ninguém na sala>"
    join("Ana")
    join("Bia")
    assert repr(server).endswith(": Ana, Bia na sala>")


def test_default_host_is_this_computer_only():
    """Abrir para a rede só de propósito."""
    with run_server() as server:
        assert server.address[0] == "127.0.0.1"


def test_ipv6():
    """Um endereço IPv6 serve onde o sistema o tem."""
    try:
        server = Server("::1", 0).start()
    except AddressError:
        pytest.skip("este sistema não tem IPv6")
    with server, socket.create_connection(server.address) as sock:
        assert sock.recv(4) == b"NICK"


def test_library_never_prints(join, capfd, caplog):
    """As threads do servidor não escrevem na tela, nem quando algo dá errado."""
    caplog.set_level(logging.CRITICAL + 1, "chatlib")
    with run_server() as server:
        join("Ana", at=server).reset()
        join("Bia", at=server).say("/nada", "x" * 9999)
        wait_until(lambda: server.apelidos == ("Bia",))
    assert capfd.readouterr() == ("", "")


def test_empty_host_is_refused():
    """Um endereço vazio abriria à rede sem que ninguém pedisse."""
    with pytest.raises(UsageError, match="falta o endereço"):
        Server(host="")


def test_same_port_on_another_address(server, join):
    """O sistema deixa duas portas iguais em endereços diferentes: um servidor não encerra o outro."""
    ana = join("Ana")
    try:
        other = Server("127.0.0.2", server.address[1]).start()
    except AddressError:
        pytest.skip("este sistema só atende em 127.0.0.1")  # como o macOS
    with other:
        ana.say("ainda aqui")
        assert ana.line() == "Ana: ainda aqui"


@pytest.mark.parametrize("host", ["localhost", "0.0.0.0"])
def test_same_address_by_another_name(server, join, host):
    """Por outro nome, ou pela rede inteira, é o mesmo lugar: o servidor anterior sai."""
    ana = join("Ana")
    with Server(host, server.address[1]):
        assert ana.rest() == [FAREWELL]
