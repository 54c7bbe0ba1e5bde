"""O protocolo, sem rede: linhas, textos, apelidos e ritmo."""

import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlib import protocol
from chatlib.errors import ApelidoRefused, UsageError
from chatlib.protocol import ChunkReader, LineReader, RateLimit, apelido_key, check_apelido, strip_prefix

LIMIT = 8
STREAMS = st.binary(max_size=60) | st.text("ab\r\n", max_size=60).map(str.encode)
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
FORBIDDEN = [chr(c) for c in [*range(9), *range(10, 32), *range(127, 160), 0x2028, 0x2029]] + list(BIDI)


def expected(stream, limit=LIMIT):
    """As linhas de um fluxo, do modo mais simples de dizer: tudo de uma vez."""
    lines = (line.removesuffix(b"\r") for line in stream.split(b"\n")[:-1])
    return [line if len(line) <= limit else None for line in lines]


def feed(reader, stream, cuts):
    """Entrega o fluxo cortado nas posições dadas."""
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [line for a, b in pairwise(edges) for line in reader.feed(stream[a:b])]


@given(STREAMS, st.lists(st.integers(0, 60)))
def test_any_chunking_gives_the_same_lines(stream, cuts):
    """Corte-se o fluxo onde for, as linhas são as mesmas."""
    assert feed(LineReader(LIMIT), stream, cuts) == expected(stream)


@given(STREAMS)
def test_byte_by_byte_gives_the_same_lines(stream):
    """Nem um byte de cada vez muda as linhas."""
    assert feed(LineReader(LIMIT), stream, range(len(stream))) == expected(stream)


@given(st.lists(st.binary(max_size=50)))
def test_reader_memory_is_bounded(chunks):
    """O leitor nunca guarda mais que o limite e um byte."""
    reader = LineReader(LIMIT)
    for chunk in chunks:
        reader.feed(chunk)
        assert len(reader._rest) <= LIMIT + 1


@pytest.mark.parametrize("size", [LIMIT - 1, LIMIT, LIMIT + 1, 10 * LIMIT])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_limit_does_not_count_the_line_ending(size, end):
    """O limite é o da linha sem ``\\n`` nem ``\\r``, e a linha seguinte chega inteira."""
    found = LineReader(LIMIT).feed(b"x" * size + end + b"oi\n")
    assert found == [b"x" * size if size <= LIMIT else None, b"oi"]


def test_endless_line_is_one_refusal():
    """Uma linha sem fim é recusada uma vez, quando afinal termina."""
    reader = LineReader(LIMIT)
    assert [reader.feed(b"x" * 1000) for _ in range(50)] == [[]] * 50
    assert reader.feed(b"fim\noi\n") == [None, b"oi"]


@pytest.mark.parametrize(
    "separator", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\r"]
)
def test_only_newline_separates(separator):
    """Nenhum outro separador do Unicode termina uma linha."""
    line = f"a{separator}b".encode()
    assert LineReader().feed(line + b"\n") == [line]


def test_chunk_reader_takes_each_piece_as_a_message():
    """Sem ``\\n`` no fim, cada pedaço é uma mensagem, ou várias."""
    reader = ChunkReader()
    assert reader.feed(b"Ana: oi") == [b"Ana: oi"]
    assert reader.feed(b"um\r\ndois\n") == [b"um", b"dois", b""]


@given(st.text() | st.text(FORBIDDEN))
def test_nothing_dangerous_survives_encode(text):
    """Nada do que comanda um terminal, parte a linha ou a reordena sai para a rede."""
    data = protocol.encode(text)
    line = data.decode()
    assert line.endswith("\n") and not set(line[:-1]) & set(FORBIDDEN)


@pytest.mark.parametrize("char", FORBIDDEN, ids=lambda char: f"U+{ord(char):04X}")
def test_each_dangerous_character_is_replaced(char):
    """Cada caractere perigoso vira U+FFFD, e o resto fica."""
    assert protocol.clean(f"a{char}b") == "a\ufffdb"


@pytest.mark.parametrize(
    "text", ["olá, çãõ", "a\tb", "日本語", "👩‍👩‍👧", "नमस्ते", "a\u0301", "\u200b", "שלום"]
)
def test_clean_keeps_every_script(text):
    """Tab, emoji e qualquer escrita passam como estão."""
    assert protocol.clean(text) == text


@given(st.text())
def test_clean_twice_is_clean_once(text):
    """Limpar o que já está limpo não muda nada."""
    assert protocol.clean(protocol.clean(text)) == protocol.clean(text)


def test_lone_surrogate_is_encoded():
    """Um texto que o UTF-8 não representa sai assim mesmo, com um ponto de interrogação."""
    assert protocol.encode("a\ud800b") == b"a?b\n"


@pytest.mark.parametrize(
    "apelido", ["A", "Ana", "João", "_-.", "x" * 20, "日本", "Ωmega", "नमस्ते", "م", "9", "Ana.2", "ß"]
)
def test_apelido_accepted(apelido):
    """Letras de qualquer língua, algarismos e ``_-.``, de 1 a 20."""
    assert check_apelido(apelido) == apelido


def test_apelido_is_normalised():
    """O apelido decomposto vira a sua forma composta, e é ela que conta para o tamanho."""
    assert check_apelido("Joa\u0303o") == "João"
    assert check_apelido("\u1f82" * 20) == check_apelido(unicodedata.normalize("NFD", "\u1f82" * 20))


