"""O painel da sala sem widget: o que se sabe, o que se registra e o que se faz."""

import json
import threading

import pytest
from peers import TICK, RawPeer, run_server, wait_until

from chatlib import Client, Server, address, cert, protocol
from chatlib.panels.server import guard, lan, measures
from chatlib.panels.server.dashboard import KEPT, WINDOW, Dashboard, Rhythm
from chatlib.panels.server.diary import SHOWN
from chatlib.panels.server.lan import STOPPED


@pytest.fixture
def board(server):
    """O que se sabe de um servidor no ar e vazio."""
    board = Dashboard(server)
    yield board
    board.close()


def sentences(board: Dashboard) -> list[str]:
    """O registro, sem as horas: quem e o que fez."""
    return [f"{who} {text}".strip() for _, _, who, text in board.snapshot()["events"]]


def wait_sentence(board: Dashboard, text: str) -> None:
    """Espera uma frase no registro."""
    wait_until(lambda: text in sentences(board), f"{text!r} no registro")


def test_a_life_in_the_room(board, join):
    """Entrar, falar, trocar de nome, cochichar e sair viram frases, em ordem, e contas."""
    ana = join("Ana")
    bia = join("Bia")
    ana.say("oi, gente", "/msg Bia psiu", "/apelido Ana2")
    bia.until("agora é")
    ana.close()
    wait_sentence(board, "Ana2 saiu: encerrou a conexão")
    assert sentences(board) == [
        "Ana entrou",
        "Bia entrou",
        "Ana disse: oi, gente",
        "Ana mandou uma mensagem particular",
        "Ana agora é Ana2",
        "Ana2 saiu: encerrou a conexão",
    ]
    counts = {"now": 1, "peak": 2, "entries": 2, "exits": 1, "messages": 1, "refusals": 0}
    assert board.snapshot()["counts"] == counts


def test_members(board, server, join):
    """Cada membro: apelido, desde quando, mensagens e bytes à espera; tudo cabe em JSON."""
    ana = join("Ana")
    ana.say("um", "dois")
    ana.until("dois")
    [member] = server.room.members
    member.pending += b"123"
    try:
        assert board.snapshot()["members"] == [["Ana", int(member.since), 2, 3]]
    finally:
        member.pending.clear()
    assert json.loads(json.dumps(board.snapshot())) == board.snapshot()


def test_refusals(board, room, join):
    """Quem não entra é contado, com o motivo."""
    other = join()
    other.answer("Ana")
    other.rest()
    wait_until(lambda: board.snapshot()["counts"]["refusals"] == 1)
    assert "uma conexão de 127.0.0.1 não entrou: apelido recusado: Ana já está na sala" in "".join(
        sentences(board)
    )


def test_the_present_is_known_from_the_start(server, room):
    """Aberto no meio da aula, já sabe quem está; o pico parte daí."""
    board = Dashboard(server)
    snapshot = board.snapshot()
    board.close()
    assert [name for name, *_ in snapshot["members"]] == ["Ana", "Bia"]
    assert snapshot["counts"]["now"] == snapshot["counts"]["peak"] == 2
    assert snapshot["running"] and snapshot["events"] == []


def test_peak_between_two_looks(board, join):
    """Quem entrou e saiu entre duas olhadas também conta para o pico."""
    people = [join("Ana"), join("Bia"), join("Caio")]
    for person in people:
        person.close()
    wait_until(lambda: board._counts["exits"] == 3)
    assert board.snapshot()["counts"]["peak"] == 3


def test_events_are_numbered(board, join):
    """Quem diz até onde já tem recebe só o resto; quem chega agora recebe tudo."""
    join("Ana")
    join("Bia")
    wait_sentence(board, "Bia entrou")
    everything = board.snapshot()
    assert (everything["first"], len(everything["events"])) == (0, 2)
    rest = board.snapshot(since=1)
    assert (rest["first"], rest["events"]) == (1, everything["events"][1:])
    nothing = board.snapshot(since=2)
    assert (nothing["first"], nothing["events"]) == (2, [])


def test_log_is_bounded(board, room):
    """O registro guarda os últimos acontecimentos, e diz o número do primeiro que guardou."""
    ana, bia = room
    ana.say(*map(str, range(KEPT + 50)))
    bia.until(f"Ana: {KEPT + 49}")
    wait_until(lambda: board.snapshot()["counts"]["messages"] == KEPT + 50)
    snapshot = board.snapshot(since=1)
    assert len(snapshot["events"]) == KEPT and snapshot["first"] == board._total - KEPT
    assert snapshot["events"][-1][2:] == ["Ana", f"disse: {KEPT + 49}"]


def test_long_and_hostile_messages(board, room):
    """Uma mensagem longa aparece cortada; uma que parece um formato do Python é só texto."""
    ana, bia = room
    ana.say("x" * (SHOWN + 1), "{text} {0} %s <b>")
    bia.until("<b>")
    wait_sentence(board, "Ana disse: {text} {0} %s <b>")
    assert f"Ana disse: {'x' * SHOWN}…" in sentences(board)


def test_rhythm_moves_with_time():
    """Cada segundo tem a sua conta, e depois de um minuto ela se vai."""
    now = 1000.5
    rhythm = Rhythm(lambda: now)
    rhythm.count()
    rhythm.count()
    assert rhythm.counts() == [0] * (WINDOW - 1) + [2]
    now = 1002.0
    rhythm.count()
    assert rhythm.counts()[-3:] == [2, 0, 1]
    now = 1061.9
    assert rhythm.counts() == [1] + [0] * (WINDOW - 1)
    now = 9999.0
    assert rhythm.counts() == [0] * WINDOW


def test_messages_are_in_the_rhythm(board, room):
    """As mensagens da sala aparecem no ritmo do último minuto."""
    ana, bia = room
    ana.say("um", "dois", "três")
    bia.until("três")
    wait_until(lambda: sum(board.snapshot()["rhythm"]) == 3)


def test_start_and_stop():
    """Pôr no ar e encerrar, daqui ou de fora, muda o que se mostra e é registrado."""
    server = Server(port=0)
    board = Dashboard(server)
    assert not board.snapshot()["running"] and board.snapshot()["reach"] == STOPPED
    try:
        assert board.start() == "" and board.snapshot()["address"] == f"127.0.0.1:{server.address[1]}"
    finally:
        assert board.stop() == ""
    server.start()
    assert board.snapshot()["running"]
    server.shutdown()
    assert not board.snapshot()["running"]
    board.close()
    assert sentences(board) == ["a sala está no ar", "a sala foi encerrada"] * 2


def test_start_that_fails_is_said(server):
    """Se a porta é de outro, a frase diz o que houve e fica à vista até algo dar certo."""
    board = Dashboard(Server("203.0.113.1", port=0))  # um endereço que não é deste computador
    problem = board.start()
    assert problem.startswith("Não posso escutar em 203.0.113.1") and problem.endswith(".")
    assert board.snapshot()["note"] == problem and not board.snapshot()["running"]
    assert "erro: não posso escutar" in sentences(board)[0]
    assert board.set_open(False) == "" and board.snapshot()["note"] == ""
    board.close()


def test_announce(board, room):
    """O aviso chega a todos, numa linha, e fica no registro."""
    assert board.announce("  a prova\ncomeça \ud800 já  ") == ""
    for person in room:
        assert person.line() == "* a prova\ufffdcomeça ? já"
    wait_sentence(board, "aviso a todos: a prova\ufffdcomeça ? já")


@pytest.mark.parametrize(
    ("text", "problem"), [("  ", "O aviso está vazio"), ("é" * 3000, "Aviso longo demais: o limite é 4096")]
)
def test_announce_refused(board, text, problem):
    """Um aviso que não serve não é mandado, e se diz por quê."""
    assert board.announce(text).startswith(problem)


def test_announce_to_nobody():
    """Com a sala parada não há a quem avisar."""
    board = Dashboard(Server(port=0))
    assert board.announce("oi").startswith("A sala está parada")
    board.close()


def test_remove(board, room):
    """Tirar alguém da sala; quem não está nela é dito."""
    _, bia = room
    assert board.remove("bia") == ""
    assert bia.rest() == [protocol.removed()]
    wait_sentence(board, "Bia saiu: foi tirado da sala")
    assert board.remove("Bi\ud800a").startswith("Não há ninguém com o apelido Bi?a na sala")


