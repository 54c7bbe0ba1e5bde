"""Mede o chatlib ao lado de outros servidores de chat, com a mesma carga e na mesma máquina.

    python tests/bench/bench.py                     # tudo: alguns minutos
    python tests/bench/bench.py --quick             # uma volta curta
    python tests/bench/bench.py --only chatlib c fanout

Precisa de Linux e de um compilador C (`cc`). `websockets` e `ngircd` entram se estiverem instalados.

Cada medida sobe um servidor novo em 127.0.0.1, aplica a carga de `load.c` e derruba o servidor.
As medidas são intercaladas: em cada volta, um cenário passa por todos os servidores antes do
próximo, de modo que um minuto ruim da máquina pesa em todos. Vale a mediana das voltas; os tempos
absolutos mudam de máquina para máquina, as razões muito menos.

Servidores:
    chatlib     o pacote deste repositório, por `python -m chatlib server`
    recorded    o mesmo, com um `Recorder` gravando tudo (`server_recorded.py`); compare com quiet
    quiet       o mesmo, sem o `Recorder` e sem contar nada no terminal
    c           o limite físico: um laço epoll em C que junta o que chegou (`cloop.c`)
    naive       o servidor ingênuo do início do curso (`server_naive.py`)
    websockets  o `broadcast` da biblioteca websockets (`server_websockets.py`)
    ngircd      um servidor de IRC em C, sem limites de ritmo

Cenários:
    fanout      100 membros, 10 falam, cada um com até 64 mensagens de 64 bytes no ar
    joins       1.000 conexões entram o mais depressa possível, 100 por vez (8 no ngircd, que deixa
                poucas à espera e assim se sai melhor)
    latency     100 membros, 100 mensagens por segundo, um falante de cada vez
    stall       o fanout, com um membro a mais que entra e nunca lê; um servidor que entrega pouco não
                chega a encher o buffer desse membro, e não sente a falta dele
"""

import argparse
import contextlib
import importlib.util
import json
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
START_LIMIT = 10  # s até o servidor dizer onde escuta
LOAD_LIMIT = 120  # s para uma medida inteira
STOP_LIMIT = 5  # s entre pedir que o servidor pare e matá-lo

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


class BenchError(Exception):
    """Uma medida que não deu certo; a mensagem diz por quê."""


@dataclass(frozen=True)
class Metric:
    """Um número de um cenário: como se lê no resultado de `load` e como se mostra."""

    scenario: str
    key: str
    title: str
    higher_is_better: bool
    digits: int = 0


METRICS = [
    Metric("fanout", "rate", "fanout: entregas por segundo (mais é melhor)", True),
    Metric("joins", "seconds", "joins: segundos até todos entrarem (menos é melhor)", False, 3),
    Metric("latency", "p50", "latency: mediana por entrega, em µs (menos é melhor)", False),
    Metric("latency", "p99", "latency: percentil 99 por entrega, em µs (menos é melhor)", False),
    Metric("stall", "rate", "stall: entregas por segundo com um membro parado (mais é melhor)", True),
]


def scenarios(quick):
    """Devolve {cenário: [leitores, falantes, segundos]}, os argumentos de `load`."""
    seconds = 1 if quick else 3
    return {
        "fanout": [100, 10, seconds],
        "joins": [200 if quick else 1000, 0, 0],
        "latency": [100, 100, seconds],
        "stall": [100, 10, seconds],
    }


# ---- servidores ---------------------------------------------------------------------------------


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def find_ngircd():
    return shutil.which("ngircd", path=os.environ.get("PATH", "") + ":/usr/sbin")


def ngircd_command(directory):
    """Escreve a configuração e devolve (comando, porta): o ngircd não escolhe porta sozinho."""
    port = free_port()
    conf = directory / "ngircd.conf"
    conf.write_text(NGIRCD_CONF.format(port=port, uid=os.getuid(), gid=os.getgid()))
    return [find_ngircd(), "--nodaemon", "--config", str(conf)], port


def server_command(name, directory):
    """Devolve (comando, porta); porta `None`: o servidor escreve HOST:PORTA ao subir."""
    python = [sys.executable, "-u"]
    if name == "ngircd":
        return ngircd_command(directory)
    if name == "chatlib":
        return [*python, "-m", "chatlib", "server", "--port", "0"], None
    if name == "c":
        return [str(directory / "cloop")], None
    if name == "quiet":
        return [*python, str(HERE / "server_recorded.py"), "--off"], None
    return [*python, str(HERE / f"server_{name}.py")], None


