"""Respostas erradas de 04.4; a docstring de cada uma é a verificação que deve pegá-la."""

import threading
from contextlib import suppress

_lock = threading.Lock()


def has_no_lock(client, line, locks):
    """espera a vez"""
    client.sendall(line + b"\n")


def makes_a_lock_of_its_own(client, line, locks):
    """espera a vez"""
    with threading.Lock():
        client.sendall(line + b"\n")


def replaces_the_lock(client, line, locks):
    """espera a vez"""
    locks[client] = threading.Lock()
    with locks[client]:
        client.sendall(line + b"\n")


def does_not_wait(client, line, locks):
    """espera a vez"""
    locks[client].acquire(blocking=False)
    try:
        client.sendall(line + b"\n")
    finally:
        if locks[client].locked():
            locks[client].release()


def gives_up_waiting(client, line, locks):
    """espera a vez"""
    if locks[client].acquire(blocking=False):
        client.sendall(line + b"\n")
        locks[client].release()


def looks_and_goes(client, line, locks):
    """espera a vez"""
    if not locks[client].locked():
        with locks[client]:
            client.sendall(line + b"\n")


def locks_too_late(client, line, locks):
    """espera a vez"""
    client.sendall(line)
    with locks[client]:
        client.sendall(b"\n")


def locks_too_little(client, line, locks):
    """ninguém entra no meio da linha"""
    with locks[client]:
        client.sendall(line)
    client.sendall(b"\n")


def locks_twice(client, line, locks):
    """ninguém entra no meio da linha"""
    for data in (line, b"\n"):
        with locks[client]:
            client.sendall(data)


def lets_go_at_each_piece(client, line, locks):
    """ninguém entra no meio da linha"""
    line += b"\n"
    for start in range(0, len(line), 4):
        with locks[client]:
            client.sendall(line[start : start + 4])


def has_one_lock_for_all(client, line, locks):
    """quem não lê só prende quem lhe fala"""
    with _lock, locks[client]:
        client.sendall(line + b"\n")


def takes_every_lock(client, line, locks):
    """quem não lê só prende quem lhe fala"""
    for lock in locks.values():
        lock.acquire()
    try:
        client.sendall(line + b"\n")
    finally:
        for lock in locks.values():
            lock.release()


def keeps_the_lock_when_it_fails(client, line, locks):
    """devolve a trava, mesmo que o envio falhe"""
    locks[client].acquire()
    client.sendall(line + b"\n")
    locks[client].release()


def never_gives_it_back(client, line, locks):
    """devolve a trava, mesmo que o envio falhe"""
    locks[client].acquire()
    client.sendall(line + b"\n")


def hides_the_error(client, line, locks):
    """deixa o erro seguir para quem chamou"""
    with locks[client], suppress(OSError):
        client.sendall(line + b"\n")


def sends_once(client, line, locks):
    """manda inteira uma linha longa"""
    with locks[client]:
        client.send(line + b"\n")


def forgets_the_end(client, line, locks):
    """manda a linha e o \\n"""
    with locks[client]:
        client.sendall(line)


def says_it_to_everybody(client, line, locks):
    """quem não lê só prende quem lhe fala"""
    for other, lock in locks.items():
        with lock:
            other.sendall(line + b"\n")
