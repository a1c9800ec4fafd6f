"""Reads server-sent events through the gateway; the upstream sends the next only when told, over a second connection,
that the one before has come.

Arguments: as of exchanges.py. Prints one JSON object with the events.
"""

import asyncio
import json
import sys

from exchanges import client, result


async def main(version, place):
    place = json.loads(place)
    (reading, _), (telling, _) = await client(version, place, ""), await client(version, place, "")
    stream = await reading.open("GET", "/events", length=0)
    await stream.head()
    text, events = b"", []
    while (part := await stream.read()) is not None:
        text += part
        while b"\n\n" in text:
            event, _, text = text.partition(b"\n\n")
            await result(await telling.open("GET", f"/got?{len(events)}", length=0))
            events.append(event.decode())
    print(json.dumps({"type": stream.field("content-type"), "events": events}))


asyncio.run(asyncio.wait_for(main(*sys.argv[1:]), 20))
