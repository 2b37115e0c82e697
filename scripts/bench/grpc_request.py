"""The same V2 request by gRPC, with raw contents: its message written by hand, since it has five fields."""

import pathlib
import re
import struct
import subprocess
import tempfile

PATH = "/inference.GRPCInferenceService/ModelInfer"


def field(number, content):
    """A field of text, bytes or a message."""
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value):
    """A number in groups of seven bits, the lowest first."""
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(groups + bytes([value]))


def fields(message):
    """Number and content of each field that has a length; there are no others in an answer with raw contents."""
    place = 0

    def number():
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while place < len(message):
        key, length = number(), number()
        yield key >> 3, message[place : place + length]
        place += length


class GRPCInferenceRequest:
    """Asks for the probabilities of one row of FP32 values, at the port after HTTP's."""

    def __init__(self, name, model, output, row):
        self.name = name
        tensor = field(1, "image") + field(2, "FP32") + field(3, varint(1) + varint(len(row)))
        message = field(1, model) + field(3, "1") + field(5, tensor) + field(6, field(1, output))
        message += field(7, struct.pack(f"<{len(row)}f", *row))
        self.body = struct.pack(">BI", 0, len(message)) + message

    def command(self, tool, file, port, *further):
        """A command that sends the request, whose body it writes into `file`."""
        file.write_bytes(self.body)
        headers = [part for text in ("content-type: application/grpc", "te: trailers") for part in ("-H", text)]
        return [*tool, *further, *headers, f"http://127.0.0.1:{port + 1}{PATH}"]

    def probabilities(self, port):
        """The probabilities by the server at `port`; CalledProcessError where it does not answer."""
        with tempfile.NamedTemporaryFile() as file:
            body = pathlib.Path(file.name)
            command = self.command(["curl", "-sSf", "--http2-prior-knowledge"], body, port, "--data-binary", f"@{body}")
            answer = subprocess.run(command, check=True, capture_output=True).stdout
        (raw,) = [content for number, content in fields(answer[5:]) if number == 6]
        return list(struct.unpack(f"<{len(raw) // 4}f", raw))

    def load(self, port, file, connections, seconds):
        """How many requests were answered in so many seconds, and how many a second, one at a time on each connection."""
        options = ["-t1", "-m1", f"-c{connections}", f"-D{seconds}", "-d", str(file)]
        text = subprocess.run(self.command(["h2load"], file, port, *options), check=True, capture_output=True, text=True).stdout
        succeeded, failed = (int(re.search(rf"(\d+) {what}", text)[1]) for what in ("succeeded", "failed"))
        assert succeeded and not failed, text
        return succeeded, succeeded / seconds