def test_door(board, server, join):
    """Fechar e abrir a porta."""
    board.set_open(False)
    assert not server.room.is_open and not board.snapshot()["open"]
    stranger = join()
    stranger.answer("Caio")
    assert "a porta da sala está fechada" in stranger.rest()[0]
    board.set_open(True)
    join("Caio")
    assert sentences(board)[0] == "a porta foi fechada: quem está fica, ninguém entra"
    assert "a porta foi aberta" in sentences(board)


def test_class_mode(board, server):
    """O modo turma liga o ritmo e o histórico sugeridos; desligado, nenhum dos dois."""
    board.set_class_mode(True)
    assert (server.room.rate, server.room.history) == (protocol.CLASS_RATE, protocol.CLASS_HISTORY)
    assert (board.snapshot()["rate"], board.snapshot()["history"]) == (10.0, 50)
    board.set_class_mode(False)
    assert (server.room.rate, server.room.history) == (None, 0)
    assert sentences(board) == [
        "cada pessoa manda até 10 mensagens por segundo",
        "quem entra lê as últimas 50 mensagens",
        "ninguém tem limite de ritmo",
        "quem entra não lê o que passou",
    ]


def test_changes_made_elsewhere_are_noticed(board, server):
    """O que outra célula mudar também é registrado, na próxima olhada."""
    server.room.is_open = False
    assert not board.snapshot()["open"]
    assert sentences(board) == ["a porta foi fechada: quem está fica, ninguém entra"]


def test_close_leaves_the_room_alone(server, join):
    """Fechado, não escuta mais nada, e a sala não percebe; repetir não muda nada."""
    board = Dashboard(server)
    board.close()
    board.close()
    ana = join("Ana")
    ana.say("oi")
    ana.until("oi")
    assert sentences(board) == [] and not server.room._listeners.all


def test_measuring_costs_only_while_it_is_on(board, server):
    """Sem medir, ninguém observa os envios; ligar duas vezes é ligar uma; fechar desliga de vez."""
    assert board.snapshot()["measures"] is None and not server.room.taps.all
    board.set_measuring(True)
    board.set_measuring(True)
    assert len(server.room.taps.all) == 1 and board.snapshot()["measures"] == []
    board.set_measuring(False)
    assert board.snapshot()["measures"] is None and not server.room.taps.all
    board.set_measuring(True)
    board.close()
    board.set_measuring(True)
    assert not server.room.taps.all and not server.room._listeners.all


def test_measures_travel(board, server, monkeypatch):
    """Os pontos vão com o resto, em tipos que cabem em JSON."""
    monkeypatch.setattr(measures, "PAUSE", 0)
    board.set_measuring(True)
    [[at, *rest]] = json.loads(json.dumps(board.snapshot()["measures"]))
    assert at >= 0 and rest == [0, 0, None, None]


def test_flood_and_actions_do_not_wait_for_each_other(board, server, room):
    """Muitas threads mexendo e olhando durante uma enxurrada: ninguém fica esperando para sempre."""
    ana, bia = room
    over = threading.Event()

    def look_and_act():
        while not over.wait(TICK / 100):
            board.snapshot()
            board.announce("olá")
            board.set_class_mode(False)
            board.set_measuring(True)

    threads = [threading.Thread(target=look_and_act) for _ in range(3)]
    for thread in threads:
        thread.start()
    ana.say(*["oi"] * 3000, "fim")
    bia.until("Ana: fim")
    over.set()
    for thread in threads:
        thread.join()
    wait_until(lambda: board.snapshot()["counts"]["messages"] == 3001)


def test_open_to_the_network_and_back(monkeypatch):
    """Num servidor em 0.0.0.0, entra-se pelo endereço que o painel mostra."""
    monkeypatch.setattr(address, "_route", lambda *nowhere: "127.0.0.1")  # nada sai deste computador
    with run_server(host="0.0.0.0") as server:
        board = Dashboard(server)
        host, port = board.snapshot()["address"].rsplit(":", 1)
        board.close()
        RawPeer((host, int(port)), "Ana").close()


