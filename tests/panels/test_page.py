"""O lado da página: arquivos simples, que juntos fazem cada widget, e nunca tratam texto como HTML."""

import pytest

from chatlib.page import HERE, source

FILES = sorted(path.name for path in HERE.glob("*.js"))


def test_files_are_joined_in_order():
    """Um depois do outro, como foram pedidos."""
    base, panel = (HERE / "base.js").read_text("utf-8"), (HERE / "panel.js").read_text("utf-8")
    assert source("base.js", "panel.js") == f"{base}\n{panel}"


@pytest.mark.parametrize("name", FILES)
def test_text_never_becomes_html_nor_code(name):
    """Nenhum dos caminhos por onde um texto vira HTML, programa ou pedido à rede."""
    forbidden = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function")
    requests = ("fetch(", "XMLHttpRequest", ".href", ".src", "import(", "WebSocket")
    text = (HERE / name).read_text("utf-8")
    assert not [word for word in forbidden + requests if word in text]
