"""Aula 06: o painel, que mostra texto de estranhos sem obedecer a ele."""

import threading
from html.parser import HTMLParser
from types import SimpleNamespace

from .. import weather
from ..exam_room import QUIET
from ..registry import check, exercise, expect, same
from ..scenes import CALLS, LONG, ODD, RETURN, SILENCE, read_late, unplugged

ORDER = "a linha mais nova vem por último: mantenha a ordem da conversa"
ATTACK = """<img src="" onerror="this.outerHTML='oi'">&lt;b&gt;"""


class Page(HTMLParser):
    """O que um navegador entenderia de um trecho de HTML.

    text: tudo o que se lê na tela; bold: o que está em negrito; kinds: a classe de cada ``<div>``
    de fora; lines: o texto de cada ``<div>`` sem outro dentro. Uma marca não está em texto nenhum.
    """

    def __init__(self, source: str):
        super().__init__()
        self.text = self.bold = ""
        self.kinds: list[str] = []
        self.lines: list[str] = []
        self._starts: list[int] = []  # onde, em text, começa cada <div> ainda aberto
        self._bold_depth = 0
        self._leaf = False
        self.feed(source)
        self.close()
        self.text = tidy(self.text)

    def handle_starttag(self, tag, attrs):
        self._bold_depth += tag in ("b", "strong")
        if tag == "div":
            if not self._starts:
                self.kinds.append(dict(attrs).get("class"))
            self._starts.append(len(self.text))
            self._leaf = True

    def handle_endtag(self, tag):
        self._bold_depth -= tag in ("b", "strong")
        if tag == "div" and self._starts:
            start = self._starts.pop()
            if self._leaf:
                self.lines.append(tidy(self.text[start:]))
            self._leaf = False

    def handle_data(self, data):
        self.text += data
        if self._bold_depth:
            self.bold += data


def tidy(text: str) -> str:
    """O texto com os espaços que a página mostraria."""
    return " ".join(text.split())


exercise("06.1", "show_line(message, apelido)", "Uma linha em HTML")


@check("06.1", "o texto chega inteiro à tela", "nenhum pedaço da mensagem some: nem os dois-pontos do meio")
def whole(show_line, room):
    expect(show_line("Bruno: oi", "Ana") is not None, RETURN)
    said = ["Bruno: oi", "Bruno: são 2: um, dois", "Ana: não!", "Bruno entrou!", "* limite: 4096 bytes"]
    return all(same(Page(show_line(text, "Ana")).text, text) for text in said)


@check("06.1", "o autor vem em negrito", "ponha entre <b> e </b> só o que vem antes do primeiro ': '")
def bold(show_line, room):
    author = Page(show_line("Bruno: são 2: um, dois", "Ana")).bold.strip(" :")
    return same(author, "Bruno") and not Page(show_line("Bruno entrou!", "Ana")).bold


@check("06.1", "nada da mensagem vira marca", "autor, texto, aviso: tudo passa por escape, uma só vez")
def harmless(show_line, room):
    said = [f"Bruno: {ATTACK}", f"{ATTACK}: oi", f"* {ATTACK}", f"{ATTACK} entrou!", f"Ana: {ATTACK}"]
    return all(Page(show_line(text, "Ana")).text == text for text in said)


@check("06.1", "separa as suas falas das alheias", "compare o autor inteiro com o apelido")
def owners(show_line, room):
    same(Page(show_line("Ana: oi", "Ana")).kinds, ["mine"])
    others = ["Bruno: oi", "Anabela: oi", "An: oi", "ana: oi", "Bruno: Ana: oi", "Bruno: "]
    theirs = all(Page(show_line(text, "Ana")).kinds == ["other"] for text in others)
    mine = Page(show_line("R&D: oi", "R&D")).kinds == ["mine"]
    expect(mine, "compare o autor com o apelido antes de passá-lo por escape")
    return theirs


@check("06.1", "reconhece os avisos", "um aviso começa com '* ', mesmo que tenha ': ', ou não tem ': '")
def notices(show_line, room):
    said = ["Bruno entrou!", "são 10:30!", "* mensagem longa demais: o limite é 4096 bytes"]
    return all(same((text, Page(show_line(text, "Ana")).kinds), (text, ["notice"])) for text in said)


