"""Files as numpy and safetensors write them, as hexadecimal text, with what they hold."""
import io

import ml_dtypes
import numpy as np
import safetensors
import safetensors.numpy
from numpy.lib import format as npy
from reference import write


def npy_hex(array, version=None, **keywords):
    buffer = io.BytesIO()
    npy.write_array(buffer, array, version=version, **keywords)
    return buffer.getvalue().hex()


def case(name, array, version=None):
    return {
        "name": name, "hex": npy_hex(array, version), "shape": list(array.shape),
        "values": [float(value) for value in np.ravel(array)],
    }


grid = np.arange(24).reshape(2, 3, 4)
cases = []
for kind in ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]:
    for order in "<>" if kind[1] != "1" else "|":
        cases.append(case(f"{order}{kind}", grid.astype(order + kind)))
cases.append(case("|b1", grid % 3 == 0))
cases.append(case("Fortran <f4", np.asfortranarray(grid.astype("<f4"))))
cases.append(case("Fortran >i2", np.asfortranarray(grid.astype(">i2"))))
cases.append(case("special <f8", np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324])))
cases.append(case("scalar <f4", np.array(2.5, dtype="<f4")))
cases.append(case("empty <f4", np.zeros((0, 7), dtype="<f4")))
for version in [(1, 0), (2, 0), (3, 0)]:
    cases.append(case(f"version {version[0]}", grid.astype("<f4"), version))

archives = {}
for name, save in [("stored", np.savez), ("deflated", np.savez_compressed)]:
    buffer = io.BytesIO()
    save(buffer, x=grid.astype("<f4"), zeros=np.zeros((100, 100)), labels=np.arange(5))
    archives[name] = buffer.getvalue().hex()

tensors = {
    "weight": grid.astype("<f4"), "bias": np.array([0.5, -1], dtype="<f8"), "codes": np.arange(3, dtype="<u2"),
    "flag": np.array([True, False]), "half": np.array([1.5, -2], dtype="<f2"),
    "brain": np.array([1.5, -3.25], dtype=ml_dtypes.bfloat16), "none": np.zeros((0, 4), dtype="<i8"),
}
written = safetensors.numpy.save(tensors, metadata={"made_by": "safetensors"})
write("TensorsTests", "formats", [np, safetensors, ml_dtypes], {
    "npy": cases,
    "object": npy_hex(np.array([{"a": 1}, None], dtype=object), allow_pickle=True),
    "text": npy_hex(np.array(["a", "bc"])),
    "structured": npy_hex(np.zeros(2, dtype=[("a", "<f4"), ("b", "<i2")])),
    "npz": archives,
    "safetensors": written.hex(),
    "safetensorsValues": {
        name: {"shape": list(value.shape), "values": [float(x) for x in np.ravel(value)]}
        for name, value in tensors.items()
    },
})
