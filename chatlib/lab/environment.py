"""Confere se este computador tem o que os notebooks usam."""

import importlib.util
import socket
import sys
from importlib import metadata

PACKAGES = ("jupyterlab", "ipywidgets", "anywidget")
FIX = "feche o JupyterLab e rode python3 lab.py na pasta do laboratório"


def check_environment() -> None:
    """Mostra uma linha para cada coisa de que os notebooks precisam, e o que fazer se faltar."""
    checks = [
        ("Python 3.11 ou mais novo", sys.version_info >= (3, 11), "instale um Python mais novo"),
        *((name, importlib.util.find_spec(name) is not None, FIX) for name in PACKAGES),
        ("ipykernel compatível", _has_good_kernel(), FIX),
        ("rede deste computador", _has_loopback(), "um firewall bloqueia 127.0.0.1: libere o Python nele"),
    ]
    for what, good, fix in checks:
        print(f"✔ {what}" if good else f"✘ {what}: {fix}")


def _has_good_kernel() -> bool:
    """Com o ipykernel 7.4 um clique espera a célula terminar; o 7.0 trava os painéis."""
    try:
        version = tuple(map(int, metadata.version("ipykernel").split(".")[:2]))
    except metadata.PackageNotFoundError:
        return False
    return (7, 1) <= version < (7, 4)


def _has_loopback() -> bool:
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            socket.create_connection(listener.getsockname(), timeout=5).close()
    except OSError:
        return False
    return True
