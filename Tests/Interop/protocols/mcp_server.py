"""An MCP server with the official SDK, over streamable HTTP. Arguments: "json" or "sse" answers, "stateless" or "sessions".

Prints {"port":N} once it listens, and ends with its standard input. The tool `seen` tells what `_meta` reached it.
"""

import asyncio
import json
import os
import socket
import sys
import threading

import uvicorn
from mcp.server.fastmcp import Context, FastMCP

answers, sessions = sys.argv[1:3]
server = FastMCP("shop", json_response=answers == "json", stateless_http=sessions == "stateless")


@server.tool()
async def search(query: str, ctx: Context) -> str:
    # On the stream of this call: `report_progress` takes the one that the client has opened with GET, if any.
    meta = ctx.request_context.meta
    if meta and meta.progressToken is not None:
        await ctx.session.send_progress_notification(
            meta.progressToken, 1, 2, "half way", related_request_id=ctx.request_id
        )
    return f"found {query}"


@server.tool()
def echo(text: str) -> str:
    return text


@server.tool()
def fail() -> str:
    raise ValueError("nothing works")


@server.tool()
def seen(ctx: Context) -> str:
    meta = ctx.request_context.meta
    return str(sorted((meta.model_extra or {}).keys()) if meta else [])


@server.resource("docs://manual/{page}")
def manual(page: str) -> str:
    return f"page {page}"


@server.prompt()
def greet(name: str) -> str:
    return f"say hello to {name}"


async def main() -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    # Who comes before the server is ready waits in line.
    listener.listen(128)
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    config = uvicorn.Config(server.streamable_http_app(), log_level="error")
    await uvicorn.Server(config).serve(sockets=[listener])


def end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
asyncio.run(main())
