"""Respostas certas de 05.3, de outro feitio: nenhuma é recusada."""

from contextlib import suppress


def reads_a_file(sock, on_message):
    with suppress(OSError), sock.makefile("r", encoding="utf-8", errors="replace", newline="\n") as f:
        for line in f:
            if line.endswith("\n"):
                on_message(line[:-1])
