"""Bodies of requests and answers as other people's clients and servers write them, and the tensors that went in.

    pip install "tritonclient[grpc,http]==2.73.0" mlserver==1.7.1 mlflow==3.17.2 openai==3.57.0 httpx pillow==13.0.0
    python scripts/reference/payload_bodies.py
"""
import base64
import gzip
import io
import json
import pathlib
import subprocess
import sys
import zlib

import httpx
import mlflow
import numpy as np
import openai
import pandas as pd
import PIL.Image
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton_http
from mlflow.pyfunc.scoring_server import predictions_to_json
from tritonclient.grpc import service_pb2
from tritonclient.grpc._utils import _get_inference_request as grpc_request
from tritonclient.http._utils import _get_inference_request as http_request

from reference import TESTS, write

cases = []
random = np.random.default_rng(4)


def values(array) -> list:
    flat = np.asarray(array).reshape(-1)
    if flat.dtype.kind in "OSU":
        return [base64.b64encode(v if isinstance(v, bytes) else str(v).encode()).decode() for v in flat]
    return flat.astype(np.float64).tolist() if flat.dtype.kind == "f" else flat.tolist()


def case(name: str, body, role: str, tensors: list, **hints) -> None:
    """tensors: (name, datatype, array) in the order of the message."""
    body = body.encode() if isinstance(body, str) else bytes(body)
    cases.append(
        {
            "name": name, "body": base64.b64encode(body).decode(), "role": role, "hints": hints,
            "tensors": [
                {"name": n, "datatype": t, "shape": list(np.asarray(a).shape), "values": values(a)} for n, t, a in tensors
            ],
        }
    )


def framed(message: bytes, compressed: bool = False) -> bytes:
    data = gzip.compress(message, mtime=0) if compressed else message
    return bytes([compressed]) + len(data).to_bytes(4, "big") + data


arrays = {
    "BOOL": np.array([[True, False]]), "UINT8": np.array([[0, 255]], np.uint8), "UINT16": np.array([[1, 65535]], np.uint16),
    "UINT32": np.array([[1, 2**32 - 1]], np.uint32), "UINT64": np.array([[1, 2**63]], np.uint64),
    "INT8": np.array([[-128, 127]], np.int8), "INT16": np.array([[-2, 3]], np.int16), "INT32": np.array([[-(2**31), 7]], np.int32),
    "INT64": np.array([[-(2**53), 5]], np.int64), "FP16": np.array([[1.5, -2]], np.float16),
    "FP32": random.normal(size=(3, 4)).astype(np.float32), "FP64": random.normal(size=(2, 2)),
    "BYTES": np.array([[b"abc", "ü€".encode()]], dtype=object),
}

# tritonclient over HTTP: binary by default, JSON where asked for.
inputs = []
for datatype, array in arrays.items():
    tensor = triton_http.InferInput(datatype, list(array.shape), datatype)
    tensor.set_data_from_numpy(array)
    inputs.append(tensor)
options = dict(request_id="7", outputs=None, sequence_id=0, sequence_start=False, sequence_end=False, priority=0, timeout=None, custom_parameters=None)
body, length = http_request(inputs=inputs, **options)
sent = [(t, t, a) for t, a in arrays.items()]
case("tritonclient HTTP, binary", body, "request", sent, jsonLength=length)
case("tritonclient HTTP, binary, header lost", body, "request", sent)
case("tritonclient HTTP, binary, gzip", gzip.compress(body, mtime=0), "request", sent, jsonLength=length)
case("tritonclient HTTP, binary, deflate", zlib.compress(body), "request", sent, jsonLength=length)
inputs = []
for datatype, array in arrays.items():
    if datatype == "FP16":
        continue
    tensor = triton_http.InferInput(datatype, list(array.shape), datatype)
    tensor.set_data_from_numpy(array, binary_data=False)
    inputs.append(tensor)
body, _ = http_request(inputs=inputs, **options)
case("tritonclient HTTP, JSON", body, "request", [(t, t, a) for t, a in arrays.items() if t != "FP16"])

# tritonclient over gRPC: raw contents.
inputs = []
for datatype, array in arrays.items():
    tensor = triton_grpc.InferInput(datatype, list(array.shape), datatype)
    tensor.set_data_from_numpy(array)
    inputs.append(tensor)
