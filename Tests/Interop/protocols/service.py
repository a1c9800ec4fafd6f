"""What an upstream does with a request: the path says it. The same for HTTP/1.1 and HTTP/2."""

import asyncio
import hashlib
import json

LARGE = bytes(range(256)) * 4096


class Service:
    def __init__(self):
        self.noted = {}

    def event(self, name):
        return self.noted.setdefault(name, asyncio.Event())

    async def serve(self, stream):
        path, _, query = stream.target.partition("?")
        await getattr(self, path.strip("/").replace("-", "_"))(stream, query)

    async def text(self, stream, text, status=200):
        await stream.respond(status, [("x-protocol", stream.protocol)], length=len(text))
        await stream.send(text.encode())
        await stream.end()

    async def small(self, stream, query):
        await self.text(stream, "small\n")

    async def fields(self, stream, query):
        """The request's fields as JSON."""
        await self.text(stream, json.dumps([list(field) for field in stream.fields]))

    async def large(self, stream, query):
        await stream.respond(200, length=len(LARGE))
        await stream.send(LARGE)
        await stream.end()

    async def digest(self, stream, query):
        """How long the body was, and its SHA-256."""
        digest, size = hashlib.sha256(), 0
        while (part := await stream.read()) is not None:
            digest.update(part)
            size += len(part)
        await self.text(stream, f"{size} {digest.hexdigest()}")

    async def echo(self, stream, query):
        """Each part back as it comes."""
        await stream.respond(200)
        while (part := await stream.read()) is not None:
            await stream.send(part)
        await stream.end()

    async def trailers(self, stream, query):
        """The request's trailers as the body, then trailers."""
        while await stream.read() is not None:
            pass
        await stream.respond(200)
        await stream.send(json.dumps(stream.trailers).encode())
        await stream.end([("x-checksum", "down"), ("x-count", "2")])

    async def early(self, stream, query):
        """A whole answer to what is not read."""
        await self.text(stream, "early", status=403)

    async def reset(self, stream, query):
        """Breaks off in the middle of the answer."""
        await stream.respond(200, length=1000)
        await stream.send(b"partial")
        stream.reset()

    async def hang(self, stream, query):
        """Begins an answer and goes on only when the other side has left."""
        await stream.respond(200)
        await stream.send(b"begun")
        await stream.gone()
        self.event(query).set()

    async def seen(self, stream, query):
        """Answers once the client of `/hang` with this name has left."""
        try:
            await asyncio.wait_for(self.event(query).wait(), 30)
            await self.text(stream, "gone")
        except TimeoutError:
            await self.text(stream, "still there")

    async def events(self, stream, query):
        """Three server-sent events, each after the one before is acknowledged with `/got` and the same name."""
        await stream.respond(200, [("content-type", "text/event-stream")])
        for number in range(3):
            await stream.send(f"id: {number}\ndata: event {number}\n\n".encode())
            await self.event(f"got {query}/{number}").wait()
        await stream.end()

    async def got(self, stream, query):
        self.event(f"got {query}").set()
        await self.text(stream, "noted")
