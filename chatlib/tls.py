"""TLS: a mesma conversa, cifrada, e com um servidor que prova quem é.

    servidor                                 cliente
       │ ◀──────────────── ClientHello (0x16) ─ │   accept: quem começa com outra coisa ouve, em
       │ ── certificado ──────────────────────▶ │   texto claro, que a sala usa TLS
       │ ◀──────────────────── Finished ─────── │   connect: confere a autoridade, o nome, a validade
       │ ══ NICK … tudo daqui em diante cifrado ▶

O `ssl.SSLSocket` não é um socket comum: recusa ``MSG_DONTWAIT``, guarda dados que ``poll`` não vê, e
depois de um ``shutdown`` escreve em claro. `Socket` é um que serve onde os outros servem.
"""

import selectors
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar

from . import protocol, sockets
from .errors import ChatError, EntryRefused, ServerNotFound, TlsError, UsageError

Result = TypeVar("Result")

HELLO = b"\x16"  # o primeiro byte de quem fala TLS: um registro de handshake (RFC 8446, 5.1)
RECORD = 16384  # bytes que cabem num registro (RFC 8446, 5.1)
DONTWAIT = getattr(socket, "MSG_DONTWAIT", 0x40)
CA, CERT, KEY = "ca.pem", "server.pem", "server-key.pem"  # como `cert` chama o que faz
DEADLOCKED = ((3, 13, 0), (3, 13, 6))


class Socket(ssl.SSLSocket):
    """Um socket com TLS que se usa como um comum, por uma thread que lê e outra que escreve.

    Por baixo ele nunca bloqueia: quem espera, espera fora da trava, e o carteiro não espera ninguém.
    """

    _sslobj: Any  # da classe mãe: a conexão como a OpenSSL a vê
    _turn: threading.Lock  # a OpenSSL não admite duas threads na mesma conexão (cpython 151508)
    _patience: float | None = None  # segundos que cada operação espera
    _ahead: bytes | None = None  # o que `has_data` já leu; b"" é o fim
    _is_shaken = False  # se o TLS está combinado
    is_clear = False  # se o outro lado fala texto claro

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        self = super().__new__(cls, *args, **kwargs)  # quem o cria é o contexto, sem passar por __init__
        self._turn = threading.Lock()
        return self

    def settimeout(self, value: float | None) -> None:
        """Quanto cada operação espera, em segundos; None, sempre."""
        self._patience = value
        super().settimeout(0)

    def gettimeout(self) -> float | None:
        """O que se pediu em `settimeout`."""
        return self._patience

    def do_handshake(self, block: bool = False) -> None:
        """Combina as chaves e, do lado do cliente, confere o certificado."""
        self._wait_for(self._patience, super().do_handshake)
        self._is_shaken = True

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """O que chegou, já decifrado; b"" no fim."""
        with self._turn:
            if self._ahead is not None:
                data, rest = self._ahead[:buflen], self._ahead[buflen:]
                self._ahead = rest or None
                return data
        return self._wait_for(self._patience, super().recv, buflen)

    def has_data(self, timeout: float | None) -> bool:
        """Se há o que `recv` devolver: ``poll`` não vê o que já se decifrou, e acorda por menos."""
        if self._ahead is not None:
            return True
        try:
            data = self._wait_for(timeout, super().recv, sockets.CHUNK)
        except TimeoutError:
            return False
        with self._turn:
            self._ahead = (self._ahead or b"") + data
        return True

    def recv_raw(self, size: int) -> bytes:
        """O que chegou, como veio: serve a quem só espera o fim e joga o resto fora."""
        if not sockets.wait(self, selectors.EVENT_READ, self._patience):
            raise TimeoutError
        return socket.socket.recv(self, size)

    def send(self, data: Any, flags: int = 0) -> int:
        """Manda uma parte e diz quanto; com MSG_DONTWAIT não espera: BlockingIOError se nada cabe."""
        if self.is_clear:
            return socket.socket.send(self, data)
        if not self._is_shaken:
            raise ConnectionAbortedError("o TLS não foi combinado, e em claro não se diz nada")
        if flags & DONTWAIT:
            return self.send_now(data)
        with memoryview(data) as view:
            return self._wait_for(self._patience, super().send, view[:RECORD])

    def send_now(self, data: Any) -> int:
        """Manda o que couber, um registro de cada vez, sem esperar."""
        sent = 0
        try:
            with memoryview(data) as view, self._turn:
                while sent < len(view):
                    sent += super().send(view[sent : sent + RECORD])
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            if not sent:
                raise BlockingIOError from None
        return sent

    def shutdown(self, how: int) -> None:
        """Encerra sem largar a cifra: o da classe mãe mandaria em claro o que viesse depois."""
        if how != socket.SHUT_RD:
            with suppress(OSError, ValueError), self._turn:  # a despedida do TLS, se ainda houver como
                self._sslobj.shutdown()
        socket.socket.shutdown(self, how)

    def first_byte(self, timeout: float) -> bytes | None:
        """O primeiro byte que chega, sem o tirar da fila; b"" se a conexão acabou, None se nada vem."""
        if not sockets.wait(self, selectors.EVENT_READ, timeout):
            return None
        return socket.socket.recv(self, 1, socket.MSG_PEEK)

    def _wait_for(self, timeout: float | None, action: Callable[..., Result], *args: Any) -> Result:
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            try:
                with self._turn:
                    return action(*args)
            except ssl.SSLWantReadError:
                event = selectors.EVENT_READ
            except ssl.SSLWantWriteError:
                event = selectors.EVENT_WRITE
            left = None if deadline is None else max(0, deadline - time.monotonic())
            if not sockets.wait(self, event, left):
                raise TimeoutError("o outro lado não respondeu a tempo")


