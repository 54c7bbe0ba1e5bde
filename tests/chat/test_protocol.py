"""O protocolo, sem rede: linhas, frases, textos e ritmo."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlib import protocol
from chatlib.errors import ApelidoRefused, EntryRefused, UsageError
from chatlib.protocol import ChunkReader, LineReader, RateLimit, Sentence, ServerReader

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


# --- as frases

SENTENCES = {name: value for name, value in vars(protocol).items() if isinstance(value, Sentence)}


@pytest.mark.parametrize("name", SENTENCES)
def test_what_is_written_is_read(name):
    """Cada frase reconhece o que ela mesma escreve, e devolve o que mudava."""
    sentence = SENTENCES[name]
    values = ("7",) * sentence._pattern.groups
    assert sentence.read(sentence(*values)) == values


@given(st.sampled_from(sorted(SENTENCES)), st.text())
def test_only_the_exact_sentence_is_read(name, text):
    """O que se lê se escreve de volta igual: nada se inventa nem se perde."""
    sentence = SENTENCES[name]
    values = sentence.read(text)
    assert values is None or sentence(*values) == text


@pytest.mark.parametrize("line", ["Ana: Bia entrou!", "a b entrou!", "Ana entrou", "Ana entrou!!"])
def test_a_member_cannot_write_an_entry(line):
    """O que um membro diz não se lê como o que o servidor conta."""
    assert protocol.entered.read(line) is None


def test_private_is_not_said():
    """Uma particular tem a sua frase; a fala comum não a reconhece."""
    line = protocol.private("Ana", "oi")
    assert protocol.said.read(line) is None and protocol.private.read(line) == ("Ana", "oi")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("* prova em 5 minutos", "prova em 5 minutos"),
        ("* na sala em 5 minutos", "na sala em 5 minutos"),
        ("* na sala (2): Ana, Bia", None),
        ("* Ana agora é Bia", None),
        ("* o servidor foi encerrado", None),
        ("Ana: * prova", None),
        ("Ana entrou!", None),
    ],
)
def test_announcement_is_what_no_other_sentence_says(line, text):
    """Um aviso de quem cuida da sala se distingue do que o servidor diz por conta própria."""
    assert protocol.announced(line) == text


def test_refusal_is_read_as_it_was_written():
    """A classe do erro que recusa um apelido atravessa o fio; um aviso parecido não se passa por ela."""
    line = protocol.notice(str(protocol.apelido_refused("ele está vazio")))
    assert type(protocol.refused(line)) is ApelidoRefused
    assert str(protocol.refused(line)) == "apelido recusado: ele está vazio"
    assert type(protocol.refused("* apelidos demais nesta sala")) is EntryRefused


# --- o leitor de um cliente


def read(reader, *steps):
    """Tudo o que saiu, com None entre os passos no lugar de um silêncio."""
    return [line for step in steps for line in (reader.pause() if step is None else reader.feed(step))]


@given(st.lists(st.integers(0, 60)))
def test_framed_server_in_any_chunks(cuts):
    """Um servidor que termina as linhas é reconhecido, corte-se o fluxo onde for."""
    reader = ServerReader("Ana", 100)
    stream = "Ana entrou!\nConectado ao servidor!\nBia: olá\n".encode()
    assert feed(reader, stream, cuts) == stream.splitlines() and reader.framed


@given(st.lists(st.integers(0, 60)))
def test_tutorial_server_in_any_chunks(cuts):
    """Um servidor do documento repete o nosso ``\\n``; o que veio depois se completa no silêncio."""
    reader = ServerReader("Ana", 100)
    lines = feed(reader, b"Ana\n entrou!Conectado", cuts) + reader.pause()
    assert b"".join(lines) == b"Ana entrou!Conectado" and reader.framed is False


def test_silence_ends_an_unfinished_message():
    """Sem ``\\n``, o que chegou vale quando o servidor se cala; um silêncio vazio não diz nada."""
    reader = ServerReader("Ana", 100)
    assert read(reader, None, b"oi", None, b"a\nb", None) == [b"oi", b"a", b"b"]
    assert not reader.is_waiting


@pytest.mark.parametrize("start", [b"", b"Ana entrou!\n", b"Ana\n"])
def test_server_line_without_end_is_bounded(start):
    """De um servidor que nunca termina a linha se guarda no máximo o limite."""
    reader = ServerReader("Ana", 100)
    reader.feed(start)
    for _ in range(50):
        reader.feed(b"x" * 60)
        assert len(reader._partial) <= 100 and len(reader._lines._rest) <= 101


@pytest.mark.parametrize("start", [b"Ana entrou!\n", b"Ana\n", b""])
def test_byte_by_byte_costs_no_more_than_the_bytes(start):
    """Um servidor que manda byte a byte não faz copiar, a cada um, tudo o que já veio."""
    reader = ServerReader("Ana", 1 << 20)
    reader.feed(start)
    tracked = reader._lines._rest if reader.framed else reader._partial
    for _ in range(1000):
        reader.feed(b"x")
    # O mesmo objeto cresce no lugar: concatenar bytes faria outro a cada pedaço.
    assert tracked is (reader._lines._rest if reader.framed else reader._partial)
    assert bytes(tracked).endswith(b"x" * 1000)
