"""Respostas certas de 04.2, de outro feitio: nenhuma é recusada."""

import select
import threading


def waits_with_select(server, welcome, stop):
    while not stop.is_set():
        r, _, _ = select.select([server], [], [], 0.05)
        if r:
            try:
                c, _ = server.accept()
            except OSError:
                continue
            threading.Thread(target=welcome, args=[c], name="ana").start()
