"""Mede o chatlib ao lado de outros servidores de chat, com a mesma carga e na mesma máquina.

  python3 lab.py medir                          tudo: perto de uma hora
  python3 lab.py medir --quick                  uma volta curta: uns dez minutos
  python3 lab.py medir --only chatlib c fanout  só estes servidores e cenários

Precisa de Linux e de um compilador C (cc). Os outros servidores entram se estiverem instalados: no
Debian e no Ubuntu, apt install ngircd nats-server redis-server; e a biblioteca, com
.venv/bin/python -m pip install websockets.

Cada medida sobe um servidor novo em 127.0.0.1, aplica a carga de load.c, confere que cada membro
recebeu tudo, uma vez e em ordem, e derruba o servidor. As voltas são intercaladas: um cenário passa
por todos os servidores antes do próximo, de modo que um minuto ruim da máquina pesa em todos. Valem
a mediana das voltas e as razões; os tempos absolutos mudam de máquina para máquina.

No fim, as tabelas na tela e, na pasta, medidas.json (tudo o que se mediu) e medidas.svg (as razões).
"""

import argparse
import json
import os
import platform
import resource
import shutil
import sys
import tempfile
from pathlib import Path

import kernel
from contenders import CONTENDERS, ROOT
from drawing import picture
from running import BenchError, compile_sources
from scenarios import Scenario, measure, scenarios
from tables import OURS, br, report

from chatlib.arguments import Formatter, Parser, positive

KERNEL = "kernel"  # o cenário que não é de servidor: o notebook parado
ROUNDS = 7
SECONDS, QUICK = 2.0, 0.5  # quanto dura cada medida, e quanto com --quick
LONG = ("fanout-1000", "joins-5000")  # o que --quick deixa de fora
IDLE = 2.5  # quantas vezes isso se olha um notebook parado


def measure_all(
    servers: list[str], chosen: dict[str, Scenario], rounds: int, directory: Path
) -> tuple[dict, dict]:
    """Devolve {cenário: {servidor: [números de cada volta]}} e {cenário: {servidor: por que não deu}}."""
    results: dict = {scenario: {name: [] for name in servers} for scenario in chosen}
    failures: dict = {scenario: {} for scenario in chosen}
    for turn in range(1, rounds + 1):
        for scenario, load in chosen.items():
            for name in servers:
                if name in failures[scenario]:
                    continue
                progress(f"volta {turn} de {rounds}: {scenario}, {name}")
                try:
                    results[scenario][name].append(measure(name, load, directory))
                except BenchError as error:
                    failures[scenario][name] = str(error)
                    del results[scenario][name]
    progress("")
    return results, failures


def progress(text: str) -> None:
    """Mostra o andamento na mesma linha, se alguém está olhando."""
    if sys.stderr.isatty():
        print(f"\r{text:<60}", end="" if text else "\r", file=sys.stderr, flush=True)


def available(names: list[str]) -> list[str]:
    """Tira os servidores que não se pode medir aqui, dizendo por quê."""
    for name in names:
        if reason := CONTENDERS[name].missing():
            print(f"{CONTENDERS[name].title} fica de fora: {reason}")
    return [name for name in names if not CONTENDERS[name].missing()]


def pick(names: list[str], only: list[str]) -> list[str]:
    """Os nomes pedidos em ``only``; todos, se nenhum deles é deste grupo."""
    return [name for name in names if name in only] or list(names)


def show_kernel(found: dict) -> None:
    """O que gasta um notebook parado."""
    print(f"\n{KERNEL}: o processo de um notebook parado")
    for state, numbers in found.items():
        print(
            f"  {state:<18} acorda {br(numbers['wakeups'], 1)} vezes por segundo, "
            f"gasta {br(numbers['cpu'], 2)} % do processador"
        )


def save(
    folder: Path, titles: dict, rounds: int, results: dict, failures: dict, notebook: dict | None
) -> None:
    """Grava os números e o retrato deles."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "machine": {
            "system": platform.platform(),
            "python": platform.python_version(),
            "processors": os.cpu_count(),
            "load": os.getloadavg(),
        },
        "rounds": rounds,
        "scenarios": titles,
        "results": results,
        "failures": failures,
        KERNEL: notebook,
    }
    (folder / "medidas.json").write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    (folder / "medidas.svg").write_text(picture(titles, results), encoding="utf-8")
    print(f"\nGravei medidas.json e medidas.svg em {folder}")


class Lines(Formatter, argparse.RawDescriptionHelpFormatter):
    """A ajuda em português, com as linhas da descrição como se escreveram."""


def parse(args: list[str] | None) -> argparse.Namespace:
    """As opções da linha de comando."""
    names = [*CONTENDERS, *scenarios(), KERNEL]
    parser = Parser(prog="lab.py medir", description=__doc__, epilog=f"nomes: {', '.join(names)}")
    parser.formatter_class = Lines
    add = parser.options.add_argument
    add("--quick", action="store_true", help="uma volta, mais curta e sem o que demora")
    add("--rounds", type=positive, metavar="N", help=f"quantas voltas ({ROUNDS}; com --quick, 1)")
    add(
        "--only",
        nargs="+",
        metavar="NOME",
        choices=names,
        default=[],
        help="só estes, servidores ou cenários",
    )
    add("--out", type=Path, metavar="PASTA", default=ROOT / "medidas", help="onde gravar (padrão: medidas/)")
    add("--share", type=float, default=1, help=argparse.SUPPRESS)  # para o teste desta máquina
    return parser.parse_args(args)


def main(args: list[str] | None = None) -> int:
    """O código de saída: 1 se o chatlib não passou em algum cenário."""
    options = parse(args)
    if not shutil.which("cc"):
        sys.exit("Não deu certo: falta um compilador C; instale o comando cc (no Debian, o pacote gcc).")
    rounds = options.rounds or (1 if options.quick else ROUNDS)
    seconds = (QUICK if options.quick else SECONDS) * options.share
    every = scenarios(seconds, options.share)
    usual = [name for name in every if not (options.quick and name in LONG)]
    wanted = pick([*usual, KERNEL], options.only)
    chosen = {name: every[name] for name in wanted if name != KERNEL}
    servers = available(pick(list(CONTENDERS), options.only)) if chosen else []
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # os filhos herdam
    with tempfile.TemporaryDirectory() as directory:
        compile_sources(Path(directory))
        results, failures = measure_all(servers, chosen, rounds, Path(directory))
    notebook = kernel.measure(IDLE * seconds) if KERNEL in wanted else None
    titles = {name: scenario.title for name, scenario in chosen.items()}
    print(report(titles, results, failures))
    if notebook:
        show_kernel(notebook)
    save(options.out, titles, rounds, results, failures, notebook)
    return int(any(OURS in failed for failed in failures.values()))


if __name__ == "__main__":
    sys.exit(main())
