#!/usr/bin/env python3
"""Every public method of tritonclient's clients, over HTTP and gRPC, blocking and asyncio, against model-server.

    .venv-test/bin/python scripts/interop/triton_clients.py MODEL [PORT]

MODEL is the version folder of a digits model, as `vedette train` writes it. A server of its own is started at PORT, and
gRPC's at the port after it, over several models and versions made of that folder. A line a check; exits 1 when one failed.
"""

import asyncio
import base64
import contextlib
import inspect
import json
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import time

import grpc
import ml_dtypes
import numpy
import requests
import tritonclient.grpc
import tritonclient.grpc.aio
import tritonclient.grpc.service_pb2 as messages
import tritonclient.grpc.service_pb2_grpc as stubs
import tritonclient.http
import tritonclient.http.aio
from google.protobuf.json_format import MessageToDict
from tritonclient.utils import InferenceServerException

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from checks import Checks
from mesh import BINARIES, eventually

ROWS = numpy.random.default_rng(7).uniform(0, 16, (3, 8, 8, 1)).astype(numpy.float32)
INPUT, OUTPUT = "image", "probabilities"
# Shared memory is refused, and plugins change what the client sends: neither is a call of the server.
NOT_CALLED = {"register_plugin", "unregister_plugin", "plugin", "close"}


class Watched:
    """A client that remembers which of its public methods were called."""

    def __init__(self, client):
        self.client = client
        self.called = set()

    def __getattr__(self, name):
        self.called.add(name)
        return getattr(self.client, name)

    def never_called(self):
        """Public methods that no check has called."""
        names = {name for name, _ in inspect.getmembers(type(self.client), callable) if not name.startswith("_")}
        return names - self.called - NOT_CALLED


@contextlib.contextmanager
def server(model, port, token=None, **settings):
    """A model-server over `digits` 1 and 2 and `other` 1; its folder of models and log."""
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        for place in ("digits/1", "digits/2", "other/1"):
            shutil.copytree(model, folder / "models" / place)
        settings = {
            "http.listen": f"127.0.0.1:{port}", "grpc.listen": f"127.0.0.1:{port + 1}",
            "models.directory": folder / "models", "state.directory": folder / "state", **settings,
        }
        if token:
            (folder / "token").write_text(token)
            settings["auth.token.file"] = folder / "token"
        flags = [f"--{key.replace('.', '-')}={value}" for key, value in settings.items()]
        with open(folder / "log", "w") as log:
            process = subprocess.Popen([BINARIES / "model-server", *flags], stderr=log)
        try:
            def is_ready():
                assert process.poll() is None, (folder / "log").read_text()
                with contextlib.suppress(requests.ConnectionError):
                    return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=2).ok

            eventually(is_ready)
            yield folder
        finally:
            process.terminate()
            assert process.wait(30) == 0, (folder / "log").read_text()


def refused(call, *arguments, **options):
    """The error that a call must raise."""
    try:
        call(*arguments, **options)
    except InferenceServerException as error:
        return error
    raise AssertionError(f"{call} was answered")


async def refused_later(call, *arguments, **options):
    try:
        await call(*arguments, **options)
    except InferenceServerException as error:
        return error
    raise AssertionError(f"{call} was answered")


def tensor(flavour, rows=ROWS, datatype="FP32", name=INPUT, **options):
    made = flavour.InferInput(name, list(rows.shape), datatype)
    made.set_data_from_numpy(rows, **options)
    return made


def plain(value):
    """A gRPC message or a JSON answer as a dictionary."""
    if isinstance(value, (dict, list)):
        return value
    return MessageToDict(value, preserving_proto_field_name=True)


def statistics_of(answer, name, version):
    (entry,) = [model for model in plain(answer)["model_stats"] if (model["name"], model["version"]) == (name, version)]
    return entry


