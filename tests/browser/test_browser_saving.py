"""O que fica do painel: no arquivo salvo, na fila de quem espera e nas células que se apagam."""

import json
import re

import pytest
from lab_browser import expect

SERVER = """from IPython.display import display
from ipywidgets import HBox
from chatlib import ChatPanel, Client, Server
server = Server(port=0).start()"""
ONE = """ana = ChatPanel(server, "Ana")
ana"""
PAIR = """ana, bruno = ChatPanel(server, "Ana"), ChatPanel(server, "Bruno")
HBox([ana, bruno])"""
DIRTY = "jupyterapp.shell.currentWidget.context.model.dirty"

# Um só JupyterLab e um só navegador, mesmo com os testes repartidos por vários processos.


@pytest.fixture
def notebook(open_notebook):
    """``notebook(células)``: um notebook com um servidor no ar e essas células, a primeira já rodada."""

    def create(*cells, run=1, **options):
        opened = open_notebook(SERVER, *cells, **options)
        for index in range(run + 1):
            opened.run(index)
        return opened

    return create


def box_of(panel):
    """A caixa de escrever."""
    return panel.get_by_role("textbox", name="Mensagem")


def say(panel, text):
    """Escreve no painel, que está na sala, e aperta Enter."""
    expect(panel.locator(".chatlib-state")).to_have_text("conectado")
    box_of(panel).fill(text)
    box_of(panel).press("Enter")


def expect_end(panel, *texts):
    """As últimas linhas do painel são estas."""
    lines = panel.locator(".chatlib-line")
    expect(lines.filter(has_text=texts[-1])).to_have_count(1)
    assert tuple(lines.all_text_contents()[-len(texts) :]) == texts


