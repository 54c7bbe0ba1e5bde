"""O painel como ele é: JupyterLab e Notebook 7 de verdade, num Chromium sem janela."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from lab_browser import expect, lightness
from playwright.sync_api import Locator

SERVER = """from IPython.display import display
from ipywidgets import HBox
from chatlib import ChatPanel, Client, Server
server = Server(port=0).start()"""
PANELS = """ana, bruno = ChatPanel(server, "Ana"), ChatPanel(server, "Bruno")
HBox([ana, bruno])"""
ONE = """ana = ChatPanel(server, "Ana")
ana"""
HOSTILE = (
    "<img src=x onerror=\"document.title='invadido'\">",
    "</script><script>document.title='invadido'</script>",
    "<svg onload=document.title='invadido'><style>*{display:none}</style>",
    "<iframe src=javascript:alert(1)></iframe><base href=//a.invalid><meta http-equiv=refresh content=0>",
    "[clique](javascript:document.title='invadido') <a href='javascript:0'>a</a> ![x](http://a.invalid/x)",
    "<b onmouseover=alert(1) style=position:fixed;inset:0>\" ' ` </textarea></bdi></div><form action=//a>",
    "$x^2$ \\(x\\) $$y$$ &lt;b&gt; &#x202e; `código` **negrito** {{7*7}} ${7*7} %3Cscript%3E",
    "\u202eavesso\u2066\u200f \u200b\u200d\ufeff invisível e\u0301" + "\u0301" * 50,
    "g" * 4000,
    "👩‍👩‍👧‍👦 🏳️‍🌈 مرحبا שלום 你好",
)

# Um só JupyterLab e um só navegador, mesmo com os testes repartidos por vários processos.
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def notebook(open_notebook):
    """``notebook(células)``: um notebook com um servidor no ar e essas células, a primeira já rodada."""

    def create(*cells, run=1, **options):
        opened = open_notebook(SERVER, *cells, **options)
        for index in range(run + 1):
            opened.run(index)
        return opened

    return create


def box_of(panel: Locator) -> Locator:
    """A caixa de escrever."""
    return panel.get_by_role("textbox", name="Mensagem")


def say(panel: Locator, text: str) -> None:
    """Escreve no painel, que está na sala, e aperta Enter."""
    expect_state(panel, "conectado")
    box_of(panel).fill(text)
    box_of(panel).press("Enter")


def expect_end(panel: Locator, *texts: str) -> None:
    """As últimas linhas do painel são estas, e só estas mencionam o que dizem."""
    lines = panel.locator(".chatlib-line")
    expect(lines.filter(has_text=texts[-1])).to_have_count(1)
    assert tuple(lines.all_text_contents()[-len(texts) :]) == texts


def expect_state(panel: Locator, state: str) -> None:
    """O estado, em palavras."""
    expect(panel.locator(".chatlib-state")).to_have_text(state)


# --- conversar


@pytest.mark.parametrize("app", ["lab", "notebooks"])
def test_two_panels_talk(notebook, app):
    """Dois painéis conversam, com o kernel ocioso e com uma célula rodando, e continuam após recarregar."""
    busy = """with Client("Carla", *server.address) as carla:
    carla.wait_for("Ana: pode terminar", 60)"""
    page = notebook(PANELS, busy, app=app)
    ana, bruno = page.panel("Ana"), page.panel("Bruno")

    say(ana, "oi, Bruno")
    expect_end(bruno, "Ana: oi, Bruno")
    box_of(bruno).fill("oi, gente")
    bruno.get_by_role("button", name="Enviar").click()
    expect_end(
        ana, "Ana entrou!", "Conectado ao servidor!", "Bruno entrou!", "Ana: oi, Bruno", "Bruno: oi, gente"
    )
    expect(ana.locator(".chatlib-mine")).to_have_text(["Ana: oi, Bruno"])
    for hidden in (".chatlib-note", ".chatlib-join", ".chatlib-jump", ".chatlib-hint"):
        expect(ana.locator(hidden)).to_be_hidden()
    expect(box_of(bruno)).to_have_value("")

    page.run(2, wait=False)
    expect_end(ana, "Carla entrou!")
    say(ana, "a célula ainda roda")
    expect_end(bruno, "Carla entrou!", "Ana: a célula ainda roda")
    say(bruno, "e nós conversamos")
    expect_end(ana, "Ana: a célula ainda roda", "Bruno: e nós conversamos")
    expect(page.cell(2).locator(".jp-InputPrompt")).to_have_text("[*]:")
    say(ana, "pode terminar")
    for panel in (ana, bruno):
        expect_end(panel, "Ana: pode terminar", "Carla saiu!")
    expect(page.cell(2).locator(".jp-InputPrompt")).not_to_have_text("[*]:")

    history = ana.locator(".chatlib-line").all_text_contents()
    page.reload()
    expect_end(ana, *history)
    say(ana, "recarreguei")
    expect_end(ana, *history, "Ana: recarreguei")
    expect_end(bruno, "Carla saiu!", "Ana: recarreguei")


def test_two_notebooks_one_server(notebook, open_notebook):
    """Dois notebooks, dois kernels, um servidor: o painel do segundo entra pelo endereço."""
    first = notebook(ONE, "print('porta', server.address[1])", run=2)
    port = re.search(r"porta (\d+)", first.cell(2).inner_text())[1]
    second = open_notebook("from chatlib import ChatPanel", f"ChatPanel('127.0.0.1:{port}', 'Bruno')")
    second.run(0)
    second.run(1)
    say(second.panel("Bruno"), "oi, do outro notebook")
    expect_end(first.panel("Ana"), "Bruno entrou!", "Bruno: oi, do outro notebook")
    say(first.panel("Ana"), "oi, Bru")
    expect_end(second.panel("Bruno"), "Ana: oi, Bru")
    expect(second.panel("Bruno").locator(".chatlib-names")).to_have_text("AnaBruno")


# --- entrar


def test_joining(notebook):
    """Apelido e endereço no próprio painel; cada erro ao lado do campo de que trata; sair e voltar."""
    page = notebook('bia = Client("Bia", *server.address); ChatPanel(server)')
    panel = page.page.get_by_role("region", name=re.compile("^Chat"))
    apelido, address = panel.get_by_label("Apelido"), panel.get_by_label("Endereço")
    expect_state(panel, "desconectado")
    expect(box_of(panel)).to_be_hidden()
    place = address.input_value()
    assert re.fullmatch(r"127\.0\.0\.1:\d+", place)

    apelido.fill("bia")
    apelido.press("Enter")
    expect(panel.get_by_role("alert").first).to_contain_text("Bia já está na sala")
    expect(apelido).to_have_attribute("aria-invalid", "true")
    apelido.fill("Ana")
    address.fill("127.0.0.1:9")
    panel.get_by_role("button", name="Entrar").click()
    expect(panel.get_by_role("alert").nth(1)).to_contain_text("Não há servidor em 127.0.0.1, porta 9")
    expect(apelido).to_have_attribute("aria-invalid", "false")
    address.fill(place)
    address.press("Enter")

    ana = page.panel("Ana")
    expect_state(ana, "conectado")
    expect(box_of(ana)).to_be_focused()
    say(ana, "cheguei")
    expect_end(ana, "Ana entrou!", "Conectado ao servidor!", "Ana: cheguei")
    ana.get_by_role("button", name="Sair").click()
    expect_state(ana, "desconectado")
    expect(ana).to_contain_text("Você saiu da sala.")
    ana.get_by_role("button", name="Entrar").click()
    expect_state(ana, "conectado")
    expect(ana.locator(".chatlib-line")).to_have_text(
        ["Ana entrou!", "Conectado ao servidor!", "Ana: cheguei", "Ana entrou!", "Conectado ao servidor!"]
    )


def test_reconnecting(notebook):
    """O servidor cai e volta: o painel conta, volta com o mesmo apelido, e o que se digitou não se perde."""
    down = "port = server.address[1]; server.shutdown()"
    slow = """from chatlib.panels.chat import patience
