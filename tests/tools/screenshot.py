"""Faz a imagem do README, num JupyterLab de verdade: python tests/tools/screenshot.py

--theme "JupyterLab Dark" --width 480 --output outra.png    outra aparência, em outro arquivo
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from lab_browser import ROOT, chromium, expect, jupyterlab

CELLS = (
    "from chatlib import ChatPanel, Server\n\nserver = Server(port=0).start()",
    "from ipywidgets import HBox\n\n"
    'carla, davi = ChatPanel(server, "Carla"), ChatPanel(server, "Davi")\nHBox([carla, davi])',
)
TALK = (
    ("Carla", "oi, Davi! chegou a minha mensagem?"),
    ("Davi", "chegou, sim 🎉"),
    ("Davi", "um servidor, dois clientes, tudo no mesmo notebook"),
    ("Carla", "e quem mais está na sala?"),
    ("Carla", "/quem"),
)
TALK_END = "na sala (2): Carla, Davi"


def take(path: Path, theme: str, width: int) -> None:
    """Põe dois painéis para conversar e fotografa a página."""
    height = 720 if width > 600 else 1000
    with (
        tempfile.TemporaryDirectory() as folder,
        jupyterlab(Path(folder) / "lab", theme) as lab,
        chromium(device_scale_factor=1.5) as browser,
    ):
        notebook = lab.open(browser, "bate-papo", CELLS, width, height)
        for index in range(len(CELLS)):
            notebook.run(index)
        for apelido, text in TALK:
            box = notebook.panel(apelido).get_by_role("textbox", name="Mensagem")
            box.fill(text)
            box.press("Enter")
            last = notebook.panel(apelido).locator(".chatlib-line").last
            expect(last).to_contain_text(TALK_END if text == "/quem" else text)
        path.parent.mkdir(parents=True, exist_ok=True)
        notebook.page.screenshot(path=path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "notebooks" / "imagens" / "painel.png")
    parser.add_argument("--theme", default="JupyterLab Light")
    parser.add_argument("--width", type=int, default=1280)
    options = parser.parse_args()
    take(options.output, options.theme, options.width)
    print(f"gravado: {options.output.name}")
