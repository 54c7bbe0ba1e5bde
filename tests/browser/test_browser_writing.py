"""Escrever no painel: as teclas, o que se completa, o que se desfaz."""

import re

from chat_page import PANELS, box_of, expect_end, expect_state, say
from lab_browser import expect

# Um só JupyterLab e um só navegador, mesmo com os testes repartidos por vários processos.


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
    box.fill("oi, @b")
    expect(hint).to_have_text("Tab: Bruno")  # sem apertar nada
    box.fill("e-mail: ana@b")
    expect(hint).to_be_hidden()
    box.fill("/a")
    expect(hint).to_have_text("Tab: /ajuda, /apelido")
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


def test_undo(notebook):
    """Ctrl+Z desfaz o que Tab, ↑ e um clique num nome fizeram; ↓ devolve o rascunho, e a edição fica."""
    page = notebook(PANELS)
    ana = page.panel("Ana")
    box = box_of(ana)
    say(ana, "primeira")
    box.press_sequentially("oi, br")
    box.press("Tab")
    expect(box).to_have_value("oi, Bruno ")
    box.press("Control+z")
    expect(box).to_have_value("oi, br")

    box.press("ArrowUp")
    expect(box).to_have_value("primeira")
    box.press("Control+z")
    expect(box).to_have_value("oi, br")
    box.press("ArrowUp")
    box.press_sequentially(" vez")
    box.press("ArrowDown")
    expect(box).to_have_value("oi, br")
    box.press("ArrowUp")
    expect(box).to_have_value("primeira vez")
    box.press("Enter")
    expect_end(page.panel("Bruno"), "Ana: primeira", "Ana: primeira vez")
    expect(box).to_have_value("oi, br")  # mandado o que ↑ trouxe, o rascunho volta

    ana.get_by_role("button", name="Bruno").click()
    expect(box).to_have_value("/msg Bruno oi, br")
    box.press("Control+z")
    expect(box).to_have_value("oi, br")


def test_accents(notebook):
    """Com João na sala, joa + Tab, /msg joao e @joao o acham; se há também Joao, cada nome é de um só."""
    talk = 'joao = ChatPanel(server, "João")\ndisplay(joao)'
    page = notebook(PANELS, talk, 'other = Client("Joao", *server.address)', run=2)
    ana, joao = page.panel("Ana"), page.panel("João")
    box = box_of(ana)
    expect(ana.locator(".chatlib-names")).to_contain_text("João")
    for start in ("joa", "oi, @JOA", "/msg joa"):
        box.fill(start)
        box.press("Tab")
        expect(box).to_have_value(re.sub("joa", "João ", start, flags=re.IGNORECASE))
    say(ana, "/msg joao psiu")
    expect(joao.locator(".chatlib-private")).to_have_text(["Ana (particular): psiu"])
    say(ana, "e aí, @joao?")
    expect(joao.locator(".chatlib-mention")).to_have_text(["Ana: e aí, @joao?"])

    page.run(3)
    expect(ana.locator(".chatlib-names")).to_contain_text("Joao")
    say(ana, "agora é com @joao, @João")
    say(ana, "só com @joao")
    say(ana, "/msg joao segredo")
    expect(ana.locator(".chatlib-private")).to_have_count(2)
    expect(joao.locator(".chatlib-line").last).to_have_text("Ana: só com @joao")
    expect(joao.locator(".chatlib-mention")).to_have_count(2)
    expect(joao.locator(".chatlib-private")).to_have_count(1)


def test_input_method(notebook):
    """No Safari, o Enter que aceita a palavra do método de entrada vem como tecla 229, já sem isComposing."""
    page = notebook(PANELS)
    ana = page.panel("Ana")
    expect_state(ana, "conectado")
    box_of(ana).fill("にほんご")
    box_of(ana).evaluate(
        """box => box.dispatchEvent(new KeyboardEvent("keydown", {
            key: "Enter", code: "Enter", keyCode: 229, bubbles: true, cancelable: true }))"""
    )
    expect(box_of(ana)).to_have_value("にほんご")
    box_of(ana).press("Enter")
    expect(box_of(ana)).to_have_value("")
    expect(ana.locator(".chatlib-mine")).to_have_text(["Ana: にほんご"])


def test_after_the_button(notebook):
    """Depois de clicar em Enviar, continua-se a escrever; e Ctrl+S na caixa salva o notebook."""
    page = notebook(PANELS)
    ana = page.panel("Ana")
    expect_state(ana, "conectado")
    box_of(ana).fill("oi")
    ana.get_by_role("button", name="Enviar").click()
    expect(box_of(ana)).to_be_focused()
    page.page.keyboard.type("de novo")
    expect(box_of(ana)).to_have_value("de novo")

    dirty = "jupyterapp.shell.currentWidget.context.model.dirty"
    page.page.evaluate(f"{dirty} = true")
    page.page.keyboard.press("Control+s")
    page.page.wait_for_function(f"!{dirty}")
    expect(box_of(ana)).to_have_value("de novo")
    expect(box_of(ana)).to_be_focused()


