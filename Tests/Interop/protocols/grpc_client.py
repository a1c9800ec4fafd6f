"""Calls the gRPC service through the gateway, and prints what came of each call as one JSON object.

Argument: the gateway's port. `/test.Down/` has an upstream that is down, `/test.Paid/` is paid, and `/seen`
does not answer.
"""

import asyncio
import json
import queue
import sys

import grpc
import http2

channel = grpc.insecure_channel(f"127.0.0.1:{sys.argv[1]}", options=[("grpc.enable_http_proxy", 0)])
TIMEOUT = 60


def status(error):
    return {
        "code": error.code().value[0],
        "message": error.details(),
        "metadata": {
            key: value
            for key, value in [*(error.initial_metadata() or ()), *(error.trailing_metadata() or ())]
            if isinstance(value, str)
        },
    }


def unary():
    call = channel.unary_unary("/test.Echo/Unary")
    body, result = call.with_call(b"hello", metadata=[("x-client", "here")], timeout=TIMEOUT)
    initial, trailing = dict(result.initial_metadata()), dict(result.trailing_metadata())
    return {
        "code": result.code().value[0],
        "messages": [body.decode()],
        "metadata": {
            "x-initial": initial.get("x-initial"),
            "x-raw-bin": initial.get("x-raw-bin", b"").hex(),
            "x-trailing": trailing.get("x-trailing"),
        },
    }


def large():
    message = bytes(range(256)) * 12_000
    body = channel.unary_unary("/test.Echo/Unary")(message, timeout=TIMEOUT)
    return {"code": 0, "messages": [str(body == message)]}


def server_stream():
    call = channel.unary_stream("/test.Echo/ServerStream")(b"part", timeout=TIMEOUT)
    messages = [message.decode() for message in call]
    return {"code": call.code().value[0], "messages": messages}


def client_stream():
    body, result = channel.stream_unary("/test.Echo/ClientStream").with_call(iter([b"a", b"b", b"c"]), timeout=TIMEOUT)
    return {"code": result.code().value[0], "messages": [body.decode()]}


def both():
    """Each message goes out only once the one before has come back."""
    requests = queue.SimpleQueue()
    call = channel.stream_stream("/test.Echo/Both")(iter(requests.get, None), timeout=TIMEOUT)
    messages = []
    for number in range(5):
        requests.put(b"%d" % number)
        messages.append(next(call).decode())
    requests.put(None)
    messages += [message.decode() for message in call]
    return {"code": call.code().value[0], "messages": messages}


def failing():
    channel.unary_unary("/test.Echo/Fail")(b"", timeout=TIMEOUT)


def has_left(name):
    return channel.unary_unary("/test.Echo/HasLeft")(name, timeout=TIMEOUT).decode()


def deadline():
    call = channel.unary_stream("/test.Echo/Hang")(b"deadline", timeout=2)
    try:
        list(call)
    except grpc.RpcError as error:
        return {"code": error.code().value[0], "messages": [has_left(b"deadline")]}


def cancelled():
    call = channel.unary_stream("/test.Echo/Hang")(b"cancelled", timeout=TIMEOUT)
    next(call)
    call.cancel()
    return {"code": call.code().value[0], "messages": [has_left(b"cancelled")]}


async def raw_deadline():
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(http2.Connection, "127.0.0.1", int(sys.argv[1]))
    fields = [("content-type", "application/grpc"), ("te", "trailers"), ("grpc-timeout", "300m")]
    stream = await connection.open("POST", "/seen?nobody", fields)
    await stream.send(b"\0\0\0\0\6nobody")
    await stream.end()
    status = await stream.head()
    ended = stream.field("grpc-status")
    while await stream.read() is not None:
        pass
    return {"code": int(ended or stream.trailers.get("grpc-status", -1)), "messages": [str(status)]}


def bounded():
    """A client that does not watch its deadline itself."""
    return asyncio.run(asyncio.wait_for(raw_deadline(), 20))


def down():
    channel.unary_unary("/test.Down/Unary")(b"", timeout=TIMEOUT)


def paid():
    channel.unary_unary("/test.Paid/Unary")(b"", timeout=TIMEOUT)


answers = {}
for call in (unary, large, server_stream, client_stream, both, failing, deadline, bounded, cancelled, down, paid):
    try:
        answers[call.__name__] = call()
    except grpc.RpcError as error:
        answers[call.__name__] = status(error)
    except Exception as error:
        answers[call.__name__] = {"code": -1, "message": repr(error)}
print(json.dumps(answers))
