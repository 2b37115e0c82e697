"""Documents of TOML, right and wrong, and what Python's own reader makes of them."""
import datetime
import json
import random
import re
import tomllib

from reference import write

# What a document holds is kept as the text of a JSON object, so that a document takes two lines of the file.
random.seed(20)


def word():
    return "".join(random.choice("abcdefgxyz0189_-") for _ in range(random.randint(1, 3)))


def key():
    parts = []
    for _ in range(random.choice([1, 1, 1, 1, 2, 3])):
        name = word()
        parts.append(random.choice([name, name, name, f'"{name}"', f"'{name}'", '"a b"', '"\\u00e9"']))
    return random.choice([".", ".", " . "]).join(parts)


def text():
    body = "".join(random.choice(["a", "b", " ", "é", "😀", "#", "=", "[", ",", "{"]) for _ in range(random.randint(0, 5)))
    return random.choice([
        f'"{body}"', f"'{body}'", f'"{body}\\n\\t\\\\\\"\\u00e9\\U0001f600"', f'"""{body}\n{body} \\\n   {body}"""',
        f"'''\n{body}\n'{body}'\n'''", f'"""{body}"" """', f'""""{body} """""',
    ])


def number():
    digits = str(random.randint(0, 10 ** random.randint(1, 18)))
    grouped = f"{int(digits):_}"
    return random.choice(["", "+", "-"]) + random.choice([
        digits, grouped, f"{digits}.{random.randint(0, 99999)}", f"{digits}e{random.randint(-300, 280)}",
        f"{grouped}.5E+{random.randint(0, 99):02}", "inf", "nan", repr(random.random()), repr(random.gauss(0, 1e-7)).lstrip("-"),
    ])


def radix():
    value = random.randint(0, 2**63 - 1) >> random.randint(0, 60)
    return random.choice([f"0x{value:x}", f"0x{value:X}", f"0o{value:o}", f"0b{value:b}", f"0x{value:_x}"])


def moment():
    date = datetime.date(random.randint(1, 9999), random.randint(1, 12), random.randint(1, 28)).isoformat()
    time = f"{random.randint(0, 23):02}:{random.randint(0, 59):02}:{random.randint(0, 59):02}"
    time += random.choice(["", "", f".{random.randint(0, 999999)}"])
    offset = random.choice(["Z", "z", f"+{random.randint(0, 23):02}:30", "-08:00", "+00:00"])
    return random.choice([date, time, date + random.choice("T t") + time, date + random.choice("T t") + time + offset])


def value(depth=0):
    choices = [text, number, radix, moment, lambda: random.choice(["true", "false"])]
    if depth < 3:
        choices += [lambda: array(depth), lambda: inline(depth)]
    return random.choice(choices)()


def array(depth):
    gap = random.choice(["", " ", "\n  ", " # note\n "])
    values = [value(depth + 1) for _ in range(random.randint(0, 3))]
    comma = "," if values and random.random() < 0.3 else ""
    return "[" + gap + f",{gap}".join(values) + comma + gap + "]"


def inline(depth):
    pairs = [f"{key()} = {value(depth + 1)}" for _ in range(random.randint(0, 3))]
    return "{" + random.choice(["", " "]) + ", ".join(pairs) + " }"


def document():
    lines = []
    for _ in range(random.randint(1, 6)):
        lines.append(random.choice([
            lambda: f"{key()} = {value()}", lambda: f"{key()} = {value()}", lambda: f"{key()}={value()} # note",
            lambda: f"[{key()}]", lambda: f"[[{key()}]]", lambda: "",
        ])())
    return random.choice(["\n", "\n", "\r\n"]).join(lines)


def damaged(document):
    """The same text with a few characters gone, doubled, or put in."""
    for _ in range(random.randint(1, 2)):
        at = random.randrange(len(document) + 1)
        document = random.choice([
            document[:at] + document[at + 1:], document[:at] + document[at:at + 1] * 2 + document[at + 1:],
            document[:at] + random.choice("=[]{}\"'\\,.#\n\r_-+e0\x00\x7f") + document[at:],
        ])
    return document


class TooLarge(Exception):
    """A number that Python holds and 64 bits do not: a difference that the decision page states."""


def number_of(text):
    value = float(text)
    if value in (float("inf"), float("-inf")) and "inf" not in text:
        raise TooLarge
    return value


def tagged(value):
    if isinstance(value, dict):
        return {name: tagged(item) for name, item in value.items()}
    if isinstance(value, list):
        return [tagged(item) for item in value]
    if isinstance(value, bool):
        return {"type": "bool", "value": str(value).lower()}
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise TooLarge
        return {"type": "integer", "value": str(value)}
    if isinstance(value, float):
        return {"type": "float", "value": repr(value)}
    if isinstance(value, str):
        return {"type": "string", "value": value}
    kind = {
        datetime.datetime: "datetime" if getattr(value, "tzinfo", None) else "datetime-local",
        datetime.date: "date-local", datetime.time: "time-local",
    }[type(value)]
    return {"type": kind, "value": value.isoformat()}


documents = []
while len(documents) < 900:
    content = document()
    if random.random() < 0.5:
        content = damaged(content)
    if re.search(r":\d\d\.\d{7}", content):
        continue  # Python cuts a fraction of a second after six digits
    try:
        documents.append({"text": content, "table": json.dumps(tagged(tomllib.loads(content, parse_float=number_of)))})
    except tomllib.TOMLDecodeError:
        documents.append({"text": content, "table": None})
    except (TooLarge, ValueError):
        pass  # ValueError: Python's calendar begins with the year 1

read = sum(item["table"] is not None for item in documents)
print(f"{read} of {len(documents)} are TOML")
write("TOMLTests", "documents", [], {"documents": documents})
