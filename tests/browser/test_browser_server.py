"""O painel da sala como ele é: JupyterLab de verdade num Chromium sem janela."""

import json
import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from lab_browser import PATIENCE, Notebook, expect
from playwright.sync_api import Locator

SERVER = """from chatlib import Client, Server, ServerPanel
server = Server(port=0).start()
def join(*names): return [Client(name, *server.address) for name in names]"""
PANEL = "ServerPanel(server)"
HOSTILE = (
    "<img src=x onerror=\"document.title='invadido'\">",
    "</script><script>document.title='invadido'</script>",
    "[clique](javascript:document.title='invadido')",
    "$x^2$ &lt;b&gt; \u202eavesso " + "g" * 170,
)


# Um só JupyterLab e um só navegador, mesmo com os testes repartidos por vários processos.


@pytest.fixture
def open_notebook(open_notebook):
    """Uma função que abre um notebook com um servidor e as células dadas, e roda todas."""

    def create(*cells) -> Notebook:
        notebook = open_notebook(SERVER, *cells)
        for index in range(len(cells) + 1):
            notebook.run(index)
        return notebook

    return create


def room_of(notebook: Notebook) -> Locator:
    """O painel da sala; o primeiro, se houver mais de um."""
    return notebook.page.get_by_role("region", name="Sala", exact=True).first


def press(room: Locator, name: str) -> None:
    """Aperta o botão."""
    room.get_by_role("button", name=name, exact=True).click()


def row_of(room: Locator, apelido: str) -> Locator:
    """A linha de alguém na tabela."""
    return room.get_by_role("row").filter(has=room.page.get_by_role("rowheader", name=apelido, exact=True))


def test_the_room_from_start_to_end(open_notebook):
    """Quem entra aparece; avisar, tirar, fechar a porta, ligar o modo turma; recarregar; encerrar."""
    notebook = open_notebook(PANEL, "ana, bia = join('Ana', 'Bia')\nana.write('bom dia')")
    room = room_of(notebook)
    expect(row_of(room, "Ana").get_by_role("cell").nth(1)).to_have_text("1")
    expect(row_of(room, "Bia").get_by_role("cell").nth(2)).to_have_text("0 B")
    expect(room.locator(".room-counters")).to_contain_text("na sala2pico2")
    log = room.get_by_role("log")
    expect(log).to_contain_text("Ana disse: bom dia")

    room.get_by_role("textbox", name="Aviso a todos").fill("prova em 5 minutos")
    press(room, "Avisar")
    expect(log).to_contain_text("aviso a todos: prova em 5 minutos")
    expect(room.get_by_role("textbox")).to_have_value("")

    remove = row_of(room, "Bia").get_by_role("button")
    remove.click()
    expect(remove).to_have_text("Tirar mesmo?")
    remove.press("Escape")
    expect(remove).to_have_text("Tirar")
    remove.click()
    remove.click()
    expect(row_of(room, "Bia")).to_have_count(0)
    expect(log).to_contain_text("Bia saiu: foi tirado da sala")

    door, lesson = (room.get_by_role("button", name=name) for name in ("Porta fechada", "Modo turma"))
    for button in (door, lesson):
        expect(button).to_have_attribute("aria-pressed", "false")
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
    expect(room).to_contain_text("até 10 mensagens/s por pessoa; quem entra lê as últimas 50")
    door.click()
    expect(door).to_have_attribute("aria-pressed", "false")

    history = log.locator(".room-event").all_text_contents()
    notebook.reload()
    expect(log.locator(".room-event")).to_have_text(history)
    expect(lesson).to_have_attribute("aria-pressed", "true")

    press(room, "Encerrar")
    press(room, "Encerrar com 1 na sala?")
    expect(room).to_contain_text("ao iniciar, ela terá um endereço")
    expect(room.get_by_role("button", name="Avisar")).to_be_disabled()
    press(room, "Iniciar")
    expect(room.get_by_role("button", name="Encerrar", exact=True)).to_be_visible()
    press(room, "Encerrar")  # ninguém na sala: não pergunta
    expect(room.get_by_role("button", name="Iniciar")).to_be_visible()


