"""A linha de comando, em processos de verdade e, onde há, num terminal de mentira."""

import contextlib
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from peers import DEADLINE, RawPeer, run_server, scripted_server, tls_wire, wait_until

import chatlib
from chatlib import Server
from chatlib import __main__ as cli
from chatlib.backplane import Hub

ROOT = Path(chatlib.__file__).parent.parent
POSIX = pytest.mark.skipif(os.name != "posix", reason="sinais e terminais daqui são os do POSIX")


@contextlib.contextmanager
def chat(*args, encoding="utf-8", **options):
    """Um ``python -m chatlib ...``, morto ao final se ainda estiver de pé."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    env = os.environ | {
        "TERM": "xterm",
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": encoding,
        "PYTHONUNBUFFERED": "",
    }
    command = [sys.executable, "-m", "chatlib", *args]
    with subprocess.Popen(command, env=env, **(pipes | options)) as process:
        try:
            yield process
        finally:
            process.kill()


def run(*args, typed="", encoding="utf-8"):
    """O código de saída, a saída e os erros de um comando que recebe o texto digitado."""
    with chat(*args, encoding=encoding) as process:
        data = typed if isinstance(typed, bytes) else typed.encode()
        out, err = process.communicate(data, timeout=DEADLINE)
    return process.returncode, out.decode(), err.decode()


@contextlib.contextmanager
def served(*args):
    """Um servidor em outro processo, e o endereço que a sua primeira linha diz."""
    with chat("server", "--port", "0", *args) as process:
        first = process.stdout.readline().decode()
        host, port = re.fullmatch(r"Servidor no ar em (.+):(\d+)\n", first).groups()
        yield process, (host, int(port))


def where(address):
    """As opções que levam um cliente ao endereço."""
    return "client", "--host", address[0], "--port", str(address[1])


# --- o servidor


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--backplane", "redis://a"], "não é um registro"),
        (["--backplane", "nats://a", "--sala", "a b"], "não serve"),
        (["--backplane", "nats://a", "--backplane-ca", "falta.pem"], "não dá para ler falta.pem"),
    ],
)
def test_shared_room_that_makes_no_sense(options, why):
    """O que não serve para dividir a sala é dito numa frase, antes de abrir a porta."""
    code, out, err = run("server", "--port", "0", *options)
    assert (code, out) == (2, "") and err.startswith("erro: ") and why in err and err.count("\n") == 1


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_server_tells_and_ends_cleanly(number):
    """O servidor conta entradas, trocas e saídas; um sinal o encerra com todos avisados."""
    with served("--max-members", "1") as (process, address):
        ana = RawPeer(address, "Ana")
        other = RawPeer(address)
        other.answer("Bia")
        other.rest()
        ana.say("/apelido Júlia", "oi")
        ana.until("oi")
        process.send_signal(number)
        assert ana.rest() == ["* o servidor foi encerrado"]
        ana.close()
        other.close()
        out, err = process.communicate(timeout=DEADLINE)
    lines = [re.sub(r"127\.0\.0\.1:\d+", "ONDE", line) for line in out.decode().splitlines()]
    assert lines == [
        "Ana entrou, de ONDE",
        "recusado ONDE: a sala está cheia: cabem 1 pessoas",
        "Ana agora é Júlia",
        "Júlia saiu: o servidor foi encerrado",
        "Servidor encerrado.",
    ]
    assert (process.returncode, err) == (0, b"")


@POSIX
def test_server_whose_reader_left():
    """Quem lia a saída do servidor foi embora: o servidor continua, e termina em paz."""
    with served() as (process, address):
        process.stdout.close()
        ana = RawPeer(address, "Ana")
        ana.say("oi")
        assert ana.line() == "Ana: oi"
        ana.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) == 0
        assert process.stderr.read() == b""


@POSIX
def test_server_with_a_narrow_output():
    """Uma saída que só conhece ASCII não impede que João entre."""
    with chat("server", "--port", "0", encoding="ascii") as process:
        port = int(process.stdout.readline().rsplit(b":", 1)[1])
        RawPeer(("127.0.0.1", port), "João").close()
        assert process.stdout.readline().startswith(b"Jo?o entrou")
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) == 0 and process.stderr.read() == b""


def test_busy_port():
    """Porta ocupada: uma frase e o código 1."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = str(holder.getsockname()[1])
        code, out, err = run("server", "--port", port)
    assert (code, out) == (1, "") and err.startswith(f"erro: a porta {port} já está em uso")
    assert err.count("\n") == 1


