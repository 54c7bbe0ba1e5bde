"""O protocolo do chat: bytes ↔ linhas ↔ frases, e os limites.

Aqui não há ``socket`` nem ``threading``: entram bytes, saem mensagens. Por isso tudo
neste módulo se testa sem rede.

    servidor                            cliente
       │ ── NICK ─────────────────────────▶ │   quatro bytes, sem nada depois
       │ ◀───────────────────────── Ana\\n ─ │
       │ ── SENHA ────────────────────────▶ │   só se a sala tem uma: cinco bytes
       │ ◀───────────────────── segredo\\n ─ │
       │ ── Ana entrou!\\n ───────────────▶ │   para todos, Ana inclusive
       │ ── Conectado ao servidor!\\n ────▶ │   só para Ana
       │ ◀──────────────────── Ana: oi\\n ─ │   ou apenas oi\\n
       │ ── Ana: oi\\n ───────────────────▶ │   para todos, Ana inclusive

Uma mensagem é uma linha em UTF-8 que termina em ``\\n``. O que o servidor diz por conta
própria, além de *entrou*, *saiu* e *Conectado*, começa com ``* `` e se chama aviso.
"""

import re
import unicodedata

from .errors import ApelidoRefused, EntryRefused, PasswordRefused, UsageError

HOST = "127.0.0.1"
PORT = 55555
NICK = b"NICK"
SENHA = b"SENHA"
MASK = b"***"  # o que se conta a quem observa o fio, no lugar da senha

MAX_TEXT = 4096  # bytes do texto de uma mensagem, sem prefixo e sem \n
MAX_PREFIX = 256  # bytes que um prefixo "Ana: " pode ocupar, com folga
MAX_MEMBERS = 1000
MAX_VISITORS = 256  # conexões que ainda não responderam a NICK
MAX_OUTPUT = 1 << 20  # bytes à espera de um membro que não lê
NICK_TIMEOUT = 10.0  # segundos para responder a NICK
PASSWORD_TIMEOUT = 30.0  # segundos para responder a SENHA: uma pessoa talvez a digite
QUIET = 0.2  # segundos de silêncio que encerram uma mensagem sem \n
BURST = 20  # mensagens seguidas que o limite de ritmo tolera
CLASS_RATE = 10.0  # mensagens por segundo, o ritmo sugerido para uma turma
CLASS_HISTORY = 50  # mensagens contadas a quem chega, o sugerido para uma turma

# Bidi_Control do Unicode (PropList.txt): mudam a ordem em que o texto aparece.
_REORDERS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNSAFE = re.compile(f"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029{_REORDERS}]")


def clean(text: str) -> str:
    """Troca por U+FFFD o que comanda um terminal, quebra a linha ou reordena o texto.

    Tab, emoji e qualquer escrita passam como estão.
    """
    return text if text.isprintable() else _UNSAFE.sub("\ufffd", text)


def encode(*lines: str) -> bytes:
    """As linhas prontas para a rede: limpas (`clean`), em UTF-8, cada uma terminada em ``\\n``."""
    if not "".join(lines).isprintable():  # quase nunca há o que limpar, e uma olhada serve a todas
        lines = tuple(map(clean, lines))
    return "\n".join([*lines, ""]).encode("utf-8", "replace")


# --- as frases: cada uma se escreve e se lê aqui, e em nenhum outro lugar

NOTICE = "* "
_FIELDS = {"apelido": r"([^\s:]+)", "número": r"([\d.e+-]+)", "texto": "(.*)"}
_NOTICES: list["Sentence"] = []  # as que o servidor diz por conta própria


class Sentence:
    """Uma frase do fio: chamada, ela se escreve; `read` a reconhece e devolve o que mudava nela.

    >>> entered("Ana"), entered.read("Ana entrou!"), entered.read("Ana: entrou!")
    ('Ana entrou!', ('Ana',), None)
    """

    def __init__(self, form: str):
        self._form = re.sub("{.*?}", "%s", form)
        pattern = re.sub(r"\\{(\w+)\\}", lambda field: _FIELDS[field[1]], re.escape(form))
        self._pattern = re.compile(pattern)
        if form.startswith(NOTICE):
            _NOTICES.append(self)

    def __call__(self, *values: object) -> str:
        """A frase com os valores no lugar dos campos, em ordem."""
        return self._form % values

    def bare(self, *values: object) -> str:
        """A mesma, sem o ``* `` que a põe no fio: a mensagem de um erro."""
        return self(*values).removeprefix(NOTICE)

    def read(self, line: str) -> tuple[str, ...] | None:
        """Os valores dos campos, se a linha é esta frase; senão, None."""
        match = self._pattern.fullmatch(line)
        return match.groups() if match else None


