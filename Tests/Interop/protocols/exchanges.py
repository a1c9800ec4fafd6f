"""Runs every kind of exchange through the gateway.

Argument: as JSON, by any names, `http1`, `http2` or `upgrade` and where the gateway listens (`{"port": 1, "tls": true}`
or `{"unix": "/path"}`): `{"TLS": ["http2", {"port": 1, "tls": true}]}`.
Prints one JSON object: by these names, what came of each kind.
"""

import asyncio
import hashlib
import json
import ssl
import sys
import uuid

import http1
import http2
from http1 import Broken
from service import LARGE


def tls_context(place, version):
    if not place.get("tls"):
        return None
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1" if version == "http1" else "h2"])
    return context


async def client(version, place):
    loop = asyncio.get_running_loop()
    context = tls_context(place, version)
    if version == "http1":
        async def connect():
            if "unix" in place:
                return await asyncio.open_unix_connection(place["unix"])
            return await asyncio.open_connection("127.0.0.1", place["port"], ssl=context)

        return http1.Client(connect), None
    make = lambda: http2.Connection(starts=version == "http2")
    if "unix" in place:
        _, connection = await loop.create_unix_connection(make, place["unix"])
    else:
        _, connection = await loop.create_connection(make, "127.0.0.1", place["port"], ssl=context)
    if version == "upgrade":
        return connection, await result(connection.upgrade("/small"))
    return connection, None


async def result(stream):
    status = await stream.head()
    body = b""
    try:
        while (part := await stream.read()) is not None:
            body += part
        end = "whole"
    except Broken:
        end = "broken"
    text = body.decode() if len(body) < 1000 else f"{len(body)} {hashlib.sha256(body).hexdigest()}"
    return {"status": status, "body": text, "end": end}


async def small(client):
    stream = await client.open("GET", "/small", length=0)
    answer = await result(stream)
    return answer | {"protocol": stream.field("x-protocol")}


async def large_down(client):
    return await result(await client.open("GET", "/large", length=0))


async def large_up(client):
    stream = await client.open("POST", "/digest", length=len(LARGE))
    await stream.send(LARGE)
    await stream.end()
    return await result(stream)


async def streamed(client):
    """Sends each part only once the one before has come back."""
    stream = await client.open("POST", "/echo")
    await stream.send(b"0,")
    status, body = await stream.head(), b""
    for number in range(1, 20):
        while not body.endswith(b"%d," % (number - 1)):
            body += await stream.read()
        await stream.send(b"%d," % number)
    await stream.end()
    while (part := await stream.read()) is not None:
        body += part
    return {"status": status, "body": body.decode(), "end": "whole"}


async def trailers(client):
    stream = await client.open("POST", "/trailers", [("te", "trailers")])
    await stream.send(b"body")
    await stream.end([("x-checksum", "up"), ("x-count", "1")])
    answer = await result(stream)
    return answer | {"trailers": stream.trailers}


async def early(client):
    """The answer comes before the request's end; the next request is served."""
    stream = await client.open("POST", "/early")
    await stream.send(b"begin")
    answer = await result(stream)
    return answer | {"next": (await small(client))["body"]}


async def broken_off(client):
    """By the upstream, in the middle of its answer; the next request is served."""
    answer = await result(await client.open("GET", "/reset", length=0))
    return answer | {"next": (await small(client))["body"]}


async def left(client):
    """By the client, in the middle of the answer; the upstream is asked whether it has noticed."""
    name = f"left-{uuid.uuid4()}"
    stream = await client.open("GET", f"/hang?{name}", length=0)
    status = await stream.head()
    part = await stream.read()
    stream.reset()
    answer = await result(await client.open("GET", f"/seen?{name}", length=0))
    return {"status": status, "body": part.decode(), "end": answer["body"]}


async def left_uploading(client):
    """By the client, in the middle of its request."""
    name = f"uploading-{uuid.uuid4()}"
    stream = await client.open("POST", f"/hang?{name}")
    await stream.send(b"begin")
    status = await stream.head()
    part = await stream.read()
    stream.reset()
    answer = await result(await client.open("GET", f"/seen?{name}", length=0))
    return {"status": status, "body": part.decode(), "end": answer["body"]}


KINDS = [small, large_down, large_up, streamed, trailers, early, broken_off, left, left_uploading]


async def outcomes(version, place):
    connection, upgraded = await client(version, place)
    results = {}
    if upgraded:
        results["upgraded"] = upgraded
    for kind in KINDS:
        try:
            results[kind.__name__] = await asyncio.wait_for(kind(connection), 60)
        except Exception as error:
            results[kind.__name__] = {"failure": repr(error), "connection": getattr(connection, "goaway", None)}
    return results


async def main(fronts):
    print(json.dumps({name: await outcomes(*front) for name, front in json.loads(fronts).items()}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
