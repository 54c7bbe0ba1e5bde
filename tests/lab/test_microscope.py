"""O microscópio: cada byte aparece uma vez, e todo caractere partido está marcado, e só ele."""

import re
import socket
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlib import Client
from chatlib.errors import UsageError
from chatlib.lab import Microscope, Recorder
from chatlib.lab.microscope.explorer import FAILS, Explorer, cut, steps
from chatlib.lab.microscope.in_text import ALIGNED, FIRST_ROWS, LAST_ROWS, ROWS
from chatlib.lab.microscope.pieces import BAD, CUT, END, HIDDEN, MAX_BYTES, TEXT, Chunk, examine

texts = st.text(st.characters(codec="utf-8") | st.sampled_from("ãç🎉\n"), max_size=60)
chunkings = st.lists(st.binary(max_size=12) | texts.map(str.encode), max_size=12)


@st.composite
def cut_texts(draw):
    """Um texto em UTF-8 e os pedaços em que alguém o cortou, talvez vazios."""
    data = draw(texts).encode()
    borders = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))
    return data, [data[a:b] for a, b in zip([0, *borders], [*borders, len(data)], strict=True)]


def pieces_of(chunks):
    """Os pedaços de um fluxo só."""
    return examine(Chunk(("recv", 0), f"recv {number}", data) for number, data in enumerate(chunks, 1))


def cells(html):
    """O texto das células da tabela de bytes."""
    return re.findall(r'<td class="chatlib-b [^"]*">([0-9a-f]{2})</td>', html)


# --- o que se vê


@given(chunkings)
def test_marks_cover_every_byte_once(chunks):
    """Os trechos de um pedaço o cobrem inteiro, sem sobra e sem repetição, sejam quais forem os bytes."""
    pieces = pieces_of(chunks)
    assert [piece.data for piece in pieces] == chunks
    for piece in pieces:
        ends = [0, *(mark.end for mark in piece.marks)]
        assert [mark.start for mark in piece.marks] == ends[:-1]
        assert ends[-1] == len(piece.data)


@given(cut_texts())
def test_cut_characters_are_marked_exactly(case):
    """Está marcado como partido, dos dois lados, o caractere que passa de uma borda, e nenhum outro."""
    data, chunks = case
    inside, at = set(), 0  # as posições que ficam no meio de um caractere
    for char in data.decode():
        inside |= set(range(at + 1, at + len(char.encode())))
        at += len(char.encode())
    for before, after in zip(pieces_of(chunks), pieces_of(chunks)[1:], strict=False):
        if before.data and after.data:
            assert before.ends_cut == after.starts_cut == (after.start in inside)
    for piece in pieces_of(chunks):
        for mark in piece.marks:
            borders = {piece.start + mark.start, piece.start + mark.end}
            assert (mark.kind == CUT) == (mark.before or mark.after) == bool(borders & inside)


@given(cut_texts())
def test_messages_are_numbered(case):
    """Cada byte sabe de que mensagem é: quantos ``\\n`` vieram antes dele no fluxo."""
    data, chunks = case
    for piece in pieces_of(chunks):
        for mark in piece.marks:
            assert mark.message == data[: piece.start + mark.start].count(b"\n")
            assert (mark.kind == END) == (piece.data[mark.start : mark.end] == b"\n")


@given(chunkings)
def test_both_pictures_never_break(chunks):
    """Uma linha de texto por pedaço e os bytes todos no HTML, sejam quais forem; sempre iguais."""
    scope = Microscope(chunks)
    rows = [line for line in str(scope).split("\n") if line.startswith("recv ")]
    assert len(rows) == len(chunks)
    assert len({row.index("│") for row in rows}) <= 1
    bundle = scope._repr_mimebundle_()
    assert bundle == Microscope(chunks)._repr_mimebundle_()
    assert bundle["text/plain"] == repr(scope) == str(scope)
    assert bundle["text/plain"].isascii() or bundle["text/plain"].replace("\n", "").isprintable()
    if all(len(data) <= ALIGNED for data in chunks):
        assert bytes.fromhex("".join(cells(bundle["text/html"]))) == b"".join(chunks)


