"""O cliente: entrar, falar, esperar, e cada um dos modos de dar errado."""

import socket
import struct
import threading
import time

import pytest
from peers import DEADLINE, TICK, run_server, scripted_server, wait_until

from chatlib import Client
from chatlib.client import KEPT, MAX_LINE
from chatlib.errors import (
    ApelidoRefused,
    ChatError,
    ConnectionLost,
    ConversationOver,
    EntryRefused,
    MessageRefused,
    NoMessage,
    ServerNotFound,
    UsageError,
)
from chatlib.protocol import QUIET, cut_short

ENTRY = b"Ana entrou!\n"


def welcoming(*pieces, pause=0.0):
    """Um roteiro que pede o apelido, manda os pedaços e espera o fim."""

    def script(sock):
        sock.sendall(b"NICK")
        sock.recv(100)
        for piece in pieces:
            sock.sendall(piece)
            time.sleep(pause)
        while sock.recv(65536):
            pass

    return script


@pytest.fixture
def ana(server):
    """Ana na sala, com a entrada já lida."""
    with Client("Ana", *server.address) as ana:
        ana.wait_for("Conectado")
        yield ana


def test_conversation(server, ana):
    """Entrar, falar, ouvir e sair."""
    with Client("Bia", *server.address) as bia:
        assert [bia.receive(), bia.receive()] == ["Bia entrou!", "Conectado ao servidor!"]
        bia.write("olá")
        assert ana.wait_for("olá") == bia.receive() == "Bia: olá"
    assert ana.receive() == "Bia saiu!"
    assert list(ana.messages)[-3:] == ["Bia entrou!", "Bia: olá", "Bia saiu!"]


def test_each_line_is_a_message(ana):
    """Um texto de várias linhas vira várias mensagens; as vazias não contam."""
    ana.write("um\n\n  \r\ndois\r\ntrês\n")
    ana.write("")
    assert [ana.receive() for _ in range(3)] == ["Ana: um", "Ana: dois", "Ana: três"]


def test_own_prefix_is_only_text(ana):
    """Quem escreve o próprio nome no texto vê o que escreveu."""
    ana.write("Ana: oi")
    assert ana.receive() == "Ana: Ana: oi"


def test_lone_surrogate_does_not_break_write(ana):
    """Nem um texto impossível em UTF-8 derruba quem escreve."""
    ana.write("a\ud800")
    assert ana.receive() == "Ana: a?"


def test_iteration_ends_with_leave(ana):
    """``for`` traz cada mensagem até ``/sair``."""
    ana.write("oi")
    ana.leave()
    assert list(ana) == ["Ana: oi"]
    assert repr(ana) == "<Client Ana: fora da sala>"


@pytest.mark.parametrize("text", ["/sair", "/SAIR", "/sair já", "tchau\n/sair"])
def test_asking_to_leave_is_not_losing_the_server(ana, text):
    """Seja como for que se escreva ``/sair``, o fim é da conversa, e não uma falha."""
    ana.write(text)
    with pytest.raises(ConversationOver):
        while True:
            ana.receive()


@pytest.mark.parametrize("text", ["/ sair", "//sair", "/sairei"])
def test_what_is_not_leaving(server, ana, text):
    """O que só parece ``/sair`` não disfarça a perda do servidor."""
    ana.write(text)
    ana.receive()
    server.shutdown()
    with pytest.raises(ConnectionLost):
        list(ana)


def test_receive_gives_up_in_time(ana):
    """Sem mensagem no prazo, NoMessage, que também é TimeoutError."""
    start = time.monotonic()
    with pytest.raises(TimeoutError, match="nenhuma mensagem chegou") as failure:
        ana.receive(timeout=TICK)
    assert isinstance(failure.value, NoMessage) and time.monotonic() - start < DEADLINE / 2


def test_wait_for_says_what_came_last(ana):
    """O erro de ``wait_for`` traz o que se esperava, o prazo e a última mensagem."""
    ana.write("oi")
    ana.receive()
    with pytest.raises(NoMessage, match=r"nova com 'tchau' em 0\.1 s \(a última, 'Ana: oi', já foi lida\)"):
        ana.wait_for("tchau", timeout=0.1)


