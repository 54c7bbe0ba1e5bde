"""Onde está o servidor: o que se passa a um painel, o que se digita nele e o que ele mostra."""

from . import protocol
from .errors import ChatError, UsageError

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # escutar em todos os endereços não é um destino


def find_server(where: object) -> tuple[str, int]:
    """O endereço em que conectar; UsageError se ``where`` não diz um, ou AddressError."""
    address = parse_address(where) if isinstance(where, str) else getattr(where, "address", where)
    if not isinstance(address, tuple | list) or len(address) != 2:
        raise UsageError(
            'diga o servidor e o apelido, como em ChatPanel(server, "Ana"), ou o endereço e o '
            'apelido, como em ChatPanel("127.0.0.1:55555", "Ana")'
        )
    host: str
    host, port = address
    return ANYWHERE.get(host, host), protocol.check_port(port)


def parse_address(text: str) -> tuple[str, int]:
    """``(host, porta)`` do que a pessoa digitou; sem porta, a de costume; UsageError se não serve."""
    host, colon, port = text.strip().rpartition(":")
    if not colon or (host.count(":") > 0 and not host.endswith("]")):  # só o host, talvez IPv6
        host, port = text.strip(), str(protocol.PORT)
    if not host or not port.isdecimal():
        raise UsageError(f"{text!r} não é um endereço: escreva computador:porta, como 127.0.0.1:55555")
    return host.strip("[]"), protocol.check_port(int(port))


def show_address(where: object) -> str:
    """O endereço como se digita; "" se ``where`` não diz um."""
    if where is None:
        return f"{protocol.HOST}:{protocol.PORT}"
    try:
        host, port = find_server(where)
    except ChatError:
        return where if isinstance(where, str) else ""
    return join(host, port)


def join(host: str, port: int) -> str:
    """``host:porta``, com colchetes em volta de um IPv6 (RFC 3986, 3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
