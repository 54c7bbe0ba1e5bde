"""O painel como ele é: JupyterLab de verdade num Chromium sem janela."""

import pytest
from lab_browser import Notebook, chromium, expect, jupyterlab
from playwright.sync_api import Locator

SERVER = """from IPython.display import display
from ipywidgets import HBox
from chatlib import ChatPanel, Client, Server
server = Server(port=0).start()"""
PANELS = """ana, bruno = ChatPanel(server, "Ana"), ChatPanel(server, "Bruno")
HBox([ana, bruno])"""
HOSTILE = (
    "<img src=x onerror=\"document.title='invadido'\">",
    "</script><script>document.title='invadido'</script>",
    "<svg onload=document.title='invadido'><style>*{display:none}</style>",
    "[clique](javascript:document.title='invadido') <a href='javascript:0'>aqui</a>",
    "$x^2$ &lt;b&gt; `código` \\u202eavesso\\u200b " + "g" * 4000,
)


# Um só JupyterLab e um só navegador, mesmo com os testes repartidos por vários processos.
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def browser():
    """O navegador de todos os testes."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """O JupyterLab de todos os testes."""
    with jupyterlab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture
def open_notebook(lab, browser, request):
    """Uma função que abre um notebook com as células dadas; a página não pode ter erros."""
    opened: list[Notebook] = []

    def create(*cells, **options) -> Notebook:
        name = request.node.name.translate({ord("["): "-", ord("]"): None})
        opened.append(lab.open(browser, name, [SERVER, *cells], **options))
        opened[-1].run(0)
        return opened[-1]

    yield create
    for notebook in opened:
        assert not notebook.problems
        notebook.close()


def say(panel: Locator, text: str) -> None:
    """Escreve no painel e aperta Enter."""
    box = panel.get_by_role("textbox")
    box.fill(text)
    box.press("Enter")


def expect_end(panel: Locator, *texts: str) -> None:
    """As últimas linhas do painel são estas, e só estas mencionam o que dizem."""
    lines = panel.locator(".chatlib-line")
    expect(lines.filter(has_text=texts[-1])).to_have_count(1)
    assert tuple(lines.all_text_contents()[-len(texts) :]) == texts


def test_two_panels_talk(open_notebook):
    """Dois painéis conversam, com o kernel ocioso e com uma célula rodando, e continuam após recarregar."""
    busy = """with Client("Carla", *server.address) as carla:
    carla.wait_for("Ana: pode terminar", 60)"""
    notebook = open_notebook(PANELS, busy)
    notebook.run(1)
    ana, bruno = notebook.panel("Ana"), notebook.panel("Bruno")

    say(ana, "oi, Bruno")
    expect_end(bruno, "Ana: oi, Bruno")
    bruno.get_by_role("textbox").fill("oi, Ana")
    bruno.get_by_role("button", name="Enviar").click()
    expect_end(
        ana, "Ana entrou!", "Conectado ao servidor!", "Bruno entrou!", "Ana: oi, Bruno", "Bruno: oi, Ana"
    )
    expect(ana.locator(".chatlib-mine")).to_have_text(["Ana: oi, Bruno"])
    expect(bruno.get_by_role("textbox")).to_have_value("")

    notebook.run(2, wait=False)
    expect_end(ana, "Carla entrou!")
    say(ana, "a célula ainda roda")
    expect_end(bruno, "Carla entrou!", "Ana: a célula ainda roda")
    say(bruno, "e nós conversamos")
    expect_end(ana, "Ana: a célula ainda roda", "Bruno: e nós conversamos")
    expect(notebook.cell(2).locator(".jp-InputPrompt")).to_have_text("[*]:")
    say(ana, "pode terminar")
    for panel in (ana, bruno):
        expect_end(panel, "Ana: pode terminar", "Carla saiu!")
    expect(notebook.cell(2).locator(".jp-InputPrompt")).not_to_have_text("[*]:")

    history = ana.locator(".chatlib-line").all_text_contents()
    notebook.reload()
    expect_end(ana, *history)
    say(ana, "recarreguei")
    expect_end(ana, *history, "Ana: recarreguei")
    expect_end(bruno, "Carla saiu!", "Ana: recarreguei")


def test_hostile_messages_are_text(open_notebook):
    """Uma mensagem que parece HTML aparece como foi escrita; nada roda, nada é pedido à rede."""
    attack = f"with Client('Eva', *server.address) as eva:\n    for text in {HOSTILE!r}: eva.write(text)\n"
    notebook = open_notebook(PANELS, attack + "    eva.wait_for('gggg')")
    notebook.run(1)
    requests = []
    notebook.page.on("request", lambda request: requests.append(request.url))
    ana = notebook.panel("Ana")
    notebook.run(2)
    expect(ana.locator(".chatlib-line").last).to_have_text("Eva saiu!")
    texts = [text.replace("\u202e", "\ufffd") for text in HOSTILE]
    assert ana.locator(".chatlib-other").all_text_contents() == [f"Eva: {text}" for text in texts]
    tags = "nodes => [...new Set(nodes.map(node => node.tagName))]"
    assert set(ana.locator(".chatlib-lines *").evaluate_all(tags)) == {"DIV", "BDI"}
    assert "invadido" not in notebook.page.title()
    assert not [url for url in requests if url.endswith("/x")]
    log = ana.get_by_role("log")
    assert log.evaluate("log => log.scrollWidth <= log.clientWidth"), "a palavra longa não quebrou"


def test_flood(open_notebook):
    """Dez mil linhas de uma vez: a página fica com as últimas mil, em ordem, e continua viva."""
    flood = """with Client("Eva", *server.address, timeout=60) as eva:
    for start in range(0, 10_000, 500):
        eva.write("\\n".join(f"linha {i}" for i in range(start, start + 500)))
        eva.wait_for(f"linha {start + 499}")"""
    notebook = open_notebook(PANELS, flood)
    notebook.run(1)
    notebook.run(2)
    ana = notebook.panel("Ana")
    expect(ana.locator(".chatlib-line").last).to_have_text("Eva saiu!")
    lines = ana.locator(".chatlib-line").all_text_contents()
    assert lines == [f"Eva: linha {i}" for i in range(9001, 10_000)] + ["Eva saiu!"]
    expect(ana.locator(".chatlib-line").last).to_be_in_viewport()
    say(ana, "ufa")
    expect_end(notebook.panel("Bruno"), "Ana: ufa")


def test_lost_batch(open_notebook):
    """Uma remessa que o Jupyter descartou volta com a próxima: nenhuma linha falta."""
    lose = """send, ana.send = ana.send, lambda news: None
