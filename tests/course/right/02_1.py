"""Respostas certas de 02.1, de outro feitio: nenhuma é recusada."""

import threading


def one_thread_each(clients, message):
    ts = [threading.Thread(target=c.sendall, args=(message,)) for c in clients]
    for t in ts:
        t.start()
    for t in ts:
        t.join()


def maps_the_sends(clients, message):
    list(map(lambda c: c.sendall(message), clients))