# --- a senha e o certificado


@pytest.fixture
def open_board(tmp_path, monkeypatch):
    """O que se sabe de uma sala aberta à rede, numa pasta só sua."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lan, "reachable", {"0.0.0.0": "127.0.0.1"}.get)
    with run_server(host="0.0.0.0") as server:
        board = Dashboard(server)
        yield board
        board.close()


def test_two_clicks_guard_the_room(open_board, tmp_path):
    """Um clique faz a senha e a mostra; outro, o certificado e a impressão digital; o risco some."""
    board, server = open_board, open_board.server
    before = board.snapshot()
    assert before["risk"] == guard.OPEN and not (before["guarded"] or before["ciphered"])
    assert board.set_password(True) == ""
    told = board.snapshot()
    assert told["guarded"] and told["password"] == server.door.password and told["risk"] == guard.CLEAR
    assert board.set_tls(True) == ""
    told = board.snapshot()
    assert told["ciphered"] and told["risk"] == "" and told["ca"] == "certificados/ca.pem"
    assert told["fingerprint"] == cert.fingerprint(tmp_path / "certificados" / "ca.pem")
    assert told["code"].endswith(', tls="ca.pem")')
    with Client("Ana", "127.0.0.1", server.address[1], password=server.door.password, tls=told["ca"]) as ana:
        assert ana.receive() == "Ana entrou!"
    assert server.door.password not in str(sentences(board))


def test_password_is_hidden_and_comes_back(open_board):
    """Escondida, a senha não vai à página; desligada e religada, é a mesma; no QR, só a pedido."""
    board, server = open_board, open_board.server
    board.set_password(True)
    first = server.door.password
    assert first not in board.snapshot()["qr_text"]
    board.put_in_qr(True)
    assert board.snapshot()["qr_text"].endswith(f"\nSenha: {first}")
    board.show_password(False)
    board.put_in_qr(False)
    assert first not in str(board.snapshot())
    board.set_password(False)
    assert server.door.password is None and board.snapshot()["risk"] == guard.OPEN
    board.set_password(True)
    assert server.door.password == first and first not in str(board.snapshot())


def test_password_of_the_one_who_made_the_server():
    """A senha que já havia não aparece sem que se peça."""
    with run_server(password="segredo") as server:
        board = Dashboard(server)
        assert board.snapshot()["guarded"] and "segredo" not in str(board.snapshot())
        board.show_password(True)
        assert board.snapshot()["password"] == "segredo"
        board.close()


def test_certificate_is_made_once(open_board, tmp_path):
    """Desligado e religado, o certificado é o mesmo, também para o próximo servidor."""
    board = open_board
    board.set_tls(True)
    made = (tmp_path / "certificados" / "ca.pem").read_bytes()
    board.set_tls(False)
    assert board.server.door.tls is None and board.snapshot()["fingerprint"] == ""
    board.set_tls(True)
    assert board.snapshot()["fingerprint"]
    other = Dashboard(board.server)
    board.server.door.tls = None
    assert other.set_tls(True) == "" and (tmp_path / "certificados" / "ca.pem").read_bytes() == made
    other.close()


def test_certificate_of_another_address(open_board, monkeypatch, tmp_path):
    """Um certificado que a turma recusaria não se liga; a frase diz o que fazer."""
    cert.make(tmp_path / "certificados")
    monkeypatch.setattr(lan, "reachable", {"0.0.0.0": "10.9.8.7"}.get)
    problem = open_board.set_tls(True)
    assert "não é de 10.9.8.7: apague a pasta" in problem and open_board.server.door.tls is None


def test_alone_in_this_computer_nothing_is_at_risk(board):
    """Só neste computador, não há aviso."""
    assert board.snapshot()["risk"] == ""


def test_guard_is_written_down(open_board):
    """O registro conta quando a sala passa a pedir senha e a cifrar."""
    open_board.set_password(True)
    open_board.set_tls(True)
    open_board.set_tls(False)
    told = sentences(open_board)
    assert [text.split(";")[0] for text in told] == [
        "agora a sala pede senha",
        "quem chega agora conversa cifrado",
        "quem chega agora conversa em claro",
    ]
