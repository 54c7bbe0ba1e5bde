"""Prepara o laboratório na pasta .venv e abre o JupyterLab em português.

  python3 lab.py [opções do JupyterLab]      abre caderno/00-comece-aqui.ipynb
  python3 lab.py caderno [aula]              põe em caderno/ as aulas que faltam; com 03, troca essa por
                                             uma nova e guarda a sua com outro nome
  python3 lab.py cluster [--nos N] [--servidores N]
                                             liga vários servidores que são uma sala só, até o Ctrl+C
  python3 lab.py testes                      faz todas as verificações, como a integração contínua
  python3 lab.py testes [opções do pytest]   roda só o pytest, com essas opções
  python3 lab.py medir [opções]              mede o servidor ao lado de outros; medir -h mostra as opções
  python3 lab.py ajuda                       mostra este texto

As aulas originais ficam em notebooks/; caderno/ é a sua cópia, que nenhuma atualização toca.
Por exemplo, python3 lab.py --no-browser --port 8889 não abre o navegador e atende na porta 8889.
A primeira vez baixa os pacotes e leva alguns minutos; as outras começam em segundos.
Ctrl+C encerra. Para recomeçar do zero, apague a pasta .venv e rode de novo.
"""

import hashlib
import json
import os
import re
import runpy
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from itertools import count
from pathlib import Path

try:
    import fcntl
except ImportError:  # o Windows tem outra trava
    import msvcrt

POSIX = os.name == "posix"
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("bin" if POSIX else "Scripts")
PYTHON = BIN / ("python" if POSIX else "python.exe")
BASE = getattr(sys, "_base_executable", sys.executable)
STAMP = VENV / "laboratorio.json"
LOCK = ROOT / ".venv.lock"
PROBE = "from importlib.metadata import version; version('jupyterlab'), version('chatlib')"
OVERRIDES = VENV / "share/jupyter/lab/settings/overrides.json"
SETTINGS = {
    "@jupyterlab/translation-extension:plugin": {"locale": "pt_BR"},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}
# O que atrasa a abertura e ninguém usa aqui: remontar o JupyterLab, e completar código com outro programa.
PAGE = VENV / "etc/jupyter/labconfig/page_config.json"
UNUSED = {
    "buildAvailable": False,
    "buildCheck": False,
    "disabledExtensions": {"@jupyterlab/lsp-extension": True},
}
# Ao ser importado, o rfc3987_syntax leva até 1 s montando uma gramática, e o JupyterLab chama o node, se o
# acha no PATH, para saber o que só interessa a quem o remonta.
JUPYTERLAB = """
import os, sys
sys.modules["rfc3987_syntax"] = None
path, os.environ["PATH"] = os.environ["PATH"], os.devnull
from jupyterlab.labapp import main
os.environ["PATH"] = path
main()
"""
OPTIONS = {
    "--ServerApp.jpserver_extensions": {"jupyter_lsp": False},
    "--notebook-dir": ROOT,
    "--Application.log_level": "ERROR",
    "--LabApp.default_url": "/lab/tree/caderno/00-comece-aqui.ipynb",
}
EXTRAS = ["lab", "cluster"]
PARALLEL = ["-n", "4"]  # os testes mais esperam do que calculam: cabem mais processos que núcleos
# Interrompido no meio, o playwright não acorda mais: o processo do teste é abandonado, e outro segue.
ABANDON = ["--timeout-method=thread"]
NBVAL = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=30"]
STAGES = {
    "Estilo (ruff check)": ["ruff", "check", "--quiet"],
    "Formatação (ruff format)": ["ruff", "format", "--check", "--quiet"],
    "Tipos (mypy)": ["mypy", "--no-error-summary"],
    "Testes (pytest)": ["pytest", "--cov", *PARALLEL, "--dist=worksteal", "--ignore=tests/browser"],
    "Navegador (pytest)": ["pytest", "-n", "2", "--dist=loadfile", *ABANDON, "tests/browser"],
    "Notebooks (nbval)": ["pytest", *PARALLEL, "--dist=loadfile", *NBVAL, "notebooks"],
}
ODD = [os.pathsep, "$", "{"]  # o primeiro separa pastas em PATH; os outros, o setuptools toma por variáveis
# Do pip que a pessoa configurou, só vale o que diz como chegar aos pacotes: proxy, certificado, espelho.
PIP_ACCESS = "PIP_(.*INDEX.*|FIND_LINKS|.*HOST|PROXY|.*CERT|.*CACHE_DIR|CONFIG_FILE|.*TIMEOUT|RETRIES)"
CAUSES = {
    "odd character": (
        f"o caminho desta pasta tem um caractere que o Python não aceita ({' '.join(ODD)} ou um que não "
        "se vê; no Mac, o Finder mostra : como /); dê à pasta um nome só com letras, números e espaços"
    ),
    r"Errno 28\b|No space left|WinError 112\b": "falta espaço em disco; libere cerca de 1 GB",
    r"Errno (69|122)\b|quota|WinError 1295\b": (
        "a sua cota de disco acabou; apague o que não usa, até sobrar cerca de 1 GB,"
    ),
    r"Errno (38|45|71|95)\b": (
        "o disco desta pasta não aceita o que o Python grava; copie o laboratório para o do computador"
    ),
    r"Errno 32\b": "o programa que lia esta saída a fechou; tire o “|” do comando",
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


def mend_streams():
    """Troca um fluxo padrão fechado (<&-, >&-, 2>&-), antes que um arquivo aberto aqui tome o lugar dele.

    O que se diria na saída fechada vai para a outra; com as duas fechadas, para lugar nenhum.
    """
    names = ["stdin", "stdout", "stderr"]
    closed = [number for number, name in enumerate(names) if getattr(sys, name) is None]
    for number in closed:
        other = 3 - number
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(other if number and other not in closed else nothing, number)
        os.set_inheritable(number, True)
        setattr(sys, names[number], os.fdopen(number, "w" if number else "r", closefd=False))


def take_turn():
    """Espera que outro lab.py acabe de preparar a pasta; devolve a trava, que se fecha com quem a tem."""
    try:
        file = LOCK.open("a")
    except OSError:
        return nullcontext()  # numa pasta só de leitura, não há o que disputar
    os.set_inheritable(file.fileno(), POSIX)  # se este processo morre, o pip que ele chamou a segura
    for attempt in count():
        try:
            if POSIX:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            else:
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except (BlockingIOError, PermissionError):
            if not attempt:
                print("Outro lab.py está preparando esta pasta; este espera que ele termine…")
            time.sleep(0.5)
        except OSError:
            return file  # este sistema de arquivos não tem travas
        else:
            return file


def run(*command, on_line=None, farewell=signal.SIGTERM):
    """Roda o comando; devolve o código de saída e, se on_line recebe as linhas, o texto da saída."""
    pipe = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(
        [str(part) for part in command],
        cwd=str(ROOT),
        env=environment(),
        close_fds=not POSIX,  # o filho herda a trava; o resto do que há aberto não se herda
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


def quietly(*command):
    """Roda o comando sem mostrar nada; devolve o código de saída e o que ele escreveu."""
    return run(*command, on_line=lambda line: None)


def succeeds(*command):
    """Diz se o comando existe e dá certo, sem mostrar nada."""
    try:
        return quietly(*command)[0] == 0
    except OSError:
        return False


def create_venv():
    """Faz .venv do zero; onde falta o ensurepip, um .venv sem pip serve se houver outro pip à mão."""
    print("Criando a pasta .venv…")
    if set(ODD) & set(str(ROOT)) or not str(ROOT).isprintable():
        raise LabError("odd character")
    venv = [BASE, "-m", "venv", "--without-pip", VENV]
    code, output = quietly(*venv, "--clear")
    if code and VENV.is_dir():  # num disco sem links simbólicos, lib64 tem de ser uma pasta
        (VENV / "lib64").mkdir(exist_ok=True)
        code = quietly(*venv, "--copies")[0]
    if not code:
        code, output = quietly(PYTHON, "-m", "ensurepip", "--default-pip")
        code = code and not succeeds(BASE, "-m", "pip", "--version")
    if code:
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
    for path, settings in {OVERRIDES: SETTINGS, PAGE: UNUSED}.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings), encoding="utf-8")


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


