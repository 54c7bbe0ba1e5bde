"""O caderno: o que se copia, o que nunca se toca, e as aulas que rodam nele."""

import json
import shutil
from pathlib import Path

import nbclient
import nbformat
import pytest

from chatlib.lab.workbook import renew, update

ROOT = Path(__file__).resolve().parents[2]


def tree(folder: Path) -> dict[str, bytes]:
    """Tudo o que há numa pasta: nome → conteúdo."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def root(tmp_path):
    """Uma pasta com as aulas de verdade, e o caderno feito a partir delas."""
    left = shutil.ignore_patterns(".*", "__pycache__")
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=left)
    assert update(tmp_path) == ""
    return tmp_path


@pytest.fixture
def book(root):
    return root / "caderno"


def change(path: Path, source: str = "# mudou") -> None:
    """Muda a primeira célula de um notebook."""
    notebook = nbformat.read(path, 4)
    notebook.cells[0].source = source
    nbformat.write(notebook, path)


def test_everything_is_there_without_answers(root, book):
    """O caderno tem as mesmas aulas, células e arquivos de apoio; as saídas e as contagens, não."""
    copied = tree(book)
    copied.pop(".origem.json")
    assert copied.keys() == tree(root / "notebooks").keys()
    for path in sorted(book.glob("*.ipynb")):
        before, after = nbformat.read(root / "notebooks" / path.name, 4), nbformat.read(path, 4)
        nbformat.validate(after)
        assert [cell.source for cell in after.cells] == [cell.source for cell in before.cells]
        assert [cell.id for cell in after.cells] == [cell.id for cell in before.cells]
        code = [cell for cell in after.cells if cell.cell_type == "code"]
        assert code and not any(cell.outputs or cell.execution_count for cell in code)
        assert "widgets" not in after.metadata
    assert all(copied[name] == (root / "notebooks" / name).read_bytes() for name in copied if "/" in name)


def test_the_originals_are_untouched(root):
    """Fazer o caderno não muda nada em notebooks/."""
    before = tree(root / "notebooks")
    shutil.rmtree(root / "caderno")
    update(root)
    renew(root, "03")
    assert tree(root / "notebooks") == before


def test_what_jupyter_leaves_behind_is_not_copied(root, book):
    """Os arquivos escondidos e os do Python ficam de fora."""
    for name in (".ipynb_checkpoints/a.ipynb", "solucoes/__pycache__/a.pyc", ".virtual_documents/b.ipynb"):
        (root / "notebooks" / name).parent.mkdir(exist_ok=True)
        (root / "notebooks" / name).write_text("x")
    before = tree(book)
    assert update(root) == "" and tree(book) == before


def test_what_the_student_wrote_stays(root, book):
    """Nada do que existe é regravado, nem com o original mudado; o que falta é posto."""
    mine = {
        "01-sockets.ipynb": "as minhas respostas",
        "solucoes/01_1.py": "a minha",
        "meu_servidor.py": "meu",
    }
    for name, text in mine.items():
        (book / name).write_text(text)
    (book / "02-broadcast.ipynb").unlink()
    change(root / "notebooks/01-sockets.ipynb")
    (root / "notebooks/solucoes/01_1.py").write_text("outra")
    (root / "notebooks/20-nova.ipynb").write_bytes((root / "notebooks/03-handle.ipynb").read_bytes())
    update(root)
    assert {name: (book / name).read_text() for name in mine} == mine
    assert (book / "02-broadcast.ipynb").exists() and (book / "20-nova.ipynb").exists()


def test_a_changed_lesson_is_told_in_one_line(root, book):
    """Uma aula que mudou fica como está, e uma linha diz qual é e como ter a nova."""
    before = (book / "03-handle.ipynb").read_bytes()
    change(root / "notebooks/03-handle.ipynb")
    said = update(root)
    assert "03-handle" in said and "python3 lab.py caderno 03" in said and "\n" not in said
    assert (book / "03-handle.ipynb").read_bytes() == before
    change(root / "notebooks/sala-de-aula.ipynb")
    assert "03-handle, sala-de-aula" in update(root)
    renew(root, "03")
    said = update(root)
    assert "03-handle" not in said and "python3 lab.py caderno sala-de-aula" in said


def test_new_outputs_are_not_a_change(root):
    """Gravar de novo as saídas do original não é notícia: o caderno não as tem."""
    path = root / "notebooks/03-handle.ipynb"
    notebook = nbformat.read(path, 4)
    code = next(cell for cell in notebook.cells if cell.cell_type == "code")
    code.outputs, code.execution_count = [nbformat.v4.new_output("stream", text="outra\n")], 99
    nbformat.write(notebook, path)
    assert update(root) == ""


def test_an_untouched_solution_follows_the_original(root, book):
    """Uma solução corrigida chega ao caderno de quem não mexeu na dele."""
    (root / "notebooks/solucoes/01_1.py").write_text("corrigida")
    assert update(root) == ""
    assert (book / "solucoes/01_1.py").read_text() == "corrigida"


@pytest.mark.parametrize("lesson", ["3", "03", "03-handle", "03-handle.ipynb"])
def test_a_fresh_copy_keeps_the_old(root, book, lesson):
    """A aula volta nova, e cada antiga fica com um nome só seu."""
    fresh = (book / "03-handle.ipynb").read_bytes()
    for number, kept in enumerate(["03-handle-anterior", "03-handle-anterior-2", "03-handle-anterior-3"]):
        (book / "03-handle.ipynb").write_text(f"versão {number}")
        assert f"caderno/{kept}.ipynb" in renew(root, lesson)
        assert (book / f"{kept}.ipynb").read_text() == f"versão {number}"
        assert (book / "03-handle.ipynb").read_bytes() == fresh
    assert update(root) == ""


def test_a_lesson_not_copied_yet(root):
    """Pedir uma aula antes de haver caderno traz só ela, e não há antiga a guardar."""
    shutil.rmtree(root / "caderno")
    assert "anterior" not in renew(root, "03")
    assert tree(root / "caderno").keys() == {"03-handle.ipynb", ".origem.json"}


@pytest.mark.parametrize("lesson", ["99", "", "000", "../lab", "handle", "solucoes"])
def test_an_unknown_lesson_is_refused(root, book, lesson):
    """Uma aula que não existe: a frase traz as que existem, e nada muda."""
    before = tree(book)
    with pytest.raises(ValueError, match=r"Não há a aula .*01-sockets, 02-broadcast"):
        renew(root, lesson)
    assert tree(book) == before


@pytest.mark.parametrize("record", [None, "", "{", "[1]", "null"])
def test_without_a_record_nothing_is_lost(root, book, record):
    """Sem .origem.json, ou com um ilegível, o que há no caderno continua, e o registro recomeça."""
    (book / "03-handle.ipynb").write_text("as minhas respostas")
    (book / ".origem.json").unlink()
    if record is not None:
        (book / ".origem.json").write_text(record)
    before = {name: data for name, data in tree(book).items() if name != ".origem.json"}
    assert update(root) == ""
    after = tree(book)
    assert json.loads(after.pop(".origem.json")).keys() == before.keys() == after.keys()
    assert after == before
    change(root / "notebooks/03-handle.ipynb")
    assert "03-handle" in update(root)


def test_an_interrupted_copy_leaves_no_half_file(root, monkeypatch):
    """Interrompida no meio de um arquivo, a cópia recomeça dele na vez seguinte."""
    whole = tree(root / "caderno")
    shutil.rmtree(root / "caderno")
    replace, done = Path.replace, []

    def interrupted(self, target):
        done.append(target)
        if len(done) == 5:
            raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", interrupted)
        update(root)
    assert all(
        tree(root / "caderno")[name] == whole[name] for name in whole if (root / "caderno" / name).exists()
    )
    update(root)
    assert tree(root / "caderno") == whole


@pytest.fixture
def kernel(book):
    """``kernel(nome)`` executa um notebook do caderno num kernel novo; CellExecutionError se algo falha."""

    def run(name):
        resources = {"metadata": {"path": str(book)}}
        notebook = nbformat.read(book / name, 4)
        nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3", resources=resources).execute()

    return run


@pytest.mark.parametrize("name", ["08-veja-o-fio", "12-projeto-final"])
def test_a_lesson_runs_in_the_workbook(kernel, name):
    """No caderno, a aula acha o que importa e o que lê (soluções, dados), e vai até o fim."""
    kernel(f"{name}.ipynb")
