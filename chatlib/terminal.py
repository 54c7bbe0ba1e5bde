"""O terminal do cliente: mensagens que chegam não rasgam a linha que se está digitando.

A ``readline`` edita a linha; quem a desenha é este módulo, no lugar dela (a variável
``rl_redisplay_function`` é feita para isso). Assim um só lugar sabe o que está na tela e onde
está o cursor, e uma mensagem apaga a linha, aparece e a redesenha sem tirar o cursor do lugar:

    tecla ────▶ readline ──▶ _redisplay ──┐
                                          ├──▶ apaga e desenha, com a trava na mão
    mensagem ─────────────▶ show ─────────┘

Só a biblioteca padrão. Onde a readline é a libedit (macOS), que não deixa outro desenhar, a
linha volta à tela com o cursor no fim dela.
"""

import errno
import os
import select
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from getpass import getpass
from typing import Any

from .errors import ChatError, ConversationOver
from .glyphs import lay_out, logical_widths, width

try:
    import ctypes
    import readline
    import termios
except ImportError:  # Windows: a linha é editada pelo próprio console
    EDITABLE = False
else:
    EDITABLE = True

__all__ = ["Terminal", "width"]

PROMPT = "> "
CLEAR = "\r\x1b[J"  # volta ao começo da linha e apaga dali para baixo (ECMA-48, ED)
UP = "\x1b[{}A"  # sobe linhas (ECMA-48, CUU)
RIGHT = "\x1b[{}C"  # anda para a direita (ECMA-48, CUF)
PASTE, NO_PASTE = "\x1b[?2004h", "\x1b[?2004l"  # o terminal diz, ou não, o que é colado (xterm)
SIZE = (80, 24)  # colunas e linhas de um terminal que não diz as suas
SETUP = (
    "set enable-bracketed-paste off",  # quem liga o modo é este módulo: a readline poria linhas em branco
    r'"\e[200~": bracketed-paste-begin',  # o que se cola é um texto só, que se vê antes de mandar
    "set convert-meta off",  # no locale C a readline tomaria cada byte de um á por um comando
    "set input-meta on",
)


class Terminal:
    """Lê da entrada e escreve na saída; em pipes, arquivos e TERM=dumb, só linhas, sem enfeite."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guarda a tela, _typed e _rows
        self._typed: tuple[str, int] | None = None  # o que se digita, com o prompt, e onde está o cursor
        self._rows: list[int] = []  # colunas de cada linha desenhada, da primeira até o cursor
        self._width = SIZE[0]  # colunas do terminal quando se desenhou
        self._before: list[Any] = []  # como o terminal estava (termios)
        self.is_interactive = sys.stdin.isatty()  # se há quem responda a uma pergunta
        tty = self.is_interactive and sys.stdout.isatty()
        self._fancy = EDITABLE and tty and os.environ.get("TERM", "dumb") != "dumb"
        self._library = find_readline() if self._fancy else None

    def ask(self, question: str) -> str:
        """Pergunta algo e devolve a resposta; EOFError no fim da entrada."""
        if self._fancy:
            return input(question)
        with self._told():
            self._write(question)
        if not (answer := sys.stdin.readline()):
            raise EOFError
        return answer

    def ask_secret(self, question: str) -> str:
        """Pergunta algo que não se mostra enquanto se digita; EOFError no fim da entrada."""
        return getpass(question)

    def show(self, message: str) -> None:
        """Mostra uma mensagem, de qualquer thread, sem estragar o que se digita.

        Levanta ConversationOver se ninguém mais lê a saída, e ChatError se ela não aceita mais nada.
        """
        with self._lock, self._told():
            self._write(f"{self._erased()}{message}\n{self._drawn()}")

    def lines(self) -> Iterator[str]:
        """Cada linha digitada, até o fim da entrada."""
        if not self._fancy:
            return (line.removesuffix("\n") for line in sys.stdin)
        return self._edited_lines()

    def restore(self) -> str:
        """Devolve o terminal como estava; o que estava na linha, pela metade, é devolvido."""
        with self._lock:
            if not self._before:
                return ""
            text, erased = self._current()[0] if self._typed else "", self._erased()
            self._typed = None
            self._write(erased + NO_PASTE)
            termios.tcsetattr(sys.stdin, termios.TCSANOW, self._before)
        return text.removeprefix(PROMPT)

    # --- a linha que se digita

    def _edited_lines(self) -> Iterator[str]:
        self._before = termios.tcgetattr(sys.stdin)
        with self._in_charge():
            while (line := self._read()) is not None:
                yield line

    @contextmanager
    def _in_charge(self) -> Iterator[None]:
        """Enquanto dura, quem desenha a linha é `_redisplay`; com a libedit, é ela mesma."""
        if self._library is None:
            readline.set_pre_input_hook(self._prompted)
            yield
            return
        silence(self._before)
        for setting in SETUP:
            readline.parse_and_bind(setting)
        readline.set_completer(lambda text, state: None)  # nem nomes de arquivos
        callback = ctypes.CFUNCTYPE(None)(self._redisplay)
        slot = ctypes.c_void_p.in_dll(self._library, "rl_redisplay_function")
        original, slot.value = slot.value, ctypes.cast(callback, ctypes.c_void_p).value
        with self._lock:
            self._write(PASTE)
        try:
            yield
        finally:
            slot.value = original

    def _read(self) -> str | None:
        line: str | None = None
        if self._library is None:
            self._lock.acquire()  # até `_prompted`: antes dele não há o que apagar nem redesenhar
        try:
            with suppress(EOFError):
                line = input(PROMPT)
        finally:
            if self._library is None and self._typed is None:
                self._lock.release()
        with self._lock:  # a linha volta como mensagem da sala: mostrá-la duas vezes confunde
            if self._typed is not None:
                erased = self._erased() if self._library else erased_after_enter(line)
                self._typed = None
                self._write(erased)
        return line

    def _redisplay(self) -> None:
        """A readline a chama, da thread que lê, depois de cada tecla."""
        if select.select([sys.stdin], [], [], 0)[0]:
            return  # numa colagem, desenha-se uma vez só, depois da última tecla
        assert self._library
        prompt, line, point = read_line(self._library)
        self._library.fflush(None)  # o que a própria readline escreveu, como a limpeza do Ctrl+L, sai antes
        with self._lock, suppress(OSError):  # o terminal se foi: a leitura também acaba, e conta
            erased = self._erased()
            self._typed = prompt + line, len(prompt) + point
            self._write(erased + self._drawn())

    def _prompted(self) -> None:
        """A libedit a chama quando já mostrou o prompt."""
        self._typed = PROMPT, len(PROMPT)
        self._lock.release()

    def _current(self) -> tuple[str, int]:
        """O que se digita agora, com o prompt, e onde está o cursor."""
        assert self._typed
        if self._library:
            return self._typed
        text = PROMPT + readline.get_line_buffer()
        return text, len(text)

    # --- a tela; tudo com a trava na mão

    def _erased(self) -> str:
        """O que apaga a linha que se digita e leva o cursor ao começo dela."""
        if self._typed is None:
            return ""
        if self._library is None:  # quem desenhou foi a libedit
            self._drawn()
        columns = size()[0] if reflows() else self._width
        rows = sum(max(1, -(-cells // columns)) for cells in self._rows[:-1]) + self._rows[-1] // columns
        return (UP.format(rows) if rows else "") + CLEAR

    def _drawn(self) -> str:
        """O que desenha a linha que se digita, a partir do começo dela, e põe o cursor no lugar."""
        if self._typed is None:
            return ""
        columns, height = size()
        rows, (row, column) = lay_out(*self._current(), columns)
        limit = max(1, height // 2)  # o resto da tela é das mensagens
        first = max(0, row - limit + 1)
        shown = rows[first : first + limit]
        self._rows, self._width = logical_widths(rows[first:row], column), columns
        # Depois de uma linha cheia o cursor ainda não desceu: um espaço o faz descer.
        text = "".join(each.text for each in shown).removesuffix("\n") + (" \r" * (not shown[-1].text))
        up = len(shown) - 1 - (row - first)
        return text + (UP.format(up) if up else "") + "\r" + (RIGHT.format(column) if column else "")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Transforma a falha da saída em `ChatError`."""
        try:
            yield
        except BrokenPipeError:
            raise ConversationOver("ninguém mais lê o que o chat mostra") from None
        except OSError as error:
            raise ChatError(
                f"{output_failed(error)}, e o que chega não pode ser mostrado: "
                "libere espaço, ou mostre na tela, e entre de novo"
            ) from error

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


def find_readline() -> "ctypes.CDLL | None":
    """A biblioteca em C da readline; None se é a libedit, que não deixa outro desenhar a linha."""
    if "libedit" in (readline.__doc__ or ""):
        return None
    library = ctypes.CDLL(getattr(readline, "__file__", None))
    names = "rl_redisplay_function", "rl_display_prompt", "rl_line_buffer", "rl_point"
    return library if all(hasattr(library, name) for name in names) else None


def read_line(library: "ctypes.CDLL") -> tuple[str, str, int]:
    """O prompt, o que se digita e em que caractere está o cursor, como a readline os guarda."""
    prompt = ctypes.c_char_p.in_dll(library, "rl_display_prompt").value or b""  # muda durante o Ctrl+R
    line = ctypes.c_char_p.in_dll(library, "rl_line_buffer").value or b""
    before = line[: ctypes.c_int.in_dll(library, "rl_point").value]
    return decode(prompt), decode(line), len(decode(before))


def erased_after_enter(line: str | None) -> str:
    """O que apaga a linha que a libedit acaba de encerrar; no fim da entrada, não há."""
    if line is None:
        return ""
    rows, _ = lay_out(PROMPT + line, 0, size()[0])
    return UP.format(sum(bool(row.text) for row in rows)) + CLEAR


def decode(data: bytes) -> str:
    """Os bytes da entrada como texto."""
    return data.decode(sys.stdin.encoding, "replace")


def silence(mode: list[Any]) -> None:
    """Desliga o eco: nem o sistema nem a readline escrevem o que se digita, só `Terminal`."""
    quiet = mode.copy()
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(sys.stdin, termios.TCSANOW, quiet)


def output_failed(error: OSError) -> str:
    """O que houve com a saída, em palavras."""
    why = "o disco está cheio" if error.errno == errno.ENOSPC else error.strerror or str(error)
    return f"a saída não aceita mais nada ({why})"


def size() -> tuple[int, int]:
    """As colunas e as linhas do terminal, agora."""
    try:
        columns, rows = os.get_terminal_size(sys.stdout.fileno())
    except OSError:
        return SIZE
    return columns or SIZE[0], rows or SIZE[1]


def reflows() -> bool:
    """Se o terminal, ao mudar de largura, refaz as linhas que já mostrou; quase todos refazem."""
    return "TMUX" in os.environ or not {"XTERM_VERSION", "STY"} & os.environ.keys()
