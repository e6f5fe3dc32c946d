"""An SMTP server that keeps nothing. A line on stdin is answered with how many messages it has taken.

    mail_server.py PORT
"""

import asyncio
import json
import sys

from aiosmtpd.smtp import SMTP


class Count:
    taken = 0

    async def handle_DATA(self, server, session, envelope):
        self.taken += 1
        return "250 OK"


async def main(port):
    handler = Count()
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: SMTP(handler, hostname="mail.test"), port=port)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps({"served": handler.taken}), flush=True)


asyncio.run(main(int(sys.argv[1])))