@pytest.mark.parametrize("host", ["nao-existe.invalid", "x" * 100])
@pytest.mark.parametrize("role", ["server", "client"])
def test_unknown_host(role, host):
    """Um computador que não existe: uma frase e o código 1."""
    extra = ["--apelido", "Ana"] if role == "client" else []
    code, out, err = run(role, "--host", host, "--port", "1", *extra)
    assert (code, out, err.count("\n")) == (1, "", 1) and err.startswith("erro: não ")


@POSIX
def test_flooded_descriptor_limit():
    """Sem descritores para todos, o servidor conta o que houve, espera e volta a aceitar."""
    import resource

    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))

    with chat("server", "--port", "0", preexec_fn=limit) as process:
        port = int(process.stdout.readline().rsplit(b":", 1)[1])
        peers = [RawPeer(("127.0.0.1", port)) for _ in range(40)]
        while b"aceitar" not in (line := process.stdout.readline()):
            assert line
        for peer in peers:
            peer.close()
        RawPeer(("127.0.0.1", port), "Ana").close()


# --- o uso


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "falta dizer: {server,client,cert}"),
        (("dançar",), "não conheço: 'dançar'"),
        (("server", "--port", "70000"), "a porta 70000 não existe"),
        (("server", "--port", "-1"), "a porta -1 não existe"),
        (("client", "--port", "x"), "a porta x não existe"),
        (("server", "--max-members", "0"), "0 não serve"),
        (("server", "--max-members", "-3"), "-3 não serve"),
        (("server", "--rate", "1.5"), "1.5 não serve"),
        (("server", "--rate"), "precisa de um valor"),
        (("client", "--cor", "azul"), "não conheço a opção: --cor azul"),
        (("client", "--po"), "precisa de um valor"),
        (("client", "--p", "1"), "opção ambígua: --p pode ser --port, --password-file"),
    ],
)
def test_bad_usage(capsys, args, said):
    """Uso errado: uma frase em português que aponta ``--help``, e o código 2."""
    with pytest.raises(SystemExit) as end:
        cli.main(list(args))
    out, err = capsys.readouterr()
    assert end.value.code == 2 and out == "" and err.count("\n") == 1
    assert said in err and "--help" in err
    assert not re.search(r"argument|invalid|expected|required|usage", err)


@pytest.mark.parametrize("args", [[], ["server"], ["client"]])
def test_help_is_in_portuguese(capsys, args):
    """A ajuda não mistura línguas e diz o padrão de cada opção."""
    with pytest.raises(SystemExit) as end:
        cli.main([*args, "--help"])
    text = capsys.readouterr().out
    assert end.value.code == 0 and text.startswith("uso: python3 -m chatlib")
    assert "mostra esta ajuda e termina" in text
    assert not re.search(r"usage|options|positional|show this|default|optional", text)
    assert not args or "55555" in text


# --- o cliente


def test_client_moves_to_another_server_of_the_room():
    """Com ``--servers``, o cliente passa a outro servidor quando o seu se vai."""
    hub = Hub()
    with run_server(backplane=hub.port()) as first, run_server(backplane=hub.port()) as second:
        addresses = ",".join(f"{host}:{port}" for host, port in (first.address, second.address))
        bia = RawPeer(second.address, "Bia")
        with chat("client", "--servers", addresses, "--apelido", "Ana") as client:
            assert bia.line() == "Ana entrou!"
            first.shutdown()
            assert bia.lines(2) == ["Ana saiu!", "Ana entrou!"]
            client.stdin.write(b"cheguei\n")
            client.stdin.flush()
            assert bia.line() == "Ana: cheguei"
            out, _ = client.communicate(timeout=DEADLINE)
            assert f"o servidor caiu; você está agora em 127.0.0.1:{second.address[1]}" in out.decode()
            assert client.returncode == 0
        bia.close()