GREETING = "Conectado ao servidor!"
entered = Sentence("{apelido} entrou!")
left = Sentence("{apelido} saiu!")
said = Sentence("{apelido}: {texto}")
private = Sentence("{apelido} (particular): {texto}")
renamed = Sentence("* {apelido} agora é {apelido}")
present = Sentence("* na sala ({número}): {texto}")
remembered = Sentence("* histórico: {texto}")
commands_are = Sentence("* comandos: {texto}")

too_long = Sentence("* mensagem longa demais: o limite é {número} bytes")
too_fast = Sentence("* devagar: passam {número} mensagens por segundo; o excesso não é entregue")
unknown = Sentence("* não conheço {texto}: veja os comandos com /ajuda")
already = Sentence("* você já é {apelido}")
gap = Sentence("* há um espaço depois da barra, e nada foi mandado: escreva {texto} sem ele")
no_text = Sentence("* faltou o texto: escreva /msg APELIDO texto")
absent = Sentence("* {texto} não está na sala: veja quem está com /quem")

crowded = Sentence("* muita gente chegando ao mesmo tempo: tente de novo em instantes")
silent = Sentence("* faltou dizer {texto} em {número} s: conecte-se de novo")
wrong_password = Sentence("* senha errada: pergunte a quem cuida da sala")
wait_a_minute = Sentence("* erraram a senha vezes demais nesta rede: espere um minuto e tente de novo")
tls_only = Sentence('* esta sala usa TLS: entre com o ca.pem dela, como em --ca ca.pem ou tls="ca.pem"')
not_tls = Sentence("* esta sala não usa TLS: entre sem ele")
full = Sentence("* a sala está cheia: cabem {número} pessoas")
shut_out = Sentence("* a porta da sala está fechada: espere que a abram e tente de novo")
closing = Sentence("* o servidor está encerrando")
removed = Sentence("* quem cuida da sala tirou você dela")
over = Sentence("* o servidor foi encerrado")
no_contact = Sentence("* este servidor está sem contato com os outros: tente de novo em instantes")
alone = Sentence("* este servidor perdeu o contato com os outros: o que for dito segue quando ele voltar")
together = Sentence("* este servidor voltou a ter contato com os outros")
overfull = Sentence("* sem contato com os outros servidores, este não guarda mais nada: espere que ele volte")
taken = Sentence(
    "* sem contato com os outros servidores, o seu apelido ficou com outra pessoa: entre com outro"
)
moved = Sentence("* o servidor caiu; você está agora em {texto}, e o que não apareceu pode não ter chegado")
too_late = Sentence("* quem ia receber a sua particular acaba de sair")
cut_short = Sentence("* o servidor mandou uma linha longa demais, que não foi mostrada")
_refused = Sentence("* apelido recusado: {texto}")


# Antes de entrar não se sabe com quem se fala: `crowded`, `silent`, as da senha e `tls_only` cabem em ASCII.


def plain(data: bytes) -> bytes:
    """As linhas sem o que não é ASCII: as letras perdem o acento, o resto vira ``?``.

    Um programa escrito segundo o documento lê ASCII, e morreria com um ``ã``.
    """
    text = unicodedata.normalize("NFKD", data.decode("utf-8", "replace"))
    return "".join(char for char in text if not unicodedata.combining(char)).encode("ascii", "replace")


def notice(text: str) -> str:
    """O aviso que diz ``text``: nenhum membro consegue produzir uma linha assim."""
    return NOTICE + text


def announced(line: str) -> str | None:
    """O que diz quem cuida da sala, se a linha é um aviso seu; None se é qualquer outra."""
    if not line.startswith(NOTICE) or any(one.read(line) is not None for one in _NOTICES):
        return None
    return line.removeprefix(NOTICE)


def apelido_refused(why: str) -> ApelidoRefused:
    """O erro de um apelido que não serve; `refused` o reconhece do outro lado."""
    return ApelidoRefused(_refused.bare(why))


