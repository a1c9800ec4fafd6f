"""Pays for gRPC calls by each scheme that a refusal offers, and prints what came of it as one JSON object.

Arguments: the gateway's port, and the URL of a node's lnd REST interface. The refusal is read as grpcio gives it: code,
message and the `www-authenticate` entries of the trailing metadata.
"""

import base64
import json
import re
import sys
import urllib.request

import grpc
from mpp import Challenge, Credential, Receipt

channel = grpc.insecure_channel(f"127.0.0.1:{sys.argv[1]}", options=[("grpc.enable_http_proxy", 0)])
node = sys.argv[2]
TIMEOUT = 60


def unary(metadata):
    body, call = channel.unary_unary("/test.Echo/Unary").with_call(b"hello", metadata=metadata, timeout=TIMEOUT)
    return [body.decode()], dict(call.initial_metadata())


def server_stream(metadata):
    call = channel.unary_stream("/test.Echo/ServerStream")(b"part", metadata=metadata, timeout=TIMEOUT)
    return [message.decode() for message in call], dict(call.initial_metadata())


def refusal(make):
    """What a call that is not paid for is told."""
    try:
        make([])
    except grpc.RpcError as error:
        lines = [value for key, value in error.trailing_metadata() if key == "www-authenticate"]
        initial = [key for key, _ in error.initial_metadata() or ()]
        return {"code": error.code().value[0], "message": error.details(), "lines": lines, "initial": initial}
    raise AssertionError("a call that nobody paid for was answered")


def pay(invoice):
    body = json.dumps({"payment_request": invoice}).encode()
    with urllib.request.urlopen(f"{node}/v1/channels/transactions", data=body) as answer:
        paid = json.load(answer)
    assert not paid["payment_error"], paid["payment_error"]
    return base64.b64decode(paid["payment_preimage"]).hex()


def token(lines):
    line = next(line for line in lines if line.startswith("L402 "))
    macaroon, invoice = re.search(r'macaroon="([^"]+)", invoice="([^"]+)"', line).groups()
    return f"L402 {macaroon}:{pay(invoice)}"


def charge(lines):
    challenge = Challenge.from_www_authenticate(next(line for line in lines if line.startswith("Payment ")))
    preimage = pay(challenge.request["methodDetails"]["invoice"])
    return Credential(challenge=challenge.to_echo(), payload={"preimage": preimage}).to_authorization()


answers = {}
for make in (unary, server_stream):
    for buy in (token, charge):
        told = refusal(make)
        metadata = [("authorization", buy(told["lines"]))]
        messages, initial = make(metadata)
        receipt = initial.get("payment-receipt")
        try:
            again, code = make(metadata)[0], 0
        except grpc.RpcError as error:
            again, code = [], error.code().value[0]
        answers[f"{make.__name__} {buy.__name__}"] = {
            "code": told["code"],
            "message": told["message"],
            "schemes": [line.split(" ")[0] for line in told["lines"]],
            "initial": told["initial"],
            "messages": messages,
            "receipt": Receipt.from_payment_receipt(receipt).status if receipt else None,
            "again": again,
            "codeAgain": code,
        }
print(json.dumps(answers))
