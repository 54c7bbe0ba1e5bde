"""JupyterLab de verdade e um Chromium sem janela, para os testes e para a imagem do README.

with jupyterlab(pasta) as lab, chromium() as browser:
    notebook = lab.open(browser, "oficina", ["1 + 1"])
    notebook.run(0)
"""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat
from playwright.sync_api import BrowserContext, Error, Locator, Page, TimeoutError, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from lab import SETTINGS  # noqa: E402 - os mesmos ajustes com que a pessoa o usa

SECONDS = float(os.environ.get("CHATLIB_TEST_SCALE", "1"))  # máquina lenta? use 3
PICTURES = ROOT / "build" / "telas"
PATIENCE = 20 * SECONDS  # quanto se espera pelo que tem de acontecer
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
# Com a máquina ocupada, o ipykernel pode perder o que lhe pedem ao nascer (ipython/ipykernel#1567).
LOST = "The '_control_lock' trait"
ANSWERS = """() => Promise.race([
    jupyterapp.shell.currentWidget.sessionContext.session.kernel
        .requestExecute({ code: "", silent: true, store_history: false }).done.then(() => true),
    new Promise((late) => setTimeout(late, 10_000, false)),
])"""
expect.set_options(timeout=PATIENCE * 1000)


@contextmanager
def jupyterlab(folder: Path, theme: str = "JupyterLab Light") -> Iterator["Lab"]:
    """Um JupyterLab em português, isolado em ``folder``, numa porta livre e com uma senha só sua."""
    settings = SETTINGS | {"@jupyterlab/apputils-extension:themes": {"theme": theme}}
    for name in ("notebooks", "settings", "runtime"):
        (folder / name).mkdir(parents=True)
    (folder / "settings" / "overrides.json").write_text(json.dumps(settings))
    token = secrets.token_hex(16)
    options = {
        "--ServerApp.ip": "127.0.0.1",
        "--ServerApp.port": 0,
        "--ServerApp.root_dir": folder / "notebooks",
        "--IdentityProvider.token": token,
        "--LabApp.app_settings_dir": folder / "settings",
        "--LabApp.user_settings_dir": folder / "user",
        "--LabApp.workspaces_dir": folder / "workspaces",
        "--JupyterNotebookApp.expose_app_in_browser": True,
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"]
    environment = os.environ | {
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "IPYTHONDIR": str(folder / "ipython"),
        "PYTHONPATH": str(ROOT),
    }
    with (folder / "lab.log").open("w") as log:
        lab = subprocess.Popen(
            command + [f"{name}={value}" for name, value in options.items()],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield Lab(_address(folder, lab), token, folder / "notebooks")
        finally:
            lab.send_signal(signal.SIGTERM)
            lab.wait(PATIENCE)


def _address(folder: Path, lab: subprocess.Popen) -> str:
    """A URL em que o JupyterLab atende, quando ele a anota na pasta ``runtime``."""
    deadline = time.monotonic() + 2 * PATIENCE
    while time.monotonic() < deadline and lab.poll() is None:
        for note in (folder / "runtime").glob("jpserver-*.json"):
            if (text := note.read_text()).endswith("}"):
                return json.loads(text)["url"]
        time.sleep(0.05)
    raise RuntimeError(f"o JupyterLab não iniciou:\n{(folder / 'lab.log').read_text()}")


@contextmanager
def chromium(**options) -> Iterator[BrowserContext]:
    """Um Chromium sem janela: o do sistema ou, se não houver, o do playwright.

    options: o que ``Browser.new_context`` aceita, como ``device_scale_factor``.
    """
    installed = map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=next(filter(None, installed), None), args=FLAGS
            )
        except Error as error:
            raise RuntimeError(
                "falta um Chromium: instale o do sistema ou rode python -m playwright install chromium"
            ) from error
        context = browser.new_context(locale="pt-BR", **options)
        context.set_default_timeout(PATIENCE * 1000)
        yield context
        browser.close()


class Lab:
    """Um JupyterLab no ar."""

    def __init__(self, url: str, token: str, folder: Path):
        self.url, self.token, self.folder = url, token, folder

    def open(
        self,
        browser: BrowserContext,
        name: str,
        cells: list[str],
        width: int = 1280,
        height: int = 900,
        app: str = "lab",
        source: Path | None = None,
    ) -> "Notebook":
        """Abre, numa página nova de ``width`` × ``height`` pixels, um notebook novo com essas células.

        app: "lab" para o JupyterLab, "notebooks" para o Notebook 7; source: outro, de que copiar as células.
        """
        content = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        if source:
            content = nbformat.read(source, 4)
        content.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(content, self.folder / f"{name}.ipynb")
        page = browser.new_page()
        page.set_viewport_size({"width": width, "height": height})
        place = f"lab/workspaces/{name}/tree" if app == "lab" else app
        url = f"{self.url}{place}/{name}.ipynb?token={self.token}"
        notebook = Notebook(page, url, self.folder / f"{name}.ipynb")
        notebook.load()
        return notebook


class Notebook:
    """Um notebook aberto no JupyterLab.

    problems: as exceções que a página não tratou; complaints: os erros que ela anotou no console;
    requests: os endereços que ela pediu.
    """

    def __init__(self, page: Page, url: str, path: Path):
        self.page, self._url, self.path = page, url, path
        self.problems: list[str] = []
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._known_deaf = self._deaf_kernels()
        page.on("pageerror", self._note_problem)
        page.on("console", lambda said: said.type == "error" and self.complaints.append(said.text))
        page.on("request", lambda request: self.requests.append(request.url))

    def _note_problem(self, error: Error) -> None:
        where = re.findall(r"https?://\S+|blob:\S+", error.stack or "")
        if "Canceled future" in str(error):  # o JupyterLab, ao reiniciar um kernel
            return
        if not where or not all(
            "/static/" in address for address in where
        ):  # só do próprio Jupyter não é nosso
            self.problems.append(f"{error} {where}")

    def load(self) -> None:
        """Carrega a página e espera o kernel."""
        self.page.goto(self._url)
        expect(self.page.locator(".jp-Notebook .jp-Cell").first).to_be_attached()
        self.page.evaluate("jupyterapp.shell.collapseLeft?.()")  # toda a largura para o notebook
        self.wait_kernel()

    def open_without_kernel(self) -> None:
        """Carrega a página e encerra o kernel que ela abriu, depois que os widgets salvos aparecerem.

        Se o kernel acaba enquanto o ipywidgets o consulta, a página fica em "Loading widget…" para sempre.
        """
        self.load()
        expect(self.page.locator(".chatlib").first).to_be_visible()
        expect(self.page.get_by_text("Loading widget")).to_have_count(0)
        self.shut_kernel_down()
        self.page.wait_for_function("!jupyterapp.shell.currentWidget.sessionContext.session")

    def save(self) -> dict:
        """Grava o notebook; devolve o que ficou no arquivo."""
        self.command("docmanager:save")
        return json.loads(self.path.read_text(encoding="utf-8"))

    def reload(self) -> None:
        """Grava o notebook e recarrega a página; o kernel continua vivo."""
        self.save()
        self.load()

    def reopen(self) -> None:
        """Grava e fecha a aba do notebook, e o abre de novo; o kernel continua vivo."""
        self.save()
        self.command("application:close", wait=False)
        expect(self.page.locator(".jp-Notebook")).to_have_count(0)
        self.command("docmanager:open", path=self.path.name)
        expect(self.page.locator(".jp-Notebook .jp-Cell").first).to_be_attached()
        self.wait_kernel()

    def command(self, name: str, wait: bool = True, **arguments) -> None:
        """Executa um comando do JupyterLab, como ``docmanager:save``, e o espera se ``wait``."""
        run = "jupyterapp.commands.execute(...command)"
        self.page.evaluate(f"async command => {{ {'await' if wait else ''} {run} }}", [name, arguments])

    def cell(self, index: int) -> Locator:
        """A célula de número ``index``, a partir de 0."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def run(self, index: int, wait: bool = True) -> None:
        """Roda a célula e, se ``wait``, espera que ela termine."""
        # Não com um clique: um painel que cresce naquele instante o levaria a outra célula.
        self.page.evaluate("i => { jupyterapp.shell.currentWidget.content.activeCellIndex = i }", index)
        self.command("notebook:run-cell", wait)

    def wait_kernel(self) -> None:
        """Espera um kernel são: um que nasceu surdo é reiniciado, como a pessoa faria."""
        for _ in range(3):
            with suppress(TimeoutError):
                self.wait_idle()
                if self.page.evaluate(ANSWERS) and self._deaf_kernels() == self._known_deaf:
                    return
            self._known_deaf = self._deaf_kernels()
            self.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
        self.wait_idle()

    def _deaf_kernels(self) -> int:
        log = self.path.parent.parent / "lab.log"
        return log.read_text(errors="replace").count(LOST)

    def wait_idle(self) -> None:
        """Espera o kernel estar conectado e ocioso."""
        kernel = "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel"
        self.page.wait_for_function(
            f"{kernel}?.connectionStatus === 'connected' && {kernel}.status === 'idle'"
        )

    def restart_kernel(self) -> None:
        """Reinicia o kernel, como o botão da barra, e espera que ele volte."""
        self.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
        self.wait_kernel()

    def set_theme(self, theme: str) -> None:
        """Troca o tema do JupyterLab, como "JupyterLab Dark"."""
        self.command("apputils:change-theme", theme=theme)
        # O comando volta antes de o CSS do tema chegar; até lá, as cores são nenhumas.
        self.page.wait_for_function(
            """theme => document.body.dataset.jpThemeName === theme
                && getComputedStyle(document.body).getPropertyValue("--jp-layout-color1")""",
            arg=theme,
        )

    def picture(self, name: str) -> None:
        """Fotografa a página em build/telas, para quem quiser ver o que os testes veem."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png")

    def shut_kernel_down(self) -> None:
        """Encerra o kernel; a página continua aberta."""
        self.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")

    def close(self) -> None:
        """Encerra o kernel e fecha a página."""
        self.shut_kernel_down()
        self.page.close()

    def panel(self, apelido: str) -> Locator:
        """O painel de ``apelido``."""
        return self.page.get_by_role("region", name=f"Chat de {apelido}", exact=True)


def lightness(node: Locator, prop: str) -> float:
    """A média dos canais (0 a 255) de uma cor do elemento, desenhada para ser lida sem formato."""
    return node.evaluate(
        """(node, prop) => {
            const pen = new OffscreenCanvas(1, 1).getContext("2d");
            pen.fillStyle = getComputedStyle(node)[prop];
            pen.fillRect(0, 0, 1, 1);
            const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
            return (red + green + blue) / 3;
        }""",
        prop,
    )
