"""Uses an MCP server behind the gateway with the official client, and pays for its tools with pympp's wrapper.

Arguments: the URL of the MCP endpoint and that of a node's lnd REST interface. Prints one JSON object.
"""

import asyncio
import base64
import json
import sys
from datetime import timedelta

import httpx
from mcp import ClientSession, McpError
from mcp.client.streamable_http import streamablehttp_client
from mpp import Credential
from mpp.client import ClientMethod, CredentialParams, Method
from mpp.extensions.mcp import McpClient
from pydantic import AnyUrl, BaseModel, ConfigDict

url, node = sys.argv[1:3]
payments = []


class Request(BaseModel):
    model_config = ConfigDict(extra="allow")
    amount: str
    currency: str


class Payload(BaseModel):
    preimage: str


async def preimage(invoice: str) -> str:
    async with httpx.AsyncClient() as wallet:
        answer = await wallet.post(f"{node}/v1/channels/transactions", json={"payment_request": invoice}, timeout=30)
    return base64.b64decode(answer.json()["payment_preimage"]).hex()


async def pay(params: CredentialParams) -> str:
    details = params.challenge.request["methodDetails"]
    proof = await preimage(details["invoice"])
    payments.append({"hash": details["paymentHash"], "amount": params.challenge.request["amount"]})
    return Credential(challenge=params.challenge.to_echo(), payload={"preimage": proof}).to_authorization()


async def refusal(call) -> dict:
    try:
        await call
    except McpError as error:
        return {"code": error.error.code, "data": error.error.data}
    return {"code": 0, "data": None}


async def main() -> None:
    report = {}
    method = Method(name="lightning", intent="charge", request_model=Request, payload_model=Payload)
    methods = [ClientMethod(method=method, create_credential=pay)]
    async with streamablehttp_client(url) as (read, write, _):
        async with ClientSession(read, write, read_timeout_seconds=timedelta(seconds=30)) as session:
            opened = await session.initialize()
            report["capability"] = (opened.capabilities.experimental or {}).get("payment")
            report["tools"] = sorted(tool.name for tool in (await session.list_tools()).tools)
            await session.send_ping()
            report["free"] = (await session.call_tool("echo", {"text": "free"})).content[0].text

            unpaid = await refusal(session.call_tool("search", {"query": "a"}))
            report["unpaid"] = {
                "code": unpaid["code"],
                "amounts": [challenge["request"]["amount"] for challenge in unpaid["data"]["challenges"]],
            }

            progress = []

            async def note(done: float, total: float | None, message: str | None) -> None:
                progress.append(message)

            client = McpClient(session, methods=methods)
            paid = await client.call_tool("search", {"query": "a"})
            report["paid"] = paid.content[0].text
            report["receipt"] = {"reference": paid.receipt.reference, "status": paid.receipt.status}
            report["seen"] = (await client.call_tool("seen")).content[0].text

            # What was bought for one call opens no other, and none twice.
            challenge = (await refusal(session.call_tool("search", {"query": "b"})))["data"]["challenges"][0]
            proof = await preimage(challenge["request"]["methodDetails"]["invoice"])
            meta = {"org.paymentauth/credential": {"challenge": challenge, "payload": {"preimage": proof}}}
            other = await refusal(session.call_tool("search", {"query": "c"}, meta=meta))
            report["other"] = [other["code"], other["data"]["failure"]["reason"], len(other["data"]["challenges"])]
            dearer = await refusal(session.call_tool("fail", {}, meta=meta))
            report["dearer"] = dearer["code"]
            first = await session.call_tool("search", {"query": "b"}, meta=meta, progress_callback=note)
            report["first"] = [first.content[0].text, (first.meta or {}).get("org.paymentauth/receipt", {}).get("status")]
            report["progress"] = progress
            report["second"] = (await refusal(session.call_tool("search", {"query": "b"}, meta=meta)))["code"]

            page = await refusal(session.read_resource(AnyUrl("docs://manual/1")))
            report["resource"] = [page["code"], page["data"]["challenges"][0]["request"]["amount"]]
            prompt = await refusal(session.get_prompt("greet", {"name": "you"}))
            report["prompt"] = [prompt["code"], prompt["data"]["challenges"][0]["request"]["amount"]]
    report["payments"] = payments
    print(json.dumps(report))


asyncio.run(main())