@pytest.mark.parametrize(
    ("data", "marks"),
    [
        (b"a\n", [("a", TEXT), ("⏎", END)]),
        ("ã🎉".encode(), [("ã", TEXT), ("🎉", TEXT)]),
        (b"\xff\xc3a", [("\ufffd", BAD), ("\ufffd", BAD), ("a", TEXT)]),
        (b"\xc0\xf5\x80", [("\ufffd", BAD)] * 3),
        (b"a\xf0\x9f\x8e", [("a", TEXT), ("┊", CUT)]),
        (b"\x1b\r\t\x7f", [("·", HIDDEN)] * 4),
        ("\u202e\u2028\u200b".encode(), [("·", HIDDEN)] * 3),
        ("e\u0301".encode(), [("e", TEXT), ("◌\u0301", TEXT)]),
    ],
)
def test_what_each_byte_is(data, marks):
    """Nada do que chega comanda a página ou some dela."""
    [piece] = pieces_of([data])
    assert [(mark.glyph, mark.kind) for mark in piece.marks] == marks


def test_a_character_in_four_pieces():
    """Um emoji byte a byte está partido nos quatro."""
    pieces = pieces_of([bytes([byte]) for byte in "🎉".encode()])
    assert [(piece.starts_cut, piece.ends_cut) for piece in pieces] == [
        (False, True),
        (True, True),
        (True, True),
        (True, False),
    ]


def test_streams_do_not_mix():
    """Um caractere partido num fluxo não se completa com os bytes de outro."""
    chunks = [Chunk(("a", 0), "a", b"\xc3"), Chunk(("b", 0), "b", b"\xa3"), Chunk(("a", 0), "a", b"\xa3")]
    assert [[mark.kind for mark in piece.marks] for piece in examine(chunks)] == [[CUT], [BAD], [CUT]]


# --- o desenho em texto


def test_gluing():
    """Dois ``send`` que chegam num só ``recv``: a figura e a frase."""
    assert str(Microscope({"send": [b"um", b"dois"], "recv": [b"umdois"]})).split("\n") == [
        "send 1 │ 75 6d              │ um",
        "send 2 │       64 6f 69 73  │ dois",
        "recv 1 │ 75 6d 64 6f 69 73  │ umdois",
        "· recv 1 juntou send 1 e send 2",
        "· send: 2 pedaços, 6 bytes",
        "· recv: 1 pedaço, 6 bytes",
    ]


def test_cutting():
    """Um ``ã`` partido entre dois ``recv``, e o fim de mensagem."""
    assert str(Microscope({"send": ["não\n".encode()], "recv": [b"n\xc3", b"\xa3o\n"]})).split("\n") == [
        "send 1 │ 6e c3 a3 6f 0a  │ não⏎",
        "recv 1 │ 6e c3┊          │ n┊",
        "recv 2 │      ┊a3 6f 0a  │ ┊o⏎",
        "⏎ o byte 0a, fim de mensagem (na seguinte, a cor muda)",
        "┊ caractere partido: o resto está em outro pedaço",
        "· send 1 se partiu em recv 1 e recv 2",
        "· send: 1 pedaço, 5 bytes, 1 fim de mensagem",
        "· recv: 2 pedaços, 5 bytes, 1 fim de mensagem, 1 caractere partido",
    ]


def test_long_chunks_are_abridged():
    """De um pedaço longo ficam o começo, o fim e a conta do que saiu."""
    text = str(Microscope({"send": [b"x" * 3000], "recv": [b"x" * 1024, b"x" * 1024, b"x" * 952]}))
    assert "78 … 3000 ao todo … 78" in text
    assert text.count("xxxxxxxxxxxxxx…xxxxxx") == 4
    assert "send 1 se partiu em recv 1, recv 2 e recv 3" in text
    assert max(map(len, text.split("\n"))) < 120


