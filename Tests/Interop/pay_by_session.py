"""Lives a whole session with pympp, through a lightning method of its own and a node's lnd REST interface.

Arguments: the URL of a resource that is sold by sessions, and the URL of a node's REST interface.
Opens a session, uses it until its deposit is used up, adds to it, goes on, and closes it.
Prints one JSON object: what was answered to each step, the receipts, and what came back.
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


class Request(BaseModel):
    model_config = ConfigDict(extra="allow")
    amount: str
    currency: str


class Payload(BaseModel):
    model_config = ConfigDict(extra="allow")
    action: str


class Session:
    """Opens on the first challenge, and does afterwards what it is told to."""

    def __init__(self) -> None:
        self.id = None
        self.preimage = None
        self.secret = None
        self.return_hash = None
        self.action = "bearer"

    async def post(self, path: str, body: dict) -> dict:
        async with httpx.AsyncClient() as wallet:
            return (await wallet.post(f"{node}{path}", json=body, timeout=30)).json()

    async def pay(self, invoice: str) -> str:
        answer = await self.post("/v1/channels/transactions", {"payment_request": invoice})
        return base64.b64decode(answer["payment_preimage"]).hex()

    async def payload(self, request: dict) -> dict:
        if self.id is None:
            self.id = request["paymentHash"]
            self.preimage = await self.pay(request["depositInvoice"])
            invoice = await self.post("/v1/invoices", {"value": 0, "expiry": 30 * 86400})
            self.return_hash = base64.b64decode(invoice["r_hash"]).hex()
            return {"action": "open", "preimage": self.preimage, "returnInvoice": invoice["payment_request"]}
        payload = {"action": self.action, "sessionId": self.id}
        if self.action == "topUp":
            payload["topUpPreimage"] = await self.pay(request["depositInvoice"])
        else:
            payload["preimage"] = self.preimage
        if self.secret is not None:
            payload["sessionSecret"] = self.secret
        return payload

    async def credential(self, params: CredentialParams) -> str:
        payload = await self.payload(params.challenge.request)
        return Credential(challenge=params.challenge.to_echo(), payload=payload).to_authorization()


async def main() -> None:
    session = Session()
    method = Method(name="lightning", intent="session", request_model=Request, payload_model=Payload)
    steps = []
    client_method = ClientMethod(method=method, create_credential=session.credential)
    async with Mpp(methods=[client_method], max_payment_retries=1) as client:

        async def step(action: str) -> None:
            session.action = action
            answer = await client.fetch(url)
            told = answer.headers.get("Payment-Session-Secret")
            session.secret = told or session.secret
            receipt = answer.headers.get("Payment-Receipt")
            steps.append(
                {
                    "status": answer.status_code,
                    "body": answer.text,
                    "reference": Receipt.from_payment_receipt(receipt).reference if receipt else None,
                }
            )

        for action in ["open", "bearer", "bearer", "topUp", "bearer", "close", "bearer"]:
            await step(action)
    async with httpx.AsyncClient() as wallet:
        refund = (await wallet.get(f"{node}/v1/invoice/{session.return_hash}")).json()
    print(
        json.dumps(
            {
                "session": session.id,
                "bound": session.secret is not None,
                "steps": steps,
                "refund": int(refund["amt_paid_sat"]),
            }
        )
    )


asyncio.run(main())
