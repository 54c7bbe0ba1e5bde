"""O endereço que se passa à turma."""

from chatlib.panels.server import lan


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
