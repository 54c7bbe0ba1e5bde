"""Respostas certas de 08.2, de outro feitio: nenhuma é recusada."""


def takes_the_first(tape):
    door = next(e.thread for e in tape if e.kind == "opened")
    stuck = [e for e in tape if e.kind == "waiting" and e.thread == door]
    return next((e.peer for e in stuck if e.text in ("recv", "send")), "")


def looks_at_the_door(tape):
    door = tape.of("opened")[0].thread
    stuck = [entry for entry in tape.of("waiting") if entry.thread == door]
    return stuck[0].peer if stuck[0].text != "accept" else ""
