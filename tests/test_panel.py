"""O painel sem navegador: a conversa, o widget e o que vai do kernel para a página."""

import json
import subprocess
import sys
import threading

import pytest
import traitlets

from chatlib import Client, Server, rerun
from chatlib.errors import ConnectionLost
from chatlib.panel import AGAIN, KEPT, ChatPanel, Conversation, kind_of

PATIENCE = 10.0  # segundos
HOSTILE = '<img src=x onerror="alert(1)"></script><b>$x$ javascript:alert(2)'


class Page:
    """O que a página faria com as remessas que recebe: a mesma regra de ``panel.js``."""

    def __init__(self):
        self.lines: list[list] = []
        self.batches: list[dict] = []
        self._changed = threading.Condition()
        self._next = None

    def receive(self, content, buffers=None):
        news = json.loads(json.dumps(content))  # tem de caber em JSON
        with self._changed:
            self.batches.append(news)
            if self._next is not None or news["all"]:
                start = max(0, (self._next or 0) - news["first"])
                self.lines += news["lines"][start:]
                self._next = news["first"] + len(news["lines"])
            self._changed.notify_all()

    def wait_for(self, text: str) -> list:
        """Espera uma linha com o texto; devolve a linha."""
        found = self._wait(lambda: next((line for line in self.lines if text in line[1]), None))
        assert found, f"{text!r} não chegou; há {self.texts()}"
        return found

    def wait_end(self) -> str:
        """Espera a remessa que diz que a conversa acabou; devolve a frase."""
        assert self._wait(lambda: self.batches and self.batches[-1]["state"] == "desconectado")
        return self.batches[-1]["note"]

    def texts(self) -> list[str]:
        return [text for _, text in self.lines]

    def _wait(self, condition):
        with self._changed:
            return self._changed.wait_for(condition, PATIENCE)


@pytest.fixture
def server():
    """Um servidor só deste teste."""
    with Server(port=0) as server:
        yield server


@pytest.fixture
def show():
    """Uma função que cria um painel e a página que o mostra; ao final, nenhuma thread sobra."""
    before, panels = set(threading.enumerate()), []

    def create(where, apelido, **options) -> tuple[ChatPanel, Page]:
        page = Page()
        panel = ChatPanel(where, apelido, **options)
        panel.send = page.receive
        panels.append(panel)
        say(panel, type="ready")
        return panel, page

    yield create
    for panel in panels:
        panel.close()
    names = {thread.name for thread in set(threading.enumerate()) - before}
    assert not {name for name in names if not name.startswith("chatlib:")}, "sobraram threads"


def say(panel: ChatPanel, **message) -> None:
    """O que a página manda ao kernel."""
    panel._handle_custom_msg(message, [])


def test_two_panels_talk(server, show):
    """O que um escreve chega aos dois, na mesma ordem e letra por letra."""
    ana, ana_page = show(server, "Ana")
    bruno, bruno_page = show(server, "Bruno")
    say(ana, type="write", text="olá, çãé 🎉")
    bruno_page.wait_for("Ana: olá, çãé 🎉")
    say(bruno, type="write", text=HOSTILE)
    assert ana_page.wait_for(HOSTILE) == ["other", f"Bruno: {HOSTILE}"]
    assert bruno_page.wait_for(HOSTILE) == ["mine", f"Bruno: {HOSTILE}"]
    assert ana_page.texts()[:2] == ["Ana entrou!", "Conectado ao servidor!"]
    assert ana_page.texts()[-2:] == bruno_page.texts()[-2:]
    assert not ana_page.batches[-1]["note"] and ana_page.batches[-1]["state"] == "conectado"


def test_is_in_the_room_when_constructed(server, show):
    """Depois do construtor, o apelido já está na sala: nada a esperar."""
    show(server, "Ana")
    show(server.address, "Bruno")
    assert server.apelidos == ("Ana", "Bruno")


def test_server_open_to_the_network(show):
    """Um servidor em 0.0.0.0 é alcançado por 127.0.0.1."""
    with Server("0.0.0.0", port=0) as server:
        _, page = show(server, "Ana")
        page.wait_for("Ana entrou!")


def test_history_without_repetition_or_gap(server, show):
    """Uma página recarregada recebe tudo, a que já estava não repete nada."""
    ana, page = show(server, "Ana")
    say(ana, type="write", text="antes")
    page.wait_for("Ana: antes")
    reloaded = Page()
    ana.send = lambda content: (page.receive(content), reloaded.receive(content))
    reloaded.receive({"all": False, "first": 2, "lines": [["mine", "adiantada"]], "state": "", "note": ""})
    say(ana, type="ready")
    say(ana, type="write", text="depois")
    reloaded.wait_for("Ana: depois")
    assert reloaded.lines == page.lines
    assert page.texts() == ["Ana entrou!", "Conectado ao servidor!", "Ana: antes", "Ana: depois"]


