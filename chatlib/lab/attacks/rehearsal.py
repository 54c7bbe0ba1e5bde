"""O ensaio da aula 05: os dois programas do aluno, com o laboratório no papel do teclado."""

from typing import NoReturn

from ...errors import ChatError
from ..peer import HOST, wait_until
from . import own
from .targets import START, Program, ServerTarget, own_server


def rehearse() -> tuple[str, str]:
    """Roda `servidor.py` e `cliente.py`, da pasta da aula ou da cópia; devolve as telas de Ana e de João.

    Ana entra; João entra, fala e sai; Ana se despede. Cada passo espera o anterior. Levanta ChatError,
    com o que os programas escreveram, se um passo não acontece.
    """
    with own_server() as server, _client(server) as ana:
        ana.type("Ana")
        _expect(server.program, "Apelido é Ana", "o servidor", server, ana)
        with _client(server) as joao:
            for line in ("João", "olá, Ana! 🎉"):
                joao.type(line)
            _finish(joao, "João", server)
        _expect(ana, "João saiu!", "o cliente de Ana", server, ana)
        ana.type("tchau!")
        _finish(ana, "Ana", server)
    return _screen(ana), _screen(joao)


def _client(server: ServerTarget) -> Program:
    return Program(str(own.find("cliente.py")), HOST, str(server.address[1]))


def _expect(program: Program, text: str, who: str, server: ServerTarget, client: Program) -> None:
    """Espera que o texto apareça na tela; desiste logo se um dos dois programas acaba."""
    wait_until(lambda: program.shows(text, 0) or server.program.ended(0) or client.ended(0), START)
    if not program.shows(text, 0.1):
        _stop(f"{who} não mostrou {text!r}", server, client)


def _finish(client: Program, apelido: str, server: ServerTarget) -> None:
    client.end_typing()
    if not client.ended(START):
        _stop(f"o cliente de {apelido} não terminou quando o teclado acabou", server, client)


def _stop(what: str, server: ServerTarget, client: Program) -> NoReturn:
    said = [f"o servidor: {server.program.complaint()}", f"o cliente: {client.complaint()}"]
    errors = "; ".join(line for line in said if not line.endswith(": "))
    raise ChatError(
        f"o ensaio parou: {what}. Erros: {errors or 'nenhum'}. Confira o arquivo com as partes da aula"
    )


def _screen(program: Program) -> str:
    return "".join(f"{line}\n" for line in program.lines)
