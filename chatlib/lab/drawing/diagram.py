"""O diagrama de sequência de uma fita: desenhado no Jupyter, e em texto para todos os outros.

    Diagram(fita)                 # uma seta por mensagem, ou por chamada se os sockets são seus
    Diagram(fita, pieces=True)    # uma seta por recv e por send: o que viajou junto aparece junto

O desenho é um SVG nosso, e não o do Mermaid, que também vai na saída, para outros programas: no
JupyterLab o Mermaid não acompanha a troca de tema e encolhe o que é largo até não se ler.
"""

import re
from collections.abc import Iterator

from ...errors import UsageError
from ..tape import SERVER, Tape
from .diagram_svg import draw
from .picture import picture
from .steps import Step, steps

LIMIT = 60  # passos desenhados; o meio de uma sessão maior é resumido
WIDTH = 36  # caracteres de cada seta
PEOPLE = 8  # colunas de pessoas; as que chegam depois dividem uma só
SUMMARY = "resumo"
SETTINGS = '%%{init: {"sequence": {"mirrorActors": false}}}%%'
ARROWS = {"arrow": "->>", "leave": "--x"}


class Diagram:
    """A fita como um diagrama de sequência.

    pieces: uma seta por chamada (True) ou por mensagem (False); None, o padrão, é por mensagem se
    a fita veio de um servidor do chatlib; limit: quantos passos mostrar; o meio do que passa
    disso é resumido.

    steps: os passos, todos e inteiros; participants: os nomes, na ordem das colunas;
    mermaid: o desenho, na linguagem Mermaid. O texto (``str``) não tem horas nem portas: fitas
    iguais dão textos iguais. Levanta UsageError se limit é menor que 3.
    """

    def __init__(self, tape: Tape, *, pieces: bool | None = None, limit: int = LIMIT):
        if limit < 3:
            raise UsageError("um diagrama tem pelo menos 3 passos: use limit=3 ou mais")
        self.steps = steps(tape, not tape.framed if pieces is None else pieces)
        self.lost = tape.lost
        everyone = _participants(tape, self.steps)
        self.participants, self._column = _columns(everyone)
        self._shown = _summarize([*self._placed()], limit)

    def _placed(self) -> Iterator[Step]:
        """Os passos nas colunas que há; o mesmo para vários de uma coluna só aparece uma vez."""
        last = None
        for step in self.steps:
            who, peer = (self._column.get(name, name) for name in (step.who, step.peer))
            placed = step._replace(who=who, peer=peer)
            if placed == step or placed != last:
                yield placed
            last = placed

    def __repr__(self) -> str:
        if not self.steps:
            return "(nada passou no fio)"
        width = max(map(len, self.participants), default=0)
        lost = [f"(as {self.lost} entradas mais antigas se perderam)"] if self.lost else []
        return "\n".join([*lost, *(_line(step, width) for step in self._shown)])

    @property
    def mermaid(self) -> str:
        """O diagrama na linguagem Mermaid; nada do que veio da rede é lido como desenho."""
        names = {name: f"p{index}" for index, name in enumerate(self.participants)}
        lines = [f"    participant {alias} as {escape(name)}" for name, alias in names.items()]
        title = "    accTitle: Diagrama de sequência da fita"
        drawn = [f"    {line}" for step in self._shown for line in _draw(step, names)]
        return "\n".join([SETTINGS, "sequenceDiagram", title, *lines, *drawn]) + "\n"

    def _repr_mimebundle_(self, **_) -> dict[str, str]:
        text = repr(self)
        if not self.steps:
            return {"text/plain": text}
        texts = [shorten(step.text) for step in self._shown]
        drawing = picture(*draw(self._shown, self.participants, texts), text)
        return {"text/plain": text, "text/html": drawing, "text/vnd.mermaid": self.mermaid}


def _participants(tape: Tape, found: tuple[Step, ...]) -> list[str]:
    """Quem aparece nas setas: a primeira pessoa, o servidor e as outras, em ordem de chegada."""
    seen = {name for step in found for name in (step.who, step.peer)} - {""}
    order = dict.fromkeys(name for entry in tape for name in (entry.peer, entry.who) if name in seen)
    people = [name for name in order if name != SERVER]
    return [*people[:1], *[SERVER] * (SERVER in seen), *people[1:]]


def _columns(everyone: list[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """As colunas, e em qual delas fica quem não tem a sua."""
    if len(everyone) <= PEOPLE + 1:
        return tuple(everyone), {}
    kept, others = everyone[:PEOPLE], everyone[PEOPLE:]
    name = f"mais {len(others)}"
    return (*kept, name), dict.fromkeys(others, name)


def _summarize(found: list[Step], limit: int) -> list[Step]:
    """Os passos, com um resumo no lugar do meio se são muitos."""
    if len(found) <= limit:
        return found
    head = limit * 2 // 3
    tail = limit - head - 1
    middle = found[head : len(found) - tail]
    return [*found[:head], Step(SUMMARY, "", text=_count(middle)), *found[len(found) - tail :]]


def _count(middle: list[Step]) -> str:
    messages = sum(step.kind == "arrow" for step in middle)
    return f"… mais {messages} mensagens …" if messages else f"… mais {len(middle)} passos …"


# --- em texto


def _line(step: Step, width: int) -> str:
    text = shorten(step.text)
    if step.kind in ("mark", SUMMARY):
        return f"── {text} ──" if step.kind == "mark" else text
    if step.kind == "note":
        return f"{step.who:<{width}} · {text}"
    arrow = "→" if step.kind == "arrow" else "✕"
    return f"{step.who:<{width}} {arrow} {step.peer:<{width}} │ {text}"


def shorten(text: str) -> str:
    """O começo de um texto longo, e quantos caracteres faltam."""
    return text if len(text) <= WIDTH + 12 else f"{text[:WIDTH]}… mais {len(text) - WIDTH} caracteres"


# --- em Mermaid


def _draw(step: Step, names: dict[str, str]) -> Iterator[str]:
    text = escape(shorten(step.text))
    everyone = list(dict.fromkeys([*names.values()][:1] + [*names.values()][-1:]))
    if step.kind in ("mark", SUMMARY):
        yield f"Note over {','.join(everyone)}: {text}"
    elif step.kind == "note":
        yield f"Note over {names[step.who]}: {text}"
    else:
        yield f"{names[step.who]}{ARROWS[step.kind]}{names[step.peer]}: {text}"


def escape(text: str) -> str:
    """O texto com tudo o que o Mermaid poderia ler como desenho trocado por códigos ``#NN;``."""
    safe = re.sub(r"[^\w ,.:!?…⏎()/'→·-]", lambda match: f"#{ord(match[0])};", text)
    safe = re.sub(r"\bend\b", lambda match: f"#{ord(match[0][0])};{match[0][1:]}", safe, flags=re.I)
    return safe.strip() or "#8203;"
