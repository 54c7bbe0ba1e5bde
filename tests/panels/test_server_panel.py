"""O painel da sala sem navegador: o widget, o que vai para a página e o que ela pede."""

import json
import re
import subprocess
import sys
import threading
import time

import pytest
import segno
import traitlets
from peers import DEADLINE, wait_until

from chatlib import Server, ServerPanel, rerun
from chatlib.errors import UsageError
from chatlib.panels.server import panel as server_panel
from chatlib.panels.server.panel import CLOSED, LEASE, PAUSE, draw


class Page:
    """O que a página faria com as remessas que recebe: a mesma regra de ``server/panel.js``."""

    def __init__(self):
        self.events: list[list] = []
        self.batches: list[dict] = []
        self._next, self._serial, self.gaps = 0, None, 0

    def receive(self, content, buffers=None):
        news = json.loads(json.dumps(content))  # tem de caber em JSON
        self.batches.append(news)
        if not news["all"] and (self._serial is None or news["serial"] != self._serial + 1):
            self.gaps += self._serial is not None
            return
        self._serial = news["serial"]
        self.events += news["events"][max(0, self._next - news["first"]) :]
        self._next = max(self._next, news["first"] + len(news["events"]))

    def wait_for(self, text: str) -> None:
        """Espera uma frase no registro."""
        wait_until(lambda: any(text in event[3] for event in self.events), f"{text!r} na página")

    def wait_room(self, **facts) -> None:
        """Espera uma remessa que diga isto da sala."""
        wait_until(lambda: self.batches and self.batches[-1].items() >= facts.items(), f"{facts} na página")


@pytest.fixture
def show():
    """Uma função que cria um painel e a página que o mostra; ao final, nada fica aberto."""
    panels = []

    def create(*args, **options) -> tuple[ServerPanel, Page]:
        page, panel = Page(), ServerPanel(*args, **options)
        panels.append(panel)
        panel.send = page.receive
        say(panel, type="ready")
        return panel, page

    yield create
    for panel in panels:
        panel.close()
        panel.server.shutdown()


def say(panel: ServerPanel, **message) -> None:
    """O que a página manda ao kernel."""
    panel._handle_custom_msg(message, [])


def test_shows_the_room(server, room, show):
    """A primeira remessa traz a sala de agora; as seguintes, o que muda nela."""
    _, page = show(server)
    first = page.batches[0]
    assert first["all"] and first["running"] and not first["closed"]
    assert [name for name, *_ in first["members"]] == ["Ana", "Bia"]
    assert first["address"] == f"127.0.0.1:{server.address[1]}"
    room[0].say("oi")
    page.wait_for("disse: oi")
    assert page.batches[-1]["members"][0][2] == 1 and page.batches[-1]["counts"]["messages"] == 1


def test_acts_on_the_room(server, room, show):
    """Avisar, tirar, fechar a porta e ligar o modo turma, como a página pede."""
    panel, page = show(server)
    say(panel, type="announce", text="a aula começou")
    assert room[0].line() == "* a aula começou"
    say(panel, type="remove", apelido="Bia")
    page.wait_for("foi tirado da sala")
    say(panel, type="open", on=False)
    say(panel, type="class", on=True)
    assert (server.room.is_open, server.room.rate, server.room.history) == (False, 10.0, 50)
    say(panel, type="open", on=True)
    say(panel, type="class", on=False)
    assert (server.room.is_open, server.room.rate, server.room.history) == (True, None, 0)
    page.wait_room(open=True, rate=None, history=0)


def test_start_and_stop(show):
    """O painel liga e desliga um servidor parado; a porta escolhida pelo sistema aparece."""
    panel, page = show(Server(port=0))
    assert not page.batches[0]["running"] and page.batches[0]["qr"] == []
    say(panel, type="start")
    page.wait_room(running=True, address=f"127.0.0.1:{panel.server.address[1]}")
    say(panel, type="stop")
    page.wait_room(running=False, address="")


