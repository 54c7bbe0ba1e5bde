"""Onde está o servidor: o que se passa a um painel, o que se digita nele e o que ele mostra."""

import ipaddress
import re
import socket
from contextlib import suppress

from . import protocol
from .errors import AddressError, ChatError, UsageError

# Endereços reservados à documentação (RFC 5737 e 3849): ninguém atende neles.
NOWHERE = {"0.0.0.0": (socket.AF_INET, "192.0.2.1"), "::": (socket.AF_INET6, "2001:db8::1")}
NAME = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")  # o de um computador (RFC 1123, 2.1)
DISCARD = 9  # uma porta qualquer: nada chega a ser enviado
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


def find_servers(where: object) -> list[tuple[str, int]]:
    """Os endereços em que conectar, em ordem de preferência: um, ou vários servidores de uma mesma sala.

    ``where``: o que `find_server` aceita, uma lista disso, ou um texto com vírgulas. De vários, os
    `Server` parados não contam; levanta o mesmo que `find_server`.
    """
    if isinstance(where, str):
        where = where.split(",") if "," in where else [where]
    elif not isinstance(where, list | tuple) or _is_pair(where):
        where = [where]
    if not where:
        raise UsageError("a lista de servidores está vazia: diga ao menos um, como 127.0.0.1:55555")
    found, stopped = [], []
    for one in where:
        try:
            found.append(find_server(one))
        except AddressError as error:
            stopped.append(error)
    if not found:
        raise stopped[0]
    return found


def _is_pair(where: list[object] | tuple[object, ...]) -> bool:
    """Se é ``(host, porta)``, e não dois servidores."""
    return (
        len(where) == 2 and isinstance(where[0], str) and not (isinstance(where[1], str) and ":" in where[1])
    )


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
        return ", ".join(join(host, port) for host, port in find_servers(where))
    except ChatError:
        return where if isinstance(where, str) else ""


def join(host: str, port: int) -> str:
    """``host:porta``, com colchetes em volta de um IPv6 (RFC 3986, 3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def reachable(host: str) -> str:
    """Por onde os outros chegam a um servidor que escuta em ``host``; "" se não há como saber.

    host: como em ``server.address``: um número, ou "0.0.0.0" e "::" para todos os endereços.
    """
    if host not in NOWHERE:
        return host
    family, nowhere = NOWHERE[host]
    return _route(family, nowhere) or _own_name(family)


def is_local(host: str) -> bool:
    """Se só programas deste mesmo computador chegam a ``host``."""
    return ipaddress.ip_address(host).is_loopback


def _route(family: socket.AddressFamily, nowhere: str) -> str:
    """O endereço de que sairia um pacote para fora; "" sem rota. Em UDP, ``connect`` não envia nada."""
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((nowhere, DISCARD))
        return str(probe.getsockname()[0])
    return ""


def _own_name(family: socket.AddressFamily) -> str:
    """O endereço que o sistema dá ao nome deste computador; "" se só serve aqui dentro."""
    with suppress(OSError, UnicodeError):  # o nome pode não estar registrado em lugar nenhum
        found = socket.getaddrinfo(socket.gethostname(), None, family, socket.SOCK_STREAM)
        hosts = (str(where[0]) for *_, where in found)
        return next((host for host in hosts if not is_local(host.partition("%")[0])), "")
    return ""


def own_hosts() -> list[str]:
    """Os nomes e os números por que este computador é procurado, dele mesmo e da rede."""
    name = socket.gethostname()
    names = [name, f"{name}.local"] if NAME.fullmatch(name) else []  # o segundo é o da rede local (mDNS)
    numbers = [reachable(host).partition("%")[0] for host in NOWHERE]
    return list(dict.fromkeys(filter(None, ["localhost", "127.0.0.1", "::1", *names, *numbers])))