def check_facts(checks, name, client, further):
    """Health, metadata, configuration, statistics: `further` are the options that give a dictionary."""
    with checks(f"{name}: health of the server, of models and of versions"):
        assert client.is_server_live() and client.is_server_ready()
        assert client.is_model_ready("digits") and client.is_model_ready("digits", "2") and client.is_model_ready("other")
        assert not client.is_model_ready("digits", "3") and not client.is_model_ready("nowhere")
    with checks(f"{name}: metadata of the server and of models"):
        server_facts = client.get_server_metadata(**further)
        assert server_facts["name"] == "vedette-model-server" and "binary_tensor_data" in server_facts["extensions"]
        facts = client.get_model_metadata("digits", **further)
        assert facts["name"] == "digits" and facts["versions"] == ["1", "2"], facts
        shapes = [[int(size) for size in tensor["shape"]] for tensor in facts["inputs"] + facts["outputs"]]
        assert shapes == [[-1, 8, 8, 1], [-1, 10]] and facts["inputs"][0]["datatype"] == "FP32", facts
    with checks(f"{name}: the configuration of a model"):
        found = client.get_model_config("digits", "1", **further)
        config = found.get("config", found)
        assert config["name"] == "digits" and config["max_batch_size"] == (16 << 20) // 256, config
        assert config["input"][0]["data_type"] == "TYPE_FP32" and [int(d) for d in config["input"][0]["dims"]] == [8, 8, 1]
        assert config["output"][0]["name"] == OUTPUT and config["instance_group"][0]["kind"] == "KIND_CPU", config


def check_settings(checks, name, flavour, client, further):
    """Trace and log settings."""
    def value(settings, key):
        found = settings.get("settings", settings)[key]
        return found["value"] if isinstance(found, dict) else found if isinstance(found, list) else [found]

    with checks(f"{name}: trace settings of all models and of one"):
        assert value(client.get_trace_settings(**further), "trace_level") == ["OFF"]
        changed = client.update_trace_settings("digits", {"trace_level": ["TIMESTAMPS"], "trace_rate": "1", "trace_count": "2"}, **further)
        assert value(changed, "trace_level") == ["TIMESTAMPS"] and value(changed, "trace_count") == ["2"], changed
        assert value(client.get_trace_settings("digits", **further), "trace_rate") == ["1"]
        assert value(client.get_trace_settings("other", **further), "trace_level") == ["OFF"]
        for _ in range(3):  # of which two are traced
            client.infer("digits", [tensor(flavour)])
        error = refused(client.update_trace_settings, None, {"trace_file": "/etc/passwd"})
        assert "trace_file" in str(error), error
        client.update_trace_settings("digits", {"trace_level": ["OFF"], "trace_rate": None, "trace_count": None}, **further)
        assert value(client.get_trace_settings("digits", **further), "trace_rate") == ["1000"]
    with checks(f"{name}: log settings"):
        def setting(settings, key):
            found = settings.get("settings", settings)[key]
            return next(iter(found.values())) if isinstance(found, dict) else found

        assert setting(client.get_log_settings(**further), "log_verbose_level") == 0
        assert setting(client.update_log_settings({"log_verbose_level": 1}, **further), "log_verbose_level") == 1
        error = refused(client.update_log_settings, {"log_file": "/tmp/log"})
        assert "log_file" in str(error), error
        assert setting(client.update_log_settings({"log_verbose_level": 0, "log_info": True}, **further), "log_info") is True


def check_repository(checks, name, client, model, folder, further):
    """Index, load, unload, and a model that the client brings."""
    index = lambda: {(entry["name"], entry.get("version", "")): entry.get("state", "") for entry in entries(client.get_model_repository_index(**further))}
    entries = lambda found: found["models"] if isinstance(found, dict) else found
    with checks(f"{name}: the repository: index, unload, load"):
        assert index() == {("digits", "1"): "READY", ("digits", "2"): "READY", ("other", "1"): "READY"}, index()
        client.unload_model("other", unload_dependents=True)
        assert index()["other", "1"] == "UNAVAILABLE" and not client.is_model_ready("other")
        client.load_model("other", config=json.dumps({"name": "other"}))
        assert index()["other", "1"] == "READY" and client.is_model_ready("other")
        assert "max_batch_size" in str(refused(client.load_model, "other", config='{"max_batch_size": 1}'))
        assert "nowhere" in str(refused(client.load_model, "nowhere")) and "nowhere" in str(refused(client.unload_model, "nowhere"))
    with checks(f"{name}: a model that the client brings with it"):
        own = f"brought-by-{name.replace(' ', '-').lower()}"
        files = {f"file:7/{file.name}": file.read_bytes() for file in model.iterdir() if file.suffix in (".toml", ".safetensors")}
        client.load_model(own, config="{}", files=files)
        assert client.is_model_ready(own, "7") and (folder / "models" / own / "7").is_dir()
        assert "7" in str(refused(client.load_model, own, config="{}", files=files))
        broken = {"file:1/model.toml": b"units = "}
        refused(client.load_model, f"broken-{own}", config="{}", files=broken)
        assert not (folder / "models" / f"broken-{own}").exists()
        refused(client.load_model, own, config="{}", files={"file:8/../../x": b"x"})
        client.unload_model(own)
        shutil.rmtree(folder / "models" / own)
        eventually(lambda: (own, "7") not in index())


