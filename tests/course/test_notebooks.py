"""A forma dos notebooks: abertura, ritmo, fecho, português, e saídas que não mudam."""

import json
import re
import statistics
import subprocess
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks"
WORDS = Path(__file__).parent / "palavras.txt"  # o que o dicionário não tem e o curso usa
NOTEBOOKS = sorted(FOLDER.glob("[0-9][0-9]-*.ipynb"))
OTHERS = sorted(set(FOLDER.glob("*.ipynb")) - set(NOTEBOOKS))  # os que não são aulas, como a sala
TEXTS = [*NOTEBOOKS, *OTHERS, *sorted(FOLDER.glob("*.md")), ROOT / "README.md", ROOT / "CHANGELOG.md"]

MAX_LINES, MEDIAN_LINES = 25, 4
CODE_CELLS = range(15, 31)
WORDS_PER_CELL = range(35, 95)
MACHINE = re.compile(
    r"/(?:tmp|root|home|work|usr)/|[A-Z]:\\\\|ipykernel_\d+|0x[0-9a-f]{6,}|\d{2}:\d{2}:\d{2}"
    r"|127\.0\.0\.1[:,]\s*(?:porta )?(?!55555)\d{2,5}|\bport=\d{5}"
)

UNCOMPARED = {"nbval-ignore-output", "nbval-skip"}

by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
of_any_kind = pytest.mark.parametrize("path", [*NOTEBOOKS, *OTHERS], ids=lambda path: path.stem)


def read(path: Path) -> nbformat.NotebookNode:
    """O notebook, como está guardado."""
    return nbformat.read(path, 4)


def code_cells(path: Path) -> list:
    """As células de código."""
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def prose(path: Path) -> str:
    """O texto corrido, sem blocos de código."""
    if path.suffix == ".ipynb":
        parts = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
        text = "\n\n".join(parts)
    else:
        text = path.read_text(encoding="utf-8")
    return re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)


def test_series_is_here():
    """A série começa no 00 e não tem dois notebooks com o mesmo número."""
    numbers = [path.name[:2] for path in NOTEBOOKS]
    assert numbers[0] == "00"
    assert len(set(numbers)) == len(numbers)


@by_name
def test_opening(path):
    """A primeira célula diz o que se vai fazer, aprender e precisar, e o tempo."""
    first = read(path).cells[0].source
    assert first.startswith("# ")
    for promise in ("O que você vai fazer", "O que você vai aprender", "O que você precisa", "minutos"):
        assert promise in first


@by_name
def test_guide_says_the_same_time(path):
    """O guia de quem ensina anuncia os mesmos minutos que a aula."""
    [minutes] = re.findall(r"\*\*Tempo:\*\* (\d+) minutos", read(path).cells[0].source)
    guide = (FOLDER / "guia-do-professor.md").read_text(encoding="utf-8")
    assert re.search(rf"^### {path.name[:2]} · .*\({minutes} min", guide, flags=re.M)


@by_name
def test_closing(path):
    """O fecho tem Na prática, Perguntas com respostas dobradas, Glossário e navegação."""
    text = prose(path)
    positions = [text.index(f"\n## {title}") for title in ("Na prática", "Perguntas", "Glossário")]
    assert positions == sorted(positions)
    assert "<details>" in text[positions[1] :]
    last = read(path).cells[-1].source
    index = NOTEBOOKS.index(path)
    for neighbour in NOTEBOOKS[max(0, index - 1) : index] + NOTEBOOKS[index + 1 : index + 2]:
        assert f"]({neighbour.name})" in last


