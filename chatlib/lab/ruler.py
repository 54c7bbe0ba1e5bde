"""Uma régua com nome: a do ipywidgets não diz o seu a um leitor de tela, e escreve 0.5 com ponto."""

from pathlib import Path

import anywidget
import traitlets


class Ruler(anywidget.AnyWidget):
    """Uma régua de ``min`` a ``max``, de ``step`` em ``step``; ``value`` muda nos dois lados."""

    _esm = Path(__file__).with_name("ruler.js")
    _css = Path(__file__).with_name("ruler.css")
    label = traitlets.Unicode().tag(sync=True)
    min = traitlets.Float(0).tag(sync=True)
    max = traitlets.Float(1).tag(sync=True)
    step = traitlets.Float(1).tag(sync=True)
    value = traitlets.Float(0).tag(sync=True)
