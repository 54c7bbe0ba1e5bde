"""Respostas certas de 06.3, de outro feitio: nenhuma é recusada."""

import html
import threading


class _P(threading.Thread):
    def __init__(self, sock, log, limit):
        super().__init__(daemon=True)
        self.s, self.log, self.n = (sock, log, limit)
        self.l = []

    def run(self):
        buf = b""
        try:
            while d := self.s.recv(1024):
                buf += d
                if b"\n" in buf:
                    *ls, buf = buf.split(b"\n")
                    self.show(ls)
        except OSError:
            pass
        finally:
            self.show([b"* desconectado"])
            self.s.close()

    def show(self, ls):
        self.l = (self.l + [x.decode(errors="replace") for x in ls])[-self.n :]
        self.log.value = "\n".join("<div>" + html.escape(x) + "</div>" for x in self.l)


def is_a_class(sock, log, limit):
    t = _P(sock, log, limit)
    t.start()
    return t