def refused(line: str) -> EntryRefused:
    """O erro que conta, a quem queria entrar, a linha com que foi recusado."""
    kind = ApelidoRefused if _refused.read(line) else EntryRefused
    if line in (wrong_password(), wait_a_minute()):
        kind = PasswordRefused
    return kind(line.removeprefix(NOTICE))


# --- os leitores: de pedaços a linhas


class LineReader:
    """Junta os pedaços que a rede entrega e devolve linhas inteiras.

    TCP transporta um fluxo de bytes (RFC 9293): um ``recv`` traz meia linha ou cinquenta.
    Guarda no máximo ``limit`` + 1 bytes, seja qual for o tamanho da linha que chega.

    limit: bytes de uma linha, sem ``\\n`` e sem o ``\\r`` que pode vir antes dele.
    """

    def __init__(self, limit: int = MAX_TEXT + MAX_PREFIX):
        self._limit = limit
        self._rest = bytearray()  # cresce sem copiar o que já tem, mesmo de byte em byte
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """As linhas que ``data`` completou, em ordem; None no lugar de uma longa demais."""
        found: list[bytes | None] = []
        if b"\n" in data:
            first, *lines, last = data.split(b"\n")
            if b"\r" in data:
                lines = [line.removesuffix(b"\r") for line in lines]
            found = [self._finish(bytes(self._rest + first))]
            found += [line if len(line) <= self._limit else None for line in lines]
            self._rest[:] = last
        else:
            self._rest += data
        # Um byte além do limite ainda pode ser o \r que não conta.
        if self._skipping or len(self._rest) > self._limit + 1:
            self._skipping = True
            self._rest.clear()
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


class ServerReader:
    """O leitor de um cliente: entram bytes e silêncios do servidor, saem linhas.

    A primeira linha diz se o servidor as termina em ``\\n``. Um servidor escrito segundo o
    documento repete o apelido com o ``\\n`` que mandamos, e não põe outro: ``Ana\\n entrou!``. Esse
    ``\\n`` é nosso, e sai; daí em diante, é o silêncio que encerra uma mensagem.

    apelido: o que se respondeu a NICK; limit: bytes de uma linha.
    """

    def __init__(self, apelido: str, limit: int):
        self.framed: bool | None = None  # se o servidor termina as linhas; None: ainda não se sabe
        self._own, self._limit = apelido.encode(), limit
        self._lines = LineReader(limit)
        self._partial = bytearray()  # só de um servidor que talvez não termine

    @property
    def is_waiting(self) -> bool:
        """Se há algo pela metade, que um silêncio completaria."""
        return bool(self._partial)

    def feed(self, data: bytes) -> list[bytes | None]:
        """As linhas que ``data`` completou, em ordem; None no lugar de uma longa demais."""
        if self.framed is None and b"\n" in data:
            data = self._discover(data)
        if self.framed:
            return self._lines.feed(data)
        self._partial += data
        found: list[bytes | None] = []
        if self.framed is False and b"\n" in data:
            *lines, rest = self._partial.split(b"\n")
            found, self._partial = [bytes(line) for line in lines], rest
        if len(self._partial) > self._limit:
            self._partial.clear()
            found.append(None)
        return found

    def pause(self) -> list[bytes | None]:
        """O silêncio, ou o fim, encerra o que estava pela metade: o servidor não usa ``\\n``."""
        if not self._partial:
            return []
        self.framed = False
        line, self._partial = bytes(self._partial), bytearray()
        return [line]

    def _discover(self, data: bytes) -> bytes:
        """Decide, uma vez, pela primeira linha inteira; devolve o que ainda se há de ler."""
        first, _, rest = bytes(self._partial + data).partition(b"\n")
        self._partial.clear()
        self.framed = first != self._own
        return first + b"\n" + rest if self.framed else first + rest


# --- o ritmo e a porta


class RateLimit:
    """Um balde de fichas: cada mensagem gasta uma, e elas voltam com o tempo.

    rate: fichas por segundo; burst: quantas cabem no balde, que começa cheio.
    """

    def __init__(self, rate: float, burst: int = BURST):
        self._rate, self._burst = rate, burst
        self._tokens = float(burst)
        self._last: float | None = None  # quando passou a última
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
