"""O registro comum num NATS com JetStream: um servidor à parte, ou três, que guarda e ordena.

    publish ──▶ chat.SALA.in ──▶ │ fluxo SALA │ ──▶ chat.SALA.out ──▶ apply
                                 └─ numera e guarda, na maioria dos nós

O que chega é lido do que o NATS repete em ``out`` assim que guarda; o que faltar, por o contato ter
caído, é buscado pelo número. (Um consumidor do JetStream, que seria o usual, fica mudo por 5 a 7 s
quando cai o nó em que ele mora.) Uma publicação sem resposta é repetida com a mesma identidade, e o
NATS descarta a que já tinha. Os sinais de vida passam por fora do fluxo: com o líder dele perdido, os
servidores continuam a ouvir-se, e ninguém é dado por caído por engano.

O que se diz fica no disco do NATS, particulares incluídas, até que `RETAINED` publicações o empurrem.

Tudo o que é do NATS corre no laço de uma thread; os fatos se cumprem em outra, para que uma sala
lenta não cale a rede.
"""

import asyncio
import logging
import os
import re
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

import nats.aio.client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.js.api import RePublish, StreamConfig, StreamInfo
from nats.js.errors import NotFoundError

from .backplane import Follower
from .errors import BackplaneError, UsageError

OPENING = 10.0  # segundos até achar o registro e ficar em dia
ANSWER = 1.0  # segundos à espera de uma resposta do NATS
RETRY = 0.05  # segundos entre tentativas
GRACE = 1.0  # segundos sem contato até contar que ele se perdeu
BATCH = 64 * 1024  # bytes que vão numa publicação
RETAINED = 100_000  # publicações que o fluxo guarda
MEMORY = 120.0  # segundos em que o NATS reconhece uma publicação repetida
AHEAD = 1000  # publicações que esperam a vez na memória; as outras se buscam depois
QUORUM = 3  # cópias de tudo, se há tantos nós

FAILURES = (Error, OSError, asyncio.TimeoutError, asyncio.CancelledError)  # o nats-py cancela ao reconectar
T = TypeVar("T")
Callback = Callable[[], Awaitable[None]]
OnMessage = Callable[[Msg], Awaitable[None]]

log = logging.getLogger("chatlib")


class Stream:
    """O fluxo de uma sala no NATS, e as perguntas que se fazem a ele; tudo corre num laço só.

    is_over: para de insistir.
    """

    def __init__(self, urls: list[str], sala: str, options: dict[str, Any]):
        self.urls, self._options = urls, options
        base = f"chat.{sala}"
        self._in, self._out, self._alive, self._kept = (
            f"{base}.{end}" for end in ("in", "out", "vida", "estado")
        )
        copies = QUORUM if len(urls) >= QUORUM else 1
        self._log = StreamConfig(
            name=f"chat-{sala}",
            subjects=[self._in],
            max_msgs=RETAINED,
            duplicate_window=MEMORY,
            num_replicas=copies,
            republish=RePublish(src=self._in, dest=self._out),
        )
        self._state = StreamConfig(
            name=f"chat-{sala}-estado", subjects=[self._kept], max_msgs=1, num_replicas=copies
        )
        self.is_over, self.trouble = False, ""  # o que o NATS disse da última vez que não atendeu

    async def connect(self, reconnected: Callback, on_batch: OnMessage, on_pulse: OnMessage) -> None:
        """Conecta a um dos nós, e a outro sempre que ele cair; escuta o que o fluxo repete e os sinais."""
        self.is_over, self.trouble = False, ""
        self._client = nats.aio.client.Client()
        self._js = self._client.jetstream(timeout=ANSWER)
        await self._client.connect(
            self.urls,
            connect_timeout=1,
            reconnect_time_wait=RETRY,  # type: ignore[arg-type]  # o tipo diz int, e só se soma ao relógio
            max_reconnect_attempts=-1,
            dont_randomize=True,  # o primeiro da lista é o mais perto
            ping_interval=1,
            error_cb=self._failed,
            reconnected_cb=reconnected,
            **self._options,
        )
        await self.look()
        await self._client.subscribe(self._out, cb=on_batch)
        await self._client.subscribe(self._alive, cb=on_pulse)
        await self._client.flush()

    async def close(self) -> None:
        """Fecha a conexão, se houve uma."""
        self.is_over = True
        with suppress(*FAILURES):
            await self._client.close()

    @property
    def is_connected(self) -> bool:
        """Se há um nó do outro lado."""
        return bool(self._client.is_connected)

    async def insist(self, ask: Callable[[], Awaitable[T]]) -> T:
        """A resposta, quando houver quem responda; NotFoundError se a resposta é que não há."""
        while True:
            try:
                return await ask()
            except NotFoundError:
                raise
            except FAILURES as error:
                if self.is_over:
                    raise
                await self._failed(error)
            await asyncio.sleep(RETRY)

    async def _failed(self, error: BaseException) -> None:
        """Uma tentativa que falhou: outras virão, e quem conta à sala o que importa é `JetStream._mind`."""
        self.trouble = str(error) or type(error).__name__
        log.debug("nats: %s", self.trouble)

    async def look(self) -> StreamInfo:
        """Como está o fluxo, que se cria se não existe."""

        async def ask() -> StreamInfo:
            await self._find(self._state)
            return await self._find(self._log)

        return await self.insist(ask)

    async def _find(self, config: StreamConfig) -> StreamInfo:
        try:
            return await self._js.stream_info(str(config.name))
        except NotFoundError:
            return await self._js.add_stream(config)

    async def batch(self, number: int) -> bytes | None:
        """A publicação deste número; None se ela não está lá."""
        with suppress(NotFoundError):
            return (await self.insist(lambda: self._js.get_msg(str(self._log.name), number))).data
        return None

    async def state(self) -> tuple[int, bytes] | None:
        """O último estado guardado, e o número da publicação que o deixou assim; None se não há."""
        with suppress(NotFoundError):
            kept = await self.insist(lambda: self._js.get_last_msg(str(self._state.name), self._kept))
            number, _, state = (kept.data or b"").partition(b"\n")
            return int(number), state
        return None

    async def keep(self, number: int, state: bytes) -> None:
        """Guarda o estado; se não der, fica o anterior, e quem chegar lê mais do fluxo."""
        with suppress(*FAILURES):
            await self._js.publish(self._kept, b"%d\n%s" % (number, state), timeout=ANSWER)

    async def put(self, batch: bytes, identity: str) -> int:
        """Põe a publicação no fluxo, uma vez só por mais que insista; devolve o número dela."""
        headers = {"Nats-Msg-Id": identity}
        done = await self.insist(lambda: self._js.publish(self._in, batch, timeout=ANSWER, headers=headers))
        return done.seq

    async def pulse(self, data: bytes) -> None:
        """Manda um sinal de vida, se há a quem."""
        if self.is_connected:
            with suppress(*FAILURES):
                await self._client.publish(self._alive, data)