def test_wait_for_before_anything_came():
    """Sem nada ter chegado, o erro diz isso."""
    with scripted_server(welcoming(ENTRY)) as address, Client("Ana", *address) as ana:
        ana.receive()
        ana.messages.clear()
        with pytest.raises(NoMessage, match="nada chegou"):
            ana.wait_for("oi", timeout=0)


def test_lost_server(server, ana):
    """O servidor se vai: o aviso chega, e depois um erro que diz o que fazer."""
    server.shutdown()
    assert ana.receive() == "* o servidor foi encerrado"
    with pytest.raises(ConnectionLost, match="crie outro Client"):
        ana.receive()
    assert repr(ana) == "<Client Ana: fora da sala>"
    with pytest.raises(ConnectionLost):
        while True:  # o sistema só descobre ao mandar pela segunda vez
            ana.write("ainda aí?")


def test_closed_conversation(ana):
    """Depois de ``close``, tudo diz que a conversa acabou; fechar de novo não faz nada."""
    ana.close()
    ana.close()
    for action in (ana.receive, lambda: ana.write("oi"), lambda: ana.wait_for("oi")):
        with pytest.raises(ConversationOver, match="já saiu da sala"):
            action()
    assert list(ana) == []


def test_close_wakes_receive(ana):
    """``close`` de outra thread acorda quem espera por mensagem."""
    failures = []

    def wait():
        try:
            ana.receive(timeout=None)
        except ChatError as failure:
            failures.append(failure)

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(TICK / 2)  # o mais provável é que já esteja esperando; se não, dá no mesmo
    ana.close()
    thread.join(DEADLINE)
    assert [type(failure) for failure in failures] == [ConversationOver]


def test_nickname_is_free_after_close(server):
    """Quando ``close`` volta, o servidor já viu a saída: o apelido pode ser usado de novo."""
    for _ in range(50):
        Client("Ana", *server.address).close()


def test_close_does_not_wait_for_a_deaf_server(monkeypatch):
    """Um servidor que nunca encerra não segura quem sai."""
    monkeypatch.setattr("chatlib.sockets.LINGER", TICK)
    stop = threading.Event()
    with scripted_server(lambda sock: (welcoming(ENTRY + b"oi\n")(sock), stop.wait(DEADLINE))) as address:
        ana = Client("Ana", *address)
        ana.close()
        stop.set()


# --- não entrar