@pytest.mark.parametrize(
    ("apelido", "why"),
    [
        ("", "vazio"),
        ("x" * 21, "mais de 20"),
        ("x" * 100_000, "mais de 20"),
        ("Ana Bia", "espaço"),
        ("Ana:", ":"),
        ("* Ana", r"\*"),
        ("/Ana", "/"),
        ("Ana\t", r"U\+0009"),
        ("Ana\x1b[2J", r"U\+001B"),
        ("Ana\r", r"U\+000D"),
        ("Ana\xa0", r"U\+00A0"),
        ("\u0301Ana", "não pode estar"),
        ("a_\u0301", "não pode estar"),
        ("Ana\ufffd", "não pode estar"),
        ("😀", "😀"),
        ("½", "½"),
        ("\ue000", "não pode estar"),
        ("Ana\u2028", "não pode estar"),
        *((f"An{char}a", "não pode estar") for char in BIDI + "\u200b\u200c\u200d\ufeff\u00ad\u2060\u2800"),
        *(
            (f"An{char}a", "invisível")
            for char in "\u3164\uffa0\u115f\u1160\u034f\ufe0f\u180b\U000e0100\u17b4"
        ),
        *((word, "reservada") for word in protocol.RESERVED),
        ("nick", "reservada"),
        ("SERVIDOR", "reservada"),
        ("ｓｅｒｖｉｄｏｒ", "reservada"),
        ("𝐍𝐈𝐂𝐊", "reservada"),
    ],
    ids=ascii,
)
def test_apelido_refused(apelido, why):
    """A recusa diz o motivo e o que seria aceito, em uma linha que se pode mostrar."""
    with pytest.raises(ApelidoRefused, match=why) as refusal:
        check_apelido(apelido)
    assert "use de 1 a 20 letras" in str(refusal.value)
    assert protocol.clean(str(refusal.value)) == str(refusal.value)


def test_huge_apelido_is_refused_at_once():
    """Milhares de marcas fora de ordem não fazem o servidor gastar segundos a normalizar."""
    start = time.process_time()
    with pytest.raises(ApelidoRefused):
        check_apelido("a" + "\u0301\u0323" * 50_000)
    assert time.process_time() - start < 0.5


@given(st.text(min_size=1, max_size=20))
def test_accepted_apelido_is_stable_and_harmless(text):
    """O que passa é NFC, não tem espaço, dois-pontos nem asterisco, e passa de novo igual."""
    try:
        apelido = check_apelido(text)
    except ApelidoRefused:
        return
    assert check_apelido(apelido) == apelido == unicodedata.normalize("NFC", apelido)
    assert not set(apelido) & set(": *\t\n/") and protocol.clean(apelido) == apelido


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ana", "ANA"), ("João", "joa\u0303o"), ("Ana", "Ａｎａ"), ("straße", "STRASSE"), ("ﬁm", "FIM")],
)
def test_same_key(one, other):
    """Caixa e formas do Unicode não fazem dois apelidos."""
    assert apelido_key(one) == apelido_key(other)


def test_different_keys():
    """Acento faz diferença."""
    assert apelido_key("Ana") != apelido_key("Aná")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("oi", "oi"),
        ("Ana: oi", "oi"),
        ("ANA: oi", "oi"),
        ("Ｊá: oi", "Ｊá: oi"),
        ("Bruno: oi", "Bruno: oi"),
        ("Ana: Ana: oi", "Ana: oi"),
        ("Ana: Bruno: oi", "Bruno: oi"),
        ("Ana:oi", "Ana:oi"),
        ("Ana:", ""),
        ("Ana: ", ""),
        ("Antiga: oi", "oi"),
        (": oi", ": oi"),
        (" Ana: oi", " Ana: oi"),
        ("x" * 300 + ": oi", "x" * 300 + ": oi"),
    ],
)
def test_strip_prefix(line, said):
    """Só o prefixo da própria pessoa sai, e uma vez."""
    assert strip_prefix(line.encode(), ("Ana", "Antiga")) == said.encode()


@given(st.binary(max_size=40))
def test_strip_prefix_never_invents(line):
    """O que sobra é sempre o final da linha."""
    assert line.endswith(strip_prefix(line, ("Ana",)))


def test_rate_limit_burst_then_rate():
    """Passam tantas de uma vez quanto o balde tem, e depois as do ritmo."""
    limit = RateLimit(10, 3)
    assert [limit.allow(0) for _ in range(4)] == [True, True, True, False]
    assert [limit.allow(0.1), limit.allow(0.15), limit.allow(0.2)] == [True, False, True]


@given(st.lists(st.floats(0, 1), max_size=60))
def test_rate_limit_never_passes_more(waits):
    """Em intervalo nenhum passam mais que o balde e o que o ritmo repôs."""
    limit, now, passed = RateLimit(5, 4), 0.0, 0
    for wait in waits:
        now += wait
        passed += limit.allow(now)
        assert passed <= 4 + 5 * now + 1e-6


def test_rate_limit_warns_once_per_flood():
    """Um aviso por enxurrada: o seguinte só depois de uma pausa que encheu o balde."""
    limit = RateLimit(1, 1)
    assert limit.allow(0) and not limit.allow(0)
    assert limit.should_warn() and not limit.should_warn()
    assert limit.allow(10) and not limit.allow(10) and limit.should_warn()


@pytest.mark.parametrize("port", [-1, 65536, 70000, "80", 80.0, None])
def test_port_refused(port):
    """Uma porta que não existe é erro de uso."""
    with pytest.raises(UsageError, match="não existe"):
        protocol.check_port(port)


@pytest.mark.parametrize("port", [0, 1, 65535])
def test_port_accepted(port):
    """Zero deixa o sistema escolher."""
    assert protocol.check_port(port) == port