class JetStream:
    """O registro de uma sala, num NATS.

    urls: os nós, como ``nats://computador:porta``; com três ou mais, tudo se guarda em três deles, e
    um pode cair. sala: o nome da sala; credentials: arquivo ``.creds``; ca: arquivo com a autoridade
    que assina os certificados, para ``tls://``. UsageError se algo não serve.
    """

    def __init__(self, urls: list[str], sala: str, *, credentials: str | None = None, ca: str | None = None):
        if not re.fullmatch(r"[\w-]{1,32}", sala, re.ASCII):
            raise UsageError(f"a sala {sala!r} não serve: use até 32 letras sem acento, números, - e _")
        self._stream = Stream(urls, sala, options(credentials, ca))

    # --- o que a sala vê, de qualquer thread

    def start(self, follower: Follower) -> None:
        """Conecta, recupera o estado guardado e cumpre o que veio depois dele."""
        self._follower = follower
        self._arrived: dict[int, bytes] = {}  # número -> publicação que espera a vez
        self._next, self._last = 1, 0  # a próxima a cumprir, e a última de que se soube
        self._life, self._sent = f"{time.time_ns():x}", 0
        self._sending_since = self._heard_at = 0.0  # a publicação em curso, e a última que chegou
        self._tasks: list[asyncio.Task[None]] = []
        self._loop = asyncio.new_event_loop()
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue()
        self._news = asyncio.Event()
        self._applier = ThreadPoolExecutor(1, "chatlib: fatos")
        self._thread = threading.Thread(target=self._loop.run_forever, name="chatlib: registro", daemon=True)
        self._thread.start()
        opening = asyncio.run_coroutine_threadsafe(self._open(), self._loop)
        try:
            opening.result(OPENING)
        except FAILURES as error:
            self._stream.is_over = True
            opening.cancel()
            where = re.sub("//[^@,]*@", "//", ", ".join(self._stream.urls))  # sem usuário e senha
            why = self._stream.trouble or error
            raise BackplaneError(
                f"o registro em {where} não atende ({why}): veja se o nats-server está no ar, com -js"
            ) from error

    def publish(self, fact: bytes) -> None:
        """Põe o fato na fila do que vai ao fluxo."""
        with suppress(RuntimeError):  # o laço acaba de se encerrar, e com ele a conversa
            self._loop.call_soon_threadsafe(self._waiting.put_nowait, fact)

    def pulse(self, data: bytes) -> None:
        """Manda o sinal de vida, e com ele até onde este servidor já foi."""
        told = b"%d %s" % (self._next - 1, data)
        asyncio.run_coroutine_threadsafe(self._stream.pulse(told), self._loop)

    def stop(self) -> None:
        """Fecha a conexão e espera as duas threads."""
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._applier.shutdown()
        self._loop.close()

    def _run(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result()

    async def _apart(self, function: Callable[..., T], *args: Any) -> T:
        """Chama a sala na thread dos fatos."""
        return await self._loop.run_in_executor(self._applier, function, *args)

    # --- a conexão; daqui em diante, tudo corre no laço

    async def _open(self) -> None:
        await self._stream.connect(self._reconnected, self._on_batch, self._on_pulse)
        if kept := await self._stream.state():
            await self._apart(self._follower.restore, kept[1])
            self._next = kept[0] + 1
        info = await self._stream.look()
        self._created = info.created
        self._saw(info.state.last_seq)
        while self._next <= self._last:
            await self._step()
        self._tasks = [asyncio.create_task(work()) for work in (self._follow, self._write, self._mind)]

    async def _close(self) -> None:
        await self._stream.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _reconnected(self) -> None:
        self._tasks.append(asyncio.create_task(self._catch_up()))

    async def _catch_up(self) -> None:
        """De volta: o que se publicou nesse tempo não foi repetido a este servidor."""
        info = await self._stream.look()
        if info.created != self._created:  # o NATS perdeu o que guardava, e o fluxo é outro
            self._created, self._next, self._last = info.created, 1, 0
            self._arrived.clear()
        self._saw(info.state.last_seq)

    async def _mind(self) -> None:
        """Conta à sala quando o contato se perde e quando volta."""
        is_up, connected_at = True, time.monotonic()
        while True:
            await asyncio.sleep(RETRY)
            now = time.monotonic()
            connected_at = now if self._stream.is_connected else connected_at
            answered_at = max(self._sending_since, self._heard_at) if self._sending_since else now
            if (now - min(connected_at, answered_at) < GRACE) != is_up:
                is_up = not is_up
                await self._apart(self._follower.linked, is_up)

    # --- ler

    async def _on_batch(self, message: Msg) -> None:
        self._heard_at = time.monotonic()
        number = int((message.headers or {})["Nats-Sequence"])
        if number >= self._next and len(self._arrived) < AHEAD:
            self._arrived[number] = message.data
        self._saw(number)

    async def _on_pulse(self, message: Msg) -> None:
        number, _, data = message.data.partition(b" ")
        self._saw(int(number))
        self._follower.heard(data)

    def _saw(self, number: int) -> None:
        if number > self._last:
            self._last = number
            self._news.set()

    async def _follow(self) -> None:
        while True:
            while self._next <= self._last:
                await self._step()
            self._news.clear()
            await self._news.wait()

    async def _step(self) -> None:
        """Cumpre a próxima publicação."""
        number = self._next
        batch = await self._batch(number)
        if batch and (state := await self._apart(self._follower.apply, batch.split(b"\n"))):
            await self._stream.keep(number, state)
        if self._next == number:  # ou o fluxo é outro
            self._next += 1

    async def _batch(self, number: int) -> bytes | None:
        """A publicação deste número, buscada se não chegou; None se o fluxo já não a guarda."""
        while number not in self._arrived:
            if found := await self._stream.batch(number):
                return found
            if number < (await self._stream.look()).state.first_seq:
                log.error("a publicação %d já não está no registro: este servidor ficou para trás", number)
                return None
            await asyncio.sleep(RETRY)  # quem respondeu acaba de assumir, e ainda não chegou a ela
        return self._arrived.pop(number)

    # --- escrever

    async def _write(self) -> None:
        """Publica o que espera: uma publicação de cada vez, para que a ordem seja a da fila."""
        while True:
            batch = await self._waiting.get()
            while not self._waiting.empty() and len(batch) < BATCH:
                batch += b"\n" + self._waiting.get_nowait()
            self._sent += 1
            self._sending_since = time.monotonic()
            self._saw(await self._stream.put(batch, f"{self._life}-{self._sent}"))
            self._sending_since = 0.0


def options(credentials: str | None, ca: str | None) -> dict[str, Any]:
    """As opções de conexão do nats-py; UsageError se um arquivo não serve."""
    for file in filter(None, (credentials, ca)):
        if not os.access(file, os.R_OK):
            raise UsageError(f"não dá para ler {file}: confira o caminho e a permissão")
    chosen: dict[str, Any] = {"user_credentials": credentials} if credentials else {}
    if ca:
        try:
            chosen["tls"] = ssl.create_default_context(cafile=ca)
        except ssl.SSLError as error:
            raise UsageError(f"{ca} não é um certificado em PEM: confira o arquivo") from error
    return chosen
