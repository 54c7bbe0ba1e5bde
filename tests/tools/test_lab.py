"""lab.py: o que ele decide instalar, o que passa adiante e o que diz quando algo falha."""

import ast
import errno
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = [
    "lab.py",
    "pyproject.toml",
    "constraints.txt",
    "chatlib/lab/workbook.py",
    "notebooks/01-sockets.ipynb",
]
MAIN = "import lab, sys; sys.exit(lab.main(sys.argv[1:]))"
posix_only = pytest.mark.skipif(os.name == "nt", reason="no Windows, isto se faz por outro caminho")


@pytest.fixture
def folder(tmp_path):
    """Uma cópia do que lab.py usa, em uma pasta com espaço e acento."""
    folder = tmp_path / "laboratório de redes"
    folder.mkdir()
    for name in NEEDED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def lab(folder):
    """O módulo lab.py dessa cópia."""
    spec = importlib.util.spec_from_file_location("lab", folder / "lab.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def steps(lab, monkeypatch):
    """Os passos da instalação, anotados em vez de dados."""
    steps = []

    def create_venv():
        steps.append("venv")
        lab.VENV.mkdir(exist_ok=True)

    monkeypatch.setattr(lab, "create_venv", create_venv)
    monkeypatch.setattr(lab, "install", lambda extras: steps.append("+".join(extras)))
    monkeypatch.setattr(lab, "succeeds", lambda *command: True)
    return steps


@pytest.fixture
def commands(lab, monkeypatch):
    """Os comandos que lab.py rodaria; cada um termina com o código de lab.code."""
    commands = []
    lab.code = 0

    def run(*command, **_):
        commands.append([str(part) for part in command])
        return lab.code, "ensurepip is not available"

    monkeypatch.setattr(lab, "run", run)
    return commands


def python(folder, code, *args, **options):
    """Roda código que importa a cópia de lab.py, em outro processo."""
    options = {"capture_output": True, "text": True, "encoding": "utf-8", "timeout": 90, **options}
    return subprocess.run([sys.executable, "-c", code, *args], cwd=folder, **options)


def start(folder, code, *args):
    """Começa a rodar código que importa a cópia de lab.py; um with espera que termine."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", code, *args],
        cwd=folder,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
        encoding="utf-8",
    )


def break_venv(folder, code):
    """Faz o módulo venv de verdade rodar depois de ``code``, que o estraga."""
    real = "import runpy, sys; sys.path.pop(0); runpy.run_module('venv.__main__', run_name='__main__')"
    (folder / "venv.py").write_text(f"{code}\n{real}\n", encoding="utf-8")


def test_installs_once(lab, steps):
    """A segunda vez não instala nada."""
    lab.prepare(["lab"])
    lab.prepare(["lab"])
    assert steps == ["venv", "lab"]


def test_more_extras_reuse_the_venv(lab, steps):
    """Os testes acrescentam o que falta; depois, abrir o laboratório não instala nada."""
    lab.prepare(["lab"])
    lab.prepare(["lab", "test"])
    lab.prepare(["lab"])
    assert steps == ["venv", "lab", "lab+test"]


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_file_installs_again(lab, steps, folder, name):
    """Mudou o que se instala: instala no mesmo .venv."""
    lab.prepare(["lab"])
    (folder / name).write_text((folder / name).read_text(encoding="utf-8") + "\n", encoding="utf-8")
    lab.prepare(["lab"])
    assert steps == ["venv", "lab", "lab"]


@pytest.mark.parametrize("stamp", ["", "{", "{}", '{"home": "(3, 1) /outra"}'])
def test_a_venv_from_elsewhere_is_made_again(lab, steps, stamp):
    """Sem registro, com registro ilegível, de outro Python ou de outra pasta: refaz .venv."""
    lab.prepare(["lab"])
    lab.STAMP.write_text(stamp, encoding="utf-8")
    lab.prepare(["lab"])
    assert steps == ["venv", "lab"] * 2


def test_a_moved_folder_is_made_again(lab, steps, monkeypatch):
    """Um .venv não funciona fora da pasta em que nasceu."""
    lab.prepare(["lab"])
    monkeypatch.setattr(lab, "ROOT", shutil.copytree(lab.ROOT, lab.ROOT.parent / "cópia"))
    lab.prepare(["lab"])
    assert steps == ["venv", "lab"] * 2


def test_a_broken_venv_is_made_again(lab, steps, monkeypatch):
    """Um .venv cujo Python não responde é refeito."""
    lab.prepare(["lab"])
    monkeypatch.setattr(lab, "succeeds", lambda *command: False)
    lab.prepare(["lab"])
    assert steps == ["venv", "lab"] * 2


@pytest.mark.parametrize("extras", [["lab"], ["lab", "test"]])
def test_an_interrupted_install_is_not_complete(lab, steps, monkeypatch, extras):
    """Uma instalação interrompida, a primeira ou não, é refeita do zero."""
    if extras != ["lab"]:
        lab.prepare(["lab"])

    def interrupted(extras):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(lab, "install", interrupted)
        lab.prepare(extras)
    steps.clear()
    lab.prepare(["lab"])
    assert steps == ["venv", "lab"]


def test_install_writes_the_settings(lab, commands):
    """A instalação usa constraints.txt e deixa o JupyterLab em português e sem avisos."""
    lab.install(["lab", "test"])
    assert commands[-1][-4:] == ["--editable", ".[lab,test]", "--constraint", "constraints.txt"]
    settings = json.loads(lab.OVERRIDES.read_text(encoding="utf-8"))
    assert settings["@jupyterlab/translation-extension:plugin"]["locale"] == "pt_BR"
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_a_venv_without_pip_uses_another_pip(lab, monkeypatch):
    """Onde falta o ensurepip, o pip do sistema instala no .venv."""
    done = []

    def run(*command, **_):
        done.append([str(part) for part in command])
        return int(command[0] == lab.PYTHON), "No module named ensurepip"

    monkeypatch.setattr(lab, "run", run)
    lab.create_venv()
    lab.install(["lab"])
    assert "--without-pip" in done[0] and "ensurepip" in done[1]
    assert done[-1][:5] == [lab.BASE, "-m", "pip", "--python", str(lab.PYTHON)]


def test_no_venv_and_no_pip_says_what_to_do(lab, commands, monkeypatch, capsys):
    """Sem venv e sem pip, uma frase diz o que instalar."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    lab.code = 1
    assert lab.main([]) == 1
    error = capsys.readouterr().err.strip()
    assert "sudo apt install python3-venv" in error and "\n" not in error


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ("[Errno 28] No space left on device", "espaço"),
        ("PermissionError: [Errno 13] Permission denied: '.venv'", "permissão"),
        ("[WinError 5] Acesso negado", "permissão"),
        ("[Errno 30] Read-only file system", "permissão"),
        ("OSError: [Errno 122] Disk quota exceeded", "cota"),
        ("[Errno 69] Disc quota exceeded: '.venv'", "cota"),
        ("[Errno 71] Protocol error: 'lib' -> '.venv/lib64'", "do computador"),
        ("[Errno 95] Operation not supported: 'lib' -> '.venv/lib64'", "do computador"),
        ("[Errno 2] No such file or directory: 'constraints.txt'", "incompleta"),
        ("NewConnectionError: [Errno 111] Connection refused", "internet"),
        ("ERROR: No matching distribution found for jupyterlab", "internet"),
        ("SSLError(CERTIFICATE_VERIFY_FAILED)", "segura"),
        ("/usr/bin/python3: No module named venv", "python3-venv"),
        ("uma linha\nalgo novo\n\n", "algo novo"),
        ("", "sem explicação"),
    ],
)
def test_every_failure_becomes_one_sentence(lab, output, advice):
    """Cada falha conhecida tem a sua frase; a desconhecida mostra a última linha."""
    sentence = lab.explain(output)
    assert advice in sentence
    assert sentence.endswith("e rode de novo.") and "\n" not in sentence


