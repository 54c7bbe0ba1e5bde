"""Os instrumentos como eles são: JupyterLab de verdade num Chromium sem janela."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from lab_browser import Notebook, expect, lightness

# Um só JupyterLab e um só navegador, mesmo com os testes repartidos por vários processos.


@pytest.fixture
def open_notebook(open_notebook):
    """Uma função que abre um notebook com as células dadas e as roda."""

    def create(*cells, **options) -> Notebook:
        notebook = open_notebook(*cells, **options)
        for index in range(len(cells)):
            notebook.run(index)
        return notebook

    return create


# --- o microscópio

HOSTILE = "<img src=x onerror=\"document.title='invadido'\"></td><script>document.title='invadido'</script>"


def test_microscope_shows_hostile_bytes_as_text(open_notebook):
    """O que parece HTML aparece letra por letra, na figura e na régua; nada roda, nada é pedido."""
    notebook = open_notebook(
        f"from chatlib.lab import Microscope\nscope = Microscope([{HOSTILE!r}.encode()])\nscope",
        "scope.explore(14)",
    )
    requests = []
    notebook.page.on("request", lambda request: requests.append(request.url))
    for index in (0, 1):
        notebook.run(index)
        letters = notebook.cell(index).locator(".chatlib-bytes .chatlib-char")
        expect(letters.first).to_have_text("<")
        assert "".join(letters.all_text_contents()).startswith(HOSTILE[:14])
        expect(notebook.cell(index).locator(".jp-OutputArea-output img")).to_have_count(0)
    assert "invadido" not in notebook.page.title()
    assert not [url for url in requests if url.endswith("/x")]


def test_microscope_in_both_themes(open_notebook):
    """As letras se leem no tema claro e no escuro, e o caractere partido tem borda dos dois lados."""
    notebook = open_notebook(
        "from chatlib.lab import Microscope\n"
        'Microscope({"send": ["não".encode()], "recv": [b"n\\xc3", b"\\xa3o"]})'
    )
    letter = notebook.cell(0).locator(".chatlib-char").first
    assert lightness(letter, "color") < 80
    notebook.set_theme("JupyterLab Dark")
    expect(notebook.page.locator("body[data-jp-theme-light=false]")).to_be_attached()
    assert lightness(letter, "color") > 180
    notebook.set_theme("JupyterLab Light")
    for side, name in (("borderRightStyle", "after"), ("borderLeftStyle", "before")):
        cut = notebook.cell(0).locator(f"td.chatlib-{name}").first
        assert cut.evaluate(f"node => getComputedStyle(node).{side}") == "dashed"


def test_explorer_slider(open_notebook):
    """Mexer na régua, com o teclado, corta de outro jeito: o que falhava deixa de falhar."""
    notebook = open_notebook(
        'from chatlib.lab import Microscope\nMicroscope(["Ana: não\\n".encode()]).explore(7)'
    )
    cell = notebook.cell(0)
    rows = cell.locator(".chatlib-readers tbody tr")
    expect(cell.locator(".chatlib-fails")).to_have_count(2)
    expect(rows).to_have_count(2)
    handle = cell.get_by_role("slider")
    handle.press("ArrowRight")
    expect(cell.locator(".chatlib-fails")).to_have_count(0)
    handle.press("Home")
    expect(rows).to_have_count(10)
    expect(rows.last).to_contain_text("Ana: não")


# --- o perturbador

NET = """from chatlib import Client, Server
from chatlib.lab import Perturber
server = Server(port=0).start()
net = Perturber(server)
net.controls()"""


def test_perturber_controls(open_notebook):
    """A régua atrasa a conversa de verdade, e o botão derruba a conexão."""
    notebook = open_notebook(
        NET,
        'ana = Client("Ana", *net.address)',
        'import time; start = time.monotonic(); ana.write("oi"); ana.wait_for("oi")\n'
        'print("demorou" if time.monotonic() - start > 0.09 else "foi logo")',
    )
    expect(notebook.cell(2)).to_contain_text("foi logo")
    controls = notebook.cell(0)
    controls.get_by_role("slider").first.press("ArrowRight")
    expect(controls.get_by_role("status")).to_contain_text("atraso de 0,05 s")
    notebook.run(2)
    expect(notebook.cell(2)).to_contain_text("demorou")
    controls.get_by_role("button", name="Derrubar").click()
    notebook.run(2)
    expect(notebook.cell(2)).to_contain_text("ConnectionLost")


# --- todos


def test_instruments_are_accessible(open_notebook):
    """O axe não acha nada a corrigir, no tema claro nem no escuro: nomes, contraste, papéis."""
    notebook = open_notebook(
        NET,
        'from chatlib.lab import Microscope\nMicroscope([b"n\\xc3", b"\\xa3o\\n"]).explore(2)',
    )
    expect(notebook.cell(1).get_by_role("slider").first).to_be_visible()
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        notebook.set_theme(theme)
        expect(notebook.page.locator(f"body[data-jp-theme-name='{theme}']")).to_be_attached()
        found = Axe().run(notebook.page, context=".jp-OutputArea-output").response["violations"]
        assert not [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]
    notebook.set_theme("JupyterLab Light")


# --- o diagrama de sequência e a linha do tempo

SESSION = """from chatlib import Client, Server
from chatlib.lab import Recorder
with Server(port=0) as server, Recorder(server, threads=True) as fita:
    with Client("Ana", *server.address) as ana, Client("Bruno", *server.address) as bruno:
        ana.write({text!r})
        for person in (ana, bruno):
            person.wait_for({text!r}[:9])
