"""O painel sem navegador: a conversa, o widget e o que vai do kernel para a página."""

import json
import subprocess
import sys
import threading

import pytest
import traitlets
from ipywidgets import Layout
from peers import run_server, wait_until

from chatlib import Client, Server, rerun
from chatlib.panels.chat import panel as chat_panel
from chatlib.panels.chat.conversation import CLOSED, LEFT, Conversation
from chatlib.panels.chat.panel import UNSEEN, ChatPanel
from chatlib.panels.chat.seats import TAKEN

PATIENCE = 10.0  # segundos
HOSTILE = '<img src=x onerror="alert(1)"></script><b>$x$ javascript:alert(2)'


class Page:
    """O que a página faria com as remessas que recebe: a mesma regra de ``panel.js``."""

    def __init__(self):
        self.lines: list[list] = []
        self.batches: list[dict] = []
        self.people: list[str] = []
        self._changed = threading.Condition()
        self._next = None

    def receive(self, content, buffers=None):
        news = json.loads(json.dumps(content))  # tem de caber em JSON
        if "eyes" in news:
            return
        with self._changed:
            self.batches.append(news)
            if self._next is not None or news["all"]:
                start = max(0, (self._next or 0) - news["first"])
                self.lines += news["lines"][start:]
                self._next = news["first"] + len(news["lines"])
                self.people = news.get("people", self.people)
            self._changed.notify_all()

    def wait_for(self, text: str) -> list:
        """Espera uma linha com o texto; devolve a linha."""
        found = self._wait(lambda: next((line for line in self.lines if text in line[2]), None))
        assert found, f"{text!r} não chegou; há {self.texts()}"
        return found

    def wait_state(self, state: str) -> dict:
        """Espera a remessa que diz esse estado; devolve a remessa."""
        assert self._wait(lambda: self.batches and self.batches[-1]["state"] == state)
        return self.batches[-1]

    def wait_for_field(self, field: str) -> dict:
        """Espera a remessa que reclama desse campo; devolve a remessa."""
        assert self._wait(lambda: self.batches and self.batches[-1]["field"] == field)
        return self.batches[-1]

    def texts(self) -> list[str]:
        return [f"{author}: {text}" if author else text for _, author, text, _, _ in self.lines]

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
    say(ana, type="write", text="olá, çãé 🎉", view="v")
    bruno_page.wait_for("olá, çãé 🎉")
    say(bruno, type="write", text=HOSTILE, view="v")
    assert ana_page.wait_for(HOSTILE)[:3] == ["other", "Bruno", HOSTILE]
    assert bruno_page.wait_for(HOSTILE)[:3] == ["mine", "Bruno", HOSTILE]
    assert ana_page.texts()[:2] == ["Ana entrou!", "Conectado ao servidor!"]
    assert ana_page.texts()[-2:] == bruno_page.texts()[-2:]
    assert not ana_page.batches[-1]["note"] and ana_page.batches[-1]["state"] == "conectado"
    assert ana_page.people == bruno_page.people == ["Ana", "Bruno"]


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
    say(ana, type="write", text="antes", view="v")
    page.wait_for("antes")
    reloaded = Page()
    ana.send = lambda content: (page.receive(content), reloaded.receive(content))
    reloaded.receive({"all": False, "first": 2, "lines": [["mine", "Ana", "adiantada", 0, ""]]})
    say(ana, type="ready")
    say(ana, type="write", text="depois", view="v")
    reloaded.wait_for("depois")
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
        say(ana, type="write", text=f"linha {i}", view="v")
        page.wait_for(f"linha {i}")
        sizes.append(len(json.dumps(page.batches[-1])))
    assert max(sizes) - min(sizes) < 10


def test_joining_from_the_page(server, show):
    """Sem apelido, o painel espera que a pessoa o diga; o erro vem com o campo de que trata."""
    panel, page = show(server, "")
    assert server.apelidos == () and page.batches[-1]["state"] == "desconectado"
    address = page.batches[-1]["address"]
    assert address == f"127.0.0.1:{server.address[1]}"
    say(panel, type="enter", apelido="A b", address=address)
    assert page.wait_for_field("apelido")["note"].startswith("Apelido recusado")
    say(panel, type="enter", apelido="Ana", address="127.0.0.1:9")
    assert page.wait_for_field("address")["note"].startswith("Não há servidor")
    say(panel, type="enter", apelido="Ana", address=address)
    page.wait_for("Conectado")
    assert server.apelidos == ("Ana",) and repr(panel) == "<ChatPanel Ana>"
    say(panel, type="leave")
    page.wait_state("desconectado")
    assert server.apelidos == ()


def test_buttons(server, show):
    """Limpar esquece as linhas à vista; tentar de novo não faz mal a quem está conectado."""
    panel, page = show(server, "Ana")
    say(panel, type="clear")
    say(panel, type="retry")
    say(panel, type="write", text="depois", view="v")
    page.wait_for("depois")
    assert page.batches[-1]["start"] == 2


def test_new_apelido_is_the_name_of_the_panel(server, show):
    """Depois de /apelido, o painel muda de nome e as linhas com o novo nome são minhas."""
    panel, page = show(server, "Ana")
    say(panel, type="write", text="/apelido Bia\nsou eu", view="v")
    assert page.wait_for("sou eu")[:2] == ["mine", "Bia"]
    assert repr(panel) == "<ChatPanel Bia>" and page.people == ["Bia"]


def test_what_was_not_sent_comes_back_once(show):
    """O que não saiu volta à vista que o mandou, até que ela diga que o tem."""
    panel, page = show(("127.0.0.1", 9), "Ana")
    say(panel, type="write", text="tem alguém?", view="esta")
    assert page._wait(lambda: any(batch.get("unsent") for batch in page.batches))
    assert page.batches[-1]["unsent"] == [[1, "esta", "tem alguém?", False]]
    say(panel, type="taken", numbers=[1])
    say(panel, type="ready")
    assert page.batches[-1]["unsent"] == []


