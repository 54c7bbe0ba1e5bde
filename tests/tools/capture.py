"""Grava a captura da aula 08: python tests/tools/capture.py (precisa do tcpdump, e de ser root)

A mesma conversa, vista de dois lugares: a fita de um `Recorder` e os pacotes que o ``tcpdump`` pegou
em 127.0.0.1. Os dois arquivos vão para ``notebooks/dados``.
"""

import subprocess
import time
from pathlib import Path

from chatlib import Client, Server
from chatlib.lab import Recorder

DATA = Path(__file__).resolve().parents[2] / "notebooks" / "dados"
PORT = 55555
PATIENCE = 10  # segundos


def talk(server: Server) -> None:
    """Ana e Bruno entram e trocam duas mensagens; Bruno sai, e depois Ana."""
    with Client("Ana", *server.address) as ana, Client("Bruno", *server.address) as bruno:
        ana.wait_for("Bruno entrou!")
        for person, text in ((ana, "oi, Bruno!"), (bruno, "olá, João está aí?")):
            person.write(text)
            for reader in (ana, bruno):
                reader.wait_for(text)
            time.sleep(0.2)  # deixa as confirmações saírem sozinhas


def main() -> None:
    """Liga o tcpdump, conversa e o desliga."""
    path = DATA / "conversa.pcap"
    command = ["tcpdump", "-i", "lo", "-U", "-w", str(path), f"tcp port {PORT}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as dump:
        assert "listening" in dump.stderr.readline()
        with Server(port=PORT) as server:
            with Recorder(server) as fita:
                talk(server)
            fita.to_jsonl(DATA / "conversa.jsonl")
        time.sleep(1)  # o tcpdump recebe os pacotes aos lotes
        dump.terminate()
        dump.wait(PATIENCE)


if __name__ == "__main__":
    main()
