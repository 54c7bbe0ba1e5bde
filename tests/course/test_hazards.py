"""Respostas perigosas, num kernel de verdade: elas são apontadas, e o notebook continua como estava."""

import subprocess
import time
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).parents[2]
SETUP = """
import os, socket, sys, threading, time
from chatlib import Client, Server
from chatlib.lab import verificar

def children():
    return os.popen(f"ps --ppid {os.getpid()} -o pid= | wc -l").read().strip()
"""
SEND = "    sock.sendall(text.encode())\n"


class Kernel:
    """Um kernel, e o que cada célula mostra."""

    def __init__(self, manager, client):
        self.manager, self._client = manager, client

    def run(self, code: str, timeout: float = 60) -> str:
        """O texto que a célula mostra, ou o nome do erro dela."""
        self.start(code)
        return self.finish(timeout)

    def start(self, code: str) -> None:
        """Manda a célula, sem esperar por ela."""
        self._id = self._client.execute(code)

    def finish(self, timeout: float = 60) -> str:
        """Espera a célula acabar."""
        shown = []
        while True:
            message = self._client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != self._id:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return "".join(shown)
            shown.append(
                content.get("data", {}).get("text/plain", "")
                + content.get("text", "")
                + content.get("ename", "")
            )

    def verify(self, body: str, number: str = "01.1", signature: str = "send_text(sock, text)") -> str:
        """O relatório de uma resposta com este corpo."""
        name = signature.partition("(")[0]
        self.run(f"def {signature}:\n{body}")
        return self.run(f'verificar("{number}", {name})')


@pytest.fixture(scope="module")
def kernel():
    """Um kernel com o laboratório importado."""
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(ROOT))
    kernel = Kernel(manager, client)
    try:
        assert kernel.run(SETUP) == ""
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def is_as_before(kernel) -> bool:
    """Se não sobrou no kernel nem thread, nem socket, nem processo."""
    clean = kernel.run("from chatlib.lab import check_clean; check_clean()").startswith("✔")
    return clean and kernel.run("print(children())").strip() == "1"  # o próprio ps


def test_syntax_error_checks_nothing(kernel):
    """Se a célula do exercício não roda, não há o que conferir no lugar dela."""
    kernel.run("def broadcast(clients, message):\n    for client in clients: client.sendall(message)")
    assert kernel.run("def send_to_all(clients, message)\n    pass") == "SyntaxError"
    assert kernel.run('verificar("02.1", send_to_all)') == "NameError"


def test_functions_of_the_notebook_go_along(kernel):
    """A resposta pode usar o que o notebook define, mesmo onde há um servidor, um cadeado e um socket."""
    kernel.run("server = Server(port=0); lock = threading.Lock(); extra = socket.socket(); extra.close()")
    kernel.run("def encode(text):\n    used = server, extra\n    with lock:\n        return text.encode()")
    assert "tudo certo!" in kernel.verify("    sock.sendall(encode(text))")
    report = kernel.verify("    extra.sendall(text.encode())")
    assert "criado no notebook" in report
    kernel.run("server.shutdown()")


def test_server_of_the_notebook_is_left_alone(kernel):
    """Trinta pessoas entram no servidor do notebook durante uma verificação, e ficam."""
    kernel.run("server = Server(port=0); server.start(); people = []")
    kernel.run(
        "def enter():\n"
        "    for number in range(30):\n"
        "        people.append(Client(f'p{number}', *server.address))\n"
        "        time.sleep(0.02)\n"
        "entering = threading.Thread(target=enter); entering.start()"
    )
    assert "tudo certo!" in kernel.verify(SEND)
    kernel.run("entering.join()")
    assert kernel.run("print(len(server.apelidos))").strip() == "30"
    kernel.run("for person in people: person.close()\nserver.shutdown()")
    assert is_as_before(kernel)


