"""aiohttp with 16 uploads at once. usage: asynchronous.py URL FOLDER COUNT CA"""

import asyncio
import os
import ssl
from collections.abc import Iterator

import aiohttp

from fields import ca, fields, headers, paths, url


async def worker(session: aiohttp.ClientSession, names: Iterator[str]) -> None:
    for path in names:
        with open(path, 'rb') as file:
            form = aiohttp.FormData(fields())
            form.add_field('file', file, filename=os.path.basename(path), content_type='image/jpeg')
            async with session.post(url, data=form, headers=headers) as reply:
                reply.raise_for_status()
                await reply.read()


async def main() -> None:
    connector = aiohttp.TCPConnector(limit=16, ssl=ssl.create_default_context(cafile=ca))
    names = iter(paths())
    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(*(worker(session, names) for _ in range(16)))


asyncio.run(main())