def test_foreign_variables_stay_out(lab, monkeypatch):
    """Variáveis de outro Python não passam; o caminho até os pacotes passa."""
    for name in ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_NO_DEPS", "JUPYTERLAB_DIR"):
        monkeypatch.setenv(name, "intruso")
    for name in ("PIP_INDEX_URL", "PIP_PROXY", "PIP_CERT", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "caminho")
    environment = lab.environment()
    assert "intruso" not in environment.values()
    assert sum(value == "caminho" for value in environment.values()) == 4
    assert environment["PATH"].startswith(str(lab.BIN))
    assert environment["VIRTUAL_ENV"] == str(lab.VENV)


def test_arguments_go_to_jupyterlab(lab, commands):
    """As opções passam adiante, e a opção de quem chama vence a nossa."""
    assert lab.open_lab(["--no-browser", "--LabApp.default_url=/lab"]) == 0
    (command,) = commands
    assert command[1:3] == ["-c", lab.JUPYTERLAB]
    assert command[-2:] == ["--no-browser", "--LabApp.default_url=/lab"]
    assert [part for part in command if "default_url" in part] == ["--LabApp.default_url=/lab"]


def test_jupyterlab_starts_without_what_it_does_not_use(lab):
    """O programa que abre o JupyterLab não importa o que atrasa, não procura o node e devolve o PATH."""
    spy = """
import os, subprocess, sys
def refuse(command, *_, **__): raise SystemExit(f"chamou {command}")
subprocess.check_output, before = refuse, os.environ["PATH"]
"""
    check = 'assert os.environ["PATH"] == before and "lark" not in sys.modules'
    code = spy + lab.JUPYTERLAB.replace("\nmain()", f"\n{check}")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr


def test_opens_on_the_first_notebook(lab, commands):
    """Sem opções, abre no caderno o notebook 00, que existe."""
    lab.open_lab([])
    (url,) = [part for part in commands[0] if "default_url" in part]
    folder, _, name = url.partition("/lab/tree/")[2].partition("/")
    assert folder == "caderno" and (ROOT / "notebooks" / name).is_file()


@pytest.mark.skipif(os.name == "nt", reason="o Windows não tem o usuário root")
@pytest.mark.parametrize("user", [0, 1000])
def test_only_root_needs_allow_root(lab, commands, monkeypatch, user):
    """Em um contêiner, como root, o JupyterLab só abre com --allow-root."""
    monkeypatch.setattr(os, "geteuid", lambda: user)
    lab.open_lab([])
    assert ("--allow-root" in commands[0]) == (user == 0)


def test_every_stage_runs_even_if_one_fails(lab, commands, capsys):
    """Uma etapa que falha não esconde as outras."""
    lab.code = 1
    assert lab.run_tests([]) == len(lab.STAGES) == len(commands)
    assert ", ".join(lab.STAGES) in capsys.readouterr().err


def test_arguments_go_to_pytest(lab, commands):
    """Com argumentos, só o pytest, com eles."""
    assert lab.run_tests(["-k", "apelido"]) == 0
    assert [command[1:] for command in commands] == [["-m", "pytest", "-k", "apelido"]]


@pytest.mark.skipif(sys.platform != "linux", reason="as medidas leem /proc")
def test_arguments_go_to_the_benchmark(lab, commands, monkeypatch):
    """``medir`` prepara tudo, passa adiante as opções e devolve o código das medidas."""
    extras = []
    monkeypatch.setattr(lab, "prepare", extras.extend)
    monkeypatch.setattr(lab, "run", lambda *command: (commands.append(command), (3, ""))[1])
    assert lab.obey(["medir", "--quick"]) == 3
    assert extras == ["lab", "test"] and commands == [(lab.PYTHON, "tests/bench/bench.py", "--quick")]
    assert (ROOT / "tests/bench/bench.py").is_file()


def test_the_benchmark_asks_for_linux(lab, commands, monkeypatch):
    """Fora do Linux, ``medir`` diz por que não dá, e não instala nada."""
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SystemExit, match="só o Linux conta"):
        lab.obey(["medir"])
    assert not commands


@pytest.mark.parametrize("argument", ["ajuda", "--help", "-h"])
def test_help(folder, argument):
    """A ajuda é em português e não instala nada."""
    result = python(folder, f"import lab, sys; sys.exit(lab.main([{argument!r}]))")
    assert result.returncode == 0 and "Por exemplo" in result.stdout
    assert not (folder / ".venv").exists()


def test_old_python_gets_one_sentence(folder):
    """Um Python antigo lê o arquivo e diz que é preciso um mais novo."""
    ast.parse((folder / "lab.py").read_text(encoding="utf-8"), feature_version=(3, 6))
    result = python(folder, "import sys, lab; sys.version_info = (3, 8, 1); lab.main([])")
    assert result.returncode == 1
    assert "3.11" in result.stderr and "3.8" in result.stderr and result.stderr.count("\n") == 1


def test_a_failed_download_is_one_sentence(folder):
    """Sem rede, o pip de verdade falha, e a pessoa lê uma frase."""
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    result = python(folder, "import lab, sys; sys.exit(lab.main([]))", env={**environment, **nowhere})
    assert result.returncode == 1
    assert "confira a conexão" in result.stderr and len(result.stderr.strip().splitlines()) == 1
    assert not (folder / ".venv" / "laboratorio.json").exists()


