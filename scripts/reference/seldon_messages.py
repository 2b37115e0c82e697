"""Messages of Seldon Core's first protocol, as its own Python package and protobuf write them, and the tensors that went in.

    pip install --no-deps seldon-core==1.18.2 protobuf==3.20.3 numpy
    PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python python scripts/reference/seldon_messages.py

Each message comes twice: as gRPC carries it, and as the JSON that protobuf makes of it.
"""
import base64

import google.protobuf
import numpy as np
from google.protobuf import any_pb2, json_format, struct_pb2, wrappers_pb2
from seldon_core.proto import prediction_pb2 as seldon
from seldon_core.proto.tensorflow.core.framework import tensor_pb2, types_pb2

from reference import write

cases = []
random = np.random.default_rng(5)


def values(array) -> list:
    flat = np.asarray(array).reshape(-1)
    if flat.dtype.kind in "OSU":
        return [base64.b64encode(v if isinstance(v, bytes) else str(v).encode()).decode() for v in flat]
    # As text where a double would round them.
    return [str(v) for v in flat.tolist()] if flat.dtype in (np.int64, np.uint64) else flat.tolist()


def case(name: str, message, tensors: list, puid: str | None = None) -> None:
    """tensors: (name, datatype, array) in the order of the message."""
    data = message.SerializeToString()
    told = [{"name": n, "datatype": t, "shape": list(np.asarray(a).shape), "values": values(a)} for n, t, a in tensors]
    bodies = [
        ("gRPC", b"\0" + len(data).to_bytes(4, "big") + data, {"contentType": "application/grpc", "path": "/seldon.protos.Seldon/Predict"}),
        ("REST", json_format.MessageToJson(message).encode(), {"contentType": "application/json", "path": "/api/v1.0/predictions"}),
    ]
    for way, body, hints in bodies:
        cases.append(
            {
                "name": f"{name}, {way}", "body": base64.b64encode(body).decode(), "role": "request", "hints": hints,
                "tensors": told, "id": puid,
            }
        )


def custom(message) -> seldon.SeldonMessage:
    packed = any_pb2.Any()
    packed.Pack(message)
    return seldon.SeldonMessage(customData=packed)


table = random.normal(size=(3, 4))
message = seldon.SeldonMessage(
    meta=seldon.Meta(puid="p-1", tags={"a": struct_pb2.Value(string_value="b")}),
    data=seldon.DefaultData(names=list("abcd"), tensor=seldon.Tensor(shape=table.shape, values=table.reshape(-1))),
)
case("tensor", message, [("data", "FP64", table)], puid="p-1")

array = struct_pb2.ListValue()
array.extend(table.tolist())
case("ndarray", seldon.SeldonMessage(data=seldon.DefaultData(ndarray=array)), [("data", "FP64", table)])
rows = struct_pb2.ListValue()
rows.extend([[39.0, "clerk", True], [51.0, "farmer", False]])
case(
    "ndarray of unlike columns",
    seldon.SeldonMessage(data=seldon.DefaultData(names=["age", "job", "new"], ndarray=rows)),
    [("age", "FP64", np.array([39.0, 51])), ("job", "BYTES", np.array(["clerk", "farmer"])), ("new", "BOOL", np.array([True, False]))],
)

