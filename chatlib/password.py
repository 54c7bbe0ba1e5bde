"""A senha da sala: comparar sem dar pistas, e fazer esperar quem tenta adivinhar.

Três respostas erradas de um endereço, e por um minuto as que vêm dele só são conferidas uma a uma,
duas por segundo, as certas na mesma fila: quem adivinha faz 120 tentativas por minuto, em vez de
milhares, e quem sabe a senha entra em instantes, mesmo que divida o endereço com quem adivinha.
"""

import hashlib
import hmac
import ipaddress
import secrets
import threading
import time
import unicodedata
from dataclasses import dataclass

from . import protocol
from .apelidos import strip_prefix
from .errors import EntryRefused, PasswordRefused, UsageError

MAX_PASSWORD = 128  # bytes
CHANCES = 3  # respostas erradas antes da espera
WAIT = 60.0  # segundos que a espera dura, a contar do último erro
PACE = 0.5  # segundos entre duas conferências de um endereço em espera
LINE = 8.0  # segundos de fila, no máximo: o cliente desiste em 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # sem i, l, o, 0 e 1
REMEMBERED = 1000  # endereços lembrados


@dataclass(slots=True)
class Suspect:
    """Um endereço de que vieram respostas erradas; os instantes são de ``time.monotonic``."""

    misses: int = 0
    until: float = 0.0  # quando se esquece
    turn: float = 0.0  # quando se confere a próxima


class Password:
    """Uma senha, e quem errou; pode ser usada por várias threads.

    text: a senha, sem os espaços das pontas, em NFC; UsageError se ela não serve.
    """

    def __init__(self, text: str):
        self.text = check_password(text)
        self._digest = digest(self.text)
        self._lock = threading.Lock()  # guarda os suspeitos
        self._suspects: dict[str, Suspect] = {}

    def __repr__(self) -> str:
        return "<Password>"

    def check(self, answer: bytes, apelido: str, host: str, over: threading.Event) -> None:
        """Confere a resposta que veio de ``host``, talvez esperando a vez; PasswordRefused se não é a senha.

        Vale também com o prefixo que um programa do documento põe: ``Ana: segredo``. over: ligado
        quando já não vale a pena esperar, porque a sala está encerrando.
        """
        suspect = network(host)
        with self._lock:  # conferir e contar de uma vez: cem respostas juntas ainda são só três chances
            wait = self._wait(suspect, time.monotonic())
            if wait == 0:
                return self._judge(answer, apelido, suspect)
        if over.wait(wait):
            raise EntryRefused(protocol.closing.bare())
        with self._lock:
            self._judge(answer, apelido, suspect)

    def _wait(self, host: str, now: float) -> float:
        """Segundos até a vez de uma resposta desse endereço, com a trava na mão."""
        suspect = self._suspects.get(host)
        if not suspect or suspect.until < now or suspect.misses < CHANCES:
            return 0
        turn = max(now, suspect.turn)
        if turn - now > LINE:
            raise PasswordRefused(protocol.wait_a_minute.bare())
        suspect.turn = turn + PACE
        return turn - now

    def _judge(self, answer: bytes, apelido: str, host: str) -> None:
        said = {answer, strip_prefix(answer, (apelido,))}
        if any([hmac.compare_digest(digest(one.decode("utf-8", "replace")), self._digest) for one in said]):
            return
        now = time.monotonic()
        suspect = self._suspects.pop(host, None)
        if not suspect or suspect.until < now:
            suspect = Suspect()
        suspect.misses, suspect.until = suspect.misses + 1, now + WAIT
        self._suspects[host] = suspect  # no fim: o primeiro é o que errou há mais tempo
        if len(self._suspects) > REMEMBERED:
            del self._suspects[next(iter(self._suspects))]
        if suspect.misses < CHANCES:
            raise PasswordRefused(protocol.wrong_password.bare())
        suspect.turn = max(suspect.turn, now + PACE)
        raise PasswordRefused(protocol.wait_a_minute.bare())


def new_password() -> str:
    """Uma senha ao acaso, boa de ditar: ``k7mt-x2qf``, sem letras que se confundam (40 bits)."""
    letters = [secrets.choice(LETTERS) for _ in range(8)]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


def check_password(text: str) -> str:
    """A senha como se compara, ou UsageError, sem a senha, se ela não serve."""
    if not isinstance(text, str):
        raise UsageError('a senha é um texto, como em Server(password="…")')
    text = normal(text)
    if not text:
        raise UsageError("a senha está vazia: escolha uma, ou não passe senha nenhuma")
    if len(text.encode("utf-8", "replace")) > MAX_PASSWORD or protocol.clean(text) != text:
        raise UsageError(f"a senha é uma linha só, de até {MAX_PASSWORD} bytes")
    return text


def read_password(path: str) -> str:
    """A senha que está na primeira linha do arquivo; UsageError se ela não se lê."""
    try:
        with open(path, encoding="utf-8") as file:
            return check_password(file.readline(4 * MAX_PASSWORD))
    except UnicodeDecodeError:
        raise UsageError(f"{path} não é um texto em UTF-8: a senha é a primeira linha dele") from None
    except OSError as error:
        raise UsageError(
            f"não li a senha de {path} ({error.strerror}): confira o nome e as permissões do arquivo"
        ) from None


def normal(text: str) -> str:
    """Sem espaços nas pontas e em NFC, a forma em que um teclado e outro dão o mesmo."""
    return unicodedata.normalize("NFC", text.strip())


def digest(text: str) -> bytes:
    """Do mesmo tamanho para todas: a demora da comparação não conta nem o tamanho da senha."""
    return hashlib.sha256(normal(text).encode("utf-8", "replace")).digest()


def network(host: str) -> str:
    """De quem é o endereço: em IPv6, uma casa tem um /64 inteiro (RFC 6177), e vale por um só."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:  # nem toda conexão tem endereço
        return host
    if isinstance(address, ipaddress.IPv6Address) and not address.ipv4_mapped:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host
