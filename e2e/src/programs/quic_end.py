"""Both ends of QUIC connections whose streams carry numbered messages.

    quic_end.py server PORT CERT KEY ADDRESS
    quic_end.py client CA

A line on stdin of a server is answered with what came in. A client takes lines:
    dial HOST PORT       connects, exchanges one message, closes: "served", or why not
    open HOST PORT       the same without closing
    exchange COUNT       so many numbered messages over what "open" opened
Each is answered with one line of JSON.
"""

import asyncio
import contextlib
import json
import socket
import sys

from aioquic.asyncio import QuicConnectionProtocol, connect, serve
from aioquic.quic.configuration import QuicConfiguration

ALPN = ["namewall-test"]
PATIENCE = 20


async def line():
    return await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


def say(what):
    print(json.dumps(what), flush=True)


async def server(port, cert, key, address):
    tally = {"received": 0, "wrong": 0}

    class End(QuicConnectionProtocol):
        def __init__(self, quic, stream_handler=None):
            super().__init__(quic, lambda *stream: asyncio.ensure_future(self.echo(*stream)))
            self.last = 0

        async def echo(self, reader, writer):
            number = await reader.read()
            self.last += 1
            tally["received"] += 1
            tally["wrong"] += number != str(self.last).encode()
            writer.write(number)
            writer.write_eof()

    configuration = QuicConfiguration(alpn_protocols=ALPN, is_client=False, idle_timeout=300)
    configuration.load_cert_chain(cert, key)
    await serve(address, int(port), configuration=configuration, create_protocol=End)
    while await line():
        say(tally)


class Client:
    def __init__(self, ca):
        self.ca = ca
        self.stack = contextlib.AsyncExitStack()
        self.connection = None
        self.sent = 0

    def dialling(self, host, port):
        configuration = QuicConfiguration(alpn_protocols=ALPN, is_client=True, idle_timeout=300)
        configuration.load_verify_locations(self.ca)
        return connect(host, int(port), configuration=configuration)

    async def send(self, connection, number):
        reader, writer = await connection.create_stream()
        writer.write(str(number).encode())
        writer.write_eof()
        return await asyncio.wait_for(reader.read(), PATIENCE) == str(number).encode()

    async def dial(self, host, port, keep=False):
        async with contextlib.AsyncExitStack() as stack:
            try:
                entering = stack.enter_async_context(self.dialling(host, port))
                connection = await asyncio.wait_for(entering, PATIENCE)
            except socket.gaierror:
                return {"outcome": "name refused"}
            except (asyncio.TimeoutError, ConnectionError):
                return {"outcome": "no answer"}
            outcome = "served" if await self.send(connection, 1) else "wrong"
            if keep:
                self.connection, self.sent, self.stack = connection, 1, stack.pop_all()
            return {"outcome": outcome}

    async def exchange(self, count):
        received = 0
        with contextlib.suppress(asyncio.TimeoutError, ConnectionError):
            for _ in range(int(count)):
                self.sent += 1
                received += await self.send(self.connection, self.sent)
        return {"sent": self.sent, "received": received}


async def client(ca):
    end = Client(ca)
    while said := (await line()).split():
        verb, rest = said[0], said[1:]
        if verb == "exchange":
            say(await end.exchange(*rest))
        else:
            say(await end.dial(*rest, keep=verb == "open"))


asyncio.run({"server": server, "client": client}[sys.argv[1]](*sys.argv[2:]))
