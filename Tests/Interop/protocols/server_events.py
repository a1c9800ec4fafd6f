"""Reads server-sent events through the gateway; the upstream sends the next only when told, over a second connection,
that the one before has come.

Argument: as of exchanges.py. Prints one JSON object with the events, by the same names.
"""

import asyncio
import json
import sys
import uuid

from exchanges import client, result


async def events(version, place):
    (reading, _), (telling, _) = await client(version, place), await client(version, place)
    name = uuid.uuid4()
    stream = await reading.open("GET", f"/events?{name}", length=0)
    await stream.head()
    text, found = b"", []
    while (part := await stream.read()) is not None:
        text += part
        while b"\n\n" in text:
            event, _, text = text.partition(b"\n\n")
            await result(await telling.open("GET", f"/got?{name}/{len(found)}", length=0))
            found.append(event.decode())
    return {"type": stream.field("content-type"), "events": found}


async def main(fronts):
    print(json.dumps({name: await events(*front) for name, front in json.loads(fronts).items()}))


asyncio.run(asyncio.wait_for(main(*sys.argv[1:]), 60))
