"""O histórico num arquivo: sobrevive, não se rasga, tem limite, e não guarda o que é particular."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
from peers import DEADLINE, RawPeer, run_server, wait_until

from chatlib import Server, archive
from chatlib.archive import Archive
from chatlib.errors import UsageError


@pytest.fixture
def path(tmp_path):
    """Onde o histórico fica."""
    return tmp_path / "historico.jsonl"


@pytest.fixture
def opened():
    """``opened(caminho)``: um arquivo aberto, o que ele lembra, e do que reclama; fecha-se no fim."""
    made = []

    def create(path, count=50):
        complaints = []
        made.append(Archive(path, count, complaints.append))
        return made[-1], made[-1].open(count), complaints

    yield create
    for one in made:
        one.close()


def records(path):
    """O que o arquivo guarda, linha a linha."""
    return [json.loads(line)["linha"] for line in path.read_text("utf-8").splitlines()]


def test_survives_the_server(path, join):
    """Quem chega ao servidor que voltou lê o que se disse ao anterior, e nada de particular."""
    with run_server(history=3, history_file=path) as server:
        ana, bia = join("Ana", at=server), join("Bia", at=server)
        ana.say("um", "dois", "/msg Bia só entre nós", "três", "quatro ç 🎉", "/quem")
        bia.until("quatro ç 🎉")
        server.room.announce("um aviso")
    assert "só entre nós" not in path.read_text("utf-8")
    assert records(path) == ["Ana: um", "Ana: dois", "Ana: três", "Ana: quatro ç 🎉"]
    with run_server(history=3, history_file=path) as server:
        caio = join("Caio", at=server)
        assert caio.lines(3) == [f"* histórico: Ana: {text}" for text in ("dois", "três", "quatro ç 🎉")]
        caio.say("cinco")
        caio.until("Caio: cinco")
        assert join("Davi", at=server).lines(3)[-1] == "* histórico: Caio: cinco"


def test_the_same_server_started_again(path, join):
    """Parado e reiniciado, o mesmo servidor lembra, e não repete."""
    server = Server(port=0, history=5, history_file=path)
    for number in range(3):
        with server:
            ana = join("Ana", at=server)
            assert ana.lines(number) == [f"* histórico: Ana: {n}" for n in range(number)]
            ana.say(f"{number}")
            ana.until(f"Ana: {number}")
    assert records(path) == ["Ana: 0", "Ana: 1", "Ana: 2"]


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL é do POSIX")
def test_killed_in_the_middle(path, join):
    """Depois de um kill -9 no meio de uma enxurrada, o que ficou se lê, e a próxima linha não se gruda."""
    args = [
        sys.executable,
        "-m",
        "chatlib",
        "server",
        "--port",
        "0",
        "--history",
        "50",
        "--history-file",
        str(path),
    ]
    with subprocess.Popen(args, stdout=subprocess.PIPE, text=True) as process:
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        ana = RawPeer(("127.0.0.1", port), "Ana")
        reading = threading.Thread(target=ana.rest)
        reading.start()
        for number in range(100):
            ana.say(*[f"{number * 50 + n} " + "é" * 500 for n in range(50)])
        wait_until(lambda: path.stat().st_size > 100_000, "o arquivo crescer")
        process.send_signal(signal.SIGKILL)
        process.wait(DEADLINE)
        process.stdout.read()
    reading.join()
    ana.close()
    whole = path.read_bytes().rpartition(b"\n")[0].split(b"\n")
    last = [int(json.loads(line)["linha"].split()[1]) for line in whole]
    assert last == list(range(len(last)))  # nenhuma falta, nenhuma se repete
    with run_server(history=1, history_file=path) as server:
        bia = join("Bia", at=server)
        assert bia.line().startswith(f"* histórico: Ana: {last[-1]} ")
        bia.say("depois")
        bia.until("depois")
    assert records(path)[-1] == "Bia: depois"


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_torn_line_is_dropped(path, opened, cut):
    """Uma última linha pela metade some na leitura, e do arquivo também."""
    one, _, _ = opened(path)
    one.put(b"Ana: um\n")
    one.put(b"Ana: dois\n")
    one.close()
    whole = path.read_bytes()
    path.write_bytes(whole + whole.split(b"\n")[0][:cut])
    assert opened(path)[1] == [b"Ana: um\n", b"Ana: dois\n"]
    assert path.read_bytes() == whole


def test_only_a_torn_line(path, opened):
    """Morto ao escrever a primeira: o arquivo recomeça vazio."""
    path.write_bytes(b'{"qua')
    assert opened(path)[1] == [] and path.read_bytes() == b""


def test_bounded(path, opened, monkeypatch):
    """Cheio, o arquivo dá lugar a outro; os dois juntos têm limite, e o que vale são as últimas linhas."""
    monkeypatch.setattr(archive, "ROTATE", 2000)
    one, _, complaints = opened(path)
    for number in range(300):
        one.put(f"Ana: {number}\n".encode())
        wait_until(lambda: not one._queue)
    one.close()
    sizes = {file.name: file.stat().st_size for file in path.parent.iterdir()}
    assert set(sizes) == {"historico.jsonl", "historico.jsonl.1"} and max(sizes.values()) < 2200
    last = opened(path, 20)[1]
    assert last == [f"Ana: {number}\n".encode() for number in range(280, 300)] and not complaints


def test_rotation_that_fails(path, opened, monkeypatch):
    """Se o arquivo cheio não sai do lugar, isso é dito; quando sai, nada do que veio depois falta."""
    monkeypatch.setattr(archive, "ROTATE", 100)
    failures, replace = [OSError(13, "Permission denied")] * 2, os.replace

    def failing(*args):
        if failures:
            raise failures.pop()
        replace(*args)

    monkeypatch.setattr(archive.os, "replace", failing)
    one, _, complaints = opened(path)
    for number in range(8):
        one.put(f"Ana: {number}\n".encode())
        wait_until(lambda: not one._queue)
    one.close()
    older = path.with_name(path.name + ".1")
    said = [int(line.split()[1]) for line in records(older) + records(path)]
    assert said == list(range(said[0], 8))
    assert len(complaints) == 1


def test_only_the_owner_reads_it(path, opened):
    """O que se disse na sala é só de quem cuida dela."""
    opened(path)
    assert os.name != "posix" or path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "content", [b"isto nao e um historico", b"a\nb\n", b"\n", b'{"outra": 1}\n', b"[1]\n[2]"]
)
def test_file_of_something_else(path, content):
    """O arquivo de outra coisa é recusado, e fica como estava."""
    path.write_bytes(content)
    with pytest.raises(UsageError, match="não é um histórico do chat"):
        Server(port=0, history=5, history_file=path).start()
    assert path.read_bytes() == content


def test_spoiled_line_is_skipped(path, opened):
    """Uma linha estragada no meio não leva as outras; o que comandaria um terminal não volta."""
    good = json.dumps({"quando": "2026-11-25", "linha": "Ana: \x1b[2Joi"})
    path.write_text(f'{good}\n{{"quando": 1}}\nnada\n{good}\n', "utf-8")
    assert opened(path)[1] == ["Ana: \ufffd[2Joi\n".encode()] * 2


def test_where_it_cannot_be(tmp_path):
    """Uma pasta que não há, uma pasta em vez de arquivo: o servidor diz, e não fica pela metade."""
    for bad in (tmp_path / "nada" / "x.jsonl", tmp_path):
        server = Server(port=0, history=5, history_file=bad)
        with pytest.raises(UsageError, match="não abri o histórico"):
            server.start()
        assert not server.is_running


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="não há FIFOs")
def test_what_is_no_file(tmp_path):
    """Um FIFO prenderia quem grava."""
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(UsageError, match="não é um arquivo comum"):
        Server(port=0, history=5, history_file=tmp_path / "fifo").start()


def test_file_asks_for_a_history(path):
    """Um arquivo sem quantas mensagens guardar não faz sentido."""
    with pytest.raises(UsageError, match="history=50"):
        Server(port=0, history_file=path)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="não há /dev/full")
def test_full_disk_is_told_once(join):
    """Com o disco cheio a sala continua, e isso é dito uma vez só."""
    events = []
    with run_server(history=5, history_file="/dev/full", on_event=events.append) as server:
        ana = join("Ana", at=server)
        for number in range(20):
            ana.say(f"{number}")
            assert ana.line() == f"Ana: {number}"
        wait_until(lambda: [event for event in events if event.kind == "error"], "a reclamação")
        assert join("Bia", at=server).lines(5)[-1] == "* histórico: Ana: 19"
    errors = [event.text for event in events if event.kind == "error"]
    assert len(errors) == 1 and "No space left" in errors[0] and "a sala continua" in errors[0]


def test_disk_that_fills_and_empties(path, opened):
    """O que não coube não deixa meia linha, e quando há espaço o arquivo volta sozinho."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    one, _, complaints = opened(path)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, hard))
        for number in range(30):
            one.put(f"Ana: {number} {'x' * 100}\n".encode())
            wait_until(lambda: not one._queue)
        wait_until(lambda: complaints, "a reclamação")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    one.put(b"Ana: voltou\n")
    one.close()
    said = [line.split()[1] for line in records(path)]
    assert said[-1] == "voltou" and said[:-1] == [str(n) for n in range(len(said) - 1)] and len(said) < 6
    assert len(complaints) == 1
