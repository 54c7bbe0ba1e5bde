"""Os notebooks como um aluno os usa: com as respostas certas, e com cada célula rodada duas vezes."""

import re
from pathlib import Path

import nbclient
import nbformat
import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
CALL = re.compile(r'^verificar\("(\d\d\.\d)", \w+\)$')
LESSONS = [path for path in sorted(FOLDER.glob("[0-9]*.ipynb")) if 'verificar(\\"' in path.read_text("utf-8")]

OTHERS = sorted(set(FOLDER.glob("*.ipynb")) - set(FOLDER.glob("[0-9]*.ipynb")))  # os que não são aulas

by_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


@pytest.fixture
def kernel():
    """``kernel(cells)`` executa as células num kernel novo; CellExecutionError se uma falha."""

    def run(cells: list) -> list:
        notebook = nbformat.v4.new_notebook(cells=cells)
        resources = {"metadata": {"path": str(FOLDER)}}
        try:
            nbclient.NotebookClient(
                notebook, timeout=60, kernel_name="python3", resources=resources
            ).execute()
        except RuntimeError as error:  # o ipykernel às vezes nasce surdo numa máquina ocupada (defeito 1567)
            if "Kernel didn't respond" not in str(error):
                raise
            nbclient.NotebookClient(
                notebook, timeout=60, kernel_name="python3", resources=resources
            ).execute()
        return notebook.cells

    return run


def code_cells(path: Path) -> list:
    """As células de código, sem as saídas guardadas."""
    cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    return [nbformat.v4.new_code_cell(cell.source) for cell in cells]


def shown(cell) -> str:
    """O texto que a célula mostrou."""
    return "".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs)


@by_lesson
def test_solutions_pasted(path, kernel):
    """Com as soluções no lugar dos exercícios, cada um passa e o notebook vai até o fim."""
    cells = code_cells(path)
    numbers = {}
    for index, cell in enumerate(cells):
        if call := CALL.match(cell.source.strip()):
            numbers[index] = call[1]
            answer = FOLDER / "solucoes" / f"{call[1].replace('.', '_')}.py"
            cells[index - 1].source = answer.read_text(encoding="utf-8")
    assert len(numbers) >= 3
    cells = kernel(cells)
    wrong = {number: shown(cells[index]) for index, number in numbers.items()}
    assert not {number: text for number, text in wrong.items() if "tudo certo!" not in text}


@pytest.mark.parametrize("path", [*LESSONS, *OTHERS], ids=lambda path: path.stem)
def test_cells_run_twice(path, kernel):
    """Cada célula rodada duas vezes seguidas não atrapalha nada, e no fim nada fica aberto."""
    cells = kernel([nbformat.v4.new_code_cell(cell.source) for cell in code_cells(path) for _ in range(2)])
    last = "".join(output.get("text", "") for output in cells[-1].outputs)
    assert last.startswith("✔ Nada ficou aberto")