"""


def test_diagram_is_drawn_in_both_themes(open_notebook):
    """O desenho aparece inteiro, legível no claro e no escuro sem rodar de novo, e rola se é largo."""
    notebook = open_notebook(SESSION.format(text="oi, gente!") + "fita.diagram()")
    drawing = notebook.cell(0).locator(".chatlib-fita")
    expect(drawing.locator("svg text").filter(has_text="Ana: oi, gente!")).to_have_count(3)
    expect(drawing.locator("pre")).to_contain_text("servidor → Bruno    │ Ana: oi, gente!")
    label = drawing.locator("svg text").filter(has_text="conecta").first
    assert lightness(label, "color") < 80
    notebook.set_theme("JupyterLab Dark")
    assert lightness(label, "color") > 200
    notebook.set_theme("JupyterLab Light")
    notebook.page.set_viewport_size({"width": 420, "height": 900})
    notebook.page.wait_for_function(
        "(box => box.clientWidth < box.scrollWidth)(document.querySelector('.chatlib-fita'))"
    )
    assert drawing.locator("svg").evaluate("svg => svg.getBoundingClientRect().width") > 420


def test_hostile_diagram_is_text(open_notebook):
    """Uma mensagem que parece HTML, ou que parece Mermaid, é só o texto de uma seta."""
    notebook = open_notebook(SESSION.format(text=HOSTILE[:40]) + "fita.diagram()")
    drawing = notebook.cell(0).locator(".chatlib-fita")
    expect(drawing.locator("svg text").filter(has_text="<img src=x")).to_have_count(3)
    expect(drawing.locator("img, script")).to_have_count(0)
    assert "invadido" not in notebook.page.title()


def test_timeline_is_drawn(open_notebook):
    """Cada thread tem sua faixa, e a legenda diz o que as tramas querem dizer."""
    notebook = open_notebook(
        "import time\nfrom chatlib import Server\nfrom chatlib.lab import Recorder\n"
        "with Server(port=0) as server, Recorder(server, threads=True) as fita:\n    time.sleep(0.3)\n"
        "fita.timeline()"
    )
    drawing = notebook.cell(0).locator(".chatlib-fita")
    for text in ("receive", "carteiro", "à espera de quem chegue (accept)"):
        expect(drawing.locator("svg text").filter(has_text=text).first).to_be_visible()
    expect(drawing.locator("pattern")).not_to_have_count(0)
    expect(drawing.locator("pre")).to_contain_text("receive  │ accept")