options = options | dict(model_name="m", model_version="1", parameters={"a": 1, "b": True, "c": "x"})
del options["custom_parameters"]
message = grpc_request(inputs=inputs, **options).SerializeToString()
case("tritonclient gRPC, raw", framed(message), "request", sent, contentType="application/grpc")
case("tritonclient gRPC, raw, gzip", framed(message, True), "request", sent, contentType="application/grpc+proto")
case("ModelMesh's protobuf", message, "request", sent, contentType="application/protobuf")

# The same protocol's typed contents, by tritonclient's generated messages.
fields = {
    "BOOL": "bool_contents", "UINT8": "uint_contents", "UINT16": "uint_contents", "UINT32": "uint_contents",
    "UINT64": "uint64_contents", "INT8": "int_contents", "INT16": "int_contents", "INT32": "int_contents",
    "INT64": "int64_contents", "FP32": "fp32_contents", "FP64": "fp64_contents", "BYTES": "bytes_contents",
}
request = service_pb2.ModelInferRequest(model_name="m", id="9")
for datatype, field in fields.items():
    tensor = request.inputs.add(name=datatype, datatype=datatype, shape=arrays[datatype].shape)
    getattr(tensor.contents, field).extend(arrays[datatype].reshape(-1).tolist())
typed = [(t, t, arrays[t]) for t in fields]
case("gRPC, typed contents", framed(request.SerializeToString()), "request", typed, contentType="application/grpc")
response = service_pb2.ModelInferResponse(model_name="m", model_version="3", id="9")
for datatype in ("FP32", "INT64"):
    response.outputs.add(name=datatype, datatype=datatype, shape=arrays[datatype].shape)
    response.raw_output_contents.append(arrays[datatype].tobytes())
answered = [(t, t, arrays[t]) for t in ("FP32", "INT64")]
case("gRPC, response", framed(response.SerializeToString()), "response", answered, contentType="application/grpc")

# MLServer's codecs, in a process of their own: its messages and tritonclient's have the same names.
picture = io.BytesIO()
base = (np.add.outer(np.arange(24) * 5, np.arange(32) * 3)[..., None] + np.array([0, 40, 90])).astype(np.uint8)
PIL.Image.fromarray(base).save(picture, format="PNG")
frame = pd.DataFrame({"age": [39, 51, 28], "income": [1.5, 2.25, 3.125], "job": ["clerk", "farmer", "nurse"]})
script = pathlib.Path(__file__).with_name("payload_bodies_mlserver.py")
asked = {"array": arrays["FP64"].tolist(), "frame": frame.to_dict("list"), "picture": base64.b64encode(picture.getvalue()).decode()}
told = json.loads(subprocess.run([sys.executable, script], input=json.dumps(asked), capture_output=True, text=True, check=True).stdout)
case("MLServer, NumpyRequestCodec", told["numpy"], "request", [("input-1", "FP64", arrays["FP64"])])
columns = [("age", "INT64", frame[["age"]].to_numpy()), ("income", "FP64", frame[["income"]].to_numpy()), ("job", "BYTES", frame[["job"]].to_numpy().astype(object))]
case("MLServer, PandasCodec", told["pandas"], "request", columns)
case("MLServer, StringCodec", told["string"], "request", [("text", "BYTES", np.array([["a"], ["ü"]], object))])
case("MLServer, response", told["response"], "response", [("predict", "INT64", np.array([[1], [0], [2]]))])

# MLflow's scoring server: what its documentation sends, written by pandas, and what it answers.
tensors = [("age", "FP64", frame["age"].to_numpy(float)), ("income", "FP64", frame["income"].to_numpy()), ("job", "BYTES", frame["job"].to_numpy(object))]
case("MLflow, dataframe_split", json.dumps({"dataframe_split": json.loads(frame.to_json(orient="split"))}), "request", tensors, path="/invocations")
case("MLflow, dataframe_records", json.dumps({"dataframe_records": json.loads(frame.to_json(orient="records"))}), "request", tensors, path="/invocations")
case("MLflow, CSV", frame.to_csv(index=False), "request", tensors, path="/invocations", contentType="text/csv; charset=utf-8")
case("MLflow, inputs", json.dumps({"inputs": arrays["FP32"].tolist(), "params": {"t": 1}}), "request", [("inputs", "FP64", arrays["FP32"].astype(float))], path="/invocations")
case("MLflow, instances", json.dumps({"instances": frame[["age", "income"]].to_dict("records")}), "request", tensors[:2], dialect="mlflow")
out = io.StringIO()
predictions_to_json(arrays["FP64"], out)
case("MLflow, predictions", out.getvalue(), "response", [("predictions", "FP64", arrays["FP64"])], path="/invocations")
out = io.StringIO()
predictions_to_json(frame[["age", "job"]], out)
case("MLflow, predictions of a frame", out.getvalue(), "response", [tensors[0], tensors[2]], path="/invocations")

