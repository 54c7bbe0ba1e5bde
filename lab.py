"""Prepara o laboratório na pasta .venv e abre o JupyterLab em português.

  python3 lab.py [opções do JupyterLab]      abre notebooks/00-comece-aqui.ipynb
  python3 lab.py testes                      faz todas as verificações, como a integração contínua
  python3 lab.py testes [opções do pytest]   roda só o pytest, com essas opções
  python3 lab.py ajuda                       mostra este texto

Por exemplo, python3 lab.py --no-browser --port 8889 não abre o navegador e atende na porta 8889.
A primeira vez baixa os pacotes e leva alguns minutos; as outras começam em segundos.
Ctrl+C encerra. Para recomeçar do zero, apague a pasta .venv e rode de novo.
"""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

POSIX = os.name == "posix"
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("bin" if POSIX else "Scripts")
PYTHON = BIN / ("python" if POSIX else "python.exe")
BASE = getattr(sys, "_base_executable", sys.executable)
STAMP = VENV / "laboratorio.json"
PROBE = "from importlib.metadata import version; version('jupyterlab'), version('chatlib')"
OVERRIDES = VENV / "share/jupyter/lab/settings/overrides.json"
SETTINGS = {
    "@jupyterlab/translation-extension:plugin": {"locale": "pt_BR"},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    # Um painel salvo se lê depois, mesmo com um kernel novo, em vez de "Error displaying widget".
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
}
OPTIONS = {
    "--notebook-dir": ROOT,
    "--Application.log_level": "ERROR",
    "--LabApp.default_url": "/lab/tree/notebooks/00-comece-aqui.ipynb",
}
PARALLEL = ["-n", "4"]  # os testes mais esperam do que calculam: cabem mais processos que núcleos
NBVAL = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=30"]
STAGES = {
    "Estilo (ruff check)": ["ruff", "check", "--quiet"],
    "Formatação (ruff format)": ["ruff", "format", "--check", "--quiet"],
    "Tipos (mypy)": ["mypy", "--no-error-summary"],
    "Testes (pytest)": ["pytest", "--cov", *PARALLEL, "--dist=loadgroup"],
    "Notebooks (nbval)": ["pytest", *PARALLEL, "--dist=loadfile", *NBVAL, "notebooks"],
}
# Do pip que a pessoa configurou, só vale o que diz como chegar aos pacotes: proxy, certificado, espelho.
PIP_ACCESS = "PIP_(.*INDEX.*|FIND_LINKS|.*HOST|PROXY|.*CERT|.*CACHE_DIR|CONFIG_FILE|.*TIMEOUT|RETRIES)"
CAUSES = {
    r"Errno 28\b|No space left|WinError 112\b": "falta espaço em disco; libere cerca de 1 GB",
    r"Errno (1|13|30)\b|Permission denied|WinError (5|32)\b": (
        "sem permissão para escrever nesta pasta; feche o que usa .venv ou copie o laboratório para outra"
    ),
    r"Errno 2\b.*(pyproject|constraints)": "a pasta está incompleta; baixe o laboratório outra vez",
    "CERTIFICATE_VERIFY_FAILED|SSLError": (
        "a conexão segura foi recusada; confira a data do computador e, se a rede tem proxy, o certificado"
    ),
    "ConnectionError|ConnectTimeout|Max retries|[Tt]imed out|No matching distribution|ProxyError": (
        "não foi possível baixar os pacotes; confira a conexão com a internet (ou o proxy)"
    ),
    "ensurepip|No module named '?venv": (
        "falta o módulo venv neste Python; no Debian, no Ubuntu ou no WSL, instale-o com "
        "'sudo apt install python3-venv'; em outro sistema, reinstale o Python"
    ),
}


class LabError(Exception):
    """Um comando falhou; a mensagem é o que ele escreveu."""


def explain(error):
    """Traduz um erro em uma frase que diz o que fazer."""
    last = error.strip().splitlines()[-1:] or ["sem explicação"]
    causes = [advice for pattern, advice in CAUSES.items() if re.search(pattern, error)]
    return "Não deu certo: {} e rode de novo.".format((causes or [f"{last[0]}; apague a pasta .venv"])[0])


def environment():
    """O ambiente, sem as variáveis pelas quais outro Python se intrometeria neste."""
    alien = ("PYTHON", "PIP_", "JUPYTERLAB_DIR")
    env = {k: v for k, v in os.environ.items() if not k.startswith(alien) or re.fullmatch(PIP_ACCESS, k)}
    path = os.pathsep.join([str(BIN), env.get("PATH", os.defpath)])
    return dict(env, PATH=path, VIRTUAL_ENV=str(VENV), JUPYTER_PREFER_ENV_PATH="1", PIP_USER="0")


def run(*command, on_line=None, farewell=signal.SIGTERM):
    """Roda o comando; devolve o código de saída e, se on_line recebe as linhas, o texto da saída."""
    pipe = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(
        [str(part) for part in command],
        cwd=str(ROOT),
        env=environment(),
        start_new_session=POSIX,  # assim o Ctrl+C do terminal chega só aqui, e é end() que encerra o filho
        **(dict(pipe, encoding="utf-8", errors="replace") if on_line else {}),
    ) as child:
        try:
            output = [on_line(line) or line for line in child.stdout or ()]
            return child.wait(), "".join(output)
        except KeyboardInterrupt:
            end(child, farewell)
            raise


