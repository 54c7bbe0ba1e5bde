"""A sala de provas: conexões TCP de verdade, com um vizinho bem ou mal comportado do outro lado."""

import io
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from ..peer import HOST, WAIT, Peer, wait_until


class Narrow(socket.socket):
    """Um socket de verdade em que `send` nunca leva tudo: só a metade, como pode acontecer na rede."""

    def send(self, data, *flags) -> int:
        return super().send(data[: (len(data) + 1) // 2], *flags)


@dataclass(frozen=True)
class Pair:
    """Uma conexão: ``sock`` vai para a função do aluno, ``peer`` é o outro lado."""

    sock: socket.socket
    peer: Peer


class ExamRoom:
    """Abre conexões e as fecha todas no fim; ``printed`` guarda o que o aluno imprimiu."""

    def __init__(self):
        self.printed = io.StringIO()
        self.failures: list[BaseException] = []  # o que o código do aluno levantou
        self._closed = False
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []

    def keep(self, sock: socket.socket) -> socket.socket:
        """Lembra de fechar o socket no fim."""
        with self._lock:
            self._open.append(sock)
        return sock

    def pair(self) -> Pair:
        """Uma conexão TCP com os dois lados neste processo."""
        with socket.create_server((HOST, 0)) as listener:
            peer = self.keep(socket.create_connection(listener.getsockname()))
            sock = self.keep(listener.accept()[0])
        return Pair(sock, Peer(peer, sock))

    def narrow(self) -> Pair:
        """Uma conexão estreita: um `send` só leva uma parte da mensagem."""
        pair = self.pair()
        sock = self.keep(Narrow(fileno=pair.sock.detach()))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32768)
        sock.settimeout(WAIT)
        return Pair(sock, Peer(pair.peer.sock, sock))

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

    def dial(self, listener: socket.socket) -> Peer:
        """Alguém que se conecta ao socket que escuta."""
        return Peer(self.keep(socket.create_connection(listener.getsockname(), timeout=WAIT)))

    def spawn(self, function: Callable, *args) -> threading.Thread:
        """Roda a função do aluno numa thread, como faz quem a chama nas aulas."""

        def run():
            try:
                function(*args)
            except Exception as error:
                if not self._closed:  # no fim a sala fecha as conexões que ele usa
                    self.failures.append(error)

        name = getattr(function, "__name__", "resposta")  # um objeto que se chama não tem nome
        thread = threading.Thread(target=run, name=f"verificar: {name}", daemon=True)
        thread.start()
        return thread

    def wait(self, condition: Callable[[], bool], timeout: float = WAIT) -> bool:
        """Se a condição se torna verdadeira, dentro do prazo."""
        return wait_until(condition, timeout)

    def close(self) -> None:
        """Fecha tudo, acordando quem estiver esperando em algum dos sockets."""
        self._closed = True
        with self._lock:
            for sock in self._open:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                sock.close()
