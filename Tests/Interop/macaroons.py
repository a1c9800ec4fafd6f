"""Mints and verifies macaroons with pymacaroons, an implementation that shares no code with Sluice.

Reads one JSON request from standard input and writes one JSON answer to standard output:

    {"do": "mint", "key": hex, "identifier": hex, "location": text, "caveats": [text]} -> {"macaroon": base64url}
    {"do": "attenuate", "macaroon": base64, "caveats": [text]}                         -> {"macaroon": base64url}
    {"do": "verify", "key": hex, "macaroon": base64}  -> {"verified": bool, "identifier": hex, "caveats": [text]}

Needs pymacaroons 0.13.0 (PyPI).
"""

import base64
import json
import sys

from pymacaroons import MACAROON_V2, Macaroon, Verifier
from pymacaroons.exceptions import MacaroonException
from pymacaroons.serializers import BinarySerializer


def decode(text):
    standard = text.replace("-", "+").replace("_", "/").rstrip("=")
    raw = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    return BinarySerializer().deserialize_raw(raw)


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def attenuate(macaroon, caveats):
    for caveat in caveats:
        macaroon.add_first_party_caveat(caveat)
    return {"macaroon": text(macaroon.serialize())}


def verify(macaroon, key):
    verifier = Verifier()
    verifier.satisfy_general(lambda caveat: True)
    try:
        verified = verifier.verify(macaroon, key)
    except MacaroonException:
        verified = False
    return {
        "verified": verified,
        "identifier": macaroon.identifier_bytes.hex(),
        "caveats": [text(caveat.caveat_id) for caveat in macaroon.caveats],
    }


def answer(request):
    if request["do"] == "mint":
        macaroon = Macaroon(
            location=request["location"],
            identifier=bytes.fromhex(request["identifier"]),
            key=bytes.fromhex(request["key"]),
            version=MACAROON_V2,
        )
        return attenuate(macaroon, request["caveats"])
    if request["do"] == "attenuate":
        return attenuate(decode(request["macaroon"]), request["caveats"])
    if request["do"] == "verify":
        return verify(decode(request["macaroon"]), bytes.fromhex(request["key"]))
    raise ValueError("unknown request")


json.dump(answer(json.load(sys.stdin)), sys.stdout)