def test_client_in_a_pipe(server):
    """O que se digita sai, o que chega aparece, e o fim da entrada é o fim da conversa."""
    code, out, err = run(*where(server.address), "--apelido", "João", typed="olá\n\num: dois")
    said = ["João entrou!", "Conectado ao servidor!", "João: olá", "João: um: dois"]
    assert (code, out.splitlines(), err) == (0, said, "")


def test_client_asks_for_the_nickname(server):
    """Sem ``--apelido``, o cliente pergunta."""
    code, out, _ = run(*where(server.address), typed="Ana\noi\n")
    assert code == 0 and out.startswith("Escolha o seu apelido: Ana entrou!\n") and "Ana: oi" in out


def test_no_answer_to_the_question(server):
    """O fim da entrada na pergunta do apelido é desistir, e não uma falha."""
    code, _, err = run(*where(server.address))
    assert (code, err) == (0, "")


@pytest.mark.parametrize("command", ["/sair", "/SAIR"])
def test_client_leaves(server, command):
    """``/sair`` encerra com código 0, sem esperar o fim da entrada."""
    with chat(*where(server.address), "--apelido", "Ana") as process:
        process.stdin.write(f"oi\n{command}\n".encode())
        process.stdin.flush()
        assert process.wait(DEADLINE) == 0
        assert process.stdout.read().decode().splitlines()[-1] == "Ana: oi"
        assert process.stderr.read() == b""


@pytest.mark.parametrize("encoding", ["utf-8:strict", "ascii:strict"])
def test_client_survives_strange_bytes(server, join, encoding):
    """Bytes que a entrada não entende e emoji que a saída não conhece não derrubam o cliente."""
    ana = join("Ana")
    ana.say("😀")
    code, _, err = run(*where(server.address), "--apelido", "Rui", typed=b"ol\xe1\nfim\n", encoding=encoding)
    assert (code, err) == (0, "")
    assert ana.until("saiu")[-2] == "Rui: fim"


def test_refused_client(server, join):
    """Apelido recusado: uma frase, com o motivo, e o código 1."""
    join("Ana")
    for apelido in ("ana", "a b"):
        code, out, err = run(*where(server.address), "--apelido", apelido)
        assert (code, out, err.count("\n")) == (1, "", 1) and err.startswith("erro: apelido recusado: ")


