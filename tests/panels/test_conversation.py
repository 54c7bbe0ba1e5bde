"""A conversa de um painel, sem widget e sem navegador: estados, reconexão e o que vai à página."""

import socket
import threading
import unicodedata
from contextlib import suppress

import pytest
from peers import DEADLINE, TutorialServer, run_server, scripted_server, set_wire, tls_wire, wait_until

from chatlib import Client, commands, protocol
from chatlib.backplane import Hub
from chatlib.panels.chat import outbox, patience, seats
from chatlib.panels.chat.conversation import CLOSED, ELSEWHERE, GAP, LEFT, REMOVED, Conversation
from chatlib.panels.chat.echoes import echo_of, literal
from chatlib.panels.chat.transcript import KEPT, SHOWN


@pytest.fixture
def talk():
    """``talk(onde, "Ana")`` começa uma conversa e espera o resultado; todas se encerram no fim."""
    opened = []

    def create(where, apelido="Ana", wait=True, **keys):
        opened.append(Conversation(where, apelido, **keys))
        opened[-1].enter()
        if wait:
            opened[-1].wait_entered()
        return opened[-1]

    yield create
    for one in opened:
        one.close()


@pytest.fixture(autouse=True)
def short_delays(monkeypatch):
    """Tentar de novo não demora nos testes."""
    monkeypatch.setattr(patience, "DELAYS", (0.05,))
    monkeypatch.setattr(patience, "HAUNTED", 0.05)
    monkeypatch.setattr(seats, "_ghosts", {})
    monkeypatch.setattr(outbox, "UNANSWERED", 0.3)
    monkeypatch.setattr(outbox, "SILENT", 0.1)


def texts(one):
    """As linhas guardadas, como as mostra quem lê."""
    return [f"{line.author}: {line.text}" if line.author else line.text for line in one.lines]


def returned(one):
    """O que volta à caixa, de que vista e em que ordem."""
    return [(view, text) for _, view, text, _ in one.news()["unsent"]]


def wait_line(one, text):
    """Espera uma linha com o texto."""
    wait_until(lambda: any(text in line for line in texts(one)), f"{text!r} em {texts(one)}")


def wait_state(one, state):
    """Espera o estado."""
    wait_until(lambda: one.state == state, f"o estado {state}")


def test_moves_to_another_server_of_the_room(talk, join):
    """Com vários servidores de uma sala, a conversa passa a outro quando o seu se vai."""
    hub = Hub()
    with run_server(backplane=hub.port()) as first, run_server(backplane=hub.port()) as second:
        ana = talk([first, second])
        bia = join("Bia", at=second)
        first.shutdown()
        assert bia.lines(2) == ["Ana saiu!", "Ana entrou!"]
        wait_state(ana, "conectado")
        ana.write("cheguei")
        assert bia.line() == "Ana: cheguei"
        first.start()
        second.shutdown()
        wait_until(lambda: first.apelidos == ("Ana",), "a volta ao primeiro")


def test_waits_for_its_own_ghost_in_every_server(talk, join):
    """O apelido preso ao servidor que caiu está preso na sala toda: quem volta por outro espera por ele."""
    with run_server() as first, run_server() as second:
        ana = talk([first, second])
        ghost = join("Ana", at=second)
        first.shutdown()
        wait_until(lambda: "preso à conexão" in ana.note, "a espera")
        ghost.close()
        wait_until(lambda: second.apelidos == ("Ana",))


def test_begins_whole(server, talk):
    """Depois de entrar, a entrada e o cumprimento já foram lidos, e já se sabe quem está."""
    one = talk(server)
    assert one.state == "conectado" and texts(one)[:2] == ["Ana entrou!", "Conectado ao servidor!"]
    talk(server.address, "Bruno")
    wait_until(lambda: one.presence.people == ("Ana", "Bruno"))
    assert "* na sala" not in "".join(texts(one))


@pytest.mark.parametrize(
    ("apelido", "field", "start"),
    [
        ("Bia", "apelido", "Apelido recusado: Bia já está na sala"),
        ("A b", "apelido", "Apelido recusado: espaço"),
        ("", "apelido", "Apelido recusado: ele está vazio"),
        (3, "apelido", "Apelido recusado: ele está vazio"),
    ],
)
def test_refused_apelido(server, talk, apelido, field, start):
    """O que há de errado com o apelido é dito ao lado do campo dele; não se tenta de novo."""
    with Client("Bia", *server.address):
        one = talk(server, apelido)
        assert (one.state, one.field) == ("desconectado", field)
        assert one.note.startswith(start)
        assert one.note.endswith(".") and not one.note.endswith("..")


