"""A sala de provas: conexões TCP de verdade, com um vizinho bem ou mal comportado do outro lado."""

import io
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from ..sockets import readable

HOST = "127.0.0.1"
WAIT = 1.0  # segundos que uma espera dura
SLOW = 0.1  # segundos que um byte mandado devagar espera para ser lido


class Peer:
    """O outro lado de uma conexão: o que um cliente (ou um servidor) faria."""

    def __init__(self, sock: socket.socket, other: socket.socket | None = None):
        self.sock, self._other = sock, other  # other: a ponta que está com o aluno, se ela é conhecida
        self.seen = bytearray()  # tudo o que chegou até agora
        self.over = False  # se o outro lado encerrou

    def send(self, data: bytes) -> None:
        """Manda os bytes de uma vez."""
        self.sock.sendall(data)

    def send_slowly(self, data: bytes) -> None:
        """Manda os bytes um a um, cada um depois que o anterior foi lido (ou de esperar um pouco)."""
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in data:
            self.sock.sendall(bytes([byte]))
            deadline = time.monotonic() + SLOW
            time.sleep(0.002)
            while self._unread() and time.monotonic() < deadline:
                time.sleep(0.001)

    def send_apart(self, first: bytes, rest: bytes) -> None:
        """Manda em dois pedaços, o segundo depois que o primeiro foi lido."""
        self.send_slowly(first)
        self.send(rest)

    def _unread(self) -> bool:
        """Se a outra ponta ainda tem o que ler."""
        return self._other is not None and self._other.fileno() >= 0 and readable(self._other, 0)

    def got(self, data: bytes, timeout: float = WAIT) -> bool:
        """Se ``data`` chega, dentro do prazo."""
        return self._read_until(lambda: data in self.seen, timeout)

    def ended(self, timeout: float = WAIT) -> bool:
        """Se o outro lado encerra a conexão, dentro do prazo."""
        return self._read_until(lambda: self.over, timeout)

    def heard(self, quiet: float = 0.15) -> bytes:
        """Tudo o que chegou, quando já não chega nada há ``quiet`` segundos."""
        before = -1
        while before != len(self.seen):
            before = len(self.seen)
            self._read_until(lambda: False, quiet)
        return bytes(self.seen)

    def finish(self) -> None:
        """Diz que não vai mandar mais nada, mas continua ouvindo."""
        self.sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Encerra com educação: o outro lado recebe b''."""
        self.sock.close()

    def reset(self) -> None:
        """Encerra com grosseria: o outro lado recebe ConnectionResetError."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def _read_until(self, done: Callable[[], bool], timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while not done():
            left = deadline - time.monotonic()
            if left <= 0 or self.over:
                return False
            self.sock.settimeout(left)
            try:
                data = self.sock.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                data = b""
            self.seen += data
            self.over = not data
        return True


class Narrow(socket.socket):
    """Um socket de verdade em que `send` nunca leva tudo: só a metade, como pode acontecer na rede."""

    def send(self, data, *flags) -> int:
        return super().send(data[: (len(data) + 1) // 2], *flags)


@dataclass(frozen=True)
class Pair:
    """Uma conexão: ``sock`` vai para a função do aluno, ``peer`` é o outro lado."""

    sock: socket.socket
    peer: Peer


class Room:
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
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        return True

    def close(self) -> None:
        """Fecha tudo, acordando quem estiver esperando em algum dos sockets."""
        self._closed = True
        with self._lock:
            for sock in self._open:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                sock.close()