def test_client_without_a_server():
    """Ninguém na porta: uma frase e o código 1."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    code, out, err = run(*where(address), "--apelido", "Ana")
    assert (code, out, err.count("\n")) == (1, "", 1) and err.startswith("erro: não há servidor em")


def test_client_that_loses_the_server(server):
    """O servidor se vai: o aviso, uma frase e o código 1, sem esperar que se digite algo."""
    with chat(*where(server.address), "--apelido", "Ana") as process:
        wait_until(lambda: server.apelidos)
        server.shutdown()
        assert process.wait(DEADLINE) == 1
        assert process.stdout.read().decode().endswith("* o servidor foi encerrado\n")
        err = process.stderr.read().decode()
    assert err.count("\n") == 1 and err.startswith("erro: o servidor encerrou a conexão")


@POSIX
def test_interrupted_client(server, join):
    """Ctrl+C no cliente é uma saída como outra: código 0, e os outros leem o ``saiu``."""
    ana = join("Ana")
    with chat(*where(server.address), "--apelido", "Rui") as process:
        ana.until("Rui entrou!")
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE) == 0 and process.stderr.read() == b""
    assert ana.line() == "Rui saiu!"


class Shell:
    """Um cliente ou servidor iniciado por um shell, com as saídas que ele pôs ou fechou."""

    def __init__(self, redirection, *args, typed=""):
        command = f"exec {shlex.join([sys.executable, '-m', 'chatlib', *args])} {redirection}"
        self.result = subprocess.run(
            ["sh", "-c", command],
            input=typed.encode(),
            capture_output=True,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""},
            timeout=DEADLINE,
        )
        self.code = self.result.returncode
        self.out, self.err = self.result.stdout.decode(), self.result.stderr.decode()


@POSIX
@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&-"])
def test_client_with_a_closed_output(server, join, redirection):
    """Uma saída que veio fechada não impede que se diga algo, e nada vai parar no socket."""
    ana = join("Ana")
    shell = Shell(redirection, *where(server.address), "--apelido", "Rui", typed="oi\n")
    assert (shell.code, shell.err) == (0, "")
    assert ana.until("saiu") == ["Rui entrou!", "Rui: oi", "Rui saiu!"]


@POSIX
def test_client_with_a_closed_input(server):
    """Sem entrada não há o que dizer: uma frase e o código 2."""
    shell = Shell("<&-", *where(server.address), "--apelido", "Rui")
    assert (shell.code, shell.out, shell.err.count("\n")) == (2, "", 1)
    assert shell.err.startswith("erro: a entrada está fechada")


@POSIX
def test_error_with_a_closed_error_output():
    """Sem a saída de erros, a frase vai para a outra."""
    shell = Shell("2>&-", "client", "--apelido", "a b")
    assert shell.code == 1 and shell.out.startswith("erro: apelido recusado") and shell.err == ""


FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="só há /dev/full no Linux")


@FULL
@pytest.mark.parametrize("apelido", [("--apelido", "Rui"), ()])
def test_client_with_a_full_disk(server, apelido):
    """A saída num disco cheio: uma frase e o código 1."""
    shell = Shell(">/dev/full", *where(server.address), *apelido)
    assert shell.code == 1 and shell.err.count("\n") == 1 and "o disco está cheio" in shell.err


@FULL
@pytest.mark.parametrize("args", [["--help"], ["server", "--help"]])
def test_help_with_a_full_disk(args):
    """A ajuda num disco cheio: uma frase, e não uma pilha de chamadas."""
    shell = Shell(">/dev/full", *args)
    assert shell.code == 1 and shell.err.count("\n") == 1 and "o disco está cheio" in shell.err


@POSIX
def test_client_whose_reader_left(server, join):
    """Quem lia a saída do cliente foi embora: ele também vai, sem reclamar."""
    ana = join("Ana")
    with chat(*where(server.address), "--apelido", "Rui") as process:
        assert process.stdout.readline() == b"Rui entrou!\n"
        ana.until("Rui entrou!")
        process.stdout.close()
        ana.say("um", "dois")
        assert process.wait(DEADLINE) == 0 and process.stderr.read() == b""
    assert ana.until("saiu")[-1] == "Rui saiu!"


@FULL
def test_server_with_a_full_disk():
    """O servidor num disco cheio avisa uma vez, e continua a servir."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
    with open("/dev/full", "wb") as full, chat("server", "--port", str(port), stdout=full) as process:
        assert "o disco está cheio" in process.stderr.readline().decode()
        ana = RawPeer(("127.0.0.1", port), "Ana")
        ana.say("oi")
        assert ana.line() == "Ana: oi"
        ana.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) == 0 and process.stderr.read() == b""


def test_dead_link_lists_what_was_said():
    """A conexão cai: o que foi dito e não voltou é listado, e o que voltou, não."""

    def swallow(sock):
        sock.sendall(b"NICK")
        lines = sock.makefile("rb")
        lines.readline()
        sock.sendall(b"Ana entrou!\nConectado ao servidor!\n")
        assert lines.readline() == b"Ana: um\n"
        sock.sendall(b"Ana: um\nBia: tres\n")
        while b"quatro" not in lines.readline():
            pass

    with scripted_server(swallow) as address:
        typed = "um\ndois\n/quem\ntres\n/msg Bia segredo\nquatro\n"
        with chat(*where(address), "--apelido", "Ana") as process:
            process.stdin.write(typed.encode())
            process.stdin.flush()
            assert process.wait(DEADLINE) == 1
            err = process.stderr.read().decode().splitlines()
    assert err[0] == "Sem confirmação de que chegou à sala:"
    assert err[1:-1] == ["  dois", "  tres", "  /msg Bia segredo", "  quatro"]
    assert err[-1].startswith("erro: ")