@check("06.1", "não toma uma fala por aviso", "um aviso tem '* ', com o espaço, e só vale no começo da linha")
def not_notices(show_line, room):
    said = ["Bruno: oi * tchau", "*Bruno*: oi", "Bruno: * oi", "Bruno: "]
    return all(Page(show_line(text, "Ana")).kinds != ["notice"] for text in said)


exercise("06.2", "submit(box, note, sock)", "O clique")


def click(submit, text, sock):
    """A caixa e a nota, depois de um clique com esse texto na caixa."""
    box, note = SimpleNamespace(value=text), SimpleNamespace(value="")
    submit(box, note, sock)
    return box, note


@check("06.2", "cada linha é uma mensagem", "separe o texto em linhas; cada uma sai com um só \\n no fim")
def each_line(submit, room):
    pair = room.pair()
    click(submit, "um", pair.sock)
    expect(pair.sock.fileno() >= 0, "o próximo clique vai usar o mesmo socket: não o feche")
    click(submit, "  dois e meio \nfim", pair.sock)
    came = pair.all_that_came()
    expect(came != b"um\ndois e meio\nfim\n", "cada linha vai como foi escrita, com os espaços das pontas")
    return same(came, b"um\n  dois e meio \nfim\n")


@check("06.2", "acentos e emoji chegam", "ASCII não conhece ç nem ã; que codificação conhece tudo?")
def accents(submit, room):
    pair = room.pair()
    click(submit, "ação", pair.sock)
    click(submit, "não, João! 🎉", pair.sock)
    return pair.all_that_came() == "ação\nnão, João! 🎉\n".encode()


@check("06.2", "linhas em branco não vão", "strip() tira os espaços das pontas: sobrou algo na linha?")
def blanks(submit, room):
    pair = room.pair()
    click(submit, "   ", pair.sock)
    click(submit, "", pair.sock)
    click(submit, "\num\n\n  \t\ndois\n", pair.sock)
    return same(pair.all_that_came(), b"um\ndois\n")


@check("06.2", "um texto longo sai inteiro", "send pode mandar só uma parte; que método insiste até o fim?")
def long_text(submit, room):
    pair = room.narrow()
    return read_late(room, [pair], LONG + b"\n", click, submit, LONG.decode(), pair.sock)


@check("06.2", "esvazia a caixa e a nota", "se deu certo, as duas ficam com '', tivessem o que tivessem")
def clears(submit, room):
    box, note = SimpleNamespace(value="oi"), SimpleNamespace(value="o envio falhou")
    submit(box, note, room.pair().sock)
    return same((box.value, note.value), ("", ""))


@check("06.2", "numa falha, guarda o texto e avisa", "capture OSError; só esvazie a caixa depois de enviar")
def keeps(submit, room):
    closed, text = room.pair().sock, "um texto longo\nde duas linhas"
    closed.close()
    for sock in (room.dead(), unplugged(room), closed):
        box, note = click(submit, text, sock)
        expect(box.value == text, "o texto sumiu da caixa: só a esvazie depois que o envio deu certo")
        expect(note.value.strip(), "a nota ficou vazia: diga nela, em note.value, que o envio falhou")
    return True


exercise("06.3", "follow(sock, log, limit)", "O painel que se alimenta sozinho")


class Log:
    """Um widget de mentira, que conta quantas vezes o valor mudou."""

    def __init__(self):
        self._value, self.changes = "", 0

    @property
    def value(self) -> str:
        return self._value

    @value.setter
    def value(self, value: str) -> None:
        self._value = value
        self.changes += 1

    def shows(self, room, *texts: str) -> bool:
        """Se as linhas na tela se tornam exatamente estas."""
        return room.wait(lambda: isinstance(self.value, str) and Page(self.value).lines == list(texts))


@check("06.3", "devolve uma thread que escuta", "inicie uma thread daemon, devolva-a e não espere por ela")
def in_background(follow, room):
    pair, log = room.pair(), Log()
    thread = follow(pair.sock, log, 100)
    alive = isinstance(thread, threading.Thread) and thread.is_alive()
    expect(not alive or thread.daemon, "faltou daemon=True: sem ele, a thread segura o fim do programa")
    pair.peer.send(b"Bruno: oi\n")
    shown = log.shows(room, "Bruno: oi")
    expect(not alive or isinstance(log.value, str), "log.value é uma string de HTML, e não uma lista")
    return alive and (shown or same(log.value, "<div>Bruno: oi</div>"))


