#!/usr/bin/env python3
"""Other people's clients against a mesh: tritonclient over HTTP and gRPC, the CloudEvents SDK, nats-py, curl, promtool,
jsonschema, and the events of KServe and Seldon by hand.

    .venv-test/bin/python scripts/clients-test.py [DIRECTORY]

DIRECTORY is one that `vedette demo --directory` prepared; without it one is made and thrown away. A line a check; exits 1
when one failed.
"""

import contextlib
import gzip
import http.server
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import uuid

import numpy
import requests
import tritonclient.http as triton
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts" / "interop"))

import dialects
import documented
import nats_stream
import triton_clients
import v2_client
from checks import Checks
from mesh import BINARIES, Mesh, eventually, vedette

FIRST_PORT = 19280
ROWS = numpy.random.default_rng(7).uniform(0, 16, (1, 8, 8, 1)).astype(numpy.float32)


def new_id(kind):
    return f"{kind}-{uuid.uuid4()}"


def exchanges(mesh, identifier):
    """What the logger has joined under a request id."""
    answer = requests.get(f"{mesh.url('request-logger')}/v1/requests/{identifier}", timeout=10)
    return answer.json()["exchanges"] if answer.status_code == 200 else []


def joined(mesh, identifier):
    """The one exchange of a request id, once request and answer are there."""
    whole = lambda: [e for e in exchanges(mesh, identifier) if e["request"] and e["response"]]
    eventually(whole)
    (exchange,) = exchanges(mesh, identifier)
    return exchange


def verdict(mesh, identifier):
    """The outlier verdict on a request, as the logger exports it: one structured event."""
    route = f"{mesh.url('request-logger')}/v1/events"
    query = {"requestid": identifier, "type": "io.vedette.verdict.outlier"}
    (event,) = eventually(lambda: requests.get(route, params=query, timeout=10).json()["items"])
    return event


def post(url, headers, body, status=202):
    answer = requests.post(url, headers=headers, data=body, timeout=10)
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    return answer


def test_serving(checks, mesh):
    for executable in ("model-server", "payload-tap"):
        with checks(f"tritonclient agrees with {executable}: JSON, binary, gzip, metadata, errors"):
            v2_client.check(mesh.address(executable))
    for binary in (False, True):
        with checks(f"tritonclient's request and its answer are joined, {'binary' if binary else 'JSON'} tensors"):
            identifier = new_id("triton")
            tensor = triton.InferInput("image", list(ROWS.shape), "FP32")
            tensor.set_data_from_numpy(ROWS, binary_data=binary)
            wish = triton.InferRequestedOutput("probabilities", binary_data=binary)
            client = triton.InferenceServerClient(mesh.address("payload-tap"))
            client.infer("digits", [tensor], outputs=[wish], headers={"X-Request-Id": identifier})
            exchange = joined(mesh, identifier)
            assert exchange["model"] == "digits" and exchange["status_code"] == 200, exchange
            assert verdict(mesh, identifier)["data"]["data"]["rows"] == [0]


