"""O que os desenhos dos instrumentos têm em comum: cores, texto seguro e a versão para quem não vê.

Um desenho é um SVG dentro de HTML, nas cores do tema do Jupyter, claro ou escuro. O mesmo conteúdo
em texto vai junto, escondido de quem vê o desenho: é o que o leitor de tela lê, e o que aparece
onde o SVG não passa, como no GitHub ou num notebook em que ainda não se confia.
"""

import html

# Paleta de Okabe e Ito, que se distingue também com daltonismo; os desenhos nunca dependem só da cor.
BLUE, SKY, ORANGE = "#0072B2", "#56B4E9", "#E69F00"
GREEN, VERMILION, PURPLE = "#009E73", "#D55E00", "#CC79A7"
CHAR = 6.7  # pixels de um caractere, em média

STYLE = """<style>
.chatlib-fita { overflow-x: auto; margin: 4px 0; }
.chatlib-fita svg { display: block; max-width: none;
  font: 12px var(--jp-ui-font-family, system-ui, sans-serif);
  color: var(--jp-content-font-color1, CanvasText); }
.chatlib-fita text { fill: currentColor; paint-order: stroke; stroke-width: 3px; stroke-linejoin: round;
  stroke: var(--jp-layout-color0, Canvas); }
.chatlib-fita text[stroke=none] { stroke: none; }
.chatlib-fita-texto { position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); white-space: pre; }
</style>"""


def picture(drawing: str, width: float, height: float, text: str) -> str:
    """O HTML do desenho, com o texto que o substitui."""
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size} aria-hidden="true">{drawing}</svg>'
    hidden = f'<pre class="chatlib-fita-texto">{html.escape(text)}</pre>'
    return f'{STYLE}<div class="chatlib-fita" tabindex="0">{svg}{hidden}</div>'


def tag(name: str, content: str = "", /, **attributes) -> str:
    """Um elemento SVG; ``_`` nos nomes dos atributos vira ``-``, e os números perdem a cauda."""
    pairs = (f' {key.replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{''.join(pairs)}>{content}</{name}>"


def label(text: str, x: float, y: float, **attributes) -> str:
    """Um texto do desenho, centrado em ``x``, com tudo o que nele pareça HTML tornado inofensivo."""
    return tag("text", html.escape(text), **{"x": x, "y": y, "text_anchor": "middle"} | attributes)


def _value(value) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else html.escape(str(value))
