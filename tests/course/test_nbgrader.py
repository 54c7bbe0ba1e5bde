"""As aulas no nbgrader de verdade: a tarefa gerada, a correção e o retorno, como o guia ensina."""

import itertools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

ROOT = Path(__file__).parents[2]
LESSON = "02-broadcast"
FOLDER = ROOT / "notebooks"
EXERCISES = [f"exercicio-02-{number}" for number in range(1, 5)]
HALF = "def send_to_all(clients, message):\n    for client in clients:\n        client.send(message)\n"


def nbgrader(course: Path, *command: str) -> None:
    """Executa um comando do nbgrader na pasta do curso."""
    result = subprocess.run(
        [sys.executable, "-m", "nbgrader", *command, "--course=."],
        cwd=course,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert result.returncode == 0, result.stderr


def answered(path: Path, answers: dict[str, str]) -> None:
    """Põe a resposta antes da célula que confere cada exercício."""
    notebook = nbformat.read(path, 4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for before, cell in itertools.pairwise(code):
        if match := re.match(r'verificar\("(.+?)"', cell.source):
            before.source = answers.get(match[1], before.source)
    nbformat.write(notebook, path)


@pytest.fixture(scope="module", autouse=True)
def environment():
    """O nbgrader chama o alembic pelo nome, e o kernel precisa achar a chatlib daqui."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        patch.setenv("PYTHONPATH", str(ROOT))
        yield


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """Um curso com uma aula, distribuída, entregue por quatro alunos, corrigida e devolvida."""
    course = tmp_path_factory.mktemp("curso")
    source = course / "source" / "aula"
    source.mkdir(parents=True)
    shutil.copy(FOLDER / f"{LESSON}.ipynb", source)
    nbgrader(course, "generate_assignment", "aula", "--create")
    solutions = {
        f"02.{number}": (FOLDER / "solucoes" / f"02_{number}.py").read_text("utf-8") for number in range(1, 5)
    }
    handed = {
        "certa": solutions,
        "intocada": {},
        "quebrada": {"02.1": "def send_to_all(clients, message)\n    pass", "02.2": "return 3"},
        "metade": {"02.1": HALF},
    }
    for student, answers in handed.items():
        folder = course / "submitted" / student / "aula"
        folder.mkdir(parents=True)
        shutil.copy(course / "release" / "aula" / f"{LESSON}.ipynb", folder)
        answered(folder / f"{LESSON}.ipynb", answers)
    nbgrader(course, "autograde", "aula")
    nbgrader(course, "generate_feedback", "aula")
    return course


def grades(course: Path, student: str) -> dict[str, float]:
    """A nota de cada exercício."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        notebook = book.find_submission_notebook(LESSON, "aula", student)
        return {grade.cell.name: grade.score for grade in notebook.grades}


def test_release_keeps_the_exercise(course):
    """A tarefa distribuída traz o def de cada exercício, e não diz onde está a solução."""
    text = (course / "release" / "aula" / f"{LESSON}.ipynb").read_text("utf-8")
    for name in ("send_to_all", "deliver", "sweep", "speak"):
        assert f"def {name}(" in text
    assert "solucoes" not in text


def test_grades(course):
    """Tudo certo vale tudo; intocada ou com erro de sintaxe, nada; uma parte, uma parte."""
    assert grades(course, "certa") == dict.fromkeys(EXERCISES, 1.0)
    assert grades(course, "intocada") == dict.fromkeys(EXERCISES, 0.0)
    assert grades(course, "quebrada") == dict.fromkeys(EXERCISES, 0.0)
    half = grades(course, "metade")
    assert half.pop("exercicio-02-1") == 0.8  # uma das cinco verificações não passa
    assert set(half.values()) == {0.0}


def test_feedback_has_the_hints(course):
    """O retorno mostra o ✘ e a dica."""
    text = (course / "feedback" / "metade" / "aula" / f"{LESSON}.html").read_text("utf-8")
    assert "dica: " in text
    assert "send pode mandar só uma parte" in text
