def spy_recv(sock, size, log):
    """Faz um recv e anota em log o que ele deu."""
    try:
        data = sock.recv(size)
    except OSError as error:
        log.append(("erro", type(error).__name__))
        raise
    log.append(("recv", data))
    return data
