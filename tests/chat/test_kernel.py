"""O kernel em que o chat vive: nenhum pedido da página se perde."""

from queue import Empty

import pytest

start_new_kernel = pytest.importorskip("jupyter_client.manager").start_new_kernel
CELLS = 1_500  # sem o conserto, o kernel adormece em algumas centenas


def run(client, code: str) -> None:
    """Roda a célula, e volta assim que ela acaba: antes que a resposta do kernel tenha saído."""
    sent = client.execute(code)
    while True:
        message = client.get_iopub_msg(timeout=20)
        if (
            message["parent_header"].get("msg_id") == sent
            and message["content"].get("execution_state") == "idle"
        ):
            return


@pytest.fixture
def kernel():
    """Um kernel de verdade, com chatlib importado."""
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        run(client, "import chatlib")
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def test_the_kernel_never_falls_asleep(kernel):
    """Um pedido que chega enquanto o kernel responde a outro é atendido."""
    try:
        for number in range(CELLS):
            run(kernel, str(number))
    except Empty:
        pytest.fail("o kernel deixou um pedido sem resposta")
