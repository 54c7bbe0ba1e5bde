"""O painel da sala, para quem cuida dela: pôr no ar, passar o endereço, ver quem está, intervir.

    ServerPanel(server)              observa um servidor que já existe
    ServerPanel(host="0.0.0.0")      cria um, aberto à rede, e o põe no ar

    página                              kernel
       │ ── ready ────────────────────────▶ │   ao aparecer, e de novo se for recarregada
       │ ◀──────── a sala e todo o registro │
       │ ◀───── a sala e o que há de novo ─ │   no máximo 4 vezes por segundo, e só se algo mudou
       │ ── stop, remove, announce… ──────▶ │   o que a pessoa pediu

As remessas são numeradas: a página a que falta uma pede tudo de novo.

O que o painel sabe está em `dashboard`; aqui fica só o que o leva à página (``panel.js`` e
``panel.css``, com o que os painéis têm em comum em ``base.js`` e ``base.css``).
"""

import inspect
import math
import threading
import time
from functools import lru_cache
from typing import Any

import anywidget
import segno
import traitlets

from ... import rerun
from ...errors import UsageError
from ...server import Server
from ..page import source
from .dashboard import KEPT, Dashboard, Facts

PAUSE = 0.25  # segundos entre olhadas na sala
LEASE = 90.0  # segundos, no máximo, em que se mede sem que a página diga que ainda mostra as medidas
CLOSED = (
    "Este painel foi fechado; o servidor continua como estava. Para cuidar da sala de novo, "
    "rode a célula que criou este painel."
)
SERVER_OPTIONS = inspect.signature(Server).parameters


