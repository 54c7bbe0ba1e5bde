"""Os certificados de uma turma: o que se faz, de quem é a chave, e o que não se apaga."""

import os
import ssl
import stat
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from chatlib import cert, tls
from chatlib.errors import ChatError, UsageError


def test_cert_makes_three_files(tmp_path):
    """Autoridade, certificado e chave; a chave é só do dono, e o nome pedido está no certificado."""
    folder = cert.make(tmp_path / "turma", ["sala.exemplo", "10.1.2.3"])
    assert sorted(path.name for path in folder.iterdir()) == ["ca.pem", "server-key.pem", "server.pem"]
    if os.name == "posix":
        assert stat.S_IMODE((folder / "server-key.pem").stat().st_mode) == 0o600
    context = ssl.create_default_context(cafile=folder / "ca.pem")
    for name in ("sala.exemplo", "10.1.2.3", "localhost", "127.0.0.1"):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = tls.server_context(folder)
        server.sslsocket_class = ssl.SSLSocket
        shake(
            context.wrap_bio(incoming, outgoing, server_hostname=name),
            server.wrap_bio(outgoing, incoming, True),
        )


def shake(client, server):
    """Os dois lados combinam o TLS sem rede nenhuma."""
    for _ in range(3):
        for side in (client, server):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    assert client.version()


def test_cert_expires_in_a_year(tmp_path):
    """O certificado vale um ano, e não para sempre."""
    folder = cert.make(tmp_path / "turma")
    info = ssl._ssl._test_decode_cert(str(folder / "server.pem"))
    left = ssl.cert_time_to_seconds(info["notAfter"]) - time.time()
    assert 364 * 86400 < left < 366 * 86400


def test_cert_does_not_overwrite(tmp_path):
    """O que a turma já recebeu não se apaga por engano."""
    folder = cert.make(tmp_path)
    before = (folder / "ca.pem").read_bytes()
    with pytest.raises(UsageError, match=r"já há ca\.pem, server\.pem, server-key\.pem"):
        cert.make(tmp_path)
    assert (folder / "ca.pem").read_bytes() == before


def test_cert_all_or_nothing(tmp_path, monkeypatch):
    """Sem lugar onde gravar, nada fica pela metade."""
    real = cert._write

    def fail(path, *args):
        if path.name == "ca.pem":
            raise OSError(28, "No space left on device")
        real(path, *args)

    monkeypatch.setattr(cert, "_write", fail)
    with pytest.raises(ChatError, match="No space left"):
        cert.make(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_cert_of_a_strange_name(tmp_path):
    """O que não é nome de computador é uso errado."""
    with pytest.raises(UsageError, match="não é o nome de um computador"):
        cert.make(tmp_path, ["a b/c"])


def test_cert_without_the_library(tmp_path, monkeypatch):
    """Sem a trustme, diz-se como instalá-la."""
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(ChatError, match="pip install trustme"):
        cert.make(tmp_path)


def test_fingerprint(tmp_path):
    """A impressão digital é a que o openssl mostra."""
    ca = cert.make(tmp_path / "turma") / "ca.pem"
    mine = cert.fingerprint(ca)
    assert len(mine) == 95 and mine.count(":") == 31
    command = ["openssl", "x509", "-in", ca, "-noout", "-fingerprint", "-sha256"]
    with suppress(FileNotFoundError):
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert shown.strip().endswith(mine)