for name, dtype, kind, field, array in [
    ("FP32", types_pb2.DT_FLOAT, np.float32, "float_val", random.normal(size=(2, 3))),
    ("FP64", types_pb2.DT_DOUBLE, np.float64, "double_val", random.normal(size=(2, 3))),
    ("INT32", types_pb2.DT_INT32, np.int32, "int_val", [[-(2**31), 7]]),
    ("INT64", types_pb2.DT_INT64, np.int64, "int64_val", [[-(2**63), 2**53 + 1]]),
    ("UINT64", types_pb2.DT_UINT64, np.uint64, "uint64_val", [[2**64 - 1, 2**53 + 1]]),
    ("UINT32", types_pb2.DT_UINT32, np.uint32, "uint32_val", [[2**32 - 1, 5]]),
    ("UINT8", types_pb2.DT_UINT8, np.uint8, "int_val", [[0, 255]]),
    ("BOOL", types_pb2.DT_BOOL, np.bool_, "bool_val", [[True, False]]),
    ("BYTES", types_pb2.DT_STRING, object, "string_val", [[b"abc", b"\xff\x00"]]),
]:
    array = np.array(array, dtype=kind)
    tensor = tensor_pb2.TensorProto(dtype=dtype)
    for size in array.shape:
        tensor.tensor_shape.dim.add(size=size)
    getattr(tensor, field).extend(array.reshape(-1).tolist())
    case(f"tftensor, {name}", seldon.SeldonMessage(data=seldon.DefaultData(tftensor=tensor)), [("data", name, array)])
    if name in ("FP32", "INT64"):
        case(f"customData, TensorProto, {name}", custom(tensor), [("customData", name, array)])
        whole = tensor_pb2.TensorProto(dtype=dtype, tensor_shape=tensor.tensor_shape, tensor_content=array.tobytes())
        case(f"tftensor, {name}, content", seldon.SeldonMessage(data=seldon.DefaultData(tftensor=whole)), [("data", name, array)])

case("binData", seldon.SeldonMessage(binData=b"\x00\xff"), [("binData", "BYTES", np.array([b"\x00\xff"], object))])
case("strData", seldon.SeldonMessage(strData="ü€"), [("strData", "BYTES", np.array(["ü€"]))])

columns = struct_pb2.Struct()
columns.update({"a": [1.0, 2.5], "b": ["x", "y"]})
told = [("a", "FP64", np.array([1.0, 2.5])), ("b", "BYTES", np.array(["x", "y"]))]
case("jsonData, columns", seldon.SeldonMessage(jsonData=struct_pb2.Value(struct_value=columns)), told)
case("jsonData, text", seldon.SeldonMessage(jsonData=struct_pb2.Value(string_value="x")), [("jsonData", "BYTES", np.array(["x"]))])
case("customData, Struct", custom(columns), told)
array = struct_pb2.ListValue()
array.extend(table.tolist())
case("customData, ListValue", custom(array), [("customData", "FP64", table)])
for wrapped, datatype, array in [
    (wrappers_pb2.StringValue(value="ü"), "BYTES", ["ü"]),
    (wrappers_pb2.BytesValue(value=b"\x00\xff"), "BYTES", np.array([b"\x00\xff"], object)),
    (wrappers_pb2.DoubleValue(value=0.1), "FP64", np.array([0.1])),
    (wrappers_pb2.Int32Value(value=-3), "FP64", np.array([-3.0])),
    (wrappers_pb2.Int64Value(value=2**53 + 1), "INT64", np.array([2**53 + 1])),
    (wrappers_pb2.UInt64Value(value=2**64 - 1), "UINT64", np.array([2**64 - 1], np.uint64)),
    (wrappers_pb2.BoolValue(value=True), "BOOL", np.array([True])),
    (wrappers_pb2.StringValue(), "BYTES", [""]),
]:
    case(f"customData, {type(wrapped).__name__} {wrapped.value!r}", custom(wrapped), [("customData", datatype, array)])

# A message of the model's own: bytes in gRPC, which only the model can read.
unknown = custom(seldon.Metric(key="k", value=1.5))
write("OpenInferenceTests", "seldon-messages", [google.protobuf, np], {
    "cases": cases,
    "unknown": {
        "type": "seldon.protos.Metric",
        "grpc": base64.b64encode(b"\0" + len(unknown.SerializeToString()).to_bytes(4, "big") + unknown.SerializeToString()).decode(),
        "rest": base64.b64encode(json_format.MessageToJson(unknown).encode()).decode(),
    },
})
