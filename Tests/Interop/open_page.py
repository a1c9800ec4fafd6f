"""Opens a payment page in chromium, pays its invoice at the node, and prints what the page shows before and after.

Arguments: the page's URL, the node's URL, and a folder for the browser's profile.
"""

import asyncio
import json
import pathlib
import subprocess
import sys
import urllib.request

import websockets


async def value(socket, expression):
    await socket.send(json.dumps({"id": 1, "method": "Runtime.evaluate", "params": {"expression": expression}}))
    while True:
        message = json.loads(await socket.recv())
        if message.get("id") == 1:
            return message["result"]["result"].get("value")


async def until(answer, patience=30):
    """What `answer` gives, as soon as it gives something."""
    for _ in range(patience * 10):
        found = await answer()
        if found:
            return found
        await asyncio.sleep(0.1)
    raise TimeoutError("the browser did not show in time what it should")


async def main(url, node, profile):
    active = pathlib.Path(profile) / "DevToolsActivePort"

    async def page():
        if not active.exists() or not active.read_text().strip():
            return None
        port = active.read_text().splitlines()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
            return next((p for p in json.load(answer) if p["type"] == "page" and p["url"] == url), None)

    target = await until(page)
    async with websockets.connect(target["webSocketDebuggerUrl"], max_size=None) as socket:
        invoice = await until(lambda: value(socket, "document.getElementById('invoice')?.value"))
        status = await value(socket, "document.getElementById('status').textContent")
        offers = await value(socket, "!document.getElementById('wallet').hidden")
        body = json.dumps({"payment_request": invoice}).encode()
        with urllib.request.urlopen(f"{node}/v1/channels/transactions", data=body) as answer:
            assert not json.load(answer)["payment_error"]
        opened = await until(
            lambda: value(socket, "document.getElementById('invoice') ? '' : document.body?.innerText")
        )
        cookies = await value(socket, "document.cookie")
    print(json.dumps({"status": status, "offersWallet": offers, "opened": opened, "cookies": cookies}))


if __name__ == "__main__":
    url, node, profile = sys.argv[1:]
    browser = subprocess.Popen(
        [
            "/usr/bin/chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            f"--user-data-dir={profile}", "--remote-debugging-port=0", url,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        asyncio.run(main(url, node, profile))
    finally:
        browser.terminate()
        browser.wait()
