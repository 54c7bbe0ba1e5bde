"""O carretel: qualquer thread grava nele, e o que ele guarda tem limite."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from chatlib.lab.recording.reel import BATCH, Raw, Reel


def raw(number, text=""):
    """Uma entrada, que se distingue pelo instante."""
    return tuple(Raw(number, number, "mark", "", None, "", b"", 0, text, None))


def opened(max_entries=10, max_bytes=1000):
    """Um carretel que já está gravando."""
    reel = Reel(max_entries, max_bytes)
    reel.open()
    return reel


@given(st.lists(st.integers(0, 12)), st.integers(1, 20), st.integers(1, 50))
def test_keeps_the_newest_that_fit(sizes, max_entries, max_bytes):
    """Ficam as últimas que cabem nos dois limites, e as outras se contam."""
    reel = opened(max_entries, max_bytes)
    for number, size in enumerate(sizes):
        reel.push(raw(number, "x" * size))
    kept, lost = reel.read()
    assert [entry.at for entry in kept] == list(range(lost, len(sizes)))
    assert len(kept) <= max_entries and sum(sizes[lost:]) <= max_bytes
    one_more = sizes[lost - 1 :] if lost else []
    assert not lost or len(one_more) > max_entries or sum(one_more) > max_bytes


def test_only_an_open_reel_records():
    """Fechado, nada se grava e o que havia se lê; aberto de novo, começa do zero."""
    reel = Reel(10, 1000)
    reel.push(raw(1))
    assert reel.read() == ([], 0)
    reel.open()
    reel.push(raw(2))
    reel.close()
    reel.push(raw(3))
    assert [entry.at for entry in reel.read()[0]] == [2]
    reel.open()
    assert reel.read() == ([], 0)


def test_threads_lose_nothing_between_them():
    """Muitas threads gravam ao mesmo tempo: tudo está lá, ou foi contado como perdido."""
    reel, each = opened(max_entries=1000, max_bytes=1 << 20), 20 * BATCH
    go = threading.Barrier(4)

    def record():
        go.wait()
        for number in range(each):
            reel.push(raw(number))

    threads = [threading.Thread(target=record) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept, lost = reel.read()
    assert len(kept) == 1000 and lost == 4 * each - 1000


def test_a_late_push_does_not_loosen_the_limit():
    """Quem pegou a lista antes da arrumação ainda grava, e os limites continuam os mesmos."""
    reel = opened(max_entries=10)
    for number in range(0, 400, 2):
        reel.push(raw(number))
        before = reel._news
        reel.read()
        before.append(raw(number + 1))
    kept, lost = reel.read()
    assert [entry.at for entry in kept] == list(range(390, 400)) and lost == 390
    assert sum(len(batch.raws) for batch in reel._kept) <= 3 * 10


def test_reading_does_not_fill_it():
    """Ler a fita muitas vezes, sem nada de novo, não ocupa mais memória."""
    reel = opened()
    reel.push(raw(1))
    for _ in range(100):
        assert len(reel.read()[0]) == 1
    assert len(reel._kept) == 1


def test_recording_while_it_is_being_read():
    """Quem grava não espera pela trava, nem se é a própria thread que a tem."""
    reel = opened(max_entries=2)
    with reel._lock:
        for number in range(5):
            reel.push(raw(number))
    assert [entry.at for entry in reel.read()[0]] == [3, 4]
