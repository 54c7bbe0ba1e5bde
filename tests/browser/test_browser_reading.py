"""Ler no painel: linhas, grupos, código, quem está, o que chegou sem ser visto."""

import re

import pytest
from chat_page import ONE, PANELS, box_of, expect_end, say
from lab_browser import expect

from chatlib import Client

# Um só JupyterLab e um só navegador, mesmo com os testes repartidos por vários processos.

PORT = "print('porta', server.address[1])"
CODE = """def receive(client):
    while True:
        message = client.recv(1024)
        print(message)"""
# As cores de um nome e do que está atrás dele, e a razão de contraste entre elas (WCAG 2.2, 1.4.3).
CONTRAST = """name => {
    const pen = new OffscreenCanvas(1, 1).getContext("2d");
    const channels = (color) => {
        pen.clearRect(0, 0, 1, 1);
        pen.fillStyle = color;
        pen.fillRect(0, 0, 1, 1);
        return [...pen.getImageData(0, 0, 1, 1).data];
    };
    const light = (color) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
        const part = color[i] / 255;
        return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    }, 0);
    let back = name;
    while (!channels(getComputedStyle(back).backgroundColor)[3]) back = back.parentElement;
    const pair = [[name, "color"], [back, "backgroundColor"]]
        .map(([node, property]) => channels(getComputedStyle(node)[property]));
    const [low, high] = pair.map(light).sort((a, b) => a - b);
    return [(high + 0.05) / (low + 0.05), pair[0].slice(0, 3)];
}"""


def guest(page, index, apelido="Eva"):
    """Alguém que entra de fora do notebook, no servidor cuja porta a célula ``index`` mostra."""
    port = re.search(r"porta (\d+)", page.cell(index).inner_text())[1]
    return Client(apelido, "127.0.0.1", int(port), timeout=20)


def go_away(page):
    """Abre outra aba do JupyterLab por cima do notebook; devolve como voltar."""
    name = page.page.evaluate("jupyterapp.shell.currentWidget.id")
    page.command("launcher:create")
    expect(page.page.locator(".jp-Notebook")).to_be_hidden()
    return lambda: page.page.evaluate("name => jupyterapp.shell.activateById(name)", name)


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
    expect(names).to_have_text(["Ana", "Davi", "Eva"])
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


def test_what_arrives_while_hidden(notebook):
    """Lia mais acima e foi a outra aba: o título diz que chamaram, e na volta o botão conta o que chegou."""
    page = notebook(PANELS, PORT, run=2)
    ana, bruno, tab = page.panel("Ana"), page.panel("Bruno"), page.page
    with guest(page, 2) as eva:
        eva.write("\n".join(f"linha {i}" for i in range(60)))
        expect_end(ana, "Eva: linha 59")
        log = ana.get_by_role("log")
        log.evaluate("log => log.scrollTop = -400")
        reading = ana.locator(".chatlib-line", has_text="linha 45")
        place = """line => line.getBoundingClientRect().top
            - line.closest(".chatlib-log").getBoundingClientRect().top"""
        before = reading.evaluate(place)

        come_back = go_away(page)
        title = tab.title()
        eva.write("\n".join(f"oi, Ana {i}" for i in range(5)) + "\noi, Bruno")
        eva.wait_for("oi, Bruno")
        tab.wait_for_function("title => document.title === `(@) ${title}`", arg=title)
        come_back()
        expect(ana.locator(".chatlib-jump")).to_have_text("@ 6 novas mensagens ↓")
        assert abs(reading.evaluate(place) - before) < 3, "o texto andou"
        expect(bruno.locator(".chatlib-jump")).to_be_hidden()  # estava no fim, e as seis cabem
        expect(bruno.locator(".chatlib-line").last).to_be_in_viewport()
        assert tab.title().startswith("(@) ")  # Ana ainda não leu
        ana.locator(".chatlib-jump").click()
        tab.wait_for_function("!document.title.startsWith('(@)')")

        # Quem estava no fim e perdeu mais do que cabe começa pelo que perdeu.
        come_back = go_away(page)
        eva.write("Bruno, veja\n" + "\n".join(f"depois {i}" for i in range(60)))
        eva.wait_for("depois 59")
        hidden = tab.locator("[aria-label='Chat de Bruno'] .chatlib-line")
        expect(hidden.last).to_have_text("Eva: depois 59")
        come_back()
        expect(bruno.locator(".chatlib-jump")).to_have_text("@ 61 novas mensagens ↓")
        expect(bruno.locator(".chatlib-line", has_text="Bruno, veja")).to_be_in_viewport()
        bruno.locator(".chatlib-jump").click()
        tab.wait_for_function("!document.title.startsWith('(@)')")


