"""A caixa de saída: uma linha de cada vez, e a seguinte só depois da resposta à anterior.

Um servidor pode limitar o ritmo, e não entrega o que passa do limite. Quem manda tudo de uma vez não
sabe o que ficou pelo caminho; quem espera o eco sabe qual linha foi recusada e a manda de novo, no
ritmo que o servidor disse, antes das outras: nada se perde, nada se repete, e a ordem é a de quem escreveu.

    put ─▶ à espera ─ a thread manda ─▶ sem resposta ─ hear ─▶ entregue
               ▲                             │
               └──────── slow_down ──────────┘
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Container, Iterable
from itertools import count
from typing import NamedTuple

from ... import protocol
from ...client import Client
from ...errors import ApelidoRefused, ChatError, ConversationOver
from .echoes import Echoes, Text, echo_of, is_order, parts_of
from .reading import Line, too_fast

UNANSWERED = 2.0  # segundos à espera do eco de uma linha antes de mandar a próxima
SILENT = 0.5  # o mesmo, para o que o servidor não repete, como /quem
SLACK = 1.05  # folga no ritmo: o relógio do servidor não é o nosso
REFUSALS = (protocol.unknown, protocol.gap, protocol.no_text, protocol.absent)


class Returned(NamedTuple):
    """Um texto que volta à vista que o mandou.

    refused: se o servidor não o entendeu, e a pessoa talvez já escreva outra coisa.
    """

    number: int
    view: str
    text: str
    refused: bool = False


class Outbox:
    """O que a pessoa escreveu e a sala ainda não recebeu; pode ser usada por várias threads.

    on_change: chamada sem trava nenhuma sempre que muda o que está à espera.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self.failure: ChatError | None = None  # o envio que falhou
        self._on_change = on_change
        self._waiting: deque[Text] = deque()
        self._numbers = count(1)
        self._unsent: list[Returned] = []  # o que volta a quem escreveu, até que a página o tenha
        self._unanswered: Text | None = None  # a que foi por último e não teve resposta
        self._echoes = Echoes()
        self._rate = 0.0  # mensagens por segundo; 0 enquanto o servidor não se queixa
        self._deadline = self._next = 0.0  # até quando esperar a resposta; quando pode ir a próxima
        self._client: Client | None = None
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()  # guarda tudo acima

    def open(self, client: Client) -> None:
        """Passa a mandar o que houver por ``client``."""
        with self._changed:
            self._client, self.failure = client, None
            self._unanswered, self._rate, self._next = None, 0.0, 0.0
            name = f"caixa de saída de {client.apelido}"
            self._thread = threading.Thread(target=self._send_all, args=[client], name=name, daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Para de mandar, e espera a thread terminar; o que sobrou fica."""
        with self._changed:
            thread, self._client, self._thread = self._thread, None, None
            self._changed.notify_all()
        if thread:
            thread.join()

    def put(self, view: str, text: str) -> None:
        """Põe na fila cada linha de ``text``."""
        with self._changed:
            is_framed = not self._client or self._client.is_framed
            lines = parts_of(text) if is_framed else text.split("\n")  # outro servidor não tem comandos
            self._waiting += [(view, line) for line in lines if line.strip()]
            self._changed.notify_all()
        self._on_change()

    def read(self, line: Line) -> bool:
        """A linha como resposta ao que se mandou; verdadeiro se não há nela mais nada que mostrar."""
        if rate := too_fast(line.text) if line.kind == "notice" else 0.0:
            return self.slow_down(rate)
        if line.kind == "mine" and "h" not in line.flags:
            self._hear(line.text.strip())
        elif line.text.startswith(protocol.NOTICE):
            self._hear_notice(line.text)
        return False

    def _hear(self, text: str) -> None:
        with self._changed:
            self._echoes.hear(text)
            if self._unanswered and text in (echo_of(self._unanswered[1]), self._unanswered[1].strip()):
                self._answer()
        self._on_change()

    def _hear_notice(self, text: str) -> None:
        """Pode ser a resposta a um comando; a uma fala, o servidor só responde com ela mesma."""
        with self._changed:
            if not (sent := self._unanswered) or not is_order(sent[1]):
                return
            if is_refusal(text):
                self._echoes.forget_last(sent)
                self._give_back([sent], refused=True)
            self._answer()
        self._on_change()

    def slow_down(self, rate: float) -> bool:
        """O servidor só deixa passar ``rate`` linhas por segundo, e recusou uma; falso se não foi daqui."""
        with self._changed:
            self._rate = rate
            if not (refused := self._unanswered):
                return False
            self._echoes.forget_last(refused)
            self._waiting.appendleft(refused)
            self._answer()
        self._on_change()
        return True

    def waiting(self, most: int) -> dict[str, object]:
        """O que falta entregar: quantas linhas, as ``most`` primeiras e o ritmo, se o servidor impôs um."""
        with self._changed:
            queue = [self._unanswered, *self._waiting] if self._unanswered else self._waiting
            lines = [text for _, (_, text) in zip(range(most), queue, strict=False)]
            return {"count": len(queue), "lines": lines, "rate": self._rate}

    def refuse(self, view: str, text: str) -> None:
        """O texto nem entra na fila: volta a quem o escreveu."""
        with self._changed:
            self._give_back([(view, text)])
        self._on_change()

    def give_back(self, everything: bool = False) -> None:
        """Devolve o que ainda não foi; ``everything``: também o que foi e não se sabe entregue."""
        with self._changed:
            if everything:
                self._give_back(self._echoes.take())
                self._unanswered = None
            self._give_back(self._waiting)
            self._waiting.clear()
        self._on_change()

    def _give_back(self, texts: Iterable[Text], refused: bool = False) -> None:
        self._unsent += [Returned(next(self._numbers), view, text, refused) for view, text in texts]

    @property
    def unsent(self) -> list[Returned]:
        """O que volta a quem escreveu, na ordem, até `taken`."""
        with self._changed:
            return list(self._unsent)

    def taken(self, numbers: Container[object]) -> None:
        """A página já tem os textos desses números."""
        with self._changed:
            self._unsent = [returned for returned in self._unsent if returned.number not in numbers]

    # --- a thread que manda

    def _send_all(self, client: Client) -> None:
        while (line := self._take_next(client)) is not None:
            try:
                client.write(line)
            except ConversationOver:
                return
            except ChatError as error:
                self.failure = error  # quem conta a queda, e devolve o texto, é a thread que lê
                client.close()
                return

    def _take_next(self, client: Client) -> str | None:
        """Espera a vez da próxima linha; None se a caixa fechou."""
        with self._changed:
            while self._client is client:
                now = time.monotonic()
                turn = max(self._next, self._deadline if self._unanswered else 0.0)
                if self._waiting and now >= turn:
                    return self._take(now, client.is_framed)
                self._changed.wait(turn - now if self._waiting else None)
            return None

    def _take(self, now: float, is_framed: bool) -> str:
        view, line = self._waiting.popleft()
        self._echoes.expect(view, line)
        if is_framed:  # outro servidor não tem limite de ritmo, e pode repetir várias linhas numa só
            self._unanswered = view, line
            self._deadline = now + (UNANSWERED if echo_of(line) else SILENT)
        return line

    def _answer(self) -> None:
        """A vez seguinte conta daqui: o servidor já descontou esta linha do ritmo."""
        self._unanswered = None
        self._next = time.monotonic() + (SLACK / self._rate if self._rate else 0.0)
        self._changed.notify_all()


def is_refusal(notice: str) -> bool:
    """Se o aviso diz que um comando não foi cumprido."""
    is_known = any(refusal.read(notice) is not None for refusal in REFUSALS)
    return is_known or isinstance(protocol.refused(notice), ApelidoRefused)
