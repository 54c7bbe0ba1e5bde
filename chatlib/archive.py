"""O histórico num arquivo: o que se disse a todos, uma linha de JSON por mensagem.

    carteiro ── put ──▶ fila ──▶ thread do arquivo ──▶ historico.jsonl      (quando cheio)
                                                       historico.jsonl.1  ◀──┘

Só se acrescenta, e cada linha vai inteira num só ``write``: um ``kill -9`` deixa no máximo a última
pela metade, e ela é descartada na leitura. Um disco lento atrasa só esta thread, nunca a sala. O
arquivo tem um limite: cheio, dá lugar a outro, e o anterior ao anterior se vai.
"""

import json
import os
import stat
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from . import protocol
from .errors import UsageError

ROTATE = 4 << 20  # bytes de um arquivo; com o anterior, são no máximo duas vezes isso
QUEUED = 10_000  # mensagens à espera do disco; além delas, perdem-se as mais antigas
STARTS = b'{"quando": '


class Archive:
    """O arquivo de uma sala; cada um tem um só servidor.

    path: onde fica; None, e nada se grava; count: quantas mensagens o histórico conta a quem chega,
    e UsageError se nenhuma; complain: chamado, de outra thread, com a frase que diz por que não se grava.
    """

    def __init__(self, path: str | Path | None, count: int, complain: Callable[[str], None]):
        if path and not count:
            raise UsageError("o arquivo guarda o histórico: diga também quantas mensagens, como history=50")
        self._is_used, self._path, self._complain = bool(path), Path(path or ""), complain
        self._lock = threading.Condition()  # guarda a fila e _closed
        self._queue: deque[bytes] = deque(maxlen=QUEUED)
        self._closed = True
        self._is_failing = False  # já se disse que não grava
        self._descriptor = self._size = 0  # o arquivo aberto, e quantos bytes dele estão inteiros
        self._thread: threading.Thread | None = None

    def open(self, count: int) -> list[bytes]:
        """Passa a gravar; devolve as últimas ``count`` mensagens guardadas. UsageError se não dá."""
        if not self._is_used:
            return []
        try:
            self._descriptor, last = _open(self._path)
            previous = self._path.with_name(self._path.name + ".1")
            older = _read_lines(previous.read_bytes()[-ROTATE:], previous)[0] if previous.exists() else []
        except OSError as error:
            raise UsageError(
                f"não abri o histórico em {self._path} ({error.strerror}): confira a pasta e as permissões"
            ) from None
        self._size = os.fstat(self._descriptor).st_size
        self._closed = self._is_failing = False
        self._thread = threading.Thread(target=self._run, name="chatlib: histórico", daemon=True)
        self._thread.start()
        return [*older, *last][-count:] if count else []

    def put(self, line: bytes) -> None:
        """Guarda uma linha do fio; não espera pelo disco."""
        if not self._is_used:
            return
        with self._lock:
            self._queue.append(line)
            self._lock.notify()

    def close(self) -> None:
        """Grava o que falta e fecha; pode ser chamado de novo."""
        with self._lock:
            self._closed = True
            self._lock.notify()
        if self._thread:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while lines := self._take():
            when = datetime.now().astimezone().isoformat(timespec="seconds")
            self._write(b"".join(_pack(when, line) for line in lines))
        with suppress(OSError):  # o que o disco recusou já foi dito
            os.fsync(self._descriptor)
        if self._descriptor >= 0:
            self._close()

    def _take(self) -> list[bytes]:
        with self._lock:
            while not self._queue and not self._closed:
                self._lock.wait()
            lines = list(self._queue)
            self._queue.clear()
            return lines

    def _write(self, data: bytes) -> None:
        try:
            self._make_room()
            view = memoryview(data)
            while view:
                view = view[os.write(self._descriptor, view) :]
            self._size += len(data)
            self._is_failing = False
        except OSError as error:
            with suppress(OSError):  # meia linha estragaria a próxima
                os.ftruncate(self._descriptor, self._size)
            if not self._is_failing:
                self._is_failing = True
                why = error.strerror or str(error)
                self._complain(
                    f"o histórico não está sendo gravado em {self._path} ({why}); a sala continua: libere "
                    "espaço, e ele volta sozinho"
                )

    def _make_room(self) -> None:
        """Cheio, o arquivo dá lugar a outro."""
        if self._descriptor < 0:
            self._open_again()
        if self._size <= ROTATE:
            return
        with suppress(OSError):  # no pior caso, o que se perde é o que uma queda de energia levaria
            os.fsync(self._descriptor)
        self._close()  # o Windows não muda o nome de um arquivo aberto
        os.replace(self._path, self._path.with_name(self._path.name + ".1"))
        self._open_again()

    def _open_again(self) -> None:
        self._descriptor = os.open(self._path, _FLAGS, 0o600)
        self._size = os.fstat(self._descriptor).st_size

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1  # o número pode logo ser de um socket
        os.close(descriptor)


_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)


def _open(path: Path) -> tuple[int, list[bytes]]:
    """O arquivo aberto, sem a linha que tenha ficado pela metade, e o que ele guarda."""
    descriptor = os.open(path, _FLAGS, 0o600)  # só o dono lê o que se disse
    try:
        kind, size = os.fstat(descriptor).st_mode, os.fstat(descriptor).st_size
        if stat.S_ISCHR(kind):  # /dev/full
            return descriptor, []
        if not stat.S_ISREG(kind):
            raise UsageError(f"{path} não é um arquivo comum: escolha outro para o histórico")
        os.lseek(descriptor, max(0, size - ROTATE), os.SEEK_SET)
        lines, torn = _read_lines(_read(descriptor), path)
        os.ftruncate(descriptor, size - torn)
        return descriptor, lines
    except BaseException:
        os.close(descriptor)
        raise


def _read(descriptor: int) -> bytes:
    parts = []
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _pack(when: str, line: bytes) -> bytes:
    record = {"quando": when, "linha": line.decode().removesuffix("\n")}
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"


def _read_lines(data: bytes, path: Path) -> tuple[list[bytes], int]:
    """As linhas do fio que estão em ``data``, e quantos bytes sobram, de uma que ficou pela metade.

    UsageError se isto não é um histórico: o arquivo de outra coisa não se estraga.
    """
    *records, rest = data.split(b"\n")
    lines = [line for line in map(_unpack, records) if line]
    torn = rest.startswith(STARTS) or (rest != b"" and STARTS.startswith(rest))
    if (data and not lines and not torn) or (rest and not torn):
        raise UsageError(f"{path} já existe e não é um histórico do chat: escolha outro arquivo")
    return lines, len(rest)


def _unpack(record: bytes) -> bytes | None:
    try:
        return protocol.encode(str(json.loads(record)["linha"]))
    except (ValueError, TypeError, KeyError):
        return None
