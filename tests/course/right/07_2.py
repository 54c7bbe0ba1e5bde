"""Respostas certas de 07.2, de outro feitio: nenhuma é recusada."""

import socket


def sends_without_waiting(message, pending, limit):
    out = []
    for s in list(pending):
        pending[s] = bytearray(pending[s] + message)
        try:
            if pending[s]:
                n = s.send(pending[s], socket.MSG_DONTWAIT)
                del pending[s][:n]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            out.append(s)
            continue
        if len(pending[s]) > limit:
            out.append(s)
    return out


def sets_blocking_outside(message, pending, limit):
    gone = []
    for sock, queue in list(pending.items()):
        queue += message
        sock.setblocking(False)
        try:
            while queue:
                del queue[: sock.send(queue)]
        except BlockingIOError:
            pass
        except OSError:
            gone.append(sock)
            continue
        if len(queue) > limit:
            gone.append(sock)
    return gone
