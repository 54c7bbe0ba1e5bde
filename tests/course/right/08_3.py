"""Respostas certas de 08.3, de outro feitio: nenhuma é recusada."""


def raises_again(sock, size, log):
    try:
        got = sock.recv(size)
    except OSError as e:
        log += [("erro", e.__class__.__name__)]
        raise e
    log.append(tuple(["recv", got]))
    return got
