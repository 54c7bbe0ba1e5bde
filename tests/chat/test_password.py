"""A senha: o que vale por ela, quem erra, quem espera, e quem nunca a vê."""

import threading
import time

import pytest
from peers import DEADLINE, TICK, RawPeer, TutorialClient, enter, run_server, wait_until

from chatlib import Server, password, protocol
from chatlib.errors import ApelidoRefused, EntryRefused, PasswordRefused, UsageError
from chatlib.password import Password, check_password, network, read_password

WRONG, WAIT = protocol.wrong_password(), protocol.wait_a_minute()

pytestmark = pytest.mark.usefixtures("wire")  # tudo aqui vale em claro e com TLS


@pytest.fixture
def server():
    """Uma sala com senha."""
    with run_server(password="segredo") as server:
        yield server


@pytest.fixture
def quick(monkeypatch):
    """A fila de quem espera anda depressa."""
    monkeypatch.setattr(password, "PACE", TICK)


def knock(join, apelido, answer, end="\n"):
    """Alguém que diz o apelido e a senha, e o que ouve em resposta."""
    peer = join()
    peer.answer(apelido, end)
    assert peer.take(5) == protocol.SENHA
    peer.send(answer + end)
    return peer


# --- o que vale pela senha


@pytest.mark.parametrize("answer", ["segredo", "Ana: segredo", "ana: segredo", "segredo\r", " segredo "])
@pytest.mark.parametrize("end", ["\n", ""])
def test_right_answers(join, answer, end):
    """A senha vale sozinha ou com o prefixo de um programa do documento, com ou sem ``\\n``."""
    ana = knock(join, "Ana", answer, end)
    assert ana.lines(2) == ["Ana entrou!", protocol.GREETING]


@pytest.mark.parametrize(
    "answer", ["", " ", "Segredo", "segred", "segredoo", "Bia: segredo", "\xff", "x" * 300]
)
def test_wrong_answers(join, answer):
    """O que não é a senha ouve uma linha, e a conexão acaba."""
    assert knock(join, "Ana", answer).rest() == [WRONG]


def test_typed_by_hand_in_one_go(join):
    """Um netcat que manda tudo de uma vez entra, e o que veio depois da senha é dito."""
    peer = join()
    peer.send("Ana\nsegredo\noi\n")
    assert peer.take(9) == protocol.NICK + protocol.SENHA
    assert peer.lines(3) == ["Ana entrou!", protocol.GREETING, "Ana: oi"]


def test_answer_in_pieces(join):
    """A senha pode chegar byte a byte."""
    peer = join()
    peer.answer("Ana")
    assert peer.take(5) == protocol.SENHA
    for char in "segredo\n":
        peer.send(char)
    assert peer.line() == "Ana entrou!"


def test_program_of_the_document(server, join):
    """No cliente do documento a pergunta aparece na tela, e a pessoa a responde como mensagem."""
    with TutorialClient(server.address, "Ana") as ana:
        ana.wait_for("SENHA")
        ana.write("segredo")
        ana.wait_for("Conectado ao servidor!")


def test_prefix_in_the_password_itself(join):
    """Uma senha que parece ter prefixo também vale inteira."""
    with run_server(password="Ana: segredo") as server:
        peer = RawPeer(server.address)
        peer.answer("Ana")
        peer.send("Ana: segredo\n")
        assert peer.take(5) == protocol.SENHA and peer.line() == "Ana entrou!"
        peer.close()


def test_accents_by_either_keyboard():
    """Um teclado manda ``ã`` numa letra, outro em duas: é a mesma senha."""
    with run_server(password="amanhã") as server, enter("Ana", *server.address, password="amanha\u0303"):
        assert server.apelidos == ("Ana",)


@pytest.mark.parametrize("text", ["", "  ", "a\nb", "x" * 200, 1234, b"abc"])
def test_unfit_password(text):
    """Uma senha vazia, de duas linhas ou enorme não serve, e o erro não a repete."""
    with pytest.raises(UsageError, match="senha") as caught:
        Server(password=text)
    assert not str(text).strip() or str(text) not in str(caught.value)


# --- quem nada sabe


def test_taken_nickname_is_told_only_to_who_knows(join):
    """Sem a senha não se descobre quem está na sala, nem se o apelido serviria."""
    knock(join, "Ana", "segredo").lines(2)
    for apelido in ("Ana", "Caio", "a b"):
        assert knock(join, apelido, "errada").rest()[0] in (WRONG, WAIT)
    assert "Ana já está na sala" in knock(join, "ana", "segredo").rest()[0]


