"""A stream of NATS JetStream as a client of somebody else's sees it: nats-py."""

import asyncio
import contextlib
import socket
import subprocess
import time

import nats
import nats.js.errors


@contextlib.contextmanager
def server(port, folder):
    """A real nats-server with JetStream at `port`; gives its address."""
    command = ["nats-server", "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 15
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < end and process.poll() is None, "nats-server did not start"
                time.sleep(0.05)
        yield f"nats://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def publish(address, subject, headers, body):
    """Publishes one message and waits until a stream has kept it."""

    async def run():
        client = await nats.connect(address)
        await client.jetstream().publish(subject, body, headers=headers)
        await client.close()

    asyncio.run(run())


def messages(address, stream, subject, count, seconds=15):
    """The first `count` messages of a stream at a subject, as (subject, headers, body); waits for the stream too."""

    async def run():
        client = await nats.connect(address)
        end = time.monotonic() + seconds
        while True:
            try:
                subscription = await client.jetstream().pull_subscribe(subject, stream=stream)
                break
            except nats.js.errors.NotFoundError:  # whoever sends makes it with its first message
                assert time.monotonic() < end, f"no stream {stream} within {seconds} s"
                await asyncio.sleep(0.05)
        found = []
        while len(found) < count:
            for message in await subscription.fetch(count - len(found), timeout=seconds):
                await message.ack()
                found.append((message.subject, dict(message.headers or {}), message.data))
        await client.close()
        return found

    return asyncio.run(run())
