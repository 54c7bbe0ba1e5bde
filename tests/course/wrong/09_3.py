"""Respostas erradas de 09.3; a docstring de cada uma é a verificação que deve pegá-la."""

import time
from statistics import mean, median


def _timed(function, clock=time.perf_counter):
    """Os segundos de uma chamada."""
    start = clock()
    function()
    return clock() - start


def in_milliseconds(first, second, rounds):
    """devolve um par de segundos"""
    first(), second()
    pairs = [(_timed(first) * 1000, _timed(second) * 1000) for _ in range(rounds)]
    return tuple(median(times) for times in zip(*pairs, strict=True))


def the_other_way_around(first, second, rounds):
    """devolve um par de segundos"""
    first(), second()
    pairs = [(_timed(second), _timed(first)) for _ in range(rounds)]
    return tuple(median(times) for times in zip(*pairs, strict=True))


def counts_only_work(first, second, rounds):
    """devolve um par de segundos"""
    first(), second()
    pairs = [(_timed(first, time.process_time), _timed(second, time.process_time)) for _ in range(rounds)]
    return tuple(median(times) for times in zip(*pairs, strict=True))


def never_warms_up(first, second, rounds):
    """chama cada uma uma vez para aquecer, e depois rounds vezes"""
    pairs = [(_timed(first), _timed(second)) for _ in range(rounds)]
    return tuple(median(times) for times in zip(*pairs, strict=True))


def drops_no_round(first, second, rounds):
    """o aquecimento não conta"""
    pairs = [(_timed(first), _timed(second)) for _ in range(rounds + 1)]
    return tuple(max(times) for times in zip(*pairs, strict=True))


def warms_up_and_counts(first, second, rounds):
    """o aquecimento não conta"""
    pairs = [(_timed(first), _timed(second)) for _ in range(rounds + 1)]
    return tuple(median(times) for times in zip(*pairs, strict=True))


def one_and_then_the_other(first, second, rounds):
    """alterna as duas"""
    first(), second()
    return median(_timed(first) for _ in range(rounds)), median(_timed(second) for _ in range(rounds))


def takes_the_mean(first, second, rounds):
    """uma medida ruim não estraga o resultado"""
    first(), second()
    pairs = [(_timed(first), _timed(second)) for _ in range(rounds)]
    return tuple(mean(times) for times in zip(*pairs, strict=True))


def takes_the_worst(first, second, rounds):
    """uma medida ruim não estraga o resultado"""
    first(), second()
    pairs = [(_timed(first), _timed(second)) for _ in range(rounds)]
    return tuple(max(times) for times in zip(*pairs, strict=True))


def takes_the_best(first, second, rounds):
    """uma medida boa demais também não"""
    first(), second()
    pairs = [(_timed(first), _timed(second)) for _ in range(rounds)]
    return tuple(min(times) for times in zip(*pairs, strict=True))


def never_restarts_the_clock(first, second, rounds):
    """cada tempo é de uma chamada só"""
    first(), second()
    pairs = []
    for _ in range(rounds):
        start = time.perf_counter()
        first()
        middle = time.perf_counter()
        second()
        pairs.append((middle - start, time.perf_counter() - start))
    return tuple(median(times) for times in zip(*pairs, strict=True))