def test_silence_has_a_limit(server, join):
    """Quem não responde a SENHA é mandado embora no prazo."""
    server.door.password_timeout = TICK
    peer = join()
    peer.answer("Ana")
    assert peer.take(5) == protocol.SENHA
    assert peer.rest() == [f"* faltou dizer a senha em {TICK:g} s: conecte-se de novo"]


def test_password_changes_live(server, join):
    """Trocada ou tirada com a sala no ar, vale para quem chega depois."""
    ana = join("Ana", at=run_open(server))
    server.door.password = "outra"
    assert knock(join, "Bia", "segredo").rest() == [WRONG]
    knock(join, "Bia", "outra").lines(2)
    assert ana.line() == "Bia entrou!" and server.door.password == "outra"


def run_open(server):
    """O servidor, agora sem senha."""
    server.door.password = None
    return server


# --- quem tenta adivinhar


def test_three_wrong_answers_and_a_wait(join, quick):
    """Depois do terceiro erro ouve-se que é preciso esperar; do mesmo endereço, quem sabe a senha entra."""
    heard = [knock(join, f"Eva{number}", "chute").rest() for number in range(5)]
    assert heard == [[WRONG], [WRONG], [WAIT], [WAIT], [WAIT]]
    assert knock(join, "Ana", "segredo").line() == "Ana entrou!"


def test_who_knows_enters_amid_guesses(join, quick):
    """Dez chutes ao mesmo tempo não barram quem sabe a senha."""
    guessers = [knock(join, f"Eva{number}", "chute") for number in range(10)]
    ana = knock(join, "Ana", "segredo")
    assert ana.line() == "Ana entrou!"
    heard = [peer.rest() for peer in guessers]
    assert heard.count([WRONG]) == 2 and heard.count([WAIT]) == 8


def test_a_burst_gets_only_three_chances(monkeypatch):
    """Cem respostas no mesmo instante: só três se conferem já; as outras esperam a vez ou não têm vez."""
    monkeypatch.setattr(password, "LINE", 1.0)
    secret, over = Password("segredo"), threading.Event()
    over.set()  # quem espera a vez desiste já
    heard = []

    def guess():
        try:
            secret.check(b"chute", "Eva", "10.0.0.1", over)
        except EntryRefused as error:
            heard.append(str(error))

    threads = [threading.Thread(target=guess) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    judged = heard.count(protocol.wrong_password.bare())
    assert judged == 2 and heard.count(protocol.closing.bare()) <= 3
    assert len(heard) == 100


def test_pace_bounds_the_guesses(monkeypatch):
    """Quem insiste confere no máximo uma por passo da fila."""
    monkeypatch.setattr(password, "PACE", TICK)
    secret, over = Password("segredo"), threading.Event()
    began, tries = time.monotonic(), 8
    for _ in range(tries):
        with pytest.raises(PasswordRefused):
            secret.check(b"chute", "Eva", "10.0.0.1", over)
    assert time.monotonic() - began >= (tries - password.CHANCES) * TICK


def test_other_addresses_do_not_wait():
    """Quem espera é o endereço que errou."""
    secret, over = Password("segredo"), threading.Event()
    for _ in range(password.CHANCES):
        with pytest.raises(PasswordRefused):
            secret.check(b"chute", "Eva", "10.0.0.1", over)
    over.set()
    with pytest.raises(EntryRefused, match="encerrando"):
        secret.check(b"segredo", "Ana", "10.0.0.1", over)
    secret.check(b"segredo", "Ana", "10.0.0.2", over)


def test_the_wait_ends(monkeypatch):
    """Passado um minuto sem erros, as chances voltam."""
    now = [1000.0]
    monkeypatch.setattr(password.time, "monotonic", lambda: now[0])
    secret, over = Password("segredo"), threading.Event()
    over.set()
    for _ in range(2):
        heard = []
        for _ in range(password.CHANCES):
            with pytest.raises(PasswordRefused) as caught:
                secret.check(b"chute", "Eva", "10.0.0.1", over)
            heard.append(protocol.notice(str(caught.value)))
        assert heard == [WRONG, WRONG, WAIT]
        now[0] += password.WAIT + 1


def test_memory_of_guessers_is_bounded(monkeypatch):
    """Mil endereços se lembram; do mil e um em diante, esquece-se o que errou há mais tempo."""
    monkeypatch.setattr(password, "REMEMBERED", 3)
    secret = Password("segredo")
    for number in range(10):
        with pytest.raises(PasswordRefused):
            secret.check(b"chute", "Eva", f"10.0.0.{number}", threading.Event())
    assert len(secret._suspects) == 3


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        ("", "10.0.0.1", False),
    ],
)
def test_whose_address_it_is(one, other, same):
    """Em IPv6, os endereços de uma mesma casa valem por um só."""
    assert (network(one) == network(other)) is same


