"""O que o chat faz com um socket: abrir, ajustar, ler, encerrar. E o que dizer quando falha."""

import errno
import select
import selectors
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress

from .errors import AddressError, PortInUse, ServerNotFound

Address = tuple[str, int]

CHUNK = 65536  # bytes pedidos a cada recv
BACKLOG = 1024  # conexões que o sistema guarda até o accept
LINGER = 1.0  # segundos à espera de que o outro lado também encerre
POLL = 0.5  # segundos entre olhadas, onde fechar o socket que escuta não acorda o accept

# Um elo morto é sondado depois de 60 s de silêncio e dado por perdido em cerca de 2 min.
KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPALIVE": 60, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 6}
# O mesmo prazo quando há dados sem confirmação, caso em que o sistema não sonda (RFC 5482).
USER_TIMEOUT = {"TCP_USER_TIMEOUT": 120_000}
HURRY = {
    "TCP_KEEPIDLE": 1,
    "TCP_KEEPALIVE": 1,
    "TCP_KEEPINTVL": 2,
    "TCP_KEEPCNT": 5,
    "TCP_USER_TIMEOUT": 10_000,
}


def listen(host: str, port: int) -> socket.socket:
    """Um socket que escuta no endereço; PortInUse ou AddressError se não for possível.

    ``socket.create_server`` já escolhe SO_REUSEADDR onde ele é seguro.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, UnicodeError) as error:  # UnicodeError: um nome que o DNS não aceita, longo demais
        raise _listen_error(error, host, port) from error
    listener.settimeout(POLL)
    return listener


def overlap(host: str, other: str) -> bool:
    """Se os dois endereços não podem escutar na mesma porta: são o mesmo, ou um é a rede inteira."""
    if ":" in host or ":" in other:  # aqui um IPv6 nunca atende também IPv4
        return ":" in host and ":" in other and (host == other or "::" in (host, other))
    with suppress(OSError, UnicodeError):  # um nome, como localhost
        other = socket.gethostbyname(other)
    return host == other or "0.0.0.0" in (host, other)


def _listen_error(error: OSError | UnicodeError, host: str, port: int) -> AddressError:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return PortInUse(
            f"a porta {port} já está em uso: outro terminal ou outro notebook deve ter um "
            "servidor nela; encerre-o ou escolha outra porta (0 deixa o sistema escolher)"
        )
    if number == errno.EACCES:
        return AddressError(
            f"o sistema não deixa abrir a porta {port}: as abaixo de 1024 costumam ser "
            "reservadas; use uma maior"
        )
    return AddressError(
        f"não posso escutar em {host}: esse endereço não é deste computador ou o nome não "
        'existe; use "127.0.0.1", ou "0.0.0.0" para abrir à rede'
    )


def connect(host: str, port: int, timeout: float) -> socket.socket:
    """Um socket conectado ao endereço; ServerNotFound com a causa provável se não der.

    timeout: segundos, para conectar e para cada envio.
    """
    try:
        sock = socket.create_connection((host, port), timeout)
    except (OSError, UnicodeError) as error:
        raise ServerNotFound(_connect_error(error, host, port)) from error
    tune(sock)
    return sock


def _connect_error(error: OSError | UnicodeError, host: str, port: int) -> str:
    if isinstance(error, ConnectionRefusedError):
        return (
            f"não há servidor em {host}, porta {port}: ele ainda não foi iniciado ou está em "
            "outra porta; inicie o servidor e confira o endereço"
        )
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return f"não encontrei o computador {host!r}: confira se o nome está escrito certo"
    return (
        f"não consegui chegar a {host}, porta {port}: o computador pode estar desligado, em outra "
        "rede ou atrás de um firewall; confira o endereço e a rede"
    )


def tune(sock: socket.socket) -> None:
    """Sem a espera de Nagle pelo ACK, que chega a 40 ms por linha; com sondas contra um elo morto."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    _set(sock, KEEPALIVE | USER_TIMEOUT)


def probe(sock: socket.socket) -> None:
    """Sonda já, e com pressa: um elo morto se descobre em cerca de 10 s, e um vivo responde e fica."""
    with suppress(OSError):  # já caiu
        _set(sock, HURRY)


def _set(sock: socket.socket, options: dict[str, int]) -> None:
    for name, value in options.items():
        if option := getattr(socket, name, None):  # cada sistema tem parte destas
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


def chunks(sock: socket.socket) -> Iterator[bytes]:
    """O que chega, pedaço a pedaço, até o outro lado encerrar."""
    while data := sock.recv(CHUNK):
        yield data


def readable(sock: socket.socket, timeout: float | None) -> bool:
    """Se há o que ler do socket dentro de ``timeout`` segundos (None: espera sempre)."""
    look = getattr(sock, "has_data", None)  # com TLS, o que chegou pode já estar guardado: veja `tls`
    return look(timeout) if look else wait(sock, selectors.EVENT_READ, timeout)


def wait(sock: socket.socket, event: int, timeout: float | None) -> bool:
    """Espera, até ``timeout`` segundos, que se possa ler do socket ou escrever nele; diz se deu tempo."""
    # Nem select, que não aceita descritores acima de 1023, nem epoll, que gasta mais um.
    with getattr(selectors, "PollSelector", selectors.SelectSelector)() as selector:
        selector.register(sock, event)
        return bool(selector.select(timeout))


def send_now(sock: socket.socket, data: bytes | bytearray) -> int:
    """``sock.send`` que não espera: envia o que couber ou levanta BlockingIOError."""
    return sock.send(data, socket.MSG_DONTWAIT)


def send_if_writable(sock: socket.socket, data: bytes | bytearray) -> int:
    """O mesmo sem MSG_DONTWAIT, que o Windows não tem: só envia se o sistema diz que cabe."""
    if not select.select([], [sock], [], 0)[1]:
        raise BlockingIOError
    if send := getattr(sock, "send_now", None):  # com TLS
        return int(send(data))
    return sock.send(memoryview(data)[:16384])


if not hasattr(socket, "MSG_DONTWAIT"):
    send_now = send_if_writable


def shut(sock: socket.socket, how: int = socket.SHUT_RDWR) -> None:
    """``sock.shutdown`` que aceita uma conexão já encerrada; acorda quem lê dela."""
    with suppress(OSError):  # já não há o que encerrar
        sock.shutdown(how)


def reset_on_close(sock: socket.socket) -> None:
    """Faz de ``close`` um RST: quem não lê e está preso num ``send`` acorda na hora.

    SO_LINGER com prazo zero (RFC 9293, 3.10.5, e socket(7) do Linux).
    """
    with suppress(OSError):  # já não há conexão
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drain(sock: socket.socket) -> None:
    """Encerra a escrita e lê o que restar, até 1 s, para que o que foi enviado chegue.

    ``close`` com dados por ler mandaria um RST, e o outro lado perderia a última linha
    (RFC 9293, 3.10.4).
    """
    shut(sock, socket.SHUT_WR)
    recv = getattr(sock, "recv_raw", sock.recv)  # com TLS, o que se joga fora não se decifra
    deadline = time.monotonic() + LINGER
    sock.settimeout(LINGER)
    with suppress(OSError):  # o outro lado já se foi
        while time.monotonic() < deadline and recv(CHUNK):
            pass
