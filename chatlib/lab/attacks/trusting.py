"""Ataques à confiança: o que se acredita porque alguém escreveu."""

from .catalog import attack
from .targets import START

STORM = 200  # vezes que ninguém diria NICK por conta própria
BREEZE = 2.0  # segundos para que ela comece


@attack(
    "confiar",
    "assinar com o nome de outro",
    cause="o nome na frente da mensagem é escrito por quem a manda",
    mend="o servidor, que sabe de quem é a conexão, põe o nome",
)
def impersonation(scene):
    """Bruno escreve o prefixo de Ana."""
    _, bruno, carla = scene.join("Ana", "Bruno", "Carla")
    bruno.say("Ana: devo tudo ao Bruno")
    if (heard := carla.expect("Bruno")).startswith("Ana: devo"):
        return f"Carla lê `{heard}`"


@attack(
    "confiar",
    "dizer exatamente `NICK`",
    cause="pergunta do servidor e conversa são os mesmos bytes",
    mend="toda mensagem de alguém começa pelo nome de quem fala",
)
def says_nick(scene):
    """Davi usa o cliente ingênuo, que responde a toda pergunta."""
    _, bruno = scene.join("Ana", "Bruno")
    screen = scene.naive_client("Davi")
    bruno.expect("Davi entrou!")
    bruno.seen.clear()
    bruno.say("NICK")
    while not (bruno.over or any("NICK" in text for text in screen)):
        if bruno.got(b"Davi", 0.05):
            return "o cliente de cada um responde com o apelido"


@attack(
    "confiar",
    "chamar-se `NICK`",
    cause="a resposta dele à pergunta é outra pergunta, para sempre",
    mend="apelidos reservados, que ninguém pode usar",
)
def nick_storm(scene):
    """Quem se chama NICK usa o cliente ingênuo; Ana diz NICK uma vez."""
    (ana,) = scene.join("Ana")
    if "recusado" in scene.naive_client("NICK")[0]:
        return None
    ana.say("NICK")
    if ana.got(b"NICK" * 3, BREEZE) and ana.got(b"NICK" * STORM, START):
        return "uma tempestade sem fim de mensagens `NICK`"


@attack(
    "confiar",
    "mandar comandos para o terminal dos outros",
    cause="os bytes de controle passam como vieram",
    mend="trocar por `�` todo caractere que comanda a tela",
)
def escape_codes(scene):
    """Um código que, num terminal, limpa a tela."""
    ana, bruno = scene.join("Ana", "Bruno")
    ana.say("Ana: \x1b[2Jsumiu")
    if "\x1b" in bruno.expect("sumiu"):
        return "chega o código que limpa a tela de quem lê"
