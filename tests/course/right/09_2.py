"""Respostas certas de 09.2, de outro feitio: nenhuma é recusada."""

from contextlib import suppress
from queue import Empty


def until_empty(box, clients):
    data, count = box.get(), 1
    try:
        while True:
            data += box.get_nowait()
            count += 1
    except Empty:
        pass
    for c in clients:
        try:
            c.sendall(data)
        except OSError as error:
            print(error)
    return count


def by_size(box, clients):
    messages = [box.get()]
    messages += [box.get() for _ in range(box.qsize())]
    for c in clients:
        try:
            c.sendall(b"".join(messages))
        except Exception:
            continue
    return len(messages)


def a_short_wait(box, clients):
    messages = [box.get()]
    while True:
        try:
            messages.append(box.get(timeout=0.01))
        except Empty:
            break
    for c in clients:
        with suppress(OSError):
            c.sendall(b"".join(messages))
    return len(messages)
