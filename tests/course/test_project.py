"""O projeto final: as verificações passam no servidor certo e pegam o errado."""

import sys
import time
from pathlib import Path

import pytest

from chatlib.errors import UsageError
from chatlib.lab import save_results
from chatlib.lab.checking import extensions, project
from chatlib.lab.checking.project import EXTENSIONS, verificar_projeto

HERE = Path(__file__).parent
REFERENCE = HERE / "project_server.py"
EXAMPLE = HERE.parents[1] / "notebooks" / "solucoes" / "projeto_historico.py"
CHATLIB = ["python", "-m", "chatlib", "server", "--port"]

# (extensão, o que está certo, o que o estraga, a verificação que deve notar)
MISTAKES = [
    ("base", 'b"NICK"', 'b"NICK\\n"', "pede o apelido e recebe quem chega"),
    (
        "base",
        'self.send(apelido, "Conectado',
        'self.broadcast("Conectado',
        "pede o apelido e recebe quem chega",
    ),
    ("base", 'f"{line}\\n".encode()', "line.encode()", "repassa a todos, na mesma ordem"),
    ("base", 'encoding="utf-8"', 'encoding="latin-1"', "junta linhas em pedaços, com acentos"),
    ("base", 'line = f"{apelido}: {text}"', "line = text", "ninguém fala em nome de outro"),
    ("base", 'self.broadcast(f"{apelido} saiu!")', "pass", "anuncia cada saída uma vez"),
    ("base", 'saiu!")', 'saiu!"), self.broadcast(f"{apelido} saiu!")', "anuncia cada saída uma vez"),
    (
        "base",
        "target=self.handle, args=(sock,)",
        "target=self.handle(sock)",
        "um visitante calado não segura ninguém",
    ),
    ("base", " or apelido in self.members", "", "recusa um apelido em uso"),
    ("historico", "* histórico: ", "", "quem chega lê o que já foi dito"),
    ("historico", "KEPT = 10", "KEPT = 9", "são só as dez últimas, em ordem"),
    ("historico", "KEPT = 10", "KEPT = None", "são só as dez últimas, em ordem"),
    ("historico", "in self.history:", "in reversed(self.history):", "são só as dez últimas, em ordem"),
    (
        "historico",
        'self.broadcast(f"{apelido} saiu!")',
        'self.history.append("saiu!")',
        "guarda só o que as pessoas disseram",
    ),
    ("historico", 'self.send(apelido, f"* h', 'self.broadcast(f"* h', "só quem chega recebe"),
    ("salas", "self.rooms[apelido] == room and ", "", "a mensagem não sai da sala"),
    ("salas", 'self.send(apelido, f"* você', 'self.broadcast(f"* você', "/sala confirma a mudança"),
    ("salas", 'room, f"* {apelido} chegou"', 'old, f"* {apelido} chegou"', "as duas salas ficam sabendo"),
    ("salas", "sorted(count)", "sorted(count, reverse=True)", "/salas conta quem está em cada uma"),
    ("salas", "sorted(count)", '({"estudos", "geral"})', "uma sala vazia deixa de existir"),
    ("particulares", "{apelido, target}", "{target}", "as duas pessoas recebem"),
    ("particulares", "in {apelido, target}", "in self.members", "ninguém mais recebe"),
    ("particulares", "target not in self.members or ", "", "avisa se a pessoa não está"),
    ("particulares", 'self.send(apelido, "* use', 'self.broadcast("* use', "avisa se a pessoa não está"),
    ("particulares", " or not text", "", "avisa se faltou o texto"),
    ("arquivos", "* arquivo de {apelido}", "* arquivo", "anuncia o arquivo a quem vai receber"),
    (
        "arquivos",
        "left -= len(b64decode(part, validate=True))",
        "left -= len(part)",
        "os bytes chegam iguais",
    ),
    ("arquivos", 'self.send(target, f"* p', 'self.broadcast(f"* p', "ninguém mais recebe"),
    (
        "arquivos",
        'self.send(apelido, f"* {target}',
        'self.broadcast, (f"* {target}',
        "avisa se a pessoa não está",
    ),
    ("arquivos", "if left >= 0", "if True", "cancela o que passa do anunciado"),
    ("arquivos", "(part, validate=True)", "(part)", "cancela o que não é base64"),
    ("moderacao", "if self.moderator is None:", "if True:", "a primeira pessoa modera"),
    ("moderacao", "if apelido in self.muted:", "if False:", "quem foi calado não é ouvido"),
    (
        "moderacao",
        'self.send(apelido, "* você não',
        'self.broadcast("* você não',
        "quem foi calado não é ouvido",
    ),
    ("moderacao", "self.muted.discard(target)", "pass", "/soltar devolve a palavra"),
    ("moderacao", "self.members[target].shutdown(socket.SHUT_RDWR)", "pass", "/expulsar encerra a conexão"),
    ("moderacao", "return apelido == self.moderator", "return True", "só quem modera manda"),
]


def reference(name: str) -> list[str]:
    """O comando do servidor de referência com a extensão."""
    return ["python", str(REFERENCE), name]


