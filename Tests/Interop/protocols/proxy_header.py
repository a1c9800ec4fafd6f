"""Opens a connection with a header of the PROXY protocol (haproxy, doc/proxy-protocol.txt) and asks for `/fields`.

Arguments: `1` or `2`, the gateway's port. Prints one JSON object: the status, and the fields that reached the upstream.
"""

import asyncio
import ipaddress
import json
import struct
import sys

import http1

HEADERS = {
    "1": b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n",
    "2": b"\r\n\r\n\0\r\nQUIT\n\x21\x11"
    + struct.pack(
        "!H4s4sHH", 12, ipaddress.ip_address("203.0.113.7").packed, ipaddress.ip_address("192.0.2.1").packed, 4711, 443
    ),
}


async def main(version, port):
    async def connect():
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
        writer.write(HEADERS[version])
        return reader, writer

    stream = await http1.Client(connect).open("GET", "/fields", length=0)
    status, body = await stream.head(), b""
    while (part := await stream.read()) is not None:
        body += part
    fields = dict(json.loads(body)) if status == 200 else {}
    print(json.dumps({"status": status, "fields": fields}))


asyncio.run(asyncio.wait_for(main(*sys.argv[1:]), 60))
