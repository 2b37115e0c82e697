#!/usr/bin/env python3
"""Checks the event schemas with PyPI's jsonschema, which is not ours: each schema is valid draft 2020-12, its golden
event passes, and the event without any one of its required members, or with a wrong type, is refused.

Usage: validate-schemas.py [FILE...]   further events (structured JSON, or JSON lines) are validated by their type."""
import copy
import json
import pathlib
import sys

from jsonschema import Draft202012Validator, FormatChecker

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Sources/CloudEvents/Schemas"


def validator(path):
    schema = json.loads(path.read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


def broken(event, schema, place=()):
    """Yields copies of the event, each without one required member, with the member's path."""
    part = event
    for step in place:
        part = part[step]
    for name in schema.get("required", []):
        spoilt = copy.deepcopy(event)
        inner = spoilt
        for step in place:
            inner = inner[step]
        del inner[name]
        yield place + (name,), spoilt
    for name, inner in schema.get("properties", {}).items():
        if isinstance(part.get(name), dict):
            yield from broken(event, inner, place + (name,))


def main():
    schemas = {p.name.removesuffix(".schema.json"): validator(p) for p in sorted(FOLDER.glob("*.schema.json"))}
    assert schemas, f"no schemas in {FOLDER}"
    faults = 0

    def expect(condition, message):
        nonlocal faults
        if not condition:
            faults += 1
            print(f"FAIL {message}")

    for name, check in schemas.items():
        golden = json.loads((FOLDER / f"{name}.json").read_text())
        errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in check.iter_errors(golden)]
        expect(not errors, f"{name}: {errors}")
        refused = 0
        for path, spoilt in broken(golden, check.schema):
            expect(not check.is_valid(spoilt), f"{name}: passes without {'.'.join(path)}")
            refused += 1
        expect(not check.is_valid({**golden, "type": "io.vedette.other"}), f"{name}: passes with another type")
        expect(not check.is_valid({**golden, "Upper": 1}), f"{name}: passes with an attribute in upper case")
        print(f"{name}: golden event valid, {refused + 2} broken ones refused")

    for file in sys.argv[1:]:
        text = pathlib.Path(file).read_text()
        events = [json.loads(text)] if text.lstrip().startswith("{\n") else [json.loads(l) for l in text.splitlines() if l.strip()]
        for event in events:
            check = schemas.get(event.get("type"))
            if check is None:
                continue
            errors = [e.message for e in check.iter_errors(event)]
            expect(not errors, f"{file}: {event['id']}: {errors}")
        print(f"{file}: {len(events)} events read")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
