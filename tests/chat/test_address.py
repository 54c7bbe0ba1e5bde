"""O endereço que se passa a um painel, o que se digita nele e o que ele mostra."""

import socket

import pytest

from chatlib import Server, address
from chatlib.address import find_server, find_servers, parse_address, show_address
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


@pytest.mark.parametrize(
    ("where", "addresses", "shown"),
    [
        ("a:1, b:2", [("a", 1), ("b", 2)], "a:1, b:2"),
        (["a:1", "b:2"], [("a", 1), ("b", 2)], "a:1, b:2"),
        ([("a", 1), ["b", 2], "c"], [("a", 1), ("b", 2), ("c", 55555)], "a:1, b:2, c:55555"),
        (("a", 1), [("a", 1)], "a:1"),
        ("a:1", [("a", 1)], "a:1"),
    ],
)
def test_several_servers_of_one_room(where, addresses, shown):
    """Vários endereços, numa lista ou com vírgulas; um só também serve."""
    assert find_servers(where) == addresses
    assert show_address(where) == shown


def test_among_several_the_stopped_ones_do_not_count():
    """De uma lista de servidores ficam os que estão no ar; com todos parados, uma frase diz isso."""
    with Server(port=0) as server:
        assert find_servers([Server(port=0), server]) == [server.address]
    with pytest.raises(AddressError, match="está parado"):
        find_servers([server, Server(port=0)])
    with pytest.raises(UsageError, match="está vazia"):
        find_servers([])


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


# --- por onde os outros chegam


@pytest.mark.parametrize("host", ["127.0.0.1", "192.168.0.10", "::1"])
def test_an_address_is_itself(host):
    """Quem escuta num endereço só é encontrado nele."""
    assert address.reachable(host) == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_everywhere_is_not_a_destination(host, monkeypatch):
    """No lugar de "todos os endereços" vai o deste computador, e a sonda não envia nada."""
    sent = []
    monkeypatch.setattr(socket.socket, "send", lambda *args: sent.append(args))
    found = address.reachable(host)
    assert found not in address.NOWHERE and not sent
    if found:  # sem rede, não há o que dizer
        with socket.socket(address.NOWHERE[host][0]) as sock:
            sock.bind((found, 0))  # só se pode escutar num endereço que é deste computador


def no_route(self, address):
    """Um sistema sem rota nenhuma."""
    raise OSError(101, "Network is unreachable")


@pytest.mark.parametrize(
    ("names", "found"),
    [(["127.0.1.1", "10.0.0.7"], "10.0.0.7"), (["127.0.1.1"], ""), (["::1%1"], ""), ([], "")],
)
def test_without_a_route(monkeypatch, names, found):
    """Numa rede sem saída, serve o endereço que o sistema dá ao próprio nome, se outros o alcançam."""
    monkeypatch.setattr(socket.socket, "connect", no_route)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args: [(0, 0, 0, "", (name, 0)) for name in names])
    assert address.reachable("0.0.0.0") == found


def test_without_a_name(monkeypatch):
    """Um computador sem rota e com um nome que ninguém conhece não tem o que passar."""

    def fail(*args):
        raise socket.gaierror

    monkeypatch.setattr(socket.socket, "connect", no_route)
    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert address.reachable("::") == ""


@pytest.mark.parametrize(
    ("host", "local"), [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("10.0.0.1", False)]
)
def test_local(host, local):
    """De um endereço de laço ninguém chega de fora."""
    assert address.is_local(host) is local


@pytest.mark.parametrize(("host", "text"), [("10.0.0.1", "10.0.0.1:55555"), ("::1", "[::1]:55555")])
def test_join(host, text):
    """O endereço numa palavra só, que se dita e se digita."""
    assert address.join(host, 55555) == text


def test_own_hosts(monkeypatch):
    """Este computador é procurado pelo nome, se ele é um, e pelos números; nenhum se repete."""
    monkeypatch.setattr(address, "reachable", {"0.0.0.0": "10.0.0.7", "::": "fe80::7%eth0"}.get)
    for name, own in (("sala-3", ["sala-3", "sala-3.local"]), ("PC de Ana", [])):
        monkeypatch.setattr(socket, "gethostname", lambda name=name: name)
        assert address.own_hosts() == ["localhost", "127.0.0.1", "::1", *own, "10.0.0.7", "fe80::7"]
