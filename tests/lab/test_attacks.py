"""Os ataques da aula 07: todos quebram o chat ingênuo, e nenhum incomoda o `chatlib`."""

import socket

import pytest

from chatlib.lab import attacks
from chatlib.lab.attacks import ATTACKS, targets
from chatlib.lab.leftovers import open_threads

each = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.perform.__name__)


@each
def test_naive_chat_suffers(attack):
    """O ataque tem efeito no chat ingênuo, e o que se vê é sempre a mesma frase."""
    first = attack.run(attack.naive)
    assert first
    assert attack.run(attack.naive) == first


@each
def test_chatlib_is_unharmed(attack):
    """O mesmo ataque não tem efeito no chatlib."""
    assert attack.run(attack.chatlib) == ""


@each
def test_attack_is_documented(attack):
    """Cada ataque diz o que faz, a causa e o conserto, sem quebrar a tabela."""
    row = attacks.table([attacks.Result(attack, "sintoma", "")]).splitlines()[-1]
    assert attack.perform.__doc__
    assert all((attack.name, attack.cause, attack.mend))
    assert row.count("|") == 5


def test_names_are_distinct():
    """Dois ataques não têm o mesmo nome."""
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)


def test_run_tells_what_was_seen(capsys):
    """Os ataques de um momento são feitos, contados e postos na tabela."""
    results = attacks.run("confiar")
    attacks.tell(results)
    shown = capsys.readouterr().out
    assert len(results) == sum(attack.moment == "confiar" for attack in ATTACKS) > 0
    assert all(result.symptom in shown and result.symptom in attacks.table(results) for result in results)
    assert "chatlib: nada" in shown


def test_victim_serves_until_killed():
    """A vítima atende como um servidor qualquer, e não deixa processo nem thread."""
    before = set(open_threads())
    with targets.naive_server() as victim, socket.create_connection(victim.address, 10) as sock:
        assert sock.recv(4) == b"NICK"
        # Só enquanto a conexão dura: desligar já é um ataque, e o ingênuo pode não resistir a ele.
        assert not victim.program.ended(0)
    assert victim.program.ended(0)
    assert set(open_threads()) <= before
