"""O terminal do cliente: mensagens que chegam não rasgam a linha que se está digitando.

Só a biblioteca padrão: ``readline`` edita a linha e diz o que já foi digitado; antes de
mostrar uma mensagem, a linha é apagada, e depois é redesenhada.
"""

import shutil
import sys
import threading
import unicodedata
from collections.abc import Iterator

try:
    import readline
    import termios
except ImportError:  # Windows: a linha é editada pelo próprio console
    readline = None

PROMPT = "> "
CLEAR = "\r\x1b[J"  # volta ao começo da linha e apaga dali para baixo (ECMA-48, ED)
UP = "\x1b[{}A"  # sobe linhas (ECMA-48, CUU)
NO_PASTE = "\x1b[?2004l"  # desliga o modo de colagem que a readline ligou


class Terminal:
    """Lê da entrada e escreve na saída; em pipes e arquivos, só linhas, sem enfeite."""

    def __init__(self):
        self._lock = threading.Lock()  # guarda a tela e _typing
        self._typing = False
        self._fancy = readline is not None and sys.stdin.isatty() and sys.stdout.isatty()
        self._before = termios.tcgetattr(sys.stdin) if self._fancy else None

    def ask(self, question: str) -> str:
        """Pergunta algo e devolve a resposta; EOFError no fim da entrada."""
        return input(question)

    def show(self, message: str) -> None:
        """Mostra uma mensagem, de qualquer thread, sem estragar o que se digita."""
        with self._lock:
            if self._typing:
                typed = PROMPT + readline.get_line_buffer()
                sys.stdout.write(f"{self._erase(typed)}{message}\n{typed}")
            else:
                sys.stdout.write(message + "\n")
            sys.stdout.flush()

    def lines(self) -> Iterator[str]:
        """Cada linha digitada, até o fim da entrada."""
        if self._fancy:
            readline.set_pre_input_hook(self._prompted)
        while (line := self._read()) is not None:
            yield line

    def restore(self) -> None:
        """Devolve o terminal como estava, mesmo com uma linha pela metade."""
        with self._lock:
            if self._typing:
                sys.stdout.write(self._erase(PROMPT + readline.get_line_buffer()) + NO_PASTE)
                sys.stdout.flush()
                termios.tcsetattr(sys.stdin, termios.TCSANOW, self._before)

    def _read(self) -> str | None:
        if not self._fancy:
            line = sys.stdin.readline()
            return line.removesuffix("\n") if line else None
        self._lock.acquire()  # até `_prompted`: antes dele não há o que apagar nem redesenhar
        try:
            line = input(PROMPT)
        except EOFError:
            return None
        finally:
            if not self._typing:
                self._lock.release()
            self._typing = False
        with self._lock:  # a linha volta como mensagem da sala: mostrá-la duas vezes confunde
            sys.stdout.write(UP.format(1) + self._erase(PROMPT + line))
            sys.stdout.flush()
        return line

    def _prompted(self) -> None:
        """A readline a chama quando o prompt já está na tela."""
        self._typing = True
        self._lock.release()

    def _erase(self, typed: str) -> str:
        rows = max(0, width(typed) - 1) // shutil.get_terminal_size().columns
        return (UP.format(rows) if rows else "") + CLEAR


def width(text: str) -> int:
    """Quantas colunas o texto ocupa: ideogramas e emoji valem duas, marcas, nenhuma."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )
