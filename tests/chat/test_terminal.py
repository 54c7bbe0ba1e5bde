"""O cliente num terminal de verdade: o tmux, a 40 e a 80 colunas, e o que se vê nele."""

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from peers import wait_until

import chatlib

ROOT = Path(chatlib.__file__).parent.parent
TMUX = shutil.which("tmux")
FAMILY, FLAG, THUMB, HEART = "👨‍👩‍👧", "🇧🇷", "👍🏽", "❤️"

in_tmux = pytest.mark.skipif(TMUX is None and "CI" not in os.environ, reason="não há tmux")


class Tmux:
    """Um terminal do tmux com o seu próprio servidor, e o cliente dentro dele."""

    def __init__(self, command, columns, lines=24):
        self._home = tempfile.TemporaryDirectory(prefix="tmux-")  # o caminho de um socket é curto
        size = "-x", str(columns), "-y", str(lines)
        self._run("-f", os.devnull, "new-session", "-d", *size, f"{command}; echo fim $?; read x")

    def type(self, text):
        """Aperta as teclas de um texto, como estão."""
        self._run("send-keys", "-l", text)

    def press(self, *keys):
        """Aperta teclas pelo nome que o tmux lhes dá: Home, Left, C-r…"""
        self._run("send-keys", *keys)

    def paste(self, text):
        """Cola um texto, como faz um terminal de hoje."""
        self._run("load-buffer", "-", data=text)
        self._run("paste-buffer", "-p", "-r")

    def resize(self, columns):
        """Muda a largura da janela."""
        self._run("resize-window", "-x", str(columns))

    @property
    def screen(self):
        """As linhas à vista, sem as vazias do fim."""
        return self._run("capture-pane", "-p").rstrip("\n").split("\n")

    @property
    def cursor(self):
        """A coluna do cursor, e o texto da linha em que ele está."""
        column, row = map(int, self._run("display-message", "-p", "#{cursor_x} #{cursor_y}").split())
        return column, [*self.screen, *[""] * 99][row]

    def wait_for(self, condition, what="a tela esperada"):
        """Espera que ``condition(tela)`` valha."""
        try:
            wait_until(lambda: condition(self.screen), what)
        except AssertionError as failure:
            raise AssertionError("\n".join([str(failure), *self.screen])) from None

    def wait_end(self, *lines):
        """Espera que a tela acabe nas linhas dadas."""
        self.wait_for(lambda screen: screen[-len(lines) :] == [*lines], f"{lines} no fim da tela")

    def close(self):
        """Encerra o terminal e o cliente."""
        self._run("kill-server")
        self._home.cleanup()

    def _run(self, *args, data=None):
        command = [TMUX, "-u", "-S", f"{self._home.name}/socket", *args]
        result = subprocess.run(command, input=data, capture_output=True, text=True, encoding="utf-8")
        assert result.returncode == 0, result.stderr
        return result.stdout


@pytest.fixture
def tmux(server):
    """``tmux(40)`` abre o cliente de Rui num terminal de 40 colunas, já na sala."""
    with contextlib.ExitStack() as stack:

        def open_tmux(columns, lines=24, python=("-m", "chatlib"), **env):
            env = {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "utf-8"} | env
            env |= {
                "PYTHONUNBUFFERED": ""
            }  # como a pessoa o roda: com ela, o C também não junta o que escreve
            host, port = server.address
            client = "client", "--host", host, "--port", str(port), "--apelido", "Rui"
            command = shlex.join([sys.executable, *python, *client])
            settings = shlex.join(["env", *[f"{name}={value}" for name, value in env.items()]])
            terminal = Tmux(f"{settings} {command}", columns, lines)
            stack.callback(terminal.close)
            ready = "Conectado ao servidor!" if "dumb" in env.values() or NO_READLINE in python else ">"
            terminal.wait_for(lambda screen: ready in screen)
            return terminal

        yield open_tmux


@pytest.fixture(params=[40, 80])
def rui(tmux, join, request):
    """O terminal de Rui, a 40 e a 80 colunas, e Ana, que fala com ele."""
    ana = join("Ana")
    terminal = tmux(request.param)
    assert ana.line() == "Rui entrou!"
    terminal.wait_end("Conectado ao servidor!", ">")
    return terminal, ana, request.param


def wrap(text, columns):
    """O texto como um terminal o parte em linhas."""
    return [text[start : start + columns].rstrip() for start in range(0, len(text), columns)]


@in_tmux
def test_message_keeps_the_cursor(rui):
    """Uma mensagem chega com o cursor no meio: ele fica, e o que se digita entra onde se vê."""
    terminal, ana, _ = rui
    terminal.type("ola mundo")
    terminal.press(*["Left"] * 5)
    ana.say("um", "dois")
    terminal.wait_end("Ana: um", "Ana: dois", "> ola mundo")
    wait_until(lambda: terminal.cursor == (6, "> ola mundo"))
    terminal.type("belo ")
    terminal.wait_end("> ola belo mundo")
    terminal.press("Enter")
    assert ana.until("Rui:")[-1] == "Rui: ola belo mundo"


