"""Respostas certas de 09.3, de outro feitio: nenhuma é recusada."""

import statistics
from itertools import pairwise
from time import monotonic, perf_counter


def two_lists(first, second, rounds):
    second()
    first()
    a, b = [], []
    for _ in range(rounds):
        t = perf_counter()
        first()
        a.append(perf_counter() - t)
        t = perf_counter()
        second()
        b.append(perf_counter() - t)
    return [statistics.median(a), statistics.median(b)]


def swaps_the_turn(first, second, rounds):
    times = [[], []]
    for turn in range(rounds + 1):
        for which in (0, 1) if turn % 2 else (1, 0):
            start = monotonic()
            (first, second)[which]()
            if turn:
                times[which].append(monotonic() - start)
    return tuple(sorted(one)[len(one) // 2] for one in times)


def one_reading_for_two(first, second, rounds):
    first(), second()
    marks = [perf_counter()]
    for _ in range(rounds):
        for function in (first, second):
            function()
            marks.append(perf_counter())
    steps = [after - before for before, after in pairwise(marks)]
    return statistics.median(steps[::2]), statistics.median(steps[1::2])