def test_no_server():
    """Sem servidor na porta: onde se procurou e o que fazer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ServerNotFound, match=f"porta {port}: .*inicie o servidor"):
        Client("Ana", port=port)


@pytest.mark.parametrize("host", ["nao-existe.invalid", "x" * 100])
def test_unknown_host(host):
    """Um nome que não existe, ou que nem pode existir."""
    with pytest.raises(ServerNotFound, match="não encontrei o computador"):
        Client("Ana", host, 1)


def test_port_that_does_not_exist():
    """A porta 70000 é erro de uso."""
    with pytest.raises(UsageError, match="70000"):
        Client("Ana", port=70000)


def test_bad_nickname_is_refused_before_connecting():
    """Um apelido fora das regras nem chega a conectar."""
    with pytest.raises(ApelidoRefused, match="espaço"):
        Client("a b", port=1)


def test_taken_nickname(server, ana):
    """Apelido em uso, em qualquer caixa."""
    with pytest.raises(ApelidoRefused, match="Ana já está na sala"):
        Client("ANA", *server.address)


@pytest.mark.parametrize("limits", [{"max_members": 1}, {"max_visitors": 1}])
def test_refused_entry(limits):
    """Sala cheia ou gente demais chegando: EntryRefused, com o motivo do servidor."""
    with (
        run_server(**limits) as server,
        Client("Ana", *server.address),
        socket.create_connection(server.address) as visitor,
    ):
        visitor.recv(4)
        with pytest.raises(EntryRefused, match=r"cheia|muita gente") as refusal:
            Client("Bia", *server.address)
        assert not isinstance(refusal.value, ApelidoRefused)


@pytest.mark.parametrize(
    "banner", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad Request\r\n", b"NI", b"x" * 9000]
)
def test_not_a_chat_server(banner):
    """Outro serviço na porta não é confundido com um chat."""

    def script(sock):
        sock.sendall(banner)
        sock.recv(100)

    with scripted_server(script) as address, pytest.raises(ServerNotFound, match="não pediu o apelido"):
        Client("Ana", *address, timeout=2 * TICK)


def test_server_that_never_answers_the_nickname():
    """Um servidor que pergunta e se cala: EntryRefused no prazo."""
    with (
        scripted_server(welcoming()) as address,
        pytest.raises(EntryRefused, match="não respondeu ao apelido"),
    ):
        Client("Ana", *address, timeout=2 * TICK)


@pytest.mark.parametrize("before", [b"", b"NI", b"NICK"])
def test_server_that_resets_at_the_door(before):
    """Uma conexão que cai antes da entrada é um erro do chat, seja em que ponto for."""

    def script(sock):
        sock.sendall(before)
        time.sleep(TICK / 2)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with scripted_server(script) as address, pytest.raises((ConnectionLost, ServerNotFound)):
        Client("Ana", *address, timeout=DEADLINE)


def test_broken_answer_to_nick(monkeypatch):
    """Se mandar o apelido falha, o erro é do chat."""
    with scripted_server(welcoming()) as address:
        real = socket.socket.sendall

        def fail(sock, data):
            if data == b"Ana\n":
                raise ConnectionResetError
            return real(sock, data)

        monkeypatch.setattr(socket.socket, "sendall", fail)
        with pytest.raises(ConnectionLost, match="antes da entrada"):
            Client("Ana", *address)


# --- o que o servidor manda


def test_greeting_with_newline_is_accepted():
    """Um servidor que termina até o NICK com ``\\n`` serve."""
    script = welcoming(b"\n", ENTRY, b"oi\n")
    with scripted_server(script) as address, Client("Ana", *address) as ana:
        assert [ana.receive(), ana.receive()] == ["Ana entrou!", "oi"]


@pytest.mark.parametrize("size", [1, 3, 7])
def test_lines_in_any_pieces(size):
    """Linhas aos pedaços, com acentos partidos ao meio, chegam inteiras."""
    data = ENTRY + "olá\r\ncomo vão?\n".encode()
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    with scripted_server(welcoming(*pieces, pause=0.002)) as address, Client("Ana", *address) as ana:
        assert [ana.receive() for _ in range(3)] == ["Ana entrou!", "olá", "como vão?"]


def test_unframed_server():
    """De um servidor sem ``\\n``, o silêncio separa as mensagens, e o ``\\n`` do apelido sai."""

    def script(sock):
        sock.sendall(b"NICK")
        sock.recv(100)
        for piece in (b"Ana\n entrou!", b"oi", b"Bia: um\nBia: dois"):
            sock.sendall(piece)
            time.sleep(2 * QUIET)

    with scripted_server(script) as address, Client("Ana", *address) as ana:
        assert [ana.receive() for _ in range(4)] == ["Ana entrou!", "oi", "Bia: um", "Bia: dois"]


def test_unframed_server_that_closes():
    """O que ficou pela metade quando o servidor encerra ainda é mostrado."""

    def script(sock):
        sock.sendall(b"NICK")
        sock.recv(100)
        sock.sendall(b"Ana\n entrou!")
        time.sleep(2 * QUIET)
        sock.sendall(b"tchau")

    with scripted_server(script) as address, Client("Ana", *address) as ana:
        ana.receive()
        assert ana.receive() == "tchau"
        with pytest.raises(ConnectionLost):
            ana.receive()


@pytest.mark.parametrize("first", [ENTRY, b"Ana\n entrou!", b""], ids=["linhas", "apostila", "nada"])
def test_endless_line_from_the_server_is_bounded(first):
    """Uma linha sem fim não enche a memória, venha de que servidor vier."""

    def script(sock):
        sock.sendall(b"NICK")
        sock.recv(100)
        sock.sendall(first)
        for _ in range(3 * MAX_LINE // 65536):
            sock.sendall(b"x" * 65536)
        sock.sendall(b"\nfim\n")

    with scripted_server(script) as address:
        try:
            with Client("Ana", *address) as ana:
                messages = list_until(ana, "fim")
        except EntryRefused as refusal:
            messages = [f"* {refusal}"]
    assert cut_short() in messages and max(map(len, messages)) <= MAX_LINE


def list_until(client, text):
    """As mensagens até a que termina com o texto."""
    messages = [client.receive()]
    while not messages[-1].endswith(text):
        messages.append(client.receive())
    return messages


def test_client_cleans_what_it_shows():
    """O cliente não confia no servidor: o que chega é limpo antes de ser mostrado."""
    script = welcoming(ENTRY + b"a\x1b[2Jb\xffc\xe2\x80\xaed\n")
    with scripted_server(script) as address, Client("Ana", *address) as ana:
        ana.receive()
        assert ana.receive() == "a\ufffd[2Jb\ufffdc\ufffdd"


def test_old_messages_are_let_go(server, ana):
    """``messages`` guarda as últimas 1000."""
    for i in range(KEPT + 10):
        server.broadcast(f"{i}")
    ana.wait_for(f"{KEPT + 9}")
    assert len(ana.messages) == KEPT


def test_server_that_does_not_read(monkeypatch):
    """Se o que se escreve não sai no prazo, é uma perda, e não uma espera sem fim."""
    stop = threading.Event()

    def script(sock):
        sock.sendall(b"NICK")
        sock.recv(100)
        sock.sendall(ENTRY)
        stop.wait(DEADLINE)

    with scripted_server(script) as address, Client("Ana", *address, timeout=2 * TICK) as ana:
        try:
            with pytest.raises(ConnectionLost, match="a mensagem não saiu"):
                ana.write("x" * (32 << 20))
        finally:
            stop.set()


# --- as funções de quem observa


def test_on_message_and_on_end(server):
    """``on_message`` recebe tudo, desde a entrada; ``on_end``, o motivo do fim."""
    messages, ends = [], []
    with Client("Ana", *server.address, on_message=messages.append, on_end=ends.append) as ana:
        ana.write("oi")
        wait_until(lambda: "Ana: oi" in messages)
        server.shutdown()
        wait_until(lambda: ends)
    assert messages == ["Ana entrou!", "Conectado ao servidor!", "Ana: oi", "* o servidor foi encerrado"]
    assert [type(end) for end in ends] == [ConnectionLost]


@pytest.mark.parametrize("end", [Client.close, Client.leave])
def test_on_end_of_one_who_leaves(server, end):
    """Quem sai por vontade própria recebe None em ``on_end``, uma vez."""
    ends = []
    with Client("Ana", *server.address, on_message=lambda message: None, on_end=ends.append) as ana:
        end(ana)
        wait_until(lambda: ends)
    assert ends == [None]


def test_close_from_on_message(server):
    """A própria função que recebe pode encerrar a conversa."""
    ends = []
    clients = []

    def stop(message):
        if message == "Ana: fim":
            clients[0].close()

    clients.append(Client("Ana", *server.address, on_message=stop, on_end=ends.append))
    clients[0].write("fim")
    wait_until(lambda: ends)
    assert ends == [None]


def test_on_message_that_fails(server, caplog):
    """Uma falha em ``on_message`` vai para o registro e encerra com um erro que o diz."""
    ends = []
    with Client("Ana", *server.address, on_message=lambda message: 1 / 0, on_end=ends.append):
        wait_until(lambda: ends)
    assert "on_message" in caplog.text and "falhou" in str(ends[0])


def test_on_message_without_on_end(server):
    """``on_end`` é opcional."""
    with Client("Ana", *server.address, on_message=lambda message: None):
        server.shutdown()


def test_many_threads_may_write(server, ana):
    """Linhas de threads diferentes não se misturam."""
    threads = [threading.Thread(target=lambda: [ana.write("x" * 500) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert {ana.receive() for _ in range(200)} == {"Ana: " + "x" * 500}
    for thread in threads:
        thread.join()


def test_errors_form_one_family():
    """``except ChatError`` pega todos, e os de prazo e de uso são também os da linguagem."""
    for error in (
        ApelidoRefused,
        EntryRefused,
        ConnectionLost,
        ConversationOver,
        MessageRefused,
        ServerNotFound,
    ):
        assert issubclass(error, ChatError)
    assert issubclass(NoMessage, TimeoutError) and issubclass(UsageError, ValueError)