@in_tmux
def test_home_in_several_rows_erases_nothing(rui):
    """Com o cursor no começo de um texto de três linhas, as mensagens dos outros ficam."""
    terminal, ana, columns = rui
    text = "> " + "abcdefghij" * (columns // 4)
    ana.say(*[f"antes {i}" for i in range(3)])
    terminal.type(text[2:])
    terminal.press("Home")
    terminal.wait_end(*wrap(text, columns))
    ana.say("durante 0", "durante 1")
    said = [f"Ana: {text}" for text in ("antes 0", "antes 1", "antes 2", "durante 0", "durante 1")]
    terminal.wait_end(*said, *wrap(text, columns))
    terminal.type("X")
    terminal.wait_end(*said, *wrap("> X" + text[2:], columns))
    terminal.press("End", "Left", "BSpace")
    terminal.wait_end(*said, *wrap("> X" + text[2:-2] + text[-1], columns))


@in_tmux
@pytest.mark.parametrize("extra", [-1, 0, 1])
@pytest.mark.parametrize("rows", [1, 2])
def test_line_that_fills_the_width(rui, rows, extra):
    """Uma linha que enche a largura, por pouco ou não, não apaga nada nem deixa restos."""
    terminal, ana, columns = rui
    text = "> " + "x" * (columns * rows + extra - 2)
    terminal.type(text[2:])
    terminal.wait_end(*wrap(text, columns))
    ana.say("um", "dois")
    terminal.wait_end("Ana: um", "Ana: dois", *wrap(text, columns))
    wait_until(lambda: terminal.cursor[0] == len(text) % columns)
    terminal.press("BSpace", "BSpace")
    terminal.wait_end("Ana: dois", *wrap(text[:-2], columns))
    terminal.press("Enter")
    terminal.wait_for(lambda screen: screen[-1] == ">" and "Ana: dois" in screen)
    assert ana.until("Rui:")[-1] == f"Rui: {text[2:-2]}"


@in_tmux
@pytest.mark.parametrize("glyph", [FAMILY, FLAG, THUMB, HEART, "e\u0301\u0323", "日", "का", "각"])
def test_strange_widths(rui, glyph):
    """Marcas, famílias, bandeiras e ideogramas: nada dos outros se apaga, e o cursor fica no lugar."""
    terminal, ana, columns = rui
    ana.say(*[f"antes {i}" for i in range(4)])
    count = columns * 3 // 4
    terminal.type(glyph * count)
    terminal.type("fim")
    terminal.wait_for(lambda screen: "fim" in screen[-1])
    ana.say("um", "dois")
    said = [f"Ana: {text}" for text in ("antes 0", "antes 1", "antes 2", "antes 3", "um", "dois")]
    terminal.wait_for(lambda screen: all(line in screen for line in said) and "fim" in screen[-1])
    start = terminal.screen.index("Conectado ao servidor!") + 1
    assert terminal.screen[start : start + len(said)] == said
    assert terminal.screen[start + len(said)].startswith("> ")
    assert sum(line.startswith("> ") for line in terminal.screen) == 1
    assert terminal.cursor[1].endswith("fim")
    terminal.type("!")
    terminal.wait_for(lambda screen: screen[-1].endswith("fim!"))
    terminal.press("Enter")
    assert ana.until("Rui:")[-1] == f"Rui: {glyph * count}fim!"


@in_tmux
def test_pasted_tabs_and_lines(rui):
    """Tabs e linhas colados ficam na tela até o Enter, que os manda como são."""
    terminal, ana, _ = rui
    terminal.paste("a\tb\n\tc\nd")
    terminal.wait_end("> a     b", "        c", "d")
    ana.say("oi")
    terminal.wait_end("Ana: oi", "> a     b", "        c", "d")
    terminal.press("Home")
    ana.say("ei")
    terminal.wait_end("Ana: oi", "Ana: ei", "> a     b", "        c", "d")
    terminal.press("Enter")
    assert ana.until("Rui: d")[-3:] == ["Rui: a\tb", "Rui: \tc", "Rui: d"]
    terminal.wait_end("Ana: ei", "Rui: a  b", "Rui:    c", "Rui: d", ">")


@in_tmux
@pytest.mark.parametrize(("before", "after"), [(80, 40), (40, 80), (80, 33)])
def test_resize_while_typing(tmux, join, before, after):
    """A janela muda de largura no meio da digitação: nada se apaga e nada se repete."""
    ana, terminal = join("Ana"), tmux(before)
    ana.say(*[f"antes {i}" for i in range(5)])
    text = "> " + "abcdefghij" * 15
    terminal.type(text[2:])
    terminal.wait_end("Ana: antes 4", *wrap(text, before))
    terminal.resize(after)
    ana.say("um")
    terminal.wait_end("Ana: antes 3", "Ana: antes 4", "Ana: um", *wrap(text, after))
    terminal.press("Home", "X")
    terminal.wait_end("Ana: antes 4", "Ana: um", *wrap("> X" + text[2:], after))


@in_tmux
def test_flood_while_typing(rui):
    """Quem digita no meio de uma enxurrada não perde letra nem lugar."""
    terminal, ana, _ = rui
    terminal.type("bd")
    terminal.press("Left")
    for i in range(100):
        ana.say(f"linha {i}")
        if i == 30:
            terminal.type("c")
        if i == 60:
            terminal.press("Home", "a", "End", "e")
    terminal.wait_end("Ana: linha 98", "Ana: linha 99", "> abcde")
    terminal.press("Enter")
    assert ana.until("Rui:")[-1] == "Rui: abcde"


@in_tmux
def test_huge_paste_leaves_room_for_messages(rui):
    """Colar duzentas linhas: as mensagens continuam à vista, e o Enter manda todas."""
    terminal, ana, _ = rui
    terminal.paste("\n".join(f"cola {i}" for i in range(200)))
    terminal.wait_end("cola 198", "cola 199")
    ana.say("e aí?")
    terminal.wait_for(lambda screen: "Ana: e aí?" in screen and screen[-1] == "cola 199")
    terminal.press("Enter")
    assert ana.until("cola 199")[-200:] == [f"Rui: cola {i}" for i in range(200)]
    terminal.wait_end("Rui: cola 199", ">")


@in_tmux
def test_keys_of_the_editor(rui):
    """Ctrl+R, Ctrl+L, Esc Tab e as setas continuam a valer, com mensagens no meio."""
    terminal, ana, _ = rui
    terminal.type("primeira")
    terminal.press("Enter")
    terminal.wait_end("Rui: primeira", ">")
    terminal.press("C-r")
    terminal.type("pri")
    terminal.wait_end("(reverse-i-search)`pri': primeira")
    ana.say("oi")
    terminal.wait_end("Ana: oi", "(reverse-i-search)`pri': primeira")
    terminal.press("C-l")
    terminal.wait_for(lambda screen: screen == ["> primeira"])
    terminal.press("Escape", "Tab")
    ana.say("ei")
    terminal.wait_for(lambda screen: screen == ["Ana: ei", "> primeira"])
    terminal.press("C-c")
    terminal.wait_for(lambda screen: screen[-1] == "fim 0")


@in_tmux
def test_narrow_terminal(tmux, join):
    """Dez colunas bastam, com emoji de largura incerta e tudo."""
    ana, terminal = join("Ana"), tmux(30)
    terminal.resize(10)
    terminal.type("abc" + FAMILY + "def" + THUMB * 2 + "ghijklm")
    ana.say("um", "dois")
    terminal.wait_for(
        lambda screen: "Ana: um" in screen and "Ana: dois" in screen and "ghijklm" in "".join(screen)
    )
    terminal.press("Home", "X", "Enter")
    assert ana.until("Rui:")[-1] == "Rui: Xabc" + FAMILY + "def" + THUMB * 2 + "ghijklm"


@in_tmux
@pytest.mark.parametrize("env", [{"LC_ALL": "C"}, {"TERM": "dumb"}], ids=["locale C", "TERM=dumb"])
def test_poor_terminals(tmux, join, env):
    """Um terminal sem locale ou sem comandos também conversa, com acentos."""
    ana, terminal = join("Ana"), tmux(80, **env)
    ana.say("olá")
    terminal.wait_for(lambda screen: "Ana: olá" in screen)
    terminal.type("não")
    terminal.press("Enter")
    assert ana.until("Rui:")[-1] == "Rui: não"
    terminal.type("/sair")
    terminal.press("Enter")
    terminal.wait_for(lambda screen: screen[-1] == "fim 0")


FALLBACK = (
    "from chatlib import terminal, __main__ as m; terminal.find_readline = lambda: None; m.exit_now(m.main())"
)
NO_READLINE = (
    "import sys; sys.modules['readline'] = sys.modules['termios'] = None; "
    "from chatlib import __main__ as m; m.exit_now(m.main())"
)


@in_tmux
@pytest.mark.parametrize("code", [FALLBACK, NO_READLINE], ids=["libedit", "sem readline"])
def test_without_gnu_readline(tmux, join, code):
    """Onde a readline não deixa outro desenhar, ou não existe, a conversa é a mesma."""
    ana, terminal = join("Ana"), tmux(80, python=("-c", code))
    terminal.type("ola mun")
    terminal.wait_for(lambda screen: "ola mun" in screen[-1])
    ana.say("um")
    terminal.wait_for(lambda screen: any("Ana: um" in line for line in screen))
    terminal.type("do")
    terminal.press("Enter")
    assert ana.until("Rui:")[-1] == "Rui: ola mundo"
    terminal.wait_for(lambda screen: "Rui: ola mundo" in screen)
    if code is FALLBACK:
        assert "Ana: um" in terminal.screen and "> ola mundo" not in terminal.screen