def test_stopped_server(talk):
    """Um servidor parado não tem endereço, e a frase ensina a ligá-lo."""
    with run_server() as server:
        pass
    one = talk(server)
    assert one.field == "address" and one.note.startswith("O servidor está parado")


@pytest.mark.parametrize("where", [("127.0.0.1", 9), "127.0.0.1:9", 3, ("127.0.0.1", "7"), "sala:porta"])
def test_wrong_address(talk, where):
    """O que há de errado com o endereço é dito ao lado do campo dele."""
    one = talk(where)
    assert (one.state, one.field) == ("desconectado", "address") and one.note


def test_refused_entry(talk):
    """Uma recusa que não é do apelido nem do endereço é dita sem campo."""
    with run_server() as server:
        server.room.is_open = False
        one = talk(server)
        assert (one.state, one.field) == ("desconectado", "")
        assert one.note.startswith("A porta da sala está fechada")


def test_wrong_then_right(server, talk):
    """Depois de uma recusa, entra-se com outro apelido e outro endereço."""
    one = talk("127.0.0.1:9", "A b")
    one.enter(" Ana ", "{}:{}".format(*server.address))
    one.wait_entered()
    assert (one.state, one.apelido, server.apelidos) == ("conectado", "Ana", ("Ana",))
    one.enter("Outra")  # já está dentro: não faz nada
    assert one.apelido == "Ana"


def test_leave_and_come_back(server, talk):
    """Quem sai volta pelo mesmo painel; sair de novo não faz mal."""
    one = talk(server)
    one.leave()
    assert (one.state, one.note, server.apelidos) == ("desconectado", LEFT, ())
    one.leave()
    one.enter()
    one.wait_entered()
    assert one.state == "conectado" and server.apelidos == ("Ana",)


def test_leave_then_enter_at_once(server, talk):
    """Entrar sem esperar a saída terminar: a thread nova espera a antiga."""
    one = talk(server)
    for _ in range(5):
        one.leave(wait=False)
        one.enter()
        one.wait_entered()
        assert one.state == "conectado"
    wait_until(lambda: server.apelidos == ("Ana",))


def test_reconnects_to_a_server_that_comes_back(talk):
    """O servidor volta, na mesma porta: a conversa volta com o mesmo apelido e marca o buraco."""
    with run_server() as server:
        port = server.address[1]
        one = talk(server)
        one.write("/apelido Bia")
        wait_line(one, "* Ana agora é Bia")
    wait_state(one, "reconectando")
    assert one.note.startswith("A conexão caiu") and one.presence.people == ()
    assert one.news()["state"] == "reconectando"
    with run_server() as other:
        other.shutdown()
        other._port = port
        other.start()
        wait_state(one, "conectado")
        assert other.apelidos == ("Bia",)
        wait_line(one, "Bia entrou!")
        after = texts(one)
        assert after.index(GAP) < after.index("Bia entrou!")
        assert [line.kind for line in one.lines].count("gap") == 1


def test_countdown_and_retry_now(talk, monkeypatch):
    """A página sabe quanto falta para a próxima tentativa, e pode pedi-la já."""
    monkeypatch.setattr(patience, "DELAYS", (500,))
    with run_server() as server:
        one = talk(server)
        server.shutdown()
        wait_state(one, "reconectando")
        assert 490 < one.news()["wait"] <= 500
        server._port = server._address[1]
        server.start()
        one.retry()
        wait_state(one, "conectado")
        assert one.news()["wait"] == 0


def test_giving_up_while_reconnecting(talk, monkeypatch):
    """Sair enquanto se espera a próxima tentativa acaba com a espera."""
    monkeypatch.setattr(patience, "DELAYS", (500,))
    with run_server() as server:
        one = talk(server)
    wait_state(one, "reconectando")
    one.leave()
    assert (one.state, one.note) == ("desconectado", LEFT)


