"""O painel: a sala de chat dentro do notebook.

    ana, bruno = ChatPanel(server, "Ana"), ChatPanel(server, "Bruno")
    HBox([ana, bruno])

Ele tem dois lados, o kernel (este módulo) e a página (``panel.js`` e ``panel.css``):

    página                              kernel
       │ ── ready ────────────────────────▶ │   ao aparecer, e de novo se for recarregada
       │ ◀─────────────── todas as linhas ─ │
       │ ◀────────────────── só as novas ── │   no máximo 20 remessas por segundo
       │ ── write ────────────────────────▶ │   o que a pessoa mandou

As linhas são numeradas: cada página sabe quais já mostrou, e uma remessa repetida não a
confunde. Vai só o texto delas; a página nunca o trata como HTML.

`Conversation` é o que o painel sabe, sem widget algum; `ChatPanel`, o widget que a mostra.
"""

import threading
from collections import deque
from itertools import islice
from pathlib import Path

import anywidget
import traitlets

from . import protocol, rerun
from .client import Client
from .errors import ChatError, ConnectionLost, UsageError

KEPT = 1000  # linhas que o painel guarda e mostra
PAUSE = 0.05  # segundos entre remessas: o Jupyter descarta mensagens acima de mil por segundo

CONNECTING, CONNECTED, DISCONNECTED = "conectando", "conectado", "desconectado"
AGAIN = "rode de novo a célula que criou este painel."
LEFT = f"Você saiu da sala. Para voltar, {AGAIN}"
LOST = f"A conexão caiu: o servidor foi encerrado ou a rede falhou. Com o servidor no ar, {AGAIN}"
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # escutar em todos os endereços não é um destino


class Conversation:
    """Uma conversa na sala: as últimas linhas, o estado, e o que falta mostrar.

    where: um `Server` no ar ou ``(host, porta)``. Nada aqui levanta erro: o que houver fica em
    ``state`` e ``note``, em palavras. Pode ser usada por várias threads.
    """

    def __init__(self, where, apelido: str):
        self.apelido = apelido if isinstance(apelido, str) else ""
        self.state, self.note = CONNECTING, ""
        self.lines: deque[tuple[str, str]] = deque(maxlen=KEPT)  # (tipo, texto); veja `kind_of`
        self.total = 0  # linhas que já chegaram
        self._sent = 0  # quantas delas já foram em alguma remessa
        self._where, self._client = where, None
        self._changed = threading.Condition()  # guarda tudo acima

    def enter(self) -> None:
        """Entra na sala; volta com ``state`` em conectado ou desconectado."""
        try:
            host, port = find_server(self._where, self.apelido)
            self.apelido = protocol.check_apelido(self.apelido)
            self._client = Client(self.apelido, host, port, on_message=self._on_message, on_end=self._on_end)
        except ChatError as error:
            return self._on_end(error)
        with self._changed:
            if self.state == CONNECTING:  # o servidor já pode ter se ido
                self.state = CONNECTED

    def write(self, text: str) -> None:
        """Manda o texto à sala; se não for possível, a conversa acaba e ``note`` diz por quê."""
        try:
            if self._client:
                self._client.write(text)
        except ChatError as error:
            self._on_end(error)
            self._client.close()

    def close(self) -> None:
        """Sai da sala e espera a thread do cliente."""
        if self._client:
            self._client.close()
        self._on_end(None)

    def wait(self) -> bool:
        """Espera haver o que mostrar, juntando o que chegar numa pausa; falso se foi o fim."""
        with self._changed:
            self._changed.wait_for(self._is_over, PAUSE)
            self._changed.wait_for(lambda: self._is_over() or self.total > self._sent)
            return not self._is_over()

    def news(self, everything: bool = False) -> dict:
        """A próxima remessa: só as linhas novas, ou todas as guardadas.

        first: o número da primeira linha, a partir de 0.
        """
        with self._changed:
            fresh = self.total - (0 if everything else self._sent)
            lines = list(islice(self.lines, max(0, len(self.lines) - fresh), None))
            first, self._sent = self.total - len(lines), self.total
            return dict(all=everything, first=first, lines=lines, state=self.state, note=self.note)

    def _on_message(self, text: str) -> None:
        with self._changed:
            renamed = protocol.notice(f"{self.apelido} agora é ")
            if text.startswith(renamed):
                self.apelido = text.removeprefix(renamed)
            self.lines.append((kind_of(text, self.apelido), text))
            self.total += 1
            self._changed.notify_all()

    def _on_end(self, error: ChatError | None) -> None:
        with self._changed:
            if not self._is_over():
                self.state, self.note = DISCONNECTED, explain(error)
                self._changed.notify_all()

    def _is_over(self) -> bool:
        return self.state == DISCONNECTED


