"""``python3 -m chatlib.lab.cluster``: liga um cluster e o mantém até o Ctrl+C."""

import argparse
import signal
import sys
import threading

from ...address import join
from ...arguments import Parser, positive
from ...errors import ChatError
from .cluster import Cluster


def parse(args: list[str] | None = None) -> argparse.Namespace:
    """Quantos nós e quantos servidores."""
    parser = Parser(
        prog="python3 lab.py cluster",
        description="Liga nesta máquina vários servidores do chat que são uma sala só; Ctrl+C os encerra.",
    )
    add = parser.options.add_argument
    add("--nos", metavar="N", type=positive, default=3, help="nós do registro comum (padrão: %(default)s)")
    add(
        "--servidores", metavar="N", type=positive, default=3, help="servidores do chat (padrão: %(default)s)"
    )
    return parser.parse_args(args)


def main() -> int:
    """Mostra os endereços e espera."""
    options = parse()
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    try:
        with Cluster(options.nos, options.servidores) as cluster:
            for server in cluster.servers:
                print(f"{server.name}: python3 -m chatlib client --port {server.port}", flush=True)
            for node in cluster.nodes:
                print(f"{node.name}: {node.url}", flush=True)
            addresses = ",".join(join(*address) for address in cluster.addresses)
            print(f"No painel, diga todos, e ele passa a outro se um cair: {addresses}", flush=True)
            print("Para encerrar, tecle Ctrl+C aqui.", flush=True)
            while not over.wait(1):  # com prazo: sem ele, o Ctrl+C não chega no Windows
                pass
    except ChatError as error:
        print(f"erro: {error}", file=sys.stderr)
        return 1
    print("Cluster encerrado.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
