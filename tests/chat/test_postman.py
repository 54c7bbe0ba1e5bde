"""O carteiro, com pares de sockets: ordem, junção, quem não lê e o encerramento."""

import socket
import struct
import threading
from contextlib import contextmanager

import pytest
from peers import DEADLINE, wait_until

from chatlib import postman, sockets
from chatlib.events import Event, Listeners
from chatlib.member import Member
from chatlib.postman import Action, Letter, Postman


@contextmanager
def pair(max_output=1 << 20):
    """Um membro e a outra ponta do seu socket."""
    here, there = socket.socketpair()
    there.settimeout(DEADLINE)
    with here, there:
        yield Member(here, ("teste", 0), "Ana", max_output, Listeners()), there


@contextmanager
def working(tell=lambda event: None):
    """Um carteiro na rua, parado ao final."""
    carteiro = Postman(tell, b"fim\n")
    carteiro.start()
    try:
        yield carteiro
    finally:
        carteiro.stop()


def read_all(sock):
    """Tudo até o fim da conexão."""
    return b"".join(iter(lambda: sock.recv(65536), b""))


@pytest.fixture(params=["send_now", "send_if_writable"], autouse=True)
def sender(request, monkeypatch):
    """Cada teste vale também para o modo de enviar do Windows."""
    monkeypatch.setattr(sockets, "send_now", getattr(sockets, request.param))


def test_letters_arrive_in_order_and_end_with_the_farewell():
    """A ordem da caixa é a da entrega; a despedida é a última."""
    with pair() as (ana, there):
        with working() as carteiro:
            carteiro.post(Letter(b"entrou\n", ana, Action.JOIN, greeting=b"bem-vinda\n"))
            for letter in (b"1\n", b"2\n"):
                carteiro.post(Letter(letter))
            carteiro.post(Letter(b"3 particular\n", to=ana))
            carteiro.post(Letter(b"4\n"))
        assert read_all(there) == b"entrou\nbem-vinda\n1\n2\n3 particular\n4\nfim\n"
        assert ana.released.is_set() and ana.reason == "o servidor foi encerrado"


@pytest.mark.parametrize("action", [Action.JOIN, Action.LEAVE])
def test_a_whole_stay_in_one_batch(action):
    """Entrar, ouvir e sair no mesmo lote dá o mesmo que em lotes separados."""
    gate = threading.Event()
    with (
        pair() as (ana, there),
        pair() as (bia, other),
        working(lambda event: gate.wait(DEADLINE)) as carteiro,
    ):
        carteiro.post(Letter(b"bia\n", bia, Action.JOIN))
        carteiro.post(Letter(events=[Event("segura")]))
        carteiro.post(Letter(b"antes\n"))
        carteiro.post(Letter(b"ana\n", ana, Action.JOIN, greeting=b"oi\n"))
        carteiro.post(Letter(b"particular\n", to=ana))
        carteiro.post(Letter(b"todos\n"))
        carteiro.post(Letter(b"saiu\n", ana, Action.LEAVE))
        carteiro.post(Letter(b"tarde\n", to=ana))
        carteiro.post(Letter(b"depois\n"))
        gate.set()
        assert ana.released.wait(DEADLINE)
        ana.sock.close()
        carteiro.stop()
        assert read_all(there) == b"ana\noi\nparticular\ntodos\n"
        assert read_all(other) == b"bia\nantes\nana\ntodos\nsaiu\ndepois\nfim\n"


def test_batch_is_one_send():
    """Mil cartas à espera saem com um só ``send``."""
    gate, sends = threading.Event(), []
    with pair() as (ana, there), working(lambda event: gate.wait(DEADLINE)) as carteiro:
        carteiro.post(Letter(b"", ana, Action.JOIN, [Event("segura")]))
        send, ana._send = ana._send, lambda data: sends.append(len(data)) or send(data)
        for _ in range(1000):
            carteiro.post(Letter(b"x\n"))
        gate.set()
        carteiro.stop()
        assert len(sends) <= 4  # o lote que segurava, o seguinte e a despedida
        assert len(read_all(there)) == 2004


