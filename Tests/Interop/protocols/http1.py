"""HTTP/1.1 over asyncio's sockets, of either side: each message is a stream of parts that ends with trailers."""

import asyncio
import socket
import struct


class Broken(Exception):
    """The other side ended a message before its end."""


class Stream:
    """One request and its response, as the client or as the server sees them."""

    protocol = "HTTP/1.1"

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.fields = []
        self.trailers = {}
        self.is_chunked = False
        self.is_ended = False
        self.remaining = 0
        self.awaits_continue = False
        self.sends_chunked = False

    def field(self, name):
        return ", ".join(value for key, value in self.fields if key == name)

    async def read_line(self):
        line = await self.reader.readuntil(b"\r\n")
        return line[:-2].decode("latin-1")

    async def read_fields(self):
        fields = []
        while line := await self.read_line():
            name, value = line.split(":", 1)
            fields.append((name.lower(), value.strip()))
        return fields

    async def receive_head(self):
        """Returns the first line; frames the body by the fields."""
        try:
            first = await self.read_line()
            self.fields = await self.read_fields()
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Broken from error
        self.is_chunked = self.field("transfer-encoding").lower() == "chunked"
        length = self.field("content-length")
        self.remaining = int(length) if length else None
        is_request = not first.startswith("HTTP/")
        if self.remaining == 0 or (is_request and not self.is_chunked and not length):
            self.is_ended = True
        self.awaits_continue = self.field("expect").lower() == "100-continue"
        return first

    async def read(self):
        """The next part; `None` at the end."""
        if self.awaits_continue:
            self.awaits_continue = False
            self.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self.is_ended:
            return None
        try:
            if self.is_chunked:
                size = int(await self.read_line(), 16)
                if size == 0:
                    self.is_ended = True
                    self.trailers = dict(await self.read_fields())
                    return None
                part = await self.reader.readexactly(size)
                await self.reader.readexactly(2)
                return part
            most = 65536 if self.remaining is None else min(65536, self.remaining)
            part = await self.reader.read(most)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Broken from error
        if not part:
            if self.remaining is None:
                self.is_ended = True
                return None
            raise Broken
        if self.remaining is not None:
            self.remaining -= len(part)
            self.is_ended = self.remaining == 0
        return part

    async def send_lines(self, first, fields, length):
        self.sends_chunked = length is None
        framing = ("transfer-encoding", "chunked") if length is None else ("content-length", str(length))
        lines = [first] + [f"{name}: {value}" for name, value in [framing, *fields]]
        self.writer.write("".join(line + "\r\n" for line in lines + [""]).encode("latin-1"))
        await self.flush()

    async def flush(self):
        try:
            await self.writer.drain()
        except ConnectionError as error:
            raise Broken from error

    async def send(self, part):
        if self.sends_chunked:
            part = b"%x\r\n%b\r\n" % (len(part), part)
        self.writer.write(part)
        await self.flush()

    async def end(self, trailers=()):
        if self.sends_chunked:
            lines = "".join(f"{name}: {value}\r\n" for name, value in trailers)
            self.writer.write(f"0\r\n{lines}\r\n".encode())
            await self.flush()

    async def gone(self):
        """Returns when the other side has left."""
        try:
            while await self.reader.read(65536):
                pass
        except ConnectionError:
            pass

    def reset(self):
        """Breaks off: the other side gets a TCP reset where there is TCP."""
        raw = self.writer.get_extra_info("socket")
        if raw.family != socket.AF_UNIX:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    # As a server

    async def respond(self, status, fields=(), length=None):
        await self.send_lines(f"HTTP/1.1 {status} Status", fields, length)

    # As a client

    async def head(self):
        """The status of the final response."""
        while True:
            status = int((await self.receive_head()).split(" ")[1])
            if status >= 200:
                return status


class Client:
    """A connection for each request."""

    def __init__(self, connect):
        self.connect = connect

    async def open(self, method, path, fields=(), length=None):
        """`length=None`: the body is streamed."""
        stream = Stream(*await self.connect())
        await stream.send_lines(f"{method} {path} HTTP/1.1", [("host", "gateway.test"), *fields], length)
        return stream


async def serve_connection(serve, reader, writer):
    try:
        while True:
            stream = Stream(reader, writer)
            method, target, _ = (await stream.receive_head()).split(" ")
            stream.method, stream.target = method, target
            await serve(stream)
            while await stream.read() is not None:
                pass
    except Broken:
        pass
    finally:
        writer.close()