def test_mistakes_are_said(server, show):
    """O que não dá certo aparece no painel, e some quando algo dá certo."""
    panel, page = show(server)
    say(panel, type="remove", apelido="Eva")
    assert page.batches[-1]["note"].startswith("Não há ninguém com o apelido Eva na sala")
    say(panel, type="announce", text="")
    assert page.batches[-1]["note"].startswith("O aviso está vazio")
    say(panel, type="open", on=True)
    assert page.batches[-1]["note"] == ""


def test_makes_its_own_server(show):
    """Sem servidor, o painel cria um com as opções dadas e o põe no ar."""
    panel, page = show(port=0, rate=5, layout={"width": "50%"})
    assert panel.server.is_running and panel.server.room.rate == 5 and panel.layout.width == "50%"
    assert page.batches[0]["running"]


def test_own_server_that_cannot_start(show):
    """Se o servidor criado não consegue escutar, o painel aparece e diz por quê."""
    panel, page = show(host="203.0.113.1", port=0)
    assert not panel.server.is_running
    assert page.batches[0]["note"].startswith("Não posso escutar em 203.0.113.1")


@pytest.mark.parametrize("where", ["0.0.0.0", ("127.0.0.1", 55555), 55555])
def test_not_a_server(where):
    """Um endereço no lugar do servidor é explicado."""
    with pytest.raises(UsageError, match=re.escape('ServerPanel(host="0.0.0.0")')):
        ServerPanel(where)


def test_options_for_a_server_that_exists(server):
    """As opções são de quem cria o servidor, e a frase diz quais sobraram."""
    with pytest.raises(UsageError, match="host, rate é opção"):
        ServerPanel(server, host="0.0.0.0", rate=3)
    with pytest.raises(UsageError, match="a porta 70000 não existe"):
        ServerPanel(port=70000)


def test_wrong_widget_option_leaves_nothing(server):
    """Uma opção de widget errada não deixa thread nem ouvinte."""
    with pytest.raises(traitlets.TraitError):
        ServerPanel(server, layout=3)
    assert not server.room._listeners.all


def test_quiet_when_nothing_changes(server, show, monkeypatch):
    """Numa sala sem novidade nada viaja."""
    panel, page = show(server)
    looks = []
    snapshot = panel.dashboard.snapshot
    monkeypatch.setattr(panel.dashboard, "snapshot", lambda *since: looks.append(0) or snapshot(*since))
    before = len(page.batches)
    wait_until(lambda: len(looks) >= 4, "quatro olhadas")
    assert len(page.batches) == before


def test_flood_travels_in_few_batches(server, room, show):
    """Mil mensagens de uma vez viram no máximo 4 remessas por segundo, sem repetição."""
    ana, bia = room
    _, page = show(server)
    before, start = len(page.batches), time.monotonic()
    ana.say(*[f"linha {i}" for i in range(1000)])
    bia.until("linha 999")
    page.wait_for("linha 999")
    assert len(page.batches) - before <= (time.monotonic() - start) / PAUSE + 1
    said = [event[3] for event in page.events if "linha" in event[3]]
    assert said[-200:] == [f"disse: linha {i}" for i in range(800, 1000)]


def test_reloaded_page_gets_everything(server, room, show):
    """Uma página recarregada recebe todo o registro; a que já estava não repete nada."""
    panel, page = show(server)
    room[0].say("antes")
    page.wait_for("disse: antes")
    reloaded = Page()
    panel.send = lambda content: (page.receive(content), reloaded.receive(content))
    reloaded.receive({"all": False, "serial": 9, "first": 9, "events": [[0, "room", "", "adiantada"]]})
    say(panel, type="ready")
    room[0].say("depois")
    reloaded.wait_for("disse: depois")
    page.wait_for("disse: depois")
    assert reloaded.events == page.events and not page.gaps


