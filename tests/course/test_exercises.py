"""Os exercícios: cada solução passa, cada resposta errada é pega pela verificação certa."""

import ast
import importlib.util
import inspect
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from chatlib.errors import UsageError
from chatlib.lab import save_results, verificar
from chatlib.lab.checking import examine, verify
from chatlib.lab.checking import report as report_module
from chatlib.lab.checking.examine import PRINCIPLES

ROOT = Path(__file__).parents[2]
SOLUTIONS = ROOT / "notebooks" / "solucoes"
WRONG, RIGHT = Path(__file__).parent / "wrong", Path(__file__).parent / "right"

verify._load()
NUMBERS = sorted(verify.EXERCISES)
LESSONS = sorted((ROOT / "notebooks").glob("0[1-9]-*.ipynb"))
CALL = re.compile(r'verificar\("(\d\d\.\d)", (\w+)\)')


def load(path: Path) -> dict:
    """Os nomes definidos no arquivo, executado como um módulo."""
    spec = importlib.util.spec_from_file_location(f"file_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {
        name: value
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__ and not name.startswith("_")
    }


def answers(number: str, folder: Path = WRONG) -> dict:
    """As respostas erradas de um exercício, ou as certas de outro feitio, por nome."""
    path = folder / f"{number.replace('.', '_')}.py"
    return load(path) if path.exists() else {}


def label(answer) -> tuple[str, str]:
    """O que a docstring de uma resposta errada espera: a verificação, e uma parte da dica, se há uma."""
    what, _, hint = inspect.getdoc(answer).partition("\n\n")
    return what, hint


def failed(report) -> list[str]:
    """O que não passou."""
    return [row.what for row in report.rows if row.hint]


@pytest.mark.parametrize("number", NUMBERS)
def test_solution_passes(number):
    """A solução passa em todas as verificações do seu exercício."""
    solution = load(SOLUTIONS / f"{number.replace('.', '_')}.py")
    report = verificar(number, solution[verify.EXERCISES[number].name])
    assert report.passed, repr(report)


CASES = [(number, name) for number in NUMBERS for name in answers(number)]


@pytest.mark.parametrize(("number", "name"), CASES, ids=[f"{n}-{name}" for n, name in CASES])
def test_wrong_answer_is_caught(number, name, monkeypatch):
    """A resposta errada é pega, e o primeiro ✘ que o aluno lê é o do seu engano."""
    monkeypatch.setattr(examine, "BUDGET", 0)  # os ✘ que viriam depois dele não interessam aqui
    monkeypatch.setattr(examine, "MESS", 60)  # o dele vem, por mais que a máquina demore
    answer = answers(number)[name]
    what, hint = label(answer)
    first = next((row for row in verificar(number, answer).rows if row.hint), None)
    assert first and first.what == what and hint in first.hint, first


RIGHT_CASES = [(number, name) for number in NUMBERS for name in answers(number, RIGHT)]


@pytest.mark.parametrize(("number", "name"), RIGHT_CASES, ids=[f"{n}-{name}" for n, name in RIGHT_CASES])
def test_right_answer_of_another_shape_passes(number, name):
    """Uma resposta certa que não se parece com a solução não é recusada."""
    report = verificar(number, answers(number, RIGHT)[name])
    assert report.passed, repr(report)


