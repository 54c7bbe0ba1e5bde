"""Respostas erradas de 08.3; a docstring de cada uma é a verificação que deve pegá-la."""


def only_notes(sock, size, log):
    """devolve o que recv devolveu"""
    log.append(("recv", sock.recv(size)))


def ignores_size(sock, size, log):
    """devolve o que recv devolveu"""
    data = sock.recv(1024)
    log.append(("recv", data))
    return data


def only_returns(sock, size, log):
    """anota os bytes, na ordem"""
    return sock.recv(size)


def newest_first(sock, size, log):
    """anota os bytes, na ordem"""
    data = sock.recv(size)
    log.insert(0, ("recv", data))
    return data


def skips_the_end(sock, size, log):
    """anota também o fim"""
    data = sock.recv(size)
    if data:
        log.append(("recv", data))
    return data


def misses_the_error(sock, size, log):
    """anota o erro"""
    data = sock.recv(size)
    log.append(("recv", data))
    return data


def swallows_the_error(sock, size, log):
    """e deixa o erro passar"""
    try:
        data = sock.recv(size)
    except OSError as error:
        log.append(("erro", type(error).__name__))
        return b""
    log.append(("recv", data))
    return data


def reads_it_all(sock, size, log):
    """devolve o que recv devolveu"""
    try:
        d = b""
        while len(d) < size:
            x = sock.recv(size - len(d))
            if not x:
                break
            d += x
    except OSError as e:
        log.append(("erro", type(e).__name__))
        raise
    log.append(("recv", d))
    return d


def raises_another(sock, size, log):
    """e deixa o erro passar

    é o mesmo erro que segue
    """
    try:
        data = sock.recv(size)
    except OSError as error:
        log.append(("erro", type(error).__name__))
        raise OSError("recv falhou") from error
    log.append(("recv", data))
    return data


def returns_nothing(sock, size, log):
    """devolve o que recv devolveu

    termine com return
    """
    log.append(("recv", sock.recv(size)))


def notes_the_news_only(sock, size, log):
    """anota os bytes, na ordem"""
    try:
        data = sock.recv(size)
    except OSError as error:
        log.append(("erro", type(error).__name__))
        raise
    if ("recv", data) not in log:
        log.append(("recv", data))
    return data