class Ghost:
    """Um servidor que, enquanto ``holds``, recusa o apelido de quem caiu, como se ele ainda estivesse."""

    def __init__(self):
        self.holds, self.refused, self.members = False, 0, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.thread = threading.Thread(target=self.receive)
        self.thread.start()

    def receive(self):
        """Atende um de cada vez, até o ``listener`` fechar."""
        with suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                self.members.append(sock)
                sock.sendall(b"NICK")
                apelido = sock.recv(100).decode().strip()
                if self.holds:
                    self.refused += 1
                    sock.sendall(f"* apelido recusado: {apelido} já está na sala; escolha outro\n".encode())
                    sock.close()
                else:
                    sock.sendall(f"{apelido} entrou!\nConectado ao servidor!\n".encode())

    def drop(self):
        """A conexão de quem entrou por último cai."""
        self.members[-1].shutdown(socket.SHUT_RDWR)

    def close(self):
        """Fecha tudo."""
        self.listener.shutdown(socket.SHUT_RDWR)
        for sock in (self.listener, *self.members):
            sock.close()
        self.thread.join()


@pytest.fixture
def ghost():
    """Um `Ghost`, fechado no fim."""
    ghost = Ghost()
    yield ghost
    ghost.close()


def test_waits_for_its_own_ghost(talk, ghost):
    """O apelido preso à conexão que caiu: insiste quanto for preciso, e diz o que espera."""
    one = talk(ghost.address)
    ghost.holds = True
    ghost.drop()
    wait_until(lambda: ghost.refused >= 20)
    assert one.state == "reconectando"
    assert one.note.startswith("O seu apelido ainda está preso à conexão que caiu; tento de novo a cada")
    ghost.holds = False
    wait_state(one, "conectado")


def test_waits_longer_than_a_server_needs():
    """Um servidor levou até 230 s para soltar o apelido de uma conexão morta."""
    assert seats.GHOST >= 240


def test_ghost_ends_with_the_patience(talk, ghost, monkeypatch):
    """Passado o prazo, quem está com o apelido é outra pessoa: o painel diz isso, no campo dele."""
    monkeypatch.setattr(seats, "GHOST", 0.2)
    one = talk(ghost.address)
    ghost.holds = True
    ghost.drop()
    wait_state(one, "desconectado")
    assert one.field == "apelido" and "já está na sala" in one.note


def test_leaving_while_the_ghost_stays(talk, ghost):
    """Sair acaba com a espera na hora; quem entra de novo, ou roda de novo a célula, volta a esperar."""
    one = talk(ghost.address)
    ghost.holds = True
    ghost.drop()
    wait_until(lambda: ghost.refused)
    one.leave()
    assert (one.state, one.note) == ("desconectado", LEFT)
    one.enter()
    wait_state(one, "reconectando")
    one.close()
    again = talk(ghost.address)
    assert again.state == "reconectando"
    ghost.holds = False
    wait_state(again, "conectado")


def test_stranger_with_the_apelido_is_no_ghost(talk, ghost):
    """Quem nunca esteve na sala com esse apelido ouve a recusa e não insiste."""
    one = talk(ghost.address, "Bia")
    ghost.holds = True
    other = talk(ghost.address, "Ana")
    assert (other.state, other.field, one.state) == ("desconectado", "apelido", "conectado")


def test_takes_the_place_of_another_panel(server, talk):
    """O painel que chega depois, com o mesmo apelido no mesmo servidor, toma o lugar do outro."""
    old = talk(server)
    old.write("/apelido Bia")
    wait_line(old, "* Ana agora é Bia")
    new = talk(server.address, "BIA")
    assert (old.state, old.note, old.over) == ("desconectado", seats.TAKEN, True)
    assert new.state == "conectado" and server.apelidos == ("BIA",)
    assert talk(server, "Ana").state == "conectado", "o apelido antigo ficou livre"


def test_place_is_not_fought_for(server, talk):
    """Dez que chegam juntos: fica o último a tomar o lugar, e ninguém espera por ninguém para sempre."""
    rivals = [talk(server, wait=False) for _ in range(10)]
    for one in rivals:
        one.wait_entered()
    wait_until(lambda: [one.state for one in rivals].count("desconectado") == 9)
    wait_until(lambda: [one.state for one in rivals].count("conectado") == 1)
    assert server.apelidos == ("Ana",)


def test_removed_does_not_come_back(server, talk):
    """Quem foi tirado da sala não volta sozinho, mas pode voltar."""
    one = talk(server)
    server.room.remove("Ana")
    wait_state(one, "desconectado")
    assert one.note == REMOVED and texts(one)[-1].startswith("* quem cuida")
    one.enter()
    one.wait_entered()
    assert one.state == "conectado" and one.note == ""


