"""Os lugares na sala que são deste kernel: quem está em cada um, e qual ficou com um fantasma.

Um lugar é um apelido num servidor. Uma célula apagada deixa o painel dela na sala, e o da célula nova
ouviria um *já está na sala* por causa de si mesmo: aqui, quem chega depois toma o lugar. E uma conexão
que cai sem se despedir segura o apelido no servidor por alguns minutos: quem volta sabe que é só esperar.
"""

import threading
import time
from contextlib import suppress
from typing import Any, Protocol

from ... import rerun
from ...address import find_servers, show_address
from ...apelidos import apelido_key, check_apelido
from ...client import Client
from ...errors import (
    AddressError,
    ConnectionLost,
    EntryRefused,
    PasswordRefused,
    ServerNotFound,
    UsageError,
)
from ...password import check_password

GHOST = 300.0  # segundos em que um servidor pode segurar o apelido de uma conexão morta: mediram-se 230
TAKEN = "Outro painel deste notebook entrou com o mesmo apelido, no lugar deste."

Place = tuple[str, int, str]  # host, porta e o apelido na forma em que se compara


class Occupant(Protocol):
    """Quem ocupa um lugar, e sabe dar a vez."""

    def close(self, note: str, wait: bool) -> None:
        """Sai de vez; ``note`` diz por quê."""


_taken: "dict[Place, Seat]" = {}
_ghosts: dict[Place, float] = {}  # lugar -> até quando
_lock = threading.Lock()  # guarda os dois


class Seat:
    """O lugar que ``occupant`` tem, ou quer, num servidor de ``where``; quem usa cuida da trava.

    Se ``where`` diz vários servidores de uma mesma sala, cada nova tentativa começa pelo seguinte ao
    último em que se esteve.
    """

    def __init__(self, where: Any, occupant: Occupant, password: str = "", tls: Any = None) -> None:
        self.address = show_address(where)  # como se digita
        self._password = password  # "": ninguém a disse
        self._where, self._occupant, self._tls = where, occupant, tls
        self._reached: tuple[str, int] | None = None  # onde se entrou da última vez
        self._place: Place | None = None
        self._is_lost = False  # outro painel o tomou

    def look_for(self, address: str, password: str = "") -> None:
        """O servidor passa a ser o desse endereço; a senha de um não se diz a outro."""
        if address != self.address:
            self._where = self.address = address
            self._password = ""
        self._password = password or self._password

    def connect(self, apelido: str) -> Client:
        """Toma o lugar e entra na sala; levanta o mesmo que `Client` e `take`."""
        *others, last = addresses = self._find()
        for address in others:
            with suppress(ServerNotFound, ConnectionLost):
                return self._connect_to(address, apelido)
            self.leave()
        client = self._connect_to(last, apelido)
        if len(addresses) == 1:
            self.address = show_address(last)
        return client

    def _connect_to(self, address: tuple[str, int], apelido: str) -> Client:
        self.take(address, apelido)
        with rerun.unclaimed():  # a conexão é do painel, e não da célula que por acaso está rodando
            client = self._join(check_apelido(apelido), address)
        self._reached = address
        return client

    def _join(self, apelido: str, address: tuple[str, int]) -> Client:
        try:
            password = check_password(self._password) if self._password else None
        except UsageError as error:
            raise PasswordRefused(str(error)) from None
        try:
            return Client(apelido, *address, password=password, tls=self._tls)
        except PasswordRefused:
            self._password = ""  # a próxima tentativa não repete um erro
            raise

    def _find(self) -> list[tuple[str, int]]:
        """Onde tentar, na ordem: por último, onde se esteve."""
        try:
            found = find_servers(self._where)
        except AddressError:  # aquele servidor parou, mas outro pode tomar o lugar dele
            if not self._reached:
                raise
            return [self._reached]
        after = found.index(self._reached) + 1 if self._reached in found else 0
        return found[after:] + found[:after]

    def take(self, address: tuple[str, int], apelido: str, wait: bool = True) -> None:
        """Fica com o lugar; o outro painel deste kernel que estivesse nele sai de vez.

        Levanta EntryRefused se foi este que perdeu o seu: dois se expulsariam, cada um à espera do outro.
        """
        place = *address, apelido_key(apelido)
        with _lock:
            if self._is_lost:
                raise EntryRefused(TAKEN)
            self._place, before, _taken[place] = place, _taken.get(place), self
            if before and before is not self:
                before._is_lost = True
        if before and before is not self:
            before._occupant.close(TAKEN, wait)

    def rename(self, apelido: str) -> None:
        """O ocupante trocou de apelido, e o servidor garante que ninguém mais tinha o novo."""
        self.leave()
        if self._reached:
            self.take(self._reached, apelido, wait=False)

    def leave(self) -> None:
        """O lugar fica vago."""
        with _lock:
            if self._place and _taken.get(self._place) is self:
                del _taken[self._place]

    @property
    def is_free(self) -> bool:
        """Se nenhum outro painel deste kernel está no lugar que foi deste."""
        with _lock:
            return self._place is None or _taken.get(self._place, self) is self

    def haunt(self) -> None:
        """A conexão caiu: talvez o servidor ainda não saiba, e o apelido pareça em uso."""
        with _lock:
            now = time.monotonic()
            for old in [old for old, until in _ghosts.items() if until < now]:
                del _ghosts[old]
            if self._place:  # numa sala de vários servidores, o fantasma aparece em todos
                for address in {self._place[:2], *self._find()}:
                    _ghosts[*address, self._place[2]] = now + GHOST

    @property
    def is_haunted(self) -> bool:
        """Se o apelido pode estar preso a uma conexão deste kernel que caiu."""
        with _lock:
            return self._place is not None and _ghosts.get(self._place, 0.0) > time.monotonic()