patience.DELAYS, patience.STEADY = (300,), 0
server.shutdown()"""
    page = notebook(ONE, down, "server = Server(port=port).start()", slow)
    ana = page.panel("Ana")
    box_of(ana).fill("ainda não mandei")
    page.run(2)
    expect_state(ana, "reconectando")
    expect(ana.locator(".chatlib-timer")).to_have_text(re.compile(r"em \d+ s"))
    expect(ana).to_contain_text("A conexão caiu")
    expect(ana.locator(".chatlib-people")).to_be_hidden()
    box_of(ana).press("Enter")
    expect(ana).to_contain_text("Sem conexão: o que você escreveu fica aqui")
    page.run(3)
    expect_state(ana, "conectado")
    expect(ana.locator(".chatlib-gap")).to_have_count(1)
    expect(box_of(ana)).to_have_value("ainda não mandei")
    box_of(ana).press("Enter")
    expect(ana.locator(".chatlib-line").last).to_have_text("Ana: ainda não mandei")

    page.run(4)
    expect(ana.locator(".chatlib-timer")).to_have_text(re.compile(r"em (300|2\d\d) s"))
    page.run(3)
    ana.get_by_role("button", name="Tentar agora").click()
    expect_state(ana, "conectado")
    expect(ana.locator(".chatlib-gap")).to_have_count(2)


def test_sent_but_lost(notebook):
    """O que se mandou e o servidor não chegou a repetir volta para a caixa."""
    page = notebook(ONE, "server.broadcast = lambda *a, **k: True", "server.shutdown()", run=2)
    ana = page.panel("Ana")
    say(ana, "perdida")
    expect(box_of(ana)).to_have_value("")
    page.run(3)
    expect(box_of(ana)).to_have_value("perdida")


def test_what_goes_wrong_is_said(notebook):
    """Apelido em uso, servidor encerrado, kernel reiniciado: o painel diz o que houve e o que fazer."""
    twin = """eva = Client("Eva", *server.address)