def test_history_is_not_repeated(talk):
    """Ao reconectar, o histórico só mostra o que ainda não se tinha lido."""
    with run_server(history=10) as server, Client("Bia", *server.address) as bia:
        one = talk(server)
        for text in ("um", "dois", "dois"):
            bia.write(text)
        wait_line(one, "dois")
        wait_until(lambda: texts(one).count("Bia: dois") == 2)
        one._client._sock.shutdown(2)
        bia.wait_for("Ana saiu!")
        bia.write("três")
        wait_line(one, "três")
        wait_state(one, "conectado")
        said = [text for text in texts(one) if text.startswith("Bia: ")]
        assert said == ["Bia: um", "Bia: dois", "Bia: dois", "Bia: três"]


def test_apelido_in_another_unicode_form(server, talk):
    """Um apelido decomposto (NFD) vira a forma que o servidor usa: o painel se reconhece."""
    one = talk(server, unicodedata.normalize("NFD", "João"))
    one.write("sou eu")
    wait_line(one, "sou eu")
    assert one.apelido == "João" and one.lines[-1].kind == "mine" and not one.outbox._echoes


def test_short_stays_do_not_renew_the_patience(talk, monkeypatch):
    """Um servidor que acolhe e derruba sem parar é tentado cada vez mais devagar."""
    monkeypatch.setattr(patience, "DELAYS", (0.01, 0.02, 500))
    with run_server() as server:
        one = talk(server)
        for _ in range(3):
            wait_state(one, "conectado")
            one._client._sock.shutdown(2)
            wait_state(one, "reconectando")
        assert one.news()["wait"] > 400


def test_what_could_not_be_sent_comes_back(talk):
    """O que se escreve sem conexão, ou o servidor não chegou a repetir, volta para a caixa."""
    with run_server() as server:
        one = talk(server)
        one.write("chegou", "vista")
        wait_line(one, "chegou")
        server.room.say = lambda *args: None  # aceita e não entrega
        one.write("perdida\nesta também", "vista")
        server.room.whisper = lambda *args: None
        for text in ("/msg Bia psiu", "//x", "/quem"):
            one.write(text, "vista")
        wait_line(one, "* na sala (1)")
    wait_state(one, "reconectando")
    assert returned(one) == [
        ("vista", "perdida"),
        ("vista", "esta também"),
        ("vista", "/msg Bia psiu"),
        ("vista", "//x"),
    ]
    one.write("tem alguém?", "vista")
    assert one.news()["unsent"] == one.news(everything=True)["unsent"]  # uma remessa se perde
    numbers = [number for number, *_ in one.news()["unsent"]]
    one.outbox.taken(numbers[:-1])
    assert returned(one) == [("vista", "tem alguém?")]
    one.outbox.taken(numbers)
    assert one.news()["unsent"] == []


def test_echo_that_never_came_is_forgotten_by_a_later_one(server, talk):
    """Uma mensagem recusada não volta para a caixa se as seguintes chegaram."""
    one = talk(server)
    one.write("x" * (server.room.max_text + 1))
    one.write("curta")
    wait_line(one, "Ana: curta")
    assert not one.outbox._echoes


def test_send_that_fails(server, talk):
    """Se o envio falha, a conversa reconecta e o texto volta para a caixa."""
    one = talk(server)
    one._client._sock.shutdown(1)
    one.write("oi", "v")
    wait_until(lambda: ("v", "oi") in returned(one))
    wait_state(one, "conectado")


def test_leaving_by_command(server, talk):
    """/sair deixa a sala; o painel ensina a voltar."""
    one = talk(server)
    one.write("/sair")
    wait_state(one, "desconectado")
    assert one.note == LEFT


def test_closed_for_good(server, talk):
    """Depois de close nada mais acontece, e a frase diz o que fazer."""
    one = talk(server)
    one.close()
    one.enter()
    assert (one.state, one.note) == ("desconectado", CLOSED)
    assert one.news()["closed"] and not one.bell.wait()


