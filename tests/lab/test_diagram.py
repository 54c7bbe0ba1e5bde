"""O diagrama: diz o mesmo que a fita e que os clientes, e nada do que veio da rede o deforma."""

import re
import socket
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peers import DEADLINE, run_server, wait_until

from chatlib import Client
from chatlib.errors import UsageError
from chatlib.lab import Recorder
from chatlib.lab.drawing.diagram import LIMIT, PEOPLE, Diagram, escape, shorten
from chatlib.lab.drawing.steps import Step
from chatlib.lab.tape import SERVER, Entry, Tape
from chatlib.protocol import clean

NAMES = ("Ana", "Bruno", "Carla", "Davi")


def tape_of(*entries, framed=True):
    """Uma fita montada à mão: ``(kind, who, peer, data ou texto)``, uma entrada por instante."""
    found = []
    for at, (kind, who, peer, what) in enumerate(entries):
        data = what if isinstance(what, bytes) else b""
        text = "" if isinstance(what, bytes) else what
        conn = 1 + NAMES.index(max(who, peer, key=NAMES.count)) if who or peer else 0
        found.append(Entry(at, at, kind, who, peer, data, len(data), text, "t", conn))
    return Tape(tuple(found), framed=framed)


def arrows(diagram, who=None, peer=None):
    """Os textos das setas de um a outro."""
    return [
        step.text
        for step in diagram.steps
        if step.kind == "arrow" and who in (None, step.who) and peer in (None, step.peer)
    ]


def talk(server):
    """Ana e Bruno entram e conversam, um passo de cada vez."""
    with Client("Ana", *server.address) as ana, Client("Bruno", *server.address) as bruno:
        ana.wait_for("Bruno entrou!")
        for person, text in ((ana, "oi"), (bruno, "olá"), (ana, "tchau")):
            person.write(text)
            for reader in (ana, bruno):
                reader.wait_for(text)


TALK = """\
Ana      → servidor │ conecta
servidor → Ana      │ NICK
Ana      → servidor │ Ana
servidor → Ana      │ Ana entrou!
servidor → Ana      │ Conectado ao servidor!
Bruno    → servidor │ conecta
servidor → Bruno    │ NICK
Bruno    → servidor │ Bruno
servidor → Ana      │ Bruno entrou!
servidor → Bruno    │ Bruno entrou!
servidor → Bruno    │ Conectado ao servidor!
Ana      → servidor │ Ana: oi
servidor → Ana      │ Ana: oi
servidor → Bruno    │ Ana: oi
Bruno    → servidor │ Bruno: olá
servidor → Ana      │ Bruno: olá
servidor → Bruno    │ Bruno: olá
Ana      → servidor │ Ana: tchau
servidor → Ana      │ Ana: tchau
servidor → Bruno    │ Ana: tchau
Bruno    ✕ servidor │ sai
servidor → Ana      │ Bruno saiu!
Ana      ✕ servidor │ sai"""


def test_same_session_same_diagram():
    """A mesma conversa dá sempre o mesmo texto, e a fita lida de volta também."""
    for _ in range(20):
        with run_server() as server, Recorder(server) as fita:
            talk(server)
        assert repr(fita.diagram()) == TALK
    assert repr(Diagram(Tape.load(fita.to_jsonl()))) == TALK


def test_pieces_show_what_travelled_together(server):
    """Por pedaços, a saudação vai colada à entrada, com a marca do fim de linha."""
    with Recorder(server) as fita, Client("Ana", *server.address):
        pass
    assert arrows(fita.diagram(pieces=True), SERVER, "Ana") == [
        "NICK",
        "Ana entrou!⏎Conectado ao servidor!⏎",
    ]


# --- sessões ao acaso: a fita, o diagrama e o que cada cliente leu contam a mesma história

people = st.sampled_from(NAMES)
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=30
).filter(lambda text: text.strip() and not text.startswith("/"))
moves = st.one_of(
    st.tuples(st.just("join"), people),
    st.tuples(st.just("leave"), people),
    st.tuples(st.just("say"), people, texts),
    st.tuples(st.just("whisper"), people, people, texts),
    st.tuples(st.just("rename"), people, st.sampled_from(("Zé", "Ana", "Lia"))),
)