display(ChatPanel(server, "Eva")); display(ChatPanel(("127.0.0.1", 9), "Bruno"))"""
    page = notebook('ChatPanel(server, "Ana")', twin, "server.shutdown()", run=2)
    ana = page.panel("Ana").first
    expect_state(ana, "conectado")
    expect(page.panel("Eva")).to_contain_text("Apelido recusado: Eva já está na sala")
    expect(page.panel("Bruno")).to_contain_text("Não há servidor em 127.0.0.1, porta 9")
    page.run(3)
    expect(ana).to_contain_text("A conexão caiu")
    expect(ana.get_by_role("button", name="Enviar")).to_be_disabled()
    page.restart_kernel()
    expect(ana).to_contain_text("O kernel parou ou foi reiniciado")
    page.run(0)
    page.run(1)
    expect_end(ana, "Ana entrou!", "Conectado ao servidor!")


# --- ler


def test_reading(notebook):
    """Hora, cor de cada um, particular, menção; e a conversa copiada é só o que foi dito."""
    talk = """with Client("Eva", *server.address) as eva:
    eva.write("oi, @ana!\\n/msg Ana psiu\\nbanana\\nمرحبا 🎉 " + "x" * 300)
    eva.wait_for("xxx")"""
    page = notebook(PANELS, talk, run=2)
    ana, bruno = page.panel("Ana"), page.panel("Bruno")
    expect(ana.locator(".chatlib-line").last).to_have_text("Eva saiu!")
    expect(ana.locator(".chatlib-mention")).to_have_text(["Eva: oi, @ana!"])
    expect(ana.locator(".chatlib-private")).to_have_text(["Eva (particular): psiu"])
    expect(bruno.locator(".chatlib-mention, .chatlib-private")).to_have_count(0)
    times = ana.locator(".chatlib-line").evaluate_all("lines => lines.map(line => line.dataset.time)")
    assert all(re.fullmatch(r"\d\d:\d\d", time) for time in times)

    color = "name => getComputedStyle(name).color"
    eva_seen_by_ana = ana.locator(".chatlib-author", has_text="Eva").first.evaluate(color)
    assert eva_seen_by_ana == bruno.locator(".chatlib-author", has_text="Eva").first.evaluate(color)
    say(bruno, "e eu")
    expect(ana.locator(".chatlib-author", has_text="Bruno")).to_be_visible()
    assert eva_seen_by_ana != ana.locator(".chatlib-author", has_text="Bruno").evaluate(color)
    log = ana.get_by_role("log")
    assert log.evaluate("log => log.scrollWidth <= log.clientWidth"), "a palavra longa não quebrou"

    log.evaluate("log => getSelection().selectAllChildren(log)")
    page.page.keyboard.press("Control+c")
    copied = page.page.evaluate("navigator.clipboard.readText()").splitlines()
    assert [line for line in copied if line] == ana.locator(".chatlib-line").all_text_contents()

    ana.get_by_role("button", name="Limpar").click()
    expect(ana.locator(".chatlib-line")).to_have_count(0)
    say(bruno, "depois")
    expect(ana.locator(".chatlib-line")).to_have_text(["Bruno: depois"])
    expect(bruno.locator(".chatlib-line").first).to_have_text("Bruno entrou!")
    page.reload()
    expect(ana.locator(".chatlib-line")).to_have_text(["Bruno: depois"])


def test_reader_who_scrolled_up(notebook):
    """Quem sobe para ler não é arrastado: vê quantas mensagens chegaram, e vai até elas quando quer."""
    fill = """eva = Client("Eva", *server.address)
