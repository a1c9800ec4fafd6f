"""Stands in for Envoy: asks for decisions by `envoy.service.auth.v3.Authorization/Check` over grpcio, pays what a refusal
asks for, and prints what came of it as one JSON object.

Arguments: the port that answers, and the URL of a node's lnd REST interface. Messages are written and read by the wire format
of protocol buffers, field by field, with the numbers of Envoy's own definitions.
"""

import base64
import json
import re
import sys
import urllib.request

import grpc

channel = grpc.insecure_channel(f"127.0.0.1:{sys.argv[1]}", options=[("grpc.enable_http_proxy", 0)])
node = sys.argv[2]
TIMEOUT = 60


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    if isinstance(value, str):
        value = value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def fields(message):
    """The fields of a message: number -> values, in their order."""
    found, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        key = number()
        if key & 7 == 0:
            value = number()
        else:
            assert key & 7 == 2, key
            size = number()
            value = message[at : at + size]
            at += size
        found.setdefault(key >> 3, []).append(value)
    return found


def check(path, headers, body=b"", method="GET"):
    http = field(2, method) + field(4, path) + field(5, "api.example.com") + field(6, "https") + field(10, "HTTP/2")
    for name, value in {":path": path, ":authority": "api.example.com", **headers}.items():
        http += field(3, field(1, name) + field(2, value))
    if body:
        http += field(12, body)
    source = field(1, field(1, field(2, "203.0.113.9") + varint(3 << 3) + varint(4711)))
    request = field(1, field(1, source) + field(4, field(2, http)))
    call = channel.unary_unary("/envoy.service.auth.v3.Authorization/Check")
    return fields(call(request, timeout=TIMEOUT))


def options(values):
    headers = [fields(fields(value)[1][0]) for value in values]
    return [[header[1][0].decode(), header.get(2, [b""])[0].decode()] for header in headers]


def told(answer):
    code = fields(answer.get(1, [b""])[0]).get(1, [0])[0]
    if 2 in answer:
        denied = fields(answer[2][0])
        return {
            "code": code,
            "status": fields(denied[1][0])[1][0],
            "headers": options(denied.get(2, [])),
            "body": denied.get(3, [b""])[0].decode(),
            "removed": [],
        }
    ok = fields(answer[3][0]) if 3 in answer else {}
    return {
        "code": code,
        "status": None,
        "headers": options(ok.get(2, [])) + options(ok.get(6, [])),
        "body": "",
        "removed": [name.decode() for name in ok.get(5, [])],
    }


def pay(invoice):
    body = json.dumps({"payment_request": invoice}).encode()
    with urllib.request.urlopen(f"{node}/v1/channels/transactions", data=body) as answer:
        paid = json.load(answer)
    assert not paid["payment_error"], paid["payment_error"]
    return base64.b64decode(paid["payment_preimage"]).hex()


unpaid = told(check("/v1/quotes", {}))
line = next(value for name, value in unpaid["headers"] if name == "www-authenticate" and value.startswith("L402 "))
macaroon, invoice = re.search(r'macaroon="([^"]+)", invoice="([^"]+)"', line).groups()
token = f"L402 {macaroon}:{pay(invoice)}"
health = fields(channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=TIMEOUT))

print(
    json.dumps(
        {
            "unpaid": unpaid,
            "paid": told(check("/v1/quotes", {"authorization": token, "x-other": "o"})),
            "elsewhere": told(check("/nowhere", {})),
            "spelled": told(check("/v1/%71uotes", {})),
            "unsent": told(check("/v1/body", {"content-length": "9"}, method="POST")),
            "sent": told(check("/v1/body", {"content-length": "9"}, b'{"a":"b"}', method="POST")),
            "split": told(check("/v1/quotes", {"x-evil": "a\r\nauthorization: b"})),
            "serving": health[1][0] == 1,
        }
    )
)
