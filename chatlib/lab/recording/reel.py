"""O carretel: guarda o que se grava, enquanto se grava, dentro dos limites da fita.

    de qualquer thread ──▶ push ──▶ [ o que acaba de chegar ] ──▶ [ lote ][ lote ][ lote ] ──▶ fora
                                          até BATCH                 até o limite da fita

Quem grava paga só um ``append``; a conta do que cabe se faz por lote, e a exata só na leitura.
"""

import threading
from collections import deque
from typing import NamedTuple

BATCH = 256  # entradas que esperam juntas para ser arrumadas


class Raw(NamedTuple):
    """O que se grava na hora.

    side: ``servidor``, ou vazio na ponta de um cliente; key: o que distingue a conexão, como o
    endereço do cliente; apelido: de quem é a conexão, se já se sabe.
    """

    at: float
    began: float
    kind: str
    side: str
    key: object
    apelido: str
    data: bytes
    size: int
    text: str
    thread: threading.Thread | None  # None: o carteiro

    @property
    def order(self) -> float:
        """Como `Entry.order`."""
        return self.began if self.kind in ("sent", "waiting") else self.at


class Batch(NamedTuple):
    """Um lote arrumado, com o comprimento e o peso que tinha quando se arrumou."""

    raws: list[tuple]
    length: int
    size: int


class Reel:
    """O que uma gravação juntou até agora; qualquer thread grava, sem esperar por ninguém.

    max_entries e max_bytes: quanto guardar; o que passa disso empurra para fora o mais antigo.
    is_open: se está gravando; nasce fechado.
    """

    def __init__(self, max_entries: int, max_bytes: int):
        self._max_entries, self._max_bytes = max_entries, max_bytes
        self._batch = min(BATCH, max_entries)
        self._lock = threading.Lock()  # guarda _kept e as suas contas, e a troca de _news
        self._empty()
        self.is_open = False

    def _empty(self) -> None:
        self._news: list[tuple] = []  # o que acaba de chegar, ainda sem arrumar
        self._kept: deque[Batch] = deque()
        self._count = self._bytes = self._lost = 0

    def open(self) -> None:
        """Esquece o que havia e começa a gravar."""
        with self._lock:
            self._empty()
        self.is_open = True

    def close(self) -> None:
        """Daqui em diante nada mais se grava; o que há continua legível."""
        self.is_open = False

    def push(self, raw: tuple) -> None:
        """Grava uma entrada, com os campos de `Raw`; fora da gravação, não faz nada."""
        if not self.is_open:  # uma chamada que só voltou depois do fim da gravação
            return
        self._news.append(raw)
        # Nunca espera pela trava: pode tê-la esta mesma thread, se o coletor de lixo destruiu aqui
        # dentro o que avisa o fim de outra. Quem não a consegue deixa a arrumação para o próximo.
        if len(self._news) >= self._batch and self._lock.acquire(blocking=False):
            try:
                self._put_away()
            finally:
                self._lock.release()

    def read(self) -> tuple[list[Raw], int]:
        """As entradas mais novas, até o limite exato, em ordem; e quantas se perderam."""
        with self._lock:
            self._put_away()
            found = (Raw._make(raw) for batch in self._kept for raw in batch.raws)
            raws = sorted(found, key=lambda raw: raw.order)
            first = self._first_that_fits(raws)
            return raws[first:], self._lost + first

    def _put_away(self) -> None:
        """Guarda o lote, e descarta os mais antigos que não fazem falta; com a trava na mão."""
        if not self._news:
            return
        raws, self._news = self._news, []
        # Um push que já tinha pegado a lista ainda põe nela a sua entrada, que assim não se perde.
        # Por isso as contas são as deste instante: o que se soma aqui é o que depois se subtrai.
        batch = Batch(raws, len(raws), weigh(raws))
        self._kept.append(batch)
        self._count += batch.length
        self._bytes += batch.size
        while self._can_spare(self._kept[0]):
            oldest = self._kept.popleft()
            self._count -= oldest.length
            self._bytes -= oldest.size
            self._lost += len(oldest.raws)

    def _can_spare(self, oldest: Batch) -> bool:
        """Se, mesmo sem o lote mais antigo, a fita fica cheia."""
        count, size = self._count - oldest.length, self._bytes - oldest.size
        return count >= self._max_entries or size >= self._max_bytes

    def _first_that_fits(self, raws: list[Raw]) -> int:
        """A posição da entrada mais antiga que ainda cabe."""
        size, first = 0, len(raws)
        while first and len(raws) - first < self._max_entries:
            size += weigh([raws[first - 1]])
            if size > self._max_bytes:
                break
            first -= 1
        return first


def weigh(raws: list) -> int:
    """Quantos bytes e caracteres se guardam ali."""
    return sum([len(raw[6]) + len(raw[8]) for raw in raws])