def missing(name):
    """Diz o que falta para medir um servidor, ou `None`."""
    if name == "websockets" and not importlib.util.find_spec("websockets"):
        return "a biblioteca websockets não está instalada"
    if name == "ngircd" and not find_ngircd():
        return "o ngircd não está instalado"
    return None


SERVERS = {
    # nome: (protocolo de `load`, como aparece na tabela)
    "chatlib": ("chat", "chatlib"),
    "recorded": ("chat", "chatlib gravado"),
    "quiet": ("chat", "chatlib calado"),
    "c": ("chat", "C, limite físico"),
    "naive": ("chat", "ingênuo do curso"),
    "websockets": ("ws", "websockets"),
    "ngircd": ("irc", "ngircd"),
}


def said_port(log):
    """Lê a porta do que o servidor já escreveu; `None` se ainda não disse."""
    found = re.search(r"127\.0\.0\.1:(\d+)", log.read_text(errors="replace"))
    return int(found[1]) if found else None


def accepts(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def wait_port(process, port, log):
    """Espera o servidor escutar e devolve a porta."""
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        if port is None and (said := said_port(log)):
            return said
        if port is not None and accepts(port):
            return port
        time.sleep(0.02)
    raise BenchError("o servidor não subiu: " + (log.read_text(errors="replace")[-300:].strip() or "calado"))


@contextlib.contextmanager
def running(name, directory):
    """Sobe um servidor, dá a porta dele e, na saída, encerra só esse processo."""
    command, port = server_command(name, directory)
    log = directory / "server.log"
    with log.open("wb") as output:  # um arquivo, não um pipe: ninguém precisa esvaziá-lo
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield wait_port(process, port, log)
    finally:
        process.terminate()
        try:
            process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


# ---- medidas ------------------------------------------------------------------------------------


def compile_sources(directory):
    for name in ("load", "cloop"):
        command = ["cc", "-O2", "-Wall", "-Wextra", "-o", str(directory / name), str(HERE / f"{name}.c")]
        subprocess.run(command, check=True)


def run_load(name, scenario, arguments, directory):
    """Faz uma medida e devolve o resultado de `load`; levanta `BenchError` se algo faltou."""
    protocol, _ = SERVERS[name]
    with running(name, directory) as port:
        command = [str(directory / "load"), protocol, str(port), scenario, *map(str, arguments)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=LOAD_LIMIT)
        except subprocess.TimeoutExpired:
            raise BenchError(f"não terminou em {LOAD_LIMIT} s") from None
    if done.returncode:
        raise BenchError(" ".join(done.stderr.split()))
    return check(json.loads(done.stdout))


def check(result):
    """Confere que cada membro recebeu tudo, uma vez e em ordem, e calcula a taxa."""
    if "due" not in result:
        return result
    if result["deliveries"] < result["due"]:
        raise BenchError(f"parou depois de {br(result['deliveries'])} entregas")
    if result["broken"]:
        raise BenchError(f"{br(result['broken'])} mensagens fora de ordem ou repetidas")
    if result.get("seconds"):
        result["rate"] = result["deliveries"] / result["seconds"]
    return result


def measure(servers, chosen, rounds, directory):
    """Devolve ({(servidor, cenário): [resultado, …]}, {(servidor, cenário): erro})."""
    results, failures = {}, {}
    for turn in range(1, rounds + 1):
        for scenario, arguments in chosen.items():
            for name in servers:
                key = (name, scenario)
                if key in failures:
                    continue
                progress(f"volta {turn} de {rounds}: {scenario}, {name}")
                try:
                    results.setdefault(key, []).append(run_load(name, scenario, arguments, directory))
                except BenchError as error:
                    failures[key] = str(error)
    progress("")
    return results, failures


def progress(text):
    """Mostra o andamento na mesma linha, se alguém está olhando."""
    if sys.stderr.isatty():
        print(f"\r{text:<60}", end="" if text else "\r", file=sys.stderr, flush=True)


# ---- tabela -------------------------------------------------------------------------------------


COLUMNS = "  {:<18}{:>12}{:>26}{:>11}{:>11}"


def br(value, digits=0):
    """Escreve um número com ponto nos milhares e vírgula nos decimais."""
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))