class Listener(socket.socket):
    """Um socket que escuta e passa cada conexão aceita por ``wrap``, antes que alguém a veja."""

    def __init__(self, listener: socket.socket, wrap: Callable[[socket.socket], socket.socket]):
        timeout = listener.gettimeout()
        super().__init__(listener.family, listener.type, listener.proto, listener.detach())
        self.settimeout(timeout)
        self._wrap = wrap

    def accept(self) -> tuple[socket.socket, Any]:
        """A próxima conexão que continua de pé."""
        while True:
            sock, address = super().accept()
            try:
                return self._wrap(sock), address
            except OSError:  # foi embora enquanto esperava
                sock.close()


# --- o lado do servidor


def server_context(tls: Any) -> ssl.SSLContext:
    """O contexto de um servidor: de um SSLContext, de ``(certificado, chave)`` ou da pasta que `cert` fez.

    UsageError se os arquivos não servem ou se este Python não serve.
    """
    check_python()
    if isinstance(tls, ssl.SSLContext):
        return prepare(tls)
    if isinstance(tls, str | Path):
        tls = Path(tls) / CERT, Path(tls) / KEY
    try:
        cert, key = map(str, tls)
    except (TypeError, ValueError):
        raise UsageError(
            "não entendi tls: passe a pasta que python3 -m chatlib cert fez, ou (certificado, chave)"
        ) from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.num_tickets = 0  # ninguém retoma uma sessão aqui
    try:
        context.load_cert_chain(cert, key, password=_no_password)
    except ssl.SSLError as error:
        raise UsageError(
            f"{cert} e {key} não são um certificado e a chave dele ({error.reason or error}): "
            "confira a ordem, ou faça outros com python3 -m chatlib cert"
        ) from None
    except OSError as error:
        raise UsageError(
            f"não li {cert} e {key} ({error.strerror}): confira os nomes e as permissões"
        ) from None
    return prepare(context)


def _no_password() -> str:
    raise UsageError("a chave está trancada por uma senha: use uma sem senha, que só o dono possa ler")


def guard(sock: socket.socket, context: ssl.SSLContext) -> socket.socket:
    """A conexão aceita, pronta para `accept`; OSError se ela já se foi."""
    sock.getpeername()
    guarded = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
    try:
        guarded.getpeername()  # sem o outro lado, a classe mãe desiste do TLS, e conversaria em claro
    except OSError:
        guarded.close()
        raise
    return guarded


def accept(sock: Socket, timeout: float) -> None:
    """Combina o TLS com quem chegou; EntryRefused se não dá, OSError se a conexão cai.

    Um cliente comum espera calado pelo NICK: depois de metade do prazo, o silêncio é de um deles.
    """
    first = sock.first_byte(timeout / 2)
    if first == b"":
        raise ConnectionAbortedError
    if first != HELLO:
        sock.is_clear = True  # a recusa vai em claro, ou ninguém a leria
        raise EntryRefused(protocol.tls_only.bare())
    sock.settimeout(timeout)
    try:
        sock.do_handshake()
    except ssl.SSLError as error:
        raise EntryRefused(f"o TLS não se combinou: {_told_by_client(error)}") from error
    except TimeoutError:
        raise EntryRefused(f"o TLS não se combinou em {timeout:g} s") from None


