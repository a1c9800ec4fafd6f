"""An echo server for WebSockets, with the package websockets.

Text `close 4001` makes it close with that code. Prints `{"port": ...}` once it listens; ends with its standard input.
The text `last close` is answered with the code with which the connection before ended, once it has.
"""

import asyncio
import json
import sys

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

ended = asyncio.Queue()


async def echo(socket):
    try:
        async for message in socket:
            if isinstance(message, str) and message.startswith("close "):
                await socket.close(int(message.split()[1]), "as told")
                return
            if message == "last close":
                message = str(await asyncio.wait_for(ended.get(), 60))
            await socket.send(message)
    except ConnectionClosed:
        pass
    finally:
        ended.put_nowait(socket.close_code)


async def main():
    async with serve(echo, "127.0.0.1", 0) as server:
        print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)


asyncio.run(main())
