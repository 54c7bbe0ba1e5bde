def attend_member(client, members, broadcast):
    apelido = members[client]
    try:
        while message := client.recv(1024):
            broadcast(message)
    except OSError:
        pass
    del members[client]
    client.close()
    broadcast(f"{apelido} saiu!\n".encode())