def test_groups_and_announcements(notebook):
    """As linhas seguidas de uma pessoa são um grupo, com um nome só; o aviso de quem cuida é uma faixa."""
    talk = """eva, davi = Client("Eva", *server.address), Client("Davi", *server.address)
eva.write("oi\\ntudo bem?\\nalguém aí?")
davi.wait_for("alguém")
davi.write("eu")
eva.wait_for("Davi: eu")
server.room.announce("a prova é na sexta")
eva.wait_for("sexta")
eva.write("/quem\\nobrigada")
eva.wait_for("obrigada")"""
    page = notebook(ONE, talk, run=2)
    ana = page.panel("Ana")
    expect_end(
        ana,
        "Eva: oi",
        "Eva: tudo bem?",
        "Eva: alguém aí?",
        "Davi: eu",
        "Aviso: a prova é na sexta",
        "Eva: obrigada",
    )
    seen = ana.locator(".chatlib-who").evaluate_all(
        "names => names.filter(name => name.getBoundingClientRect().width > 1).map(name => name.innerText)"
    )
    assert [name.strip() for name in seen] == ["Eva:", "Davi:", "Aviso:", "Eva:"]
    banner = ana.locator(".chatlib-announcement")
    expect(banner).to_have_count(1)
    notice = ana.locator(".chatlib-notice:not(.chatlib-announcement)").first
    assert banner.bounding_box()["width"] > notice.bounding_box()["width"]
    expect(banner).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")

    page.page.emulate_media(forced_colors="active")
    expect(ana.locator(".chatlib-other").first).to_have_css("border-top-width", "1px")
    expect(notice).to_have_css("border-top-width", "0px")
    page.page.emulate_media(forced_colors="none")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_colors(notebook, theme):
    """Trinta pessoas: cada nome se lê sobre o fundo (4,5 para 1), e quem chega perto não tem a mesma cor."""
    names = [
        "Ana",
        "Bruno",
        "Carla",
        "Davi",
        "Eva",
        "Fábio",
        "Gil",
        "Helena",
        *(f"Zeca{i}" for i in range(22)),
    ]
    crowd = f"""crowd = [Client(name, *server.address) for name in {names[1:]!r}]
for one in crowd: one.write("oi, gente"); one.wait_for(f"{{one.apelido}}: oi")
ana.conversation.write("e eu")
crowd[0].wait_for("e eu")"""
    page = notebook(ONE, crowd, run=2)
    ana = page.panel("Ana")
    page.set_theme(theme)
    expect(ana.locator(".chatlib-author")).to_have_count(30)
    places = ana.locator(".chatlib-author, .chatlib-name").all()
    found = [(place.inner_text(), *place.evaluate(CONTRAST)) for place in places]
    assert len(found) == 60 and min(ratio for _, ratio, _ in found) >= 4.5
    colors = [next(color for name, _, color in found if name == wanted) for wanted in names[:8]]
    apart = [
        sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5
        for a in colors
        for b in colors
        if a is not b
    ]
    assert min(apart) > 40


def test_days(notebook):
    """Onde o dia muda, o dia; e o que é de hoje não precisa dele."""
    yesterday = """import time, types
from chatlib.panels.chat import conversation
clock = types.SimpleNamespace(time=lambda: time.time() - 86_400, monotonic=time.monotonic)
conversation.time, real = clock, conversation.time
eva = Client("Eva", *server.address)
eva.write("de ontem")
while "Eva: de ontem" not in ana.messages: time.sleep(0.01)
conversation.time = real
eva.write("de hoje")"""
    page = notebook(ONE, yesterday, run=2)
    ana = page.panel("Ana")
    expect_end(ana, "Eva: de ontem", "Eva: de hoje")
    days = ana.locator(".chatlib-group").evaluate_all(
        "groups => groups.map(group => group.dataset.day ?? '')"
    )
    assert [bool(day) for day in days] == [False, True, False, True]
    assert re.fullmatch(r"[a-zç-]+, \d+ de [a-zç]+( de \d{4})?", days[1]) and days[1] != days[3]


