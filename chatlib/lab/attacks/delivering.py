"""Ataques à entrega: quem não lê, quem some no meio, e bytes que não são mensagens."""

import re
import time

from .catalog import attack
from .scene import FLOOD, Flood


@attack(
    "entregar",
    "um participante que não lê",
    cause="`send` espera por ele, e quem fala espera no `send`",
    mend="nunca esperar: guardar o que não coube, com limite, e cortar quem passa dele",
)
def slow_reader(scene):
    """Carla entra e nunca lê nada; Ana fala muito; Bruno lê tudo."""
    ana, bruno, _ = scene.join("Ana", "Bruno", "Carla")
    if not Flood(ana).pour([ana, bruno]):
        return "a sala inteira congela"


@attack(
    "entregar",
    "sair durante uma entrega",
    cause="`remove` encurta a lista que o `for` de `broadcast` percorre",
    mend="percorrer uma cópia, ou deixar uma só thread mexer na lista",
)
def skipped_member(scene):
    """A entrega para em Lia, que não lê; Ana, antes dela na lista, cai; e Lia volta a ler."""
    ana, lia, bruno, carla = scene.join("Ana", "Lia", "Bruno", "Carla")
    flood = Flood(carla)
    flood.pour([ana, carla, bruno])
    ana.reset()
    time.sleep(0.1)  # o instante em que o servidor tira Ana da lista não se vê de fora
    flood.pour([lia, carla, bruno])
    # A despedida de Ana pode cair no meio de uma mensagem, que nem por isso se perdeu.
    if len(set(re.findall(rb"#\d{4}#", bruno.seen.replace(b"Ana saiu!\n", b"")))) < FLOOD:
        return "Bruno, vizinho de quem saiu, perde uma mensagem"


@attack(
    "entregar",
    "três mensagens seguidas",
    cause="TCP entrega bytes em ordem, não mensagens: um `recv` traz o que houver",
    mend="terminar cada mensagem em `\\n` e separar ao ler",
)
def gluing(scene):
    """Bruno lê como o protocolo manda: o ingênuo, um `recv` por mensagem."""
    ana, bruno = scene.join("Ana", "Bruno")
    ana.send(scene.victim.end.join([b"Ana: um", b"Ana: dois", b"Ana: fim"]) + scene.victim.end)
    if "\n" not in (heard := bruno.expect("fim")):
        return f"chega uma só: `{heard}`"


@attack(
    "entregar",
    "uma mensagem que chega em dois pedaços",
    cause="cada `recv` é repassado como se fosse uma mensagem inteira",
    mend="juntar os pedaços até o `\\n` antes de repassar",
)
def splitting(scene):
    """A rede parte a frase de Ana, e Bruno fala no meio."""
    ana, bruno, carla = scene.join("Ana", "Bruno", "Carla")
    ana.send(b"Ana: boa ")
    carla.got(b"boa", 0.2)  # só o ingênuo repassa uma frase pela metade
    bruno.say("Bruno: oi")
    carla.expect("oi")
    ana.say("tarde")
    if "boa tarde" not in (heard := carla.expect("tarde")):
        return f"as frases se misturam: `{heard}`"