def test_forerunners(checks, mesh):
    url = mesh.url("model-server")
    rows, many = ROWS.tolist(), numpy.repeat(ROWS, 40, axis=0)
    ask = lambda path, body, **options: requests.post(f"{url}{path}", json=body, timeout=10, **options)
    tensor = {"name": "image", "shape": ROWS.shape, "datatype": "FP32", "data": ROWS.ravel().tolist()}
    (output,) = ask("/v2/models/digits/infer", {"inputs": [tensor]}).json()["outputs"]
    same = lambda found: numpy.testing.assert_allclose(numpy.ravel(found), output["data"], atol=1e-6)
    with checks("TF-Serving's and KServe's version 1 calls agree with V2: rows, columns, classes, status, metadata"):
        for path in ("/v1/models/digits:predict", "/v1/models/digits/versions/1:predict"):
            same(ask(path, {"instances": rows}).json()["predictions"])
            same(ask(path, {"inputs": {"image": rows}}).json()["outputs"])
        (pairs,) = ask("/v1/models/digits:classify", {"examples": [{"image": rows[0]}]}).json()["results"]
        same([score for _, score in pairs])
        assert [label for label, _ in pairs] == [str(digit) for digit in range(10)], pairs
        assert "more than one value" in ask("/v1/models/digits:regress", {"examples": [{"image": rows[0]}]}).json()["error"]
        bare = requests.post(f"{url}/v1/models/digits:predict", data=json.dumps({"instances": [[[[float("nan")]] * 8] * 8]}), timeout=10)
        assert "NaN" in bare.text, bare.text
        status = requests.get(f"{url}/v1/models/digits", timeout=10).json()
        assert status["ready"] and status["model_version_status"][0]["state"] == "AVAILABLE", status
        assert "digits" in requests.get(f"{url}/v1/models", timeout=10).json()["models"]
        signature = requests.get(f"{url}/v1/models/digits/metadata", timeout=10).json()["metadata"]["signature_def"]["signature_def"]
        assert signature["serving_default"]["inputs"]["image"]["dtype"] == "DT_FLOAT", signature
    with checks("Seldon's version 1 calls agree with V2, each in the form of its data"):
        flat = ROWS.reshape(len(ROWS), -1)
        for path in ("/api/v1.0/predictions", "/api/v0.1/predictions", "/seldon/models/digits/api/v1.0/predictions"):
            same(ask(path, {"data": {"ndarray": rows}}).json()["data"]["ndarray"])
            same(ask(path, {"data": {"tensor": {"shape": flat.shape, "values": flat.ravel().tolist()}}}).json()["data"]["tensor"]["values"])
        refusal = ask("/api/v1.0/predictions", {"data": {"ndarray": [[1, 2]]}})
        assert refusal.status_code == 400 and refusal.json()["status"]["status"] == "FAILURE", refusal.text
    with checks("answers come compressed to clients that take them so"):
        large = {"inputs": [{"name": "image", "shape": many.shape, "datatype": "FP32", "data": many.ravel().tolist()}]}
        packed, plain = (ask("/v2/models/digits/infer", large, headers={"Accept-Encoding": encoding}) for encoding in ("gzip", "identity"))
        assert packed.headers.get("Content-Encoding") == "gzip" and "Content-Encoding" not in plain.headers
        assert packed.json()["outputs"] == plain.json()["outputs"]


def test_cloudevents_sdk(checks, mesh):
    for mode, encode in (("binary", to_binary_event), ("structured", to_structured_event)):
        with checks(f"the CloudEvents SDK sends a {mode} event to a detector and reads the verdict from the logger"):
            identifier = new_id("sdk")
            attributes = {
                "id": identifier, "source": "/by/python", "type": "io.vedette.inference.request",
                "datacontenttype": "application/json", "requestid": identifier, "model": "digits", "namespace": "default",
            }
            message = encode(CloudEvent(attributes=attributes, data=json.loads(dialects.v2_request(ROWS))))
            post(mesh.url("outlier-detector"), message.headers, message.body)
            exported = json.dumps(verdict(mesh, identifier)).encode()
            read = from_structured_event(HTTPMessage({"content-type": "application/cloudevents+json"}, exported))
            assert read.get_type() == "io.vedette.verdict.outlier" and read.get_source() == "/vedette/default/digits-strangers"
            assert read.get_extension("requestid") == identifier and read.get_extension("causationid") == identifier
            assert read.get_data()["data"]["is_outlier"] in ([0], [1]), read.get_data()


def test_kserve(checks, mesh):
    logger, detector = mesh.url("request-logger"), mesh.url("outlier-detector")
    with checks("KServe's two events with one id are one exchange"):
        identifier = new_id("kserve")
        for half, body in (("request", dialects.v2_request(ROWS)), ("response", dialects.v2_response(ROWS))):
            post(logger, *dialects.kserve(half, identifier, "flowers", body, namespace="models"))
        exchange = joined(mesh, identifier)
        assert (exchange["namespace"], exchange["model"], exchange["endpoint"]) == ("models", "flowers", "default"), exchange
    with checks("X-Request-Id in KServe's metadata is the request id"):
        identifier = new_id("header")
        metadata = {"X-Request-Id": [identifier]}
        post(logger, *dialects.kserve("request", str(uuid.uuid4()), "flowers", dialects.v2_request(ROWS), metadata=metadata))
        eventually(lambda: exchanges(mesh, identifier))
    bodies = {
        "JSON": (dialects.v2_request(ROWS), "application/json"),
        "binary tensors whose length header was lost": (dialects.v2_binary_request(ROWS), "application/octet-stream"),
        "gzip that nothing announces": (gzip.compress(dialects.v2_request(ROWS)), "application/json"),
    }
    for what, (body, content_type) in bodies.items():
        with checks(f"a detector judges KServe's events: {what}"):
            identifier = new_id("kserve")
            post(detector, *dialects.kserve("request", identifier, "digits", body, content_type=content_type))
            assert verdict(mesh, identifier)["data"]["data"]["rows"] == [0]


