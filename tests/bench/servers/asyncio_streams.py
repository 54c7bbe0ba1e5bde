"""O mesmo chat com os *streams* do asyncio: uma thread, uma corrotina por membro.

Uso: python asyncio_streams.py. Escuta em 127.0.0.1, numa porta livre, e escreve HOST:PORTA na
primeira linha.
"""

import asyncio

writers = set()


def broadcast(line):
    for writer in writers:
        writer.write(line)


async def handle(reader, writer):
    writer.write(b"NICK")
    apelido = (await reader.readline()).rstrip(b"\n")
    writers.add(writer)
    broadcast(apelido + b" entrou!\n")
    writer.write(b"Conectado ao servidor!\n")
    try:
        while line := await reader.readline():
            broadcast(apelido + b": " + line)
    except OSError:
        pass  # a conexão caiu
    finally:
        writers.discard(writer)
        writer.close()
        broadcast(apelido + b" saiu!\n")


async def main():
    server = await asyncio.start_server(handle, "127.0.0.1", 0, backlog=1024)
    print("{}:{}".format(*server.sockets[0].getsockname()), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
