"""O que se mede: a carga de cada cenário e os números que se tiram dela."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contenders import CONTENDERS
from running import BenchError, Sample, run_load, running, sample
from tables import br

KB = 1000
Figures = Callable[[dict, list[Sample]], dict[str, float]]


@dataclass(frozen=True)
class Scenario:
    """Uma carga.

    title: o que acontece nela; load: o cenário de `load`; readers e speakers: quantos; seconds: quanto dura;
    figures: do que se contou aos números que se mostram; watch: s a olhar o servidor parado, na última pausa.
    """

    title: str
    load: str
    readers: int
    speakers: int
    seconds: float
    figures: Figures
    watch: float = 0.0


def fanout(result: dict, samples: list[Sample]) -> dict[str, float]:
    """Entregas por segundo, e o que cada uma custa dos dois lados, em ns de processador."""
    check_deliveries(result)
    before, after = samples
    return {
        "rate": result["deliveries"] / result["seconds"],
        "server_cpu": (after.cpu - before.cpu) / result["deliveries"] * 1e9,
        "load_cpu": result["cpu"] / result["deliveries"] * 1e9,
    }


def joins(result: dict, samples: list[Sample]) -> dict[str, float]:
    """Segundos até o último entrar."""
    return {"seconds": result["seconds"]}


def churn(result: dict, samples: list[Sample]) -> dict[str, float]:
    """Estadas por segundo: alguém entra, recebe as boas-vindas e sai."""
    return {"stays": result["stays"] / result["seconds"]}


def latency(result: dict, samples: list[Sample]) -> dict[str, float]:
    """Do envio à chegada, em µs."""
    check_deliveries(result)
    return {"p50": result["p50"], "p99": result["p99"]}


def size(result: dict, samples: list[Sample]) -> dict[str, float]:
    """O que cada membro ocupa do servidor."""
    before, after, *_ = samples
    joined = result["readers"]
    return {
        "memory": (after.memory - before.memory) / joined / KB,
        "threads": (after.threads - before.threads) / joined,
        "descriptors": (after.descriptors - before.descriptors) / joined,
    }


def growth(result: dict, samples: list[Sample]) -> dict[str, float]:
    """Quanto a memória cresce com mais mensagens, das mesmas pessoas, em kB."""
    check_deliveries(result)
    _, warm, after = samples
    return {"growth": (after.memory - warm.memory) / KB}


def idle(result: dict, samples: list[Sample]) -> dict[str, float]:
    """O que gasta um servidor em que ninguém fala."""
    *_, before, after = samples
    elapsed = after.at - before.at
    return {
        "wakeups": (after.wakeups - before.wakeups) / elapsed,
        "cpu": (after.cpu - before.cpu) / elapsed * 100,
    }


def check_deliveries(result: dict) -> None:
    """Cada membro recebeu tudo, uma vez e em ordem; senão, BenchError."""
    if result["deliveries"] < result["due"]:
        raise BenchError(f"entregou {result['deliveries']} de {result['due']}")
    if result["broken"]:
        raise BenchError(f"{result['broken']} mensagens fora de ordem ou repetidas")


def scenarios(seconds: float = 2.0, share: float = 1.0) -> dict[str, Scenario]:
    """Os cenários pelo nome; seconds: quanto dura cada um; share: que parte da gente vem, 1 fora de teste."""

    def people(count: int) -> int:
        return max(4, round(count * share))

    def talk(
        members: int, speakers: int, load: str = "fanout", figures: Figures = fanout, more: str = ""
    ) -> Scenario:
        members = people(members)
        speakers = min(speakers, members)
        verb = "fala" if speakers == 1 else "falam"
        return Scenario(
            f"{br(members)} membros, {speakers} {verb}{more}", load, members, speakers, seconds, figures
        )

    def arrive(title: str, members: int, figures: Figures, watch: float = 0.0) -> Scenario:
        members = people(members)
        return Scenario(title.format(br(members)), "joins", members, 0, 0, figures, watch)

    room, speakers = people(100), min(10, people(100))
    return {
        "fanout": talk(100, 10),
        "fanout-1": talk(100, 1),
        "fanout-50": talk(100, 50),
        "fanout-500": talk(500, 10),
        "fanout-1000": talk(1000, 10),
        "stall": talk(100, 10, "stall", more=", e mais 1 que não lê"),
        "latency": Scenario(
            f"{room} membros, 100 mensagens por segundo", "latency", room, room, seconds, latency
        ),
        "joins": arrive("{} entram", 1000, joins),
        "joins-5000": arrive("{} entram", 5000, joins),
        "churn": Scenario(
            f"com {room} na sala, {speakers} por vez entram e saem", "churn", room, speakers, seconds, churn
        ),
        "size": arrive("{} membros parados", 1000, size),
        "growth": talk(100, 10, "growth", growth, ", duas vezes"),
        "idle": arrive("{} membros calados", 100, idle, watch=2.5 * seconds),
    }


def watch(pid: int, seconds: float) -> list[Sample]:
    """Olha o processo quando já se acalmou, e outra vez depois de tantos segundos."""
    time.sleep(seconds / 5)
    before = sample(pid)
    time.sleep(seconds)
    return [before, sample(pid)]


def measure(name: str, scenario: Scenario, directory: Path) -> dict[str, float]:
    """Uma medida, com um servidor novo; BenchError se algo faltou."""
    samples: list[Sample] = []
    words = [scenario.load, scenario.readers, scenario.speakers, scenario.seconds]
    with running(name, directory) as (pid, port):

        def look() -> None:
            samples.append(sample(pid))
            if scenario.watch and len(samples) > 1:
                samples.extend(watch(pid, scenario.watch))

        result = run_load(CONTENDERS[name].protocol, port, words, directory, look)
    return scenario.figures(result | {"readers": scenario.readers}, samples)
