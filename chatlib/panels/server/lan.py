"""O endereço que se passa à turma: de 0.0.0.0, que é "a rede inteira", ao número deste computador."""

import ipaddress
import socket
from contextlib import suppress

from ...address import join

# Endereços reservados à documentação (RFC 5737 e 3849): ninguém atende neles.
NOWHERE = {"0.0.0.0": (socket.AF_INET, "192.0.2.1"), "::": (socket.AF_INET6, "2001:db8::1")}
DISCARD = 9  # uma porta qualquer: nada chega a ser enviado

STOPPED = "A sala está parada: ao iniciar, ela terá um endereço."
LOCAL = (
    'Só quem está neste mesmo computador entra. Para abrir a sala à rede, crie o servidor com host="0.0.0.0".'
)
NETWORK = "Quem está na mesma rede entra por este endereço."
UNKNOWN = (
    "A sala está aberta à rede, na porta {port}, mas não achei o número deste computador nela: "
    "confira se ele está conectado e procure o número nas configurações de rede do sistema."
)


def place(address: tuple[str, int] | None) -> dict[str, str]:
    """O que dizer à turma sobre onde a sala está; None é uma sala parada.

    address: ``host:porta``; code: a linha de um notebook que entra por ele; reach: quem alcança.
    """
    if not address:
        return {"address": "", "code": "", "reach": STOPPED}
    host, port = reachable(address[0]), address[1]
    if not host:
        return {"address": "", "code": "", "reach": UNKNOWN.format(port=port)}
    return {
        "address": join(host, port),
        "code": f'ChatPanel("{join(host, port)}")',
        "reach": LOCAL if is_local(host) else NETWORK,
    }


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
