import re
import time


def admit(sock, taken, timeout):
    deadline = time.monotonic() + timeout
    answer = b""
    try:
        sock.sendall(b"NICK")
        while b"\n" not in answer:
            sock.settimeout(max(0.001, deadline - time.monotonic()))
            data = sock.recv(1024)
            if not data or time.monotonic() > deadline:
                return None
            answer += data
    except OSError:
        return None
    apelido = answer.partition(b"\n")[0].decode("utf-8", errors="replace")
    if not re.fullmatch(r"[\w.-]{1,20}", apelido) or apelido.casefold() == "nick":
        return refuse(sock, "use de 1 a 20 letras, algarismos, _ - ou .")
    if apelido.casefold() in [other.casefold() for other in taken]:
        return refuse(sock, "esse apelido já está na sala; escolha outro")
    return apelido


def refuse(sock, why):
    sock.sendall(f"* apelido recusado: {why}\n".encode())
