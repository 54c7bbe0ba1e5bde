"""O que é um ataque, a lista deles, e como se fazem e se contam."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .scene import Scene
from .targets import chatlib_server, kill_all, naive_server, own_server

AT_ONCE = 4  # ataques ao mesmo tempo


@dataclass(frozen=True)
class Attack:
    """Um ataque: o momento do chat em que age, o defeito que explora, a causa e o conserto.

    naive, own, chatlib: funções que criam a vítima de cada chat.
    """

    moment: str
    name: str
    cause: str
    mend: str
    perform: Callable[[Scene], str | None]
    naive: Callable
    own: Callable
    chatlib: Callable

    def run(self, make_victim: Callable) -> str:
        """O sintoma que se viu numa vítima nova, ou texto vazio se ela nem sentiu."""
        with make_victim() as victim, Scene(victim) as scene:
            return self.perform(scene) or ""


@dataclass(frozen=True)
class Result:
    """O que um ataque fez ao chat ingênuo, ao do aluno e ao `chatlib`; vazio é nada."""

    attack: Attack
    symptom: str
    on_own: str
    on_chatlib: str


ATTACKS: list[Attack] = []


def attack(
    moment: str, name: str, *, cause: str, mend: str, on=(naive_server, own_server, chatlib_server)
) -> Callable:
    """Acrescenta ao catálogo o ataque que a função decorada faz."""

    def register(perform: Callable) -> Callable:
        ATTACKS.append(Attack(moment, name, cause, mend, perform, *on))
        return perform

    return register


def run(*moments: str) -> list[Result]:
    """Faz todos os ataques destes momentos, cada um contra os três chats, alguns ao mesmo tempo."""
    chosen = [attack for attack in ATTACKS if attack.moment in moments]
    with ThreadPoolExecutor(AT_ONCE) as pool:  # cada um passa quase todo o tempo esperando
        try:
            symptoms = pool.map(lambda attack: attack.run(attack.naive), chosen)
            on_own = pool.map(lambda attack: attack.run(attack.own), chosen)
            on_chatlib = pool.map(lambda attack: attack.run(attack.chatlib), chosen)
            return [Result(*found) for found in zip(chosen, symptoms, on_own, on_chatlib, strict=True)]
        except BaseException:  # a célula foi interrompida: sem vítimas, os ataques acabam logo
            pool.shutdown(wait=False, cancel_futures=True)
            kill_all()
            raise


def tell(results: list[Result]) -> None:
    """Mostra, ataque por ataque, o que se viu nos três chats."""
    for result in results:
        print(result.attack.name)
        print(f"    ingênuo: {result.symptom or 'nada'}")
        print(f"    o seu:   {result.on_own or 'nada'}")
        print(f"    chatlib: {result.on_chatlib or 'nada'}")


def table(results: list[Result]) -> str:
    """A tabela defeito → sintoma → o do aluno → causa → conserto, em Markdown."""
    rows = ["| ataque | no ingênuo | o seu | causa | conserto |", "| --- | --- | --- | --- | --- |"]
    for result in results:
        attack = result.attack
        own = "**quebra**" if result.on_own else "resiste"
        rows.append(f"| {attack.name} | {result.symptom} | {own} | {attack.cause} | {attack.mend} |")
    return "\n".join(rows)
