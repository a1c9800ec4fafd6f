"""A service behind the gateway, in cleartext and over TLS.

Arguments: `http1` or `http2`, and a folder for its certificate.
Prints one JSON object once it listens: `clear` and `tls` are the ports, `roots` is the certificate's file.
Ends with its standard input.
"""

import asyncio
import functools
import json
import ssl
import subprocess
import sys

import http1
import http2
from service import Service


def certificate(folder):
    names = (f"{folder}/upstream.pem", f"{folder}/upstream.key")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        + ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        + ["-out", names[0], "-keyout", names[1]],
        check=True,
        capture_output=True,
    )
    return names


async def main(version, folder):
    loop = asyncio.get_running_loop()
    service = Service()
    chain, key = certificate(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(chain, key)
    tls.set_alpn_protocols(["h2" if version == "http2" else "http/1.1"])
    ports = []
    for context in (None, tls):
        if version == "http2":
            make = functools.partial(http2.Connection, service.serve)
            server = await loop.create_server(make, "127.0.0.1", 0, ssl=context)
        else:
            serve = functools.partial(http1.serve_connection, service.serve)
            server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        ports.append(server.sockets[0].getsockname()[1])
    print(json.dumps({"clear": ports[0], "tls": ports[1], "roots": chain}), flush=True)
    await loop.run_in_executor(None, sys.stdin.buffer.read)


asyncio.run(main(*sys.argv[1:]))