def check_inference(checks, name, flavour, client, expected, further):
    """Tensors in every form that the client has for them."""
    ask = lambda *inputs, **options: client.infer("digits", list(inputs), **options)
    same = lambda result: numpy.testing.assert_allclose(result.as_numpy(OUTPUT), expected, atol=1e-6)
    wish = flavour.InferRequestedOutput(OUTPUT)
    with checks(f"{name}: rows of several datatypes, one and several at a time, by version"):
        same(ask(tensor(flavour)))
        same(ask(tensor(flavour, ROWS.astype(numpy.float64), "FP64"), outputs=[wish], model_version="2"))
        whole = ROWS.round()
        rounded = ask(tensor(flavour, whole)).as_numpy(OUTPUT)
        for datatype, dtype in {"INT8": "i1", "INT16": "i2", "INT32": "i4", "INT64": "i8", "UINT8": "u1", "UINT16": "u2", "UINT32": "u4", "UINT64": "u8", "FP16": "f2"}.items():
            found = ask(tensor(flavour, whole.astype(dtype), datatype)).as_numpy(OUTPUT)
            numpy.testing.assert_allclose(found, rounded, atol=1e-6, err_msg=datatype)
        found = ask(tensor(flavour, whole.astype(ml_dtypes.bfloat16), "BF16")).as_numpy(OUTPUT)
        numpy.testing.assert_allclose(found, rounded, atol=1e-6)
        for place in range(len(ROWS)):
            numpy.testing.assert_allclose(ask(tensor(flavour, ROWS[place:place + 1])).as_numpy(OUTPUT), expected[place:place + 1], atol=1e-6)
        large = numpy.resize(ROWS, (20000, 8, 8, 1))
        numpy.testing.assert_allclose(ask(tensor(flavour, large)).as_numpy(OUTPUT), numpy.resize(expected, (20000, 10)), atol=1e-6)
    with checks(f"{name}: ids, parameters, priority and timeout of a request"):
        result = ask(tensor(flavour), request_id="mine", parameters={"colour": "red", "count": 3, "is": True, "share": 0.5}, priority=1, timeout=1000000)
        same(result)
        assert plain(result.get_response())["id"] == "mine" and plain(result.get_response())["model_name"] == "digits"
        assert plain(result.get_response())["model_version"] == "2" and [int(size) for size in plain(result.get_output(OUTPUT))["shape"]] == [3, 10]
        same(ask(tensor(flavour), sequence_id=5, sequence_start=True, sequence_end=True))
    with checks(f"{name}: the classification extension"):
        top = ask(tensor(flavour), outputs=[flavour.InferRequestedOutput(OUTPUT, class_count=2)]).as_numpy(OUTPUT)
        assert top.shape == (3, 2), top
        for row, texts in zip(expected, top):
            order = numpy.argsort(-row, kind="stable")[:2]
            parts = [text.decode().split(":") for text in texts]
            assert [int(part[1]) for part in parts] == list(order) and [part[2] for part in parts] == [str(o) for o in order], (parts, order)
            numpy.testing.assert_allclose([float(part[0]) for part in parts], row[order], atol=1e-6)
    with checks(f"{name}: what does not fit is refused, with a reason"):
        for wrong, hint in ((tensor(flavour, numpy.zeros((3, 7), "f4")), "[3, 7]"), (tensor(flavour, name="nothing"), "nothing")):
            assert hint in str(refused(client.infer, "digits", [wrong])), hint
        assert "nowhere" in str(refused(client.infer, "nowhere", [tensor(flavour)]))
        assert "5" in str(refused(client.infer, "digits", [tensor(flavour)], model_version="5"))
        assert "absent" in str(refused(client.infer, "digits", [tensor(flavour)], outputs=[flavour.InferRequestedOutput("absent")]))