def test_a_lost_batch_is_noticed(server, room, show):
    """Uma remessa que se perde deixa um buraco nos números; pedindo tudo, a página fica inteira."""
    panel, page = show(server)
    say(panel, type="announce", text="um")
    panel.send = lambda content: None
    say(panel, type="announce", text="perdida")
    panel.send = page.receive
    say(panel, type="announce", text="dois")
    page.wait_room(all=False)
    assert page.gaps
    say(panel, type="ready")
    assert [event[3] for event in page.events] == [
        f"aviso a todos: {text}" for text in ("um", "perdida", "dois")
    ]
    assert page.batches[-1]["kept"] >= len(page.events)


def test_measures_only_while_open(server, show):
    """A página liga e desliga as medidas; o painel fechado não mede mais."""
    panel, page = show(server)
    assert page.batches[-1]["measures"] is None and not server.room.taps.all
    say(panel, type="measures", view="a", lease=15)
    assert page.batches[-1]["measures"] == [] and server.room.taps.all
    wait_until(lambda: page.batches[-1]["measures"], "o primeiro ponto")
    say(panel, type="no measures")
    assert page.batches[-1]["measures"] is None and not server.room.taps.all
    say(panel, type="watching", view="a", lease=15)
    assert not server.room.taps.all, "quem só olhava não as abre de novo"
    say(panel, type="measures", view="a", lease=15)
    panel.close()
    assert page.batches[-1]["measures"] is None and not server.room.taps.all


def test_measures_stop_when_nobody_looks(server, show):
    """Enquanto alguma vista diz que olha, mede-se; se todas se calam, como quando fecham o notebook, não."""
    panel, page = show(server)
    say(panel, type="measures", view="a", lease=0)
    say(panel, type="watching", view="b", lease=10**9)
    wait_until(lambda: page.batches[-1]["measures"], "o primeiro ponto, depois do prazo da outra vista")
    assert max(panel._watchers.values()) <= time.monotonic() + LEASE
    say(panel, type="watching", view="b", lease=0)
    wait_until(lambda: page.batches[-1]["measures"] is None, "o fim das medidas")
    assert not server.room.taps.all


def test_close_leaves_the_server(server, room, show):
    """Fechado, o painel diz que foi fechado e já não age; a sala continua, e outro a mostra inteira."""
    panel, page = show(server)
    panel.close()
    panel.close()
    assert page.batches[-1]["note"] == CLOSED and page.batches[-1]["closed"]
    assert not panel._thread.is_alive() and not server.room._listeners.all
    say(panel, type="stop")
    assert server.is_running
    _, again = show(server)
    assert [name for name, *_ in again.batches[0]["members"]] == ["Ana", "Bia"]


def test_cell_run_again(server, show, monkeypatch):
    """Rodar a célula de novo fecha o painel da rodada anterior, e o servidor que ele não criou fica."""
    run = ["célula", 1]
    monkeypatch.setattr(rerun, "_opened", {})
    monkeypatch.setattr(rerun, "_current_cell", lambda: tuple(run))
    _, first = show(server)
    run[1] = 2
    _, second = show(server)
    assert first.batches[-1]["closed"] and not second.batches[-1]["closed"]
    assert server.is_running


def test_cell_that_makes_the_server_run_again(show, monkeypatch):
    """Rodar de novo a célula que criou a sala encerra a anterior e abre outra, na mesma porta."""
    run = ["célula", 1]
    monkeypatch.setattr(rerun, "_opened", {})
    monkeypatch.setattr(rerun, "_current_cell", lambda: tuple(run))
    first, first_page = show(port=0)
    port = first.server.address[1]
    run[1] = 2
    second, _ = show(port=0)
    assert not first.server.is_running and first_page.batches[-1]["closed"]
    assert second.server.is_running and second.server.address[1] == port


