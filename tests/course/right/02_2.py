"""Respostas certas de 02.2, de outro feitio: nenhuma é recusada."""

from concurrent.futures import ThreadPoolExecutor


def uses_a_pool(clients, message):

    def one(c):
        try:
            c.sendall(message)
        except OSError as e:
            print("caiu", e)

    with ThreadPoolExecutor() as pool:
        list(pool.map(one, clients))


def counts_the_places(clients, message):
    i = 0
    while i < len(clients):
        try:
            clients[i].sendall(message)
        except Exception:
            pass
        finally:
            i += 1
