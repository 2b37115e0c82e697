#!/usr/bin/env python3
"""What hashed tensors are, by Python's hmac and numpy: the same elements in V2 JSON and as binary tensors.

Usage: redaction_values.py   (needs numpy and ml_dtypes)"""
import base64
import hashlib
import hmac
import json

import ml_dtypes
import numpy

import reference

KEY = b"0123456789abcdef"
# Bits of the hash that a type holds exactly, for those that are no integers.
EXACT = {"FP16": 11, "BF16": 8, "FP32": 24, "FP64": 53}
TYPES = {
    "BOOL": numpy.bool_, "UINT8": numpy.uint8, "UINT16": numpy.uint16, "UINT32": numpy.uint32, "UINT64": numpy.uint64,
    "INT8": numpy.int8, "INT16": numpy.int16, "INT32": numpy.int32, "INT64": numpy.int64, "FP16": numpy.float16,
    "BF16": ml_dtypes.bfloat16, "FP32": numpy.float32, "FP64": numpy.float64,
}


def digest(text):
    return hmac.new(KEY, text, hashlib.sha256).digest()


def canonical(value, datatype):
    """The text of a value that its hash is made of."""
    if datatype not in EXACT:
        return str(int(value)).encode()
    wide = float(value)
    if wide.is_integer() and abs(wide) < 2**63:
        return str(int(wide)).encode()
    # Half and bfloat16 are told as the float32 that they are.
    return (repr(wide) if datatype == "FP64" else str(numpy.float32(value))).encode()


def hashed(value, datatype):
    if datatype == "BOOL":
        return False
    bits = int.from_bytes(digest(canonical(value, datatype))[:8], "big")
    if datatype in EXACT:
        return bits >> (64 - EXACT[datatype])
    width = 8 * numpy.dtype(TYPES[datatype]).itemsize
    bits &= 2**width - 1
    return bits - 2**width if datatype.startswith("INT") and bits >> (width - 1) else bits


def case(datatype, values):
    array = numpy.array(values, dtype=TYPES[datatype])
    results = [hashed(value, datatype) for value in array]
    result = numpy.array(results, dtype=TYPES[datatype])
    assert datatype == "BOOL" or all(int(one) == two for one, two in zip(result, results))
    return {
        "datatype": datatype,
        "json": None if datatype in ("FP16", "BF16") else json.dumps([value.item() for value in array]),
        "jsonExpected": json.dumps(results, separators=(",", ":")),
        "binary": base64.b64encode(array.tobytes()).decode(),
        "binaryExpected": base64.b64encode(result.tobytes()).decode(),
    }


def main():
    integers = {name: [0, 1, 100, numpy.iinfo(TYPES[name]).max, numpy.iinfo(TYPES[name]).min] for name in TYPES if "INT" in name}
    floats = [0.0, -0.0, 1.0, 0.1, -2.5, 1e-3, 3.14159265358979, 12345.678]
    cases = [case("BOOL", [True, False])] + [case(name, values) for name, values in integers.items()]
    cases += [case(name, floats) for name in EXACT]
    texts = ["078-05-1120", "", "Zoë", "12"]
    reference.write("PayloadCaptureTests", "redaction", [numpy, ml_dtypes], {
        "key": KEY.decode(),
        "tensors": cases,
        "texts": [{"text": text, "expected": "hmac:" + digest(text.encode()).hex()[:32]} for text in texts],
    })


if __name__ == "__main__":
    main()