def play(server, script):
    """Faz o que o roteiro manda, sem esperar a cada passo; devolve, por pessoa, as sessões dela."""
    inside, stays = {}, []
    for number, (move, name, *rest) in enumerate(script):
        person = inside.get(name)
        if move == "join" and not person and len(inside) < 4:
            wire = []
            alias = f"{name}{number}"
            inside[name] = Client(alias, *server.address, on_wire=wire.append)
            stays.append((alias, inside[name], wire))
        elif person and move == "leave":
            finish(inside.pop(name))
        elif person and move == "say":
            person.write(rest[0])
        elif person and move == "whisper":
            target = inside.get(rest[0])
            person.write(f"/msg {target.apelido if target else rest[0]} {rest[1]}")
        elif person and move == "rename":
            person.write(f"/apelido {rest[0]}{number}")
    for person in inside.values():
        finish(person)
    return stays


def finish(person):
    """Lê até a resposta ao último pedido, e sai."""
    person.write("/ajuda")
    person.wait_for("* comandos: ", DEADLINE)
    person.close()


def lines(chunks):
    """Os pedaços de volta em linhas, sem o NICK."""
    return [line for line in b"".join(chunks).removeprefix(b"NICK").split(b"\n") if line]


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(script=st.lists(moves, max_size=25))
def test_tape_diagram_and_clients_agree(script):
    """Linha a linha: o que um cliente mostrou, o que a fita tem, e as setas do diagrama."""
    with run_server() as server, Recorder(server) as fita:
        stays = play(server, [("join", "Ana"), ("join", "Bruno"), *script])
    tape, diagram = fita.tape, fita.diagram(limit=10_000)
    assert [entry.peer for entry in tape.of("named")] == [alias for alias, _, _ in stays]
    assert len(tape.of("left")) == len(stays)
    for alias, client, wire in stays:
        shown = list(client.messages)
        sent = [line.decode() for line in lines(tape.chunks("sent", alias))]
        assert sent[: len(shown)] == shown
        assert arrows(diagram, SERVER, alias) == ["NICK", *sent]
        said = [clean(line.decode()) for line in lines(e.data for e in wire if e.kind == "sent")]
        assert arrows(diagram, alias, SERVER) == ["conecta", *said]
        talk = [line.removeprefix(f"{alias}: ") for line in said[1:]]
        assert [entry.text for entry in tape.of("message", peer=alias)] == [
            text for text in talk if not text.startswith("/")
        ]
    text = repr(diagram)
    assert text == repr(Diagram(Tape.load(fita.to_jsonl()), limit=10_000))
    assert len(text.split("\n")) == len(diagram.steps)
    everything = [step.text for step in diagram.steps if step.kind == "arrow" and step.who == SERVER]
    assert sorted(everything) == sorted(
        text for alias, _, _ in stays for text in arrows(diagram, SERVER, alias)
    )


# --- a ordem


def test_copies_of_a_line_come_together():
    """As cópias de cada linha ficam lado a lado, em ordem de chegada, e cada fila na sua ordem."""
    tape = tape_of(
        ("sent", SERVER, "Ana", b"um\ndois\n"),
        ("sent", SERVER, "Bruno", b"um\nso sua\ndois\n"),
        ("sent", SERVER, "Carla", b"dois\ntres\n"),
        ("sent", SERVER, "Ana", b"tres\n"),
    )
    assert [(step.peer, step.text) for step in Diagram(tape).steps] == [
        ("Ana", "um"),
        ("Bruno", "um"),
        ("Bruno", "so sua"),
        ("Ana", "dois"),
        ("Bruno", "dois"),
        ("Carla", "dois"),
        ("Ana", "tres"),
        ("Carla", "tres"),
    ]


def test_crossed_queues_do_not_loop():
    """Duas filas em ordens contrárias, o que um servidor só não faz, ainda saem inteiras."""
    tape = tape_of(("sent", SERVER, "Ana", b"a\nb\n"), ("sent", SERVER, "Bruno", b"b\na\n"))
    found = [(step.peer, step.text) for step in Diagram(tape).steps]
    assert [text for peer, text in found if peer == "Ana"] == ["a", "b"]
    assert [text for peer, text in found if peer == "Bruno"] == ["b", "a"]


def test_unframed_peer():
    """De quem não termina as linhas, cada pedaço é uma mensagem."""
    tape = tape_of(
        ("sent", SERVER, "Ana", b"NICK"),
        ("received", SERVER, "Ana", b"Ana"),
        ("named", SERVER, "Ana", ""),
        ("sent", SERVER, "Ana", b"Ana entrou!\n"),
        ("received", SERVER, "Ana", b"Ana: oi"),
        ("received", SERVER, "Ana", b"Ana: oi de novo"),
        ("received", SERVER, "Ana", b"Ana: pela met"),
    )
    assert arrows(Diagram(tape), "Ana") == ["Ana", "Ana: oi", "Ana: oi de novo", "Ana: pela met"]