eva.write("\\n".join(f"linha {i}" for i in range(60)))"""
    page = notebook(ONE, fill, "eva.write('mais uma\\noi, Ana')", run=2)
    ana = page.panel("Ana")
    expect(ana.locator(".chatlib-line").last).to_have_text("Eva: linha 59")
    expect(ana.locator(".chatlib-line").last).to_be_in_viewport()
    log = ana.get_by_role("log")
    log.evaluate("log => log.scrollTop = -400")
    jump = ana.locator(".chatlib-jump")
    expect(jump).to_be_hidden()
    reading = ana.locator(".chatlib-line", has_text="linha 45")
    before = reading.bounding_box()["y"]
    page.run(3)
    expect(jump).to_have_text("@ 2 novas mensagens ↓")
    assert abs(reading.bounding_box()["y"] - before) < 3, "o texto andou"
    expect(ana.locator(".chatlib-line").last).not_to_be_in_viewport()
    jump.click()
    expect(ana.locator(".chatlib-line").last).to_be_in_viewport()
    expect(jump).to_be_hidden()
    log.evaluate("log => log.scrollTop = -400")
    say(ana, "quem fala vai para o fim")
    expect(ana.locator(".chatlib-line").last).to_be_in_viewport()


def test_people(notebook):
    """Quem está, e quantos são; muda com entradas, saídas e trocas; um clique escreve só para a pessoa."""
    guests = """eva = Client("Eva", *server.address)
davi = Client("Davi", *server.address)"""
    chatter = """import time