def test_unanswered():
    """O que volta sai da lista, com outro apelido, em particular ou com uma barra a menos."""
    waiting = cli.Unanswered("Ana")
    waiting.sent("um\n\ndois")
    waiting.arrived("Bia: dois")
    assert waiting.texts() == ["um", "dois"]
    waiting.arrived("Ana: dois")
    assert waiting.texts() == []
    for text, answer in [
        ("/msg Bia  olá você", "Ana (particular): olá você"),
        ("//sair é um comando", "Ana: /sair é um comando"),
        ("/home/ana", "Ana: /home/ana"),
        ("controle \x07", "Ana: controle \ufffd"),
    ]:
        waiting.sent(text)
        assert waiting.texts() == [text]
        waiting.arrived(answer)
        assert waiting.texts() == []
    waiting.sent("/quem\n/apelido Júlia\noi")
    waiting.arrived("* Ana agora é Júlia")
    waiting.arrived("Júlia: oi")
    assert waiting.texts() == []


# --- a senha


@pytest.fixture
def secret(tmp_path):
    """Um arquivo com a senha."""
    path = tmp_path / "senha"
    path.write_text("segredo\n", encoding="utf-8")
    return str(path)


def test_password_file(secret):
    """Servidor e cliente leem a senha de um arquivo, e ela não se mostra."""
    with served("--password-file", secret) as (process, address):
        code, out, err = run(*where(address), "--apelido", "Ana", "--password-file", secret, typed="oi\n")
        assert (code, err) == (0, "") and "Ana: oi" in out
        code, _, err = run(*where(address), "--apelido", "Ana", typed="oi\n")
        assert code == 1 and err.startswith("erro: esta sala tem senha")
        process.terminate()
        told = process.communicate(timeout=DEADLINE)[0].decode()
    assert "Ana entrou" in told and "segredo" not in told


def test_wrong_password_file(secret, tmp_path):
    """A senha errada de um arquivo não se pergunta de novo: é um erro."""
    other = tmp_path / "outra"
    other.write_text("errada", encoding="utf-8")
    with served("--password-file", secret) as (_, address):
        code, _, err = run(*where(address), "--apelido", "Ana", "--password-file", str(other))
    assert (code, err) == (1, "erro: senha errada: pergunte a quem cuida da sala\n")


@pytest.mark.parametrize("role", ["server", "client"])
def test_unreadable_password_file(role, tmp_path):
    """Um arquivo que não se lê é uso errado, e a frase diz qual."""
    code, _, err = run(
        role, "--password-file", str(tmp_path / "nada"), *["--apelido", "Ana"] * (role == "client")
    )
    assert code == 2 and err.startswith(f"erro: não li a senha de {tmp_path}")


# --- TLS


def test_tls_from_end_to_end(tmp_path, secret):
    """``cert`` faz os arquivos; com eles o servidor cifra a conversa, e quem tem o ca.pem entra."""
    folder = tmp_path / "turma"
    code, out, err = run("cert", "--out", str(folder), "--host", "sala.exemplo")
    assert (code, err) == (0, "")
    assert "entregue a quem vai entrar" in out and re.search(r"\n  ([0-9A-F]{2}:){31}[0-9A-F]{2}\n", out)
    pair = "--cert", str(folder / "server.pem"), "--key", str(folder / "server-key.pem")
    with served(*pair, "--password-file", secret) as (_, address):
        person = *where(address), "--apelido", "Ana", "--password-file", secret
        code, out, err = run(*person, "--ca", str(folder / "ca.pem"), typed="oi\n")
        assert (code, err) == (0, "") and "Ana: oi" in out
        code, _, err = run(*person)
        assert code == 1 and err.startswith("erro: esta sala usa TLS: entre com o ca.pem dela")
    assert run("cert", "--out", str(folder))[0] == 2


