"""Mede o painel sob carga, num JupyterLab de verdade: python tests/bench/panel.py

Dez mil mensagens a 2.000 por segundo. Conta as linhas que chegaram ao kernel, confere as mil da
página, e mostra quanto durou cada quadro que o navegador desenhou nesse tempo, e quanto demora
uma mensagem do Enter até aparecer, com o painel vazio e com ele cheio.

--panels N    painéis à vista (1)
--rate N      mensagens por segundo (2000)
--count N     mensagens (10000)
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from lab_browser import chromium, expect, jupyterlab

SETUP = """from ipywidgets import HBox
from chatlib import ChatPanel, Client, Server
server = Server(port=0).start()
panels = [ChatPanel(server, f"Ana{{i}}") for i in range({panels})]
HBox(panels)"""
FLOOD = """import time
with Client("Eva", *server.address, timeout=60) as eva:
    start = time.monotonic()
    for first in range(0, {count}, 20):
        eva.write("\\n".join(f"mensagem {{i}}, com o tamanho de sempre" for i in range(first, first + 20)))
        time.sleep(max(0, start + (first + 20) / {rate} - time.monotonic()))
    eva.wait_for("mensagem {last},", 60)
    print(round({count} / (time.monotonic() - start)), "por segundo;", end=" ")"""
ARRIVED = """print(sum("mensagem" in line for line in panels[0].messages), "no kernel")"""
FRAMES = """() => {
    window.frames_ = [];
    let last = performance.now();
    const tick = (now) => {
        frames_.push(now - last);
        last = now;
        window.frameLoop = requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
}"""
SEND = """async (text) => {
    await new Promise((done) => setTimeout(done, 200));  // como quem escreve, e não como uma enxurrada
    const panel = document.querySelector(".chatlib-chat");
    const box = panel.querySelector("textarea");
    const lines = panel.querySelector(".chatlib-lines");
    box.value = text;
    box.dispatchEvent(new Event("input"));
    const start = performance.now();
    box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", cancelable: true }));
    while (!lines.lastChild?.textContent.endsWith(text)) await new Promise(requestAnimationFrame);
    return performance.now() - start;
}"""


def show_latency(notebook, when: str) -> None:
    """Quanto demora a própria mensagem, do Enter até a página mostrá-la."""
    times = [notebook.page.evaluate(SEND, f"medida {when} {i}") for i in range(15)]
    print(f"do Enter à tela, {when}: mediana {statistics.median(times):.0f} ms, máximo {max(times):.0f} ms")


def measure(panels: int, rate: int, count: int) -> None:
    """Uma rodada."""
    last = count - 1
    cells = [SETUP.format(panels=panels), FLOOD.format(count=count, rate=rate, last=last), ARRIVED]
    with (
        tempfile.TemporaryDirectory() as folder,
        jupyterlab(Path(folder) / "lab") as lab,
        chromium() as browser,
    ):
        notebook = lab.open(browser, "carga", cells)
        notebook.run(0)
        expect(notebook.page.locator(".chatlib-line").last).to_be_visible()
        show_latency(notebook, "com o painel vazio")
        notebook.page.evaluate(FRAMES)
        notebook.run(1)
        line = notebook.page.locator(".chatlib-chat").first.locator(".chatlib-line")
        expect(line.last).to_have_text("Eva saiu!")
        frames = sorted(notebook.page.evaluate("() => { cancelAnimationFrame(frameLoop); return frames_; }"))
        notebook.run(2)
        shown = line.all_text_contents()
        assert shown == [f"Eva: mensagem {i}, com o tamanho de sempre" for i in range(count - 999, count)] + [
            "Eva saiu!"
        ]
        print(
            *(notebook.cell(index).locator(".jp-OutputArea-output").inner_text().strip() for index in (1, 2))
        )
        slow = sum(frame > 50 for frame in frames)
        print(
            f"{len(frames)} quadros: mediana {statistics.median(frames):.0f} ms, "
            f"p99 {frames[int(len(frames) * 0.99)]:.0f} ms, máximo {frames[-1]:.0f} ms; {slow} acima de 50 ms"
        )
        show_latency(notebook, "com mil linhas")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--panels", type=int, default=1)
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--count", type=int, default=10_000)
    options = parser.parse_args()
    measure(options.panels, options.rate, options.count)