@pytest.mark.parametrize(
    ("said", "echo"),
    [
        ("oi", "oi"),
        ("  oi ", "oi"),
        ("//x", "/x"),
        ("/msg Ana oi, tudo?", "oi, tudo?"),
        ("/msg Ana", ""),
        (" \\MSG Ana psiu", "psiu"),
        ("/home/a.py", "/home/a.py"),
        ("// isto", "// isto"),
        ("/quem", ""),
        (" ", ""),
    ],
)
def test_echo(said, echo):
    """O que se espera ver voltar, de tudo o que se manda."""
    assert echo_of(said) == echo


def test_echo_returns(server, talk):
    """Falas, particulares e barras escapadas: o que voltou já não é devolvido."""
    one = talk(server)
    one.write("  oi \n//x\n/msg Ana psiu\nfim")
    wait_line(one, "fim")
    assert not one.outbox._echoes


def test_private_text_of_many_lines_stays_private(server, talk):
    """As linhas depois de um /msg vão para a mesma pessoa, e nenhuma a todos."""
    one, bruno, eva = talk(server), talk(server, "Bruno"), talk(server, "Eva")
    one.write(" /MSG Bruno um\ndois\n/quem\n/msg Eva três\nquatro")
    one.write("oi")
    wait_line(eva, "Ana: oi")
    wait_line(bruno, "Ana: oi")
    assert [line.text for line in bruno.lines if line.author == "Ana"] == [
        "um",
        "dois",
        "/quem",
        "quatro",
        "oi",
    ]
    assert [line.text for line in eva.lines if line.author == "Ana"] == ["três", "oi"]
    assert (
        "".join(line.flags for line in bruno.lines if line.text in ("um", "dois", "/quem", "quatro"))
        == "pppp"
    )


def test_paste_arrives_as_written(server, talk):
    """Num texto de várias linhas, o que pareceria um comando é só texto; um /msg continua particular."""
    paste = [
        "//quem disse",
        "def f():",
        "    /quem",
        "    /x",
        "\t//quem",
        "  \\sair",
        "\\msg",
        "/sair",
        "//x",
        "///y",
        "    //z",
        "// isto",
        "/* c */",
        "/home",
        "/home/a.py",
        "/",
        "fim",
    ]
    one, bruno = talk(server), talk(server, "Bruno")
    one.write("\n".join([*paste[:-1], "/msg Bruno psiu", paste[-1]]))
    wait_line(bruno, "Ana: fim")
    said = [line for line in bruno.lines if line.author == "Ana"]
    assert [line.text.rstrip() for line in said if not line.flags] == paste
    assert [line.text for line in said if line.flags == "p"] == ["psiu"]
    assert one.state == "conectado" and not one.outbox._echoes


@pytest.mark.parametrize(
    "line", ["/sair", " /sair", "\\\\sair", "／sair", "/ sair", "/foo", "\u200b/msg a b", "//x", "/"]
)
def test_literal_is_never_a_command(line):
    """Com a barra a mais, linha nenhuma é um comando."""
    assert commands.meaning(literal(line)) is None


def test_leaving_while_the_server_is_silent(talk):
    """Sair sem resposta do servidor vale na hora, ainda que a conexão demore a desistir."""
    over = threading.Event()
    with scripted_server(lambda sock: over.wait(DEADLINE)) as address:
        one = talk(address, wait=False)
        one.leave(wait=False)
        assert (one.state, one.note) == ("desconectado", LEFT)
        over.set()
        one.close()


def test_close_while_the_server_does_not_answer(talk):
    """Sair não espera para sempre um servidor que aceita e não diz nada."""
    over = threading.Event()
    with scripted_server(lambda sock: over.wait(DEADLINE)) as address:
        one = talk(address, wait=False)
        one.leave(wait=False)
        over.set()
        one.close()
    assert one.state == "desconectado"


def test_tutorial_server_is_not_asked_who_is_there(talk):
    """A um servidor do documento não se pergunta nada: ele repetiria a pergunta a todos."""
    with TutorialServer() as server, Client("Bia", *server.address) as bia:
        one = talk(server.address)
        one.write("oi")
        bia.wait_for("oi")
        assert not any("/quem" in text for text in bia.messages)
        one.close()


def test_server_that_goes_while_entering(talk):
    """Um servidor que some no meio da entrada não deixa a conversa presa em conectando."""
    with scripted_server(lambda sock: sock.sendall(b"NICK")) as address:
        one = talk(address)
        assert (one.state, one.field) == ("desconectado", "")


