"""Pays for requests with pympp, through a lightning method of its own and a node's lnd REST interface.

Arguments: the URL of a paid resource, the URL of a node's REST interface, and optionally a body to POST.
Prints one JSON object: the statuses and bodies of two requests, the receipts, and how many payments were made.
"""

import asyncio
import base64
import json
import sys

import httpx
from mpp import Credential, Receipt
from mpp.client import ClientMethod, CredentialParams, Method, Mpp
from pydantic import BaseModel, ConfigDict

url, node = sys.argv[1:3]
body = sys.argv[3] if len(sys.argv) > 3 else None
payments = []


class Request(BaseModel):
    model_config = ConfigDict(extra="allow")
    amount: str
    currency: str


class Payload(BaseModel):
    preimage: str


async def pay(params: CredentialParams) -> str:
    details = params.challenge.request["methodDetails"]
    async with httpx.AsyncClient() as wallet:
        answer = await wallet.post(
            f"{node}/v1/channels/transactions", json={"payment_request": details["invoice"]}, timeout=30
        )
    preimage = base64.b64decode(answer.json()["payment_preimage"]).hex()
    payments.append(details["paymentHash"])
    return Credential(challenge=params.challenge.to_echo(), payload={"preimage": preimage}).to_authorization()


async def main() -> None:
    method = Method(name="lightning", intent="charge", request_model=Request, payload_model=Payload)
    async with Mpp(methods=[ClientMethod(method=method, create_credential=pay)], max_payment_retries=1) as client:
        answers = []
        for _ in range(2):
            if body is None:
                answers.append(await client.fetch(url))
            else:
                answers.append(await client.fetch(url, method="POST", content=body))
    receipts = [Receipt.from_payment_receipt(answer.headers["Payment-Receipt"]) for answer in answers]
    print(
        json.dumps(
            {
                "statuses": [answer.status_code for answer in answers],
                "bodies": [answer.text for answer in answers],
                "receipts": [receipt.reference for receipt in receipts],
                "hashes": payments,
                "payments": len(payments),
            }
        )
    )


asyncio.run(main())