# OpenAI's client, its requests caught on the way.
caught = []


def catch(request):
    caught.append(request.content)
    return httpx.Response(500)


client = openai.OpenAI(api_key="none", base_url="http://x/openai/v1", max_retries=0, http_client=httpx.Client(transport=httpx.MockTransport(catch)))
for call in (
    lambda: client.chat.completions.create(model="m", messages=[{"role": "system", "content": "Be short."}, {"role": "user", "content": [{"type": "text", "text": "Hi ü"}]}]),
    lambda: client.completions.create(model="m", prompt=["a", "b"]),
    lambda: client.embeddings.create(model="m", input=["a", "b"], encoding_format="float"),
):
    try:
        call()
    except openai.APIError:
        pass
chat = [("messages.role", "BYTES", np.array([["system", "user"]], object)), ("messages.content", "BYTES", np.array([["Be short.", "Hi ü"]], object))]
case("OpenAI client, chat", caught[0], "request", chat, path="/openai/v1/chat/completions")
case("OpenAI client, completions", caught[1], "request", [("prompt", "BYTES", np.array(["a", "b"], object))], path="/v1/completions")
case("OpenAI client, embeddings", caught[2], "request", [("input", "BYTES", np.array(["a", "b"], object))], path="/v1/embeddings")

write("OpenInferenceTests", "payloads", [mlflow, openai, np, pd], {"cases": cases})

# Pictures by Pillow, alone and in MLServer's base64.
pictures = []
grey16 = PIL.Image.fromarray((np.arange(48, dtype=np.uint16).reshape(6, 8) * 1000))
for name, image, options in (
    ("PNG, RGB", PIL.Image.fromarray(base), dict(format="PNG")),
    ("PNG, grey", PIL.Image.fromarray(base[..., 0]), dict(format="PNG")),
    ("PNG, RGBA", PIL.Image.fromarray(base).convert("RGBA"), dict(format="PNG")),
    ("PNG, palette", PIL.Image.fromarray(base).quantize(16), dict(format="PNG")),
    ("PNG, one bit", PIL.Image.fromarray(base[..., 0] > 100), dict(format="PNG")),
    ("PNG, sixteen bits", grey16, dict(format="PNG")),
    ("JPEG, RGB", PIL.Image.fromarray(base), dict(format="JPEG", quality=90)),
    ("JPEG, grey", PIL.Image.fromarray(base[..., 0]), dict(format="JPEG", quality=90)),
    ("JPEG, progressive", PIL.Image.fromarray(base), dict(format="JPEG", quality=60, progressive=True)),
):
    out = io.BytesIO()
    image.save(out, **options)
    read = PIL.Image.open(io.BytesIO(out.getvalue()))
    if read.mode in ("P", "1"):
        read = read.convert("RGB" if read.mode == "P" else "L")
    array = np.asarray(read)
    if array.dtype == np.uint16 or read.mode.startswith("I"):
        array = (array.astype(np.int64) * 255 + 32767) // 65535
    array = array.reshape(array.shape[0], array.shape[1], -1)
    pictures.append({"name": name, "file": base64.b64encode(out.getvalue()).decode(), "shape": list(array.shape), "pixels": array.reshape(-1).tolist()})
cmyk = io.BytesIO()
PIL.Image.fromarray(base).convert("CMYK").save(cmyk, format="JPEG")
write("ImageDecodingTests", "pictures", [PIL, np], {
    "pictures": pictures, "cmyk": base64.b64encode(cmyk.getvalue()).decode(),
    "mlserver": base64.b64encode(told["picture"].encode()).decode(),
})
