"""O protocolo do chat: bytes ↔ mensagens, apelidos e limites.

Aqui não há ``socket`` nem ``threading``: entram bytes, saem mensagens. Por isso tudo
neste módulo se testa sem rede.

    servidor                            cliente
       │ ── NICK ─────────────────────────▶ │   quatro bytes, sem nada depois
       │ ◀───────────────────────── Ana\\n ─ │
       │ ── Ana entrou!\\n ───────────────▶ │   para todos, Ana inclusive
       │ ── Conectado ao servidor!\\n ────▶ │   só para Ana
       │ ◀──────────────────── Ana: oi\\n ─ │   ou apenas oi\\n
       │ ── Ana: oi\\n ───────────────────▶ │   para todos, Ana inclusive

Uma mensagem é uma linha em UTF-8 que termina em ``\\n``. O que o servidor diz por conta
própria, além de *entrou*, *saiu* e *Conectado*, começa com ``* `` e se chama aviso.
"""

import re
import unicodedata

from .errors import ApelidoRefused, UsageError

HOST = "127.0.0.1"
PORT = 55555
NICK = b"NICK"
GREETING = "Conectado ao servidor!"
NOTICE = "* "
FAREWELL = "* o servidor foi encerrado"
REMOVED = "* quem cuida da sala tirou você dela"

MAX_TEXT = 4096  # bytes do texto de uma mensagem, sem prefixo e sem \n
MAX_PREFIX = 256  # bytes que um prefixo "Ana: " pode ocupar, com folga
MAX_APELIDO = 20  # caracteres
MAX_MEMBERS = 1000
MAX_VISITORS = 256  # conexões que ainda não responderam a NICK
MAX_OUTPUT = 1 << 20  # bytes à espera de um membro que não lê
NICK_TIMEOUT = 10.0  # segundos para responder a NICK
QUIET = 0.2  # segundos de silêncio que encerram uma mensagem sem \n
BURST = 20  # mensagens seguidas que o limite de ritmo tolera
CLASS_RATE = 10.0  # mensagens por segundo, o ritmo sugerido para uma turma
CLASS_HISTORY = 50  # mensagens contadas a quem chega, o sugerido para uma turma

RESERVED = ("NICK", "servidor", "server", "Conectado", "sistema", "chat", "todos")

# Bidi_Control do Unicode (PropList.txt): mudam a ordem em que o texto aparece.
_REORDERS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNSAFE = re.compile(f"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029{_REORDERS}]")
# Default_Ignorable_Code_Point entre letras e marcas: aparecem como nada (UAX #44).
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def clean(text: str) -> str:
    """Troca por U+FFFD o que comanda um terminal, quebra a linha ou reordena o texto.

    Tab, emoji e qualquer escrita passam como estão.
    """
    return text if text.isprintable() else _UNSAFE.sub("\ufffd", text)


def encode(line: str) -> bytes:
    """Uma linha pronta para a rede: limpa (`clean`), em UTF-8 e terminada em ``\\n``."""
    return clean(line).encode("utf-8", "replace") + b"\n"


def notice(text: str) -> str:
    """O aviso que diz ``text``: nenhum membro consegue produzir uma linha assim."""
    return NOTICE + text


