"""A senha e o certificado da sala, como o painel os liga, mostra e esconde."""

from pathlib import Path
from typing import Any

from ... import cert, tls
from ...address import is_local
from ...door import Door
from ...errors import UsageError
from ...password import new_password

FOLDER = "certificados"  # na pasta do notebook

OPEN = "Qualquer um nesta rede entra, e quem está no caminho pode ler e mudar o que se diz."
CLEAR = "A senha e a conversa passam em claro: quem está no caminho pode lê-las."
UNLOCKED = "A conversa vai cifrada, mas qualquer um nesta rede entra."


class Guard:
    """O que guarda uma porta; folder: onde ficam os certificados feitos aqui. Quem usa cuida da trava."""

    def __init__(self, door: Door, folder: str | Path = FOLDER):
        self._door, self._folder = door, Path(folder)
        self.is_shown = self.is_in_qr = False  # a senha na tela, e no QR
        self._password: str | None = None  # a que se tirou, e que volta
        self._tls: tuple[Any, Path | None] = None, None  # o mesmo, do certificado
        self._print: tuple[Path | None, str] = None, ""  # um ca.pem e a sua impressão digital

    def set_password(self, is_on: bool) -> None:
        """Pede senha a quem chega, a de antes ou uma nova, que aparece; ou deixa de pedir."""
        if is_on:
            self.is_shown |= not self._password  # uma nova, ninguém ainda sabe
            self._door.password = self._door.password or self._password or new_password()
        else:
            self._password, self._door.password = self._door.password, None
            self.is_in_qr = False

    def set_tls(self, is_on: bool, host: str) -> None:
        """Cifra as conversas de quem chega, fazendo o certificado se não há; ou deixa de cifrar.

        host: por onde se chega à sala. UsageError se o certificado que há não serve para ele.
        """
        if not is_on:
            self._tls, self._door.tls = (self._door.tls, self._door.ca), None
        elif self._tls[0]:
            self._door.tls, self._door.ca = self._tls
        elif not self._door.tls:
            if not (self._folder / tls.CERT).exists():
                cert.make(self._folder, [host] if host else [])
            elif host and not cert.serves(self._folder, host):
                raise UsageError(
                    f"o certificado em {self._folder} venceu ou não é de {host}: apague a pasta, "
                    "clique de novo e entregue o novo ca.pem"
                )
            self._door.tls = self._folder

    def facts(self, host: str, address: str) -> dict[str, Any]:
        """O que mostrar; host: onde o servidor escuta, "" se está parado; address: o que se dá à turma."""
        password, ca = self._door.password, self._door.ca
        return {
            "password": (password or "") if self.is_shown else "",
            "in_qr": self.is_in_qr,
            "qr_text": f"{address}\nSenha: {password}" if address and password and self.is_in_qr else address,
            "ca": str(ca or ""),
            "fingerprint": self._fingerprint(ca),
            "risk": "" if not host or is_local(host) else self._risk(),
        }

    def _risk(self) -> str:
        if not self._door.password:
            return UNLOCKED if self._door.tls else OPEN
        return "" if self._door.tls else CLEAR

    def _fingerprint(self, ca: Path | None) -> str:
        if ca != self._print[0]:
            self._print = ca, cert.fingerprint(ca) if ca and ca.exists() else ""
        return self._print[1]