def test_a_full_room(notebook):
    """Com trezentas pessoas, Tab mostra poucos nomes e quantos faltam; a lista tem todos, e se filtra."""
    crowd = """names = [f"{name}{i}" for i in range(100) for name in ("Zeca", "Élcio", "Caio")]
crowd = [Client(name, *server.address) for name in names]
crowd[-1].wait_for("Caio99 entrou!")"""
    page = notebook(PANELS, crowd, run=2)
    ana = page.panel("Ana")
    box, names = box_of(ana), ana.locator(".chatlib-names li")
    expect(ana.locator(".chatlib-count")).to_have_text("302 na sala")
    expect(names).to_have_count(302)
    shown = names.all_text_contents()
    assert shown[:3] == ["Ana", "Bruno", "Caio0"] and shown[102:104] == ["Élcio0", "Élcio1"]
    assert shown.index("Caio9") < shown.index("Caio10") and shown[-1] == "Zeca99"

    box.fill("/msg ")
    box.press("Tab")
    hint = ana.locator(".chatlib-hint")
    expect(hint).to_have_text(re.compile(r"^Tab: (\S+, ){5}\S+ e mais 295$"))
    assert len(hint.inner_text()) < 120

    find = ana.get_by_role("searchbox", name="Procurar quem está na sala")
    find.fill("elcio1")
    expect(ana.locator(".chatlib-count")).to_have_text("11 de 302 na sala")
    expect(names.filter(visible=True)).to_have_text(["Élcio1", *(f"Élcio1{i}" for i in range(10))])
    find.press("Enter")
    expect(box).to_have_value("/msg Élcio1 ")
    expect(box).to_be_focused()
    expect(names.filter(visible=True)).to_have_count(302)


def test_how_many_lines(notebook):
    """As contas se escrevem como em português; e nem um texto enorme trava a caixa."""
    ana = notebook(PANELS).panel("Ana")
    expect_state(ana, "conectado")
    for count in (20_000, 200_000):
        box_of(ana).evaluate(  # uma colagem; fill digitaria linha por linha
            "(box, count) => { box.value = 'x\\n'.repeat(count); box.dispatchEvent(new Event('input')) }",
            count,
        )
        expect(ana.locator(".chatlib-hint")).to_contain_text(f"São {count:,} linhas".replace(",", "."))


def paste(panel, text):
    """Cola o texto na caixa, como se o tivessem copiado de outro programa."""
    panel.page.evaluate("text => navigator.clipboard.writeText(text)", text)
    box_of(panel).click()
    panel.page.keyboard.press("Control+v")


def test_huge_paste(notebook):
    """Vinte mil linhas coladas: a caixa pergunta antes de mandar, guarda o texto, e quem desiste o apaga."""
    page = notebook(PANELS)
    ana = page.panel("Ana")
    box, hint = box_of(ana), ana.locator(".chatlib-hint")
    expect_state(ana, "conectado")
    text = "\n".join(f"linha {i}" for i in range(20_000))
    paste(ana, text)
    expect(hint).to_contain_text("São 20.000 linhas")
    box.press("Enter")
    expect(hint).to_have_text("São 20.000 linhas. Enter de novo manda todas, uma a uma.")
    assert box.input_value() == text
    box.press("End")
    box.press("!")
    box.press("Enter")  # o texto é outro: pergunta-se de novo
    expect(hint).to_have_text("São 20.000 linhas. Enter de novo manda todas, uma a uma.")
    box.press("Control+a")
    box.press("Delete")
    expect(hint).to_be_hidden()
    expect(ana.locator(".chatlib-mine")).to_have_count(0)
    say(ana, "desisti")
    expect_end(page.panel("Bruno"), "Ana: desisti")


def test_refused_command_comes_back(notebook):
    """O comando que o servidor não conhece volta à caixa, se não se começou a escrever outra coisa."""
    page = notebook(PANELS)
    ana = page.panel("Ana")
    box = box_of(ana)
    for line in ("/fooo bar", "/msg Zeca segredo"):
        say(ana, line)
        expect(box).to_have_value(line)
        expect(box).to_be_focused()
        box.press("Control+a")
        box.press("Delete")
    refused = ana.locator(".chatlib-notice", has_text="não conheço /outro")
    box.fill("/outro")
    box.press("Enter")
    box.press_sequentially("agora isto")
    expect(refused).to_have_count(1)
    expect(box).to_have_value("agora isto")
    expect(page.panel("Bruno").locator(".chatlib-other")).to_have_count(0)


def test_pasted_slashes_arrive_as_written(notebook):
    """Barras, recuo e barras invertidas: o que se cola é o que os outros leem, e o que o botão copia."""
    code = "def rota():\n    /x\n    //y\n\t/quem\n    /msg\n  \\\\sair\n\n\n//z = 1;\n    return 1"
    page = notebook(PANELS)
    ana, bruno = page.panel("Ana"), page.panel("Bruno")
    expect_state(ana, "conectado")
    paste(ana, code)
    box_of(ana).press("Enter")
    block = bruno.locator(".chatlib-code")
    expect(block.locator(".chatlib-text")).to_have_text(code.split("\n"))
    block.get_by_role("button", name="Copiar o código").click()
    expect(block.get_by_role("button")).to_have_attribute("data-label", "Copiado")
    assert page.page.evaluate("navigator.clipboard.readText()") == code
    say(ana, "/msg Bruno if x:\n    /quem\n    return x")
    expect(bruno.locator(".chatlib-private .chatlib-text").last).to_have_text("return x")
    assert bruno.locator(".chatlib-private .chatlib-text").all_text_contents() == [
        "if x:",
        "    /quem",
        "    return x",
    ]
