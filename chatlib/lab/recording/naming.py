"""Do que se gravou às pressas para as entradas da fita: endereços e threads ganham nomes.

Enquanto grava, o `Recorder` só empilha tuplas `Raw`. Os nomes vêm depois: quem é cada conexão só
se sabe quando ela responde a ``NICK``, e a fita já tem o que aconteceu antes.
"""

import re
import threading
from collections import Counter

from ... import protocol
from ...apelidos import check_apelido
from ...errors import ApelidoRefused
from ..leftovers import KERNEL_THREADS
from ..tape import CELL, SERVER, Entry
from .reel import Raw
from .talk import add_messages

POSTMAN = "chatlib: carteiro"
VISITOR = "visitante"  # quem não disse o apelido


def name_all(raws: list[Raw], start: float) -> tuple[Entry, ...]:
    """As entradas da fita, em ordem e com nomes; ``start`` é o instante zero."""
    raws = sorted(raws, key=lambda raw: raw.order)
    raws = [_unite_postman(raw) for raw in raws if not _is_noise(raw)]
    raws = add_messages(raws)
    conns = _number(raws)
    labels = _label(raws, conns)
    threads = _name_threads(raws, conns, labels)
    return tuple(
        Entry(
            round(raw.at - start, 6),
            round(raw.began - start, 6),
            raw.kind,
            *_ends(raw.side, labels.get(conn, "")),
            raw.data,
            raw.size,
            raw.text,
            threads[raw.thread],
            conn,
        )
        for raw, conn in zip(raws, conns, strict=True)
    )


def _is_noise(raw: Raw) -> bool:
    """As threads do próprio Jupyter, e um envio de nada."""
    name = raw.thread.name if raw.thread else ""
    return name.startswith(KERNEL_THREADS) or (raw.kind == "sent" and not raw.size)


def _unite_postman(raw: Raw) -> Raw:
    return raw._replace(thread=None) if raw.thread and raw.thread.name == POSTMAN else raw


def _ends(side: str, label: str) -> tuple[str, str]:
    """De quem é a ponta e quem está na outra."""
    return (side, label) if side else (label, SERVER if label else "")


def _number(raws: list[Raw]) -> list[int]:
    """O número da conexão de cada entrada, na ordem em que elas aparecem."""
    current: dict[object, int] = {}
    opened, numbers, last = set(), [], 0
    for raw in raws:
        # A mesma ponta abre outra vez: a porta voltou, com outra pessoa.
        again = raw.kind == "opened" and (current.get(raw.key), raw.side) in opened
        if raw.key is not None and (raw.key not in current or again):
            current[raw.key] = last = last + 1
        numbers.append(current.get(raw.key, 0))
        if raw.kind == "opened":
            opened.add((numbers[-1], raw.side))
    return numbers


def _label(raws: list[Raw], conns: list[int]) -> dict[int, str]:
    """O nome de cada conexão: o primeiro que se soube, ou ``visitante N``."""
    known, over = _known_names(raws, conns), _endings(raws, conns)
    labels: dict[int, str] = {}
    visitors = 0
    for conn in dict.fromkeys(filter(None, conns)):
        when, name = known.get(conn, (0, ""))
        if not name:
            visitors += 1
            name = f"{VISITOR} {visitors}"
        rivals = sum(
            known.get(other, (0, ""))[1] == name and over.get(other, len(raws)) > when for other in labels
        )
        labels[conn] = f"{name} ({rivals + 1})" if rivals else name
    return labels


def _known_names(raws: list[Raw], conns: list[int]) -> dict[int, tuple[int, str]]:
    """Por conexão, o apelido e a posição na fita em que ele apareceu."""
    known: dict[int, tuple[int, str]] = {}
    asked: dict[int, bytes] = {}  # conexões que ouviram NICK, e o que já responderam
    for index, (raw, conn) in enumerate(zip(raws, conns, strict=True)):
        if raw.apelido:
            known.setdefault(conn, (index, raw.apelido))
        if raw.side != SERVER or conn in known:
            continue
        if raw.kind == "sent" and raw.data == protocol.NICK:
            asked[conn] = b""
        elif conn in asked and raw.kind in ("received", "sent"):
            asked[conn] += raw.data if raw.kind == "received" else b"\n"
            if name := _answer(asked[conn]):
                known[conn] = index, name
    for conn, answer in asked.items():  # a resposta sem \n de quem não disse mais nada
        if name := _answer(answer + b"\n"):
            known.setdefault(conn, (len(raws), name))
    return known


def _answer(data: bytes) -> str:
    line, newline, _ = data.partition(b"\n")
    if not newline:
        return ""
    try:
        return check_apelido(line.decode("utf-8", "replace").strip())
    except ApelidoRefused:
        return ""


def _endings(raws: list[Raw], conns: list[int]) -> dict[int, int]:
    """Por conexão, a posição na fita em que ela acabou."""
    ends: dict[int, int] = {}
    for index, (raw, conn) in enumerate(zip(raws, conns, strict=True)):
        if raw.kind in ("left", "closed"):
            ends.setdefault(conn, index)
    return ends


# --- threads


def _name_threads(raws: list[Raw], conns: list[int], labels: dict) -> dict[threading.Thread | None, str]:
    """O nome de cada thread: o da função que ela roda e, se há várias iguais, de quem ela cuida."""
    heard: dict[threading.Thread | None, dict[str, None]] = {}
    for raw, conn in zip(raws, conns, strict=True):
        peers = heard.setdefault(raw.thread, {})
        if conn and raw.kind in ("opened", "received", "waiting", "failed"):
            peers[labels[conn]] = None
    bases = {thread: _base(thread.name if thread else POSTMAN) for thread in heard}
    count = Counter(bases.values())
    names: dict[threading.Thread | None, str] = {}
    used: Counter = Counter()
    for thread, base in bases.items():
        several = base == "handle" or count[base] > 1
        name = f"{base} de {next(iter(heard[thread]))}" if several and len(heard[thread]) == 1 else base
        used[name] += 1
        names[thread] = name if used[name] == 1 else f"{name} ({used[name]})"
    return names


def _base(name: str) -> str:
    if name == "MainThread":
        return CELL
    if target := re.fullmatch(r"Thread-\d+(?: \((.*)\))?", name):
        return target[1] or "thread"
    return name.removeprefix("chatlib: ")