ENDINGS = {
    "sys.exit": ("    sys.exit()", "return"),
    "interrupt": ("    raise KeyboardInterrupt", "return"),
    "exit": ("    exit()", "return"),
    "os._exit": ("    os._exit(0)", "encerrou o Python inteiro"),
    "abort": ("    os.abort()", "derrubou o Python"),
    "closerange": ("    os.closerange(3, 1000)", "fechou descritores"),
    "bad str": (
        "    class Bad(Exception):\n        def __str__(self): raise ValueError\n    raise Bad",
        "apareceu Bad",
    ),
    "long text": ("    raise ValueError('x' * 100_000)", "apareceu ValueError: xxx"),
    "recursion": ("    send_text(sock, text)", "use um laço"),
}


@pytest.mark.parametrize(("body", "told"), ENDINGS.values(), ids=ENDINGS)
def test_answer_that_ends_the_program(kernel, body, told):
    """O relatório conta o que houve, sem traceback, e o kernel vive."""
    report = kernel.verify(body)
    assert "✘ o texto chega ao outro lado" in report
    assert (
        "em send_text, linha 2: " + body.strip().splitlines()[0] in report
        or "apareceu" not in report
        or "Bad" in body
    )
    assert told in report
    assert len(report) < 2_000
    assert is_as_before(kernel)


CHANGES = {
    "socket.setdefaulttimeout": "    socket.setdefaulttimeout(3)\n",
    "print": "    import builtins; builtins.print = len\n",
    "socket.send": "    socket.socket.send = socket.socket.sendall\n",
    "os.chdir": "    os.chdir('/')\n",
}


@pytest.mark.parametrize(("name", "body"), CHANGES.items(), ids=CHANGES)
def test_what_the_answer_changes(kernel, name, body):
    """O que valeria para o programa inteiro é dito, e não vale para o notebook."""
    state = "print((socket.getdefaulttimeout(), print, socket.socket.send, os.getcwd()))"
    before = kernel.run(state)
    report = kernel.verify(body + SEND)
    assert "✘ não muda o programa em volta" in report
    assert name in report
    assert kernel.run(state) == before


@pytest.mark.parametrize("count", [20, 1000])
def test_sleeping_threads(kernel, count):
    """Threads que dormem são contadas, e acabam com o processo, depressa."""
    start = time.monotonic()
    report = kernel.verify(
        f"    for _ in range({count}): threading.Thread(target=time.sleep, args=(60,)).start()\n" + SEND
    )
    assert time.monotonic() - start < 12
    assert f"e mais {count - 3}" in report
    assert is_as_before(kernel)


def test_interrupt_leaves_nothing(kernel):
    """O ■ durante uma verificação a encerra, e nada dela fica."""
    kernel.run("def send_text(sock, text):\n    while True: pass")
    kernel.start('print("aqui", flush=True); verificar("01.1", send_text)')
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and not processes_of(kernel):
        time.sleep(0.02)
    time.sleep(0.5)
    kernel.manager.interrupt_kernel()
    assert "KeyboardInterrupt" in kernel.finish()
    assert is_as_before(kernel)


def processes_of(kernel) -> list[str]:
    """Os processos em que o kernel confere respostas."""
    found = subprocess.run(
        ["ps", "--ppid", str(kernel.manager.provisioner.pid), "-o", "pid="], capture_output=True, text=True
    )
    return found.stdout.split()


def test_what_was_printed_is_shown(kernel):
    """O que a resposta imprime está no relatório, só o começo."""
    report = kernel.verify("    print('mandei', text)\n    for _ in range(99): print('…')\n" + SEND)
    assert "mandei oi, Bruno" in report
    assert report.count("…") < 10


def test_other_kinds_of_function(kernel):
    """async def e yield são apontados pelo nome."""
    kernel.run("async def send_text(sock, text):\n" + SEND)
    assert "async def" in kernel.run('verificar("01.1", send_text)')
    assert "yield" in kernel.verify(SEND + "    yield\n")
