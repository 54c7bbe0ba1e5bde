"""Do que se mediu às tabelas: medianas, dispersão e razões."""

import statistics
from dataclasses import dataclass

from contenders import CONTENDERS

LIMIT = "c"  # a quem todos se comparam
OURS = "chatlib"
COLUMNS = "  {:<20}{:>13}{:>27}{:>10}{:>11}"

Values = dict[str, list[float]]  # servidor -> um número por volta; NaN onde não há


@dataclass(frozen=True)
class Figure:
    """Um número de um cenário e como se lê."""

    scenario: str
    key: str
    title: str
    higher_is_better: bool = False
    digits: int = 0
    is_absolute: bool = False  # não se compara com o limite: uma razão com quase zero nada diz


def rates() -> list[Figure]:
    """O débito de cada cenário em que muitos falam."""
    names = ("fanout", "fanout-1", "fanout-50", "fanout-500", "fanout-1000", "stall")
    return [Figure(name, "rate", "entregas por segundo (mais é melhor)", True) for name in names]


FIGURES = [
    *rates(),
    Figure("fanout", "server_cpu", "processador do servidor por entrega, em ns"),
    Figure("fanout", "load_cpu", "processador dos clientes por entrega, em ns"),
    Figure("latency", "p50", "mediana por entrega, em µs"),
    Figure("latency", "p99", "percentil 99 por entrega, em µs"),
    Figure("joins", "seconds", "segundos até o último entrar", digits=3),
    Figure("joins-5000", "seconds", "segundos até o último entrar", digits=3),
    Figure("churn", "stays", "estadas por segundo (mais é melhor)", True),
    Figure("size", "memory", "memória por membro, em kB", digits=1, is_absolute=True),
    Figure("size", "threads", "threads por membro", digits=2, is_absolute=True),
    Figure("size", "descriptors", "descritores por membro", digits=2, is_absolute=True),
    Figure("growth", "growth", "memória que as mensagens deixaram, em kB", is_absolute=True),
    Figure("idle", "wakeups", "vezes por segundo que acorda", digits=1, is_absolute=True),
    Figure("idle", "cpu", "processador gasto, em %", digits=2, is_absolute=True),
]
# Razões entre dois cenários ou dois servidores: o que custa, em parte do débito.
PRICES = {
    "resta do débito, com um membro que não lê": (("chatlib", "stall"), ("chatlib", "fanout")),
    "resta do débito, com separar, limpar, assinar e limitar": (("chatlib", "fanout"), ("bare", "fanout")),
    "resta do débito, com um Recorder a gravar": (("recorded", "fanout"), ("chatlib", "fanout")),
}


def br(value: float, digits: int = 0) -> str:
    """Um número com ponto nos milhares e vírgula nos decimais."""
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))


def times(value: float) -> str:
    """Uma razão com algarismos bastantes para se ler: 0,007×, 0,53×, 5,3×, 31×."""
    return br(value, 3 if value < 0.1 else 2 if value < 3 else 1 if value < 20 else 0) + "×"


def ratios(these: list[float], others: list[float]) -> list[float]:
    """Volta a volta, quantas vezes um é o outro: o que pesou numa volta pesou nos dois."""
    return [this / other for this, other in zip(these, others, strict=False) if other]


def advantage(figure: Figure, these: list[float], others: list[float]) -> float | None:
    """A mediana de quantas vezes ``these`` é melhor; None se não se compara."""
    if figure.is_absolute or not these or not others:
        return None
    pair = ratios(these, others) if figure.higher_is_better else ratios(others, these)
    return statistics.median(pair) if pair else None


def values(results: dict, figure: Figure) -> Values:
    """O que cada servidor fez desse número, volta a volta."""
    measured = results.get(figure.scenario, {})
    return {name: [one[figure.key] for one in rounds] for name, rounds in measured.items() if rounds}


def row(figure: Figure, name: str, measured: Values) -> str:
    """A linha de um servidor: mediana, extremos, e as razões com o limite e com o chatlib."""
    mine = measured[name]
    middle, least, most = (
        br(each, figure.digits) for each in (statistics.median(mine), min(mine), max(mine))
    )
    shares = advantage(figure, mine, measured.get(LIMIT, [])), advantage(figure, measured.get(OURS, []), mine)
    limit, ours = ("–" if share is None else times(share) for share in shares)
    return COLUMNS.format(CONTENDERS[name].title, middle, f"{least} a {most}", limit, ours)


def table(figure: Figure, title: str, results: dict, failures: dict) -> list[str]:
    """As linhas da tabela de um número; quem falhou aparece com o motivo."""
    measured = values(results, figure)
    lines = ["", f"{figure.scenario}: {title}", f"  {figure.title}"]
    lines.append(COLUMNS.format("servidor", "mediana", "menor a maior", "do limite", "chatlib é"))
    lines += [row(figure, name, measured) for name in measured]
    failed = failures.get(figure.scenario, {})
    return lines + [f"  {CONTENDERS[name].title:<20} não deu: {why}" for name, why in failed.items()]


def prices(results: dict) -> dict[str, float]:
    """As razões de `PRICES` que se puderam medir."""
    found = {}
    for title, pair in PRICES.items():
        these, others = ([one["rate"] for one in results.get(what, {}).get(who, [])] for who, what in pair)
        if these and others:
            found[title] = statistics.median(ratios(these, others))
    return found


def report(titles: dict[str, str], results: dict, failures: dict) -> str:
    """Todas as tabelas; titles: o que acontece em cada cenário medido."""
    lines = []
    for figure in FIGURES:
        if figure.scenario in titles:
            lines += table(figure, titles[figure.scenario], results, failures)
    found = prices(results)
    lines += ["", "preços"] if found else []
    lines += [f"  {title}: {br(100 * share)} %" for title, share in found.items()]
    lines += ["", "“do limite”: quanto do laço em C. “chatlib é”: quantas vezes o chatlib é melhor."]
    return "\n".join(lines)