def widgets_in(saved):
    """O estado dos widgets que o arquivo guarda."""
    return saved["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]


# --- a conversa salva


@pytest.mark.parametrize("app", ["lab", "notebooks"])
@pytest.mark.parametrize("kernel", ["morto", "novo"])
def test_saved_conversation_survives(notebook, kernel, app):
    """Aberta e salva três vezes, a conversa continua no arquivo; abrir não marca o notebook."""
    page = notebook(PAIR, app=app)
    say(page.panel("Ana"), "para a posteridade")
    for name in ("Ana", "Bruno"):
        expect_end(page.panel(name), "Ana: para a posteridade")
    first = page.save()
    page.shut_kernel_down()
    for _ in range(3):
        if kernel == "novo":
            page.load()
        else:
            page.open_without_kernel()
        for name in ("Ana", "Bruno"):
            panel = page.panel(name)
            expect(panel).to_contain_text("Esta é a conversa que foi salva com o notebook")
            expect_end(panel, "Ana: para a posteridade")
        if app == "lab":
            assert not page.page.evaluate(DIRTY), "abrir para ler marcou o notebook como não salvo"
        assert page.save()["metadata"]["widgets"] == first["metadata"]["widgets"]
        page.shut_kernel_down()
    page.load()
    page.run(0)
    page.run(1)
    expect_end(page.panel("Ana"), "Ana entrou!", "Conectado ao servidor!", "Bruno entrou!")


def test_saved_although_the_kernel_went(notebook):
    """Salvar depois de o kernel parar guarda o que se disse, e guarda de novo."""
    page = notebook(ONE)
    say(page.panel("Ana"), "antes do fim")
    expect_end(page.panel("Ana"), "Ana: antes do fim")
    page.page.wait_for_timeout(1200)  # o intervalo entre uma olhada e outra de saving.js
    page.shut_kernel_down()
    for _ in range(2):
        assert "antes do fim" in str(widgets_in(page.save()))


def test_new_message_marks_the_notebook(notebook):
    """Uma mensagem nova é o que salvar; recarregar a página não é."""
    page = notebook(ONE)
    say(page.panel("Ana"), "um")
    expect_end(page.panel("Ana"), "Ana: um")
    page.save()
    assert not page.page.evaluate(DIRTY)
    page.load()
    expect_end(page.panel("Ana"), "Ana: um")
    assert not page.page.evaluate(DIRTY), "recarregar marcou o notebook"
    say(page.panel("Ana"), "dois")
    page.page.wait_for_function(DIRTY)


def test_private_lines_are_not_saved(notebook):
    """O que se disse em particular não vai para o arquivo, de um lado nem do outro."""
    page = notebook(PAIR, "display(ana); display(bruno)")
    say(page.panel("Ana"), "/msg Bruno segredo")
    expect_end(page.panel("Bruno"), "Ana (particular): segredo")
    say(page.panel("Bruno"), "/msg Ana segredo também")
    say(page.panel("Bruno"), "isto é de todos")
    expect_end(
        page.panel("Ana"),
        "Ana (particular): segredo",
        "Bruno (particular): segredo também",
        "Bruno: isto é de todos",
    )
    page.run(2)
    saved = page.save()
    assert "isto é de todos" in str(widgets_in(saved))
    assert "segredo" not in page.path.read_text(encoding="utf-8")


def test_cell_run_many_times(notebook):
    """Rodar a célula dez vezes deixa um painel vivo, e o arquivo do tamanho que tinha."""
    count = """from ipywidgets.widgets.widget import _instances
import threading
panels = [w for w in list(_instances.values()) if isinstance(w, ChatPanel)]
threads = [t for t in threading.enumerate() if t.name.startswith("painel")]
print(len(panels), "painel;", len(threads), "threads;", len(_instances), "widgets")"""
    page = notebook("ChatPanel(server, 'Ana')", count, run=2)
    once = page.cell(2).locator(".jp-OutputArea-output").inner_text()
    size = len(json.dumps(page.save()))
    for _ in range(10):
        page.run(1)
        expect_end(page.panel("Ana"), "Ana entrou!", "Conectado ao servidor!")

    def settled():
        page.run(2)
        return page.cell(2).locator(".jp-OutputArea-output").inner_text() == once

    for _ in range(20):
        if settled():
            break
        page.page.wait_for_timeout(500)
    assert page.cell(2).locator(".jp-OutputArea-output").inner_text() == once
    assert len(json.dumps(page.save())) < 1.1 * size


# --- o que espera para ser mandado


def test_paste_in_class_mode(notebook):
    """Sessenta linhas com limite de ritmo chegam todas, na ordem; a página diz quantas faltam."""
    page = notebook("server.room.rate = 10.0", PAIR, run=2)
    ana, bruno = page.panel("Ana"), page.panel("Bruno")
    paste = [f"linha {i}" for i in range(60)]
    say(ana, "\n".join(paste))
    expect(ana.locator(".chatlib-pending")).to_contain_text("à espera: passam 10 por segundo")
    expect(ana.locator(".chatlib-pending")).to_be_visible()
    page.picture("painel, linhas à espera")
    expect(bruno.locator(".chatlib-other", has_text="linha 59")).to_have_count(1)
    assert bruno.locator(".chatlib-other").all_text_contents() == [f"Ana: {line}" for line in paste]
    expect(ana.locator(".chatlib-pending")).to_be_hidden()
    expect(box_of(ana)).to_have_value("")


def test_huge_paste_asks_first(notebook):
    """Um só Enter não manda quinhentas linhas: a caixa pergunta, e o texto continua nela."""
    page = notebook(ONE)
    ana = page.panel("Ana")
    say(ana, "x\n" * 500)
    expect(ana.locator(".chatlib-hint")).to_contain_text("São 500 linhas. Enter de novo manda todas")
    assert len(box_of(ana).input_value()) == 1000
    expect(ana.locator(".chatlib-mine")).to_have_count(0)


def test_sent_while_the_kernel_does_not_answer(notebook):
    """O que se manda enquanto o navegador não alcança o kernel aparece à espera, e chega depois."""
    page = notebook(ONE)
    ana = page.panel("Ana")
    say(ana, "antes")
    expect_end(ana, "Ana: antes")
    page.page.evaluate(
        "() => { const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;"
        " kernel._updateConnectionStatus('connecting'); window.lost = kernel; }"
    )
    box_of(ana).fill("no escuro")
    box_of(ana).press("Enter")
    expect(ana.locator(".chatlib-pending")).to_contain_text("no escuro · à espera: o Jupyter não respondeu")
    expect(ana.locator(".chatlib-pending")).to_be_visible()
    page.picture("painel, mensagem à espera")
    page.page.evaluate("window.lost._updateConnectionStatus('connected')")
    expect_end(ana, "Ana: antes", "Ana: no escuro")
    expect(ana.locator(".chatlib-pending")).to_be_hidden()


def test_draft_survives_reload(notebook):
    """Recarregar a página não apaga o que se escrevia, e o arquivo não o guarda."""
    page = notebook(ONE)
    ana = page.panel("Ana")
    expect(ana.locator(".chatlib-state")).to_have_text("conectado")
    box_of(ana).fill("um rascunho")
    page.reload()
    expect(box_of(ana)).to_have_value("um rascunho")
    assert "um rascunho" not in page.path.read_text(encoding="utf-8")


def test_deleted_cell_gives_its_place(notebook):
    """Apagada a célula, a nova entra com o mesmo apelido."""
    page = notebook("ChatPanel(server, 'Ana')", "ChatPanel(server, 'Ana')")
    expect(page.panel("Ana").locator(".chatlib-state")).to_have_text("conectado")
    page.page.evaluate("() => { jupyterapp.shell.currentWidget.content.activeCellIndex = 1 }")
    page.command("notebook:delete-cell")
    page.run(1)
    expect(page.panel("Ana").locator(".chatlib-state")).to_have_text("conectado")


def test_deleted_cell_leaves_the_room(notebook):
    """Movida a célula, nada muda; apagada, a pessoa sai; desfeito, ela volta, com a conversa e o rascunho."""
    page = notebook(ONE, "print(server.apelidos)")
    ana = page.panel("Ana")
    present = page.page.locator(".jp-OutputArea-output pre")

    def expect_present(names):
        while page.run(page.page.evaluate(FIND, "apelidos")) or present.last.inner_text().strip() != names:
            page.page.wait_for_timeout(200)

    say(ana, "antes")
    expect_end(ana, "Ana: antes")
    box_of(ana).fill("um rascunho")
    select(page, "ana = ")
    page.command("notebook:move-cell-down")
    expect_present("('Ana',)")
    select(page, "ana = ")
    page.command("notebook:delete-cell")
    expect_present("()")
    page.command("notebook:undo-cell-action")
    entry = ["Ana entrou!", "Conectado ao servidor!"]
    expect(ana.locator(".chatlib-line")).to_have_text([*entry, "Ana: antes", *entry])
    expect(ana.locator(".chatlib-state")).to_have_text("conectado")
    expect(box_of(ana)).to_have_value("um rascunho")
    expect_present("('Ana',)")


FIND = """text => jupyterapp.shell.currentWidget.content.widgets
    .findIndex(cell => cell.model.sharedModel.source.includes(text))"""


def select(page, text):
    """Põe o cursor do notebook na célula que tem o texto."""
    page.page.evaluate(
        f"text => {{ jupyterapp.shell.currentWidget.content.activeCellIndex = ({FIND})(text) }}", text
    )


def test_what_comes_back_after_reload(notebook):
    """O servidor cai depois de F5, com linhas à espera: elas voltam à caixa, embora a vista já seja outra."""
    page = notebook("server.room.rate = 2.0", ONE, "server.shutdown()", run=2)
    ana = page.panel("Ana")
    say(ana, "\n".join(f"linha {i}" for i in range(100)))
    expect(ana.locator(".chatlib-pending")).to_contain_text("à espera")
    page.reload()
    expect(ana.locator(".chatlib-pending")).to_contain_text("à espera: passam 2 por segundo")
    page.run(3)
    expect(box_of(ana)).to_have_value(re.compile(r"^linha \d+\n[\s\S]*linha 99$"))
    said = [text.removeprefix("Ana: ") for text in ana.locator(".chatlib-mine").all_text_contents()]
    assert said + box_of(ana).input_value().split("\n") == [f"linha {i}" for i in range(100)]