def test_many_chunks_are_abridged():
    """De muitos pedaços ficam os primeiros, os últimos e a conta dos outros, nos dois desenhos."""
    scope = Microscope([b"a"] * (ROWS + 60))
    lines = [line for line in str(scope).split("\n") if line.startswith("recv ")]
    assert len(lines) == FIRST_ROWS + LAST_ROWS
    left = f"mais {ROWS + 60 - len(lines)} pedaços"
    assert left in str(scope) and left in scope._repr_mimebundle_()["text/html"]
    assert len(cells(scope._repr_mimebundle_()["text/html"])) == len(lines)


def test_many_sentences_are_abridged():
    """Quando muita coisa se juntou ou se partiu, bastam as primeiras frases."""
    data = bytes(range(65, 85))
    text = str(Microscope({"send": cut(data, 3), "recv": cut(data, 5)}))
    assert "· recv 1 juntou send 1 e send 2" in text
    assert text.count("juntou") + text.count("se partiu") == 4
    assert "\n· …\n" in text
    assert "send 1 se partiu em 20 pedaços" in str(Microscope({"send": [data], "recv": cut(data, 1)}))


def test_different_bytes_are_not_compared():
    """Se os dois fluxos não são os mesmos bytes, nada se diz de juntar e partir."""
    assert "juntou" not in str(Microscope({"send": [b"a", b"b"], "recv": [b"ac"]}))


def test_many_streams_are_counted_together():
    """Com muitos fluxos, uma conta só."""
    assert str(Microscope({str(number): [b"a"] for number in range(5)})).endswith("\n· 5 pedaços, 5 bytes")


def test_the_end_and_nothing():
    """``b""`` num ``recv`` é o fim; num ``send``, nada; sem pedaço algum, a frase diz isso."""
    assert "b'': o outro lado encerrou" in str(Microscope([b""]))
    assert "o outro lado encerrou" in Microscope([b""])._repr_mimebundle_()["text/html"]
    assert "nenhum byte" in str(Microscope({"send": [b""]}))
    assert str(Microscope([])) == "nenhum byte passou"
    assert "nenhum byte passou" in Microscope([])._repr_mimebundle_()["text/html"]


def test_bounded():
    """De bytes demais só se examina o começo; o resto é contado."""
    [first, second] = pieces_of([b"a" * MAX_BYTES, b"bc"])
    assert (len(first.data), second.data, second.missing) == (MAX_BYTES, b"", 2)
    assert "… 2 ao todo …" in str(Microscope([b"a" * MAX_BYTES, b"bc"]))


# --- o desenho em HTML


