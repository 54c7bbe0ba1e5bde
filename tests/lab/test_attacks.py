"""Os ataques da aula 07: todos quebram o chat ingênuo, alguns o da aula 05, nenhum o `chatlib`."""

import re
import socket
from pathlib import Path

import nbformat
import pytest

from chatlib.errors import ChatError, UsageError
from chatlib.lab import attacks
from chatlib.lab.attacks import ATTACKS, own, targets
from chatlib.lab.leftovers import open_threads

LESSON = Path(__file__).parents[2] / "notebooks" / "05-cliente.ipynb"
# O que ainda quebra os programas da aula 05; a 07 os usa como vítimas, e conta com isto.
OWN_SUFFERS = {
    "duplicate_apelido",
    "absurd_apelido",
    "nagle",
    "slow_reader",
    "impersonation",
    "escape_codes",
    "server_dies",
}

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
def test_own_chat_suffers_what_the_lesson_says(attack):
    """Os programas da aula 05 resistem ao que as aulas já consertaram, e só a isso."""
    assert bool(attack.run(attack.own)) == (attack.perform.__name__ in OWN_SUFFERS)


@each
def test_attack_is_documented(attack):
    """Cada ataque diz o que faz, a causa e o conserto, sem quebrar a tabela."""
    row = attacks.table([attacks.Result(attack, "sintoma", "", "")]).splitlines()[-1]
    assert attack.perform.__doc__
    assert all((attack.name, attack.cause, attack.mend))
    assert row.count("|") == 6


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


@pytest.mark.parametrize("name", ["servidor.py", "cliente.py"])
def test_copies_are_what_lesson_05_writes(name):
    """As cópias do laboratório são, letra por letra, os programas que a aula 05 manda escrever."""
    sources = [cell.source for cell in nbformat.read(LESSON, 4).cells]
    _, _, section = "\n\n".join(sources).partition(f"### O {name.removesuffix('.py')}: `{name}`")
    blocks = re.findall(r"^```python\n(.*?)^```$", section.partition("\n### ")[0], re.S | re.M)
    text = "\n\n".join(blocks).removesuffix("\n")
    assert own.find(name).suffix == ".txt"
    assert own.find(name).read_text(encoding="utf-8") == text + "\n"


def test_own_is_the_file_beside_the_lesson(tmp_path, monkeypatch):
    """O programa do aluno, se há um na pasta, é a vítima."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "servidor.py").write_text("print('meu', flush=True)", encoding="utf-8")
    with pytest.raises(ChatError, match=r"devia acabar com dois-pontos e a porta, e foi 'meu'"):
        targets.own_server().__enter__()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("def f(:\n", "SyntaxError: invalid syntax"),
        ("import nada", "No module named 'nada'"),
        ("", "não mostrou"),
    ],
)
def test_own_program_that_does_not_start_is_explained(text, why, tmp_path, monkeypatch):
    """Um programa que não começa vira uma frase com o erro dele, e não deixa processo."""
    monkeypatch.chdir(tmp_path)
    for name in ("servidor.py", "cliente.py"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ChatError, match=f"o servidor não entrou no ar .*{why}"):
        targets.own_server().__enter__()
    with pytest.raises(ChatError, match="o cliente não se conectou"):
        targets.own_client().__enter__()
    assert not targets._running


def test_rehearsal_shows_both_screens(tmp_path, monkeypatch):
    """Sem arquivos na pasta, ensaiam-se as cópias: a conversa inteira, vista das duas telas."""
    monkeypatch.chdir(tmp_path)
    ana, joao = attacks.rehearse()
    common = "João entrou!\nConectado ao servidor!\nJoão: olá, Ana! 🎉\n"
    assert joao == f"Escolha o seu apelido: {common}A conversa acabou.\n"
    assert ana.startswith("Escolha o seu apelido: Ana entrou!\n")
    assert ana.endswith("João saiu!\nAna: tchau!\nA conversa acabou.\n")
    assert not targets._running


@pytest.mark.parametrize(("name", "part"), [("servidor.py", "welcome"), ("cliente.py", "write")])
def test_rehearsal_that_stops_tells_whose_error(name, part, tmp_path, monkeypatch):
    """Falta uma função: a frase traz o erro de quem a procurou, com a linha do arquivo do aluno."""
    monkeypatch.chdir(tmp_path)
    text = own.find(name).read_text(encoding="utf-8").replace(f"def {part}(", f"def other_{part}(")
    (tmp_path / name).write_text(text, encoding="utf-8")
    error = rf"Erros: o {name.removesuffix('.py')}: NameError: .*{name}, linha \d+\)"
    with pytest.raises(ChatError, match=error):
        attacks.rehearse()
    assert not targets._running


def test_changes_replace_what_the_program_defines(tmp_path):
    """As definições novas valem no lugar das antigas, e o arquivo não muda."""
    path = tmp_path / "servidor.py"
    path.write_text("def f():\n    return 1\n\n\nprint(f())\n", encoding="utf-8")
    changed = own.changed(path, "def f():\n    return 2")
    assert "return 1" in path.read_text(encoding="utf-8")
    assert changed.index("return 1") < changed.index("return 2") < changed.index("print")


@pytest.mark.parametrize(("text", "why"), [("def f(:\n", "linha 1"), ("x = 1\n", "nenhuma função")])
def test_changes_to_something_else_are_explained(text, why, tmp_path):
    """Um arquivo com erro de sintaxe, ou sem funções, vira uma frase."""
    path = tmp_path / "servidor.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=why):
        own.changed(path, "def g(): pass")
