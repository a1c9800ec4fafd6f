"""Opens a payment page in chromium, pays its invoice at the node, and prints what the page shows before and after.

Arguments: the page's URL, the node's URL, and a folder for the browser's profile.
"""

import asyncio
import json
import sys
import urllib.request

from browser import page, until, value


async def main(url, node, profile):
    async with page(url, profile) as socket:
        # All of the page is there, and its script has run.
        shown = "document.readyState === 'complete' && document.getElementById('invoice')?.value"
        invoice = await until(lambda: value(socket, shown))
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
    asyncio.run(main(*sys.argv[1:]))