def check_shared_memory(checks, name, client):
    with checks(f"{name}: shared memory is refused with what to do instead"):
        calls = [
            (client.get_system_shared_memory_status,), (client.register_system_shared_memory, "a", "/key", 8),
            (client.unregister_system_shared_memory, "a"), (client.get_cuda_shared_memory_status,),
            (client.register_cuda_shared_memory, "a", base64.b64encode(b"handle"), 0, 8), (client.unregister_cuda_shared_memory, "a"),
            (client.unregister_system_shared_memory,), (client.unregister_cuda_shared_memory,),
        ]
        for call in calls:
            error = refused(*call)
            assert "not offered" in str(error) and ("UNIMPLEMENTED" in str(error.status()) or error.status() == "501"), error


def check_statistics(checks, name, flavour, client, further):
    with checks(f"{name}: statistics count requests, rows, failures and batch sizes"):
        before = statistics_of(client.get_inference_statistics("digits", "1", **further), "digits", "1")
        for _ in range(4):
            client.infer("digits", [tensor(flavour)], model_version="1")
        refused(client.infer, "digits", [tensor(flavour, name="nothing")], model_version="1")
        after = statistics_of(client.get_inference_statistics(**further), "digits", "1")
        number = lambda entry, *path: int(number(entry.get(path[0], {}), *path[1:])) if len(path) > 1 else int(entry.get(path[0], 0))
        grown = lambda *path: number(after, *path) - number(before, *path)
        assert grown("inference_count") == 12 and grown("execution_count") == 4, (before, after)
        assert grown("inference_stats", "success", "count") == 4 and grown("inference_stats", "fail", "count") == 1, (before, after)
        assert grown("inference_stats", "compute_infer", "ns") > 0 and abs(number(after, "last_inference") / 1000 - time.time()) < 60
        assert any(int(batch["batch_size"]) == 3 for batch in after["batch_stats"]), after


def check_http(checks, model, folder, address):
    flavour, name = tritonclient.http, "HTTP"
    client = Watched(flavour.InferenceServerClient(address, concurrency=4))
    expected = client.infer("digits", [tensor(flavour)]).as_numpy(OUTPUT)
    numpy.testing.assert_allclose(expected.sum(axis=1), 1, atol=1e-5)
    check_facts(checks, name, client, {})
    check_inference(checks, name, flavour, client, expected, {})
    with checks("HTTP: JSON and binary tensors, compressed and not, both ways"):
        for sends in (False, True):
            for wants in (False, True):
                for compression in (None, "gzip", "deflate"):
                    large = numpy.resize(ROWS, (60, 8, 8, 1))
                    result = client.infer(
                        "digits", [tensor(flavour, large, binary_data=sends)], outputs=[flavour.InferRequestedOutput(OUTPUT, binary_data=wants)],
                        request_compression_algorithm=compression, response_compression_algorithm=compression,
                    )
                    numpy.testing.assert_allclose(result.as_numpy(OUTPUT), numpy.resize(expected, (60, 10)), atol=1e-6)
        body, length = flavour.InferenceServerClient.generate_request_body([tensor(flavour)])
        headers = {"Inference-Header-Content-Length": str(length)}
        answer = requests.post(f"http://{address}/v2/models/digits/infer", data=body, headers=headers, timeout=10)
        result = flavour.InferenceServerClient.parse_response_body(answer.content, header_length=int(answer.headers["Inference-Header-Content-Length"]))
        numpy.testing.assert_allclose(result.as_numpy(OUTPUT), expected, atol=1e-6)
        client.called |= {"generate_request_body", "parse_response_body"}
    with checks("HTTP: requests side by side"):
        for handle in [client.async_infer("digits", [tensor(flavour)]) for _ in range(20)]:
            numpy.testing.assert_allclose(handle.get_result().as_numpy(OUTPUT), expected, atol=1e-6)
    check_statistics(checks, name, flavour, client, {})
    check_settings(checks, name, flavour, client, {})
    check_repository(checks, name, client, model, folder, {})
    check_shared_memory(checks, name, client)
    with checks("HTTP: every public method of the client was called"):
        assert not client.never_called(), client.never_called()
    client.client.close()
    return expected