with Client("Eva", *server.address) as eva:
    ana.conversation.write("perdida")
    eva.wait_for("perdida")
while ana.conversation.news()["first"] < 6: pass
ana.send = send"""
    notebook = open_notebook(PANELS, lose)
    notebook.run(1)
    ana = notebook.panel("Ana")
    expect_end(ana, "Bruno entrou!")
    notebook.run(2)
    say(ana, "achada")
    expect_end(ana, "Bruno entrou!", "Eva entrou!", "Ana: perdida", "Eva saiu!", "Ana: achada")


def test_cell_run_again(open_notebook):
    """Rodar a célula de novo põe o mesmo apelido outra vez na sala; o painel antigo diz que saiu."""
    notebook = open_notebook('ana = ChatPanel(server, "Ana")', "ana", "server.apelidos")
    notebook.run(1)
    notebook.run(2)
    expect_end(notebook.panel("Ana"), "Ana entrou!", "Conectado ao servidor!")
    notebook.run(1)
    old = notebook.panel("Ana")
    expect(old).to_contain_text("Você saiu da sala.")
    expect(old.get_by_role("textbox")).to_be_disabled()
    notebook.run(2)
    expect(notebook.panel("Ana")).to_have_count(1)
    say(notebook.panel("Ana"), "voltei")
    expect_end(notebook.panel("Ana"), "Ana entrou!", "Conectado ao servidor!", "Ana: voltei")
    notebook.run(3)
    expect(notebook.cell(3)).to_contain_text("('Ana',)")


def test_same_panel_twice(open_notebook):
    """O mesmo painel mostrado duas vezes: as duas vistas têm tudo, sem repetição."""
    notebook = open_notebook('ana = ChatPanel(server, "Ana")\nana', "ana")
    notebook.run(1)
    first = notebook.panel("Ana").first
    say(first, "antes")
    expect_end(first, "Ana: antes")
    notebook.run(2)
    second = notebook.panel("Ana").nth(1)
    expect_end(second, "Ana entrou!", "Conectado ao servidor!", "Ana: antes")
    say(second, "depois")
    for view in (first, second):
        expect_end(view, "Ana entrou!", "Conectado ao servidor!", "Ana: antes", "Ana: depois")


def test_what_goes_wrong_is_said(open_notebook):
    """Apelido em uso, servidor encerrado, kernel reiniciado: o painel diz o que houve e o que fazer."""
    twin = 'display(ChatPanel(server, "Ana")); display(ChatPanel(("127.0.0.1", 9), "Bruno"))'
    notebook = open_notebook('ChatPanel(server, "Ana")', twin, "server.shutdown()")
    notebook.run(1)
    notebook.run(2)
    ana = notebook.panel("Ana").first
    expect(ana).to_contain_text("conectado")
    expect(notebook.panel("Ana").nth(1)).to_contain_text("Apelido recusado: Ana já está na sala")
    expect(notebook.panel("Bruno")).to_contain_text("Não há servidor em 127.0.0.1, porta 9")
    notebook.run(3)
    expect(ana).to_contain_text("A conexão caiu")
    expect(ana.get_by_role("button")).to_be_disabled()
    notebook.restart_kernel()
    expect(ana).to_contain_text("O kernel parou ou foi reiniciado")
    notebook.run(0)
    notebook.run(1)
    expect_end(ana, "Ana entrou!", "Conectado ao servidor!")


def test_keys_do_not_reach_the_notebook(open_notebook):
    """O que se digita no painel não é atalho do notebook, nem antes nem depois de Esc."""
    notebook = open_notebook(PANELS, "1 + 1")
    notebook.run(1)
    box = notebook.panel("Ana").get_by_role("textbox")
    box.click()
    box.press_sequentially("ddabmxzii00")
    for key in ("Escape", "a", "b", "d", "d", "m", "Shift+Enter", "Control+Enter", "ArrowDown", "j"):
        box.press(key)
    expect(notebook.cell(2)).to_be_visible()
    expect(notebook.page.locator(".jp-Notebook .jp-Cell")).to_have_count(3)
    expect(notebook.cell(2).locator(".jp-InputPrompt")).to_have_text("[ ]:")
    expect(box).to_be_focused()
    expect(notebook.panel("Ana").locator(".chatlib-mine").first).to_have_text("Ana: ddabmxzii00abddm")


def test_looks(open_notebook):
    """Lado a lado em 1280 px, um sobre o outro em 480, e nas cores do tema, claro ou escuro."""
    notebook = open_notebook(PANELS)
    notebook.run(1)
    ana, bruno = notebook.panel("Ana"), notebook.panel("Bruno")
    expect_end(ana, "Bruno entrou!")
    a, b = ana.bounding_box(), bruno.bounding_box()
    assert abs(a["width"] - b["width"]) < 2 and a["y"] == b["y"]
    assert a["x"] + a["width"] < b["x"] and b["x"] + b["width"] < 1280
    assert _lightness(ana, "backgroundColor") > 200 > 80 > _lightness(ana, "color")
    notebook.set_theme("JupyterLab Dark")
    assert _lightness(ana, "backgroundColor") < 80 < 200 < _lightness(ana, "color")
    notebook.set_theme("JupyterLab Light")

    notebook.page.set_viewport_size({"width": 480, "height": 900})
    expect(ana.get_by_role("textbox")).to_be_in_viewport()
    notebook.page.wait_for_function("document.querySelector('.chatlib-panel').offsetWidth < 400")
    a, b = ana.bounding_box(), bruno.bounding_box()
    assert a["x"] == b["x"] and a["width"] == b["width"] > 300
    assert a["y"] + a["height"] < b["y"] and a["x"] + a["width"] < 480


def _lightness(node: Locator, prop: str) -> float:
    """A média dos canais (0 a 255) de uma cor do elemento, desenhada para ser lida sem formato."""
    return node.evaluate(
        """(node, prop) => {
            const pen = new OffscreenCanvas(1, 1).getContext("2d");
            pen.fillStyle = getComputedStyle(node)[prop];
            pen.fillRect(0, 0, 1, 1);
            const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
            return (red + green + blue) / 3;
        }""",
        prop,
    )
