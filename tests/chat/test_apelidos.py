"""Os apelidos: o que se aceita, o que se recusa e por quê, e como dois se comparam."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlib import apelidos, protocol
from chatlib.apelidos import apelido_key, check_apelido, looks, strip_prefix
from chatlib.errors import ApelidoRefused

UNFIT = "\u061c\u200e\u202e\u2066\u200b\u200c\u200d\ufeff\u00ad\u2060\u2800"


@pytest.mark.parametrize(
    "apelido", ["A", "Ana", "João", "_-.", "x" * 20, "日本", "Ωμέγα", "नमस्ते", "م", "9", "Ana.2", "ß"]
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
        *((f"An{char}a", "não pode estar") for char in UNFIT),
        *(
            (f"An{char}a", "invisível")
            for char in "\u3164\uffa0\u115f\u1160\u034f\ufe0f\u180b\U000e0100\u17b4"
        ),
        *((word, "reservada") for word in apelidos.RESERVED),
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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana", "ANA"),
        ("Ана", "АНА"),
        ("АНА", "AHA"),  # o primeiro em cirílico
        ("ΑΝΑ", "Ana"),  # o primeiro em grego
        ("Сара", "Capa"),
        ("Ana1", "Anal"),
        ("AnaI", "Anal"),
        ("Rosa0", "RosaO"),
        ("Mario", "Rnario"),
        ("João", "Joa\u0303o"),
    ],
)
def test_names_that_look_the_same(one, other):
    """Dois apelidos que na tela se confundem têm algo em comum."""
    assert looks(one) & looks(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Ana", "Aná"), ("João", "Joao"), ("Ana1", "Ana2"), ("Иван", "Ivan"), ("Lia", "Bia")]
)
def test_names_that_look_different(one, other):
    """Um acento ou uma letra distinguem: ninguém é recusado à toa."""
    assert not looks(one) & looks(other)


@pytest.mark.parametrize("apelido", ["An\u0430", "p\u0430ulo", "Ωmega", "Jo\u03bfo", "ѕervidor", "Anaא"])
def test_mixed_alphabets_are_refused(apelido):
    """Letras de alfabetos que não se usam juntos só servem para enganar."""
    with pytest.raises(ApelidoRefused, match=r"mistura|reservada"):
        check_apelido(apelido)


@pytest.mark.parametrize(
    "apelido", ["Ωμέγα", "Иван", "愛ちゃん", "アナ", "Ana愛", "김철수", "محمد", "Ana_2.0", "दीपा"]
)
def test_each_alphabet_is_welcome(apelido):
    """Qualquer língua serve, inteira."""
    assert check_apelido(apelido)


def test_every_name_looks_like_itself_in_any_case():
    """Duas grafias que se comparam iguais sempre se parecem."""
    for name in ("Ana", "STRASSE", "Straße", "ﬁm", "Ⅷ".lower(), "İpek"):
        assert looks(name) & looks(name.upper()) & looks(name.upper()) or looks(name) & looks(name.lower())