class LineReader:
    """Junta os pedaços que a rede entrega e devolve linhas inteiras.

    TCP transporta um fluxo de bytes (RFC 9293): um ``recv`` traz meia linha ou cinquenta.
    Guarda no máximo ``limit`` + 1 bytes, seja qual for o tamanho da linha que chega.

    limit: bytes de uma linha, sem ``\\n`` e sem o ``\\r`` que pode vir antes dele.
    """

    def __init__(self, limit: int = MAX_TEXT + MAX_PREFIX):
        self._limit = limit
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """As linhas que ``data`` completou, em ordem; None no lugar de uma longa demais."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        found = [self._finish(line) for line in lines]
        # Um byte além do limite ainda pode ser o \r que não conta.
        if self._skipping or len(self._rest) > self._limit + 1:
            self._skipping, self._rest = True, b""
        return found

    def _finish(self, line: bytes) -> bytes | None:
        line = line.removesuffix(b"\r")
        too_long = self._skipping or len(line) > self._limit
        self._skipping = False
        return None if too_long else line


class ChunkReader:
    """O leitor de quem não termina mensagens em ``\\n``: cada pedaço recebido é uma."""

    def feed(self, data: bytes) -> list[bytes | None]:
        """As mensagens em ``data``: uma, ou várias se houver ``\\n`` dentro."""
        return [part.removesuffix(b"\r") for part in data.split(b"\n")]


def check_apelido(text: str) -> str:
    """O apelido em sua forma normal (NFC), ou `ApelidoRefused` com o motivo.

    De 1 a 20 caracteres: letras de qualquer língua, algarismos, ``_``, ``-`` e ``.``.
    """
    # Decomposta (NFD), uma letra ocupa até 4; normalizar milhares de marcas custa o quadrado delas.
    apelido = unicodedata.normalize("NFC", text[: 4 * MAX_APELIDO + 1])
    if not apelido:
        raise _refused("ele está vazio")
    if len(apelido) > MAX_APELIDO or len(text) > 4 * MAX_APELIDO:
        raise _refused(f"ele tem mais de {MAX_APELIDO} caracteres")
    if _INVISIBLE.search(apelido):
        raise _refused("ele tem um caractere invisível")
    for before, char in zip(" " + apelido, apelido, strict=False):
        if not _fits(before, char):
            raise _refused(f"{_name(char)} não pode estar nele")
    if apelido_key(apelido) in _RESERVED_KEYS:
        raise _refused(f"{apelido} é uma palavra reservada")
    return apelido


def _fits(before: str, char: str) -> bool:
    category = unicodedata.category(char)
    if category[0] == "M":  # uma marca se combina com a letra anterior, nunca com o nada
        return unicodedata.category(before)[0] in "LM"
    return category[0] == "L" or category == "Nd" or char in "_-."


def _name(char: str) -> str:
    if char == " ":
        return "espaço"
    return char if char.isprintable() and not char.isspace() else f"o caractere U+{ord(char):04X}"


def _refused(why: str) -> ApelidoRefused:
    return ApelidoRefused(f"apelido recusado: {why}; use de 1 a {MAX_APELIDO} letras, algarismos, _ - ou .")


def apelido_key(apelido: str) -> str:
    """A forma em que dois apelidos se comparam: sem caixa e sem variantes do Unicode.

    NFKC e casefold, como em NFKC_Casefold do padrão Unicode (seção 3.13).
    """
    folded = unicodedata.normalize("NFKC", apelido).casefold()
    return unicodedata.normalize("NFKC", folded)


_RESERVED_KEYS = frozenset(map(apelido_key, RESERVED))


def strip_prefix(line: bytes, apelidos: tuple[str, ...]) -> bytes:
    """A linha sem o ``Ana: `` que a própria Ana tenha posto na frente; prefixos alheios ficam."""
    head, colon, rest = line.partition(b":")
    if not colon or len(head) > MAX_PREFIX or rest[:1] not in (b"", b" "):
        return line
    name = head.decode("utf-8", "replace")
    if name not in apelidos and apelido_key(name) not in map(apelido_key, apelidos):
        return line
    return rest[1:]


class RateLimit:
    """Um balde de fichas: cada mensagem gasta uma, e elas voltam com o tempo.

    rate: fichas por segundo; burst: quantas cabem no balde, que começa cheio.
    """

    def __init__(self, rate: float, burst: int = BURST):
        self._rate, self._burst = rate, burst
        self._tokens, self._last = float(burst), None
        self._warned = False

    def allow(self, now: float) -> bool:
        """Se uma mensagem passa no instante ``now`` (segundos de um relógio monotônico)."""
        elapsed = 0.0 if self._last is None else now - self._last
        self._tokens = min(self._burst, self._tokens + elapsed * self._rate)
        self._last = now
        if self._tokens == self._burst:  # houve uma pausa de verdade: a próxima recusa avisa
            self._warned = False
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def should_warn(self) -> bool:
        """Verdadeiro só na primeira recusa de cada enxurrada."""
        first, self._warned = not self._warned, True
        return first


def check_port(port: int) -> int:
    """A porta, ou `UsageError` se não for um inteiro de 0 a 65535 (RFC 9293, 3.1)."""
    if not isinstance(port, int) or not 0 <= port <= 65535:
        raise UsageError(f"a porta {port!r} não existe: use um número de 0 a 65535")
    return port