def test_line_in_pieces_and_line_cut_short():
    """Uma linha em pedaços é uma seta; do que a fita não guardou se diz o tamanho; o fim fica solto."""
    entries = [
        Entry(0, 0, "received", SERVER, "Ana", b"bom", 3, conn=1),
        Entry(1, 1, "received", SERVER, "Ana", b" dia\nlong", 500, conn=1),
        Entry(2, 2, "received", SERVER, "Ana", b"sem fim", 7, conn=1),
    ]
    found = arrows(Diagram(Tape(tuple(entries), framed=True)))
    assert found == ["bom dia", "long… mais 491 bytes", "sem fim"]


# --- os casos da rede


def test_leaving_is_drawn_once():
    """Cada um sai uma vez, com o motivo se ele não é o de sempre."""
    tape = tape_of(
        ("left", SERVER, "Ana", "não lia o que recebia"),
        ("closed", SERVER, "Ana", ""),
        ("received", SERVER, "Bruno", b""),
        ("closed", SERVER, "Bruno", ""),
        ("closed", SERVER, "Carla", ""),
    )
    assert [(step.who, step.text) for step in Diagram(tape).steps] == [
        ("Ana", "sai: não lia o que recebia"),
        ("Bruno", "sai"),
        ("Carla", "sai"),
    ]


def test_gluing_is_visible():
    """Duas setas e um recv: com as duas pontas gravadas, o que se colou salta aos olhos."""
    with socket.create_server(("127.0.0.1", 0)) as listener, Recorder() as fita:
        fita.wrap(listener)
        with fita.wrap(socket.create_connection(listener.getsockname()), who="Ana") as ana:
            connection, _ = listener.accept()
            with connection:
                ana.send(b"um")
                ana.send(b"dois")
                wait_until(lambda: len(connection.recv(10, socket.MSG_PEEK)) == 6)
                assert connection.recv(10) == b"umdois"
                connection.settimeout(0.01)
                with pytest.raises(TimeoutError):
                    connection.recv(10)
        assert fita.diagram().steps == (
            Step("arrow", "Ana", SERVER, "conecta"),
            Step("arrow", "Ana", SERVER, "um"),
            Step("arrow", "Ana", SERVER, "dois"),
            Step("note", SERVER, "Ana", "recv: umdois"),
            Step("note", SERVER, "Ana", "recv: TimeoutError"),
            Step("leave", SERVER, "Ana", "fecha"),
            Step("leave", "Ana", SERVER, "fecha"),
        )
        assert "servidor · recv: umdois" in repr(fita.diagram())


def test_stuck_send_is_visible():
    """Quem não lê aparece: a thread parada no send, e para quem."""
    left, right = socket.socketpair()
    with Recorder() as fita, left, right:
        fita.wrap(left, peer="Carla")
        left.settimeout(DEADLINE)
        thread = threading.Thread(target=lambda: left.sendall(b"x" * 5_000_000), name="broadcast")
        thread.start()
        wait_until(lambda: any(entry.took > 0.06 for entry in fita.tape.of("waiting")))
        notes = [step.text for step in fita.diagram().steps if step.kind == "note"]
        left_to_read = 5_000_000
        while left_to_read:
            left_to_read -= len(right.recv(min(left_to_read, 1 << 20)))
        thread.join()
    assert notes == ["broadcast parada em send, à espera de Carla"]


# --- o tamanho


def test_long_session_is_summarized():
    """O meio de uma sessão longa vira uma linha que o conta."""
    tape = tape_of(*[("received", SERVER, "Ana", b"%d\n" % number) for number in range(200)])
    diagram = Diagram(tape)
    rows = repr(diagram).split("\n")
    assert len(rows) == LIMIT and len(diagram.steps) == 200
    assert rows[40] == f"… mais {200 - LIMIT + 1} mensagens …"
    assert rows[39].endswith("39") and rows[41].endswith("181") and rows[-1].endswith("199")
    only_marks = tape_of(*[("mark", "", "", str(number)) for number in range(9)])
    assert "… mais 7 passos …" in repr(Diagram(only_marks, limit=3))
    with pytest.raises(UsageError, match="limit=3"):
        Diagram(tape, limit=2)