def check_grpc(checks, model, folder, address, expected):
    flavour, name, further = tritonclient.grpc, "gRPC", {"as_json": True}
    client = Watched(flavour.InferenceServerClient(address))
    check_facts(checks, name, client, further)
    check_inference(checks, name, flavour, client, expected, further)
    with checks("gRPC: messages compressed by gzip and deflate, answered so"):
        large = numpy.resize(ROWS, (600, 8, 8, 1))
        for algorithm in ("gzip", "deflate"):
            result = client.infer("digits", [tensor(flavour, large)], compression_algorithm=algorithm)
            numpy.testing.assert_allclose(result.as_numpy(OUTPUT), numpy.resize(expected, (600, 10)), atol=1e-6)
    with checks("gRPC: requests side by side, and one that is cancelled"):
        done = queue.Queue()
        for _ in range(20):
            client.async_infer("digits", [tensor(flavour)], lambda result, error: done.put((result, error)))
        for _ in range(20):
            result, error = done.get(timeout=10)
            assert error is None, error
            numpy.testing.assert_allclose(result.as_numpy(OUTPUT), expected, atol=1e-6)
        context = client.async_infer("digits", [tensor(flavour, numpy.resize(ROWS, (30000, 8, 8, 1)))], lambda result, error: done.put((result, error)))
        context.cancel()
        result, error = done.get(timeout=10)
        assert result is not None or "cancelled" in str(error).lower(), error
    with checks("gRPC: a stream answers each request in its turn, and goes on after one that cannot be answered"):
        done = queue.Queue()
        client.start_stream(lambda result, error: done.put((result, error)))
        for place in range(5):
            client.async_stream_infer("digits", [tensor(flavour, ROWS[place % 3:place % 3 + 1])], request_id=str(place), enable_empty_final_response=place == 4)
        client.async_stream_infer("nowhere", [tensor(flavour)], request_id="lost")
        client.async_stream_infer("digits", [tensor(flavour)], request_id="last")
        for place in range(5):
            result, error = done.get(timeout=10)
            assert error is None and result.get_response().id == str(place), (place, error)
            numpy.testing.assert_allclose(result.as_numpy(OUTPUT), expected[place % 3:place % 3 + 1], atol=1e-6)
        assert result.get_response().parameters["triton_final_response"].bool_param
        result, error = done.get(timeout=10)
        assert "there is no model nowhere" in str(error), error
        result, error = done.get(timeout=10)
        assert error is None and result.get_response().id == "last", error
        client.stop_stream()
    check_statistics(checks, name, flavour, client, further)
    check_settings(checks, name, flavour, client, further)
    check_repository(checks, name, client, model, folder, further)
    check_shared_memory(checks, name, client)
    with checks("gRPC: every public method of the client was called"):
        assert not client.never_called(), client.never_called()
    client.client.close()