def test_seldon(checks, mesh):
    detector = mesh.url("drift-detector")
    with checks("Seldon's two events with one requestid are one exchange of the graph's node"):
        identifier = new_id("seldon")
        for half, body in (("response", dialects.v2_response(ROWS)), ("request", dialects.v2_request(ROWS))):
            post(mesh.url("request-logger"), *dialects.seldon(half, identifier, "watch", "classifier", body))
        exchange = joined(mesh, identifier)
        assert exchange["model"] == "watch/classifier", exchange
    with checks("a detector takes a monitor by PUT and its rows from Seldon's events"), tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        numpy.save(folder / "reference.npy", numpy.random.default_rng(1).uniform(0, 16, (200, 8, 8, 1)).astype(numpy.float32))
        (folder / "drift.toml").write_text('name = "KSDrift"\n[monitor]\nmodel = "watch/classifier"\ninput = "image"\n')
        vedette("fit", "--config", folder / "drift.toml", "--reference", folder / "reference.npy", "--output", folder / "watch-classifier")
        archive = subprocess.run(["tar", "-C", folder, "-cf", "-", "watch-classifier"], check=True, capture_output=True).stdout
        monitor = f"{detector}/v1/monitors/watch-classifier"
        answer = requests.put(monitor, data=archive, headers={"Content-Type": "application/x-tar"}, timeout=10)
        assert answer.status_code in (200, 201), f"{answer.status_code} {answer.text}"
        rows = lambda: requests.get(monitor, timeout=10).json()["counts"]["rows"]
        before = rows()
        for _ in range(3):
            post(detector, *dialects.seldon("request", new_id("seldon"), "watch", "classifier", dialects.v2_request(ROWS)))
        post(detector, *dialects.seldon("request", new_id("seldon"), "watch", "other", dialects.v2_request(ROWS)))
        eventually(lambda: rows() == before + 3)
        assert requests.delete(monitor, timeout=10).ok