def _told_by_client(error: ssl.SSLError) -> str:
    reason = error.reason or str(error)
    if "UNKNOWN_CA" in reason or "BAD_CERTIFICATE" in reason or "CERTIFICATE_UNKNOWN" in reason:
        return "o cliente não confia no certificado; entregue a ele o ca.pem desta sala"
    return reason.replace("_", " ").lower()


# --- o lado do cliente


def client_context(tls: Any) -> ssl.SSLContext | None:
    """O contexto de um cliente: de um SSLContext, do caminho de um ca.pem, da pasta dele, ou True, as
    autoridades do sistema; None se ``tls`` é None ou False. UsageError se não serve.
    """
    if tls is None or tls is False:
        return None
    check_python()
    if isinstance(tls, ssl.SSLContext):
        return prepare(tls)
    if tls is True:
        return prepare(ssl.create_default_context())
    if not isinstance(tls, str | Path):
        raise UsageError('não entendi tls: passe o caminho do ca.pem, como tls="ca.pem", ou tls=True')
    path = Path(tls) / CA if Path(tls).is_dir() else Path(tls)
    try:
        return prepare(ssl.create_default_context(cafile=path))
    except ssl.SSLError:
        raise UsageError(f"{path} não é um certificado: peça o ca.pem a quem cuida da sala") from None
    except OSError as error:
        raise UsageError(f"não li {path} ({error.strerror}): confira o caminho do ca.pem") from None


def connect(host: str, port: int, timeout: float, context: ssl.SSLContext | None) -> socket.socket:
    """Conecta, com TLS se há um contexto; ServerNotFound, ou TlsError se o servidor não prova quem é."""
    sock = sockets.connect(host, port, timeout)
    if context is None:
        return sock
    try:
        name = host.partition("%")[0] or "localhost"  # sem a interface de um fe80::1%eth0
        sock = context.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
        sock.do_handshake()
        return sock
    except (OSError, ValueError) as error:
        sock.close()
        raise explain(error, host) from error
    except BaseException:
        sock.close()
        raise


# X509_V_ERR_* da OpenSSL (x509_vfy.h): o que a conferência do certificado achou.
_NOT_YET, _EXPIRED, _WRONG_HOST, _WRONG_IP = 9, 10, 62, 64


def explain(error: Exception, host: str) -> ChatError:
    """Por que o TLS não se combinou, do lado do cliente, e o que fazer."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return TlsError(_distrust(error.verify_code, host))
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        if "PROTOCOL_VERSION" in (error.reason or "") or "UNSUPPORTED_PROTOCOL" in (error.reason or ""):
            return TlsError(
                "o servidor só fala um TLS antigo, em que não se confia mais: use o 1.2 ou mais novo"
            )
        return TlsError(f"{host} não fala TLS nessa porta: entre sem tls, ou confira a porta")
    return ServerNotFound(
        f"{host} não combinou o TLS: ele pode estar cheio ou encerrando, ou não ser um chat; "
        "tente de novo em instantes"
    )


def _distrust(code: int, host: str) -> str:
    if code in (_WRONG_HOST, _WRONG_IP):
        return (
            f"o certificado do servidor não é de {host}: entre pelo nome para o qual ele foi feito, ou faça "
            f"outro com --host {host}; se o endereço está certo, alguém pode estar no caminho"
        )
    if code == _EXPIRED:
        return "o certificado do servidor venceu: peça a quem cuida da sala que faça outro"
    if code == _NOT_YET:
        return "o certificado do servidor ainda não vale: confira a data e a hora deste computador"
    return (
        "não reconheço quem assinou o certificado do servidor: peça o ca.pem a quem cuida da sala; "
        "se já usou o dele, alguém pode estar no caminho, fingindo ser o servidor"
    )


# --- o que os dois lados têm em comum


def prepare(context: ssl.SSLContext) -> ssl.SSLContext:
    """O contexto, do TLS 1.2 em diante, fazendo `Socket`."""
    context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)
    # Quem sai sem se despedir só saiu: sem isto, a OpenSSL não deixaria mais nem escrever.
    context.options |= getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    context.options |= ssl.OP_NO_RENEGOTIATION  # recombinar sem parar custaria caro ao servidor
    context.sslsocket_class = Socket
    return context


def check_python() -> None:
    """UsageError num Python em que uma conexão TLS para quando uma thread lê e outra escreve."""
    first, last = DEADLOCKED
    if first <= sys.version_info[:3] <= last:
        version = ".".join(map(str, sys.version_info[:3]))
        raise UsageError(
            f"o Python {version} trava quando duas threads usam uma conexão TLS (cpython 137583): "
            "atualize-o para o 3.13.7 ou mais novo, ou use a sala sem TLS"
        )
