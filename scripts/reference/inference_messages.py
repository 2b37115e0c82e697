"""Messages of the Open Inference Protocol's gRPC service as Google's protobuf writes them, from tritonclient's definitions.

    pip install 'tritonclient[grpc]==2.73.0' numpy
"""
import base64

import google.protobuf
import numpy
import tritonclient.grpc.model_config_pb2 as config
import tritonclient.grpc.service_pb2 as messages

import reference

CONTENTS = {
    "BOOL": ("bool_contents", "?"), "INT8": ("int_contents", "i1"), "INT16": ("int_contents", "i2"), "INT32": ("int_contents", "i4"),
    "INT64": ("int64_contents", "i8"), "UINT8": ("uint_contents", "u1"), "UINT16": ("uint_contents", "u2"),
    "UINT32": ("uint_contents", "u4"), "UINT64": ("uint64_contents", "u8"), "FP32": ("fp32_contents", "f4"), "FP64": ("fp64_contents", "f8"),
}
EXTREME = {"i": lambda d: [0, -1, numpy.iinfo(d).min, numpy.iinfo(d).max, 5, 127], "u": lambda d: [0, 1, 128, numpy.iinfo(d).max, 5, 127],
           "f": lambda d: [0, -1.5, numpy.finfo(d).max, 1e-30, 3, 0.1], "b": lambda d: [True, False, True, True, False, False]}


def response(datatype, values, texts, raw):
    """A response with one output of shape [2, 3]."""
    made = messages.ModelInferResponse(model_name="digits", model_version="2", id="größe")
    made.parameters["share"].double_param = 0.25
    output = made.outputs.add(name="out", datatype=datatype, shape=[2, 3])
    output.parameters["count"].int64_param = -3
    if raw:
        content = values.tobytes() if values is not None else b"".join(len(t).to_bytes(4, "little") + t for t in texts)
        made.raw_output_contents.append(content)
    elif values is not None:
        getattr(output.contents, CONTENTS[datatype][0]).extend(values.ravel().tolist())
    else:
        output.contents.bytes_contents.extend(texts)
    return base64.b64encode(made.SerializeToString(deterministic=True)).decode()


def cases():
    for datatype, (_, dtype) in CONTENTS.items():
        values = numpy.array(EXTREME[numpy.dtype(dtype).kind](dtype), dtype)
        for raw in (True, False):
            yield {"datatype": datatype, "raw": raw, "bytes": base64.b64encode(values.tobytes()).decode(), "message": response(datatype, values, None, raw)}
    half = numpy.array([0, -1.5, 65504, 1e-4, 3, 0.1], "f2")
    yield {"datatype": "FP16", "raw": True, "bytes": base64.b64encode(half.tobytes()).decode(), "message": response("FP16", half, None, True)}
    texts = [b"", b"a", "größe".encode(), b"\xff\x00", b"x" * 200, b"z"]
    for raw in (True, False):
        yield {"datatype": "BYTES", "raw": raw, "texts": [base64.b64encode(t).decode() for t in texts], "message": response("BYTES", None, texts, raw)}


def configuration():
    """The configuration of a model of one input and one output, as model-server describes it."""
    made = config.ModelConfig(name="sum", platform="sums", backend="vedette", max_batch_size=100)
    made.version_policy.all.SetInParent()
    made.input.add(name="x", data_type=config.TYPE_FP32, dims=[2])
    made.output.add(name="y", data_type=config.TYPE_FP32, dims=[2])
    made.instance_group.add(name="sum", kind=config.ModelInstanceGroup.KIND_CPU, count=1)
    return base64.b64encode(messages.ModelConfigResponse(config=made).SerializeToString(deterministic=True)).decode()


reference.write("OpenInferenceTests", "inference-messages", [google.protobuf], {"responses": list(cases())})
reference.write("ModelServerServiceTests", "model-configuration", [google.protobuf], {"configuration": configuration()})
