"""Respostas erradas de 04.2; a docstring de cada uma é a verificação que deve pegá-la."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

_kept = []  # sem isto, um socket esquecido é um aviso do Python, e não só do verificador


def asks_at_the_door(server, welcome, stop):
    """um mudo não tranca a porta"""
    while True:
        client, _ = server.accept()
        welcome(client)


def dies_in_silence(server, welcome, stop):
    """continua depois de um tempo sem ninguém"""
    while not stop.is_set():
        client, _ = server.accept()
        threading.Thread(target=welcome, args=(client,), daemon=True).start()


def gives_up_in_silence(server, welcome, stop):
    """continua depois de um tempo sem ninguém"""
    try:
        while not stop.is_set():
            client, _ = server.accept()
            threading.Thread(target=welcome, args=(client,), daemon=True).start()
    except TimeoutError:
        pass


def never_stops(server, welcome, stop):
    """para quando se pede"""
    while True:
        with suppress(TimeoutError):
            client, _ = server.accept()
            threading.Thread(target=welcome, args=(client,), daemon=True).start()


def calls_instead_of_passing(server, welcome, stop):
    """um mudo não tranca a porta

    welcome(client), com parênteses, já a chama aqui
    """
    while not stop.is_set():
        with suppress(TimeoutError):
            client, _ = server.accept()
            threading.Thread(target=welcome(client), daemon=True).start()


def waits_for_each(server, welcome, stop):
    """um mudo não tranca a porta"""
    while not stop.is_set():
        with suppress(TimeoutError):
            client, _ = server.accept()
            thread = threading.Thread(target=welcome, args=(client,), daemon=True)
            thread.start()
            thread.join()


def waits_at_the_end(server, welcome, stop):
    """não espera por ninguém ao parar"""
    threads = []
    while not stop.is_set():
        with suppress(TimeoutError):
            client, _ = server.accept()
            threads.append(threading.Thread(target=welcome, args=(client,), daemon=True))
            threads[-1].start()
    for thread in threads:
        thread.join()


def passes_the_pair(server, welcome, stop):
    """recebe quem chega"""
    while not stop.is_set():
        with suppress(TimeoutError):
            pair = server.accept()
            _kept.append(pair)
            threading.Thread(target=welcome, args=(pair,), daemon=True).start()


def forgets_to_start(server, welcome, stop):
    """recebe quem chega"""
    while not stop.is_set():
        with suppress(TimeoutError):
            client, _ = server.accept()
            _kept.append(threading.Thread(target=welcome, args=(client,), daemon=True))


def takes_the_deadline_away(server, welcome, stop):
    """para quando se pede"""
    server.settimeout(None)
    while not stop.is_set():
        client, _ = server.accept()
        threading.Thread(target=welcome, args=(client,), daemon=True).start()


def closes_the_door_behind(server, welcome, stop):
    """recebe quem chega"""
    while not stop.is_set():
        with suppress(TimeoutError):
            client, _ = server.accept()
            with client:
                threading.Thread(target=welcome, args=(client,), daemon=True).start()


def welcomes_ten_at_a_time(server, welcome, stop):
    """um mudo não tranca a porta"""
    pool = ThreadPoolExecutor(10)
    while not stop.is_set():
        with suppress(TimeoutError):
            pool.submit(welcome, server.accept()[0])
    pool.shutdown(wait=False, cancel_futures=True)


def reads_the_name_later(server, welcome, stop):
    """um mudo não tranca a porta

    o socket dela em args
    """
    while not stop.is_set():
        with suppress(TimeoutError):
            client, _ = server.accept()
            timer = threading.Timer(0.02, lambda: welcome(client))  # noqa: B023 - é este o engano
            timer.daemon = True
            timer.start()


def closes_the_door(server, welcome, stop):
    """para quando se pede

    server é de quem chamou
    """
    with server:
        while not stop.is_set():
            with suppress(TimeoutError):
                client, _ = server.accept()
                threading.Thread(target=welcome, args=(client,), daemon=True).start()


def forgets_the_comma(server, welcome, stop):
    """recebe quem chega

    tem uma vírgula no fim: args=(client,) (apareceu TypeError: welcome() argument after *
    """
    while not stop.is_set():
        with suppress(TimeoutError):
            client, _ = server.accept()
            threading.Thread(target=welcome, args=(client), daemon=True).start()