def test_many_people_share_a_column():
    """Depois de tantas colunas, os que chegam dividem uma, e a mesma linha para eles aparece uma vez."""
    entries = [Entry(n, n, "sent", SERVER, f"p{n}", b"oi\n", 3, conn=n + 1) for n in range(20)]
    diagram = Diagram(Tape(tuple(entries), framed=True))
    assert len(diagram.participants) == PEOPLE + 1 and diagram.participants[-1] == "mais 13"
    assert len(repr(diagram).split("\n")) == 8
    assert len(arrows(diagram)) == 20


def test_empty_tape():
    """Uma fita vazia não é um erro, nem um desenho."""
    bundle = Diagram(Tape(()))._repr_mimebundle_()
    assert bundle == {"text/plain": "(nada passou no fio)"}


def test_long_text_is_shortened():
    """De um texto longo se mostra o começo e se diz quanto falta."""
    assert shorten("x" * 48) == "x" * 48
    assert shorten("x" * 100) == "x" * 36 + "… mais 64 caracteres"


# --- nada do que veio da rede é lido como desenho

hostile = st.text(st.sampled_from("ab ;#<>&\"'`%$\\:,{}[]()-=\n\r\tendãé🎉\u202e"), max_size=40)


@given(st.lists(hostile, min_size=1, max_size=6), hostile)
def test_hostile_text_stays_text(messages, name):
    """Uma linha por passo no Mermaid, só com caracteres inofensivos; no SVG, tudo escapado."""
    entries = [
        Entry(n, n, "received", SERVER, name or "Ana", text.encode() + b"\n", len(text.encode()) + 1, conn=1)
        for n, text in enumerate(messages)
    ]
    diagram = Diagram(Tape(tuple(entries), framed=True))
    head, drawn = diagram.mermaid.rstrip("\n").split("p1->>", 1)[0], diagram.mermaid
    assert "participant p0" in head and "participant p1" in head
    for line in drawn.split("\n"):
        if match := re.match(r"    p\d->>p\d: (.*)", line):
            assert re.fullmatch(r"(#\d+;|[\w ,.:!?…⏎()/'→·-])*", match[1])
            assert not re.search(r"\bend\b", match[1], re.I)
    picture = diagram._repr_mimebundle_()["text/html"]
    tags = set(re.findall(r"<(/?\w+)", picture))
    assert {tag.strip("/") for tag in tags} <= {"style", "div", "svg", "line", "rect", "text", "path", "pre"}


def test_escape():
    """Os códigos dizem o mesmo caractere, e um texto vazio não some com a seta."""
    assert escape("oi; <b>") == "oi#59; #60;b#62;"
    assert escape("the end") == "the #101;nd"
    assert escape("  ") == "#8203;"


def test_every_form(server):
    """A saída tem desenho, Mermaid e texto; no desenho vai o texto, para quem não o vê."""
    with Recorder(server) as fita:
        fita.mark("começo")
        talk(server)
    bundle = fita.diagram()._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "text/vnd.mermaid"}
    assert "sequenceDiagram" in bundle["text/vnd.mermaid"] and "Note over p0,p2" in bundle["text/vnd.mermaid"]
    assert 'aria-hidden="true"' in bundle["text/html"]
    assert bundle["text/plain"].replace("→", "→") in bundle["text/html"].replace("&#x27;", "'")
    assert "── começo ──" in bundle["text/plain"]


def test_notes_marks_and_leaving_are_drawn():
    """O desenho tem lugar para o recado mais longo, a faixa da marca e a seta tracejada de quem sai."""
    note = "uma thread com um nome bem comprido parada em send"
    tape = tape_of(
        ("mark", "", "", "chega Ana"), ("sent", SERVER, "Ana", b"oi\n"), ("left", SERVER, "Ana", "")
    )
    failed = Entry(9, 9, "failed", SERVER, "Ana", text=note, thread="t", conn=1)
    picture = Diagram(Tape((*tape, failed), framed=True))._repr_mimebundle_()["text/html"]
    assert "chega Ana</text>" in picture and 'stroke-dasharray="5 4"' in picture
    width = float(re.search(r'<svg [^>]*width="(\d+)"', picture)[1])
    box = re.search(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="20" rx="3"', picture)
    assert float(box[1]) + float(box[2]) < width


def test_drawing_is_quick():
    """Uma fita cheia se desenha em pouco tempo."""
    tape = tape_of(*[("sent", SERVER, NAMES[n % 4], b"%d\n" % (n // 4)) for n in range(20_000)])
    start = time.monotonic()
    Diagram(tape)._repr_mimebundle_()
    assert time.monotonic() - start < DEADLINE
