"""O que os testes do painel de chat no navegador têm em comum: as células, a caixa, as linhas, o estado."""

from lab_browser import expect
from playwright.sync_api import Locator

SERVER = """from IPython.display import display
from ipywidgets import HBox
from chatlib import ChatPanel, Client, Server
server = Server(port=0).start()"""
PANELS = """ana, bruno = ChatPanel(server, "Ana"), ChatPanel(server, "Bruno")
HBox([ana, bruno])"""
ONE = """ana = ChatPanel(server, "Ana")
ana"""


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
