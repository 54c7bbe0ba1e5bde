"""Os argumentos da linha de comando, com a ajuda e os erros em português."""

import argparse
from typing import Any, NoReturn

from . import protocol


class Parser(argparse.ArgumentParser):
    """Um ArgumentParser cujos textos de ajuda e de erro são em português."""

    def __init__(self, **kwargs: Any):
        super().__init__(add_help=False, formatter_class=Formatter, **kwargs)
        self.options = self.add_argument_group("opções")
        self.options.add_argument("-h", "--help", action="help", help="mostra esta ajuda e termina")

    def error(self, message: str) -> NoReturn:
        """Uma frase, e o código de saída 2."""
        self.exit(2, f"{self.prog}: {translate(message)}; veja {self.prog} --help\n")


class Formatter(argparse.HelpFormatter):
    """A ajuda do argparse, com "uso:" no lugar de "usage:"."""

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        """O argparse escolhe o prefixo em inglês quando ninguém diz outro."""
        super().add_usage(usage, actions, groups, "uso: " if prefix is None else prefix)


PORT_TO_SERVE = "porta onde escutar, ou 0 para uma livre (padrão: %(default)s)"
MEMBERS = "quantas pessoas cabem na sala (padrão: %(default)s)"
RATE = (
    "quantas mensagens por segundo cada pessoa pode mandar; "
    f"para uma turma, {protocol.CLASS_RATE:g} (padrão: sem limite)"
)
HISTORY = (
    "quantas das últimas mensagens quem chega recebe; "
    f"para uma turma, {protocol.CLASS_HISTORY} (padrão: nenhuma)"
)
HISTORY_FILE = "arquivo em que essas mensagens sobrevivem ao servidor; pede também --history"
PASSWORD = "arquivo cuja primeira linha é a senha que se pede a quem chega (padrão: não pede)"
PASSWORD_TO_SAY = "arquivo cuja primeira linha é a senha da sala; sem a opção, o programa a pergunta"
CERT = "certificado do servidor, para que a conversa vá cifrada (TLS); pede também --key"
KEY = "chave do certificado"
CA_TO_TRUST = "certificado da autoridade que assinou o do servidor, se ele usa TLS: o ca.pem que você recebeu"
OUT = "pasta onde gravar os três arquivos"
HOST_TO_SIGN = (
    "outro nome, ou número, por que o servidor será procurado; pode repetir "
    "(os deste computador já vão no certificado)"
)
BACKPLANE = (
    "o registro que este servidor divide com outros, para serem uma sala só: os nós de um NATS com "
    "JetStream, como nats://a:4222,nats://b:4222 (padrão: nenhum)"
)
SALA = "o nome da sala nesse registro (padrão: %(default)s)"
CREDENTIALS = "arquivo .creds com que entrar no registro"
CA = "arquivo PEM com a autoridade que assina os certificados do registro, se ele usa tls://"
SERVERS = (
    "os servidores de uma mesma sala, em lugar de --host e --port; se o seu cai, o programa passa a outro"
)
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
    """Os argumentos da linha de comando; ``papel`` diz se é o servidor ou o cliente."""
    parser = Parser(prog="python3 -m chatlib", description="Um chat por TCP: o servidor e o cliente.")
    roles = parser.add_subparsers(
        title="argumentos", dest="papel", required=True, metavar="{server,client,cert}"
    )
    serve = "Inicia um servidor de chat; Ctrl+C o encerra."
    _add_server_options(roles.add_parser("server", help="inicia um servidor", description=serve))
    enter = "Entra num chat pelo terminal. Na sala, /ajuda mostra os comandos e /sair encerra."
    _add_client_options(roles.add_parser("client", help="entra num chat", description=enter))
    sign = (
        "Faz uma autoridade e um certificado de servidor para uma turma: ca.pem, server.pem e server-key.pem."
    )
    _add_cert_options(roles.add_parser("cert", help="faz os certificados de uma turma", description=sign))
    return parser.parse_args(args)


def _add_server_options(server: Parser) -> None:
    add = server.options.add_argument
    add("--host", metavar="H", default=protocol.HOST, help="endereço onde escutar (padrão: %(default)s)")
    add("--port", metavar="P", type=port, default=protocol.PORT, help=PORT_TO_SERVE)
    add("--max-members", metavar="N", type=positive, default=protocol.MAX_MEMBERS, help=MEMBERS)
    add("--rate", metavar="N", type=positive, help=RATE)
    add("--history", metavar="N", type=positive, default=0, help=HISTORY)
    add("--history-file", metavar="F", help=HISTORY_FILE)
    add("--password-file", metavar="F", help=PASSWORD)
    add("--cert", metavar="C", help=CERT)
    add("--key", metavar="K", help=KEY)
    add("--backplane", metavar="URL[,URL…]", help=BACKPLANE)
    add("--sala", metavar="NOME", default="sala", help=SALA)
    add("--backplane-creds", metavar="ARQUIVO", help=CREDENTIALS)
    add("--backplane-ca", metavar="ARQUIVO", help=CA)


def _add_client_options(client: Parser) -> None:
    add = client.options.add_argument
    add("--host", metavar="H", default=protocol.HOST, help="endereço do servidor (padrão: %(default)s)")
    add("--port", metavar="P", type=port, default=protocol.PORT, help="porta dele (padrão: %(default)s)")
    add("--servers", metavar="H:P[,H:P…]", help=SERVERS)
    add("--apelido", metavar="A", help="seu nome na sala; sem a opção, o programa pergunta")
    add("--password-file", metavar="F", help=PASSWORD_TO_SAY)
    add("--ca", metavar="F", help=CA_TO_TRUST)


def _add_cert_options(cert: Parser) -> None:
    add = cert.options.add_argument
    add("--out", metavar="PASTA", required=True, help=OUT)
    add("--host", metavar="NOME", action="append", default=[], help=HOST_TO_SIGN)
