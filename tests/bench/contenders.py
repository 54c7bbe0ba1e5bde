"""Os servidores que se medem: como cada um se chama, como sobe e o que lhe falta para subir aqui."""

import importlib.util
import os
import re
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SYSTEM = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])

NGIRCD_CONF = """
[Global]
Name = irc.bench
Info = bench
Listen = 127.0.0.1
Ports = {port}
ServerUID = {uid}
ServerGID = {gid}
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxPenaltyTime = 0
PingTimeout = 3600
[Options]
DNS = no
Ident = no
PAM = no
"""
# Em todos, como no chatlib: nada vai para o disco, e quem deixa 1 MiB por ler é cortado.
REDIS = ["--bind", "127.0.0.1", "--save", "", "--client-output-buffer-limit", "pubsub", "1mb", "1mb", "0"]
NATS_CONF = "max_pending: 1MB\nmax_connections: 10000\n"


@dataclass(frozen=True)
class Contender:
    """Um servidor.

    title: como aparece na tabela; command: da pasta temporária e da porta livre para o comando; protocol:
    o de `load`; needs: o que procurar, um programa ou um módulo do Python; says_port: se escolhe a porta e a
    escreve, em vez de usar a que se dá.
    """

    title: str
    command: Callable[[Path, int], list[str]]
    protocol: str = "chat"
    needs: str = ""
    says_port: bool = True

    def missing(self) -> str | None:
        """O que falta para medi-lo aqui, ou None."""
        if not self.needs or find(self.needs) or importlib.util.find_spec(self.needs):
            return None
        return f"falta instalar {self.needs}"


def find(program: str) -> str | None:
    """O caminho do programa, também entre os que só o administrador costuma usar."""
    return shutil.which(program, path=SYSTEM)


def python(*arguments: str) -> Callable[[Path, int], list[str]]:
    """O comando de um servidor em Python."""
    return lambda directory, port: [sys.executable, "-u", *arguments]


def script(name: str) -> Callable[[Path, int], list[str]]:
    """O comando de um dos servidores de ``servers/``."""
    return python(str(HERE / "servers" / f"{name}.py"))


def ngircd(directory: Path, port: int) -> list[str]:
    conf = directory / "ngircd.conf"
    conf.write_text(NGIRCD_CONF.format(port=port, uid=os.getuid(), gid=os.getgid()))
    return [str(find("ngircd")), "--nodaemon", "--config", str(conf)]


def nats(directory: Path, port: int) -> list[str]:
    conf = directory / "nats.conf"
    conf.write_text(NATS_CONF)
    return [str(find("nats-server")), "-a", "127.0.0.1", "-p", str(port), "-c", str(conf)]


def redis(directory: Path, port: int) -> list[str]:
    return [str(find("redis-server")), "--port", str(port), "--dir", str(directory), *REDIS]


def c_loop(directory: Path, port: int) -> list[str]:
    return [str(directory / "cloop")]


CONTENDERS = {
    "c": Contender("laço em C", c_loop),
    "chatlib": Contender(
        "chatlib", python("-m", "chatlib", "server", "--port", "0", "--max-members", "10000")
    ),
    "bare": Contender("chatlib sem regras", script("bare")),
    "recorded": Contender("chatlib gravado", script("recorded")),
    "redis": Contender("Redis pub/sub", redis, "redis", "redis-server", says_port=False),
    "nats": Contender("NATS", nats, "nats", "nats-server", says_port=False),
    "ngircd": Contender("ngircd", ngircd, "irc", "ngircd", says_port=False),
    "naive": Contender("ingênuo do curso", script("naive")),
    "websockets": Contender("websockets", script("websockets_broadcast"), "ws", "websockets"),
    "asyncio": Contender("asyncio", script("asyncio_streams")),
    "queues": Contender("thread e fila", script("queues")),
}


def free_port() -> int:
    """Uma porta que ninguém usa agora."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def said_port(text: str) -> int | None:
    """A porta que o servidor escreveu; None se ainda não disse."""
    found = re.search(r"127\.0\.0\.1:(\d+)", text)
    return int(found[1]) if found else None