class Tags(HTMLParser):
    """As marcas de um HTML, e o texto entre elas."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.text = [], set(), ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


TAGS = {"style", "div", "p", "span", "strong", "table", "thead", "tbody", "tr", "th", "td"}
HOSTILE = b"<script>alert(1)</script>&lt;\"'><img src=x onerror=x>"


def test_hostile_bytes_are_text():
    """O que parece HTML, nos bytes ou no rótulo, aparece letra por letra."""
    scope = Microscope({HOSTILE.decode(): cut(HOSTILE, 20)})
    for html in (scope._repr_mimebundle_()["text/html"], scope.explore(9).as_html()):
        page = Tags(html)
        assert not page.open
        assert page.tags <= TAGS
    assert HOSTILE.decode() + " 1" in Tags(scope._repr_mimebundle_()["text/html"]).text


def test_both_sides_of_a_cut_are_marked():
    """Em HTML, o corte se vê dos dois lados, e o caractere inteiro ocupa os seus bytes."""
    html = Microscope({"send": ["não".encode()], "recv": [b"n\xc3", b"\xa3o"]})._repr_mimebundle_()[
        "text/html"
    ]
    assert len(re.findall(r'class="[^"]*chatlib-after[^"]*">c3<', html)) == 1
    assert len(re.findall(r'class="[^"]*chatlib-before[^"]*">a3<', html)) == 1
    assert 'colspan="2">ã</td>' in html


# --- as fitas


def test_tape_of_a_session(server):
    """A fita de um servidor: cada ``recv`` e cada ``send``, com quem está em cada ponta."""
    with Recorder(server) as tape, Client("João", *server.address) as joao:
        joao.write("olá")
        joao.wait_for("olá")
    text = str(Microscope(tape))
    assert "servidor recv 1 ← João" in text and "servidor send 1 → João" in text
    assert "João⏎" in text
    only = str(Microscope(tape.tape, who="João", direction="received"))
    assert "recv" in only and "send" not in only
    assert str(Microscope(tape, who="Bia")) == "nenhum byte passou"


def test_tape_that_kept_only_the_beginning():
    """Bytes que a fita não guardou aparecem na conta, e a decifração recomeça depois deles."""
    ours, theirs = socket.socketpair()
    with Recorder(max_data=4) as tape, ours, theirs:
        theirs = tape.wrap(theirs)
        for data in (b"abcdefg", "ã".encode()):
            ours.sendall(data)
            theirs.recv(100)
    text = str(Microscope(tape))
    assert "61 62 63 64 … 7 ao todo …" in text and "ã" in text
    assert "2 pedaços, 9 bytes" in text


# --- a régua


@given(texts.map(str.encode).filter(len), st.data())
def test_explorer_uses_the_real_reader(data, draw):
    """Em qualquer corte, as mensagens entregues são as linhas; o ``decode`` só falha se algo se partiu."""
    size = draw.draw(st.integers(1, max(2, min(64, len(data)))))
    explorer = Explorer(data, size)
    found = list(steps(cut(data, size)))
    lines = [line for step in found for line in step.lines]
    assert lines == [line.removesuffix("\r") for line in data.decode().split("\n")[:-1]]
    for step, piece in zip(found, explorer._pieces(), strict=True):
        assert (step.naive == FAILS) == (piece.starts_cut or piece.ends_cut)


def test_explorer_follows_the_slider():
    """Mexer na régua corta de outro jeito, no desenho e no texto."""
    explorer = Microscope(["Ana: não\n".encode()]).explore(7)
    assert "decode() de cada pedaço" in explorer.as_text()
    assert explorer.as_text().count(FAILS) == 2 and "'Ana: não'" in explorer.as_text()
    before = explorer.children[1].value
    explorer.slider.value = 10
    assert FAILS not in explorer.as_text() and explorer.children[1].value != before
    explorer.slider.value = 1
    assert "nada ainda" in explorer.as_text() and explorer.children[1].value == explorer.as_html()


def test_explorer_outside_the_lab():
    """Sem a régua ficam o texto e a tabela, sempre iguais."""
    scope = Microscope({"send": ["Ana: oi, João!\n".encode()], "recv": [b"outra coisa"]})
    bundle = scope.explore()._repr_mimebundle_()
    assert bundle["text/plain"] == scope.explore()._repr_mimebundle_()["text/plain"]
    assert "outra" not in bundle["text/plain"] and "uma régua muda" in bundle["text/plain"]
    assert bundle["text/html"].startswith("<style>")
    assert repr(scope.explore()) == "<Explorer: os bytes cortados por uma régua>"


def test_explorer_is_bounded():
    """Muitos pedaços: os do meio só contam; uma linha longa demais é dita."""
    explorer = Microscope([b"a" * 5000 + b"\n"]).explore(8)
    assert (
        len(explorer.as_text()) < 10_000 and "⋮ mais" in explorer.as_text() and "⋮ mais" in explorer.as_html()
    )
    assert "(longa demais)" in explorer.as_text()


# --- o que não serve


@pytest.mark.parametrize("source", [b"oi", "oi", 3, None, ["oi"], {"send": b"oi"}, {"send": ["oi"]}])
def test_what_is_not_bytes_is_refused(source):
    """Só bytes, em listas; o erro diz o que se esperava."""
    with pytest.raises(UsageError, match="o microscópio olha"):
        Microscope(source)


def test_wrong_arguments():
    """Um sentido que não existe, uma régua sem bytes, um corte fora dela."""
    with pytest.raises(UsageError, match="direction é"):
        Microscope([], direction="ida")
    with pytest.raises(UsageError, match="está vazio"):
        Microscope([]).explore()
    with pytest.raises(UsageError, match="de 1 a 2 bytes"):
        Microscope([b"ab"]).explore(3)
