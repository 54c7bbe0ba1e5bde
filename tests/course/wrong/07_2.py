"""Respostas erradas de 07.2; a docstring de cada uma é a verificação que deve pegá-la."""


def waits_for_everyone(message, pending, limit):
    """quem não lê não segura ninguém"""
    for sock in pending:
        sock.send(message)
    return []


def waits_with_sendall(message, pending, limit):
    """quem não lê não segura ninguém"""
    for sock in pending:
        sock.sendall(message)
    return []


def throws_away_what_does_not_fit(message, pending, limit):
    """o que não coube chega depois, em ordem"""
    gone = []
    for sock in pending:
        sock.setblocking(False)
        try:
            sock.send(message)
        except BlockingIOError:
            pass
        except OSError:
            gone.append(sock)
    return gone


def overtakes_the_rest(message, pending, limit):
    """o que não coube chega depois, em ordem"""
    gone = []
    for sock, waiting in pending.items():
        sock.setblocking(False)
        for data in (message, bytes(waiting)):
            sent = 0
            try:
                sent = sock.send(data)
            except BlockingIOError:
                pass
            except OSError:
                gone.append(sock)
            if data is message:
                waiting += data[sent:]
            else:
                del waiting[:sent]
    return gone


def has_no_limit(message, pending, limit):
    """devolve quem passou do limite"""
    gone = []
    for sock, waiting in pending.items():
        waiting += message
        sock.setblocking(False)
        try:
            while waiting:
                del waiting[: sock.send(waiting)]
        except BlockingIOError:
            pass
        except OSError:
            gone.append(sock)
    return gone


def stops_at_the_dead(message, pending, limit):
    """um morto não impede a entrega, e é devolvido"""
    for sock, waiting in pending.items():
        waiting += message
        sock.setblocking(False)
        try:
            while waiting:
                del waiting[: sock.send(waiting)]
        except BlockingIOError:
            if len(waiting) > limit:
                return [sock]
        except OSError:
            return [sock]
    return []


def forgets_the_dead(message, pending, limit):
    """um morto não impede a entrega, e é devolvido"""
    gone = []
    for sock, waiting in pending.items():
        waiting += message
        sock.setblocking(False)
        try:
            while waiting:
                del waiting[: sock.send(waiting)]
        except OSError:
            if len(waiting) > limit:
                gone.append(sock)
    return gone


def judges_before_sending(message, pending, limit):
    """só devolve quem passou do limite"""
    gone = []
    for sock, waiting in pending.items():
        waiting += message
        sock.setblocking(False)
        try:
            if len(waiting) >= limit:
                gone.append(sock)
            while waiting:
                del waiting[: sock.send(waiting)]
        except BlockingIOError:
            pass
        except OSError:
            gone.append(sock)
    return gone


def turns_off_the_full(message, pending, limit):
    """só devolve quem passou do limite"""
    gone = []
    for sock, waiting in pending.items():
        waiting += message
        sock.setblocking(False)
        try:
            while waiting:
                del waiting[: sock.send(waiting)]
        except OSError:
            gone.append(sock)
    return gone


def does_nothing_without_a_message(message, pending, limit):
    """o que não coube chega depois, em ordem"""
    return has_no_limit(message, pending, limit) if message else []


def takes_sendall_for_all_or_nothing(message, pending, limit):
    """o que não coube chega depois, em ordem"""
    for sock, waiting in pending.items():
        waiting += message
        sock.setblocking(False)
        try:
            sock.sendall(waiting)
            waiting.clear()
        except OSError:
            pass
    return []


def takes_the_dead_out(message, pending, limit):
    """devolve uma lista, e não tira ninguém da sala"""
    gone = []
    for s in list(pending):
        w = pending[s]
        w += message
        s.setblocking(False)
        try:
            while w:
                del w[: s.send(w)]
        except BlockingIOError:
            pass
        except OSError:
            gone.append(s)
            del pending[s]
            continue
        if len(w) > limit:
            gone.append(s)
    return gone


def knows_only_connections(message, pending, limit):
    """um morto não impede a entrega, e é devolvido"""
    gone = []
    for sock, queue in pending.items():
        queue += message
        sock.setblocking(False)
        try:
            while queue:
                del queue[: sock.send(queue)]
        except BlockingIOError:
            pass
        except ConnectionError:
            gone.append(sock)
            continue
        if len(queue) > limit:
            gone.append(sock)
    return gone


def turns_the_queue_into_bytes(message, pending, limit):
    """o que não coube chega depois, em ordem

    a fila é um bytearray
    """
    gone = []
    for sock in pending:
        pending[sock] = bytes(pending[sock]) + message
        sock.setblocking(False)
        try:
            while pending[sock]:
                sent = sock.send(pending[sock])
                pending[sock] = pending[sock][sent:]
        except BlockingIOError:
            pass
        except OSError:
            gone.append(sock)
            continue
        if len(pending[sock]) > limit:
            gone.append(sock)
    return gone


def takes_the_slow_for_dead(message, pending, limit):
    """só devolve quem passou do limite

    BlockingIOError também é um OSError
    """
    gone = []
    for sock, queue in pending.items():
        queue += message
        sock.setblocking(False)
        try:
            while queue:
                del queue[: sock.send(queue)]
        except OSError:
            gone.append(sock)
    return gone


def stops_at_the_slow(message, pending, limit):
    """quem não lê não segura ninguém

    passe ao próximo socket
    """
    gone = []
    for sock, queue in pending.items():
        queue += message
        sock.setblocking(False)
        try:
            while queue:
                del queue[: sock.send(queue)]
        except BlockingIOError:
            break
        except OSError:
            gone.append(sock)
    return gone


def gives_none(message, pending, limit):
    """todos recebem

    vazia se ninguém
    """
    for sock, queue in pending.items():
        queue += message
        sock.setblocking(False)
        del queue[: sock.send(queue)]