@posix_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_the_child_without_a_traceback(folder, number):
    """Interrompido, lab.py encerra quem estiver rodando e sai com 130."""
    code = """
import lab, sys
sleep = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
lab.prepare = lambda extras: lab.run(sys.executable, "-c", sleep)
sys.exit(lab.main([]))
"""
    command = [sys.executable, "-c", code]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=folder, stdout=pipe, stderr=pipe, text=True, encoding="utf-8"
    ) as process:
        child = int(process.stdout.readline())
        process.send_signal(number)
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output.strip(), errors) == (130, "Interrompido.", "")
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@posix_only
@pytest.mark.parametrize("name", ["SD 2026:2", "US$H", "{x}", "SD\n2", os.fsdecode(b"redes \xe7")], ids=ascii)
def test_an_odd_path_is_one_sentence(folder, name):
    """Há nomes em que o Python não faz um ambiente: a frase diz que é o nome, e nada fica para trás."""
    try:
        folder = folder.rename(folder.parent / name)
    except OSError:
        pytest.skip("este sistema de arquivos não aceita o nome")
    result = python(folder, MAIN)
    assert result.returncode == 1
    assert "dê à pasta um nome só com letras" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1 and not (folder / ".venv").exists()


@posix_only
@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOTSUP, errno.EPROTO])
def test_a_disk_without_symlinks_gets_copies(folder, lab, number):
    """Onde não há links simbólicos (pasta de máquina virtual, CIFS), o .venv é feito de cópias."""
    fail = f"def fail(*_, **__): raise OSError({number}, os.strerror({number}))"
    break_venv(folder, f"import os\n{fail}\nos.symlink = fail")
    lab.create_venv()
    assert not [path for path in lab.VENV.rglob("*") if path.is_symlink()]
    assert lab.succeeds(lab.PYTHON, "-m", "pip", "--version")


@posix_only
def test_a_full_quota_is_one_sentence(folder):
    """Acabou a cota no meio do caminho: a frase fala dela; com espaço, a vez seguinte refaz tudo."""
    break_venv(folder, f"raise OSError({errno.EDQUOT}, 'Disk quota exceeded')")
    result = python(folder, MAIN)
    assert result.returncode == 1
    assert "cota de disco" in result.stderr and len(result.stderr.strip().splitlines()) == 1
    assert not (folder / ".venv" / "laboratorio.json").exists()


@pytest.fixture
def small_disk(folder):
    """A mesma pasta num disco de 4 MB, em que o pip não cabe."""
    disk = folder.parent / "disco"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("só o root do Linux monta um disco")
    try:
        yield shutil.copytree(folder, disk / "laboratório")
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_not_taken_for_a_missing_venv(lab, small_disk, monkeypatch):
    """Sem espaço para o pip, a frase fala de espaço, e não de instalar o módulo venv."""
    for name, value in {
        "ROOT": small_disk,
        "VENV": small_disk / ".venv",
        "PYTHON": small_disk / ".venv/bin/python",
    }.items():
        monkeypatch.setattr(lab, name, value)
    monkeypatch.setattr(lab, "succeeds", lambda *command: False)
    with pytest.raises(lab.LabError) as failure:
        lab.create_venv()
    assert "falta espaço" in lab.explain(str(failure.value))


HOLD = "import lab, sys\nwith lab.take_turn(): print('dentro', flush=True); sys.stdin.read()"


def test_two_at_once_take_turns(folder):
    """Enquanto um prepara a pasta, o outro espera e o diz; se o primeiro morre, a vez passa ao segundo."""
    with start(folder, HOLD) as first:
        assert first.stdout.readline() == "dentro\n"
        with start(folder, MAIN, "caderno") as second:
            assert "espera que ele termine" in second.stdout.readline()
            assert not (folder / "caderno").exists()
            first.kill()
            assert second.wait(30) == 0
            assert (folder / "caderno" / "01-sockets.ipynb").exists()


@posix_only
def test_the_turn_lasts_as_long_as_whoever_writes(folder):
    """Morto à força no meio da instalação, lab.py deixa um pip gravando: o seguinte espera por ele também."""
    install = "import os, sys; print(os.getpid(), flush=True); sys.stdin.read()"
    with start(
        folder, f"import lab, sys\nwith lab.take_turn(): lab.run(sys.executable, '-c', {install!r})"
    ) as first:
        assert first.stdout.readline().strip().isdigit()
        first.kill()
        first.wait(30)
        with start(folder, MAIN, "caderno") as second:
            assert "espera que ele termine" in second.stdout.readline()
            assert not (folder / "caderno").exists()
            first.stdin.close()  # e o pip acaba
            assert second.wait(30) == 0