def test_interrupted_construction_closes(server, monkeypatch):
    """Um painel que uma interrupção deixou pela metade também se fecha."""
    claimed = []

    def interrupt(panel):
        claimed.append(panel)
        raise KeyboardInterrupt

    monkeypatch.setattr(rerun, "claim", interrupt)
    with pytest.raises(KeyboardInterrupt):
        ServerPanel(server)
    claimed[0].close()
    assert not server.room._listeners.all


def test_text_fallback(server, show):
    """Onde não há widgets, o painel é um texto fixo, que o nbval compara."""
    panel, _ = show(server)
    data, _metadata = panel._repr_mimebundle_()
    assert repr(panel) == "<ServerPanel>"
    assert data["text/plain"] == "Painel da sala: rode esta célula no JupyterLab para cuidar dela."
    assert "application/vnd.jupyter.widget-view+json" in data


def test_unknown_message_from_the_page(server, show):
    """Uma mensagem que não conhecemos é ignorada."""
    panel, _ = show(server)
    for message in ({}, {"type": "remove"}, {"type": "announce", "text": 3}, {"type": "open", "on": "sim"}):
        say(panel, **message)
    assert server.room.is_open and server.is_running


def test_clicks_from_several_threads(server, room, show):
    """Cliques vindos de threads diferentes não perdem nem repetem acontecimento na página."""
    panel, page = show(server)

    def click():
        for _ in range(20):
            say(panel, type="announce", text="olá")

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event[3] for event in page.events].count("aviso a todos: olá") == 80


def test_qr_carries_the_address():
    """O desenho é o do QR do endereço, quadrinho por quadrinho."""
    rows = draw("192.168.0.10:55555")
    assert rows == [
        "".join(str(int(bit)) for bit in row)
        for row in segno.make_qr("192.168.0.10:55555", error="m").matrix_iter(border=0)
    ]
    assert draw("") == [] and {bit for row in rows for bit in row} == {"0", "1"}


def test_page_files_never_make_html():
    """Os arquivos da página não usam nada que transforme texto em HTML."""
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "href"):
        assert word not in server_panel.ServerPanel._esm


def test_program_ends_with_a_panel_open():
    """O fim do Python não espera pela thread de um painel aberto, nem reclama dela."""
    program = "from chatlib import ServerPanel\npanel = ServerPanel(port=0)\nprint(panel)"
    end = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=2 * DEADLINE
    )
    assert (end.returncode, end.stdout, end.stderr) == (0, "<ServerPanel>\n", "")


def test_guards_the_room(show, tmp_path, monkeypatch):
    """Senha, certificado, mostrar e pôr no QR, como a página pede; e nada disso fica no estado do widget."""
    monkeypatch.chdir(tmp_path)
    panel, page = show(port=0)
    for kind in ("password", "tls", "qr"):
        say(panel, type=kind, on=True)
    page.wait_room(guarded=True, ciphered=True, in_qr=True)
    secret, last = panel.server.door.password, page.batches[-1]
    assert last["password"] == secret and last["fingerprint"].count(":") == 31
    assert last["qr"] == draw(f"{last['address']}\nSenha: {secret}") and last["qr_text"] == ""
    say(panel, type="show", on=False)
    page.wait_room(password="")
    assert secret not in f"{panel.get_state()} {panel!r} {panel._repr_mimebundle_()} {page.batches[-1]}"
    say(panel, type="password", on=False)
    say(panel, type="tls", on=False)
    page.wait_room(guarded=False, ciphered=False, in_qr=False)


def test_nothing_is_sent_if_nothing_changes(show):
    """Com a senha à vista, a página também só recebe o que muda."""
    panel, page = show(port=0)
    say(panel, type="password", on=True)
    page.wait_for("a sala pede senha")
    time.sleep(2 * PAUSE)
    count = len(page.batches)
    time.sleep(3 * PAUSE)
    assert len(page.batches) == count