def test_histories_asked_during_a_flood(server, show):
    """Pedidos de histórico no meio de uma enxurrada não abrem buraco nem repetem linha."""
    ana, page = show(server, "Ana")
    with Client("Bruno", *server.address) as bruno:
        for start in range(0, 900, 50):
            bruno.write("\n".join(f"linha {i}" for i in range(start, start + 50)))
            say(ana, type="ready")
        page.wait_for("linha 899")
    said = [text for text in page.texts() if "linha" in text]
    assert said == [f"Bruno: linha {i}" for i in range(900)]


def test_flood_travels_in_few_batches(server, show):
    """Mil linhas de uma vez viram poucas remessas, bem abaixo do limite do Jupyter."""
    _, page = show(server, "Ana")
    before = len(page.batches)
    with Client("Bruno", *server.address) as bruno:
        bruno.write("\n".join(f"linha {i}" for i in range(1000)))
        page.wait_for("linha 999")
    assert len(page.batches) - before < 20
    assert [text for text in page.texts() if "linha" in text] == [f"Bruno: linha {i}" for i in range(1000)]


def test_new_line_costs_the_same_at_any_length(server, show):
    """Cada linha viaja uma vez: a remessa da vigésima tem o tamanho da primeira."""
    ana, page = show(server, "Ana")
    sizes = []
    for i in range(100, 120):
        say(ana, type="write", text=f"linha {i}")
        page.wait_for(f"linha {i}")
        sizes.append(len(json.dumps(page.batches[-1])))
    assert max(sizes) - min(sizes) < 10


def test_history_is_bounded():
    """Guarda as últimas mil linhas, e diz o número da primeira que guardou."""
    conversation = Conversation(("127.0.0.1", 1), "Ana")
    for i in range(KEPT + 500):
        conversation._on_message(f"Ana: {i}")
    news = conversation.news()
    assert news["first"] == 500 and len(news["lines"]) == KEPT
    assert news["lines"][0] == ("mine", "Ana: 500")
    assert conversation.news() == news | {"first": KEPT + 500, "lines": []}
    assert conversation.news(everything=True)["lines"] == news["lines"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Ana: oi", "mine"),
        ("Ana:", "mine"),
        ("Ana (particular): oi", "mine"),
        ("Bruno: Ana: oi", "other"),
        ("Bruno (particular): oi", "other"),
        ("Ana entrou!", "notice"),
        ("Conectado ao servidor!", "notice"),
        ("* aviso: com dois-pontos", "notice"),
        ("* na sala (2): Ana, Bruno", "notice"),
    ],
)
def test_kind_of_line(line, kind):
    """Cada linha é minha, de outra pessoa ou do servidor."""
    assert kind_of(line, "Ana") == kind


def test_new_nickname_is_mine(server, show):
    """Depois de /apelido, as linhas com o novo nome são minhas, e o painel muda de nome."""
    ana, page = show(server, "Ana")
    say(ana, type="write", text="/apelido Bia")
    page.wait_for("* Ana agora é Bia")
    say(ana, type="write", text="sou eu")
    assert page.wait_for("sou eu") == ["mine", "Bia: sou eu"]
    assert repr(ana) == "<ChatPanel Bia>"


@pytest.mark.parametrize("apelido", ["Ana", "A b", "", "servidor"])
def test_refused_nickname(server, show, apelido):
    """Um apelido em uso ou fora das regras é dito no painel, sem erro."""
    with Client("Ana", *server.address):
        _, page = show(server, apelido)
        note = page.wait_end()
    assert note.startswith("Apelido recusado: ") and note.endswith(AGAIN)


def test_no_server(server, show):
    """Sem servidor, o painel diz onde procurou e o que fazer."""
    address = server.address
    server.shutdown()
    _, page = show(address, "Ana")
    assert page.wait_end().startswith(f"Não há servidor em 127.0.0.1, porta {address[1]}: ")
    panel, page = show(server, "Ana")
    say(panel, type="write", text="tem alguém aí?")  # nada a fazer, e nada quebra
    assert page.wait_end().startswith("O servidor está parado")


@pytest.mark.parametrize("where", ["Bruno", None, 55555, ("127.0.0.1",), ("127.0.0.1", "55555")])
def test_wrong_arguments(show, where):
    """Argumentos trocados ou errados: o painel aparece e mostra um que serve."""
    _, page = show(where, "Ana")
    assert page.wait_end().startswith(("Diga o servidor e o apelido", "A porta '55555' não existe"))


def test_swapped_arguments(server, show):
    """ChatPanel("Ana", server), engano comum, é explicado."""
    panel, page = show("Ana", server)
    assert 'ChatPanel(server, "Ana")' in page.wait_end()
    assert repr(panel) == "<ChatPanel >"


