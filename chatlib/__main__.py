"""A linha de comando: ``python3 -m chatlib server`` e ``python3 -m chatlib client``."""

import argparse
import logging
import os
import signal
import sys
import threading
from contextlib import suppress

from . import protocol
from .client import Client
from .errors import ChatError, UsageError
from .events import Event
from .server import Server
from .terminal import Terminal

DRAIN = 2.0  # segundos à espera das últimas mensagens depois do fim da entrada


class Parser(argparse.ArgumentParser):
    """Um ArgumentParser cujos textos de ajuda e de erro são em português."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, add_help=False, formatter_class=Formatter, **kwargs)
        self._positionals.title, self._optionals.title = "argumentos", "opções"
        self.add_argument("-h", "--help", action="help", help="mostra esta ajuda e termina")

    def error(self, message: str):
        """Uma frase, e o código de saída 2."""
        self.exit(2, f"{self.prog}: {translate(message)}; veja {self.prog} --help\n")


class Formatter(argparse.HelpFormatter):
    """A ajuda do argparse, com "uso:" no lugar de "usage:"."""

    def add_usage(self, usage, actions, groups, prefix=None):
        """O argparse escolhe o prefixo em inglês quando ninguém diz outro."""
        super().add_usage(usage, actions, groups, "uso: " if prefix is None else prefix)


TRANSLATIONS = (
    ("the following arguments are required", "falta dizer"),
    ("unrecognized arguments", "não conheço a opção"),
    ("expected one argument", "precisa de um valor"),
    ("invalid choice", "não conheço"),
    ("choose from", "escolha entre"),
    ("ambiguous option", "opção ambígua"),
    ("could match", "pode ser"),
    ("argument ", "em "),
)


def translate(message: str) -> str:
    """A mensagem do argparse em português."""
    for english, portuguese in TRANSLATIONS:
        message = message.replace(english, portuguese)
    return message


def port(text: str) -> int:
    """Um número de porta, de 0 a 65535."""
    try:
        return protocol.check_port(int(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"a porta {text} não existe: use um número de 0 a 65535") from None


def positive(text: str) -> int:
    """Um inteiro maior que zero."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} não serve: use um número inteiro maior que zero")
    return int(text)


def parse(args: list[str] | None) -> argparse.Namespace:
    """Os argumentos da linha de comando."""
    parser = Parser(prog="python3 -m chatlib", description="Um chat por TCP: o servidor e o cliente.")
    roles = parser.add_subparsers(dest="papel", required=True, metavar="{server,client}")
    server = roles.add_parser("server", help="inicia um servidor", description="Inicia um servidor de chat.")
    client = roles.add_parser("client", help="entra num chat", description="Entra num chat pelo terminal.")
    server.add_argument(
        "--host", metavar="H", default=protocol.HOST, help="endereço onde escutar (%(default)s)"
    )
    server.add_argument(
        "--port",
        metavar="P",
        type=port,
        default=protocol.PORT,
        help="porta, ou 0 para uma livre (%(default)s)",
    )
    server.add_argument(
        "--max-members",
        metavar="N",
        type=positive,
        default=protocol.MAX_MEMBERS,
        help="lotação (%(default)s)",
    )
    server.add_argument(
        "--rate",
        metavar="N",
        type=positive,
        help=f"mensagens por segundo de cada pessoa; para uma turma, {protocol.CLASS_RATE:g} (sem limite)",
    )
    server.add_argument(
        "--history",
        metavar="N",
        type=positive,
        default=0,
        help=f"mensagens contadas a quem chega; para uma turma, {protocol.CLASS_HISTORY} (nenhuma)",
    )
    server.set_defaults(run=run_server)
    client.add_argument(
        "--host", metavar="H", default=protocol.HOST, help="endereço do servidor (%(default)s)"
    )
    client.add_argument("--port", metavar="P", type=port, default=protocol.PORT, help="porta (%(default)s)")
    client.add_argument("--apelido", metavar="A", help="seu nome na sala (pergunta, se faltar)")
    client.set_defaults(run=run_client)
    return parser.parse_args(args)


def say(text: str) -> None:
    """Mostra já, mesmo com a saída redirecionada, e enquanto houver quem a leia."""
    with suppress(BrokenPipeError):
        print(text, flush=True)


def raise_descriptor_limit() -> None:
    """Pede ao sistema os descritores que uma sala cheia gasta; onde não há limite, nada faz."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def run_server(options: argparse.Namespace) -> None:
    """Serve até Ctrl+C ou SIGTERM; a primeira linha que mostra é o endereço."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    logging.basicConfig(format="%(levelname)s: %(message)s")
    raise_descriptor_limit()
    server = Server(
        options.host,
        options.port,
        max_members=options.max_members,
        rate=options.rate,
        history=options.history,
        on_event=show,
    )
    with server:
        host, number = server.address
        say(f"Servidor no ar em {host}:{number}")
        while not stop.wait(1):  # com prazo: sem ele, o Ctrl+C não chega no Windows
            pass
    say("Servidor encerrado.")


def show(event: Event) -> None:
    """Conta no terminal do servidor quem entra, quem sai e o que deu errado."""
    host, number = event.address or ("", "")
    lines = {
        "named": f"{event.apelido} entrou, de {host}:{number}",
        "left": f"{event.apelido} saiu: {event.text}",
        "renamed": f"{event.apelido} agora é {event.text}",
        "refused": f"recusado {host}:{number}: {event.text}",
        "error": f"erro: {event.text}",
    }
    if event.kind in lines:
        say(lines[event.kind])


def run_client(options: argparse.Namespace) -> None:
    """Conversa pelo terminal até ``/sair``, o fim da entrada ou a perda do servidor."""
    terminal = Terminal()
    apelido = options.apelido or terminal.ask("Escolha o seu apelido: ").strip()
    over = threading.Event()
    failures = []

    def on_end(failure: ChatError | None) -> None:
        failures.append(failure)
        over.set()

    def write() -> None:
        with suppress(ChatError):  # quem conta que o servidor se foi é on_end
            for line in terminal.lines():
                client.write(line)
            client.leave()
        over.wait(DRAIN)
        over.set()

    client = Client(apelido, options.host, options.port, on_message=terminal.show, on_end=on_end)
    with client:
        threading.Thread(target=write, daemon=True).start()
        try:
            while not over.wait(1):  # com prazo: sem ele, o Ctrl+C não chega no Windows
                pass
        finally:
            terminal.restore()
    if failures[0]:
        raise failures[0]


def main(args: list[str] | None = None) -> int:
    """O código de saída: 0 se tudo correu bem, 1 se houve um erro, 2 se o uso foi errado."""
    options = parse(args)
    try:
        options.run(options)
    except ChatError as error:
        print(f"erro: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except (KeyboardInterrupt, EOFError):
        print()
    return 0


def exit_now(code: int) -> None:
    """Termina sem esperar a thread que lê do teclado: nada a acorda."""
    with suppress(BrokenPipeError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    for stream in (sys.stdin, sys.stdout, sys.stderr):  # nenhum byte e nenhum apelido derruba o chat
        stream.reconfigure(errors="replace")
    exit_now(main())
