"""Respostas erradas de 01.1; a docstring de cada uma é a verificação que deve pegá-la."""

from contextlib import suppress


def forgets_to_encode(sock, text):
    """o texto chega ao outro lado"""
    sock.sendall(text)


def speaks_ascii(sock, text):
    """acentos e emoji chegam"""
    sock.sendall(text.encode("ascii"))


def drops_what_ascii_lacks(sock, text):
    """acentos e emoji chegam"""
    sock.sendall(text.encode("ascii", "ignore"))


def sends_once(sock, text):
    """um texto longo chega inteiro"""
    sock.send(text.encode())


def closes_the_door(sock, text):
    """a conexão continua aberta depois"""
    sock.sendall(text.encode())
    sock.close()


def adds_a_line_end(sock, text):
    """não chega nada além do texto"""
    sock.sendall(f"{text}\n".encode())


def says_it_twice(sock, text):
    """não chega nada além do texto"""
    data = text.encode()
    sock.send(data)
    sock.sendall(data)


def assumes_one_byte_a_letter(sock, text):
    """acentos e emoji chegam"""
    sock.sendall(text.encode()[: len(text)])


def counts_the_piece_and_not_the_sent(sock, text):
    """um texto longo chega inteiro"""
    data = text.encode()
    for start in range(0, len(data), 1024):
        sock.send(data[start : start + 1024])


def trims_the_text(sock, text):
    """não chega nada além do texto"""
    sock.sendall(text.strip().encode())


def gives_up_when_full(sock, text):
    """um texto longo chega inteiro"""
    sock.setblocking(False)
    with suppress(BlockingIOError):
        sock.sendall(text.encode())
    sock.setblocking(True)


def leaves_a_deadline(sock, text):
    """devolve os sockets como os recebeu"""
    sock.sendall(text.encode())
    sock.settimeout(10)


def counts_characters(sock, text):
    """um texto longo chega inteiro"""
    data, sent = text.encode(), 0
    while sent < len(text):
        sent += sock.send(data[sent:])


def skips_a_byte(sock, text):
    """um texto longo chega inteiro

    siga do byte em que ele parou
    """
    data = text.encode()
    while data:
        data = data[sock.send(data) + 1 :]


def prefers_latin(sock, text):
    """acentos e emoji chegam"""
    try:
        sock.sendall(text.encode("latin-1"))
    except UnicodeEncodeError:
        sock.sendall(text.encode())


def misspells(sock, text):
    """o texto chega ao outro lado

    um socket não tem sendal: você quis dizer sendall?
    """
    sock.sendal(text.encode())


def forgets_the_parentheses(sock, text):
    """o texto chega ao outro lado

    encode é a função, encode() é o que ela devolve
    """
    sock.sendall(text.encode)


def swaps_the_parameters(text, sock):
    """recebe os parâmetros pedidos

    def send_text(sock, text):
    """
    sock.sendall(text.encode())


def swaps_them_with_names_of_its_own(mensagem, conexao):
    """o texto chega ao outro lado

    e aqui há um texto (str); lembre a ordem: send_text(sock, text)
    """
    conexao.sendall(mensagem.encode())


def asks_the_keyboard(sock, text):
    """o texto chega ao outro lado

    aqui não há teclado
    """
    input("pausa")
    sock.sendall(text.encode())


def hides_the_error(sock, text):
    """o texto chega ao outro lado

    um socket não tem sendal: você quis dizer sendall? (um except escondeu AttributeError
    """
    try:  # noqa: SIM105 - o engano é este
        sock.sendal(text.encode())
    except:  # noqa: E722 - o engano é este
        pass


def hides_it_with_suppress(sock, text):
    """o texto chega ao outro lado

    o Python não conhece txt: você quis dizer text? (um except escondeu NameError
    """
    with suppress(Exception):
        sock.sendall(txt.encode())  # noqa: F821 - o engano é este


def forgets_the_import(sock, text):
    """o texto chega ao outro lado

    faltou import struct
    """
    sock.sendall(struct.pack("!I", len(text)))  # noqa: F821 - o engano é este