def test_lost_server(server, show):
    """O fim do servidor é dito em palavras, e a thread do painel termina."""
    ana, page = show(server, "Ana")
    server.shutdown()
    assert page.wait_end().startswith("A conexão caiu: ")
    assert page.texts()[-1] == "* o servidor foi encerrado"
    ana._thread.join(PATIENCE)
    assert not ana._thread.is_alive()
    say(ana, type="write", text="tem alguém aí?")  # nada a fazer, e nada quebra


def test_send_that_fails(server, show, monkeypatch):
    """Se o envio falha, a conversa acaba e o painel diz por quê."""
    ana, page = show(server, "Ana")
    monkeypatch.setattr("chatlib.protocol.encode", lambda line: b"")  # o servidor não atrapalha
    ana.conversation._client._sock.shutdown(1)
    say(ana, type="write", text="oi")
    assert page.wait_end().startswith("A conexão caiu: ")


def test_lost_while_entering(server, monkeypatch):
    """Se o servidor se vai enquanto o construtor ainda trabalha, o painel não diz "conectado"."""

    def enter(apelido, host, port, on_message, on_end):
        on_end(ConnectionLost("caiu"))

    monkeypatch.setattr("chatlib.panel.Client", enter)
    conversation = Conversation(server, "Ana")
    conversation.enter()
    assert conversation.state == "desconectado"


def test_leaving_by_command(server, show):
    """/sair deixa a sala e o painel ensina a voltar."""
    ana, page = show(server, "Ana")
    say(ana, type="write", text="/sair")
    assert page.wait_end().startswith("Você saiu da sala.")


def test_close(server, show):
    """close() deixa a sala, libera o apelido, e a conversa continua à vista; repetir não muda nada."""
    ana, page = show(server, "Ana")
    with Client("Bruno", *server.address) as bruno:
        ana.close()
        bruno.wait_for("Ana saiu!")
    ana.close()
    assert page.wait_end().startswith("Você saiu da sala.")
    again = Page()
    ana.send = again.receive
    say(ana, type="ready")
    assert again.texts()[0] == "Ana entrou!"


def test_cell_run_again(server, show, monkeypatch):
    """Rodar a célula de novo fecha o painel da rodada anterior antes de entrar com o mesmo apelido."""
    run = ["célula", 1]
    monkeypatch.setattr(rerun, "_opened", {})
    monkeypatch.setattr(rerun, "_current_cell", lambda: tuple(run))
    _, first = show(server, "Ana")
    show(server, "Bruno")
    run[1] = 2
    _, second = show(server, "Ana")
    assert first.wait_end().startswith("Você saiu da sala.")
    second.wait_for("Ana entrou!")
    assert server.apelidos == ("Ana",)


def test_interrupted_construction_closes(server, monkeypatch):
    """Um painel que uma interrupção deixou pela metade também se fecha."""
    claimed = []

    def interrupt(conversation):
        raise KeyboardInterrupt

    monkeypatch.setattr(rerun, "claim", lambda panel: claimed.append(panel) or [])
    monkeypatch.setattr(Conversation, "enter", interrupt)
    with pytest.raises(KeyboardInterrupt):
        ChatPanel(server, "Ana")
    claimed[0].close()
    assert not claimed[0]._thread.is_alive()


def test_text_fallback(server, show):
    """Onde não há widgets, o painel é um texto fixo, que o nbval compara."""
    panel, _ = show(server, "Ana")
    data, _metadata = panel._repr_mimebundle_()
    assert repr(panel) == "<ChatPanel Ana>"
    assert data["text/plain"].startswith("Painel de chat de Ana: ")
    assert "application/vnd.jupyter.widget-view+json" in data


def test_widget_options(server, show):
    """As opções de qualquer widget são aceitas; uma que não existe não deixa nada aberto."""
    panel, _ = show(server, "Ana", layout={"width": "50%"})
    assert panel.layout.width == "50%"
    with pytest.raises(traitlets.TraitError):
        ChatPanel(server, "Bruno", layout=3)
    assert server.apelidos == ("Ana",)


def test_unknown_message_from_the_page(server, show):
    """Uma mensagem que não conhecemos é ignorada."""
    ana, page = show(server, "Ana")
    for message in ({}, {"type": "write"}, {"type": "write", "text": 3}, {"type": "outra"}):
        say(ana, **message)
    say(ana, type="write", text="\ud800 continuo aqui")  # o JavaScript manda até meio caractere
    page.wait_for("continuo aqui")


def test_program_ends_with_a_panel_open():
    """O fim do Python não espera pelas threads de um painel aberto, nem reclama delas."""
    program = (
        "from chatlib import ChatPanel, Server\n"
        "server = Server(port=0).start()\n"
        "panel = ChatPanel(server, 'Ana')\n"
        "print(panel)"
    )
    end = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=3 * PATIENCE
    )
    assert (end.returncode, end.stdout, end.stderr) == (0, "<ChatPanel Ana>\n", "")