def test_address_and_size(open_notebook):
    """O endereço se copia e está no QR, que aumenta, como as letras; uma enxurrada não enche a página."""
    flood = "ana, = join('Ana')\nfor i in range(1000): ana.write(f'linha {i}')"
    notebook = open_notebook(PANEL, "print('%s:%d' % server.address)", flood)
    room = room_of(notebook)
    address = notebook.cell(2).locator(".jp-OutputArea-output").inner_text().strip()
    expect(room.locator(".room-address")).to_have_text(address)
    expect(room).to_contain_text(f'ChatPanel("{address}")')
    press(room, "Copiar o endereço")
    expect(room).to_contain_text("Copiado")
    assert notebook.page.evaluate("navigator.clipboard.readText()") == address
    qr = room.get_by_role("img", name=f"QR com o endereço {address}")
    small = qr.bounding_box()["width"]
    room.locator(".room-zoom").click()
    expect(room.locator(".room-zoom")).to_have_attribute("aria-pressed", "true")
    assert qr.bounding_box()["width"] > 2.5 * small
    size = "room => parseFloat(getComputedStyle(room).fontSize)"
    before = room.evaluate(size)
    press(room, "Aumentar as letras")
    assert room.evaluate(size) > before
    expect(room.locator(".room-event").last).to_have_text(re.compile("Ana disse: linha 999$"))
    expect(room.locator(".room-event")).to_have_count(300)
    room.get_by_role("log").scroll_into_view_if_needed()
    expect(room.locator(".room-event").last).to_be_in_viewport()  # o registro fica no fim


def test_hostile_people_are_text(open_notebook):
    """O que vem da rede aparece como foi escrito; nada roda, nada é pedido à rede, nada vaza da largura."""
    attack = f"eva, = join('Eva')\nfor text in {HOSTILE!r}: eva.write(text)\neva.wait_for('gggg')"
    notebook = open_notebook(PANEL, attack, "other = join('W' * 20, 'عمر', '-._')")
    room = room_of(notebook)
    requests = []
    notebook.page.on("request", lambda request: requests.append(request.url))
    expect(row_of(room, "W" * 20)).to_be_visible()
    expect(row_of(room, "عمر")).to_be_visible()
    said = room.locator(".room-message > bdi:last-child").all_text_contents()
    assert said == ["disse: " + text.replace("\u202e", "\ufffd") for text in HOSTILE]
    tags = "nodes => [...new Set(nodes.map(node => node.tagName))]"
    assert set(room.locator(".room-events *, tbody *").evaluate_all(tags)) == {
        *("DIV", "H4", "TIME", "BDI"),
        *("TR", "TH", "TD", "BUTTON"),
    }
    assert "invadido" not in notebook.page.title()
    assert not [url for url in requests if url.endswith("/x")]
    notebook.page.set_viewport_size({"width": 480, "height": 900})
    notebook.page.wait_for_function("document.querySelector('.chatlib-room').offsetWidth < 400")
    notebook.picture("sala, 480 px")
    inside = "nodes => nodes.every(node => node.scrollWidth <= node.clientWidth + 1)"
    assert room.locator(".room-people, .room-log, .room-top, .room-controls").evaluate_all(inside)
    box = room.bounding_box()
    assert box["width"] > 300 and box["x"] + box["width"] <= 480
    ends = room.locator("*").evaluate_all("nodes => nodes.map(node => node.getBoundingClientRect().right)")
    assert max(ends) <= box["x"] + box["width"] + 1


