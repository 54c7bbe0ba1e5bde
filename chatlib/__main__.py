"""A linha de comando: ``python3 -m chatlib server``, ``client`` e ``cert``."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from . import cert, commands, protocol, tls
from .address import find_servers, is_local
from .apelidos import apelido_key
from .arguments import parse
from .client import Client
from .errors import ChatError, ConversationOver, MessageRefused, PasswordRefused, UsageError
from .events import Event
from .password import read_password
from .roaming import Roamer
from .server import Server
from .terminal import Terminal, output_failed

if TYPE_CHECKING:
    from .backplane import Backplane

DRAIN = 2.0  # segundos à espera das últimas mensagens depois do fim da entrada
KEPT = 1000  # mensagens que se espera ver voltar

# --- o servidor


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
        history_file=options.history_file,
        password=options.password_file and read_password(options.password_file),
        tls=certificate(options),
        backplane=find_backplane(options),
    )
    server.room.subscribe(show, messages=False)  # as mensagens, que não se mostram, custariam caro
    with server:
        host, port = server.address
        say(f"Servidor no ar em {host}:{port}")
        warn(server, host)
        while not stop.wait(1):  # com prazo: sem ele, o Ctrl+C não chega no Windows
            pass
    say("Servidor encerrado.")


def warn(server: Server, host: str) -> None:
    """Diz o que se arrisca numa sala aberta à rede sem senha ou sem TLS."""
    if is_local(host):
        return
    if server.door.password is None:
        say("Atenção: a sala está aberta à rede sem senha, e qualquer um que chegue a este computador entra.")
        say("  Para pedir uma, inicie com --password-file.")
    if server.door.tls is None:
        say("Atenção: sem TLS, quem está no caminho lê e pode mudar o que se diz, a senha inclusive.")
        say("  Para cifrar, faça um certificado com python3 -m chatlib cert e inicie com --cert e --key.")


def certificate(options: argparse.Namespace) -> tuple[str, str] | None:
    """O que ``--cert`` e ``--key`` dizem; UsageError se falta um dos dois."""
    if bool(options.cert) != bool(options.key):
        raise UsageError("--cert e --key andam juntos: o certificado e a chave dele")
    return (options.cert, options.key) if options.cert else None


def find_backplane(options: argparse.Namespace) -> "Backplane | None":
    """O registro que o servidor divide com outros, se foi pedido."""
    if not options.backplane:
        return None
    from .shared_room import connect  # só quem divide a sala paga por isso

    return connect(options.backplane, options.sala, options.backplane_creds, options.backplane_ca)


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


# --- o cliente


class Unanswered:
    """O que se disse e ainda não voltou: o servidor devolve a cada um o que ele diz.

    Pode ser usado por várias threads.
    """

    def __init__(self, apelido: str):
        self._lock = threading.Lock()  # guarda tudo abaixo
        self._names = {apelido_key(apelido)}  # os que já foram seus
        self._texts: deque[str] = deque(maxlen=KEPT)

    def sent(self, text: str) -> None:
        """Cada linha do texto vai ao servidor; a de um comando que não é /msg não volta."""
        with self._lock:
            self._texts += [line for line in map(str.strip, text.split("\n")) if line and echoes(line)]

    def arrived(self, message: str) -> None:
        """Uma mensagem chegou: se é de quem a espera, as que foram antes dela não voltam mais."""
        with self._lock:
            if change := protocol.renamed.read(message):
                self._names |= {apelido_key(change[1])} if apelido_key(change[0]) in self._names else set()
            author, text = protocol.private.read(message) or protocol.said.read(message) or ("", "")
            if apelido_key(author) not in self._names:
                return
            for count, said in enumerate(self._texts, 1):
                if text.strip() in echoes(said):
                    self._texts = deque(list(self._texts)[count:], KEPT)
                    return

    def texts(self) -> list[str]:
        """O que falta voltar, na ordem em que se disse."""
        with self._lock:
            return list(self._texts)


def echoes(text: str) -> tuple[str, ...]:
    """As formas em que a linha pode voltar: sem ``/msg APELIDO``, ou com uma barra a menos."""
    text = protocol.clean(text)
    try:
        command = commands.meaning(text)
    except MessageRefused:
        return (text,)
    if command is None:
        return text, text.removeprefix("/")
    name, argument = command
    return (argument.partition(" ")[2].strip(),) if name == "/msg" else ()


def run_client(options: argparse.Namespace) -> None:
    """Conversa pelo terminal até ``/sair``, o fim da entrada ou a perda do servidor."""
    if sys.stdin is None:
        raise UsageError("a entrada está fechada, e não há de onde ler o que dizer: rode num terminal")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # para devolver o terminal como estava
    terminal = Terminal()
    apelido = options.apelido or terminal.ask("Escolha o seu apelido: ").strip()
    unanswered = Unanswered(apelido)
    over = threading.Event()
    failures: list[ChatError | None] = []

    def on_message(message: str) -> None:
        unanswered.arrived(message)
        terminal.show(message)

    def on_end(failure: ChatError | None) -> None:
        failures.append(failure)
        over.set()

    def write() -> None:
        try:
            for line in terminal.lines():
                unanswered.sent(line)
                client.write(line)
            client.leave()
        except OSError as error:
            why = error.strerror or error
            on_end(ChatError(f"não deu para ler a entrada ({why}): confira de onde ela vem"))
        except ChatError:  # quem conta que o servidor se foi é a thread que lê
            pass
        over.wait(DRAIN)
        over.set()

    client = enter(options, terminal, apelido, on_message=on_message, on_end=on_end)
    typed = ""
    try:
        with client:
            threading.Thread(target=write, daemon=True).start()
            try:
                while not over.wait(1):  # com prazo: sem ele, o Ctrl+C não chega no Windows
                    pass
            finally:
                typed = terminal.restore()
    finally:
        report(unanswered.texts() if client.is_framed else [], typed if any(failures) else "")
    if failures[0] and not isinstance(failures[0], ConversationOver):
        raise failures[0]


def enter(options: argparse.Namespace, terminal: Terminal, apelido: str, **listeners: Any) -> Client | Roamer:
    """Entra na sala; se ela tem senha e não há ``--password-file``, pergunta, até que uma sirva."""
    password = options.password_file and read_password(options.password_file)
    while True:
        try:
            known = {"password": password, "tls": options.ca, **listeners}
            if options.servers:
                return Roamer(apelido, find_servers(options.servers), **known)
            return Client(apelido, options.host, options.port, **known)
        except PasswordRefused as refusal:
            if options.password_file or not terminal.is_interactive:
                raise
            if password:
                terminal.show(f"{str(refusal).capitalize()}.")
            password = terminal.ask_secret("Senha da sala: ").strip() or None


def report(texts: list[str], typed: str) -> None:
    """Lista o que se escreveu e talvez se perca: o que não voltou e o que estava pela metade."""
    if texts:
        complain("Sem confirmação de que chegou à sala:")
        complain("\n".join(f"  {text}" for text in texts))
    if typed.strip():
        complain(f"Você estava escrevendo:\n  {typed.strip()}")


# --- o programa


def run_cert(options: argparse.Namespace) -> None:
    """Faz os certificados e diz o que fazer com cada um."""
    folder = cert.make(options.out, options.host)
    say(f"Certificados em {folder}, válidos por {cert.DAYS} dias:")
    say(f"  {tls.CA}: entregue a quem vai entrar; python3 -m chatlib client --ca {tls.CA}")
    say(f"  {tls.CERT} e {tls.KEY}: ficam com o servidor; a chave é só sua")
    say(f"Impressão digital do {tls.CA}, para quem o recebe conferir (SHA-256):")
    say(f"  {cert.fingerprint(folder / tls.CA)}")


ROLES = {"server": run_server, "client": run_client, "cert": run_cert}


def main(args: list[str] | None = None) -> int:
    """O código de saída: 0 se tudo correu bem, 1 se houve um erro, 2 se o uso foi errado."""
    options = parse(args)
    try:
        ROLES[options.papel](options)
    except ChatError as error:
        complain(f"erro: {error}")
        return 2 if isinstance(error, UsageError) else 1
    except (KeyboardInterrupt, EOFError):
        say("")
    return 0


def say(text: str) -> None:
    """Mostra já, mesmo com a saída redirecionada; se ela não aceita mais nada, segue-se sem ela."""
    try:
        print(text, flush=True)
    except OSError as error:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - até o fim do programa
        if not isinstance(error, BrokenPipeError):
            complain(f"aviso: {output_failed(error)}, e nada mais será mostrado nela")


def complain(text: str) -> None:
    """Mostra na saída de erros, se ela aceita."""
    with suppress(OSError):  # não há outro lugar onde contar
        print(text, file=sys.stderr, flush=True)


def open_streams() -> None:
    """Prepara entrada e saídas: nenhum byte, nenhum apelido e nenhuma que veio fechada derruba o chat."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass  # no lugar de um fechado: senão um socket o tomaria, e receberia o que se mostra
    os.close(descriptor)
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - até o fim do programa
    if sys.stderr is None:
        sys.stderr = sys.stdout  # um erro se conta onde der
    for stream in filter(None, (sys.stdin, sys.stdout, sys.stderr)):
        stream.reconfigure(errors="replace")


def exit_now(code: int) -> NoReturn:
    """Termina sem esperar a thread que lê do teclado: nada a acorda."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        pass
    except OSError as error:
        if code == 0:  # senão já se contou o que houve
            complain(f"erro: {output_failed(error)}")
        code = code or 1
    os._exit(code)


if __name__ == "__main__":
    open_streams()
    try:
        status = main()
    except SystemExit as end:  # a ajuda, ou o uso errado
        status = int(end.code or 0)
    exit_now(status)
