"""O que vale para todos os testes: nenhum deixa thread nem descritor para trás."""

import os
import re
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))
from peers import RawPeer, run_server, set_wire, wait_until

settings.register_profile("lab", deadline=None)  # numa máquina ocupada, o tempo de um exemplo não diz nada
settings.load_profile("lab")

# Estes guardam de propósito, entre um teste e outro, um navegador, um kernel ou um processo.
UNCHECKED = {
    "test_browser",
    "test_browser_lab",
    "test_browser_saving",
    "test_browser_reading",
    "test_browser_server",
    "test_browser_writing",
    "test_cluster",
    "test_cluster_netns",
    "test_environment",
    "test_lab",
    "test_notebooks",
}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Na integração contínua nada se pula: o que falta para um teste se instala em ``.ci/run``."""
    report = yield
    if report.skipped and "CI" in os.environ:
        report.outcome, report.longrepr = "failed", f"pulado na integração contínua: {report.longrepr[-1]}"
    return report


@pytest.fixture(autouse=True)
def leak_check(request):
    """Reprova o teste que deixa uma thread ou um descritor para trás."""
    if request.path.stem in UNCHECKED or "kernel" in request.fixturenames:
        yield
        return
    threads, descriptors = set(threading.enumerate()), count_descriptors()
    yield
    wait_until(lambda: not set(threading.enumerate()) - threads, "o fim de todas as threads do teste")
    wait_until(lambda: count_descriptors() <= descriptors, "o fim de todos os sockets do teste")


def count_descriptors():
    """Quantos descritores este processo tem abertos; zero onde o sistema não os lista."""
    return len(os.listdir("/dev/fd")) if os.path.isdir("/dev/fd") else 0


@pytest.fixture(scope="module")
def browser():
    """O navegador de todos os testes de um arquivo."""
    from lab_browser import chromium  # só quem usa o navegador precisa dele

    with chromium(permissions=["clipboard-read", "clipboard-write"]) as browser:
        yield browser


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """O JupyterLab de todos os testes de um arquivo."""
    from lab_browser import jupyterlab

    with jupyterlab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture
def open_notebook(lab, browser, request):
    """Uma função que abre um notebook com as células dadas; a página não pode ter erros."""
    opened = []

    def create(*cells, **options):
        name = re.sub(r"\W+", "-", f"{request.node.name}{len(opened) or ''}")
        opened.append(lab.open(browser, name, list(cells), **options))
        return opened[-1]

    yield create
    for notebook in opened:
        assert not notebook.problems
        notebook.close()


@pytest.fixture(params=["claro", "tls"])
def wire(request):
    """O teste roda duas vezes: em claro e com TLS (``pytest.mark.usefixtures("wire")``)."""
    set_wire(request.param)
    yield request.param
    set_wire("claro")


@pytest.fixture
def server():
    """Um servidor no ar, com os limites de costume."""
    with run_server() as server:
        yield server


@pytest.fixture
def join(server):
    """``join("Ana")`` põe alguém na sala de ``server``; ``join()`` só conecta."""
    peers = []

    def join(apelido=None, end="\n", at=server, **options):
        peers.append(RawPeer(at.address, apelido, end, **options))
        return peers[-1]

    yield join
    for peer in peers:
        peer.close()


@pytest.fixture
def room(join):
    """Ana e Bia na sala, com tudo o que é da entrada já lido."""
    ana = join("Ana")
    bia = join("Bia")
    assert ana.line() == "Bia entrou!"
    return ana, bia
