"""A gRPC service with grpcio, without protobuf: messages are bytes.

Prints `{"port": ...}` once it listens; ends with its standard input.
"""

import json
import sys
import threading
from concurrent import futures

import grpc

left = {}


def seen(name):
    return left.setdefault(name, threading.Event())


def unary(request, context):
    metadata = dict(context.invocation_metadata())
    context.send_initial_metadata([("x-initial", metadata.get("x-client", "")), ("x-raw-bin", b"\x00\xff")])
    context.set_trailing_metadata([("x-trailing", metadata.get("x-client", ""))])
    return request


def fail(request, context):
    context.set_trailing_metadata([("x-reason", "because")])
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, "nein: größer")


def server_stream(request, context):
    for number in range(5):
        yield request + b"%d" % number


def client_stream(requests, context):
    return b"+".join(requests)


def both(requests, context):
    yield from requests


def hang(request, context):
    context.add_callback(seen(request).set)
    yield b"begun"
    seen(request).wait(60)


def has_left(request, context):
    """Whether the client of `hang` with this name has left."""
    return b"gone" if seen(request).wait(30) else b"still there"


HANDLERS = {
    "Unary": grpc.unary_unary_rpc_method_handler(unary),
    "Fail": grpc.unary_unary_rpc_method_handler(fail),
    "ServerStream": grpc.unary_stream_rpc_method_handler(server_stream),
    "ClientStream": grpc.stream_unary_rpc_method_handler(client_stream),
    "Both": grpc.stream_stream_rpc_method_handler(both),
    "Hang": grpc.unary_stream_rpc_method_handler(hang),
    "HasLeft": grpc.unary_unary_rpc_method_handler(has_left),
}

server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("test.Echo", HANDLERS)])
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(json.dumps({"port": port}), flush=True)
sys.stdin.buffer.read()
server.stop(None)