def end(child, farewell):
    """Encerra o comando e os processos dele; outro Ctrl+C não interrompe esta limpeza."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    try:
        if POSIX:  # no Windows, o Ctrl+C já chegou ao filho
            os.killpg(child.pid, farewell)
        child.wait(15)
    except (OSError, subprocess.TimeoutExpired):
        child.kill()
        child.wait()


def succeeds(*command):
    """Diz se o comando existe e dá certo, sem mostrar nada."""
    try:
        return run(*command, on_line=lambda line: None)[0] == 0
    except OSError:
        return False


def create_venv():
    """Faz .venv do zero; onde falta o ensurepip, um .venv sem pip serve se houver outro pip à mão."""
    print("Criando a pasta .venv…")
    venv = [BASE, "-m", "venv", "--clear", VENV]
    code, output = run(*venv, on_line=lambda line: None)
    if code and not (succeeds(BASE, "-m", "pip", "--version") and succeeds(*venv, "--without-pip")):
        raise LabError(output)


def show_progress(line):
    """Mostra, sempre na mesma linha do terminal, o pacote de que o pip se ocupa."""
    step = re.match(r"Collecting ([\w.-]+)|Installing collected", line)
    if step and sys.stdout.isatty():
        doing = f"baixando {step[1]}" if step[1] else "gravando os arquivos"
        print(f"  {doing:<60}", end="\r", flush=True)


def install(extras):
    """Instala chatlib e os extras, nas versões de constraints.txt."""
    print("Instalando os pacotes: leva alguns minutos na primeira vez…")
    own = [PYTHON, "-m", "pip"]
    pip = own if succeeds(*own, "--version") else [BASE, "-m", "pip", "--python", PYTHON]
    what = ["--editable", ".[{}]".format(",".join(extras)), "--constraint", "constraints.txt"]
    code, output = run(*pip, "--disable-pip-version-check", "install", *what, on_line=show_progress)
    if code:
        raise LabError(output)
    OVERRIDES.parent.mkdir(parents=True, exist_ok=True)
    OVERRIDES.write_text(json.dumps(SETTINGS), encoding="utf-8")


def prepare(extras):
    """Deixa .venv pronto com os extras; só instala se algo mudou desde a última instalação completa."""
    files = b"".join((ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt"))
    stamp = {"home": f"{sys.version_info[:2]} {ROOT}", "files": hashlib.sha256(files).hexdigest()}
    try:
        done = json.loads(STAMP.read_text(encoding="utf-8"))
        usable = done["home"] == stamp["home"] and succeeds(PYTHON, "-I", "-c", PROBE)
        if usable and done["files"] == stamp["files"] and set(extras) <= set(done["extras"]):
            return
        STAMP.unlink()  # uma instalação interrompida não pode passar por completa
    except (OSError, ValueError, KeyError):
        usable = False
    if not usable:
        create_venv()
    install(extras)
    STAMP.write_text(json.dumps(dict(stamp, extras=extras)), encoding="utf-8")
    print("Pronto.".ljust(62))


def open_lab(args):
    """Abre o JupyterLab; Ctrl+C é o jeito normal de encerrá-lo."""
    print("Abrindo o JupyterLab no navegador. Se ele não aparecer, copie para lá um dos endereços abaixo.")
    print("Para encerrar, tecle Ctrl+C aqui.")
    ours = [f"{name}={value}" for name, value in OPTIONS.items() if not any(a.startswith(name) for a in args)]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        ours.append("--allow-root")
    try:
        return run(PYTHON, "-m", "jupyterlab", *ours, *args)[0]
    except KeyboardInterrupt:
        print("\nJupyterLab encerrado.")
        return 0


def run_tests(args):
    """Com argumentos, só o pytest; sem eles, todas as etapas, cada uma mesmo que outra falhe."""
    failed = []
    for title, command in {"Testes": ["pytest", *args]}.items() if args else STAGES.items():
        print(f"\n== {title}")
        if run(PYTHON, "-m", *command, farewell=signal.SIGINT)[0]:
            failed.append(title)
    if failed:
        print("\nFalhou: " + ", ".join(failed), file=sys.stderr)
    return len(failed)


def main(args):
    if sys.version_info < (3, 11):  # noqa: UP036
        old = "{}.{}".format(*sys.version_info)
        sys.exit(f"O laboratório precisa do Python 3.11 ou mais novo, e este é o {old}: atualize-o.")
    sys.stdout.reconfigure(errors="replace", line_buffering=True)
    if args[:1] in (["ajuda"], ["--help"], ["-h"]):
        print(__doc__)
        return 0
    for number in SIGNALS:  # um kill ou o terminal fechado valem um Ctrl+C, a não ser sob o nohup
        if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    try:
        if args[:1] == ["testes"]:
            prepare(["lab", "test"])
            return run_tests(args[1:])
        prepare(["lab"])
        return open_lab(args)
    except KeyboardInterrupt:
        print("\nInterrompido.")
        return 130
    except (LabError, OSError) as error:
        print("\n" + explain(str(error)), file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
