"""O lado da página dos widgets: arquivos JavaScript e CSS simples, sem compilação."""

from pathlib import Path

HERE = Path(__file__).parent


def source(*names: str) -> str:
    """Os arquivos ``names`` desta pasta, um depois do outro, como um só texto."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)