def test_late_member_gets_everything_when_it_reads():
    """O que não coube espera, e chega quando há lugar."""
    with pair(max_output=1 << 30) as (ana, there), working() as carteiro:
        carteiro.post(Letter(b"", ana, Action.JOIN))
        total = 0
        while not ana.pending:
            assert carteiro.post(Letter(b"x" * 100_000))
            total += 100_000
        data = 0
        while data < total:
            data += len(there.recv(1 << 20))
        wait_until(lambda: not ana.pending)


def test_member_over_the_limit_is_cut_off():
    """Quem deixa acumular mais que o limite é desligado, e os outros recebem tudo."""
    with pair(max_output=1000) as (ana, _), pair(1 << 30) as (bia, other), working() as carteiro:
        for member in (ana, bia):
            carteiro.post(Letter(b"", member, Action.JOIN))
        got = []
        reader = threading.Thread(target=lambda: got.append(read_all(other)))
        reader.start()
        total = 0
        while ana.reason != "não lia o que recebia":
            carteiro.post(Letter(b"x" * 50_000))
            total += 50_000
        assert not ana.pending
        carteiro.stop()
        reader.join(DEADLINE)
        assert len(got[0]) == total + 4


def test_who_is_cut_off_is_woken_by_a_reset():
    """Fechar a conexão de quem não lia manda um RST: um send preso do outro lado acaba na hora."""
    with pair(max_output=1000) as (ana, _):
        while ana.reason != "não lia o que recebia":
            ana.push(b"x" * 100_000)
        linger = ana.sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
        assert struct.unpack("ii", linger) == (1, 0)


def test_short_lines_also_crowd_the_box():
    """Uma enxurrada de linhas curtas conta como enxurrada: cada carta pesa mais que seu texto."""
    carteiro = Postman(lambda event: None, b"fim\n")
    letter = Letter(b"a\n")
    assert carteiro._deliver([letter] * 10) < postman.CROWDED <= carteiro._deliver([letter] * 2000)


def test_dead_connection_does_not_stop_the_others():
    """Uma conexão que caiu não atrapalha a entrega; quem a retira é a thread dela."""
    with pair() as (ana, there), pair() as (bia, other), working() as carteiro:
        for member in (ana, bia):
            carteiro.post(Letter(b"", member, Action.JOIN))
        there.close()
        for letter in (b"1\n", b"2\n"):
            carteiro.post(Letter(letter))
        carteiro.stop()
        assert read_all(other) == b"1\n2\nfim\n" and not ana.pending


def test_full_box_makes_the_talker_wait_but_not_the_urgent():
    """Com a caixa cheia quem fala espera; a carta urgente e a do próprio carteiro, não."""
    gate, stuck = threading.Event(), threading.Event()
    with working(lambda event: gate.wait(DEADLINE)) as carteiro:
        carteiro.post(Letter(events=[Event("segura")]))
        wait_until(lambda: not carteiro._letters)
        carteiro.post(Letter(b"x" * (postman.MAX_BOX + 1)))
        talker = threading.Thread(target=lambda: (carteiro.post(Letter(b"y")), stuck.set()))
        talker.start()
        assert carteiro.post(Letter(b"z"), urgent=True)
        assert not stuck.wait(0.05)
        gate.set()
        assert stuck.wait(DEADLINE)
        talker.join()


def test_postman_may_post_to_its_own_full_box():
    """Quem observa fala de dentro do carteiro sem esperar por ele."""
    done = []

    def tell(event):
        done.extend(carteiro.post(Letter(b"x" * 10_000)) for _ in range(100))

    with working(tell) as carteiro:
        carteiro.post(Letter(events=[Event("oi")]))
        wait_until(lambda: len(done) == 100)
    assert all(done)


def test_box_is_bounded():
    """Um falante sem freio não faz a caixa crescer além do limite e de uma carta por thread."""
    sizes = []
    with working(lambda event: sizes.append(carteiro._size)) as carteiro:
        for _ in range(2000):
            carteiro.post(Letter(b"x" * 1000, events=[Event("oi")]))
    assert max(sizes) <= postman.MAX_BOX + 1000 + 2 * postman.LETTER_COST


