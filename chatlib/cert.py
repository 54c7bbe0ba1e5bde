"""Os certificados de uma turma: ``python3 -m chatlib cert --out pasta``.

    ca.pem           a autoridade da turma: entregue a quem entra, e confira com ela a impressão digital
    server.pem       o certificado do servidor, assinado por ela
    server-key.pem   a chave dele, que só o dono lê

A chave da autoridade não se guarda: ninguém assina outro certificado em nome dela. Quem os faz é a
biblioteca trustme, que só este módulo carrega.
"""

import contextlib
import hashlib
import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .address import own_hosts
from .errors import ChatError, UsageError
from .tls import CA, CERT, KEY

DAYS = 365  # validade


def make(folder: str | Path, hosts: list[str] | None = None) -> Path:
    """Faz os três arquivos na pasta e a devolve; UsageError se ela já os tem, ChatError se não consegue.

    hosts: os nomes e os números por que o servidor é procurado, além dos que este computador tem.
    """
    folder, names = Path(folder), list(dict.fromkeys([*(hosts or []), *own_hosts()]))
    if taken := [name for name in (CA, CERT, KEY) if (folder / name).exists()]:
        raise UsageError(
            f"já há {', '.join(taken)} em {folder}: escolha outra pasta, ou apague os três para fazer outros"
        )
    authority, pair = _issue(names)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _all_or_nothing(folder):
            _write(folder / KEY, pair.private_key_pem.bytes(), 0o600)
            _write(folder / CERT, b"".join(part.bytes() for part in pair.cert_chain_pems), 0o644)
            _write(folder / CA, authority.cert_pem.bytes(), 0o644)
    except OSError as error:
        raise ChatError(
            f"não gravei os certificados em {folder} ({error.strerror}): confira as permissões e o espaço"
        ) from error
    return folder


def _issue(names: list[str]) -> tuple[Any, Any]:
    try:
        import trustme
    except ImportError:
        raise ChatError(
            "falta a biblioteca trustme, que faz os certificados: instale-a com pip install trustme"
        ) from None
    until = datetime.now(UTC) + timedelta(days=DAYS)
    authority = trustme.CA(organization_name="chatlib", organization_unit_name="turma")
    try:
        return authority, authority.issue_cert(*names, common_name=names[0], not_after=until)
    except ValueError:
        raise UsageError(f"um destes não é o nome de um computador: {', '.join(names)}") from None


@contextlib.contextmanager
def _all_or_nothing(folder: Path) -> Any:
    try:
        yield
    except BaseException:
        for name in (CA, CERT, KEY):
            (folder / name).unlink(missing_ok=True)
        raise


def _write(path: Path, data: bytes, mode: int) -> None:
    """Já nasce com as permissões: nem por um instante outra pessoa lê a chave."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)


def serves(folder: str | Path, host: str) -> bool:
    """Se quem confia no ca.pem da pasta aceita, por ``host``, o server.pem dela, como está hoje."""
    one, other = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context(cafile=Path(folder) / CA).wrap_bio(one, other, server_hostname=host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(folder) / CERT, Path(folder) / KEY)
    server = context.wrap_bio(other, one, server_side=True)
    try:
        for side in (client, server) * 2:
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
    except (ssl.SSLError, OSError):
        return False
    return True


def fingerprint(path: str | Path) -> str:
    """A impressão digital (SHA-256) do primeiro certificado do arquivo, como o openssl a mostra."""
    pem = Path(path).read_text("ascii")
    start, end = pem.index("-----BEGIN CERTIFICATE"), pem.index("-----END CERTIFICATE-----")
    der = ssl.PEM_cert_to_DER_cert(pem[start:end] + "-----END CERTIFICATE-----\n")
    return hashlib.sha256(der).digest().hex(":").upper()
