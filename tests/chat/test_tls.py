"""TLS: as cinco armadilhas de um SSLSocket, o que cada engano ouve, e os certificados."""

import os
import selectors
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from peers import DEADLINE, TICK, RawPeer, enter, run_server, scripted_server, set_wire, tls_wire, wait_until

from chatlib import Client, Server, protocol, sockets, tls
from chatlib.errors import EntryRefused, ServerNotFound, TlsError, UsageError


@pytest.fixture(autouse=True)
def wire():
    """Aqui tudo é com TLS."""
    set_wire("tls")
    yield tls_wire()
    set_wire("claro")


@pytest.fixture
def ends(wire):
    """As duas pontas de uma conexão, a do servidor e a de um cliente qualquer, com o TLS combinado."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        raw = socket.create_connection(listener.getsockname(), DEADLINE)
        here = tls.guard(listener.accept()[0], wire.server)
    shaking = threading.Thread(target=tls.accept, args=(here, DEADLINE))
    shaking.start()
    there = ssl.create_default_context(cafile=f"{wire.folder}/ca.pem").wrap_socket(
        raw, server_hostname="localhost"
    )
    shaking.join()
    here.settimeout(DEADLINE)
    with here, there:
        yield here, there


# --- as cinco armadilhas (e o que a sala sofreria com cada uma)


def test_sending_does_not_wait(ends):
    """Primeira: um SSLSocket recusa MSG_DONTWAIT, e o carteiro morreria. Aqui se manda o que cabe."""
    here, there = ends
    data, sent = bytes(range(256)) * 40_000, 0
    with pytest.raises(BlockingIOError):
        while True:
            sent += sockets.send_now(here, data[sent:])
    assert 0 < sent < len(data)
    got = bytearray()
    while len(got) < sent:
        got += there.recv(65536)
    while sent < len(data):  # o que faltou vai depois, do ponto em que parou, e nada se repete
        with suppress(BlockingIOError):
            sent += sockets.send_now(here, data[sent:])
        sockets.wait(there, selectors.EVENT_READ, TICK)
        there.settimeout(TICK)
        with suppress(TimeoutError):
            got += there.recv(65536)
    there.settimeout(DEADLINE)
    while len(got) < len(data):
        got += there.recv(65536)
    assert got == data


def test_shutdown_wakes_the_one_who_reads(ends):
    """Segunda: o socket cru que embrulhamos já não é nada. Quem acorda a thread é o próprio `Socket`."""
    here, _ = ends
    heard = []
    reader = threading.Thread(target=lambda: heard.append(here.recv(10)))
    here.settimeout(None)
    reader.start()
    sockets.shut(here, socket.SHUT_RD)
    reader.join(DEADLINE)
    assert heard == [b""]


@contextmanager
def eavesdropper(address):
    """Um atravessador que repassa tudo e guarda o que viu; dá o seu endereço e o que viu."""
    seen, socks = bytearray(), []

    def pump(source, target):
        with suppress(OSError):
            while data := source.recv(65536):
                seen.extend(data)
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def run():
        with suppress(OSError):
            here, _ = listener.accept()
            there = socket.create_connection(address)
            socks.extend([here, there])
            back = threading.Thread(target=pump, args=(there, here))
            back.start()
            pump(here, there)
            back.join()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=run)
        thread.start()
        yield listener.getsockname(), seen
        for sock in socks:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        thread.join()
        for sock in socks:
            sock.close()


def test_nothing_leaves_in_clear(wire):
    """Terceira: o shutdown de um SSLSocket larga a cifra. No fio, nem na despedida se lê uma palavra."""
    with run_server(password="segredo") as server:
        with eavesdropper(server.address) as (address, seen):
            ana = Client("Ana", *address, password="segredo", tls=wire.folder)
            ana.write("oi, gente")
            ana.wait_for("oi, gente")
            server.room.remove("Ana")
            assert ana.wait_for(protocol.removed())
            ana.close()
        for word in (b"NICK", b"SENHA", b"Ana", b"segredo", b"gente", b"quem cuida", b"saiu"):
            assert word not in seen
    assert seen.startswith(tls.HELLO)


def test_after_shutdown_nothing_is_said(ends):
    """Depois de encerrar a escrita, mandar é erro: em claro, nunca."""
    here, there = ends
    sockets.shut(here, socket.SHUT_WR)
    with pytest.raises(OSError):
        here.send(b"em claro")
    assert there.recv(100) == b""


def test_what_is_already_deciphered_is_seen(ends):
    """Quarta: ``poll`` não vê o que já se decifrou, e o leitor pararia com uma mensagem na mão."""
    here, there = ends
    there.sendall(b"x" * 16_000)
    assert here.recv(10) == b"x" * 10
    assert sockets.readable(here, TICK)
    assert len(here.recv(65536)) == 15_990
    assert not sockets.readable(here, TICK / 10)


def test_half_a_record_is_not_data(ends):
    """E acordar não é ter o que ler: com meio registro, espera-se o prazo, e não para sempre."""
    here, there = ends
    raw = socket.socket(fileno=os.dup(there.fileno()))
    with raw:
        raw.sendall(b"\x17\x03\x03\x01\x00" + b"x" * 10)  # promete 256 bytes, manda 10
        began = time.monotonic()
        assert not sockets.readable(here, TICK)
        assert time.monotonic() - began < DEADLINE / 2


def test_the_end_is_seen_once_and_again(ends):
    """O fim é algo que se lê, e continua sendo o fim."""
    here, there = ends
    there.close()
    assert sockets.readable(here, DEADLINE)
    assert [here.recv(10), here.recv(10)] == [b"", b""]


def test_the_removed_one_reads_why():
    """Quinta: acordada por SHUT_RD, a pessoa tirada leria um erro do TLS em vez do aviso."""
    with run_server() as server:
        for _ in range(20):
            ana = RawPeer(server.address, "Ana")
            server.room.remove("Ana")
            assert ana.rest() == [protocol.removed()]
            ana.close()
            wait_until(lambda: not server.apelidos)


def test_one_thread_reads_while_another_writes(ends):
    """A mesma conexão nas duas direções, o tempo todo: nada se perde, nada trava (cpython 151508)."""
    here, there = ends  # do lado do cliente, uma thread só faz as duas coisas, aos poucos
    size, got, back = 2_000_000, bytearray(), bytearray()

    def read():
        while len(got) < size:
            got.extend(here.recv(65536))

    def write():
        here.sendall(b"s" * size)

    threads = [threading.Thread(target=read), threading.Thread(target=write)]
    for thread in threads:
        thread.start()
    there.settimeout(0)
    sent = 0
    deadline = time.monotonic() + DEADLINE
    while (sent < size or len(back) < size) and time.monotonic() < deadline:
        with suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            sent += there.send(b"c" * min(16_384, size - sent)) if sent < size else 0
        with suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            back += there.recv(65536)
    for thread in threads:
        thread.join(DEADLINE)
    assert bytes(got) == b"c" * size and bytes(back) == b"s" * size


def test_waiting_has_a_limit(ends):
    """Quem lê espera o prazo; quem escreve a quem não lê, também."""
    here, _ = ends
    here.settimeout(TICK)
    with pytest.raises(TimeoutError):
        here.recv(10)
    with pytest.raises(TimeoutError):
        here.sendall(b"x" * 50_000_000)


def test_small_reads(ends):
    """Quem pede poucos bytes por vez os recebe todos, em ordem."""
    here, there = ends
    there.sendall(b"abcdef")
    assert sockets.readable(here, DEADLINE)
    assert [here.recv(2), here.recv(3), here.recv(9)] == [b"ab", b"cde", b"f"]


def test_closing_while_another_thread_listens():
    """Fechar um cliente que escuta noutra thread, o servidor mandando sem parar, não erra nem espera."""
    with run_server() as server, enter("Eco", *server.address) as echo:
        for number in range(20):
            ended, heard = [], []
            ana = enter("Ana", *server.address, on_message=heard.append, on_end=ended.append)
            echo.write("x" * 3000 + f"\n{number}")
            wait_until(lambda heard=heard: len(heard) > 2, "o que Ana ouve")
            began = time.monotonic()
            ana.close()
            assert ended == [None] and time.monotonic() - began < DEADLINE / 2
            assert all(text.startswith(("Eco: ", "Ana ", "Conectado")) for text in heard)
            echo.wait_for("Ana saiu!")


def test_shutdown_in_the_middle_of_handshakes(wire):
    """Encerrar o servidor acorda quem ainda combinava o TLS."""
    server = Server(port=0, tls=wire.server).start()
    socks = [socket.create_connection(server.address, DEADLINE) for _ in range(6)]
    for sock in socks[:3]:
        sock.sendall(b"\x16\x03\x01\x02")  # o começo de um ClientHello
    wait_until(lambda: len(server._connections) == 6)
    began = time.monotonic()
    server.shutdown()
    assert time.monotonic() - began < DEADLINE / 3
    for sock in socks:
        sock.close()


# --- cada engano ouve uma frase


def test_plain_client_on_a_tls_port():
    """Quem não fala TLS lê, em claro, que a sala usa; a recusa se conta a quem cuida dela."""
    events = []
    with run_server(nick_timeout=10 * TICK, on_event=events.append) as server:
        with pytest.raises(EntryRefused, match=r"esta sala usa TLS: entre com o ca\.pem"):
            Client("Ana", *server.address)
        with socket.create_connection(server.address, DEADLINE) as talker:
            talker.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert talker.recv(500) == protocol.tls_only().encode() + b"\n"
        wait_until(lambda: [event.kind for event in events].count("refused") == 2, "as recusas")


def test_tls_on_a_plain_port(wire):
    """Quem fala TLS com quem não fala lê o que fazer; o servidor diz quem era."""
    events = []
    with run_server(tls=None, on_event=events.append) as server:
        with pytest.raises(TlsError, match="não fala TLS nessa porta"):
            Client("Ana", *server.address, tls=wire.folder)
        wait_until(lambda: any(protocol.not_tls.bare() == event.text for event in events), "a recusa")


def certificate(tmp_path, *names, ca=None, **options):
    """Uma pasta de servidor, com o certificado que se pede, e o ca.pem de quem o assinou."""
    ca = ca or trustme.CA()
    pair = ca.issue_cert(*names, **options)
    (tmp_path / "server.pem").write_bytes(b"".join(part.bytes() for part in pair.cert_chain_pems))
    (tmp_path / "server-key.pem").write_bytes(pair.private_key_pem.bytes())
    (tmp_path / "ca.pem").write_bytes(ca.cert_pem.bytes())
    return tmp_path


NOW = datetime.now(UTC)
PAST = {"not_before": NOW - timedelta(days=9), "not_after": NOW - timedelta(days=1)}
FUTURE = {"not_before": NOW + timedelta(days=1), "not_after": NOW + timedelta(days=9)}


@pytest.mark.parametrize(
    ("names", "options", "said"),
    [
        (["sala.exemplo"], {}, r"não é de 127\.0\.0\.1: .* --host 127\.0\.0\.1"),
        (["127.0.0.1"], PAST, "venceu"),
        (["127.0.0.1"], FUTURE, "ainda não vale: confira a data"),
    ],
    ids=["nome", "vencido", "futuro"],
)
def test_certificate_that_does_not_serve(tmp_path, names, options, said):
    """Um nome trocado, um vencido, um do futuro: cada um tem a sua frase, e a senha não é dita."""
    folder = certificate(tmp_path, *names, **options)
    heard = []
    with run_server(tls=folder, password="segredo") as server:
        server.room.tap(heard.append)
        with pytest.raises(TlsError, match=said):
            Client("Ana", *server.address, password="segredo", tls=folder)
    assert not [event for event in heard if event.data]


def test_unknown_authority(tmp_path, wire):
    """Um certificado que outro assinou é recusado; o servidor conta que não confiaram nele."""
    events = []
    with run_server(tls=certificate(tmp_path, "127.0.0.1"), on_event=events.append) as server:
        for trusted in (wire.folder, True):
            with pytest.raises(TlsError, match=r"não reconheço quem assinou .* ca\.pem"):
                Client("Ana", *server.address, tls=trusted)
        wait_until(lambda: any("não confia no certificado" in event.text for event in events), "a recusa")


def test_right_authority_by_every_way(wire):
    """O ca.pem, a pasta dele, ou um contexto já pronto: dá no mesmo."""
    context = ssl.create_default_context(cafile=f"{wire.folder}/ca.pem")
    with run_server() as server:
        for trusted in (f"{wire.folder}/ca.pem", wire.folder, context):
            with Client("Ana", *server.address, tls=trusted) as ana:
                assert ana.receive() == "Ana entrou!"
            wait_until(lambda: not server.apelidos)


def test_by_name_too(wire):
    """O certificado vale para o número e para o nome."""
    with run_server() as server, Client("Ana", "localhost", server.address[1], tls=wire.folder) as ana:
        ana.write("oi")
        assert ana.wait_for("oi") == "Ana: oi"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(wire):
    """Antes do TLS 1.2 ninguém entra, nem com um contexto que deixaria."""
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    assert tls.prepare(old).minimum_version is ssl.TLSVersion.TLSv1_2
    with run_server() as server, socket.create_connection(server.address, DEADLINE) as raw:
        context = ssl.create_default_context(cafile=f"{wire.folder}/ca.pem")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.raises(ssl.SSLError):
            context.wrap_socket(raw, server_hostname="localhost")


def test_handshake_cut_short(wire):
    """Um servidor que encerra no meio da combinação é um servidor que não atende."""
    with scripted_server(lambda sock: sock.recv(10)) as address, pytest.raises(ServerNotFound, match="cheio"):
        Client("Ana", *address, tls=wire.folder)


def test_server_that_never_answers(wire):
    """Um servidor calado não prende ninguém."""
    impatient = {"tls": wire.folder, "timeout": 2 * TICK}
    with (
        scripted_server(lambda sock: sock.recv(1000) and sock.recv(1)) as address,
        pytest.raises(ServerNotFound),
    ):
        Client("Ana", *address, **impatient)


@pytest.mark.parametrize("hello", [b"\x16", b"\x16\x03\x01\x00\x05hello", b"\x16" * 5000], ids=len)
def test_garbage_that_looks_like_tls(hello):
    """O que só começa como TLS não derruba nada, e não prende ninguém além do prazo."""
    with run_server(nick_timeout=2 * TICK) as server:
        with socket.create_connection(server.address, DEADLINE) as peer:
            peer.sendall(hello)
            with suppress(ConnectionError):
                while peer.recv(1000):
                    pass
        with enter("Ana", *server.address) as ana:
            assert ana.receive() == "Ana entrou!"
        wait_until(lambda: not len(server._connections))


def test_silent_peers_delay_nobody():
    """Cinco calados na porta não atrasam quem chega: a combinação é na thread de cada um."""
    with run_server() as server:
        silent = [socket.create_connection(server.address, DEADLINE) for _ in range(5)]
        began = time.monotonic()
        with enter("Ana", *server.address):
            assert time.monotonic() - began < 10 * TICK
        for sock in silent:
            sock.close()


def test_port_scan(wire):
    """Cem conexões que nascem e morrem, metade com RST, não param quem aceita."""
    events = []
    with run_server(on_event=events.append) as server:
        for number in range(100):
            sock = socket.create_connection(server.address)
            if number % 2:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
        with enter("Ana", *server.address) as ana:
            assert ana.receive() == "Ana entrou!"
    assert "error" not in {event.kind for event in events}


def test_tls_turned_on_with_the_room_open(wire):
    """Ligado com a sala no ar, vale para quem chega depois; quem está continua."""
    with run_server(tls=None) as server, Client("Ana", *server.address) as ana:
        server.door.tls = wire.folder
        with Client("Bia", *server.address, tls=wire.folder) as bia:
            bia.write("oi")
            assert ana.wait_for("Bia:") == "Bia: oi"
        server.door.tls = None
        with Client("Caio", *server.address):
            ana.wait_for("Caio entrou!")


# --- o que não serve


@pytest.mark.parametrize("version", [(3, 13, 0), (3, 13, 4), (3, 13, 6)])
def test_python_that_deadlocks(monkeypatch, version, wire):
    """Num Python em que a conexão trava, o TLS é recusado, com o motivo e a saída."""
    monkeypatch.setattr(sys, "version_info", (*version, "final", 0))
    for use in (lambda: Server(port=0, tls=wire.folder), lambda: Client("Ana", tls=wire.folder)):
        with pytest.raises(UsageError, match=r"137583.*3\.13\.7"):
            use()


@pytest.mark.parametrize("version", [(3, 11, 9), (3, 12, 13), (3, 13, 7), (3, 14, 0)])
def test_python_that_serves(monkeypatch, version):
    """Os outros servem."""
    monkeypatch.setattr(sys, "version_info", (*version, "final", 0))
    tls.check_python()


def test_unreadable_certificates(tmp_path, wire):
    """Arquivos que faltam, trocados ou estragados: qual, e o que fazer."""
    bad = tmp_path / "ruim.pem"
    bad.write_text("nada disso")
    folder = wire.folder
    for given, said in [
        (tmp_path, "não li"),
        ((f"{folder}/server-key.pem", f"{folder}/server.pem"), "não são um certificado e a chave"),
        ((str(bad), str(bad)), "não são um certificado e a chave"),
        (42, "não entendi tls"),
        (("só um",), "não entendi tls"),
    ]:
        with pytest.raises(UsageError, match=said):
            Server(port=0, tls=given)
    for given, said in [
        (str(tmp_path / "x.pem"), "não li"),
        (str(bad), "não é um certificado"),
        (42, "não entendi"),
    ]:
        with pytest.raises(UsageError, match=said):
            Client("Ana", tls=given)


def test_key_locked_by_a_password(tmp_path, wire):
    """Uma chave com senha não para o servidor à espera de quem a digite."""
    command = ["openssl", "pkey", "-in", f"{wire.folder}/server-key.pem", "-aes256", "-passout", "pass:x"]
    with suppress(FileNotFoundError):
        subprocess.run([*command, "-out", tmp_path / "k.pem"], check=True, capture_output=True)
        with pytest.raises(UsageError, match="trancada por uma senha"):
            Server(port=0, tls=(f"{wire.folder}/server.pem", tmp_path / "k.pem"))
