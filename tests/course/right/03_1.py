"""Respostas certas de 03.1, de outro feitio: nenhuma é recusada."""

from functools import partial


def reads_three_at_a_time(client, broadcast):
    for data in iter(partial(client.recv, 3), b""):
        broadcast(data)
