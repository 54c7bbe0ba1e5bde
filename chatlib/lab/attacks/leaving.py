"""Ataques de quem sai: com educação, de repente, ou o servidor inteiro."""

from .catalog import attack
from .targets import START

CRASHES = 30  # quedas seguidas: uma delas acha o servidor no meio de uma entrega


@attack(
    "sair",
    "sair com educação",
    cause="`recv` devolve `b''`, que não é um erro: o laço de `handle` não acaba",
    mend="`b''` é o fim: sair do laço",
)
def polite_exit(scene):
    """Ana fecha a conexão como se deve."""
    ana, bruno = scene.join("Ana", "Bruno")
    ana.finish()
    if not bruno.hears("Ana saiu!"):
        return "ninguém fica sabendo, e uma thread gira sem fim"


@attack(
    "sair",
    "cair",
    cause="a despedida formata a lista `apelidos`, e não `apelido`",
    mend="formatar o apelido de quem saiu",
)
def farewell(scene):
    """A conexão de Ana cai: isso sim é um erro em `recv`."""
    ana, bruno = scene.join("Ana", "Bruno")
    ana.reset()
    if (heard := bruno.expect("!")) != "Ana saiu!":
        return f"a sala lê `{heard}`"


@attack(
    "sair",
    "saírem várias pessoas antes de alguém falar",
    cause="duas listas paralelas; um erro entre as duas remoções as desencontra",
    mend="um só registro, um dicionário, mexido num só lugar e com uma trava",
)
def ghosts(scene):
    """Seis saem com educação; Davi fala e cai. Quem ainda está na lista?"""
    *leavers, davi, eva = scene.join("Ana1", "Ana2", "Ana3", "Ana4", "Ana5", "Ana6", "Davi", "Eva")
    for person in leavers:
        person.close()
    davi.say("oi")
    eva.hears("oi")
    davi.reset()
    if not eva.hears("Davi saiu!") and "Ana" in eva.seen.decode().rpartition("[")[2]:
        return "quem saiu continua na lista de apelidos"


@attack(
    "sair",
    "cair enquanto outro fala",
    cause="o `send` para o morto levanta o erro no `handle` de quem falava",
    mend="um erro de envio só diz respeito ao destinatário",
)
def wrong_eviction(scene):
    """Ana fala sem parar, e os outros caem um a um."""
    *others, ana = scene.join(*(f"P{number}" for number in range(CRASHES)), "Ana")
    for person in others:
        for _ in range(16):
            ana.say("x" * 1000)
        person.reset()
        if ana.ended(0.01):
            return "Ana, que não fez nada, é expulsa"


@attack(
    "sair",
    "encerrar o servidor com Ctrl+C",
    cause="a interrupção só acaba com o laço do `accept`; as outras threads seguem",
    mend="`shutdown`: acordar quem espera, fechar os sockets, esperar as threads",
)
def ctrl_c(scene):
    """Há uma pessoa na sala."""
    scene.join("Ana")
    scene.victim.program.interrupt()
    if not scene.victim.program.ended(scene.victim.patience):
        return "o programa não termina: fica meio vivo"


@attack(
    "sair",
    "ligar o servidor de novo depois de uma queda",
    cause="o sistema guarda a porta por um minuto (`TIME_WAIT`), e falta `SO_REUSEADDR`",
    mend="`socket.create_server`, que liga a opção onde ela é segura",
)
def restart(scene):
    """O servidor cai com alguém na sala, e volta logo."""
    (ana,) = scene.join("Ana")
    scene.victim.stop()
    ana.ended(START)
    ana.close()
    if not scene.victim.start(scene.victim.address[1]):
        return "ele não volta: a porta continua ocupada"