def check_messages(checks, address, expected):
    """What tritonclient does not send: typed contents, broken messages, health checks."""
    channel = grpc.insecure_channel(address, options=[("grpc.max_send_message_length", -1)])
    stub = stubs.GRPCInferenceServiceStub(channel)

    def request(datatype="FP32", shape=(3, 8, 8, 1), **contents):
        made = messages.ModelInferRequest(model_name="digits", id="typed")
        made.inputs.add(name=INPUT, datatype=datatype, shape=shape, contents=messages.InferTensorContents(**contents))
        return made

    def status(call, *arguments, **options):
        try:
            call(*arguments, **options)
        except grpc.RpcError as error:
            return error
        raise AssertionError("it was answered")

    with checks("gRPC: typed contents are answered with typed contents, of the same values"):
        answer = stub.ModelInfer(request(fp32_contents=ROWS.ravel()))
        assert not answer.raw_output_contents and answer.id == "typed" and answer.model_version == "2"
        (output,) = answer.outputs
        numpy.testing.assert_allclose(numpy.array(output.contents.fp32_contents).reshape(output.shape), expected, atol=1e-6)
        whole = ROWS.round().astype(int).ravel()
        of = lambda *arguments, **contents: numpy.array(stub.ModelInfer(request(*arguments, **contents)).outputs[0].contents.fp32_contents)
        rounded = of(fp32_contents=whole)
        for datatype, field in {"INT8": "int_contents", "INT32": "int_contents", "INT64": "int64_contents", "UINT8": "uint_contents", "UINT64": "uint64_contents", "FP64": "fp64_contents"}.items():
            numpy.testing.assert_allclose(of(datatype, **{field: whole}), rounded, atol=1e-6, err_msg=datatype)
    with checks("gRPC: errors have the status and the words that REST has for them"):
        wrong = request(shape=(3, 7), fp32_contents=[0.0] * 21)
        error = status(stub.ModelInfer, wrong)
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT and "[3, 7]" in error.details(), error
        assert dict(error.trailing_metadata())["error-code"] == "bad_request" and dict(error.trailing_metadata())["error-remedy"]
        assert status(stub.ModelInfer, request(shape=(3, 8, 8, 1), fp32_contents=[1.0])).code() == grpc.StatusCode.INVALID_ARGUMENT
        assert status(stub.ModelInfer, messages.ModelInferRequest(model_name="nowhere")).code() == grpc.StatusCode.NOT_FOUND
        nothing = channel.unary_unary("/inference.GRPCInferenceService/Nothing")
        assert status(nothing, b"").code() == grpc.StatusCode.UNIMPLEMENTED
        for body in (b"\xff\xff\xff", b"\x0a\xff", b"\x2a\x03\x0a\xffx"):
            infer = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
            assert status(infer, body).code() in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND), body
        large = request(fp32_contents=numpy.zeros(5 << 20, "f4"))
        assert status(stub.ModelInfer, large).code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert status(stub.ModelInfer, large, compression=grpc.Compression.Gzip).code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    with checks("gRPC: a deadline that passes ends the call"):
        tight = request(shape=(20000, 8, 8, 1), fp32_contents=numpy.resize(ROWS, 20000 * 64))
        assert status(stub.ModelInfer, tight, timeout=0.001).code() == grpc.StatusCode.DEADLINE_EXCEEDED
    with checks("gRPC: the id of a request comes back in the metadata"):
        _, call = stub.ModelInfer.with_call(request(fp32_contents=ROWS.ravel()), metadata=[("x-request-id", "from-grpc")])
        assert dict(call.initial_metadata())["x-request-id"] == "from-grpc"
    with checks("gRPC: health checks as Kubernetes makes them"):
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        assert check(b"") == b"\x08\x01"
        assert status(check, b"\x0a\x07nothing").code() == grpc.StatusCode.NOT_FOUND
    channel.close()


async def check_aio(checks, http_address, grpc_address, expected):
    """The asyncio clients, which speak with the same server in the same words."""
    for name, flavour, aio, address, further in (
        ("HTTP aio", tritonclient.http, tritonclient.http.aio, http_address, {}),
        ("gRPC aio", tritonclient.grpc, tritonclient.grpc.aio, grpc_address, {"as_json": True}),
    ):
        client = Watched(aio.InferenceServerClient(address))
        with checks(f"{name}: every public method of the client"):
            assert await client.is_server_live() and await client.is_server_ready() and await client.is_model_ready("digits", "1")
            assert (await client.get_server_metadata(**further))["name"] == "vedette-model-server"
            assert (await client.get_model_metadata("digits", **further))["versions"] == ["1", "2"]
            assert await client.get_model_config("digits", **further) and await client.get_model_repository_index(**further)
            await client.unload_model("other")
            await client.load_model("other")
            results = await asyncio.gather(*[client.infer("digits", [tensor(flavour)]) for _ in range(20)])
            for result in results:
                numpy.testing.assert_allclose(result.as_numpy(OUTPUT), expected, atol=1e-6)
            statistics_of(await client.get_inference_statistics("digits", **further), "digits", "1")
            await client.get_trace_settings(**further)
            await client.update_trace_settings(None, {"trace_rate": "500"}, **further)
            await client.get_log_settings(**further)
            await client.update_log_settings({"log_verbose_level": 0}, **further)
            for kind, register in (("system", ("a", "/key", 8)), ("cuda", ("a", base64.b64encode(b"handle"), 0, 8))):
                await refused_later(getattr(client, f"get_{kind}_shared_memory_status"))
                await refused_later(getattr(client, f"register_{kind}_shared_memory"), *register)
                await refused_later(getattr(client, f"unregister_{kind}_shared_memory"), "a")
            if name == "HTTP aio":
                client.called |= {"generate_request_body", "parse_response_body"}  # static, those of the blocking client
            else:
                async def asked():
                    for place in range(3):
                        yield {"model_name": "digits", "inputs": [tensor(flavour, ROWS[place:place + 1])], "request_id": str(place)}

                place = 0
                async for result, error in client.stream_infer(asked()):
                    assert error is None and result.get_response().id == str(place), error
                    numpy.testing.assert_allclose(result.as_numpy(OUTPUT), expected[place:place + 1], atol=1e-6)
                    place += 1
                assert place == 3
            assert not client.never_called(), client.never_called()
        await client.client.close()


