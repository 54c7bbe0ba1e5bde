"""Ataques de quem chega: a conexão, o apelido, a espera."""

import time

from .catalog import attack

NAGLE = 0.03  # segundos: a espera de Nagle passa disto, um servidor atento fica muito abaixo
NAGLE_TRIES = 10  # entradas: numa máquina ocupada, alguma demora por outro motivo


@attack(
    "chegar",
    "conectar e desligar na hora",
    cause="o erro de uma conexão sobe até o laço do `accept` e acaba com ele",
    mend="cada conexão tem sua thread desde o `accept`; um erro dela só acaba com ela",
)
def port_scan(scene):
    """É o que faz um programa que procura portas abertas."""
    scene.join("Ana")
    scene.connect().reset()
    if not scene.connect().welcomed():
        return "ninguém mais entra, e o processo continua de pé"


@attack(
    "chegar",
    "conectar e ficar calado",
    cause="a resposta a `NICK` é esperada dentro do laço do `accept`",
    mend="esperá-la na thread da conexão, com prazo",
)
def silent_visitor(scene):
    """Alguém abre a conexão e não responde qual é o seu apelido."""
    scene.connect().welcomed()
    if not scene.connect().welcomed():
        return "quem chega depois nem é atendido"


@attack(
    "chegar",
    "chamar-se João",
    cause="ASCII não tem `ã`, e `decode` levanta um erro no laço do `accept`",
    mend='UTF-8 nos dois lados, e `errors="replace"` para o que vier errado',
)
def accented_apelido(scene):
    """Um apelido comum, com til."""
    scene.join("Ana")
    if not (scene.connect().enter("João") and scene.connect().welcomed()):
        return "João não entra, e mais ninguém"


@attack(
    "chegar",
    "usar um apelido que já é de alguém",
    cause="o apelido vai para a lista sem ser conferido",
    mend="um dicionário apelido → membro, e uma recusa que explica",
)
def duplicate_apelido(scene):
    """Duas pessoas chamadas Ana."""
    scene.join("Ana")
    if scene.connect().enter("Ana"):
        return "há duas pessoas chamadas Ana"


@attack(
    "chegar",
    "usar um apelido vazio ou enorme",
    cause="o apelido vai para a lista sem ser conferido",
    mend="regras escritas: de 1 a 20 letras, algarismos, `_`, `-` ou `.`",
)
def absurd_apelido(scene):
    """Um espaço, e depois mil letras."""
    nameless, endless = [scene.connect().enter(apelido) for apelido in (" ", "x" * 1000)]
    if nameless and endless:
        return "os dois entram: um sem nome, o outro com mil letras"
    if nameless or endless:
        return "entra alguém sem nome" if nameless else "entra alguém com mil letras no nome"


@attack(
    "chegar",
    "duas mensagens curtas em seguida",
    cause="o algoritmo de Nagle segura o segundo `send`, e o ACK adiado, a confirmação do primeiro",
    mend="a opção `TCP_NODELAY` em cada conexão",
)
def nagle(scene):
    """O servidor manda «entrou!» e «Conectado»; quanto demora a segunda?"""
    for number in range(NAGLE_TRIES):
        person = scene.connect()
        person.welcomed()
        start = time.monotonic()
        person.enter(f"Ana{number}")
        if time.monotonic() - start < NAGLE:  # uma só basta: Nagle não poupa nenhuma
            return None
    return "toda entrada demora uns 40 ms, sem ninguém na fila"
