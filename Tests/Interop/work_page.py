"""Opens a payment page in chromium, has it work, and prints what it shows meanwhile and after.

Arguments: the page's URL, and a folder for the browser's profile.
"""

import asyncio
import json
import sys
import time

from browser import page, until, value

# Before the page is left, what it said last is kept in the storage of the session, which outlives it.
START = """(() => {
  const status = document.getElementById('work-status');
  const progress = document.getElementById('work-progress');
  const told = { said: '', progress: 0 };
  new MutationObserver(() => {
    told.said = told.said || status.textContent;
    sessionStorage.setItem('told', JSON.stringify(told));
  }).observe(status, { childList: true });
  new MutationObserver(() => {
    told.progress = Math.max(told.progress, progress.value);
    sessionStorage.setItem('told', JSON.stringify(told));
  }).observe(progress, { attributes: true });
  document.getElementById('work-start').click();
  return true;
})()"""


async def main(url, profile):
    async with page(url, profile) as socket:
        await until(lambda: value(socket, "document.readyState === 'complete' && !!document.getElementById('work')"))
        idle = await value(
            socket,
            "document.getElementById('work-progress').hidden && !document.getElementById('work-status').textContent",
        )
        await value(socket, START)
        slowest = 0

        async def opened():
            nonlocal slowest
            before = time.monotonic()
            text = await value(socket, "document.getElementById('work') ? '' : document.body?.innerText")
            slowest = max(slowest, time.monotonic() - before)
            return text

        text = await until(opened, patience=120)
        told = json.loads(await value(socket, "sessionStorage.getItem('told')"))
        cookies = await value(socket, "document.cookie")
    print(
        json.dumps(
            {
                "isIdleAtFirst": idle, "said": told["said"], "progress": told["progress"], "slowest": slowest,
                "opened": text, "cookies": cookies,
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