@by_name
def test_rhythm(path):
    """Prosa e código se alternam, em células curtas."""
    cells = read(path).cells
    kinds = "".join(cell.cell_type[0] for cell in cells)
    assert "ccc" not in kinds
    sizes = [len(cell.source.splitlines()) for cell in cells if cell.cell_type == "code"]
    assert len(sizes) in CODE_CELLS
    assert max(sizes) <= MAX_LINES
    assert statistics.median(sizes) <= MEDIAN_LINES
    # O que se escreve num arquivo, como os dois scripts da aula 05, é código, embora não seja célula.
    written = sum(len(re.findall("^```python$", cell.source, re.M)) for cell in cells)
    assert len(re.findall(r"\w+", prose(path))) // (len(sizes) + written) in WORDS_PER_CELL


@by_name
def test_predictions(path):
    """De três a seis **Preveja:**, cada um logo antes da célula que o responde."""
    cells = read(path).cells
    found = [index for index, cell in enumerate(cells) if "**Preveja:**" in cell.source]
    assert 3 <= len(found) <= 6
    for index in found:
        assert cells[index].cell_type == "markdown"
        assert cells[index + 1].cell_type == "code"


@of_any_kind
def test_asserts_and_ending(path):
    """O notebook afirma o que mostrou, e termina conferindo que nada ficou aberto."""
    sources = [cell.source for cell in code_cells(path)]
    assert any("assert " in source for source in sources)
    assert "check_clean()" in sources[-1]
    assert code_cells(path)[-1].outputs[-1].text.startswith("✔ Nada ficou aberto")


@of_any_kind
def test_stored_as_executed(path):
    """Toda célula está executada, em ordem, com id, e nada que morra com o kernel."""
    notebook = read(path)
    nbformat.validate(notebook)
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    assert "widgets" not in notebook.metadata
    assert "widget-view" not in path.read_text(encoding="utf-8")
    errors = [
        cell.source
        for cell in code_cells(path)
        for output in cell.outputs
        if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", [])
    ]
    assert not errors


@of_any_kind
def test_outputs_are_the_same_everywhere(path):
    """Nenhuma saída tem caminho, porta, endereço de memória ou hora."""
    outputs = json.dumps([cell.outputs for cell in code_cells(path)], ensure_ascii=False)
    assert not MACHINE.findall(outputs)


@of_any_kind
def test_only_charts_are_not_compared(path):
    """Fora da comparação do nbval só fica um gráfico de medidas, que traz o seu texto."""
    for cell in code_cells(path):
        if UNCOMPARED & set(cell.metadata.get("tags", [])) or "NBVAL" in cell.source:
            [output] = cell.outputs
            assert "charts." in cell.source.splitlines()[-1]
            assert 'class="chatlib-fita-texto">' in output.data["text/html"]
            assert not re.search(r"\d", output.data["text/plain"])


@by_name
def test_glossary_is_used(path):
    """Todo termo do glossário aparece no texto antes dele."""
    before, _, glossary = prose(path).partition("\n## Glossário")
    terms = re.findall(r"^- \*\*(.+?)\*\*", glossary, flags=re.M)
    assert terms
    body = (before + "".join(cell.source for cell in code_cells(path))).casefold()
    assert not [term for term in terms if term.strip("`()").casefold() not in body]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_links(path):
    """Os links para arquivos deste repositório existem."""
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose(path))
    local = [target for target in targets if not re.match(r"https?:|mailto:", target)]
    assert not [target for target in local if not (path.parent / target).exists()]


def spelled(text: str) -> list[str]:
    """As palavras que nem o dicionário nem a lista do curso conhecem."""
    text = re.sub(r"`[^`]*`|https?://\S+|\]\([^)]*\)|<[^>]+>|\*\*|_", " ", text)
    found = set(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text))
    known = set(WORDS.read_text(encoding="utf-8").split())
    words = sorted(word for word in found if word not in known and word.casefold() not in known)
    result = subprocess.run(
        ["hunspell", "-d", "pt_BR", "-i", "utf-8", "-l"],
        input="\n".join(words),
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
        timeout=60,
    )
    return result.stdout.split()


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_spelling(path):
    """O português passa no hunspell; termos da área ficam em palavras.txt."""
    assert not spelled(prose(path))
