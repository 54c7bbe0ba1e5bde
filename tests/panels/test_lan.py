"""O endereço que se passa à turma."""

import socket

import pytest

from chatlib.panels.server import lan


@pytest.mark.parametrize("host", ["127.0.0.1", "192.168.0.10", "::1"])
def test_an_address_is_itself(host):
    """Quem escuta num endereço só é encontrado nele."""
    assert lan.reachable(host) == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_everywhere_is_not_a_destination(host, monkeypatch):
    """No lugar de "todos os endereços" vai o deste computador, e a sonda não envia nada."""
    sent = []
    monkeypatch.setattr(socket.socket, "send", lambda *args: sent.append(args))
    found = lan.reachable(host)
    assert found not in lan.NOWHERE and not sent
    if found:  # sem rede, não há o que dizer
        with socket.socket(lan.NOWHERE[host][0]) as sock:
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
    assert lan.reachable("0.0.0.0") == found


def test_without_a_name(monkeypatch):
    """Um computador sem rota e com um nome que ninguém conhece não tem o que passar."""

    def fail(*args):
        raise socket.gaierror

    monkeypatch.setattr(socket.socket, "connect", no_route)
    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert lan.reachable("::") == ""


@pytest.mark.parametrize(
    ("host", "local"), [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("10.0.0.1", False)]
)
def test_local(host, local):
    """De um endereço de laço ninguém chega de fora."""
    assert lan.is_local(host) is local


@pytest.mark.parametrize(("host", "text"), [("10.0.0.1", "10.0.0.1:55555"), ("::1", "[::1]:55555")])
def test_join(host, text):
    """O endereço numa palavra só, que se dita e se digita."""
    assert lan.join(host, 55555) == text


def test_place():
    """O que se passa à turma: o endereço, a linha de notebook e quem o alcança."""
    assert lan.place(("127.0.0.1", 55555)) == {
        "address": "127.0.0.1:55555",
        "code": 'ChatPanel("127.0.0.1:55555")',
        "reach": lan.LOCAL,
    }
    assert lan.place(("192.168.0.10", 1))["reach"] == lan.NETWORK


def test_place_on_the_network(monkeypatch):
    """Aberto à rede, o endereço é o deste computador nela; se não se acha, isso é dito, com a porta."""
    monkeypatch.setattr(lan, "reachable", lambda host: {"0.0.0.0": "192.168.0.10"}.get(host, ""))
    assert lan.place(("0.0.0.0", 55555))["address"] == "192.168.0.10:55555"
    lost = lan.place(("::", 55555))
    assert lost["address"] == lost["code"] == "" and "na porta 55555" in lost["reach"]