for i in range(40):
    eva.write(f"tagarela {i}")
    time.sleep(0.05)"""
    page = notebook(ONE, guests, "eva.write('/apelido Bia')", "davi.close()", chatter, run=2)
    ana = page.panel("Ana")
    names, count = ana.locator(".chatlib-names li"), ana.locator(".chatlib-count")
    expect(names).to_have_text(["Ana", "Eva", "Davi"])
    expect(count).to_have_text("3 na sala")
    page.run(3)
    expect(names).to_have_text(["Ana", "Bia", "Davi"])
    page.run(4)
    expect(names).to_have_text(["Ana", "Bia"])
    expect(count).to_have_text("2 na sala")
    box_of(ana).fill("psiu")
    page.run(5, wait=False)  # a sala não para de falar
    bia = ana.get_by_role("button", name="Bia")
    bia.focus()
    expect(ana.locator(".chatlib-line", has_text="tagarela 5")).to_be_visible()
    expect(bia).to_be_focused()
    bia.click(delay=150)
    expect(box_of(ana)).to_have_value("/msg Bia psiu")
    expect(box_of(ana)).to_be_focused()
    box_of(ana).press("Enter")
    expect(ana.locator(".chatlib-private")).to_have_text(["Ana (particular): psiu"])
    expect(ana.locator(".chatlib-line", has_text="tagarela")).to_have_count(40)


# --- escrever


def test_writing(notebook):
    """Shift+Enter muda de linha, ↑ repete, Tab completa, e perto do limite aparece a conta."""
    page = notebook(PANELS)
    ana = page.panel("Ana")
    box, hint = box_of(ana), ana.locator(".chatlib-hint")
    expect_state(ana, "conectado")
    box.fill("um")
    box.press("Shift+Enter")
    box.press_sequentially("dois")
    expect(hint).to_have_text("São 2 linhas: cada uma vai como uma mensagem.")
    box.press("Enter")
    expect_end(page.panel("Bruno"), "Ana: um", "Ana: dois")
    expect(hint).to_be_hidden()

    say(ana, "três")
    box.press_sequentially("rascunho")
    box.press("ArrowUp")
    expect(box).to_have_value("três")
    box.press("ArrowUp")
    expect(box).to_have_value("um\ndois")
    box.press("ArrowDown")
    box.press("ArrowDown")
    expect(box).to_have_value("rascunho")

    box.fill("/m")
    box.press("Tab")
    expect(box).to_have_value("/msg ")
    box.press("Tab")
    expect(box).to_have_value("/msg Bruno ")
    for start in ("oi, br", "oi, @br"):
        box.fill(start)
        box.press("Tab")
        expect(box).to_have_value(start.replace("br", "Bruno "))
    box.fill("/a")
    box.press("Tab")
    expect(hint).to_have_text("Tab: /ajuda, /apelido")
    box.press("Tab")
    expect(box).to_have_value("/apelido ")
    box.fill("sem nada a completar ")
    box.press("Tab")
    expect(ana.get_by_role("button", name="Enviar")).to_be_focused()

    box.fill("é" * 1700)
    expect(hint).to_have_text("3.400 de 4.096 bytes")
    box.fill("é" * 2049)
    expect(hint).to_contain_text("Mensagem longa demais: 4.098 de 4.096 bytes")
    expect(ana.get_by_role("button", name="Enviar")).to_be_disabled()
    box.press("Enter")
    expect(box).to_have_value("é" * 2049)
    box.fill("é" * 2048)
    box.press("Enter")
    expect(page.panel("Bruno").locator(".chatlib-line").last).to_have_text("Ana: " + "é" * 2048)


def test_keys_do_not_reach_the_notebook(notebook):
    """O que se digita no painel, a 15 teclas por segundo, não é atalho do notebook, nem depois de Esc."""
    page = notebook(PANELS, "1 + 1")
    box = box_of(page.panel("Ana"))
    expect_state(page.panel("Ana"), "conectado")
    box.click()
    box.press_sequentially("ddabmxzii00, çãé 15 teclas por segundo", delay=1000 / 15)
    expect(box).to_have_value("ddabmxzii00, çãé 15 teclas por segundo")
    box.press("Enter")
    for place in (".chatlib-header", ".chatlib-people", "span.chatlib-name", ".chatlib-log"):
        page.panel("Ana").locator(place).click(position={"x": 3, "y": 3})
        page.page.keyboard.type("ddxx")
    expect(page.page.locator(".jp-Notebook .jp-Cell")).to_have_count(3)
    box.click()
    for key in ("Escape", "a", "b", "d", "d", "m", "Control+Enter", "ArrowDown", "j", "Enter"):
        box.press(key)
    expect(page.cell(2)).to_be_visible()
    expect(page.page.locator(".jp-Notebook .jp-Cell")).to_have_count(3)
    expect(page.cell(2).locator(".jp-InputPrompt")).to_have_text("[ ]:")
    expect(box).to_be_focused()
    expect(page.panel("Ana").locator(".chatlib-mine")).to_have_text(
        ["Ana: ddabmxzii00, çãé 15 teclas por segundo", "Ana: abddmj"]
    )


# --- segurança e carga


def test_hostile_messages_are_text(notebook, lab):
    """Mil mensagens que parecem HTML aparecem como foram escritas; nada roda, nada sai da página."""
    attack = f"""hostile = {HOSTILE!r}
