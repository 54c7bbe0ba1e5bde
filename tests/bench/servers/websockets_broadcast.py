"""O mesmo chat em WebSocket, com o `broadcast` da biblioteca `websockets`.

Uso: python websockets_broadcast.py. Escuta em 127.0.0.1, numa porta livre, e escreve HOST:PORTA na
primeira linha.
"""

import asyncio

from websockets.asyncio.server import broadcast, serve

members = set()


async def handle(connection):
    await connection.send("NICK")
    nickname = await connection.recv()
    members.add(connection)
    broadcast(members, f"{nickname} entrou!")
    await connection.send("Conectado ao servidor!")
    try:
        async for text in connection:
            broadcast(members, f"{nickname}: {text}")
    finally:
        members.discard(connection)
        broadcast(members, f"{nickname} saiu!")


async def main():
    # Sem compressão nem pings, que os outros servidores também não têm.
    options = {"compression": None, "ping_interval": None, "backlog": 1024}
    async with serve(handle, "127.0.0.1", 0, **options) as server:
        host, port = server.sockets[0].getsockname()
        print(f"{host}:{port}", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
