"""O perturbador em réguas e botões: o mesmo que seus atributos e métodos fazem."""

from html import escape

from ipywidgets import HTML, BoundedIntText, Button, Dropdown, HBox, Layout, ToggleButton, VBox

from ..ruler import Ruler
from .rules import BOTH, DIRECTIONS

PIECES = (("como vierem", 0), ("um byte por vez", 1), ("3 bytes por vez", 3), ("16 bytes por vez", 16))
OPTIONAL = ("chunk", "cut_after")  # nestas, 0 é não usar a regra
WIDE = {"style": {"description_width": "9.5rem"}, "layout": Layout(width="min(100% - 4px, 30rem)")}
STYLE = """<style>
.chatlib-controls .widget-hbox { flex-wrap: wrap; }
.chatlib-controls .widget-button, .chatlib-controls .widget-toggle-button { width: auto; }
</style>"""


class PerturberControls(VBox):
    """Réguas e botões que mudam um `Perturber` no ar, e uma frase que diz como ele está."""

    def __init__(self, perturber):
        self._perturber = perturber
        # As réguas: nome da regra -> widget que a muda.
        self.rules = {
            "direction": Dropdown(
                options=[(text, name) for name, text in DIRECTIONS.items()],
                value=perturber.direction,
                description="As regras valem",
                **WIDE,
            ),
            "delay": Ruler(value=perturber.delay, max=2, step=0.05, label="Atraso (s)"),
            "jitter": Ruler(value=perturber.jitter, max=1, step=0.05, label="Sorteio até (s)"),
            "chunk": Dropdown(
                options=self._pieces(), value=perturber.chunk or 0, description="Envios", **WIDE
            ),
            "cut_after": BoundedIntText(
                perturber.cut_after or 0,
                min=0,
                max=1 << 30,
                description="Cortar após (bytes)",
                tooltip="0: sem corte",
                **WIDE,
            ),
        }
        for name, widget in self.rules.items():
            widget.observe(self._on_rule(name), "value")
        self.stall = ToggleButton(description="Parar", tooltip="Nada passa até você soltar", icon="pause")
        self.stall.observe(self._on_stall, "value")
        self.buttons = {
            "cut": Button(description="Cortar agora", tooltip="Encerra com educação: os dois leem b''"),
            "reset": Button(description="Derrubar", tooltip="RST: os dois recebem ConnectionResetError"),
            "half_close": Button(description="Encerrar um sentido", tooltip="O sentido das regras, acima"),
        }
        for name, button in self.buttons.items():
            button.on_click(self._on_button(name))
        self._status = HTML()
        actions = HBox([self.stall, *self.buttons.values()])
        super().__init__([HTML(STYLE), *self.rules.values(), actions, self._status])
        self.add_class("chatlib-controls")
        self._tell()

    def __repr__(self) -> str:
        return "Controles do perturbador: rode esta célula no JupyterLab para mexer neles."

    def _pieces(self) -> list[tuple[str, int]]:
        size = self._perturber.chunk or 0
        known = size in dict(PIECES).values()
        return [*PIECES, *([] if known else [(f"{size} bytes por vez", size)])]

    def _on_rule(self, name: str):
        def change(event) -> None:
            value = event["new"]
            self._perturber.change(**{name: None if name in OPTIONAL and not value else value})
            self._tell()

        return change

    def _on_stall(self, event) -> None:
        if event["new"]:
            self._perturber.stall()
        else:
            self._perturber.resume(BOTH)
        self.stall.description, self.stall.icon = ("Soltar", "play") if event["new"] else ("Parar", "pause")
        self._tell()

    def _on_button(self, name: str):
        def press(_) -> None:
            getattr(self._perturber, name)()
            self._tell()

        return press

    def _tell(self) -> None:
        self._status.value = f'<span lang="pt-BR" role="status">{escape(str(self._perturber))}</span>'