with Client('Eva', *server.address, timeout=60) as eva:
    for i in range(100):
        for text in hostile: eva.write(f"{{i}} {{text}}")
        eva.wait_for(f"{{i}} 👩", 60)"""
    page = notebook(PANELS, attack)
    ana = page.panel("Ana")
    before, seen = len(page.requests), len(page.complaints)
    page.run(2)
    expect(ana.locator(".chatlib-line").last).to_have_text("Eva saiu!")
    texts = [re.sub("[\u202e\u2066\u200f]", "\ufffd", text) for text in HOSTILE]
    expected = [f"Eva: {i} {text}" for i in range(100) for text in texts]
    assert ana.locator(".chatlib-other").all_text_contents() == expected[-999:]
    tags = "nodes => [...new Set(nodes.map(node => node.tagName))]"
    assert set(ana.locator(".chatlib-lines *").evaluate_all(tags)) == {"DIV", "BDI"}
    attributes = "nodes => [...new Set(nodes.flatMap(node => node.getAttributeNames()))].sort()"
    assert ana.locator(".chatlib-lines *").evaluate_all(attributes) == ["class", "data-time", "style"]
    assert "invadido" not in page.page.title()
    assert [url for url in page.requests[before:] if not url.startswith(lab.url)] == []
    assert page.complaints[seen:] == []
    log = ana.get_by_role("log")
    assert log.evaluate("log => log.scrollWidth <= log.clientWidth"), "a palavra longa não quebrou"


def test_flood(notebook):
    """Dez mil linhas: a página fica com as últimas mil, em ordem, e o kernel com todas."""
    flood = """with Client("Eva", *server.address, timeout=60) as eva:
    for start in range(0, 10_000, 500):
        eva.write("\\n".join(f"linha {i}" for i in range(start, start + 500)))
        eva.wait_for(f"linha {start + 499}")"""
    page = notebook(PANELS, flood, 'print(sum("linha" in line for line in ana.messages))', run=2)
    ana = page.panel("Ana")
    expect(ana.locator(".chatlib-line").last).to_have_text("Eva saiu!")
    lines = ana.locator(".chatlib-line").all_text_contents()
    assert lines == [f"Eva: linha {i}" for i in range(9001, 10_000)] + ["Eva saiu!"]
    expect(ana.locator(".chatlib-line").last).to_be_in_viewport()
    say(ana, "ufa")
    expect_end(page.panel("Bruno"), "Ana: ufa")
    page.run(3)
    expect(page.cell(3)).to_contain_text("10000")


def test_lost_batch(notebook):
    """Uma remessa que o Jupyter descartou volta com a próxima: nenhuma linha falta."""
    lose = """send, ana.send = ana.send, lambda news: None
with Client("Eva", *server.address) as eva:
    ana.conversation.write("perdida")
    eva.wait_for("perdida")
