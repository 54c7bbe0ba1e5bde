import threading


def accept_all(server, welcome, stop):
    """Aceita quem chega, cada um na sua thread, até stop ser ligado."""
    while not stop.is_set():
        try:
            client, _ = server.accept()
        except TimeoutError:
            continue
        threading.Thread(target=welcome, args=(client,), daemon=True).start()
