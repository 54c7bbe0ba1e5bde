"""O painel de medidas: quatro gráficos do servidor no ar, que andam sozinhos.

    with MeasuresPanel(server) as panel:
        display(panel)
        ...

ou ``panel = MeasuresPanel(server)`` e, ao final, ``panel.close()``. Cada gráfico tem seu título e
sua unidade; as linhas se distinguem pelo traço, e não só pela cor. O mesmo, em palavras, está
embaixo deles e em `MeasuresPanel.summary`. Nada é pedido à internet: tudo vem do kernel.
"""

import threading
from pathlib import Path

import anywidget
import traitlets
from ipywidgets import VBox
from plotly.graph_objects import FigureWidget
from plotly.subplots import make_subplots

from .. import rerun
from .measures import PAUSE, SECONDS, Measures

TITLES = (
    "Mensagens por segundo",
    "Pessoas na sala",
    "Bytes à espera de quem não leu",
    "Demora em ms: mediana (cheia), pior (pontilhada)",
)
SCALES = (4, 4, 1000, 1)  # o mínimo que cada eixo mostra: sem meia pessoa nem meio byte
BLUE, GREEN, VERMILION = "#0072b2", "#009e73", "#d55e00"  # Okabe-Ito
GRID, CLEAR = "rgba(127, 127, 127, 0.3)", "rgba(0, 0, 0, 0)"


class Words(anywidget.AnyWidget):
    """As medidas em palavras, embaixo dos gráficos; do lado da página, ajusta a largura deles."""

    _esm = Path(__file__).with_name("measures.js")
    _css = Path(__file__).with_name("measures.css")
    text = traitlets.Unicode().tag(sync=True)


class MeasuresPanel(VBox):
    """Mostra ao vivo as medidas de um `Server`: veja `Measures` para o que é cada uma.

    seconds: quanta história se vê, em segundos. Observa o servidor desde o construtor até
    `close`; o desenho fica na página. Rodar a célula de novo fecha o anterior. Levanta UsageError.
    """

    def __init__(self, server, seconds: float = SECONDS):
        self._measures = Measures(server, seconds)
        self._closing = threading.Event()
        self._figure, self._words = draw(seconds), Words()
        super().__init__([self._figure, self._words])
        self.add_class("chatlib-measures")
        self._show()
        self._thread = threading.Thread(target=self._run, name="chatlib: medidas", daemon=True)
        self._thread.start()
        for old in rerun.claim(self):
            old.close()

    def summary(self) -> str:
        """As medidas em palavras."""
        return self._measures.summary()

    def close(self) -> None:
        """Deixa de observar o servidor e espera a thread. Pode ser chamado de novo."""
        self._closing.set()
        self._measures.close()
        self._thread.join()
        self._figure._widget_data = self._figure.to_dict()["data"]  # para a página recarregada

    def __enter__(self) -> "MeasuresPanel":
        return self

    def __exit__(self, *exc) -> None:
        self.close()

    def __del__(self) -> None:
        """Não fecha: no fim do interpretador, esperar uma thread daemon seria esperar para sempre."""

    def __repr__(self) -> str:
        return "Painel de medidas: rode esta célula no JupyterLab para ver o servidor ao vivo."

    def _run(self) -> None:
        while not self._closing.wait(PAUSE):
            self._measures.sample()
            self._show()

    def _show(self) -> None:
        points = list(self._measures.history)
        ago = [point.at - points[-1].at for point in points]
        lines = (
            [point.rate for point in points],
            [point.members for point in points],
            [point.waiting for point in points],
            [point.delay and point.delay * 1000 for point in points],
            [point.worst and point.worst * 1000 for point in points],
        )
        with self._figure.batch_update():
            for trace, values in zip(self._figure.data, lines, strict=True):
                trace.x, trace.y = ago, values
        self._words.text = self.summary()


def draw(seconds: float) -> FigureWidget:
    """Os quatro gráficos, um embaixo do outro sobre o mesmo tempo, ainda vazios."""
    figure = make_subplots(4, 1, shared_xaxes=True, subplot_titles=TITLES, vertical_spacing=0.1)
    figure.add_scatter(name="mensagens por segundo", mode="lines", line={"color": BLUE}, row=1, col=1)
    figure.add_scatter(name="pessoas", mode="lines", line={"color": GREEN, "shape": "hv"}, row=2, col=1)
    figure.add_scatter(name="bytes", mode="lines", line={"color": VERMILION}, fill="tozeroy", row=3, col=1)
    figure.add_scatter(name="mediana", mode="lines+markers", line={"color": BLUE}, row=4, col=1)
    worst = {"color": VERMILION, "dash": "dot"}
    figure.add_scatter(name="a pior", mode="lines+markers", line=worst, marker={"symbol": "x"}, row=4, col=1)
    figure.update_traces(hovertemplate="%{y:,.3~r}<extra>%{fullData.name}</extra>")
    figure.update_annotations(x=0, xanchor="left", font={"size": 13})
    figure.update_xaxes(range=[-seconds, 0], gridcolor=GRID, zeroline=False)
    for row, least in enumerate(SCALES, 1):
        figure.update_yaxes(autorangeoptions={"include": [0, least]}, row=row, col=1)
    figure.update_xaxes(title="segundos (0 é agora)", row=4, col=1)
    figure.update_yaxes(rangemode="tozero", gridcolor=GRID, zerolinecolor=GRID, nticks=4, tickformat=",")
    figure.update_layout(
        height=470,
        margin={"l": 60, "r": 15, "t": 25, "b": 45},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        showlegend=False,
        hovermode="x",
        separators=",.",
        font={"family": "sans-serif", "size": 12},
    )
    widget = FigureWidget(figure)  # pronto: o que se acrescenta depois não volta com a página recarregada
    widget._config = {"displayModeBar": False, "responsive": True}
    return widget