def check_tokens(checks, model, port):
    with server(model, port, token="secret"):
        for name, flavour, address in (("HTTP", tritonclient.http, port), ("gRPC", tritonclient.grpc, port + 1)):
            with checks(f"{name}: the token is asked for, and taken"):
                client = flavour.InferenceServerClient(f"127.0.0.1:{address}")
                error = refused(client.infer, "digits", [tensor(flavour)])
                assert "UNAUTHENTICATED" in str(error.status()) or error.status() == "401", error
                assert "UNAUTHENTICATED" in str(refused(client.infer, "digits", [tensor(flavour)], headers={"authorization": "Bearer wrong"}).status()) or name == "HTTP"
                client.infer("digits", [tensor(flavour)], headers={"authorization": "Bearer secret"})
                client.close()
        with checks("gRPC: health checks need no token"):
            channel = grpc.insecure_channel(f"127.0.0.1:{port + 1}")
            assert channel.unary_unary("/grpc.health.v1.Health/Check")(b"") == b"\x08\x01"
            channel.close()


def check_metrics(checks, http_address, grpc_address):
    """A call counts the same however it came."""
    def counted(code, version="1"):
        series = f'vedette_requests_total{{namespace="default",model="digits",version="{version}",code="{code}"}} '
        lines = requests.get(f"http://{http_address}/metrics", timeout=10).text.splitlines()
        return sum(float(line.removeprefix(series)) for line in lines if line.startswith(series))

    with checks("calls over HTTP and gRPC are counted in the same series, by HTTP's status"):
        for flavour, address in ((tritonclient.http, http_address), (tritonclient.grpc, grpc_address)):
            client = flavour.InferenceServerClient(address)
            good, bad = counted(200), counted(400)
            client.infer("digits", [tensor(flavour)], model_version="1")
            refused(client.infer, "digits", [tensor(flavour, name="nothing")], model_version="1")
            assert (counted(200), counted(400)) == (good + 1, bad + 1), (good, bad, counted(200), counted(400))
            client.close()


def check_limits(checks, model, port):
    """More requests than may be under way are told to come again."""
    with server(model, port, **{"inference.concurrency": 1, "http.body.limit.bytes": 64 << 20}):
        client = tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{port + 1}")
        with checks("gRPC: one request more than may be under way is UNAVAILABLE"):
            done = queue.Queue()
            large = tensor(tritonclient.grpc, numpy.resize(ROWS, (100000, 8, 8, 1)))
            client.infer("digits", [large])  # so that the server knows what such a request takes
            for _ in range(8):
                client.async_infer("digits", [large], lambda result, error: done.put(error))
            errors = [done.get(timeout=30) for _ in range(8)]
            assert any(error is None for error in errors), errors
            over = [error for error in errors if error is not None]
            assert over and all("UNAVAILABLE" in str(error.status()) and "under way" in str(error) for error in over), errors
        client.close()


