"""O caderno: a cópia de trabalho das aulas, sem respostas, em que o aluno escreve.

`notebooks/` guarda as aulas com as saídas, que os testes comparam e o GitHub mostra. `caderno/` é de quem
estuda: tem tudo o que há lá, com as saídas e as contagens limpas, e o que o aluno mudou nele nunca é tocado.

Aqui só entra a biblioteca padrão, e nada do pacote: lab.py carrega este arquivo sozinho, sem instalar nada.
"""

import hashlib
import json
from itertools import count
from pathlib import Path

SOURCE, COPY = "notebooks", "caderno"
ORIGIN = ".origem.json"  # arquivo do caderno → resumo do que foi copiado


def update(root: Path) -> str:
    """Põe em caderno/ o que falta; devolve uma frase se aulas mudaram depois de copiadas, ou nada.

    Um arquivo de apoio em que o aluno não mexeu acompanha o original; uma aula, só quando ele pede.
    """
    copy, origin, changed = root / COPY, _read_origin(root), []
    for name, content in _originals(root).items():
        target, new = copy / name, _digest(content)
        if target.exists():
            known = origin.setdefault(name, new)
            if known != new and target.suffix == ".ipynb":
                changed.append(target.stem)
            if known == new or target.suffix == ".ipynb" or _digest(target.read_bytes()) != known:
                continue
        _write(target, content)
        origin[name] = new
    _write_origin(root, origin)
    return _tell(changed)


def renew(root: Path, lesson: str) -> str:
    """Troca uma aula do caderno por uma cópia nova e guarda a antiga com outro nome; devolve o que fez.

    lesson: "03", "03-handle" ou "03-handle.ipynb". ValueError se não há essa aula.
    """
    name = _find(root, lesson)
    target = root / COPY / name
    kept = next(path for path in map(target.with_stem, _old_names(target.stem)) if not path.exists())
    said = f"{COPY}/{name} está como nova."
    if target.exists():
        target.rename(kept)
        said += f" A sua ficou em {COPY}/{kept.name}."
    content = _blank(root / SOURCE / name)
    _write(target, content)
    _write_origin(root, _read_origin(root) | {name: _digest(content)})
    return said


def _originals(root: Path) -> dict[str, bytes]:
    """O que o caderno deve ter: nome a partir de notebooks/ → conteúdo."""
    source = root / SOURCE
    paths = sorted(path for path in source.rglob("*") if path.is_file())
    names = {path.relative_to(source).as_posix(): path for path in paths}
    hidden = (".", "__pycache__")  # o que o Jupyter e o Python deixam ao lado
    return {
        name: _blank(path)
        for name, path in names.items()
        if not any(part.startswith(hidden) for part in name.split("/"))
    }


def _blank(path: Path) -> bytes:
    """O conteúdo do arquivo; o de um notebook, sem saídas, contagens nem painéis salvos."""
    content = path.read_bytes()
    if path.suffix != ".ipynb":
        return content
    try:
        notebook = json.loads(content)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell.update(outputs=[], execution_count=None)
        notebook["metadata"].pop("widgets", None)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{SOURCE}/{path.name} não é mais um notebook (ficou nele um conflito do git?). "
            f"Recupere-o com git checkout HEAD {SOURCE}/{path.name}, ou baixe-o, e rode de novo."
        ) from error
    return (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode()


def _find(root: Path, lesson: str) -> str:
    wanted = lesson.removesuffix(".ipynb")
    stems = sorted(path.stem for path in (root / SOURCE).glob("*.ipynb"))
    for stem in stems:
        if wanted == stem or (wanted and wanted.zfill(2) == stem.split("-")[0]):
            return f"{stem}.ipynb"
    raise ValueError(f"Não há a aula {lesson}. Escolha uma destas: {', '.join(stems)}.")


def _old_names(stem: str):
    """03-handle-anterior, 03-handle-anterior-2, 03-handle-anterior-3…"""
    yield f"{stem}-anterior"
    for number in count(2):
        yield f"{stem}-anterior-{number}"


def _tell(changed: list[str]) -> str:
    if not changed:
        return ""
    one = len(changed) == 1
    what = "Uma aula mudou depois de copiada" if one else "Estas aulas mudaram depois de copiadas"
    example = changed[0].split("-")[0] if changed[0][0].isdigit() else changed[0]
    return (
        f"{what} para {COPY}/: {', '.join(changed)}. "
        f"Para ter a nova, e guardar a sua: python3 lab.py {COPY} {example}"
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_origin(root: Path) -> dict[str, str]:
    """O que se sabe das cópias; sem registro legível, o que há no caderno vale como copiado hoje."""
    try:
        return dict(json.loads((root / COPY / ORIGIN).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return {}


def _write_origin(root: Path, origin: dict[str, str]) -> None:
    _write(root / COPY / ORIGIN, json.dumps(origin, indent=1).encode())


def _write(path: Path, content: bytes) -> None:
    """Grava de uma vez: quem interrompe não deixa meio arquivo."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.parte")
    partial.write_bytes(content)
    partial.replace(path)