def test_busy_machine_refuses_nobody():
    """Com todos os processadores ocupados, as soluções continuam certas."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        for number in ("01.1", "02.3", "04.3", "04.4", "05.1", "07.2", "09.3"):
            solution = load(SOLUTIONS / f"{number.replace('.', '_')}.py")
            report = verificar(number, solution[verify.EXERCISES[number].name])
            assert report.passed, repr(report)
    finally:
        for process in busy:
            process.kill()
            process.wait()


@pytest.mark.parametrize("number", NUMBERS)
def test_exercise_is_complete(number):
    """Cada exercício tem verificações distintas, com dica, e ao menos quatro respostas erradas."""
    checks = verify.EXERCISES[number].checks
    names = {item.what for item in checks}
    assert len(names) == len(checks) >= 2
    assert all(item.hint for item in checks)
    wrong = answers(number)
    assert len(wrong) >= 4
    others = {what for what, _ in PRINCIPLES.values()} | {"recebe os parâmetros pedidos"}
    assert {label(answer)[0] for answer in wrong.values()} <= names | others


def stub(sock, text): ...


def documented_stub(sock, text):
    """Manda o texto."""
    ...


def half_done(sock, text):
    data = ...
    sock.sendall(data)


def forgotten(sock, text):
    sock.sendall(text.encode())
    return ...


UNDONE = dict.fromkeys((stub, documented_stub, half_done), "ainda por fazer") | {
    forgotten: f"ainda há um ... na linha {forgotten.__code__.co_firstlineno + 2}:"
}


@pytest.mark.parametrize("answer", UNDONE)
def test_undone_exercise_is_no_error(answer):
    """O exercício por fazer diz isso, e onde, e não reprova nem levanta nada."""
    report = verificar("01.1", answer)
    assert UNDONE[answer] in repr(report)
    assert not report.passed and not report.rows


def test_function_that_returns_a_constant_is_done():
    """Devolver um valor fixo é uma resposta, errada, e não um exercício por fazer."""
    assert verificar("01.1", lambda sock, text: 5).rows


def test_wrong_parameters_are_explained():
    """Quem esqueceu um parâmetro lê a assinatura pedida."""
    assert "def send_text(sock, text):" in repr(verificar("01.1", lambda sock: print(sock)))


def test_unknown_exercise_and_called_function_are_explained():
    """Um número que não existe e uma função já chamada viram uma frase."""
    with pytest.raises(UsageError, match="não há exercício"):
        verificar("99.9", print)
    with pytest.raises(UsageError, match="sem parênteses"):
        verificar("01.1", None)


def test_thread_left_running_is_told_and_ended():
    """Uma thread esquecida aparece no relatório e é encerrada."""
    import threading

    def send_text(sock, text):
        def spin():
            while True:
                pass

        threading.Thread(target=spin, daemon=True, name="esquecida").start()
        sock.sendall(text.encode())

    report = verificar("01.1", send_text)
    assert "não deixa nada ligado" in failed(report)
    assert not any(thread.name == "esquecida" for thread in threading.enumerate())


def adds_a_line(sock, text):
    print("mandei", text)
    sock.sendall(text.encode() + b"\n")


def test_what_follows_from_another_is_left_for_later():
    """Um engano só dá uma dica só: o byte a mais não vira «send pode mandar só uma parte»."""
    report = verificar("01.1", adds_a_line)
    assert [row.mark for row in report.rows][:4] == ["✔", "✔", "✘", "·"]
    assert [row.what for row in report.rows if row.hint] == ["não chega nada além do texto"]
    assert "em «não chega nada além do texto», a sua função imprimiu:" in repr(report)


def test_another_mistake_keeps_its_hint():
    """Um segundo engano, que se mostra por si, não espera que se conserte o primeiro."""

    def send_text(sock, text):
        if len(text) > 99:
            sock.fim()
        sock.sendall(text.strip().encode())

    hints = [row.hint for row in verificar("01.1", send_text).rows if row.hint]
    assert len(hints) == 2
    assert hints[1].startswith("um socket não tem fim") and "em send_text, linha" in hints[1]


def test_solution_is_offered_from_the_third_try(tmp_path, monkeypatch):
    """Onde está a solução se diz a quem já tentou três vezes; um acerto recomeça a conta."""
    monkeypatch.chdir(tmp_path)
    Path("solucoes").mkdir()
    Path("solucoes", "05_2.py").touch()
    monkeypatch.setattr(report_module, "_tries", {})
    solution, wrong = load(SOLUTIONS / "05_2.py")["reply_to_nick"], lambda sock: print(sock)
    offered = [
        "rode %load solucoes/05_2.py: o código aparece nela. Leia-o, rode a célula de novo"
        in repr(verificar("05.2", answer))
        for answer in (wrong, stub, wrong, wrong, solution, wrong)
    ]
    assert offered == [False, False, False, True, False, False]


def sleeps(sock, size):
    time.sleep(60)


def holds_python(sock, size):
    re.match(r"(a+)+$", "a" * 40 + "b")  # o Python inteiro espera por isto


@pytest.mark.parametrize("answer", [sleeps, holds_python])
def test_verification_ends_soon(answer, monkeypatch):
    """Nem quem não volta, nem quem prende o Python, faz esperar mais de 6 s, fora o tempo de ligar."""
    waits, hear = [], examine.Desk.hear

    def timed(desk, timeout):
        waits.append(timeout)
        return hear(desk, timeout)

    monkeypatch.setattr(examine.Desk, "hear", timed)
    assert failed(verificar("01.2", answer))[:1] == ["devolve os bytes pedidos"]
    assert sum(timeout for timeout in waits if timeout != examine.START) + examine.MARGIN < 6


def test_results_are_saved(tmp_path):
    """O JSON da turma traz o último resultado de cada exercício."""
    verificar("01.1", load(SOLUTIONS / "01_1.py")["send_text"])
    save_results(tmp_path / "r.json", aluno="Ana")
    saved = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert saved["aluno"] == "Ana"
    assert saved["exercicios"]["01.1"]["passou"] is True


def test_report_escapes_html():
    """O que o aluno faz o relatório dizer não vira HTML."""

    def send_text(sock, text):
        raise ValueError("<script>")

    assert "<script>" not in verificar("01.1", send_text)._repr_html_()


def defined(source: str) -> set[str]:
    """Os nomes que a célula define: funções, classes, importações e atribuições."""
    tree = ast.parse(re.sub(r"^[%!].*$", "", source, flags=re.M))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_exercise_has_a_name_of_its_own(path):
    """Se a célula do exercício não roda, não se confere no lugar dela uma função da aula."""
    cells = [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    calls = {index: match for index, cell in enumerate(cells) if (match := CALL.match(cell))}
    for index, (number, name) in ((index, match.groups()) for index, match in calls.items()):
        assert name == verify.EXERCISES[number].name
        others = cells[: index - 1] + cells[index:]
        assert not [cell for cell in others if name in defined(cell)], f"{number}: {name}"
    assert {match[1] for match in calls.values()} == {n for n in NUMBERS if n[:2] == path.name[:2]}