def test_open_to_the_network_without_a_password(capsys, secret):
    """Aberta à rede, a sala diz o que falta; só neste computador, ou com tudo, não diz nada."""
    for host, options, said in [
        ("0.0.0.0", {}, ["sem senha", "sem TLS"]),
        ("0.0.0.0", {"password": "segredo"}, ["sem TLS"]),
        ("0.0.0.0", {"tls": tls_wire().server}, ["sem senha"]),
        ("::", {"password": "segredo", "tls": tls_wire().server}, []),
        ("127.0.0.1", {}, []),
    ]:
        cli.warn(Server(port=0, **options), host)
        warnings = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Atenção")]
        assert len(warnings) == len(said)
        assert all(text in line for text, line in zip(said, warnings, strict=True))
    with served("--host", "0.0.0.0") as (process, _):
        assert "aberta à rede sem senha" in process.stdout.readline().decode()


@pytest.mark.parametrize("half", ["--cert", "--key"])
def test_certificate_without_its_key(half):
    """O certificado e a chave andam juntos."""
    code, _, err = run("server", "--port", "0", half, "x.pem")
    assert (code, err) == (2, "erro: --cert e --key andam juntos: o certificado e a chave dele\n")


# --- o terminal


class Screen:
    """A tela de um terminal, com só o que o cliente usa: texto, ``\\r``, ``\\n``, subir e apagar."""

    def __init__(self, columns=80):
        self.columns, self.rows, self.row, self.column = columns, [[]], 0, 0

    def write(self, text):
        """Mostra o texto como um terminal o mostraria."""
        for part in re.findall(r"\x1b\[[?\d;]*[A-Za-z]|\x1b.|.", text, re.DOTALL):
            self._one(part)

    def _one(self, part):
        if part == "\r":
            self.column = 0
        elif part == "\n":
            self._down()
        elif part == "\b":
            self.column = max(0, self.column - 1)
        elif part.startswith("\x1b"):
            self._command(part)
        elif part >= " ":
            if self.column == self.columns:
                self.column = 0
                self._down()
            line = self.rows[self.row]
            line.extend(" " * (self.column + 1 - len(line)))
            line[self.column] = part
            self.column += 1

    def _command(self, part):
        if part.endswith("A"):
            self.row = max(0, self.row - int(part[2:-1] or 1))
        elif part == "\x1b[J":
            del self.rows[self.row + 1 :], self.rows[self.row][self.column :]
        elif part == "\x1b[K":
            del self.rows[self.row][self.column :]
        elif part.endswith("C"):
            self.column += int(part[2:-1] or 1)

    def _down(self):
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append([])

    @property
    def lines(self):
        """O que se vê, linha a linha."""
        return ["".join(row).rstrip() for row in self.rows]


class Tty:
    """Um cliente num terminal de mentira: o que se digita e o que se vê."""

    def __init__(self, process, master, columns):
        self.process, self.master, self.screen = process, master, Screen(columns)

    def type(self, text):
        """Aperta as teclas."""
        os.write(self.master, text.encode())

    def wait_for(self, line):
        """Espera que a linha esteja na tela."""
        try:
            wait_until(lambda: self._read() or line in self.screen.lines, f"{line!r} na tela")
        except AssertionError as failure:
            raise AssertionError(f"{failure}: {self.screen.lines}") from None

    def end(self):
        """Lê até o fim e devolve o código de saída."""
        with contextlib.suppress(OSError):
            wait_until(lambda: self._read() or self.process.poll() is not None, "o fim do cliente")
            while True:
                self._read(wait=0.2)
        return self.process.wait(DEADLINE)

    def _read(self, wait=0.05):
        import select

        if select.select([self.master], [], [], wait)[0]:
            self.screen.write(os.read(self.master, 65536).decode())
        elif wait == 0.2:
            raise OSError


@pytest.fixture
def tty(server):
    """``tty("Ana", columns=80)`` abre um cliente num terminal de mentira."""
    pty = pytest.importorskip("pty")
    import fcntl
    import struct
    import termios

    with contextlib.ExitStack() as stack:

        def open_tty(apelido, columns=80):
            master, slave = pty.openpty()
            stack.callback(os.close, master)
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            args = (*where(server.address), "--apelido", apelido)
            # Noutra sessão, /dev/tty não é o terminal de quem roda os testes.
            streams = {"stdin": slave, "stdout": slave, "stderr": slave, "start_new_session": True}
            process = stack.enter_context(chat(*args, **streams))
            os.close(slave)
            return Tty(process, master, columns)

        yield open_tty


