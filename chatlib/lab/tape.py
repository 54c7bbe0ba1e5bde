"""A fita: o que um `Recorder` gravou, em ordem, e o que se faz com ela.

Uma fita é uma sequência imutável de `Entry`: percorra-a com ``for``, conte com ``len``, filtre
com `Tape.of`. O tempo é em segundos desde o começo da gravação; endereços e portas viram nomes.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..errors import UsageError

SERVER = "servidor"  # como a fita chama quem atende
CELL = "célula"  # e a thread principal, em que as células do notebook rodam
WIRE = ("opened", "received", "sent", "closed", "failed", "waiting")  # o que acontece num socket
ROOM = ("present", "connected", "named", "message", "private", "renamed", "left", "refused", "error")
LOCKS = ("locked", "unlocked")
THREAD = ("thread_started", "thread_ended", "state")
# O que uma thread está fazendo.
RUNNING, ACCEPT, RECV, SEND, LOCK, NOTICE = "rodando", "accept", "recv", "send", "trava", "aviso"
KINDS = (*WIRE, *ROOM, *LOCKS, *THREAD, "mark")


class Entry(NamedTuple):
    """Algo que a fita gravou.

    at e began: segundos desde o começo da fita em que isto terminou e em que começou; iguais, se
    não se mediu a espera;
    kind: um de `KINDS`, explicados em `chatlib.lab.recording.recorder`;
    who: de quem é a ponta em que isto aconteceu (``servidor``, ``Ana``); peer: quem está na outra;
    data: os bytes, talvez só o começo; size: quantos foram ao todo;
    text: o que foi dito, o motivo, o nome da marca, da trava ou do estado;
    thread: a thread em que aconteceu; conn: o número da conexão, a partir de 1 (0: nenhuma).
    """

    at: float
    began: float
    kind: str
    who: str = ""
    peer: str = ""
    data: bytes = b""
    size: int = 0
    text: str = ""
    thread: str = ""
    conn: int = 0

    @property
    def took(self) -> float:
        """Quantos segundos durou, ou esperou."""
        return self.at - self.began

    @property
    def order(self) -> float:
        """O instante que o põe antes do que ele causou: o começo de um envio, o fim do resto."""
        return self.began if self.kind in ("sent", "waiting") else self.at


@dataclass(frozen=True)
class Tape:
    """Uma fita: as entradas, e quantas das mais antigas se perderam por falta de lugar.

    framed: se veio de um servidor do `chatlib`, em que uma mensagem é uma linha; duration: quantos
    segundos se gravou.
    """

    entries: tuple[Entry, ...]
    lost: int = 0
    framed: bool = False
    duration: float = 0.0

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index):
        return self.entries[index]

    def __repr__(self) -> str:
        lost = f", {self.lost} perdidas" if self.lost else ""
        return f"<Tape: {len(self)} entradas{lost}>"

    def of(self, *kinds: str, who: str | None = None, peer: str | None = None) -> tuple[Entry, ...]:
        """As entradas desses tipos (nenhum: todos), da ponta ``who`` e com ``peer`` na outra."""
        return tuple(
            entry
            for entry in self.entries
            if (not kinds or entry.kind in kinds)
            and (who is None or entry.who == who)
            and (peer is None or entry.peer == peer)
        )

    def chunks(self, kind: str, peer: str, who: str = SERVER) -> list[bytes]:
        """Os pedaços que ``who`` recebeu de ``peer`` ("received") ou lhe enviou ("sent")."""
        return [entry.data for entry in self.of(kind, who=who, peer=peer) if entry.size]

    # --- guardar e ler de volta

    def to_jsonl(self, path: str | Path | None = None) -> str:
        """A fita em JSON Lines, uma entrada por linha; grava em ``path``, se dado."""
        header = {"fita": 1, "perdidas": self.lost, "linhas": self.framed, "segundos": self.duration}
        lines = [header, *map(_to_dict, self.entries)]
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    @classmethod
    def load(cls, source: str | Path) -> "Tape":
        """A fita que `to_jsonl` gravou, de um arquivo ou do próprio texto; UsageError se não é uma."""
        is_text = isinstance(source, str) and source.startswith("{")
        text = str(source) if is_text else Path(source).read_text(encoding="utf-8")
        try:
            # split, e não splitlines: uma mensagem pode ter U+2028
            header, *entries = (json.loads(line) for line in text.split("\n") if line)
            about = header["perdidas"], header["linhas"], header["segundos"]
            return cls(tuple(map(_from_dict, entries)), *about)
        except (ValueError, TypeError, KeyError) as error:
            raise UsageError("isto não é uma fita: use um arquivo gravado por to_jsonl") from error


def _to_dict(entry: Entry) -> dict:
    """Só os campos que dizem algo; os bytes como texto, ou em base64 se não são UTF-8."""
    fields = {key: value for key, value in entry._asdict().items() if value not in ("", b"", 0)}
    if data := fields.pop("data", b""):
        try:
            fields["data"] = data.decode()
        except UnicodeDecodeError:
            fields["base64"] = base64.b64encode(data).decode()
    return {"at": entry.at, "began": entry.began} | fields


def _from_dict(fields: dict) -> Entry:
    coded = fields.pop("base64", None)
    data = base64.b64decode(coded) if coded else fields.pop("data", "").encode()
    return Entry(**fields, data=data)
