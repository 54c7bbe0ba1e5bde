"""Respostas certas de 09.1, de outro feitio: nenhuma é recusada."""

import math


def rounds_up(times, percent):
    return sorted(times)[math.ceil(len(times) * percent / 100) - 1]


def reads_the_definition(times, percent):
    for value in sorted(times):
        if sum(other <= value for other in times) * 100 >= percent * len(times):
            return value


def divides_first(times, percent):
    ordered = list(times)
    ordered.sort()
    count, left = divmod(len(ordered) * percent, 100)
    return ordered[count if left else count - 1]
