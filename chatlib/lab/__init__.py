"""Os instrumentos do laboratório: o que passa no fio, uma rede ruim, e quem confere as respostas."""

from .bad_network.perturber import Perturber
from .checking.project import verificar_projeto
from .checking.report import save_results
from .checking.verify import verificar
from .cluster.cluster import Cluster
from .drawing.diagram import Diagram
from .drawing.timeline import Timeline
from .environment import check_environment
from .leftovers import check_clean
from .microscope.microscope import Microscope
from .recording.recorder import Recorder
from .staging import crowd, keep, pair, spawn, wait_for_bytes
from .tape import Tape

__all__ = [
    "Cluster",
    "Diagram",
    "Microscope",
    "Perturber",
    "Recorder",
    "Tape",
    "Timeline",
    "check_clean",
    "check_environment",
    "crowd",
    "keep",
    "pair",
    "save_results",
    "spawn",
    "verificar",
    "verificar_projeto",
    "wait_for_bytes",
]
