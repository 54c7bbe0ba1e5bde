"""Respostas erradas de 08.2; a docstring de cada uma é a verificação que deve pegá-la."""


def always_free(tape):
    """diz por quem a porta espera"""
    return ""


def last_to_arrive(tape):
    """esperar quem chegue não é estar trancado"""
    return tape.of("opened")[-1].peer


def anybody_waiting(tape):
    """quem espera em outra thread não tranca"""
    return next((entry.peer for entry in tape.of("waiting")), "")


def counts_accept(tape):
    """esperar quem chegue não é estar trancado"""
    doors = {entry.thread for entry in tape.of("opened")}
    return next((entry.peer or entry.who for entry in tape.of("waiting") if entry.thread in doors), "")


def only_recv(tape):
    """preso num send também tranca"""
    doors = {entry.thread for entry in tape.of("opened")}
    waits = [entry for entry in tape.of("waiting") if entry.thread in doors and entry.text == "recv"]
    return waits[0].peer if waits else ""


def gives_the_thread(tape):
    """diz por quem a porta espera"""
    doors = {entry.thread for entry in tape.of("opened")}
    waits = [entry for entry in tape.of("waiting") if entry.thread in doors and entry.text != "accept"]
    return waits[0].thread if waits else ""


def knows_the_name(tape):
    """a porta é a thread que faz opened"""
    for e in tape.of("waiting"):
        if e.thread == "receive" and e.text != "accept":
            return e.peer
    return ""


def forgets_the_parentheses(tape):
    """quem espera em outra thread não tranca"""
    door = tape.of("opened")[0].thread
    for entry in tape.of("waiting"):
        if (entry.thread == door and entry.text == "recv") or entry.text == "send":
            return entry.peer
    return ""


def gives_none(tape):
    """esperar quem chegue não é estar trancado

    e não None
    """
    door = tape.of("opened")[0].thread
    for entry in tape.of("waiting"):
        if entry.thread == door and entry.text in ("recv", "send"):
            return entry.peer


def looks_at_the_last(tape):
    """quem espera em outra thread não tranca"""
    last = tape.of("waiting")[-1]
    return "" if last.text == "accept" else last.peer
