"""Respostas certas de 07.1, de outro feitio: nenhuma é recusada."""


def cleans_up_in_finally(client, members, broadcast):
    try:
        while True:
            m = client.recv(5)
            if len(m) == 0:
                break
            broadcast(m)
    except Exception:
        pass
    finally:
        nome = members.pop(client)
        client.close()
        broadcast((nome + " saiu!\n").encode())
