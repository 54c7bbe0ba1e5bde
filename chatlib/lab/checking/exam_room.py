"""A sala de provas: conexões TCP de verdade, com um vizinho bem ou mal comportado do outro lado."""

import errno
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from ..peer import HOST, Peer, wait_until
from . import weather

patience = 2.0  # segundos que se espera pelo que deve acontecer: só quem erra espera tanto
QUIET = 0.25  # segundos de um silêncio, ou de atraso de quem demora a ler
SMALL = 32 * 1024  # bytes dos buffers de uma conexão estreita


class Narrow(socket.socket):
    """Um socket de verdade em que `send` nunca leva tudo: só a metade, como pode acontecer na rede."""

    def send(self, data, *flags) -> int:
        return super().send(data[: (len(data) + 1) // 2], *flags)


class Unplugged(socket.socket):
    """Um socket de cabo cortado: o erro do envio não é da conexão, e sim da rede."""

    def send(self, data, *flags) -> int:
        raise OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))

    sendall = send  # type: ignore[assignment]  # nenhum dos dois chega a devolver nada


class Neighbor(Peer):
    """O outro lado, visto por quem confere: espera sem pressa pelo que deve chegar."""

    def got(self, data: bytes, timeout: float | None = None) -> bool:
        """Se ``data`` chega, dentro do prazo."""
        return super().got(data, timeout or patience)

    def ended(self, timeout: float | None = None) -> bool:
        """Se o outro lado encerra a conexão, dentro do prazo."""
        return super().ended(timeout or patience)


@dataclass(frozen=True)
class Pair:
    """Uma conexão: ``sock`` vai para a função do aluno, ``peer`` é o outro lado."""

    sock: socket.socket
    peer: Neighbor

    def all_that_came(self) -> bytes:
        """Tudo o que a função mandou; chame depois que ela voltou, pois encerra a conexão."""
        with suppress(OSError):  # se ela já fechou o socket, já se sabe que acabou
            socket.socket.shutdown(self.sock, socket.SHUT_WR)
        self.peer.ended()
        return bytes(self.peer.seen)


class ExamRoom:
    """Abre conexões e as fecha todas no fim; ``failures`` é o que o código do aluno levantou."""

    def __init__(self):
        self.failures: list[BaseException] = []
        self.stuck: threading.Thread | None = None  # a que devia ter terminado
        self.own: list[socket.socket] = []  # os sockets desta sala
        self._handed: list[tuple[socket.socket, float | None]] = []  # o que o aluno recebeu, e seu prazo
        self._closed = False
        self._lock = threading.Lock()

    def keep(self, sock: socket.socket) -> socket.socket:
        """Lembra de fechar o socket no fim."""
        with self._lock:
            self.own.append(sock)
        return sock

    def pair(self, kind: type = socket.socket, buffers: int = 0) -> Pair:
        """Uma conexão TCP com os dois lados neste processo; buffers: bytes que cabem nela, se não 0."""
        with socket.create_server((HOST, 0)) as listener:
            peer = self.keep(weather.Indoors())
            if buffers:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffers)
            peer.connect(listener.getsockname())
            sock = self.keep(kind(fileno=listener.accept()[0].detach()))
        if buffers:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffers)
        with self._lock:
            self._handed.append((sock, sock.gettimeout()))
        return Pair(sock, Neighbor(peer, sock))

    def narrow(self) -> Pair:
        """Uma conexão estreita: cabe pouco nela, e um `send` só leva uma parte da mensagem."""
        return self.pair(Narrow, SMALL)

    def dead(self) -> socket.socket:
        """Um socket cujo outro lado já caiu: enviar por ele dá erro."""
        pair = self.pair()
        pair.peer.reset()
        with suppress(OSError):  # o primeiro recv descobre a queda; os envios seguintes falham
            pair.sock.recv(1)
        return pair.sock

    def listener(self) -> socket.socket:
        """Um socket que escuta, como o ``server`` das aulas."""
        return self.keep(socket.create_server((HOST, 0)))

    def dial(self, listener: socket.socket) -> Neighbor:
        """Alguém que se conecta ao socket que escuta."""
        sock = socket.create_connection(listener.getsockname(), timeout=patience)
        return Neighbor(self.keep(weather.indoors(sock)))

    def spawn(self, function: Callable, *args) -> threading.Thread:
        """Roda a função do aluno numa thread, como faz quem a chama nas aulas."""

        def run():
            try:
                function(*args)
            except BaseException as error:  # até sys.exit, que encerraria a thread calado
                if not self._closed:  # no fim a sala fecha as conexões que ele usa
                    self.failures.append(error)

        name = getattr(function, "__name__", "resposta")  # um objeto que se chama não tem nome
        # Não é daemon: uma thread herda isso de quem a cria, e follow deve pedi-lo.
        thread = threading.Thread(target=run, name=f"verificar: {name}", daemon=False)
        thread.start()
        return thread

    def wait(self, condition: Callable[[], bool], timeout: float | None = None) -> bool:
        """Se a condição se torna verdadeira, dentro do prazo."""
        return wait_until(condition, timeout or patience)

    def ended(self, thread: threading.Thread) -> bool:
        """Se a função que a thread roda volta, dentro do prazo."""
        thread.join(patience)
        self.stuck = thread if thread.is_alive() else None
        return not self.stuck

    def retimed(self) -> bool:
        """Se um socket que o aluno recebeu, e deixou aberto, ficou com outro prazo."""
        with self._lock:
            return any(sock.fileno() >= 0 and sock.gettimeout() != before for sock, before in self._handed)

    def close(self) -> None:
        """Fecha tudo, acordando quem estiver esperando em algum dos sockets."""
        self._closed = True
        with self._lock:
            for sock in self.own:
                with suppress(OSError):
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)
                socket.socket.close(sock)