def test_shutdown_wakes_who_waits_for_a_turn(join, monkeypatch):
    """Encerrar a sala não espera a fila de quem errou."""
    monkeypatch.setattr(password, "PACE", DEADLINE)
    monkeypatch.setattr(password, "LINE", 9 * DEADLINE)
    events = []
    with run_server(password="segredo", on_event=events.append) as server:
        peers = [RawPeer(server.address) for _ in range(5)]
        for peer in peers:
            peer.answer("Eva")
            peer.send("chute\n")
        refused = password.CHANCES  # quais deles, depende de qual thread chegou antes
        wait_until(lambda: [event.kind for event in events].count("refused") == refused, "os três erros")
        began = time.monotonic()
        server.shutdown()
        assert time.monotonic() - began < DEADLINE / 2
        for peer in peers:
            peer.close()


# --- quem nunca vê a senha


def test_nobody_who_watches_sees_the_password(caplog):
    """Nem os eventos, nem o fio dos dois lados, nem o registro, nem o nome dos objetos a contam."""
    caplog.set_level("DEBUG")
    seen = []
    with run_server(password="segredo") as server:
        server.room.subscribe(seen.append)
        server.room.tap(seen.append)
        with enter("Ana", *server.address, password="segredo", on_wire=seen.append) as ana:
            ana.write("oi")
            ana.wait_for("oi")
        peer = RawPeer(server.address)
        peer.send("Bia\nsegredo\noi\n")
        peer.until("Bia: oi")
        peer.close()
        with pytest.raises(PasswordRefused):
            enter("Caio", *server.address, password="segredo-quase")
        wait_until(lambda: any(event.kind == "refused" for event in seen), "a recusa")
        told = f"{seen} {server!r} {server.door._password!r} {ana!r} {caplog.text}"
    assert "segredo" not in told
    assert any(event.data == protocol.MASK + b"\n" for event in seen if event.kind == "sent")
    assert any(event.data == protocol.MASK + b"\noi\n" for event in seen if event.kind == "received")


# --- o cliente


def test_client_with_the_password(server):
    """Com a senha se entra; sem ela, ou com outra, o erro diz o que fazer."""
    with enter("Ana", *server.address, password="segredo") as ana:
        assert ana.receive() == "Ana entrou!"
        with pytest.raises(PasswordRefused, match="esta sala tem senha"):
            enter("Bia", *server.address)
        with pytest.raises(PasswordRefused, match="senha errada"):
            enter("Bia", *server.address, password="outra")
        with pytest.raises(ApelidoRefused, match="já está na sala"):
            enter("Ana", *server.address, password="segredo")


def test_client_with_a_password_nobody_asks():
    """Numa sala sem senha, ela não é dita."""
    seen = []
    with (
        run_server() as server,
        enter("Ana", *server.address, password="segredo", on_wire=seen.append) as ana,
    ):
        assert ana.receive() == "Ana entrou!"
    assert not any(b"***" in event.data for event in seen)


def test_asking_who_has_none_is_not_a_miss(server):
    """Quem só descobre que há senha não gasta chance nenhuma."""
    for _ in range(5):
        with pytest.raises(PasswordRefused, match="tem senha"):
            enter("Ana", *server.address)
    with pytest.raises(PasswordRefused, match="senha errada"):
        enter("Ana", *server.address, password="outra")


# --- o arquivo


def test_password_file(tmp_path):
    """A senha é a primeira linha, sem os espaços das pontas."""
    path = tmp_path / "senha"
    path.write_bytes("segrêdo \r\noutra coisa\n".encode())
    assert read_password(str(path)) == "segrêdo"


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "vazia"), (b"\nsegredo\n", "vazia"), (b"\xff\xfe\n", "UTF-8"), (None, "não li a senha")],
)
def test_unreadable_password_file(tmp_path, content, said):
    """Um arquivo que não dá uma senha diz por quê."""
    path = tmp_path / "senha"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=said):
        read_password(str(path))


def test_password_is_normal():
    """Sem espaços nas pontas, em NFC."""
    assert check_password("  amanha\u0303 ") == "amanhã"