def fill_workbook(lessons=()):
    """Traz de novo as aulas pedidas para caderno/, a cópia de trabalho, e põe nela o que falta."""
    workbook = runpy.run_path(str(ROOT / "chatlib/lab/workbook.py"))
    try:
        for lesson in lessons:
            print(workbook["renew"](ROOT, lesson))
        news = workbook["update"](ROOT)
        print(news, end="\n" if news else "")
    except ValueError as error:
        sys.exit(str(error))


def open_lab(args):
    """Abre o JupyterLab; Ctrl+C é o jeito normal de encerrá-lo."""
    print("Abrindo o JupyterLab no navegador. Se ele não aparecer, copie para lá um dos endereços abaixo.")
    print("Para encerrar, tecle Ctrl+C aqui.")
    ours = [f"{name}={value}" for name, value in OPTIONS.items() if not any(a.startswith(name) for a in args)]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        ours.append("--allow-root")
    try:
        return run(PYTHON, "-c", JUPYTERLAB, *ours, *args)[0]
    except KeyboardInterrupt:
        print("\nJupyterLab encerrado.")
        return 0


def run_cluster(args):
    """Liga o cluster; Ctrl+C é o jeito normal de encerrá-lo."""
    try:
        return run(PYTHON, "-m", "chatlib.lab.cluster", *args)[0]
    except KeyboardInterrupt:
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


def obey(args):
    """Faz o que os argumentos pedem; devolve o código de saída."""
    command, *rest = args or [""]
    if command in ("ajuda", "--help", "-h"):
        print(__doc__)
        return 0
    if command == "testes":
        with take_turn():
            prepare([*EXTRAS, "test"])
        return run_tests(rest)
    if command == "medir":
        if sys.platform != "linux":
            sys.exit("Não deu certo: as medidas leem o que só o Linux conta; rode num Linux ou no WSL.")
        with take_turn():
            prepare(["lab", "test"])
        return run(PYTHON, "tests/bench/bench.py", *rest)[0]
    if command == "caderno":
        with take_turn():
            fill_workbook(rest)
        print("As aulas estão em caderno/; python3 lab.py as abre.")
        return 0
    if command == "cluster":
        with take_turn():
            prepare(EXTRAS)
        return run_cluster(rest)
    with take_turn():
        prepare(EXTRAS)
        fill_workbook()
    return open_lab(args)


def main(args):
    if sys.version_info < (3, 11):  # noqa: UP036
        old = "{}.{}".format(*sys.version_info)
        sys.exit(f"O laboratório precisa do Python 3.11 ou mais novo, e este é o {old}: atualize-o.")
    mend_streams()
    sys.stdout.reconfigure(errors="replace", line_buffering=True)
    for number in SIGNALS:  # um kill ou o terminal fechado valem um Ctrl+C, a não ser sob o nohup
        if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    try:
        return obey(args)
    except KeyboardInterrupt:
        print("\nInterrompido.")
        return 130
    except (LabError, OSError) as error:
        if isinstance(error, BrokenPipeError):  # ou o que falta escrever daria outro erro, na saída
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        print("\n" + explain(str(error)), file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