def test_what_is_told_fills_the_box_too():
    """Cem linhas curtas numa carta só também pesam: quem observa devagar não as deixa acumular."""
    gate, posted = threading.Event(), []
    with working(lambda event: gate.wait(DEADLINE)) as carteiro:
        carteiro.post(Letter(events=[Event("segura")]))
        wait_until(lambda: not carteiro._letters)
        letter = Letter(b"x" * 100, events=[Event("oi")] * 100)
        talker = threading.Thread(target=lambda: [posted.append(carteiro.post(letter)) for _ in range(60)])
        talker.start()
        wait_until(lambda: carteiro._size > postman.MAX_BOX)
        gate.set()
        talker.join(DEADLINE)
    assert len(posted) == 60


def test_talkers_that_waited_do_not_overfill_the_box():
    """Quando há lugar de novo, quem esperava entra um de cada vez, e não todos juntos."""
    gate, sizes = threading.Event(), []

    def tell(event):
        gate.wait(DEADLINE)
        sizes.append(carteiro._size)

    with working(tell) as carteiro:
        carteiro.post(Letter(events=[Event("segura")]))
        wait_until(lambda: not carteiro._letters)
        letter = Letter(b"x" * (postman.MAX_BOX - 1000), events=[Event("oi")])
        carteiro.post(letter)
        carteiro.post(letter)
        talkers = [threading.Thread(target=carteiro.post, args=(letter,)) for _ in range(30)]
        for talker in talkers:
            talker.start()
        gate.set()
        for talker in talkers:
            talker.join(DEADLINE)
    assert len(sizes) == 33 and max(sizes) <= 2 * postman.MAX_BOX


def test_history_keeps_each_line_of_a_letter():
    """Uma carta com várias falas conta por várias no histórico."""
    with pair() as (ana, there):
        with working() as carteiro:
            carteiro.keep_history(3)
            carteiro.post(Letter(b"1\n2\n", keep=True))
            carteiro.post(Letter(b"3\n4\n", keep=True))
            carteiro.post(Letter(b"", ana, Action.JOIN))
        lines = b"".join(postman.HISTORY + line for line in (b"2\n", b"3\n", b"4\n"))
        assert read_all(there) == lines + b"fim\n"


def test_closed_box_refuses_and_wakes_who_waits():
    """Depois de ``stop`` nada é aceito, e quem esperava lugar volta com False."""
    gate, answers = threading.Event(), []
    carteiro = Postman(lambda event: gate.wait(DEADLINE), b"")
    carteiro.start()
    carteiro.post(Letter(events=[Event("segura")]))
    wait_until(lambda: not carteiro._letters)
    carteiro.post(Letter(b"x" * (postman.MAX_BOX + 1)))
    waiting = threading.Thread(target=lambda: answers.append(carteiro.post(Letter(b"y"))))
    waiting.start()
    stopping = threading.Thread(target=carteiro.stop)
    stopping.start()
    waiting.join(DEADLINE)
    gate.set()
    stopping.join(DEADLINE)
    assert answers == [False] and carteiro.post(Letter(b"z")) is False


def test_send_off_does_not_wait_forever(monkeypatch):
    """No encerramento, quem não lê é esperado só até o prazo."""
    monkeypatch.setattr(postman, "FAREWELL", 0.1)
    with pair(1 << 30) as (ana, _), working() as carteiro:
        carteiro.post(Letter(b"", ana, Action.JOIN))
        while not ana.pending:
            carteiro.post(Letter(b"x" * 100_000))
        carteiro.stop()
        assert ana.released.is_set()


def test_history_resized_in_a_flood_loses_nothing():
    """Mudar o tamanho do histórico enquanto se fala não perde o que já foi aceito."""
    with working() as carteiro:
        over = threading.Event()

        def resize():
            while not over.is_set():
                carteiro.keep_history(5000)
                carteiro.keep_history(5001)

        carteiro.keep_history(5000)
        carteiro.settle(DEADLINE)
        resizing = threading.Thread(target=resize)
        resizing.start()
        for i in range(3000):
            carteiro.post(Letter(b"%d\n" % i, keep=True))
        over.set()
        resizing.join()
        with pair() as (ana, there):
            carteiro.post(Letter(b"", ana, Action.JOIN))
            carteiro.stop()
            assert read_all(there).count(postman.HISTORY) == 3000