class ServerPanel(anywidget.AnyWidget):
    """O painel de uma sala.

    server: o `Server` de que cuidar, no ar ou parado; sem ele, o painel cria um, com as opções de
    `Server` que receber (``host``, ``port``, ``rate``…), e o põe no ar. scale: o tamanho das letras,
    para um projetor (1 é o normal). As outras opções são as de qualquer widget, como ``layout``.
    Levanta UsageError se um argumento não faz sentido; o que der errado depois, o painel diz.
    ``server`` e ``dashboard`` são o servidor e o que se sabe dele.
    """

    _esm = source(
        "base.js", "saving.js", "server/chart.js", "server/people.js", "server/parts.js", "server/panel.js"
    )
    _css = source("base.css", "server/panel.css")
    scale = traitlets.Float(1.0).tag(sync=True)

    def __init__(self, server: Server | None = None, **options: Any):
        mine = {name: options.pop(name) for name in SERVER_OPTIONS if name in options}
        self.server = find_server(server, mine)
        super().__init__(**options)
        self.dashboard = Dashboard(self.server)
        self._sending = threading.Lock()  # uma remessa por vez; guarda os três abaixo
        self._serial = self._sent = 0  # remessas e acontecimentos que já foram
        self._shown: Facts | None = None  # a sala como foi na última
        self._note = ""  # o que dizer no lugar do que o dashboard disser
        self._looking = threading.Lock()  # guarda o de baixo, e o que dele se conclui
        self._watchers: dict[str, float] = {}  # vista que mostra as medidas -> até quando se acredita nela
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="painel da sala", daemon=True)
        self.on_msg(self._on_page)
        if server is None:
            self.dashboard.start()
        for old in rerun.claim(self):
            old.close()
        self._thread.start()

    def close(self) -> None:
        """Para de observar. O servidor continua; o painel fica na página, e diz que foi fechado."""
        self._over.set()
        if self._thread.ident:  # uma interrupção pode ter vindo antes de start
            self._thread.join()
        self.dashboard.close()
        self._note = CLOSED
        self._show()

    def __del__(self) -> None:
        """Não fecha: no fim do interpretador, esperar uma thread daemon seria esperar para sempre."""

    def __repr__(self) -> str:
        return "<ServerPanel>"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        # Com um widget, a anywidget sempre devolve o par; None é de quem não sabe se mostrar.
        data, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        plain = "Painel da sala: rode esta célula no JupyterLab para cuidar dela."
        return data | {"text/plain": plain}, metadata

    def _tick(self) -> None:
        while not self._over.wait(PAUSE):
            self._look_away(time.monotonic())  # fecharam o notebook, ou o computador
            self._show()

    def _watch(self, view: str, lease: float, is_new: bool) -> None:
        """A vista mostra as medidas; só uma nova as abre: as outras podem ainda não saber que se fecharam."""
        with self._looking:
            if is_new or self._watchers:
                self._watchers[view] = time.monotonic() + min(lease, LEASE)
                self.dashboard.set_measuring(True)

    def _look_away(self, now: float) -> None:
        """Se no instante ``now`` nenhuma vista mostra as medidas, deixa de medir."""
        with self._looking:
            if self._watchers and max(self._watchers.values()) < now:
                self._watchers.clear()
                self.dashboard.set_measuring(False)

    def _show(self, everything: bool = False) -> None:
        with self._sending:
            news = self.dashboard.snapshot(0 if everything else self._sent)
            news |= {"closed": self._over.is_set(), "note": self._note or news["note"]}
            first, events = news.pop("first"), news.pop("events")
            if not (everything or events or news != self._shown):
                return
            self._sent, self._shown = first + len(events), news
            self._serial += 1
            parts = {
                "all": everything,
                "serial": self._serial,
                "first": first,
                "events": events,
                "kept": KEPT,
            }
            self.send(news | parts | {"qr": draw(news["qr_text"]), "qr_text": ""})

    def _on_page(self, _widget: object, message: object, _buffers: object) -> None:
        room = self.dashboard
        if not self._over.is_set():
            match message:
                case {"type": "start"}:
                    room.start()
                case {"type": "stop"}:
                    room.stop()
                case {"type": "announce", "text": str(text)}:
                    room.announce(text)
                case {"type": "remove", "apelido": str(apelido)}:
                    room.remove(apelido)
                case {"type": "open", "on": bool(is_on)}:
                    room.set_open(is_on)
                case {"type": "class", "on": bool(is_on)}:
                    room.set_class_mode(is_on)
                case {"type": "measures", "view": str(view), "lease": int(lease)}:
                    self._watch(view, lease, is_new=True)
                case {"type": "watching", "view": str(view), "lease": int(lease)}:
                    self._watch(view, lease, is_new=False)
                case {"type": "no measures"}:
                    self._look_away(math.inf)
                case {"type": "password", "on": bool(is_on)}:
                    room.set_password(is_on)
                case {"type": "tls", "on": bool(is_on)}:
                    room.set_tls(is_on)
                case {"type": "show", "on": bool(is_on)}:
                    room.show_password(is_on)
                case {"type": "qr", "on": bool(is_on)}:
                    room.put_in_qr(is_on)
        self._show(everything=message == {"type": "ready"})


def find_server(server: Server | None, options: dict[str, Any]) -> Server:
    """O servidor do painel: o que foi dado, ou um novo com essas opções; UsageError se não der."""
    if server is None:
        return Server(**options)
    if not isinstance(server, Server):
        raise UsageError(
            "diga o servidor, como em ServerPanel(server), ou as opções de um novo, "
            'como em ServerPanel(host="0.0.0.0")'
        )
    if options:
        raise UsageError(
            f"esse servidor já existe: {', '.join(options)} é opção de quem o cria, "
            "como em Server(port=0) ou ServerPanel(port=0)"
        )
    return server


@lru_cache(maxsize=8)
def draw(text: str) -> list[str]:
    """O QR do texto, uma linha de 0 e 1 por fileira de quadrinhos; vazio se não há texto.

    ISO/IEC 18004, com correção de erro M: lê-se com até 15 % dele coberto.
    """
    if not text:
        return []
    return ["".join(map(str, row)) for row in segno.make(text, micro=False, error="m").matrix]
