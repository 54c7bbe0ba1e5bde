"""Respostas erradas de 03.1; a docstring de cada uma é a verificação que deve pegá-la."""

import threading


def waits_for_an_error(client, broadcast):
    """termina quando o outro lado sai"""
    try:
        while True:
            broadcast(client.recv(1024))
    except OSError:
        client.close()


def stops_too_late(client, broadcast):
    """não repassa b''"""
    data = None
    while data != b"":
        data = client.recv(1024)
        broadcast(data)


def relays_once(client, broadcast):
    """continua depois do primeiro pedaço"""
    data = client.recv(1024)
    if data:
        broadcast(data)


def relays_text(client, broadcast):
    """repassa o que chega"""
    while data := client.recv(1024):
        broadcast(data.decode())


def compares_with_text(client, broadcast):
    """termina quando o outro lado sai"""
    while (data := client.recv(1024)) != "":
        broadcast(data)


def speaks_ascii(client, broadcast):
    """repassa o que chega"""
    while data := client.recv(1024):
        broadcast(data.decode("ascii").encode("ascii"))


def skips_and_goes_on(client, broadcast):
    """termina quando o outro lado sai"""
    while True:
        data = client.recv(1024)
        if data:
            broadcast(data)


def passes_through_text(client, broadcast):
    """repassa até meia letra"""
    while data := client.recv(1024):
        broadcast(data.decode().encode())


def says_it_with_an_error(client, broadcast):
    """termina quando o outro lado sai"""
    while True:
        data = client.recv(1024)
        if not data:
            raise ConnectionError("saiu")
        broadcast(data)


def counts_to_ten(client, broadcast):
    """continua depois do primeiro pedaço"""
    for _ in range(10):
        if data := client.recv(1024):
            broadcast(data)


def gives_up_in_silence(client, broadcast):
    """espera o tempo que for preciso"""
    client.settimeout(2)
    try:
        while d := client.recv(1024):
            broadcast(d)
    except OSError:
        pass


def leaves_it_to_a_thread(client, broadcast):
    """espera o tempo que for preciso

    a função voltou com a conversa ainda aberta
    """

    def relay():
        while data := client.recv(1024):
            broadcast(data)

    threading.Thread(target=relay, daemon=True).start()


def relays_lines(client, broadcast):
    """continua depois do primeiro pedaço

    meia linha também vai adiante
    """
    for line in client.makefile("rb"):
        broadcast(line)


def keeps_the_comparison(client, broadcast):
    """repassa o que chega

    o := guarda a comparação inteira
    """
    while data := client.recv(1024) != b"":
        broadcast(data)