def test_close(server, show):
    """close() deixa a sala, libera o apelido, e a conversa continua à vista; repetir não muda nada."""
    ana, page = show(server, "Ana")
    with Client("Bruno", *server.address) as bruno:
        ana.close()
        bruno.wait_for("Ana saiu!")
    ana.close()
    assert page.wait_state("desconectado")["note"] == CLOSED
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
    assert first.wait_state("desconectado")["note"] == CLOSED
    second.wait_for("Ana entrou!")
    assert server.apelidos == ("Ana",)


@pytest.mark.parametrize("where", ["enter", "wait_entered"])
def test_interrupted_construction_closes(server, monkeypatch, where):
    """Uma célula interrompida enquanto o painel entra não deixa ninguém na sala."""
    claimed, original = [], getattr(Conversation, where)

    def interrupt(conversation):
        original(conversation)
        raise KeyboardInterrupt

    monkeypatch.setattr(rerun, "claim", lambda panel: claimed.append(panel) or [])
    monkeypatch.setattr(Conversation, where, interrupt)
    with pytest.raises(KeyboardInterrupt):
        ChatPanel(server, "Zeca")
    wait_until(lambda: not server.apelidos and not claimed[0].conversation._last.is_alive())
    assert claimed[0].conversation.note == CLOSED
    claimed[0].close()
    assert not claimed[0]._thread.is_alive()


def test_takes_the_place_over(server, show):
    """A célula apagada e escrita de novo: o painel dela toma o lugar do antigo, que o diz."""
    _, old = show(server, "Ana")
    _, new = show(server, "Ana")
    assert old.wait_state("desconectado")["note"] == TAKEN and old.batches[-1]["closed"]
    new.wait_for("Ana entrou!")
    assert server.apelidos == ("Ana",)


def test_text_fallback(server, show):
    """Onde não há widgets, o painel é um texto com as últimas linhas, sem horas."""
    panel, page = show(server, "Ana")
    data, _metadata = panel._repr_mimebundle_()
    assert repr(panel) == "<ChatPanel Ana>"
    assert data["text/plain"] == (
        "Painel de chat de Ana: rode esta célula no JupyterLab para conversar.\n"
        "  Ana entrou!\n"
        "  Conectado ao servidor!"
    )
    assert "application/vnd.jupyter.widget-view+json" in data
    say(panel, type="write", text="\n".join(map(str, range(20))), view="v")
    say(panel, type="write", text="/msg Ana psiu", view="v")
    page.wait_for("psiu")
    assert panel._as_text().splitlines()[-1] == "  Ana: 19" and len(panel._as_text().splitlines()) == 11
    assert "Ana (particular): psiu" in panel.messages and "psiu" not in panel._as_text()
    assert "Ana: 3" in panel.messages and "Ana: 3" not in panel._as_text()
    assert show(server, "")[0]._as_text().startswith("Painel de chat: rode")


def test_forgotten_only_when_closed(server, show):
    """O painel que ninguém vê só deixa o kernel depois de encerrado, e leva o layout que era seu."""
    ana, page = show(server, "Ana")
    say(ana, type="forget")
    assert ana.comm and page.wait_state("conectado")
    ana.close()
    layout = ana.layout
    say(ana, type="forget")
    assert ana.comm is None and layout.comm is None
    shared = Layout()
    bia, _ = show(server, "Bia", layout=shared)
    bia.close()
    say(bia, type="forget")
    assert bia.comm is None and shared.comm


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
    for message in ({}, {"type": "write", "view": "v"}, {"type": "write", "text": 3}, {"type": "outra"}):
        say(ana, **message)
    say(ana, type="write", text="\ud800 continuo aqui", view="v")  # o JavaScript manda até meio caractere
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


def test_nobody_sees(server, show, monkeypatch):
    """Sem página que mostre o painel, a pessoa sai da sala; mostrado de novo, volta. Quem saiu, não volta."""
    monkeypatch.setattr(chat_panel, "EYES", 0.1)
    panel, page = show(server, "Ana")
    state = panel.conversation
    say(panel, type="unseen")
    wait_until(lambda: state.state == "desconectado")
    assert state.note == UNSEEN and not server.apelidos
    say(panel, type="ready")
    wait_until(lambda: state.state == "conectado")

    say(panel, type="unseen")  # duas vistas somem, e cada uma o diz
    wait_until(lambda: state.state == "desconectado")
    panel._look_for_eyes()
    say(panel, type="ready")
    wait_until(lambda: state.state == "conectado")

    panel.send = lambda news: say(panel, type="seen")  # outra página o mostra
    panel._look_for_eyes()
    assert state.state == "conectado"
    panel.send = page.receive
    state.leave()
    panel._look_for_eyes()
    say(panel, type="ready")
    assert (state.state, state.note) == ("desconectado", LEFT)


def test_password_leaves_no_trace(show):
    """Nem o estado do widget, nem o que vai à página, nem o texto do painel contam a senha."""
    with run_server(password="segredo") as server:
        panel, page = show(server, "Ana", password="segredo")
        assert panel.conversation.state == "conectado"
        other, page_of_other = show(server, "Bia")
        say(
            other,
            type="enter",
            apelido="Bia",
            address=other.conversation.news()["address"],
            password="segredo",
        )
        other.conversation.wait_entered()
        assert other.conversation.state == "conectado"
        for one, told in ((panel, page), (other, page_of_other)):
            assert "segredo" not in f"{one.get_state()} {one!r} {one._repr_mimebundle_()} {vars(told)}"
