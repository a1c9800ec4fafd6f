"""Talks to the echo server through the gateway.

Arguments: `http1` (the package websockets) or `http2` (RFC 8441, with the package h2), the gateway's port, and the path.
Prints one JSON object: what came back, or the status with which the handshake was refused.
"""

import asyncio
import json
import sys

import http2
from http1 import Broken
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Close, Frame, Opcode
from websockets.streams import StreamReader

BINARY = bytes(range(256)) * 400


async def over_http1(port, path):
    uri = f"ws://127.0.0.1:{port}{path}"
    try:
        async with connect(uri, compression=None, proxy=None) as socket:
            await socket.send("hello")
            text = await socket.recv()
            await socket.send(BINARY)
            binary = await socket.recv() == BINARY
            pong = await (await socket.ping(b"are you there")) >= 0
            await socket.close(4002, "by the client")
    except InvalidStatus as error:
        return {"refused": error.response.status_code}
    async with connect(uri, compression=None, proxy=None) as socket:
        await socket.send("last close")
        seen = await socket.recv()
        await socket.send("close 4001")
        try:
            await socket.recv()
        except ConnectionClosed as error:
            close = error.rcvd
    return {
        "text": text, "binary": binary, "pong": pong, "upstream_saw": int(seen), "code": close.code,
        "reason": close.reason,
    }


class Socket:
    """Frames of RFC 6455 in the DATA frames of a stream."""

    def __init__(self, stream):
        self.stream = stream
        self.reader = StreamReader()

    async def send(self, opcode, data):
        await self.stream.send(Frame(opcode, data).serialize(mask=True))

    async def receive(self):
        """A whole message; control frames come as they are."""
        opcode, data = None, b""
        while True:
            frame = await self.frame()
            if frame.opcode not in (Opcode.CONT, Opcode.TEXT, Opcode.BINARY):
                return frame.opcode, bytes(frame.data)
            opcode = opcode or frame.opcode
            data += frame.data
            if frame.fin:
                return opcode, data

    async def frame(self):
        parser = Frame.parse(self.reader.read_exact, mask=False, max_size=1 << 20)
        while True:
            try:
                next(parser)
            except StopIteration as end:
                return end.value
            part = await self.stream.read()
            if part is None:
                raise EOFError
            self.reader.feed_data(part)


async def open_stream(connection, port, path):
    number = connection.h2.get_next_available_stream_id()
    stream = connection.streams[number] = http2.Stream(connection, number)
    stream.send_head(
        [
            (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", path),
            (":authority", f"127.0.0.1:{port}"), ("sec-websocket-version", "13"),
        ],
        None,
    )
    return stream, await stream.head()


async def over_http2(port, path):
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(http2.Connection, "127.0.0.1", port)
    await connection.settings.wait()
    enabled = connection.h2.remote_settings.enable_connect_protocol == 1
    stream, status = await open_stream(connection, port, path)
    if status != 200:
        return {"refused": status}
    socket = Socket(stream)
    await socket.send(Opcode.TEXT, b"hello")
    text = (await socket.receive())[1].decode()
    await socket.send(Opcode.BINARY, BINARY)
    binary = await socket.receive() == (Opcode.BINARY, BINARY)
    await socket.send(Opcode.PING, b"are you there")
    pong = await socket.receive() == (Opcode.PONG, b"are you there")
    await socket.send(Opcode.CLOSE, Close(4002, "by the client").serialize())
    await socket.receive()
    await stream.end()

    stream, _ = await open_stream(connection, port, path)
    socket = Socket(stream)
    await socket.send(Opcode.TEXT, b"last close")
    seen = (await socket.receive())[1]
    await socket.send(Opcode.TEXT, b"close 4001")
    close = Close.parse((await socket.receive())[1])
    # As an endpoint that has the close frame does; the upstream need not wait for it.
    try:
        await socket.send(Opcode.CLOSE, close.serialize())
    except Broken:
        pass
    return {
        "text": text, "binary": binary, "pong": pong, "upstream_saw": int(seen), "code": close.code,
        "reason": close.reason, "enabled": enabled,
    }


async def main(version, port, path):
    talk = over_http1 if version == "http1" else over_http2
    try:
        answer = await asyncio.wait_for(talk(int(port), path), 60)
    except (Broken, ConnectionClosed, EOFError, ConnectionError, TimeoutError) as error:
        answer = {"failure": repr(error)}
    print(json.dumps(answer))


asyncio.run(main(*sys.argv[1:]))