def test_long_message(notebook):
    """Uma palavra de 4 KiB não enche o painel: *ver mais* mostra o resto, e *ver menos* o recolhe."""
    page = notebook(PANELS)
    ana, bruno = page.panel("Ana"), page.panel("Bruno")
    say(ana, "g" * 4096)
    line = bruno.locator(".chatlib-long")
    expect(line).to_have_text("Ana: " + "g" * 4096)
    short = line.bounding_box()["height"]
    assert short < bruno.get_by_role("log").bounding_box()["height"] * 0.7
    bruno.get_by_role("button", name="Ver mais").click()
    assert line.bounding_box()["height"] > 2 * short
    bruno.get_by_role("button", name="Ver menos").click()
    assert line.bounding_box()["height"] == short


def test_pasted_code(notebook):
    """Código colado é um bloco só, que se copia sem os nomes; três frases seguidas não são código."""
    page = notebook(PANELS)
    ana, bruno = page.panel("Ana"), page.panel("Bruno")
    say(ana, "olhem o meu:\n" + CODE)
    block = bruno.locator(".chatlib-code")
    expect(block.locator(".chatlib-text")).to_have_text(CODE.split("\n"))
    expect(block.locator(".chatlib-line").first).to_have_css("font-family", re.compile("mono", re.IGNORECASE))
    left = block.locator(".chatlib-text").evaluate_all(
        "rows => rows.map(row => { const range = document.createRange(); range.selectNodeContents(row);"
        " return Math.round(range.getBoundingClientRect().left) })"
    )
    assert len(set(left)) == 1, "a primeira linha não se alinha com as outras"
    block.get_by_role("button", name="Copiar o código").click()
    expect(block.get_by_role("button")).to_have_attribute("data-label", "Copiado")
    assert page.page.evaluate("navigator.clipboard.readText()") == CODE
    page.page.wait_for_timeout(1100)  # o que vem depois de um momento já não foi colado junto
    say(ana, "x = 2")
    expect(bruno.locator(".chatlib-line").last).to_have_text("Ana: x = 2")
    expect(block.locator(".chatlib-text")).to_have_count(4)
    say(bruno, "não sei\nacho que falta algo (veja o exercício)\nmas funciona")
    expect(ana.locator(".chatlib-line").last).to_have_text("Bruno: mas funciona")
    expect(ana.locator(".chatlib-code")).to_have_count(1)


def test_links(notebook):
    """Só http e https se clicam, em outra aba e sem contar de onde se veio; o resto é texto."""
    text = (
        "veja (https://pt.wikipedia.org/wiki/Soquete_(rede)). e http://a.invalid/x?y=1&z=<b>, "
        "javascript:alert(1) data:text/html,x ftp://a.invalid https://banco@b.invalid HTTPS://C.invalid/É!"
    )
    page = notebook(PANELS)
    say(page.panel("Ana"), text)
    line = page.panel("Bruno").locator(".chatlib-line").last
    expect(line).to_have_text(f"Ana: {text}")
    links = line.locator("a")
    assert links.evaluate_all("links => links.map(link => link.getAttribute('href'))") == [
        "https://pt.wikipedia.org/wiki/Soquete_(rede)",
        "http://a.invalid/x?y=1&z=",
        "HTTPS://C.invalid/É",
    ]
    for link in links.all():
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        expect(link).to_have_attribute("target", "_blank")


def test_copying_the_talk(notebook):
    """Copiar leva a conversa inteira, menos o particular; Ctrl+A seleciona a conversa, e não a página."""
    flood = """eva = Client("Eva", *server.address, timeout=60)
eva.write("\\n".join(f"linha {i}" for i in range(1500)))
eva.wait_for("linha 1499")
eva.write("/msg Ana segredo\\nfim")"""
    page = notebook(ONE, flood, run=2)
    ana = page.panel("Ana")
    expect(ana.locator(".chatlib-line").last).to_have_text("Eva: fim")
    button = ana.get_by_role("button", name="Copiar a conversa")
    button.click()
    expect(button).to_have_text("Copiado")
    copied = page.page.evaluate("navigator.clipboard.readText()").splitlines()
    assert re.fullmatch(r"\d+ de [a-zç]+ de \d{4}", copied[0])
    assert re.fullmatch(r"\d\d:\d\d Ana entrou!", copied[1])
    said = [line[6:] for line in copied if "Eva: " in line]
    assert said == [*(f"Eva: linha {i}" for i in range(1500)), "Eva: fim"]

    for place in (ana.get_by_role("log"), ana.locator(".chatlib-header")):
        place.click(position={"x": 3, "y": 3})
        page.page.keyboard.press("Control+a")
        page.page.keyboard.press("Control+c")
        copied = page.page.evaluate("navigator.clipboard.readText()").splitlines()
        assert [line for line in copied if line] == ana.locator(".chatlib-line").all_text_contents()
        page.page.evaluate("getSelection().removeAllRanges()")