def test_news_only_once_and_everything_on_demand(server, talk):
    """Uma remessa traz só o novo; a primeira de cada página, tudo."""
    one = talk(server)
    first = one.news(everything=True)
    assert first["all"] and first["first"] == 0 and first["max_text"] == 4096 and first["shown"] == SHOWN
    assert "/msg" in first["commands"]
    assert one.news()["lines"] == []
    one.write("oi")
    wait_line(one, "oi")
    news = one.news()
    assert [line.text for line in news["lines"]] == ["oi"] and news["first"] == first["first"] + len(
        first["lines"]
    )


def test_clear(server, talk):
    """Limpar esquece o que está à vista, mas o kernel ainda tem tudo."""
    one = talk(server)
    one.write("antes")
    wait_line(one, "antes")
    one.clear()
    everything = one.news(everything=True)
    assert everything["lines"] == [] and everything["start"] == everything["first"] == one._transcript.total
    one.write("depois")
    wait_line(one, "depois")
    assert [line.text for line in one.news(everything=True)["lines"]] == ["depois"]
    assert "Ana: antes" in texts(one)


def test_bounded():
    """A página recebe as últimas mil; o kernel guarda vinte mil, e não mais."""
    one = Conversation("127.0.0.1:9", "Ana")
    for i in range(KEPT + 5):
        one._read(f"Ana: {i}")
    news = one.news()
    assert len(news["lines"]) == SHOWN and news["first"] == KEPT + 5 - SHOWN
    assert news["lines"] == one.news(everything=True)["lines"]
    assert len(one.lines) == KEPT and one.lines[0].text == "5"


# --- a caixa de saída


def test_paste_in_class_mode(talk):
    """Sessenta linhas numa sala com limite de ritmo: todas chegam, uma vez cada, na ordem."""
    with run_server(rate=50.0) as server, Client("Bia", *server.address) as bia:
        one = talk(server)
        paste = [f"linha {i}" for i in range(60)]
        one.write("\n".join(paste))
        bia.wait_for("linha 59", DEADLINE)
        wait_line(one, "linha 59")
        said = [text for text in bia.messages if text.startswith("Ana: ")]
        assert said == [f"Ana: {line}" for line in paste]
        assert not [text for text in texts(one) if "devagar" in text], "nada ficou por entregar"
        assert one.news()["pending"]["count"] == 0 and not one.news()["unsent"]


def test_what_waits_is_told_and_held(talk):
    """A página sabe quantas linhas faltam e por quê; quem desiste as tem de volta, na ordem."""
    with run_server(rate=1.0) as server:
        one = talk(server)
        one.write("\n".join(str(i) for i in range(40)), "v")
        wait_until(lambda: one.news()["pending"]["rate"] == 1)
        pending = one.news()["pending"]
        assert 18 < pending["count"] <= 21 and len(pending["lines"]) == 3
        one.outbox.give_back()
        back = returned(one)
        assert back == [("v", str(i)) for i in range(40 - len(back), 40)] and len(back) >= 18


def test_what_waits_comes_back_when_the_link_falls(talk):
    """A conexão cai no meio de uma fila: o que não chegou volta à caixa, na ordem, sem faltar nem repetir."""
    with run_server(rate=1.0) as server:
        one = talk(server)
        one.write("\n".join(str(i) for i in range(40)), "v")
        wait_until(lambda: one.news()["pending"]["rate"] == 1)
    wait_state(one, "reconectando")
    back = [text for _, text in returned(one)]
    heard = [line.text for line in one.lines if line.kind == "mine"]
    assert heard + back == [str(i) for i in range(40)]


@pytest.mark.parametrize(
    "line", ["/fooo bar", "/msg Zé oi, Zé", "/msg Zé", "/apelido com espaço", "/ sair", "\\msg Zé oi"]
)
def test_refused_command_comes_back(server, talk, line):
    """O comando que o servidor não entendeu volta a quem o escreveu; o que ele cumpriu, não."""
    one = talk(server)
    for order in ("/quem", line, "/ajuda", "/apelido Bia"):
        one.write(order, "v")
    wait_line(one, "Ana agora é Bia")
    assert [back[1:] for back in one.news()["unsent"]] == [("v", line, True)]


def test_comes_back_if_the_place_is_free(server, talk):
    """Quem volta não tira do lugar o painel que o tomou."""
    one = talk(server)
    one.leave(note="porque sim")
    assert (one.state, one.note, server.apelidos) == ("desconectado", "porque sim", ())
    one.come_back()
    wait_state(one, "conectado")
    one.leave()
    other = talk(server)
    one.come_back()
    assert one.note == ELSEWHERE and (one.state, other.state) == ("desconectado", "conectado")