@check("06.3", "guarda só as últimas linhas", "limit é o máximo de linhas na tela: as mais antigas saem")
def bounded(follow, room):
    pair, log = room.pair(), Log()
    follow(pair.sock, log, 2)
    pair.peer.send(b"um\ndois\n")
    seen = log.shows(room, "um", "dois")
    if not seen:
        expect(Page(log.value).lines != ["dois", "um"], ORDER)
    expect(seen or len(Page(log.value).lines) > 1, "cada linha vai num <div> só dela")
    pair.peer.send("três\n".encode())
    kept = log.shows(room, "dois", "três")
    expect(Page(log.value).lines[::-1] != ["dois", "três"], ORDER)
    expect(Page(log.value).lines != ["três"], "as linhas dos outros recv continuam na tela: guarde-as também")
    return seen and (kept or same(Page(log.value).lines, ["dois", "três"]))


@check("06.3", "junta o que chega aos pedaços", "guarde os bytes até o \\n, e só então decodifique a linha")
def in_pieces(follow, room):
    pair, log = room.pair(), Log()
    with weather.drizzle():
        follow(pair.sock, log, 100)
        pair.peer.send(f"{'não ' * CALLS}\nBia: é 🎉\n".encode())
        return log.shows(room, tidy("não " * CALLS), "Bia: é 🎉")


@check(
    "06.3",
    "dois painéis não se misturam",
    "cada chamada precisa das suas linhas e da sua sobra: guarde-as na função",
)
def own_rest(follow, room):
    pairs, logs = (room.pair(), room.pair()), (Log(), Log())
    for pair, log in zip(pairs, logs, strict=True):
        follow(pair.sock, log, 100)
    pairs[0].peer.send_slowly(b"me")
    pairs[1].peer.send(b"oi\n")
    first = logs[1].shows(room, "oi")
    pairs[0].peer.send(b"io\n")
    return first and logs[0].shows(room, "meio")


@check(
    "06.3",
    "só o \\n separa, e nada a derruba",
    "use split, e não splitlines; e decode tem um errors: veja replace",
)
def odd_lines(follow, room):
    pair, log = room.pair(), Log()
    follow(pair.sock, log, 100)
    pair.peer.send(f"{ODD}\n".encode() + b"a\xffb\n")
    return log.shows(room, tidy(ODD), "a\ufffdb")


@check("06.3", "espera o tempo que for preciso", SILENCE)
def waits_for_more(follow, room):
    pair, log = room.pair(), Log()
    with weather.long_silences():
        follow(pair.sock, log, 100)
        for part in (b"u", b"m\n", b"dois\n"):
            room.wait(lambda: False, QUIET)
            pair.peer.send(part)
        return log.shows(room, "um", "dois")


@check(
    "06.3",
    "nada do que chega vira marca",
    "cada linha passa por escape, uma só vez, antes de ir para o <div>",
)
def no_tags(follow, room):
    pair, log = room.pair(), Log()
    follow(pair.sock, log, 100)
    pair.peer.send(f"Bruno: {ATTACK}\n".encode())
    return log.shows(room, f"Bruno: {ATTACK}")


@check("06.3", "redesenha uma vez por recv", "junte as linhas de um recv e só depois mude log.value, uma vez")
def few_redraws(follow, room):
    pair, log = room.pair(), Log()
    follow(pair.sock, log, 3)
    pair.peer.send("".join(f"linha {number}\n" for number in range(1000)).encode())
    return log.shows(room, "linha 997", "linha 998", "linha 999") and log.changes < 300


@check("06.3", "avisa do fim, fecha e termina", "b'' e OSError são dois fins: avise, feche sock e volte")
def ends(follow, room):
    return all(_ends_after(follow, room, leave) for leave in ("close", "reset"))


def _ends_after(follow, room, leave):
    pair, log = room.pair(), Log()
    thread = follow(pair.sock, log, 100)
    pair.peer.send_slowly(b"Bruno: tchau\nmeia lin")
    seen = log.shows(room, "Bruno: tchau")
    getattr(pair.peer, leave)()
    told = log.shows(room, "Bruno: tchau", "* desconectado")
    expect("meia lin" not in log.value, "o que ficou sem \\n não é uma linha inteira: não a mostre")
    return seen and told and room.ended(thread) and pair.sock.fileno() < 0