def check_events(checks, model, port):
    """What sinks are told of a call does not depend on how it came."""
    with tempfile.TemporaryDirectory() as made:
        sink = pathlib.Path(made) / "events.jsonl"
        with server(model, port, **{"sink.url": f"file:{sink}"}):
            http, rpc = tritonclient.http.InferenceServerClient(f"127.0.0.1:{port}"), tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{port + 1}")
            for name, client, flavour in (("http", http, tritonclient.http), ("grpc", rpc, tritonclient.grpc)):
                client.infer("digits", [tensor(flavour)], model_version="1", headers={"x-request-id": f"{name}-good"})
                refused(client.infer, "digits", [tensor(flavour, name="nothing")], headers={"x-request-id": f"{name}-bad"})
            done = queue.Queue()
            rpc.start_stream(lambda result, error: done.put((result, error)), headers={"x-request-id": "stream"})
            for _ in range(3):
                rpc.async_stream_infer("digits", [tensor(tritonclient.grpc)], model_version="1")
            for _ in range(3):
                assert done.get(timeout=10)[1] is None
            rpc.stop_stream()
            http.close(), rpc.close()
        events = {}
        for line in sink.read_text().splitlines():
            event = json.loads(line)
            events[event["requestid"], event["type"].rpartition(".")[2]] = event
    same = ("model", "modelversion", "namespace", "component", "endpoint", "dialect", "statuscode", "source", "sampledrate", "partitionkey")
    with checks("gRPC: sinks are told the same of a call as over HTTP, with the messages as data"):
        for name in ("good", "bad"):
            for half in ("request", "response"):
                ours, theirs = events[f"grpc-{name}", half], events[f"http-{name}", half]
                assert {key: ours.get(key) for key in same} == {key: theirs.get(key) for key in same}, (ours, theirs)
        request, response = (events["grpc-good", half] for half in ("request", "response"))
        assert request["datacontenttype"].startswith("application/grpc") and request["path"] == "/inference.GRPCInferenceService/ModelInfer"
        message = messages.ModelInferRequest.FromString(base64.b64decode(request["data_base64"])[5:])
        numpy.testing.assert_array_equal(numpy.frombuffer(message.raw_input_contents[0], "<f4"), ROWS.ravel())
        answer = messages.ModelInferResponse.FromString(base64.b64decode(response["data_base64"])[5:])
        assert answer.outputs[0].name == OUTPUT and len(answer.raw_output_contents[0]) == 3 * 10 * 4
        assert events["grpc-bad", "response"]["statuscode"] == 400 and "nothing" in events["grpc-bad", "response"]["data"]["error"]
    with checks("gRPC: each message of a stream is told as an exchange of its own"):
        assert {("stream", "response"), ("stream-1", "response"), ("stream-2", "response")} <= set(events), sorted(events)


def check_stop(checks, model, port):
    """A stop lets calls under way end, and says goodbye to connections that are open."""
    with checks("gRPC: calls under way are answered when the server stops"):
        with server(model, port) as folder:
            client = tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{port + 1}")
            client.infer("digits", [tensor(tritonclient.grpc)])
            done = queue.Queue()
            large = tensor(tritonclient.grpc, numpy.resize(ROWS, (40000, 8, 8, 1)))
            for _ in range(4):
                client.async_infer("digits", [large], lambda result, error: done.put((result, error)))
            count = lambda: int(client.get_inference_statistics("digits", "2", as_json=True)["model_stats"][0]["inference_count"])
            eventually(lambda: count() > 3)
        for _ in range(4):
            result, error = done.get(timeout=10)
            assert error is None and result.as_numpy(OUTPUT).shape == (40000, 10), error
        client.close()


def check(checks, model, port):
    """All of it, on servers of its own at `port` and the one after it."""
    model = pathlib.Path(model)
    http_address, grpc_address = f"127.0.0.1:{port}", f"127.0.0.1:{port + 1}"
    with server(model, port) as folder:
        expected = check_http(checks, model, folder, http_address)
        check_grpc(checks, model, folder, grpc_address, expected)
        check_messages(checks, grpc_address, expected)
        asyncio.run(check_aio(checks, http_address, grpc_address, expected))
        check_metrics(checks, http_address, grpc_address)
        with checks("as many requests as a client asked for are traced into the log"):
            assert (folder / "log").read_text().count("inference traced") == 4  # two over HTTP, two over gRPC
    check_tokens(checks, model, port)
    check_limits(checks, model, port)
    check_events(checks, model, port)
    check_stop(checks, model, port)


if __name__ == "__main__":
    checks = Checks()
    check(checks, sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 19480)
    sys.exit(checks.close())
