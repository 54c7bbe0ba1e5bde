def who_blocks(tape):
    """Por quem espera a thread que atende a porta; "" se ela está livre."""
    doors = {entry.thread for entry in tape.of("opened")}
    for entry in tape.of("waiting"):
        if entry.thread in doors and entry.text != "accept":
            return entry.peer
    return ""
