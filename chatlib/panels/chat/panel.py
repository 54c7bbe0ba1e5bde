"""O painel: a sala de chat dentro do notebook.

    ana, bruno = ChatPanel(server, "Ana"), ChatPanel(server, "Bruno")
    HBox([ana, bruno])

Ele tem dois lados, o kernel (este módulo) e a página (os arquivos ``.js`` e ``.css`` ao lado):

    página                              kernel
       │ ── ready ────────────────────────▶ │   ao aparecer, e de novo se for recarregada
       │ ◀─────────────── todas as linhas ─ │
       │ ◀────────────────── só as novas ── │   no máximo 20 remessas por segundo
       │ ── write, enter, leave, … ───────▶ │   o que a pessoa fez

As linhas são numeradas: cada página sabe quais já mostrou, e uma remessa repetida não a
confunde. Vai só o texto delas; a página nunca o trata como HTML.

O que o painel sabe, sem widget algum, está em `conversation`; aqui fica o widget que o mostra.
"""

import threading
from itertools import islice
from typing import Any

import anywidget
import traitlets

from ... import rerun
from .. import page
from .conversation import DISCONNECTED, Conversation
from .reading import Line

PAGE = ("words", "title", "lines", "log", "people", "form", "pending", "panel")  # cada um usa os anteriores
EYES = 2.0  # segundos à espera de que alguma página diga que ainda mostra o painel
UNSEEN = "Nenhuma célula mostrava mais este painel, e você saiu da sala. Para voltar, clique em Entrar."
PREVIEW = 10  # linhas que o painel mostra onde só há texto


class ChatPanel(anywidget.AnyWidget):
    """Um painel de chat: mostra a sala e manda o que se escreve nele.

    where: um `Server` no ar, ``(host, porta)`` ou "host:porta"; sem ele, o endereço de costume.
    apelido: o nome na sala; com ele, já se está na sala quando o construtor volta. Sem ele, o
    painel o pergunta. password: a senha da sala, se ela tem uma; sem ela, o painel a pergunta, e não a
    guarda no notebook. tls: o caminho do ca.pem da sala, se a conversa é cifrada. scale: o tamanho
    das letras, para um projetor (1 é o normal).
    Se não conseguir entrar, o próprio painel diz por quê e o que fazer.
    As outras opções são as de qualquer widget, como ``layout``.
    """

    _esm = page.source("base.js", "saving.js", *(f"chat/{name}.js" for name in PAGE))
    _css = page.source("base.css", "chat/panel.css")
    apelido = traitlets.Unicode().tag(sync=True)
    scale = traitlets.Float(1.0).tag(sync=True)
    saved: traitlets.List[list[Any]] = traitlets.List([]).tag(
        sync=True
    )  # só a página usa: as linhas que se salvam com o notebook

    def __init__(
        self, where: Any = None, apelido: str = "", *, password: str = "", tls: Any = None, **options: Any
    ) -> None:
        self.conversation = Conversation(where, apelido, password, tls)
        self._heard: dict[str, int] = {}  # vista -> o número do último texto que se recebeu dela
        self._seen = threading.Event()
        self._is_unseen = False  # se saiu da sala porque ninguém via o painel
        self._sending = threading.Lock()  # uma remessa por vez, na ordem em que foi montada
        self._owns_layout = not isinstance(options.get("layout"), traitlets.HasTraits)
        super().__init__(apelido=self.conversation.apelido, **options)
        self.on_msg(self._on_page)
        self._thread = threading.Thread(target=self._deliver, name=f"painel de {apelido}", daemon=True)
        self._thread.start()
        for old in rerun.claim(self):
            old.close()
        if apelido:
            self._enter()

    def _enter(self) -> None:
        try:
            self.conversation.enter()
            self.conversation.wait_entered()
        except BaseException:  # interromperam a célula: ninguém fica na sala sem painel
            self.conversation.close(wait=False)
            raise

    @property
    def messages(self) -> list[str]:
        """As últimas linhas da conversa, como texto, da mais antiga à mais nova (até 20 mil)."""
        return [as_text(line) for line in list(self.conversation.lines)]

    def close(self) -> None:
        """Sai da sala. O painel continua na página, com a conversa e a notícia da saída."""
        self.conversation.close()
        self._thread.join()

    def _forget(self) -> None:
        """O painel encerrado que ninguém vê deixa o kernel e a página."""
        layout = self.layout
        super().close()
        if self._owns_layout:
            layout.close()

    def __del__(self) -> None:
        """Não fecha: no fim do interpretador, esperar uma thread daemon seria esperar para sempre."""

    def __repr__(self) -> str:
        return f"<ChatPanel {self.apelido}>"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        return data | {"text/plain": self._as_text()}, metadata

    def _as_text(self) -> str:
        """O painel onde não há widgets, como no GitHub: as últimas linhas públicas, sem horas."""
        of = f" de {self.apelido}" if self.apelido else ""
        head = f"Painel de chat{of}: rode esta célula no JupyterLab para conversar."
        public = (line for line in reversed(self.conversation.lines) if "p" not in line.flags)
        recent = list(islice(public, PREVIEW))[::-1]
        return "\n".join([head, *(f"  {as_text(line)}" for line in recent)])

    def _deliver(self) -> None:
        while self.conversation.bell.wait():
            self._show()
        self._show()

    def _show(self, everything: bool = False) -> None:
        with self._sending:
            news = self.conversation.news(everything)
            self.apelido = self.conversation.apelido
            self.send(news | {"heard": self._heard} | ({"model": self.model_id} if everything else {}))

    def _look_for_eyes(self) -> None:
        """Uma página deixou de mostrar o painel. Se nenhuma outra o mostra, a pessoa sai da sala."""
        self._seen.clear()
        self.send({"eyes": True})
        if not self._seen.wait(EYES):
            self._is_unseen |= self.conversation.state != DISCONNECTED  # outro aviso já pode tê-la tirado
        if self._is_unseen:
            self.conversation.leave(wait=False, note=UNSEEN)

    def _on_page(self, _widget: Any, message: Any, _buffers: Any) -> None:
        match message:
            case {"type": "ready"}:
                self._seen.set()
                if self._is_unseen:
                    self._is_unseen = False
                    self.conversation.come_back()
                self._show(everything=True)
            case {"type": "unseen"}:
                threading.Thread(target=self._look_for_eyes, daemon=True).start()
            case {"type": "seen"}:
                self._seen.set()
            case {"type": "write", "text": str(text), "view": str(view)}:
                self._heard[view] = message.get("number", 0)
                self.conversation.write(text, view)
            case {"type": "enter", "apelido": str(apelido), "address": str(address)}:
                self.conversation.enter(apelido, address, str(message.get("password", "")))
            case {"type": "leave"}:
                self.conversation.leave(wait=False)
            case {"type": "retry"}:
                self.conversation.retry()
            case {"type": "hold"}:
                self.conversation.outbox.give_back()
            case {"type": "talk"}:
                self.send({"talk": self.conversation.visible()})
            case {"type": "taken", "numbers": list(numbers)}:
                self.conversation.outbox.taken(numbers)
            case {"type": "clear"}:
                self.conversation.clear()
            case {"type": "forget"} if self.conversation.over:
                self._forget()


def as_text(line: Line) -> str:
    """A linha como o servidor a mandou."""
    private = " (particular)" if "p" in line.flags else ""
    return f"{line.author}{private}: {line.text}" if line.author else line.text