@posix_only
def test_ctrl_c_while_waiting(folder):
    """Quem espera a vez também se interrompe com Ctrl+C, e a vez do outro continua."""
    with start(folder, HOLD) as first:
        assert first.stdout.readline() == "dentro\n"
        with start(folder, MAIN, "caderno") as second:
            assert second.stdout.readline()
            second.send_signal(signal.SIGINT)
            assert second.wait(30) == 130 and second.stderr.read() == ""
        assert first.poll() is None
        first.stdin.close()


def test_the_turn_ends(folder, lab, capsys):
    """Depois de usada, a vez é de quem pedir; a trava que ficou no disco não atrapalha."""
    for _ in range(2):
        with lab.take_turn():
            assert lab.LOCK.exists()
    assert capsys.readouterr().out == ""


CLOSED = ["<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"]


def shell(folder, redirection, code, *args):
    """Roda código que importa a cópia de lab.py, com fluxos padrão fechados pelo shell."""
    command = ["sh", "-c", f'exec "$0" "$@" {redirection}', sys.executable, "-c", code, *args]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=60)


@posix_only
@pytest.mark.parametrize("redirection", CLOSED)
def test_a_closed_stream_does_not_get_in_the_way(folder, redirection):
    """Com um fluxo padrão fechado, lab.py e o JupyterLab que ele chama têm os três."""
    three = (
        "import os, sys; [os.fstat(n) for n in range(3)]; sys.stdin.read(); print('é'); open('passou', 'w')"
    )
    code = f"""
import lab, sys
lab.prepare = lambda extras: None
lab.open_lab = lambda args: lab.run(sys.executable, "-c", {three!r})[0]
sys.exit(lab.main([]))
"""
    result = shell(folder, redirection, code)
    assert (result.returncode, result.stderr) in [(0, ""), (0, "é\n")]
    assert (folder / "passou").exists() and (folder / "caderno" / "01-sockets.ipynb").exists()


@posix_only
@pytest.mark.parametrize("redirection", [r for r in CLOSED if ">&- 2>&-" not in r])
def test_with_an_output_closed_the_other_says_it(folder, redirection):
    """O que se tem a dizer sai pela saída que sobrou."""
    result = shell(folder, redirection, MAIN, "caderno", "99")
    assert result.returncode == 1
    assert (result.stdout + result.stderr).startswith("Não há a aula 99.")


@posix_only
def test_a_reader_that_leaves_is_one_sentence(folder):
    """Em `lab.py | head`, a leitura acaba antes: uma frase, e não um traceback."""
    with start(folder, MAIN, "caderno") as process:
        process.stdout.close()
        error = process.stderr.read()
    assert process.returncode == 1
    assert "tire o “|”" in error and len(error.strip().splitlines()) == 1


def test_caderno_needs_nothing_installed(folder):
    """O caderno se faz sem .venv; uma aula pedida volta nova, e a antiga fica com outro nome."""
    assert python(folder, MAIN, "caderno").returncode == 0
    (folder / "caderno/01-sockets.ipynb").write_text("minhas respostas")
    result = python(folder, MAIN, "caderno", "01")
    assert result.returncode == 0 and "01-sockets-anterior.ipynb" in result.stdout
    assert (folder / "caderno/01-sockets-anterior.ipynb").read_text() == "minhas respostas"
    assert not (folder / ".venv").exists()


def test_a_broken_lesson_is_one_sentence(folder):
    """Um conflito do git dentro de uma aula: uma frase diz qual é e como a recuperar."""
    (folder / "notebooks/01-sockets.ipynb").write_text("<<<<<<< HEAD\n{}")
    result = python(folder, MAIN, "caderno")
    assert result.returncode == 1 and "git checkout HEAD notebooks/01-sockets.ipynb" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_the_lab_opens_with_the_workbook_ready(lab, steps, monkeypatch):
    """Sem argumentos: prepara, põe no caderno o que falta e só então abre."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(
        lab, "open_lab", lambda args: steps.append((lab.ROOT / "caderno/01-sockets.ipynb").exists()) or 0
    )
    assert lab.main(["--no-browser"]) == 0
    assert steps == ["venv", "lab+cluster", True]


def test_cluster_is_prepared_and_started(lab, steps, monkeypatch):
    """``cluster`` prepara o ambiente e passa adiante o que se pediu; o caderno não se mexe."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(lab, "run", lambda *command: (steps.append(command[1:]) or 3, ""))
    assert lab.main(["cluster", "--nos", "1"]) == 3
    assert steps == ["venv", "lab+cluster", ("-m", "chatlib.lab.cluster", "--nos", "1")]
    assert not (lab.ROOT / "caderno").exists()
