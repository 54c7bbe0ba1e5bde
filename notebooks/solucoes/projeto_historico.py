"""Um servidor de chat com histórico, o exemplo do projeto final: python projeto_historico.py PORTA"""

import socket
import sys
import threading
from collections import deque
from contextlib import suppress

KEPT = 10  # mensagens que quem chega recebe


class Chat:
    """A sala: quem está nela e o que foi dito por último."""

    def __init__(self):
        self.lock = threading.Lock()  # guarda tudo o que segue, e a ordem das linhas
        self.members = {}  # apelido -> socket
        self.history = deque(maxlen=KEPT)

    def send(self, apelido, line):
        with suppress(OSError):  # quem caiu é retirado por sua própria thread
            self.members[apelido].sendall(f"{line}\n".encode())

    def broadcast(self, line):
        for apelido in self.members:
            self.send(apelido, line)

    def enter(self, apelido, sock):
        """Põe a pessoa na sala e devolve True; ou False, se o apelido não serve."""
        with self.lock:
            if not apelido or ":" in apelido or apelido in self.members:
                return False
            self.members[apelido] = sock
            self.broadcast(f"{apelido} entrou!")
            self.send(apelido, "Conectado ao servidor!")
            self.welcome(apelido)
            return True

    def welcome(self, apelido):
        for line in self.history:
            self.send(apelido, f"* histórico: {line}")

    def take(self, apelido, text):
        """Recebe um texto que a pessoa mandou, já sem o apelido dela na frente."""
        with self.lock:
            line = f"{apelido}: {text}"
            self.history.append(line)
            self.broadcast(line)

    def leave(self, apelido):
        with self.lock:
            del self.members[apelido]
            self.broadcast(f"{apelido} saiu!")

    def handle(self, sock):
        """Atende uma conexão do começo ao fim."""
        reading = sock.makefile(encoding="utf-8", errors="replace", newline="\n")
        with sock, reading, suppress(OSError):
            sock.sendall(b"NICK")
            apelido = reading.readline().strip()
            if not self.enter(apelido, sock):
                sock.sendall("* apelido recusado: ele está em uso ou não serve\n".encode())
                return
            try:
                for line in reading:
                    self.take(apelido, line.rstrip("\r\n").removeprefix(f"{apelido}: "))
            finally:
                self.leave(apelido)

    def receive(self, port):
        """Aceita quem chega, cada um em sua thread."""
        with socket.create_server(("127.0.0.1", port)) as server:
            while True:
                sock, _ = server.accept()
                threading.Thread(target=self.handle, args=(sock,), daemon=True).start()


if __name__ == "__main__":
    Chat().receive(int(sys.argv[1]))
