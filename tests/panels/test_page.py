"""O lado da página: arquivos simples, que juntos fazem cada widget, e nunca tratam texto como HTML."""

from pathlib import Path

import pytest

import chatlib
from chatlib.panels.page import HERE, source

PACKAGE = Path(chatlib.__file__).parent
FILES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.js"))


def test_files_are_joined_in_order():
    """Um depois do outro, como foram pedidos."""
    base, panel = (HERE / "base.js").read_text("utf-8"), (HERE / "chat" / "panel.js").read_text("utf-8")
    assert source("base.js", "chat/panel.js") == f"{base}\n{panel}"


@pytest.mark.parametrize("name", FILES, ids=str)
def test_text_never_becomes_html_nor_code(name):
    """Nenhum dos caminhos por onde um texto vira HTML, programa ou pedido à rede."""
    forbidden = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function")
    requests = ("fetch(", "XMLHttpRequest", ".href", ".src", "import(", "WebSocket")
    text = (PACKAGE / name).read_text("utf-8")
    assert not [word for word in forbidden + requests if word in text]


def test_one_kind_of_link():
    """Um texto só vira endereço clicável num lugar, onde se confere que é http ou https."""
    found = {name.name: (PACKAGE / name).read_text("utf-8").count("href") for name in FILES}
    assert {name: count for name, count in found.items() if count} == {"words.js": 1}
    code = (HERE / "chat" / "words.js").read_text("utf-8")
    assert code.index("if (!isSafe(link)) continue;") < code.index("href: link")
    assert 'rel: "noopener noreferrer"' in code and '["http:", "https:"].includes(protocol)' in code
