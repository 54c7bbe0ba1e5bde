"""O painel como ele é: JupyterLab e Notebook 7 de verdade, num Chromium sem janela."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from chat_page import ONE, PANELS, box_of, expect_end, expect_state, say
from lab_browser import ROOT, expect, lightness

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

LESSON = ROOT / "notebooks" / "00-comece-aqui.ipynb"
# Rola o caderno até que a célula fique a tantos pixels do topo dele.
SCROLL = """([index, place]) => {
    const cell = jupyterapp.shell.currentWidget.content.widgets[index].node;
    const pane = cell.closest(".jp-WindowedPanel-outer");
    pane.scrollTop += cell.getBoundingClientRect().top - pane.getBoundingClientRect().top - place;
    jupyterapp.shell.currentWidget.content.activate();
}"""

# Um só JupyterLab e um só navegador, mesmo com os testes repartidos por vários processos.


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
    page = notebook(ONE, "server.room.say = lambda *texts: None", "server.shutdown()", run=2)
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


@pytest.mark.parametrize("place", [10, 300, 500])
def test_panels_stay_in_sight(lab, browser, place):
    """Na aula 00, em 1366 × 768, Shift+Enter na célula dos painéis os deixa à vista."""
    page = lab.open(browser, f"aula-{place}", [], width=1366, height=768, source=LESSON)
    source = "jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel.source)"
    sources = page.page.evaluate(source)
    panels = next(i for i, source in enumerate(sources) if "ChatPanel(server" in source)
    for index in (
        i for i in range(panels) if sources[i].startswith(("from chatlib import", "server =", "host,"))
    ):
        page.run(index)
    page.page.evaluate("i => { jupyterapp.shell.currentWidget.content.activeCellIndex = i }", panels)
    page.page.evaluate(SCROLL, [panels, place])
    page.page.keyboard.press("Shift+Enter")
    for name in ("Carla", "Davi"):
        expect_state(page.panel(name), "conectado")
        expect(page.panel(name)).to_be_in_viewport(ratio=1)
    page.picture(f"aula 00, os painéis, célula a {place} px")
    page.close()


def test_kernel_shut_down(notebook):
    """Encerrado o kernel por um menu, ou perdido o contato com ele, o painel não diz que está conectado."""
    page = notebook(PANELS, "from chatlib import ServerPanel\nServerPanel(server)", run=2)
    states = page.page.locator(".chatlib-state")
    expect(states).to_have_text(["conectado", "conectado", "no ar"])
    kernel = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"
    link = f"status => {kernel}._updateConnectionStatus(status)"
    page.page.evaluate(link, "connecting")
    expect(states).to_have_text(["sem contato com o Jupyter"] * 3)
    page.page.evaluate(link, "connected")
    expect(states).to_have_text(["conectado", "conectado", "no ar"])
    page.shut_kernel_down()
    expect(states).to_have_text(["desconectado", "desconectado", "desconectada"])
    expect(page.panel("Ana")).to_contain_text("O kernel parou ou foi reiniciado")


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
    assert set(ana.locator(".chatlib-lines *").evaluate_all(tags)) == {"DIV", "SPAN", "BDI", "BUTTON", "A"}
    attributes = "nodes => [...new Set(nodes.flatMap(node => node.getAttributeNames()))].sort()"
    known = {
        "class",
        "style",
        "dir",
        "data-time",
        "data-author",
        "data-label",
        "type",
        "href",
        "rel",
        "target",
    }
    assert {
        name
        for name in ana.locator(".chatlib-lines *").evaluate_all(attributes)
        if not name.startswith("aria-")
    } <= known
    assert set(ana.locator(".chatlib-lines a").evaluate_all("links => links.map(link => link.href)")) == {
        "http://a.invalid/x"
    }
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
    for _ in range(9):
        keys.press("Shift+Tab")
        focused = page.page.evaluate(
            """() => [document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent,
                      getComputedStyle(document.activeElement).outlineStyle]"""
        )
        reached.append(focused)
    assert [label for label, _ in reached[:7]] == [
        "Mensagens",
        "Eva",
        "Sair da sala",
        "Limpar a conversa deste painel",
        "Copiar a conversa, sem o que se disse em particular",
        "Aumentar as letras",
        "Diminuir as letras",
    ]
    assert {outline for _, outline in reached[:7]} == {"solid"}
    ana.get_by_role("button", name="Sair").focus()
    keys.press("Space")
    expect_state(ana, "desconectado")
    expect(ana.get_by_label("Apelido")).to_be_focused()  # o botão sumiu; o foco, não


# --- a senha


def test_room_with_a_password(notebook):
    """O painel pede a senha quando a sala pede, esconde-a e diz ao lado o que há de errado."""
    page = notebook("server.door.password = 'SEGREDO'.lower()", "ana = ChatPanel(server, 'Ana')\nana", run=2)
    ana = page.panel("Ana")
    password = ana.get_by_label("Senha")
    error = ana.get_by_role("alert").filter(has_text=re.compile("senha", re.IGNORECASE))
    expect(password).to_be_visible()
    expect(error).to_have_text("Esta sala tem senha: peça-a a quem cuida da sala e entre com ela.")
    expect(password).to_have_attribute("type", "password")
    password.fill("errada")
    password.press("Enter")
    expect(error).to_have_text("Senha errada: pergunte a quem cuida da sala.")
    expect(password).to_have_value("")
    expect(password).to_be_focused()
    password.fill("segredo")
    password.press("Enter")
    expect_state(ana, "conectado")
    expect(password).to_be_hidden()
    expect(box_of(ana)).to_be_focused()
    say(ana, "oi")
    expect_end(ana, "Ana: oi")

    assert "segredo" not in json.dumps(page.save())