def test_refused_line_does_not_hold_the_next(server, talk):
    """Um comando que o servidor recusa, ou que só ele responde, não prende o que vem atrás."""
    one = talk(server)
    one.write("/nada\n/msg Zé oi\n/ajuda\nfim")
    wait_line(one, "Ana: fim")


# --- a senha


def test_password(talk):
    """Com a senha se entra; sem ela, a conversa diz qual campo falta, e com outra, que ela está errada."""
    with run_server(password="segredo") as server, Client("Ana", *server.address, password="segredo"):
        assert talk(server, "Caio", password="segredo").state == "conectado"
        bia = talk(server, "Bia")
        assert (bia.state, bia.field) == ("desconectado", "password")
        assert bia.note.startswith("Esta sala tem senha")
        for answer, said in [
            ("outra", "Senha errada"),
            ("", "Esta sala tem senha"),
            ("x" * 200, "A senha é"),
        ]:
            bia.enter("Bia", bia.news()["address"], answer)
            bia.wait_entered()
            assert (bia.state, bia.field) == ("desconectado", "password") and bia.note.startswith(said)
        bia.enter("Ana", bia.news()["address"], "segredo")
        bia.wait_entered()
        assert bia.field == "apelido"  # e a senha, que estava certa, não se digita de novo
        bia.enter("Bia")
        bia.wait_entered()
        assert bia.state == "conectado" and "segredo" not in str(bia.news(everything=True))


def test_password_is_said_again_after_a_fall(talk, join):
    """Quem volta de uma queda diz a mesma senha, e não erra outra."""
    with run_server(password="segredo") as server:
        ana = talk(server, password="segredo")
        server.room.members[0].cut()
        wait_until(lambda: len(ana.lines) > 3 and ana.state == "conectado", "a volta")
        server.door.password = "outra"
        server.room.members[0].cut()
        wait_until(lambda: ana.state == "desconectado", "a desistência")
        assert ana.field == "password" and ana.note.startswith("Senha errada")


def test_password_is_of_one_server(talk):
    """A senha de uma sala não se diz a outra."""
    heard = []

    def script(sock):
        sock.sendall(protocol.NICK)
        sock.recv(100)
        sock.sendall(protocol.SENHA)
        heard.append(sock.recv(100))

    with run_server(password="segredo") as server, scripted_server(script) as other:
        ana = talk(server, password="segredo")
        ana.leave()
        ana.enter("Ana", "{}:{}".format(*other))
        ana.wait_entered()
        assert ana.field == "password"
    assert heard == [b""]


# --- TLS


@pytest.fixture
def tls():
    """O teste é com TLS; dá a pasta dos certificados."""
    set_wire("tls")
    yield tls_wire().folder
    set_wire("claro")


def test_ciphered_conversation(talk, tls):
    """Com o ca.pem se conversa cifrado, e a conversa volta sozinha de uma queda."""
    with run_server() as server:
        ana, bia = talk(server, tls=tls), talk(server, "Bia", tls=tls)
        ana.write("oi")
        wait_until(lambda: any(line.text == "oi" for line in bia.lines), "a mensagem")
        server.room.members[1].cut()
        wait_until(
            lambda: any(line.text == GAP for line in bia.lines) and bia.state == "conectado", "a volta"
        )


def test_without_the_certificate(talk, tls, tmp_path):
    """Sem o ca.pem, ou com um que não há, a conversa diz o que falta, ao lado do endereço."""
    with run_server(nick_timeout=1) as server:
        for trusted, said in [(True, "Não reconheço quem assinou"), (str(tmp_path / "x.pem"), "Não li")]:
            one = talk(server, tls=trusted)
            assert (one.state, one.field) == ("desconectado", "address") and one.note.startswith(said)
        one = talk(server)
        assert one.state == "desconectado" and one.note.startswith("Esta sala usa TLS: entre com o ca.pem")


def test_server_that_lost_its_tls(talk, tls):
    """Quem já conversou cifrado não volta em claro."""
    with run_server() as server:
        ana = talk(server, tls=tls)
        server.door.tls = None
        server.room.members[0].cut()
        wait_until(lambda: ana.state == "desconectado", "a desistência")
        assert "não fala TLS" in ana.note