def test_keyboard_alone(open_notebook):
    """Só com o teclado se faz tudo, o foco se vê e não se perde, e nenhuma tecla chega ao notebook."""
    notebook = open_notebook(PANEL, "people = join('Ana', 'Bia')", "1 + 1")
    room, page = room_of(notebook), notebook.page
    expect(row_of(room, "Bia")).to_be_visible()
    room.get_by_role("button", name="Diminuir as letras").focus()
    places = "Copiar o endereço", "Exigir senha", "Cifrar (TLS)", "QR com o endereço"
    for name in ("Aumentar as letras", "Encerrar", *places, "Medidas"):
        page.keyboard.press("Tab")
        expect(room.get_by_role("button", name=name)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("ddaabb olá")
    page.keyboard.press("Enter")
    expect(room.get_by_role("log")).to_contain_text("aviso a todos: ddaabb olá")
    for name in ("Avisar", "Porta fechada"):
        page.keyboard.press("Tab")
        expect(room.get_by_role("button", name=name)).to_be_focused()
    expect(page.locator(":focus-visible")).to_have_css("outline-style", "solid")
    page.keyboard.press("Space")
    expect(room.get_by_role("button", name="Porta fechada")).to_have_attribute("aria-pressed", "true")
    for _ in range(3):  # o modo turma, a tabela e o botão da primeira pessoa
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(room.get_by_role("button", name="Tirar mesmo?")).to_be_focused()
    page.keyboard.press("Enter")
    expect(row_of(room, "Ana")).to_have_count(0)
    expect(room.get_by_role("group", name="Quem está na sala")).to_be_focused()
    for key in ("Escape", "d", "d", "a", "b", "Shift+Enter"):
        page.keyboard.press(key)
    expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(4)


def test_shown_twice_and_life(open_notebook):
    """Mostrado duas vezes, as vistas concordam; fechado e reaberto, nada muda; kernel reiniciado, ele diz."""
    notebook = open_notebook("panel = ServerPanel(server)\npanel", "panel", "ana, = join('Ana')")
    views = notebook.page.get_by_role("region", name="Sala", exact=True)
    for index in (0, 1):
        expect(row_of(views.nth(index), "Ana")).to_be_visible()
    press(views.nth(1), "Modo turma")
    for index in (0, 1):
        lesson = views.nth(index).get_by_role("button", name="Modo turma")
        expect(lesson).to_have_attribute("aria-pressed", "true")
        events = views.nth(index).locator(".room-event")
        expect(events.last).to_contain_text("quem entra lê as últimas 50")
        assert len(events.all_text_contents()) == 3
    notebook.run(1)  # a célula de novo: o painel antigo se fecha, a sala continua
    expect(views.nth(1)).to_contain_text("Este painel foi fechado")
    expect(views.nth(1).get_by_role("button", name="Encerrar")).to_be_disabled()
    expect(row_of(views.nth(0), "Ana")).to_be_visible()
    notebook.restart_kernel()
    for index in (0, 1):
        expect(views.nth(index)).to_contain_text("O kernel parou ou foi reiniciado")
        for gone in (".room-address", ".room-counters", ".room-controls", ".room-people"):
            expect(views.nth(index).locator(gone)).to_be_hidden()
        expect(views.nth(index).get_by_role("button", name="Encerrar")).to_have_count(0)
    expect(views.nth(1).get_by_role("log")).to_contain_text(
        "quem entra lê as últimas 50"
    )  # o do painel antigo
    notebook.run(0)
    notebook.run(1)
    expect(views.nth(0)).to_contain_text("Ninguém entrou ainda")


def test_kernel_gone_with_nothing_to_read(open_notebook):
    """Sem kernel e sem nada no registro, o painel é só o cabeçalho e a explicação."""
    notebook = open_notebook(PANEL)
    room = room_of(notebook)
    expect(room.locator(".room-body")).to_be_visible()
    notebook.shut_kernel_down()
    expect(room).to_contain_text("O kernel parou ou foi reiniciado")
    expect(room.locator(".room-body")).to_be_hidden()


def test_measures_stop_with_the_tab(open_notebook):
    """Fechada a aba do notebook com as medidas abertas, em pouco tempo ninguém mais observa os envios."""
    watch = """import threading, time
from pathlib import Path
def watch():
    while True:
        Path("observadores").write_text(f"{len(server.room.taps.all)} observam")
        time.sleep(0.1)
threading.Thread(target=watch, daemon=True).start()"""
    notebook = open_notebook(PANEL, watch)
    press(room_of(notebook), "Medidas")

    def expect_note(text):
        deadline = time.monotonic() + PATIENCE
        while (notebook.path.parent / "observadores").read_text() != text:
            assert time.monotonic() < deadline, f"não se chegou a {text}"
            notebook.page.wait_for_timeout(100)

    expect_note("1 observam")
    notebook.save()
    notebook.command("application:close", wait=False)
    expect(notebook.page.locator(".jp-Notebook")).to_have_count(0)
    expect_note("0 observam")
    notebook.command("docmanager:open", path=notebook.path.name)
    notebook.wait_idle()


def test_saved_notebook(open_notebook):
    """Reaberto sem a sala, o painel diz o que é: não há zeros, nem botões que nada fazem; e ocupa pouco."""
    notebook = open_notebook(PANEL, "people = join('Ana', 'Bia')")
    room = room_of(notebook)
    expect(row_of(room, "Bia")).to_be_visible()
    press(room, "Medidas")
    expect(room.locator(".room-measures")).to_be_visible()
    assert len(json.dumps(notebook.save())) < 60_000
    notebook.restart_kernel()
    notebook.load()
    expect(room.get_by_role("status").first).to_have_text("sem resposta")
    expect(room.get_by_role("alert")).to_contain_text("rode de novo a célula deste painel")
    assert room.get_by_role("button").all_text_contents() == ["A−", "A+"]
    for name in ("top", "measures", "controls", "body"):
        expect(room.locator(f".room-{name}")).to_be_hidden()
    notebook.run(0)
    notebook.run(1)
    expect(room.locator(".room-counters")).to_contain_text("na sala0")


MANY = """names = [f"P{i:03d}" for i in range(300, 0, -1)] + ["João"]
people = join(*names)"""
WATCH = """body => {
    window.touched = new Set();
    const rowOf = (node) => (node.closest ? node : node.parentNode).closest("tr, tbody");
    const note = ({ target }) => touched.add(rowOf(target).textContent.slice(0, 4));
    new MutationObserver((changes) => changes.forEach(note))
        .observe(body, { childList: true, characterData: true, attributes: true, subtree: true });
}"""


def test_three_hundred_people(open_notebook):
    """Todos na lista, que se filtra sem acento e se ordena; uma mensagem só mexe na linha de quem falou."""
    notebook = open_notebook(PANEL, MANY, "people[0].write('oi')")
    room = room_of(notebook)
    names = room.get_by_role("rowheader")
    expect(names).to_have_count(301)
    expect(names.first).to_have_text("P300")
    press(room, "Em ordem alfabética")
    expect(names.first).to_have_text("João")
    assert names.all_text_contents() == ["João", *(f"P{i:03d}" for i in range(1, 301))]
    room.get_by_role("searchbox", name="Filtrar por apelido").fill("joao")
    expect(names).to_have_text(["João"])
    expect(room.locator(".room-people output")).to_have_text("1 de 301")
    room.get_by_role("searchbox").fill("ninguém")
    expect(room.locator(".room-people")).to_contain_text("Ninguém com esse apelido")
    room.get_by_role("searchbox").fill("")
    expect(names).to_have_count(301)
    room.locator("tbody").evaluate(WATCH)
    notebook.run(3)
    expect(row_of(room, "P300").get_by_role("cell").nth(1)).to_have_text("2")
    assert notebook.page.evaluate("[...touched]") == ["P300"]


def test_one_and_many(open_notebook):
    """Um é singular; vários, plural; o que se conta e o que se diz concordam."""
    notebook = open_notebook(
        PANEL, "ana, = join('Ana')\nana.write('oi')", "server.room.rate, server.room.history = 1, 1"
    )
    room = room_of(notebook)
    expect(room.locator(".room-counters")).to_have_text("na sala1pico1entrada1saídas0mensagem1recusas0")
    expect(room.locator(".room-rules")).to_have_text("até 1 mensagem/s por pessoa; quem entra lê a última")
    log = room.get_by_role("log")
    expect(log).to_contain_text("cada pessoa manda até 1 mensagem por segundo")
    expect(log).to_contain_text("quem entra lê a última mensagem")
    expect(room.locator(".room-chart").first).to_contain_text(
        "mensagens por segundo; no último minuto, até 1"
    )


OLD = """import time
from chatlib import Event
ana, = join('Ana')
server.room.members[0].since -= 86400
panel = ServerPanel(server)
panel.dashboard._log.append((time.time() - 86400, Event('room', text='de ontem')))
panel.dashboard._total += 1
server.room.history = 3
panel"""


def test_days(open_notebook):
    """Entre um dia e outro, o registro diz a data; quem está desde ontem também a tem."""
    notebook = open_notebook(OLD)
    room = room_of(notebook)
    log = room.get_by_role("log")
    expect(log.get_by_role("heading")).to_have_count(2)
    words = "day => new Date(Date.now() - 864e5 * day).toLocaleDateString('pt-BR', { dateStyle: 'full' })"
    yesterday, today = (notebook.page.evaluate(words, day) for day in (1, 0))
    assert re.fullmatch(
        rf"{yesterday}\S+ de ontem{today}\S+ quem entra lê as últimas 3 mensagens",
        log.inner_text().replace("\n", ""),
    )
    expect(row_of(room, "Ana").get_by_role("cell").first).to_have_text(re.compile(r"\d\d/\d\d,? \d\d:\d\d"))


def test_measures(open_notebook):
    """As medidas abrem a pedido, com eixos, unidades e palavras; fechadas, ninguém observa os envios."""
    talk = "ana, = join('Ana')\nfor i in range(20): ana.write(f'oi {i}'); ana.wait_for(f'oi {i}')"
    notebook = open_notebook(PANEL, "len(server.room.taps.all)", talk)
    room = room_of(notebook)
    output = notebook.cell(2).locator(".jp-OutputArea-output")
    expect(output).to_have_text("0")
    expect(room.locator(".room-measures")).to_be_hidden()
    press(room, "Medidas")
    expect(room.get_by_role("button", name="Medidas")).to_have_attribute("aria-expanded", "true")
    charts = room.get_by_role("region", name="Medidas").get_by_role("figure")
    expect(charts.locator("strong")).to_have_text(
        [
            "Mensagens por segundo",
            "Pessoas na sala",
            "Bytes à espera de quem não leu",
            "Demora da entrega, em milissegundos",
        ]
    )
    notebook.run(2)
    expect(output).to_have_text("1")
    notebook.run(3)
    expect(charts.nth(1)).to_contain_text("1 pessoa agora; no último minuto, até 1")
    expect(charts.nth(2)).to_contain_text("0 bytes agora; no último minuto, até 0")
    expect(charts.nth(3)).to_contain_text(
        re.compile(r"mediana: [\d,]+ ms agora há pouco.*a maior: [\d,]+ ms")
    )
    expect(charts.nth(0).locator(".room-bars")).to_have_attribute("d", re.compile("M.*V"))
    for line in charts.nth(3).locator(".room-plot .room-first, .room-plot .room-second").all():
        expect(line).to_have_attribute("d", re.compile(r"M[\d.]+ [\d.]+h0"))
    assert charts.nth(1).locator(".room-scale span").all_text_contents() == ["4", "2", "0"]
    notebook.reload()  # as medidas continuam abertas: quem mede é o kernel
    expect(charts).to_have_count(4)
    press(room, "Medidas")
    expect(room.locator(".room-measures")).to_be_hidden()
    expect(room.locator(".room-numbers .room-chart")).to_be_visible()
    notebook.run(2)
    expect(output).to_have_text("0")


def test_accessible(open_notebook):
    """O axe-core não acha nada a corrigir, claro ou escuro, com um erro e uma pergunta à vista, ou parada."""
    notebook = open_notebook("panel = ServerPanel(server)\npanel", "ana, bia = join('Ana', 'Bia')")
    room = room_of(notebook)
    expect(row_of(room, "Bia")).to_be_visible()
    press(room, "Medidas")
    expect(room.get_by_role("region", name="Medidas")).to_contain_text("2 pessoas agora")
    press(room, "Avisar")
    expect(room.get_by_role("alert")).to_contain_text("O aviso está vazio")
    press(room, "Porta fechada")
    for theme, apelido in (("JupyterLab Light", "Ana"), ("JupyterLab Dark", "Bia")):
        notebook.set_theme(theme)
        row_of(room, apelido).get_by_role("button").click()
        room.evaluate("room => room.scrollIntoView({ block: 'center' })")
        notebook.picture(f"sala, {theme}")
        assert problems(notebook) == []
    press(room, "Encerrar")
    press(room, "Encerrar com 2 na sala?")
    expect(room.get_by_role("button", name="Iniciar")).to_be_visible()
    for theme in ("JupyterLab Dark High Contrast", "JupyterLab Light"):
        notebook.set_theme(theme)
        assert problems(notebook) == []


def problems(notebook: Notebook) -> list[str]:
    """O que o axe-core acha errado no painel."""
    results = Axe().run(notebook.page, ".chatlib-room").response
    return [
        f"{rule['id']}: {node['html']} {node['failureSummary']}"
        for rule in results["violations"]
        for node in rule["nodes"]
    ]


STYLES = """() => {
    const sheets = [...document.querySelectorAll("style")].filter(({ textContent }) =>
        textContent.includes(".chatlib-header"));
    const read = () => [...document.querySelectorAll(".chatlib, .chatlib *")].flatMap((node) =>
        ["", "::before", "::after"].map((part) => {
            const style = getComputedStyle(node, part);
            const values = [...style].map((name) => `${name}: ${style.getPropertyValue(name)}`);
            return [node.className, part, ...values];
        }));
    const before = read();
    document.head.append(...sheets.reverse());
    const after = read();
    return [sheets.length, before.flatMap((style, i) => style.some((value, j) => value !== after[i][j])
        ? [[style[0] + style[1], ...style.filter((value, j) => value !== after[i][j])]] : [])];
}"""


def test_style_sheets_in_any_order(open_notebook):
    """Cada painel traz a sua cópia de base.css: em que ordem elas entram na página não muda nada à vista."""
    notebook = open_notebook(PANEL, "from chatlib import ChatPanel\nChatPanel(server, 'Ana')")
    room = room_of(notebook)
    remove = row_of(room, "Ana").get_by_role("button")
    notebook.set_theme("JupyterLab Dark")
    press(room, "Modo turma")
    expect(room.get_by_role("button", name="Modo turma")).to_have_attribute("aria-pressed", "true")
    room.locator(".room-zoom").click()
    remove.click()
    expect(remove).to_have_text("Tirar mesmo?")
    expect(room.locator(".room-zoom")).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(remove).to_have_css("border-top-width", "2px")
    assert notebook.page.evaluate(STYLES) == [2, []]
    remove.press("Escape")
    press(room, "Encerrar")
    press(room, "Encerrar com 1 na sala?")
    room.locator(".room-controls .room-toggle").first.hover()
    expect(room.get_by_role("button", name="Iniciar")).to_be_visible()
    assert notebook.page.evaluate(STYLES) == [2, []]
    notebook.set_theme("JupyterLab Light")


def test_two_clicks_guard_the_room(open_notebook):
    """Aberta à rede, a sala diz o risco; dois cliques a guardam; a senha se esconde e não se salva."""
    notebook = open_notebook(
        "guardada = ServerPanel(host='0.0.0.0', port=0)\nguardada", "guardada.server.address"
    )
    room = room_of(notebook)
    expect(room).to_contain_text("Qualquer um nesta rede entra")
    press(room, "Exigir senha")
    password = room.locator(".room-password")
    expect(password).to_have_text(re.compile(r"^[a-z2-9]{4}-[a-z2-9]{4}$"))
    secret = password.inner_text()
    expect(room).to_contain_text("A senha e a conversa passam em claro")
    press(room, "Cifrar (TLS)")
    expect(room.locator(".room-digits")).to_have_text(re.compile(r"^([0-9A-F]{2}:){31}[0-9A-F]{2}$"))
    expect(room.locator(".room-risk")).to_be_hidden()
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        notebook.set_theme(theme)
        found = Axe().run(notebook.page, context=".chatlib-room").response
        assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found["violations"]] == []
        notebook.picture(f"sala-guardada-{theme.split()[1].lower()}")

    before = room.locator(".room-qr path").get_attribute("d")
    press(room, "Senha no QR")
    expect(room.locator(".room-qr path")).not_to_have_attribute("d", before)
    press(room, "Senha no QR")
    expect(room.locator(".room-qr path")).to_have_attribute("d", before)
    press(room, "Esconder a senha")
    expect(password).to_have_text("••••-••••")
    press(room, "Mostrar a senha")
    expect(password).to_have_text(secret)
    assert secret not in json.dumps(notebook.save())