@POSIX
def test_typing_is_not_torn(tty, join):
    """Mensagens que chegam no meio da digitação ficam acima, e a linha digitada, inteira."""
    ana, rui = join("Ana"), tty("Rui")
    assert ana.line() == "Rui entrou!"
    rui.wait_for(">")
    rui.type("olá, tudo b")
    rui.wait_for("> olá, tudo b")
    ana.say(*[f"mensagem {i}" for i in range(5)])
    rui.wait_for("Ana: mensagem 4")
    rui.wait_for("> olá, tudo b")
    start = rui.screen.lines.index("Ana: mensagem 0")
    assert rui.screen.lines[start:] == [*[f"Ana: mensagem {i}" for i in range(5)], "> olá, tudo b"]
    rui.type("em?\n")
    assert ana.until("Rui:")[-1] == "Rui: olá, tudo bem?"
    rui.wait_for("Rui: olá, tudo bem?")
    rui.type("/sair\n")
    assert rui.end() == 0
    assert [line for line in rui.screen.lines if "olá" in line] == ["Rui: olá, tudo bem?"]


@POSIX
def test_long_line_is_redrawn_whole(tty, join):
    """Uma linha digitada que ocupa várias da tela também não se rasga."""
    ana, rui = join("Ana"), tty("Rui", columns=40)
    assert ana.line() == "Rui entrou!"
    rui.wait_for(">")
    rui.type("x" * 90)
    rui.wait_for("x" * 12)
    ana.say("oi")
    rui.wait_for("Ana: oi")
    rui.wait_for("x" * 12)
    start = rui.screen.lines.index("Ana: oi")
    assert rui.screen.lines[start:] == ["Ana: oi", "> " + "x" * 38, "x" * 40, "x" * 12]


@POSIX
def test_password_is_asked_without_echo(tty, server):
    """A senha se pergunta até que uma sirva, e não aparece na tela."""
    server.door.password = "segredo"
    rui = tty("Rui")
    rui.wait_for("Senha da sala:")
    rui.type("errada\n")
    rui.wait_for("Senha errada: pergunte a quem cuida da sala.")
    for count, answer in enumerate(["\n", "segredo\n"], 2):  # uma resposta vazia não é uma tentativa
        wait_until(lambda: rui._read() or rui.screen.lines.count("Senha da sala:") == count, "a pergunta")  # noqa: B023
        rui.type(answer)
    rui.wait_for("Rui entrou!")
    rui.type("oi\n")
    rui.wait_for("Rui: oi")
    assert not [line for line in rui.screen.lines if "segredo" in line or "errada" in line.split()]


@POSIX
@pytest.mark.parametrize("keys", ["\x03", "\x04"], ids=["Ctrl+C", "Ctrl+D"])
def test_keys_that_end(tty, join, keys):
    """Ctrl+C e Ctrl+D saem com código 0."""
    ana, rui = join("Ana"), tty("Rui")
    rui.wait_for(">")
    rui.type(keys) if keys == "\x04" else rui.process.send_signal(signal.SIGINT)
    assert rui.end() == 0
    assert ana.until("saiu")[-1] == "Rui saiu!"


@POSIX
def test_lost_server_leaves_a_clean_terminal(tty, server):
    """O servidor se vai no meio da digitação: o aviso, o que se escrevia e a frase, cada um em sua linha."""
    rui = tty("Rui")
    rui.wait_for(">")
    rui.type("pela meta")
    rui.wait_for("> pela meta")
    server.shutdown()
    assert rui.end() == 1
    start = rui.screen.lines.index("* o servidor foi encerrado")
    assert rui.screen.lines[start + 1 : start + 3] == ["Você estava escrevendo:", "  pela meta"]
    assert rui.screen.lines[start + 3].startswith("erro: o servidor encerrou a conexão")
    assert "> pela meta" not in rui.screen.lines
