"""Chromium, driven through its debugging port."""

import asyncio
import contextlib
import json
import pathlib
import subprocess
import urllib.request

import websockets


class Refused(Exception):
    """The browser did not do what it was told."""


async def call(socket, method, **parameters):
    await socket.send(json.dumps({"id": 1, "method": method, "params": parameters}))
    while True:
        message = json.loads(await socket.recv())
        if message.get("id") == 1:
            if "error" in message:
                raise Refused(f"{method}: {message['error']}")
            return message["result"]


async def value(socket, expression):
    """What it gives in the page; nothing where the page gives way to another at that moment."""
    try:
        result = await call(socket, "Runtime.evaluate", expression=expression, returnByValue=True)
    except Refused:
        return None
    return result["result"].get("value")


async def until(answer, patience=90):
    """What `answer` gives, as soon as it gives something."""
    for _ in range(patience * 10):
        found = await answer()
        if found:
            return found
        await asyncio.sleep(0.1)
    raise TimeoutError("the browser did not show in time what it should")


@contextlib.asynccontextmanager
async def page(url, profile, *options):
    """The connection to a page that is open in a browser of its own."""
    browser = subprocess.Popen(
        [
            "/usr/bin/chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            f"--user-data-dir={profile}", "--remote-debugging-port=0", *options, url,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    active = pathlib.Path(profile) / "DevToolsActivePort"

    async def target():
        if not active.exists() or not active.read_text().strip():
            return None
        port = active.read_text().splitlines()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
            return next((p for p in json.load(answer) if p["type"] == "page" and p["url"] == url), None)

    try:
        found = await until(target)
        debugger = websockets.connect(
            found["webSocketDebuggerUrl"], max_size=None, proxy=None, open_timeout=60, ping_interval=None
        )
        async with debugger as socket:
            yield socket
    finally:
        browser.terminate()
        browser.wait()
