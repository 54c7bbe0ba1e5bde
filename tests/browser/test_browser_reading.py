"""Ler no painel: linhas, grupos, código, quem está, o que chegou sem ser visto."""

import re

from chat_page import ONE, PANELS, box_of, say
from lab_browser import expect

# Um só JupyterLab e um só navegador, mesmo com os testes repartidos por vários processos.


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
