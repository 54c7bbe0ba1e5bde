import time
from statistics import median


def compare(first, second, rounds):
    """As medianas, em segundos, de duas funções medidas com justiça."""
    first()
    second()
    times = {first: [], second: []}
    for _ in range(rounds):
        for function in (first, second):
            start = time.perf_counter()
            function()
            times[function].append(time.perf_counter() - start)
    return median(times[first]), median(times[second])
