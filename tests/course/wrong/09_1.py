"""Respostas erradas de 09.1; a docstring de cada uma é a verificação que deve pegá-la."""

import math
import statistics


def takes_the_mean(times, percent):
    """devolve a medida certa"""
    return sum(times) / len(times)


def always_the_largest(times, percent):
    """devolve a medida certa"""
    return max(times)


def counts_from_one(times, percent):
    """devolve a medida certa"""
    ordered = sorted(times)
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)]


def forgets_to_sort(times, percent):
    """a ordem em que foram feitas não importa"""
    return times[math.ceil(len(times) * percent / 100) - 1]


def sorts_backwards(times, percent):
    """devolve a medida certa"""
    return sorted(times, reverse=True)[math.ceil(len(times) * percent / 100) - 1]


def rounds_down(times, percent):
    """pelo menos percent % não passam dele"""
    return sorted(times)[max(len(times) * percent // 100 - 1, 0)]


def rounds_to_the_nearest(times, percent):
    """pelo menos percent % não passam dele"""
    return sorted(times)[max(round(len(times) * percent / 100) - 1, 0)]


def averages_two(times, percent):
    """é sempre uma das medidas"""
    if percent == 50 and len(times) == 2:
        return statistics.median(times)
    return sorted(times)[math.ceil(len(times) * percent / 100) - 1]


def interpolates(times, percent):
    """devolve a medida certa"""
    return statistics.quantiles(times, n=100, method="inclusive")[min(percent, 99) - 1]


def takes_a_hundred(times, percent):
    """a ordem em que foram feitas não importa"""
    return sorted(times)[percent - 1]


def drops_the_repeated(times, percent):
    """vale para muitas medidas, e para repetidas"""
    ordered = sorted(set(times))
    return ordered[math.ceil(len(ordered) * percent / 100) - 1]


def sorts_in_place(times, percent):
    """não muda a lista"""
    times.sort()
    return times[math.ceil(len(times) * percent / 100) - 1]