while ana.conversation.news()["first"] < 6: pass
ana.send = send"""
    page = notebook(PANELS, lose)
    ana = page.panel("Ana")
    expect_end(ana, "Bruno entrou!")
    page.run(2)
    say(ana, "achada")
    expect_end(ana, "Bruno entrou!", "Eva entrou!", "Ana: perdida", "Eva saiu!", "Ana: achada")


# --- a vida do painel


def test_cell_run_again(notebook):
    """Rodar a célula de novo põe o mesmo apelido outra vez na sala; o painel antigo diz o que fazer."""
    page = notebook('ana = ChatPanel(server, "Ana")', "ana", "server.apelidos", run=2)
    expect_end(page.panel("Ana"), "Ana entrou!", "Conectado ao servidor!")
    page.run(1)
    old = page.panel("Ana")
    expect(old).to_contain_text("Este painel foi encerrado. Para voltar, rode de novo a célula")
    expect(box_of(old)).to_be_hidden()
    page.run(2)
    expect(page.panel("Ana")).to_have_count(1)
    say(page.panel("Ana"), "voltei")
    expect_end(page.panel("Ana"), "Ana entrou!", "Conectado ao servidor!", "Ana: voltei")
    page.run(3)
    expect(page.cell(3)).to_contain_text("('Ana',)")


def test_same_panel_twice(notebook):
    """O mesmo painel mostrado duas vezes: as duas vistas têm tudo, sem repetição."""
    page = notebook(ONE, "ana")
    first = page.panel("Ana").first
    say(first, "antes")
    expect_end(first, "Ana: antes")
    page.run(2)
    second = page.panel("Ana").nth(1)
    expect_end(second, "Ana entrou!", "Conectado ao servidor!", "Ana: antes")
    box_of(first).fill("um rascunho")
    say(second, "depois")
    for view in (first, second):
        expect_end(view, "Ana entrou!", "Conectado ao servidor!", "Ana: antes", "Ana: depois")
    expect(box_of(first)).to_have_value("um rascunho")


def test_notebook_closed_and_opened_again(notebook):
    """Fechar a aba e abrir de novo, com o kernel vivo: a conversa está lá e continua."""
    page = notebook(ONE)
    say(page.panel("Ana"), "antes")
    expect_end(page.panel("Ana"), "Ana: antes")
    page.reopen()
    expect_end(page.panel("Ana"), "Ana entrou!", "Conectado ao servidor!", "Ana: antes")
    say(page.panel("Ana"), "depois")
    expect_end(page.panel("Ana"), "Ana: antes", "Ana: depois")


def test_saved_notebook(notebook):
    """Num notebook salvo e aberto com outro kernel, lê-se a conversa; em texto, o começo dela."""
    page = notebook(ONE)
    say(page.panel("Ana"), "para a posteridade")
    expect_end(page.panel("Ana"), "Ana: para a posteridade")
    saved = page.save()
    text = saved["cells"][1]["outputs"][0]["data"]["text/plain"]
    assert "".join(text).splitlines()[1:] == ["  Ana entrou!", "  Conectado ao servidor!"]
    assert "para a posteridade" in json.dumps(saved["metadata"]["widgets"])
    page.shut_kernel_down()
    page.load()
    ana = page.panel("Ana")
    expect(ana).to_contain_text("Esta é a conversa que foi salva com o notebook")
    expect_end(ana, "Ana entrou!", "Conectado ao servidor!", "Ana: para a posteridade")
    expect(ana.get_by_role("textbox")).to_have_count(0)
    page.run(0)
    page.run(1)
    expect_end(ana, "Ana entrou!", "Conectado ao servidor!")
    expect_state(ana, "conectado")


def test_nothing_is_left(notebook):
    """Fechado o painel e encerrado o servidor, não sobra thread nem socket."""
    page = notebook(ONE, "from chatlib.lab import check_clean\nserver.shutdown(); ana.close()\ncheck_clean()")
    expect_state(page.panel("Ana"), "conectado")
    page.run(2)
    expect(page.cell(2)).to_contain_text("Nada ficou aberto")


# --- aparência e acesso


@pytest.mark.parametrize("app", ["lab", "notebooks"])
def test_looks(notebook, app):
    """Lado a lado em 1280 px, um sobre o outro em 480, e nas cores do tema; as letras crescem."""
    page = notebook(PANELS, "from chatlib import ServerPanel\nServerPanel(server)", app=app)
    ana, bruno = page.panel("Ana"), page.panel("Bruno")
    expect_end(ana, "Bruno entrou!")
    a, b = ana.bounding_box(), bruno.bounding_box()
    assert abs(a["width"] - b["width"]) < 2 and a["y"] == b["y"]
    assert a["x"] + a["width"] < b["x"] and b["x"] + b["width"] < 1280
    assert lightness(ana, "backgroundColor") > 200 > 80 > lightness(ana, "color")
    page.set_theme("JupyterLab Dark")
    assert lightness(ana, "backgroundColor") < 80 < 200 < lightness(ana, "color")
    page.set_theme("JupyterLab Light")

    # O CSS de outro painel entra depois do deste, e não o estraga.
    page.run(2)
    expect(page.page.get_by_role("region", name="Sala")).to_be_visible()
    expect(ana.get_by_role("button", name="Sair")).to_have_css("min-height", "0px")

    size = "log => parseFloat(getComputedStyle(log).fontSize)"
    before = ana.get_by_role("log").evaluate(size)
    ana.get_by_role("button", name="Aumentar as letras").click()
    expect(ana).to_have_attribute("style", re.compile(r"--chatlib-scale: 1\.15"))
    assert ana.get_by_role("log").evaluate(size) == pytest.approx(before * 1.15, abs=0.1)
    ana.get_by_role("button", name="Diminuir as letras").click()

    page.page.set_viewport_size({"width": 480, "height": 900})
    expect(box_of(ana)).to_be_in_viewport()
    page.page.wait_for_function("document.querySelector('.chatlib-chat').offsetWidth < 460")
    page.picture(f"painel, 480 px, {app}")
    a, b = ana.bounding_box(), bruno.bounding_box()
    assert a["x"] == b["x"] and a["width"] == b["width"] > 300
    assert a["y"] + a["height"] < b["y"] and a["x"] + a["width"] <= 480


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"])
def test_access(notebook, theme):
    """O axe-core não acha o que corrigir: nomes, papéis e contraste, nos três temas."""
    talk = """from time import sleep
