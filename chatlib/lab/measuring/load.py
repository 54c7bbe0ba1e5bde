"""A sala cheia de uma medição: quem fala, quem ouve e quem segura o cronômetro.

As pessoas moram num programa à parte: se dividissem um só Python com o servidor, um atrasaria o
outro, e não se saberia qual dos dois se mediu. Este arquivo é também esse programa.
"""

import json
import logging
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

SIZE = 64  # bytes de uma mensagem
PATIENCE = 20.0  # segundos que uma medição inteira pode levar


def play_round(people, talkers, burst):
    """Quem fala manda ``burst`` mensagens de uma vez; os segundos até que todos ouçam tudo."""
    missing = dict.fromkeys(people, talkers * burst * SIZE)
    start = time.perf_counter()
    for person in people[:talkers]:
        person.sendall(b"x" * burst * SIZE)
    with selectors.DefaultSelector() as ears:
        for person in people:
            ears.register(person, selectors.EVENT_READ)
        while ears.get_map():
            for key, _ in ears.select():
                if not (data := key.fileobj.recv(65536)):
                    raise ConnectionError("o servidor se foi no meio da rodada")
                missing[key.fileobj] -= len(data)
                if missing[key.fileobj] == 0:
                    ears.unregister(key.fileobj)
    return time.perf_counter() - start


def listen(person: socket.socket, size: int) -> None:
    """Lê ``size`` bytes e os joga fora; ConnectionError se a conversa acaba antes."""
    while size > 0:
        if not (data := person.recv(65536)):
            raise ConnectionError("a conversa acabou antes que tudo chegasse")
        size -= len(data)


def measure(
    server: Callable, size: int, *, people: int = 50, talkers: int = 10, burst: int = 20, rounds: int = 5
) -> list[float]:
    """Milhares de entregas por segundo, em cada rodada, com ``server(clients, size)`` a repassar.

    clients: as pontas do servidor; size: quantos bytes ele lê de cada vez; people: quantas pessoas;
    talkers: quantas delas falam; burst: mensagens que cada uma manda de uma vez; rounds: rodadas, além
    da primeira, que é o aquecimento e não conta. Levanta TimeoutError se alguém não ouve tudo em 20 s,
    e o que ``server`` levantar.
    """
    with ExitStack() as stack:
        stack.enter_context(_quiet_asyncio())
        door = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=people))
        program = stack.enter_context(_crowd(door, people, talkers, burst, rounds))
        stack.callback(program.kill)
        clients = [stack.enter_context(_accept(door)) for _ in range(people)]
        failures: list[BaseException] = []
        thread = threading.Thread(target=_serve, args=(server, clients, size, failures))
        thread.start()
        stack.callback(thread.join)
        stack.callback(program.kill)  # se algo der errado, a sala se esvazia, e o servidor acaba
        try:
            said = program.communicate(timeout=PATIENCE)[0]
        except subprocess.TimeoutExpired:
            said = ""
    if failures:
        raise failures[0]
    if not said:
        raise TimeoutError("a medição não acabou: alguém não ouviu tudo, ou o servidor não repassou tudo")
    return [people * talkers * burst / seconds / 1000 for seconds in json.loads(said)]


@contextmanager
def _quiet_asyncio() -> Iterator[None]:
    """Numa medição interrompida, o asyncio diria uma linha para cada envio a quem já saiu: milhares."""
    logger = logging.getLogger("asyncio")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _crowd(door: socket.socket, *numbers: int) -> subprocess.Popen:
    """O programa das pessoas, que se conectam à porta."""
    words = [__file__, *map(str, (door.getsockname()[1], *numbers))]
    # Sem stderr: com o botão ■ ele também é interrompido, e o seu erro apareceria na célula.
    silent, heard = subprocess.DEVNULL, subprocess.PIPE
    return subprocess.Popen([sys.executable, *words], stdout=heard, stderr=silent, text=True)


def _accept(door: socket.socket) -> socket.socket:
    door.settimeout(PATIENCE)
    client, _ = door.accept()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def _serve(server: Callable, clients: list, size: int, failures: list) -> None:
    try:
        server(clients, size)
    except Exception as error:  # é de quem escreveu o servidor: quem mede o mostra
        failures.append(error)
        for client in clients:
            client.close()


def _main(port: int, people: int, talkers: int, burst: int, rounds: int) -> None:
    """Entra na sala, joga as rodadas e escreve o tempo de cada uma."""
    crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(people)]
    for person in crowd:
        person.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    times = [play_round(crowd, talkers, burst) for _ in range(rounds + 1)]
    print(json.dumps(times[1:]))


if __name__ == "__main__":
    _main(*map(int, sys.argv[1:]))
