"""Rodar uma célula de novo: num kernel de verdade e com um IPython de mentira."""

import gc
import socket
import sys
import textwrap
from types import SimpleNamespace

import pytest
from peers import DEADLINE

from chatlib import Client, Server
from chatlib.errors import ServerNotFound
from chatlib.lab import Perturber
from chatlib.rerun import claim


@pytest.fixture
def notebook(monkeypatch):
    """``notebook("célula")`` diz em que célula estamos; cada chamada é uma rodada."""
    shell = SimpleNamespace(execution_count=0, cell=None)
    shell.history_manager = SimpleNamespace(input_hist_raw=[""])
    shell.get_parent = lambda: {"metadata": {"cellId": shell.cell} if shell.cell else {}}
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setattr("chatlib.rerun._opened", {})

    def run(cell):
        shell.cell, shell.execution_count = cell, shell.execution_count + 1

    return run


class Thing:
    """Algo que se abre numa célula."""


def test_second_run_gets_what_the_first_opened(notebook):
    """A segunda rodada recebe, uma vez, o que a primeira abriu, do mais novo ao mais velho."""
    things = [Thing() for _ in range(4)]
    notebook("a")
    assert [claim(thing) for thing in things[:2]] == [[], []]
    notebook("a")
    assert claim(things[2]) == [things[1], things[0]] and claim(things[3]) == []
    notebook("a")
    assert claim(things[0]) == [things[3], things[2]]


def test_other_cells_are_left_alone(notebook):
    """Só a própria célula encerra o que abriu."""
    one, other = Thing(), Thing()
    notebook("a")
    claim(one)
    notebook("b")
    assert claim(other) == []


def test_a_click_is_no_cell(notebook, monkeypatch):
    """O que um botão de um painel abre não é de célula nenhuma, nem da última que rodou."""
    shell = sys.modules["IPython"].get_ipython()
    shell.history_manager.input_hist_raw = ["painel"]
    notebook(None)
    claim(one := Thing())
    notebook(None)
    monkeypatch.setattr(shell, "get_parent", lambda: {"header": {"msg_type": "comm_msg"}})
    assert claim(Thing()) == []
    assert one is not None  # continua vivo, e não foi devolvido


def test_forgotten_things_are_not_kept(notebook):
    """Lembrar não prende: o que ninguém mais usa se vai."""
    notebook("a")
    claim(Thing())
    gc.collect()
    notebook("a")
    assert claim(Thing()) == []


@pytest.mark.parametrize("shell", [None, SimpleNamespace()], ids=["sem IPython no ar", "IPython no terminal"])
def test_outside_jupyter_nothing_happens(monkeypatch, shell):
    """Fora do Jupyter não há célula de que se lembrar."""
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    thing = Thing()
    assert claim(thing) == claim(thing) == []


def test_cell_without_identity(notebook):
    """Um executor que não diz qual é a célula a identifica pelo texto dela."""
    first, shell = Thing(), sys.modules["IPython"].get_ipython()
    for text, expected in (("um", []), ("dois", []), ("um", [first])):
        shell.history_manager.input_hist_raw.append(text)
        notebook(None)
        thing = first if text == "um" and not expected else Thing()
        assert claim(thing) == expected


def test_server_again_on_the_same_port(notebook):
    """A célula do servidor, rodada de novo, encerra o anterior e fica na mesma porta."""
    notebook("servidor")
    first = Server(port=0).start()
    address = first.address
    notebook("servidor")
    with Server(port=0) as second:
        assert repr(first) == "<Server parado>" and second.address == address


def test_server_again_with_the_port_taken(notebook, monkeypatch):
    """Se a porta sorteada antes já tem outro dono, serve outra."""
    notebook("servidor")
    first = Server(port=0).start()
    with socket.create_server(("127.0.0.1", 0)) as holder:
        monkeypatch.setattr(first, "_address", holder.getsockname())
        notebook("servidor")
        with Server(port=0) as second:
            assert second.address != holder.getsockname()
            assert repr(first) == "<Server parado>"


def test_client_again(notebook, server):
    """A célula do cliente, rodada de novo, entra com o mesmo apelido."""
    notebook("ana")
    first = Client("Ana", *server.address)
    notebook("ana")
    with Client("Ana", *server.address) as second:
        assert second.receive() == "Ana entrou!"
        assert repr(first) == "<Client Ana: fora da sala>"


def test_perturber_again(notebook, server):
    """Rodar de novo a célula do perturbador fecha o da rodada anterior."""
    notebook("a")
    first = Perturber(server)
    notebook("a")
    with Perturber(server) as second:
        assert "fechado" in repr(first) and "no ar" in repr(second)


def test_client_again_after_a_failure(notebook, server):
    """Um cliente que não chegou a conectar não atrapalha a rodada seguinte."""
    notebook("ana")
    with pytest.raises(ServerNotFound) as failure:  # o traceback guarda o Client pela metade
        Client("Ana", port=1)
    notebook("ana")
    with Client("Ana", *server.address) as ana:
        assert ana.receive() == "Ana entrou!"
    assert failure.traceback


class Kernel:
    """Um kernel do Jupyter que executa células com identidade, como o JupyterLab."""

    def __init__(self, client):
        self.client = client

    def run(self, cell, code):
        """Executa o código na célula e devolve o que ela mostrou, erros inclusive."""
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell})
        self.client.shell_channel.send(message)
        shown = "".join(self._outputs(message["header"]["msg_id"]))
        self.client.get_shell_msg(timeout=4 * DEADLINE)  # sem lê-la, o pedido seguinte às vezes se perde
        return shown

    def _outputs(self, request):
        while True:
            reply = self.client.get_iopub_msg(timeout=4 * DEADLINE)
            if reply["parent_header"].get("msg_id") != request:
                continue
            content = reply["content"]
            if content.get("execution_state") == "idle":
                return
            yield content.get("text", "") + content.get("evalue", "")
            yield content.get("data", {}).get("text/plain", "")


@pytest.fixture
def kernel():
    """Um kernel de verdade, com chatlib importado."""
    manager = pytest.importorskip("jupyter_client.manager")
    owner, client = manager.start_new_kernel(kernel_name="python3")
    try:
        kernel = Kernel(client)
        kernel.run("imports", f"import sys; sys.path[:0] = {sys.path!r}\nfrom chatlib import Client, Server")
        yield kernel
    finally:
        client.stop_channels()
        owner.shutdown_kernel(now=True)
        owner.cleanup_resources()


def test_in_a_real_kernel(kernel):
    """Células rodadas de novo, em ordem ou depois de um erro, sempre funcionam."""
    server = "server = Server(port=0).start()\nserver"
    ana = "ana = Client('Ana', *server.address)\nana.wait_for('Conectado')"
    assert "name 'server' is not defined" in kernel.run("ana", ana)
    stopped = "<Server no ar em 127.0.0.1, porta escolhida pelo sistema: ninguém na sala>"
    assert [kernel.run("servidor", server) for _ in range(2)] == [stopped] * 2
    assert [kernel.run("ana", ana) for _ in range(3)] == ["'Conectado ao servidor!'"] * 3
    kernel.run("fim", "server.shutdown()")
    assert "chame start()" in kernel.run("ana", ana)
    assert kernel.run("servidor", server) == stopped
    assert kernel.run("ana", ana) == "'Conectado ao servidor!'"
    names = textwrap.dedent("""
        import threading
        ana.close(); server.shutdown()
        print([thread.name for thread in threading.enumerate() if "chatlib" in thread.name])
    """)
    assert kernel.run("fim", names) == "[]\n"