eva = Client("Eva", *server.address)
eva.write("oi, Ana\\n/msg Ana psiu")
eva.wait_for("psiu")
ana.conversation.write("oi")
eva.wait_for("Ana: oi")
display(ana, ChatPanel(server), ChatPanel("127.0.0.1:9", "Bia"), ChatPanel(server, "Eva"))"""
    page = notebook('ana = ChatPanel(server, "Ana")', talk, height=2000)
    page.set_theme(theme)
    page.run(2)
    expect_end(page.panel("Ana"), "Ana: oi")
    box_of(page.panel("Ana")).fill("é\n" * 3 + "x" * 3500)
    page.picture(f"painel, {theme}")
    found = Axe().run(page.page, context=".chatlib-chat").response
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found["violations"]] == []
    assert {"color-contrast", "label", "button-name"} <= {rule["id"] for rule in found["passes"]}


def test_keyboard_alone(notebook):
    """Sem mouse: entrar, escrever, escolher uma pessoa, limpar e sair, sempre com o foco à vista."""
    page = notebook('eva = Client("Eva", *server.address); ChatPanel(server)')
    keys = page.page.keyboard
    expect_state(page.page.get_by_role("region", name=re.compile("^Chat")), "desconectado")
    page.page.get_by_label("Apelido").focus()
    keys.type("Ana")
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Enter")
    ana = page.panel("Ana")
    expect(box_of(ana)).to_be_focused()
    keys.type("oi")
    keys.press("Enter")
    expect_end(ana, "Ana: oi")

    reached = []
    for _ in range(8):
        keys.press("Shift+Tab")
        focused = page.page.evaluate(
            """() => [document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent,
                      getComputedStyle(document.activeElement).outlineStyle]"""
        )
        reached.append(focused)
    assert [label for label, _ in reached[:6]] == [
        "Mensagens",
        "Eva",
        "Sair da sala",
        "Limpar a conversa deste painel",
        "Aumentar as letras",
        "Diminuir as letras",
    ]
    assert {outline for _, outline in reached[:6]} == {"solid"}
    ana.get_by_role("button", name="Sair").focus()
    keys.press("Space")
    expect_state(ana, "desconectado")
    expect(ana.get_by_label("Apelido")).to_be_focused()  # o botão sumiu; o foco, não
