"""Os comandos da sala: linhas que começam com ``/`` e não vão para todos.

Cada comando é uma função ``(server, member, argument)``; a primeira linha da docstring é o
que ``/ajuda`` mostra. O que a função devolve vira um aviso só para quem pediu.
"""

from collections.abc import Callable

from .errors import MessageRefused

Command = Callable[["Server", "Member", str], str | None]  # noqa: F821 - só nomes, para ler
COMMANDS: dict[str, Command] = {}


class Leave(Exception):
    """O membro tem de sair; a mensagem é o motivo."""


def command(usage: str) -> Callable[[Command], Command]:
    """Registra a função como o comando cujo uso é ``usage``, como em ``/msg APELIDO texto``."""

    def register(function: Command) -> Command:
        function.usage = usage
        COMMANDS[usage.split()[0]] = function
        return function

    return register


def run(server, member, text: str) -> str | None:
    """Executa a linha de comando ``text``; `MessageRefused` se o comando não existe."""
    name, _, argument = text.partition(" ")
    function = COMMANDS.get(name.casefold())
    if function is None:
        raise MessageRefused(f"não conheço {name}: veja os comandos com /ajuda")
    return function(server, member, argument.strip())


@command("/ajuda")
def help(server, member, argument):
    """mostra esta lista"""
    lines = (f"{function.usage} {function.__doc__}" for function in COMMANDS.values())
    return "comandos: " + "; ".join(lines)


@command("/quem")
def who(server, member, argument):
    """diz quem está na sala"""
    apelidos = server.apelidos
    return f"na sala ({len(apelidos)}): {', '.join(apelidos)}"


@command("/msg APELIDO texto")
def private(server, member, argument):
    """manda o texto só para uma pessoa"""
    apelido, _, text = argument.partition(" ")
    if not text.strip():
        raise MessageRefused("faltou o texto: escreva /msg APELIDO texto")
    server.whisper(member, apelido, text.strip())


@command("/apelido NOVO")
def rename(server, member, argument):
    """troca o seu apelido"""
    server.rename(member, argument)


@command("/sair")
def leave(server, member, argument):
    """sai da sala"""
    raise Leave("pediu para sair")
