"""Ataques ao cliente: o que a tela e o teclado aguentam."""

from ..peer import wait_until
from .catalog import attack
from .targets import chatlib_client, naive_client, own_client

BLANKS = 1000  # linhas em branco que ninguém mandou
CLIENTS = naive_client, own_client, chatlib_client


@attack(
    "usar o cliente",
    "receber um acento",
    on=CLIENTS,
    cause="o cliente decodifica em ASCII, e o erro encerra a leitura",
    mend="UTF-8 dos dois lados",
)
def accent_received(scene):
    """O servidor repassa um «não»."""
    scene.victim.send("Ana: não")
    if "não" not in (line := scene.victim.next_line()):
        return f"a tela mostra `{line}`, e é o fim"


@attack(
    "usar o cliente",
    "digitar um acento",
    on=CLIENTS,
    cause="`encode` levanta um erro na thread que escreve, e ela acaba em silêncio",
    mend="UTF-8, e um erro que apareça na tela",
)
def accent_typed(scene):
    """Bia digita «não» e depois «oi»."""
    scene.victim.program.type("não")
    scene.victim.program.type("oi")
    if not scene.victim.server.got(b"oi", scene.victim.patience):
        return "quem digitou fica muda: nada mais sai"


@attack(
    "usar o cliente",
    "um `ç` partido ao meio",
    on=(lambda: naive_client("utf-8"), own_client, chatlib_client),
    cause="trocar ASCII por UTF-8 não basta: o byte 1024 pode cair dentro de uma letra",
    mend="separar as mensagens em bytes, e só então decodificar",
)
def split_letter(scene):
    """Uma mensagem longa em que o ç ocupa os bytes 1024 e 1025."""
    scene.victim.send("Ana: " + "a" * 1018 + "ça")
    if "ça" not in (line := scene.victim.next_line()):
        return f"a tela mostra `{line}`, e é o fim"


@attack(
    "usar o cliente",
    "o servidor cair",
    on=CLIENTS,
    cause="de novo `b''`: a leitura não acaba, e mostra o nada sem parar",
    mend="`b''` é o fim: dizer o que houve e terminar",
)
def server_dies(scene):
    """A conexão se encerra do lado do servidor."""
    scene.victim.server.finish()
    program = scene.victim.program
    wait_until(lambda: program.ended(0) or program.lines.count("") > BLANKS, scene.victim.patience)
    if program.lines.count("") > BLANKS:
        return "linhas em branco sem fim, e nenhuma explicação"
    if not program.ended(0):
        return "o programa não acaba: ainda espera pelo teclado"
