"""Respostas erradas de 01.2; a docstring de cada uma é a verificação que deve pegá-la."""

import select


def reads_once(sock, size):
    """junta bytes que chegam um a um"""
    return sock.recv(size)


def reads_too_much(sock, size):
    """deixa o resto para a próxima"""
    received = b""
    while len(received) < size:
        received += sock.recv(1024)
    return received[:size]


def never_gives_up(sock, size):
    """volta com o que há se o outro lado encerra"""
    received = b""
    while len(received) < size:
        received += sock.recv(size - len(received))
    return received


def returns_text(sock, size):
    """devolve os bytes pedidos"""
    return sock.recv(size).decode()


def waits_and_hopes(sock, size):
    """volta com o que há se o outro lado encerra"""
    data = b""
    for _ in range(size):
        byte = sock.recv(1)
        if not byte:
            raise ConnectionError("acabou cedo")
        data += byte
    return data


def keeps_only_the_last(sock, size):
    """junta bytes que chegam um a um"""
    left = size
    while left > 0:
        data = sock.recv(left)
        if not data:
            break
        left -= len(data)
    return data


def decodes_on_the_way(sock, size):
    """junta bytes que chegam um a um"""
    text = ""
    while len(text.encode()) < size:
        data = sock.recv(size - len(text.encode()))
        if not data:
            break
        text += data.decode()
    return text.encode()


def asks_for_everything_again(sock, size):
    """não passa do tamanho pedido"""
    data = b""
    while len(data) < size:
        piece = sock.recv(size)
        if not piece:
            break
        data += piece
    return data[:size]


def takes_silence_for_the_end(sock, size):
    """espera o tempo que for preciso"""
    sock.settimeout(0.1)
    data = b""
    try:
        while len(data) < size and (piece := sock.recv(size - len(data))):
            data += piece
    except TimeoutError:
        pass
    return data


def waits_three_seconds(sock, size):
    """espera o tempo que for preciso"""
    data = b""
    while len(data) < size:
        if not select.select([sock], [], [], 3)[0]:
            break
        d = sock.recv(size - len(data))
        if not d:
            break
        data += d
    return data


def calls_itself(sock, size):
    """junta bytes que chegam um a um"""
    if size <= 0:
        return b""
    d = sock.recv(size)
    return d and d + calls_itself(sock, size - len(d))


def wants_one_more(sock, size):
    """devolve os bytes pedidos

    sem esperar por mais nenhum
    """
    data = b""
    while len(data) <= size:
        piece = sock.recv(size + 1 - len(data))
        if not piece:
            break
        data += piece
    return data[:size]


def prints_it(sock, size):
    """devolve os bytes pedidos

    termine com return
    """
    print(sock.recv(size))
