"""Executa notebooks e guarda as saídas, sempre iguais: python tests/tools/record.py notebooks/*.ipynb

Cada notebook roda num kernel novo. O que morre com o kernel (a vista de um widget) ou muda a
cada vez (horas de execução) não é guardado; o texto de cada saída é, e o nbval o compara.
"""

import sys
from pathlib import Path

import nbclient
import nbformat

WIDGET = "application/vnd.jupyter.widget-view+json"  # aberto num kernel novo, mostra um erro


def record(path: Path) -> None:
    """Executa o notebook e regrava o arquivo; CellExecutionError se uma célula falha."""
    notebook = nbformat.read(path, 4)
    resources = {"metadata": {"path": str(path.parent)}}
    nbclient.NotebookClient(
        notebook, timeout=60, kernel_name="python3", coalesce_streams=True, resources=resources
    ).execute()
    tidy(notebook)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def tidy(notebook: nbformat.NotebookNode) -> None:
    """Tira o que não pode ser guardado e numera as execuções de 1 em diante."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    for number, cell in enumerate(code_cells, 1):
        cell.execution_count = number
        for output in cell.outputs:
            output.get("data", {}).pop(WIDGET, None)
            if "execution_count" in output:
                output.execution_count = number


if __name__ == "__main__":
    for name in sys.argv[1:]:
        record(Path(name))
        print(f"gravado: {Path(name).name}", flush=True)