def find_server(where, apelido) -> tuple[str, int]:
    """O endereço em que conectar; UsageError se ``where`` não diz um, ou AddressError."""
    address = getattr(where, "address", where)
    if not isinstance(apelido, str) or not isinstance(address, tuple | list) or len(address) != 2:
        raise UsageError(
            'diga o servidor e o apelido, como em ChatPanel(server, "Ana"), ou o endereço e o '
            'apelido, como em ChatPanel(("127.0.0.1", 55555), "Ana")'
        )
    host, port = address
    return ANYWHERE.get(host, host), port


def kind_of(line: str, apelido: str) -> str:
    """De quem é a linha: "mine" (de ``apelido``), "other" (de outra pessoa) ou "notice" (do servidor)."""
    author, colon, _ = line.partition(":")
    author = author.removesuffix(" (particular)")
    if not colon or " " in author:  # apelidos não têm espaço; as frases do servidor têm
        return "notice"
    return "mine" if author == apelido else "other"


def explain(error: ChatError | None) -> str:
    """O que houve e o que fazer, para quem só vê o painel; None é quem saiu porque quis."""
    if error is None:
        return LEFT
    if isinstance(error, ConnectionLost):
        return LOST
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}\nDepois, {AGAIN}"


class ChatPanel(anywidget.AnyWidget):
    """Um painel de chat: mostra a sala e manda o que se escreve nele.

    where: um `Server` no ar ou ``(host, porta)``; apelido: o nome na sala. Já está na sala quando
    o construtor volta; se não conseguiu entrar, o próprio painel diz por quê e o que fazer.
    As outras opções são as de qualquer widget, como ``layout``.
    """

    _esm = Path(__file__).with_name("panel.js")
    _css = Path(__file__).with_name("panel.css")
    apelido = traitlets.Unicode().tag(sync=True)

    def __init__(self, where, apelido: str, **options):
        self.conversation = Conversation(where, apelido)
        self._sending = threading.Lock()  # uma remessa por vez, na ordem em que foi montada
        super().__init__(apelido=self.conversation.apelido, **options)
        self.on_msg(self._on_page)
        self._thread = threading.Thread(target=self._deliver, name=f"painel de {apelido}", daemon=True)
        self._thread.start()
        for old in rerun.claim(self):
            old.close()
        self.conversation.enter()

    def close(self) -> None:
        """Sai da sala. O painel continua na página, com a conversa e a notícia da saída."""
        self.conversation.close()
        self._thread.join()

    def __del__(self) -> None:
        """Não fecha: no fim do interpretador, esperar uma thread daemon seria esperar para sempre."""

    def __repr__(self) -> str:
        return f"<ChatPanel {self.apelido}>"

    def _repr_mimebundle_(self, **options):
        data, metadata = super()._repr_mimebundle_(**options)
        plain = f"Painel de chat de {self.apelido}: rode esta célula no JupyterLab para conversar."
        return data | {"text/plain": plain}, metadata

    def _deliver(self) -> None:
        while self.conversation.wait():
            self._show()
        self._show()

    def _show(self, everything: bool = False) -> None:
        with self._sending:
            news = self.conversation.news(everything)
            self.apelido = self.conversation.apelido
            self.send(news)

    def _on_page(self, _widget, message, _buffers) -> None:
        match message:
            case {"type": "ready"}:
                self._show(everything=True)
            case {"type": "write", "text": str(text)}:
                self.conversation.write(text)
