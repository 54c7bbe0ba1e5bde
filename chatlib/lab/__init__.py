"""Os instrumentos do laboratório: conferem o ambiente, os exercícios e o que ficou aberto."""

from .check import save_results, verificar
from .leftovers import check_clean
from .microscope import Microscope
from .perturber import Perturber
from .recorder import Recorder
from .setup import check_environment

__all__ = [
    "Microscope",
    "Perturber",
    "Recorder",
    "check_clean",
    "check_environment",
    "save_results",
    "verificar",
]


def __getattr__(name: str):
    if name == "MeasuresPanel":  # só ele precisa do plotly, que demora a carregar
        from .measures_panel import MeasuresPanel

        return MeasuresPanel
    raise AttributeError(f"o módulo chatlib.lab não tem {name!r}")
