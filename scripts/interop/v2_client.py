#!/usr/bin/env python3
"""tritonclient against model-server, direct and through payload-tap: JSON and binary, metadata, errors, gzip.

    scripts/interop/v2_client.py HOST:PORT [HOST:PORT ...]      needs: pip install 'tritonclient[http]'

Each address serves the model `digits` of the demo. Exits non-zero at the first thing that is not as it should be.
"""

import sys

import numpy
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException


def check(address: str) -> None:
    client = triton.InferenceServerClient(address)
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("digits")
    assert not client.is_model_ready("nowhere")
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    metadata = client.get_model_metadata("digits")
    (described,) = metadata["inputs"]
    assert described["datatype"] == "FP32" and described["shape"] == [-1, 8, 8, 1], metadata
    assert any(entry["name"] == "digits" for entry in client.get_model_repository_index())

    rows = numpy.random.default_rng(7).uniform(0, 16, (3, 8, 8, 1)).astype(numpy.float32)
    answers = {}
    for sends_binary in (False, True):
        for wants_binary in (False, True):
            for compression in (None, "gzip"):
                tensor = triton.InferInput(described["name"], list(rows.shape), "FP32")
                tensor.set_data_from_numpy(rows, binary_data=sends_binary)
                wish = triton.InferRequestedOutput("probabilities", binary_data=wants_binary)
                result = client.infer(
                    "digits", [tensor], outputs=[wish], request_id="mine", request_compression_algorithm=compression
                )
                assert result.get_response()["id"] == "mine"
                answers[sends_binary, wants_binary, compression] = result.as_numpy("probabilities")
    first = answers[False, False, None]
    assert first.shape == (3, 10)
    numpy.testing.assert_allclose(first.sum(axis=1), 1, atol=1e-5)
    for way, answer in answers.items():
        numpy.testing.assert_allclose(answer, first, atol=1e-6, err_msg=str(way))

    # The client's defaults: binary both ways, every output.
    tensor = triton.InferInput(described["name"], list(rows.shape), "FP32")
    tensor.set_data_from_numpy(rows)
    numpy.testing.assert_allclose(client.infer("digits", [tensor]).as_numpy("probabilities"), first, atol=1e-6)

    for name, shape in ((described["name"], (3, 7)), ("nothing", (3, 64))):
        tensor = triton.InferInput(name, list(shape), "FP32")
        tensor.set_data_from_numpy(numpy.zeros(shape, numpy.float32))
        try:
            client.infer("digits", [tensor])
        except InferenceServerException as error:
            assert error.status() == "400", error
        else:
            raise AssertionError(f"{name} {shape} was accepted")
    print(f"{address}: tritonclient agrees over JSON, binary and gzip")


if __name__ == "__main__":
    for address in sys.argv[1:] or ["127.0.0.1:8080"]:
        check(address)