def times(value):
    """Escreve uma razão com algarismos bastantes para se ler: 0,53×, 5,3×, 31×."""
    return br(value, 2 if value < 3 else 1 if value < 20 else 0) + "×"


def percent(value):
    """Escreve uma razão em porcentagem: 0,3 %, 52 %."""
    return br(100 * value, 1 if value < 0.1 else 0) + " %"


def ratio(metric, this, other):
    """Quantas vezes `this` é melhor que `other`."""
    return this / other if metric.higher_is_better else other / this


def row(metric, name, values, medians):
    """Uma linha da tabela: mediana, extremos, e as razões com o limite e com o chatlib."""
    middle, least, most = (br(each, metric.digits) for each in (medians[name], min(values), max(values)))
    limit = percent(ratio(metric, medians[name], medians["c"])) if "c" in medians else "–"
    chatlib = times(ratio(metric, medians["chatlib"], medians[name])) if "chatlib" in medians else "–"
    return COLUMNS.format(SERVERS[name][1], middle, f"{least} a {most}", limit, chatlib)


def show(metric, servers, results, failures):
    """Escreve a tabela de um número: uma linha por servidor, os que falharam com o motivo."""
    values = {
        name: [result[metric.key] for result in results[name, metric.scenario]]
        for name in servers
        if (name, metric.scenario) in results and (name, metric.scenario) not in failures
    }
    medians = {name: statistics.median(each) for name, each in values.items()}
    print(f"\n{metric.title}")
    print(COLUMNS.format("servidor", "mediana", "menor a maior", "do limite", "chatlib é"))
    for name in servers:
        if name in values:
            print(row(metric, name, values[name], medians))
        else:
            print(f"  {SERVERS[name][1]:<18}  {failures[name, metric.scenario]}")
    return medians


def show_stall_cost(fanout, stall):
    """Escreve quanto do fanout resta quando um membro para de ler."""
    both = [name for name in stall if name in fanout]
    if both:
        print("\nstall ÷ fanout: quanto resta quando um membro para de ler")
    for name in both:
        print(f"  {SERVERS[name][1]:<18}{percent(stall[name] / fanout[name]):>12}")


def report(servers, chosen, results, failures):
    medians = {
        (metric.scenario, metric.key): show(metric, servers, results, failures)
        for metric in METRICS
        if metric.scenario in chosen
    }
    show_stall_cost(medians.get(("fanout", "rate"), {}), medians.get(("stall", "rate"), {}))
    print("\n“do limite”: quanto do laço em C. “chatlib é”: quantas vezes o chatlib é melhor.")


# ---- linha de comando ---------------------------------------------------------------------------


def parse_arguments():
    names = [*SERVERS, *scenarios(True)]
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="bench.py [-h] [--quick] [--rounds N] [--only NOME ...]",
        add_help=False,
    )
    parser.add_argument("-h", "--help", action="help", help="mostra esta ajuda e sai")
    parser.add_argument("--quick", action="store_true", help="uma volta, mais curta e com menos entradas")
    parser.add_argument("--rounds", type=int, metavar="N", help="número de voltas (3; com --quick, 1)")
    parser.add_argument("--only", nargs="+", metavar="NOME", choices=names, default=[],
                        help="só estes servidores e cenários")  # fmt: skip
    return parser.parse_args()


def select(names, only):
    """Os nomes pedidos em `only`; todos, se nenhum deles é deste grupo."""
    return [name for name in names if name in only] or list(names)


def available(names):
    """Tira os servidores que não se pode medir aqui, dizendo por quê."""
    for name in names:
        if reason := missing(name):
            print(f"{name} fica de fora: {reason}")
    return [name for name in names if not missing(name)]


def main():
    arguments = parse_arguments()
    rounds = arguments.rounds or (1 if arguments.quick else 3)
    every = scenarios(arguments.quick)
    chosen = {name: every[name] for name in select(every, arguments.only)}
    servers = available(select(SERVERS, arguments.only))
    if not shutil.which("cc"):
        sys.exit("falta um compilador C: instale o comando `cc`")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # os filhos herdam
    with tempfile.TemporaryDirectory() as directory:
        compile_sources(Path(directory))
        results, failures = measure(servers, chosen, rounds, Path(directory))
    report(servers, chosen, results, failures)
    return any(name == "chatlib" for name, _ in failures)


if __name__ == "__main__":
    sys.exit(main())
