"""O endereço que se passa a um painel, o que se digita nele e o que ele mostra."""

import pytest

from chatlib import Server
from chatlib.address import find_server, parse_address, show_address
from chatlib.errors import AddressError, UsageError


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:55555", ("127.0.0.1", 55555)),
        ("  sala.exemplo:7 ", ("sala.exemplo", 7)),
        ("sala.exemplo", ("sala.exemplo", 55555)),
        ("[::1]:7", ("::1", 7)),
        ("::1", ("::1", 55555)),
    ],
)
def test_what_one_types(text, address):
    """computador:porta; sem porta, a de costume; e IPv6, com ou sem colchetes."""
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", ":", ":55555", "a:", "a:porta", "a:-1", "a:70000", "a:²"])
def test_what_is_not_an_address(text):
    """O que não serve é recusado, e a frase diz o que serve."""
    with pytest.raises(UsageError, match=r"computador:porta|use um número"):
        parse_address(text)


@pytest.mark.parametrize(
    ("where", "address", "shown"),
    [
        (("127.0.0.1", 7), ("127.0.0.1", 7), "127.0.0.1:7"),
        (["::1", 7], ("::1", 7), "[::1]:7"),
        (("0.0.0.0", 7), ("127.0.0.1", 7), "127.0.0.1:7"),
        (("::", 7), ("::1", 7), "[::1]:7"),
        ("sala:7", ("sala", 7), "sala:7"),
    ],
)
def test_where(where, address, shown):
    """Um par ou um texto; escutar em todos os endereços não é um destino."""
    assert find_server(where) == address
    assert show_address(where) == shown


def test_server():
    """Um servidor no ar diz onde está; um parado, que está parado."""
    with Server(port=0) as server:
        assert find_server(server) == server.address
        assert show_address(server) == f"127.0.0.1:{server.address[1]}"
    with pytest.raises(AddressError, match="está parado"):
        find_server(server)
    assert show_address(server) == ""


@pytest.mark.parametrize("where", [None, 55555, ("127.0.0.1",), object()])
def test_what_is_no_place(where):
    """O resto é explicado com um exemplo."""
    with pytest.raises(UsageError, match="ChatPanel"):
        find_server(where)


def test_what_is_shown_without_a_place():
    """Sem endereço, o de costume; um que não serve aparece como foi escrito, para ser corrigido."""
    assert show_address(None) == "127.0.0.1:55555"
    assert show_address("sala:porta") == "sala:porta"
    assert show_address(3) == ""
