#!/usr/bin/env python3
"""Our JSON reader beside simdjson and Python's, on seeded texts: whole ones, broken ones, hostile ones.

    scripts/reference/json/compare.py [--cases 1000000] [--seed 7]

Of each text all three must say the same: refused, or the same value, numbers to the last bit. Where simdjson has a rule of
its own (an integer beyond 64 bits is an error to it), Python decides alone; `-0` is -0.0 to us and 0 to simdjson. Texts nest at most 100 deep and hold no NaN,
which neither of the others takes. Prints the first differences and exits 1 when there is one.

Needs g++ and Debian's libsimdjson-dev, and the release build of vedette-bench.
"""

import argparse
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
BENCH = HERE.parents[2] / ".build" / "release" / "vedette-bench"
BLOCK = 50_000


def number(generator):
    choice = generator.randrange(9)
    if choice == 0:
        return str(generator.randrange(-10, 10))
    if choice == 1:
        return str(generator.randrange(-(1 << 66), 1 << 66))
    if choice == 2:
        return repr(generator.uniform(-1e3, 1e3))
    if choice == 3:
        return repr(struct.unpack("<d", generator.randbytes(8))[0]).replace("nan", "0").replace("inf", "1e400")
    if choice == 4:  # halfway between two doubles, or one digit off it
        value = struct.unpack("<d", struct.pack("<Q", generator.randrange(1 << 52, 0x7FE << 52)))[0]
        if 1e-5 < value < 1e20:
            return format(int(value * 2**60) * 2 + 1, "d") + "e-20"
        return format(value, ".25e")
    if choice == 5:
        return f"{generator.randrange(10**18)}{generator.randrange(10**18)}e{generator.randrange(-340, 310)}"
    if choice == 6:
        return generator.choice(["-0", "0", "-0.0", "0e0", "1E5", "1e+5", "1e-5", "-1.5E-3", "5e-324", "2.4703282292062327e-324",
                                 "1.7976931348623157e308", "2.2250738585072011e-308", "9007199254740993", "9223372036854775807",
                                 "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615"])
    if choice == 7:
        return generator.choice(["01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "1_0", "--1", "1.e5", "00", "-01", "1e5.5", "٣"])
    return "%.17g" % generator.gauss(0, 1)


def text(generator):
    parts = []
    for _ in range(generator.randrange(8)):
        choice = generator.randrange(8)
        if choice < 3:
            parts.append("".join(chr(generator.randrange(32, 127)) for _ in range(4)).replace("\\", "").replace('"', ""))
        elif choice == 3:
            parts.append(generator.choice(["é", "€", "😀", "\u2028", "\uffff", "\x7f"]))
        elif choice == 4:
            parts.append(generator.choice(['\\"', "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "\\u00e9", "\\ud83d\\ude00", "\\u0000"]))
        elif choice == 5:
            parts.append("\\u%04x" % generator.choice([0x41, 0x7FF, 0xFFFD, 0xFFFF]))
        elif choice == 6 and generator.randrange(6) == 0:
            parts.append(generator.choice(["\\x", "\\u12", "\\ud800", "\\udc00", "\\ud800\\u0041", "\t", "\n", "\\"]))
    return '"' + "".join(parts) + '"'


def value(generator, depth):
    choice = generator.randrange(10) if depth > 0 else generator.randrange(6)
    space = generator.choice(["", "", "", " ", "\n", "\t ", "\r\n"])
    if choice < 3:
        return space + number(generator)
    if choice < 5:
        return space + text(generator)
    if choice == 5:
        return space + generator.choice(["null", "true", "false", "nul", "True", "tru", "nullx"] if generator.randrange(20) == 0
                                        else ["null", "true", "false"])
    if choice < 8:
        return space + "[" + ",".join(value(generator, depth - 1) for _ in range(generator.randrange(6))) + space + "]"
    members = (text(generator) + space + ":" + value(generator, depth - 1) for _ in range(generator.randrange(5)))
    return space + "{" + ",".join(members) + "}"


def case(generator):
    if generator.randrange(200) == 0:
        depth = generator.randrange(60, 100)
        return b"[" * depth + b"1" + b"]" * (depth - generator.randrange(2))
    body = (value(generator, 4) + generator.choice(["", "", " ", "\n"])).encode()
    if generator.randrange(3):
        return body
    body = bytearray(body)
    for _ in range(generator.randrange(1, 3)):
        place = generator.randrange(len(body) + 1)
        kind = generator.randrange(4)
        if kind == 0 and body:
            del body[place : place + generator.randrange(1, 4)]
        elif kind == 1:
            body[place:place] = generator.choice([b"\x00", b"\xff", b"\xc0\xa0", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b",", b"]", b'"', b"\x1f"])
        elif kind == 2 and place < len(body):
            body[place] = generator.randrange(256)
        else:
            body = body[:place]
    return bytes(body)


def canonical(value):
    if value is None:
        return "n"
    if value is True or value is False:
        return "t" if value else "f"
    if isinstance(value, int):
        return f"i{value}" if -(1 << 63) <= value < 1 << 63 else canonical(float(value))
    if isinstance(value, float):
        return "d%x" % struct.unpack("<Q", struct.pack("<d", value))[0]
    if isinstance(value, str):
        return "s" + value.encode().hex()
    if isinstance(value, list):
        return "[" + "".join(canonical(item) + "," for item in value) + "]"
    return "{" + "".join(f"{canonical(key)}:{canonical(item)}," for key, item in value.items()) + "}"


def refuse(token):
    raise ValueError(token)


def whole(pairs):
    """An object, if its texts are Unicode: Python takes half a surrogate pair for a character."""
    for _, value in pairs:
        canonical(value)  # also of a value that a later one of the same key replaces
    return dict(pairs)


def python(body):
    integer = lambda token: -0.0 if token == "-0" else int(token)
    try:
        return canonical(json.loads(body.decode("utf-8"), parse_constant=refuse, parse_int=integer, object_pairs_hook=whole))
    except (ValueError, RecursionError, OverflowError):
        return "!"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--cases", type=int, default=1_000_000)
    arguments.add_argument("--seed", type=int, default=7)
    options = arguments.parse_args()
    generator = random.Random(options.seed)
    differences = accepted = alone = 0
    with tempfile.TemporaryDirectory() as folder:
        oracle = pathlib.Path(folder) / "simdjson"
        subprocess.run(["g++", "-O2", "-std=c++17", HERE / "simdjson.cpp", "-lsimdjson", "-o", oracle], check=True)
        for start in range(0, options.cases, BLOCK):
            cases = [case(generator) for _ in range(min(BLOCK, options.cases - start))]
            stream = b"".join(struct.pack("<I", len(body)) + body for body in cases)
            run = lambda command: subprocess.run(command, input=stream, check=True, capture_output=True).stdout.decode().split("\n")
            ours, theirs = run([BENCH, "json"]), run([oracle])
            assert len(ours) == len(theirs) == len(cases) + 1, (len(ours), len(theirs), len(cases))
            for body, our, their in zip(cases, ours, theirs):
                expected = python(body)
                accepted += our != "!"
                alone += their == "? number"
                unsigned = lambda line: line.replace("d8000000000000000", "i0")
                if our != expected or (their != "? number" and unsigned(our) != unsigned(their)):
                    differences += 1
                    if differences <= 20:
                        print(f"{body!r}\n  ours     {our}\n  simdjson {their}\n  Python   {expected}")
    print(f"{options.cases} texts, {accepted} accepted, {differences} differences, {alone} decided by Python alone")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
