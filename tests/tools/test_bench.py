"""A máquina de medir: o que ela confere, o que deixa de fora e o que grava. Nenhum tempo se confere."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

BENCH = Path(__file__).resolve().parents[1] / "bench"
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("cc"), reason="as medidas pedem Linux e um compilador C"
)
TINY = 0.04
FAULTY = """
import asyncio, sys
sys.path.insert(0, {servers!r})
import asyncio_streams as chat
count = 0
def broadcast(line):
    global count
    for writer in chat.writers:
        writer.write(line * ({times} if b"~" in line and count == 20 else 1))
    count += b"~" in line
chat.broadcast = broadcast
asyncio.run(chat.main())
"""


@pytest.fixture(scope="module")
def bench():
    """Os módulos de tests/bench."""
    sys.path.insert(0, str(BENCH))
    try:
        import bench
        import contenders
        import running
        import scenarios
        import tables

        yield type(
            "Bench",
            (),
            {module.__name__: module for module in (bench, contenders, running, scenarios, tables)},
        )
    finally:
        sys.path.remove(str(BENCH))


def run(bench, folder, *only):
    """Uma volta minúscula; devolve o código de saída e o que ficou gravado."""
    code = bench.bench.main(["--share", str(TINY), "--rounds", "1", "--out", str(folder), "--only", *only])
    return code, json.loads((folder / "medidas.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("server", ["c", "chatlib", "bare", "asyncio", "queues", "naive", "recorded"])
def test_every_server_of_ours_passes(bench, tmp_path, capsys, server):
    """Cada servidor sobe, entrega tudo e vira uma linha da tabela."""
    code, saved = run(bench, tmp_path, server, "fanout")
    assert code == 0 and not saved["failures"]["fanout"]
    assert saved["results"]["fanout"][server][0]["rate"] > 0
    assert bench.contenders.CONTENDERS[server].title in capsys.readouterr().out


def test_every_scenario_gives_its_figures(bench, tmp_path, capsys):
    """Todos os cenários rodam, e todo número das tabelas existe."""
    scenarios = list(bench.scenarios.scenarios())
    _, saved = run(bench, tmp_path, "chatlib", *scenarios)
    assert saved["failures"] == {name: {} for name in scenarios}
    for figure in bench.tables.FIGURES:
        assert figure.key in saved["results"][figure.scenario]["chatlib"][0]
    assert saved["results"]["size"]["chatlib"][0]["threads"] == 1
    assert saved["results"]["size"]["chatlib"][0]["descriptors"] == 1


def test_picture_has_a_bar_for_each_server(bench, tmp_path):
    """O retrato é um SVG com nome, barra e razão de quem se mediu."""
    run(bench, tmp_path, "c", "chatlib", "fanout")
    svg = ElementTree.parse(tmp_path / "medidas.svg").getroot()
    texts = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"laço em C", "chatlib", "4 membros, 4 falam", "1,00×"} <= set(texts)


@pytest.mark.parametrize(("times", "why"), [(2, "repetidas"), (0, "entregou")])
def test_a_delivery_doubled_or_lost_fails_the_server(bench, tmp_path, monkeypatch, times, why):
    """Uma mensagem que chega duas vezes, ou não chega, reprova o servidor, e os outros seguem."""
    faulty = tmp_path / "faulty.py"
    faulty.write_text(FAULTY.format(servers=str(BENCH / "servers"), times=times), encoding="utf-8")
    contender = bench.contenders.Contender("com defeito", bench.contenders.python(str(faulty)))
    monkeypatch.setitem(bench.contenders.CONTENDERS, "faulty", contender)
    code, saved = run(bench, tmp_path, "faulty", "c", "fanout")
    assert code == 0 and why in saved["failures"]["fanout"]["faulty"]
    assert saved["results"]["fanout"]["c"]


def test_a_server_that_does_not_start_says_why(bench, tmp_path, monkeypatch):
    """O que o servidor disse antes de morrer é o motivo."""
    contender = bench.contenders.Contender("morto", bench.contenders.python("-c", "print('sem sorte')"))
    monkeypatch.setitem(bench.contenders.CONTENDERS, "chatlib", contender)
    code, saved = run(bench, tmp_path, "chatlib", "joins")
    assert code == 1 and "sem sorte" in saved["failures"]["joins"]["chatlib"]


def test_what_is_not_installed_is_left_out(bench, monkeypatch, capsys):
    """Um servidor que falta sai da lista com uma palavra."""
    contender = bench.contenders.Contender("outro chat", bench.contenders.c_loop, needs="nada-com-esse-nome")
    monkeypatch.setitem(bench.contenders.CONTENDERS, "other", contender)
    assert bench.bench.available(["c", "other"]) == ["c"]
    assert capsys.readouterr().out == "outro chat fica de fora: falta instalar nada-com-esse-nome\n"


def test_ratios_are_of_the_same_round(bench):
    """Uma volta ruim para todos não muda a razão; e no que é menos é melhor, ela se inverte."""
    more = bench.tables.Figure("fanout", "rate", "", higher_is_better=True)
    less = bench.tables.Figure("joins", "seconds", "")
    assert bench.tables.advantage(more, [10, 1, 30], [20, 2, 60]) == 0.5
    assert bench.tables.advantage(less, [10, 1, 30], [20, 2, 60]) == 2
    assert bench.tables.advantage(more, [10], []) is None


def test_idle_kernel_is_watched(tmp_path):
    """O kernel parado é medido vazio e com dois painéis, pela linha de comando."""
    command = [sys.executable, str(BENCH / "bench.py"), "--share", str(TINY), "--only", "kernel"]
    done = subprocess.run([*command, "--out", str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == ""
    assert "com dois painéis" in done.stdout
    assert list(json.loads((tmp_path / "medidas.json").read_text())["kernel"]) == [
        "vazio",
        "com dois painéis",
    ]


def test_a_figure_too_small_to_measure_is_not_drawn(bench):
    """O processador se conta em centésimos de segundo: numa volta minúscula pode dar zero."""
    import drawing

    rounds = {
        name: [{"rate": 5, "server_cpu": cpu, "load_cpu": 0}] for name, cpu in (("c", 0), ("chatlib", 7))
    }
    svg = drawing.picture({"fanout": "poucos"}, {"fanout": rounds})
    assert svg.count("poucos") == 1 and ElementTree.fromstring(svg) is not None
