"""One direction of HTTP/2 connections, written by hyperframe and hpack, and what a reader has to make of it.

Needs `hpack==4.2.0 hyperframe==6.1.0`.
"""
import json
import random

import hpack
import hyperframe
from hyperframe.frame import (
    ContinuationFrame, DataFrame, GoAwayFrame, HeadersFrame, PingFrame, PriorityFrame, PushPromiseFrame, RstStreamFrame,
    SettingsFrame, WindowUpdateFrame,
)

from reference import write

random.seed(9113)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
NAMES = [b"content-type", b"grpc-timeout", b"x-request-id", b"user-agent", b"te", b"x-a", b"trace-bin", b"x-" + b"n" * 200]


def value():
    return random.choice([
        b"application/grpc", b"trailers", b"", b"0", bytes(random.choices(range(0x20, 0x7F), k=random.randint(1, 60))),
        "Größe €😀".encode(), "latin-1: é".encode("latin-1"), b"\xff\xc3\x28\xe2\x82", b"v" * random.choice([126, 127, 128, 300]),
    ])


def text(octets):
    return octets.decode("utf-8", "replace")


class Direction:
    """What one side sends, and what it means: the events are kept as text, so that a connection takes few lines."""

    def __init__(self, role):
        self.role = role
        self.octets = PREFACE if role == "client" else b""
        self.events = []
        self.encoder = hpack.Encoder()
        self.send(SettingsFrame(0, settings={SettingsFrame.INITIAL_WINDOW_SIZE: 70000, SettingsFrame.MAX_CONCURRENT_STREAMS: 9}))
        self.events.append(["settings", False])

    def send(self, frame):
        self.octets += frame.serialize()

    def block(self, stream, fields, ends, padded=False, priority=False, pieces=1, promised=None):
        encoded = self.encoder.encode(
            [hpack.NeverIndexedHeaderTuple(*f) if random.random() < 0.1 else f for f in fields], huffman=random.random() < 0.7
        )
        cuts = sorted(random.choices(range(len(encoded) + 1), k=pieces - 1))
        parts = [encoded[a:b] for a, b in zip([0] + cuts, cuts + [len(encoded)])]
        if promised is None:
            first = HeadersFrame(stream, parts[0])
        else:
            first = PushPromiseFrame(stream, promised, parts[0])
        if ends:
            first.flags.add("END_STREAM")
        if padded:
            first.flags.add("PADDED")
            first.pad_length = random.choice([0, 1, 255])
        if priority:
            first.flags.add("PRIORITY")
            first.depends_on, first.stream_weight, first.exclusive = 0, 16, False
        frames = [first] + [ContinuationFrame(stream, part) for part in parts[1:]]
        frames[-1].flags.add("END_HEADERS")
        for frame in frames:
            self.send(frame)
        kind = "headers" if promised is None else "promise"
        self.events.append([kind, stream, ends, [[text(name), text(value)] for name, value in fields]])

    def data(self, stream, octets, ends, padding=None):
        frame = DataFrame(stream, octets)
        if ends:
            frame.flags.add("END_STREAM")
        if padding is not None:
            frame.flags.add("PADDED")
            frame.pad_length = padding
        self.send(frame)
        self.events.append(["data", stream, octets.hex(), ends])

    def done(self):
        return {"role": self.role, "bytes": self.octets.hex(), "events": json.dumps(self.events, ensure_ascii=False)}


def client(streams, short=False):
    side = Direction("client")
    side.send(WindowUpdateFrame(0, 1 << 20))
    side.send(SettingsFrame(0, flags=["ACK"]))
    side.events.append(["settings", True])
    for index in range(streams):
        stream = 2 * index + 1
        fields = [(b":method", random.choice([b"POST", b"GET"])), (b":scheme", b"http"), (b":path", random.choice([b"/a?b=c", b"/s/M"])), (b":authority", b"model:8001")]
        fields += [(random.choice(NAMES), value()) for _ in range(2 if short else random.randint(0, 12))]
        if index % 7 == 5:
            side.encoder.header_table_size = random.choice([0, 128, 1000, 4096, 16384])
        side.block(stream, fields, index % 5 == 4, padded=index % 3 == 1, priority=index % 4 == 2, pieces=random.choice([1, 1, 2, 3]))
        if index % 5 != 4:
            side.data(stream, random.randbytes(0 if index % 6 == 0 else random.randint(1, 40)), False, padding=random.choice([None, 0, 7]))
            side.data(stream, b"" if index % 2 else b"end", True, padding=3 if index % 3 == 0 else None)
        if index % 8 == 3:
            side.send(RstStreamFrame(stream, 8))
            side.events.append(["reset", stream, 8])
        if index % 9 == 1:
            side.send(PingFrame(0, b"12345678"))
            side.send(PriorityFrame(stream, depends_on=0, stream_weight=3))
            side.octets += b"\x00\x00\x03\xf7\x00\x00\x00\x00\x00abc"  # of a type that nobody knows
    return side.done()


def server(streams):
    side = Direction("server")
    for index in range(streams):
        stream = 2 * index + 1
        if index % 6 == 1:
            side.block(stream, [(b":method", b"GET"), (b":path", b"/pushed"), (b":scheme", b"http")], False, promised=2 * index + 2)
        if index % 4 == 0:
            side.block(stream, [(b":status", b"103"), (b"link", b"</a>")], False)
        side.block(stream, [(b":status", random.choice([b"200", b"404", b"503"]))] + [(random.choice(NAMES), value()) for _ in range(random.randint(0, 6))], False, pieces=random.choice([1, 2]))
        side.data(stream, random.randbytes(random.randint(1, 60)), False)
        side.block(stream, [(b"grpc-status", str(index % 17).encode()), (b"grpc-message", b"caf%C3%A9")], True, padded=index % 2 == 1)
    side.send(GoAwayFrame(0, last_stream_id=2 * streams - 1, error_code=0))
    side.events.append(["goaway", 2 * streams - 1, 0])
    return side.done()


write("HTTPMessagesTests/HTTP2", "http2_connections", [hpack, hyperframe], {
    "connections": [client(3, short=True), client(60), server(40), client(25), server(12)],
})