class RefusingSink(http.server.BaseHTTPRequestHandler):
    """Answers every event 400."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def running(mesh, executable, port, folder, **settings):
    """An executable beside the mesh, at `port`, with state of its own."""
    settings = {"http.listen": f"127.0.0.1:{port}", "state.directory": folder / "state", "log.level": "warning", **settings}
    flags = [f"--{key.replace('.', '-')}={value}" for key, value in settings.items()]
    process = subprocess.Popen([BINARIES / executable, *flags], cwd=mesh.directory)
    try:
        own = settings.get("control.listen", settings["http.listen"])

        def is_ready():
            try:
                return requests.get(f"http://{own}/readyz", timeout=2).status_code == 200
            except requests.ConnectionError:
                return False

        eventually(is_ready)
        yield f"http://{settings['http.listen']}"
    finally:
        process.terminate()
        process.wait(30)


def test_sending_again(checks, mesh):
    sink = http.server.ThreadingHTTPServer(("127.0.0.1", 0), RefusingSink)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    identifier = new_id("refused-by-sink")
    with checks("what a sink refuses is a dead letter, and vedette send brings it to a detector, once"), tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        settings = {
            "control.listen": f"127.0.0.1:{FIRST_PORT + 51}", "upstream.url": mesh.url("model-server"),
            "sink.url": f"http://127.0.0.1:{sink.server_port}",
        }
        with running(mesh, "payload-tap", FIRST_PORT + 50, folder, **settings) as tap:
            post(f"{tap}/v2/models/digits/infer", {"X-Request-Id": identifier}, dialects.v2_request(ROWS), status=200)
            letters = lambda: [line for file in folder.glob("state/**/*.deadletters.jsonl") for line in file.read_text().splitlines()]
            eventually(lambda: len(letters()) == 2)
        events = [json.loads(line) for line in letters()]
        assert all(event["deadletterreason"] == "refused" and event["requestid"] == identifier for event in events), events
        (file,) = folder.glob("state/**/*.deadletters.jsonl")
        for _ in range(2):
            vedette("send", "--input", file, "--to", mesh.url("outlier-detector"))
        found = verdict(mesh, identifier)
        request = next(event for event in events if event["type"] == "io.vedette.inference.request")
        assert found["causationid"] == request["id"], found
    sink.shutdown()
    with checks("vedette replay shows the logger's record to a detector that was not there"), tempfile.TemporaryDirectory() as made:
        monitors = next(s["settings"]["monitors.directory"] for s in mesh.services if s["executable"] == "outlier-detector")
        settings = {"monitors.directory": monitors}
        with running(mesh, "outlier-detector", FIRST_PORT + 52, pathlib.Path(made), **settings) as detector:
            (name,) = [item["name"] for item in requests.get(f"{detector}/v1/monitors", timeout=10).json()["items"]]
            vedette("replay", "--from", mesh.url("request-logger"), "--model", "digits", "--since", "1h", "--to", detector)
            eventually(lambda: requests.get(f"{detector}/v1/monitors/{name}", timeout=10).json()["counts"]["rows"] > 0)


def test_nats(checks, mesh):
    with tempfile.TemporaryDirectory() as made, nats_stream.server(FIRST_PORT + 60, pathlib.Path(made) / "nats") as address:
        folder, body = pathlib.Path(made), dialects.v2_request(ROWS)
        with checks("nats-py reads from a stream what the tap sent there"):
            identifier = new_id("nats")
            settings = {
                "control.listen": f"127.0.0.1:{FIRST_PORT + 62}", "upstream.url": mesh.url("model-server"),
                "sink.url": f"{address}/vedette",
            }
            with running(mesh, "payload-tap", FIRST_PORT + 61, folder / "tap", **settings) as tap:
                headers = {"X-Request-Id": identifier, "Content-Type": "application/json"}
                answer = post(f"{tap}/v2/models/digits/infer", headers, body, status=200)
                found = nats_stream.messages(address, "vedette", "vedette.default.digits.>", 2)
            halves = {headers["ce-type"]: (headers, data) for _, headers, data in found}
            request, response = (halves[f"io.vedette.inference.{half}"] for half in ("request", "response"))
            assert request[1] == body and response[1] == answer.content, halves
            assert request[0]["ce-requestid"] == response[0]["ce-requestid"] == identifier, halves
            assert request[0]["ce-datacontenttype"] == "application/json" and request[0]["ce-specversion"] == "1.0", halves
        with checks("a detector takes from a stream what nats-py published there"):
            identifier = new_id("nats")
            monitors = next(s["settings"]["monitors.directory"] for s in mesh.services if s["executable"] == "outlier-detector")
            settings = {
                "monitors.directory": monitors, "subscribe.url": f"{address}/vedette", "sink.url": mesh.url("request-logger"),
            }
            with running(mesh, "outlier-detector", FIRST_PORT + 63, folder / "detector", **settings):
                headers = dialects.kserve("request", identifier, "digits", body)[0]
                headers = {"ce-datacontenttype" if name == "Content-Type" else name: value for name, value in headers.items()}
                nats_stream.publish(address, "vedette.default.digits.kserve", headers, body)
                assert verdict(mesh, identifier)["data"]["data"]["rows"] == [0]


def test_refusals(checks, mesh):
    whole, body = dialects.kserve("request", new_id("refused"), "digits", dialects.v2_request(ROWS))
    without = lambda *names: {name: value for name, value in whole.items() if name not in names}
    structured = {"Content-Type": "application/cloudevents+json"}
    broken = {
        "not_a_cloudevent": (without("Ce-Specversion", "Ce-Id", "Ce-Type", "Ce-Source"), body),
        "cloudevent_specversion": ({**whole, "Ce-Specversion": "0.3"}, body),
        "cloudevent_missing_attribute": (without("Ce-Id"), body),
        "cloudevent_attribute_value": ({**whole, "Ce-Time": "yesterday"}, body),
        "cloudevent_header_encoding": ({**whole, "Ce-Subject": "%C0%A0"}, body),
        "cloudevent_malformed_json": (structured, b'{"specversion": "1.0",'),
        "cloudevent_data": (structured, json.dumps({"specversion": "1.0", "id": "1", "source": "/", "type": "t", "data_base64": "*"}).encode()),
    }
    for executable in ("request-logger", "outlier-detector"):
        with checks(f"{executable} refuses broken CloudEvents by name"):
            for code, (headers, content) in broken.items():
                answer = post(mesh.url(executable), headers, content, status=400).json()
                assert answer["code"] == code and answer["error"] and answer["remedy"], (code, answer)
        with checks(f"{executable} answers 413 to curl with a body over the limit"):
            headers = [part for name, value in whole.items() for part in ("-H", f"{name}: {value}")]
            command = ["curl", "-s", "-w", "\n%{http_code}", mesh.url(executable), *headers, "--data-binary", "@-"]
            answer = subprocess.run(command, input=b" " * (17 << 20), capture_output=True, check=True).stdout.decode()
            assert answer.endswith("\n413") and "payload_too_large" in answer, answer


def serve_wine(mesh):
    """Puts XGBoost's model of the wines, which a page of the documentation asks, beside the mesh's own."""
    settings = next(s["settings"] for s in mesh.services if s["executable"] == "model-server")
    folder = mesh.directory / settings["models.directory"] / "wine/1"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "Tests/TreeModelsTests/References/xgboost-3.2-vectors.json", folder / "model.json")
    (folder / "model.toml").write_text(
        'format_version = 1\nname = "wine"\nversion = "1"\nkind = "xgboost"\nfile = "model.json"\n'
    )
    eventually(lambda: requests.get(f"{mesh.url('model-server')}/v2/models/wine/ready", timeout=5).status_code == 200, 30)


def test_documented_commands(checks, mesh):
    serve_wine(mesh)
    pages = {page: list(documented.curl_commands(page.read_text())) for page in sorted(ROOT.glob("docs/**/*.md"))}
    for page, commands in pages.items():
        if not commands:
            continue
        with checks(f"curl commands of {page.relative_to(ROOT)} are answered: {len(commands)}"):
            for command in commands:
                run = lambda: subprocess.run(["bash", "-c", documented.for_mesh(command, mesh)], capture_output=True)
                try:
                    eventually(lambda: run().returncode == 0, 5)  # what was sent can be asked for in a moment, not at once
                except AssertionError:
                    raise AssertionError(f"{command}: {run()}") from None
            # The tap's page shows how capture is switched off.
            requests.put(f"{dict(mesh.control_urls())['payload-tap']}/v1/capture", json={"enabled": True}, timeout=10).raise_for_status()


def test_own_routes(checks, mesh):
    for name, url in mesh.control_urls():
        with checks(f"promtool accepts the metrics of {name}"):
            text = requests.get(f"{url}/metrics", timeout=10).text
            answer = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
            assert "vedette_" in text and answer.returncode == 0, answer.stdout + answer.stderr
        with checks(f"{name} describes its routes in OpenAPI"):
            document = requests.get(f"{url}/openapi.json", timeout=10).json()
            assert document["openapi"].startswith("3.") and "/metrics" in document["paths"], document
            for path, item in document["paths"].items():
                assert path.startswith("/") and all(operation["responses"] for operation in item.values()), path


def test_export(checks, mesh):
    with checks("events that the logger exports are valid by their schemas"), tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        query, types = {"order": "oldest", "limit": 1000}, set()
        while True:
            page = requests.get(f"{mesh.url('request-logger')}/v1/events", params=query, timeout=30).json()
            ours = [event for event in page["items"] if event["source"].startswith("/vedette/")]
            types |= {event["type"] for event in ours}
            file.writelines(json.dumps(event) + "\n" for event in ours)
            if not page["next"]:
                break
            query["cursor"] = page["next"]
        file.flush()
        expected = {"inference.request", "inference.response", "verdict.drift", "verdict.outlier", "verdict.adversarial", "alert"}
        assert {f"io.vedette.{name}" for name in expected} <= types, types
        script = ROOT / "scripts/reference/validate-schemas.py"
        answer = subprocess.run([sys.executable, script, file.name], capture_output=True, text=True)
        assert answer.returncode == 0, answer.stdout[-2000:] + answer.stderr[-2000:]


def main(directory):
    checks = Checks()
    # On servers of its own, before the mesh takes its ports.
    triton_clients.check(checks, sorted(pathlib.Path(directory).glob("models/digits/*"))[-1], FIRST_PORT + 80)
    with Mesh(directory) as mesh:
        test_serving(checks, mesh)
        test_forerunners(checks, mesh)
        test_cloudevents_sdk(checks, mesh)
        test_kserve(checks, mesh)
        test_seldon(checks, mesh)
        test_sending_again(checks, mesh)
        test_nats(checks, mesh)
        test_refusals(checks, mesh)
        test_own_routes(checks, mesh)
        test_documented_commands(checks, mesh)
        test_export(checks, mesh)
        with checks("SIGTERM ends the mesh with exit code 0 and leaves no process"):
            code, left = mesh.stop()
            assert code == 0 and not left, f"exit code {code}, left: {left}"
    return checks.close()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(main(sys.argv[1]))
    with tempfile.TemporaryDirectory() as made:
        vedette("demo", "--directory", pathlib.Path(made) / "demo", "--first-port", FIRST_PORT)
        sys.exit(main(pathlib.Path(made) / "demo"))
