"""Respostas erradas de 01.3; a docstring de cada uma é a verificação que deve pegá-la."""

from contextlib import suppress


def echoes_once(sock):
    """continua depois da primeira mensagem"""
    sock.sendall(sock.recv(1024))


def spins_forever(sock):
    """termina quando o outro lado sai"""
    while True:
        sock.sendall(sock.recv(1024))


def swallows_everything(sock):
    """devolve o que recebe"""
    while sock.recv(1024):
        pass


def leaves_it_open(sock):
    """fecha o seu lado ao terminar"""
    while data := sock.recv(1024):
        sock.sendall(data)


def decodes_on_the_way(sock):
    """devolve até meia letra"""
    with sock:
        while text := sock.recv(1024).decode():
            sock.sendall(text.encode())


def reads_one_byte_of_each(sock):
    """continua depois da primeira mensagem"""
    data = sock.recv(1024)
    while data:
        sock.sendall(data)
        data = sock.recv(1024)[:1]
    sock.close()


def waits_for_an_error(sock):
    """termina quando o outro lado sai"""
    while True:
        try:
            sock.sendall(sock.recv(1024))
        except OSError:
            sock.close()
            break


def trusts_send(sock):
    """devolve inteiro o que é longo"""
    with sock:
        while data := sock.recv(1024):
            sock.send(data)


def counts_to_ten(sock):
    """continua depois da primeira mensagem"""
    for _ in range(10):
        sock.sendall(sock.recv(1024))
    sock.close()


def adds_a_line_end(sock):
    """devolve o que recebe"""
    with sock:
        while data := sock.recv(1024):
            sock.sendall(data.strip() + b"\n\n")


def gives_up_in_silence(sock):
    """espera o tempo que for preciso"""
    sock.settimeout(5)
    with sock, suppress(TimeoutError):
        while d := sock.recv(1024):
            sock.sendall(d)


def drops_the_half_letter(sock):
    """devolve até meia letra"""
    with sock:
        while d := sock.recv(1024):
            sock.sendall(d.decode("utf-8", "ignore").encode())


def waits_for_a_line(sock):
    """continua depois da primeira mensagem

    o eco não espera por um
    """
    with sock, sock.makefile("rb") as lines:
        for line in lines:
            sock.sendall(line)


def ends_at_a_blank_line(sock):
    """continua depois da primeira mensagem

    uma linha em branco não é o fim
    """
    with sock:
        while (data := sock.recv(1024)).strip():
            sock.sendall(data)