def failed(report) -> list[str]:
    """O que não passou."""
    return [row.what for row in report.rows if row.hint]


def program(tmp_path: Path, text: str) -> list[str]:
    """O comando de um programa com este texto."""
    path = tmp_path / "servidor.py"
    path.write_text(text, encoding="utf-8")
    return [sys.executable, str(path)]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(project, "PATIENCE", 0.6)


@pytest.mark.parametrize("name", ["base", "salas", "particulares", "historico", "arquivos", "moderacao"])
def test_right_server_passes(name):
    """O servidor de referência passa na extensão e conserva a base."""
    assert verificar_projeto(name, reference(name)).passed
    assert verificar_projeto("base", reference(name)).passed


def test_every_extension_has_a_reference():
    """Nenhuma extensão fica sem prova de que pode ser feita."""
    assert {name for name, *_ in MISTAKES} == set(EXTENSIONS)
    assert all(item.hint for each in EXTENSIONS.values() for item in each.checks)


@pytest.mark.parametrize(
    ("name", "right", "wrong", "what"), MISTAKES, ids=[f"{m[0]}-{m[3]}" for m in MISTAKES]
)
def test_mistake_is_caught(name, right, wrong, what, tmp_path):
    """Um servidor estragado num só ponto é pego pela verificação daquele ponto."""
    sources = [path.read_text(encoding="utf-8") for path in (EXAMPLE, REFERENCE)]
    assert any(right in source for source in sources)
    (tmp_path / "projeto_historico.py").write_text(sources[0].replace(right, wrong), encoding="utf-8")
    (tmp_path / "project_server.py").write_text(sources[1].replace(right, wrong), encoding="utf-8")
    command = ["python", str(tmp_path / "project_server.py"), name if name != "base" else "historico"]
    item = next(item for item in EXTENSIONS[name].checks if item.what == what)
    assert project._run(item, command).hint


def test_chatlib_has_private_messages_and_no_history():
    """O servidor das aulas passa na base e nas particulares, e não tem histórico."""
    assert verificar_projeto("base", CHATLIB).passed
    assert verificar_projeto("particulares", CHATLIB).passed
    assert "quem chega lê o que já foi dito" in failed(verificar_projeto("historico", CHATLIB))


def test_program_not_written_yet_is_no_error():
    """Sem o arquivo, o relatório diz que falta fazer."""
    report = verificar_projeto("salas", ["python", "meu_servidor.py"])
    assert "ainda por fazer: não há meu_servidor.py" in repr(report)
    assert not report.passed


def test_program_that_dies_says_its_last_words(tmp_path):
    """A última linha do erro do aluno aparece ao lado da dica."""
    report = verificar_projeto("salas", program(tmp_path, "raise SystemExit('faltou a porta')"))
    assert "terminou sozinho: faltou a porta" in report.rows[0].hint


def test_program_that_never_listens_is_not_waited_for(tmp_path, monkeypatch):
    """Quem não abre a porta é reprovado dentro do prazo."""
    monkeypatch.setattr(project, "START", 0.3)
    begin = time.monotonic()
    report = verificar_projeto("historico", program(tmp_path, "import time; time.sleep(60)"))
    assert "não abriu a porta" in report.rows[0].hint
    assert time.monotonic() - begin < 10


@pytest.mark.skipif(sys.platform == "win32", reason="no Windows terminate já obriga")
def test_program_that_refuses_to_end_is_ended(tmp_path, monkeypatch):
    """Quem ignora o pedido de término é encerrado à força."""
    monkeypatch.setattr(project, "STOP", 0.2)
    deaf = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    source = EXAMPLE.read_text(encoding="utf-8").replace('if __name__ == "__main__":\n', deaf)
    source = source.replace("    Chat().receive", "Chat().receive")
    processes = []
    popen = project.subprocess.Popen
    monkeypatch.setattr(
        project.subprocess, "Popen", lambda *a, **k: processes.append(popen(*a, **k)) or processes[-1]
    )
    assert verificar_projeto("historico", program(tmp_path, source)).passed
    assert {process.returncode for process in processes} == {-9}


def test_wrong_use_is_explained():
    """Uma extensão que não existe e um comando que não é lista viram uma frase."""
    with pytest.raises(UsageError, match="escolha entre base, salas"):
        verificar_projeto("videoconferencia", CHATLIB)
    with pytest.raises(UsageError, match="numa lista"):
        verificar_projeto("salas", "python meu_servidor.py")


def test_results_are_handed_in(tmp_path):
    """O resultado do projeto entra no mesmo JSON dos exercícios."""
    verificar_projeto("historico", reference("historico"))
    save_results(tmp_path / "r.json", aluno="Ana")
    assert '"12.historico"' in (tmp_path / "r.json").read_text(encoding="utf-8")


def test_parts_are_within_the_line_limit():
    """Uma parte de arquivo cabe numa mensagem do chat."""
    assert len("/parte ") + extensions.PART * 4 / 3 < 4096
