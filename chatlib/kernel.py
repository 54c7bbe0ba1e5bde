"""O kernel do Jupyter que não adormece: um defeito do ipykernel 7.0 a 7.3, contornado.

Ele lê os pedidos da página por um ZMQStream e responde direto no socket de baixo. Responder assim consome
o aviso de que chegou outro pedido, e o que chega nesse instante, uma célula ou o clique num painel, espera
para sempre: o kernel fica parado, sem erro (ipython/ipykernel, issue 1554). Se a resposta sai pelo mesmo
stream, ele olha o socket de novo depois dela, e nenhum pedido se perde.
"""

import sys
import threading


def stay_awake() -> None:
    """Faz o kernel deste notebook responder por onde lê; fora do Jupyter não faz nada."""
    ipython = sys.modules.get("IPython")  # nunca importado por nós: fora do Jupyter, não está lá
    kernel = getattr(ipython and ipython.get_ipython(), "kernel", None)
    channel = getattr(kernel, "shell_channel_thread", None)
    if kernel and channel and channel.parent_thread is threading.current_thread():
        channel.manager._shell_socket = kernel.shell_stream
