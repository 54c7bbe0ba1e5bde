"""Respostas certas de 04.4, de outro feitio: nenhuma é recusada."""


def takes_and_gives_back(client, line, locks):
    trava = locks[client]
    trava.acquire()
    try:
        client.sendall(line)
        client.sendall(b"\n")
    finally:
        trava.release()


def insists_with_send(client, line, locks):
    falta = memoryview(bytes(line) + b"\n")
    with locks[client]:
        while falta:
            falta = falta[client.send(falta) :]


def tries_again_and_again(client, line, locks):
    while not locks[client].acquire(timeout=0.05):
        pass
    try:
        client.sendall(b"%b\n" % line)
    finally:
        locks[client].release()


def says_it_and_raises_again(client, line, locks):
    with locks[client]:
        try:
            client.sendall(b"".join([line, b"\n"]))
        except OSError as erro:
            print("caiu:", erro)
            raise
