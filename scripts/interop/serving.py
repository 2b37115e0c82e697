"""A scikit-learn model, served by somebody else and watched by a mesh: records joined, drift found, nothing confused.

    .venv-test/bin/python scripts/interop/serving.py mlserver|kserve PYTHON

PYTHON is the interpreter of the environment in which that server is installed. A line a check; exits 1 when one failed.
"""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import uuid

import numpy
import requests
import tritonclient.http as triton
import yaml

from checks import Checks
from mesh import Mesh, eventually, vedette

MODEL = "tumours"
FIRST_PORT = 19380
WINDOW = 50
SHIFTED_COLUMNS = (0, 2, 20)  # those of train.py
MONITOR = f"""
name = "KSDrift"
seed = 7

[monitor]
model = "{MODEL}"
input = "input-0"
window = {{ size = {WINDOW}, every = {WINDOW} }}

[alert]
budget = "1 per 10m"
max_silence = "off"
"""


def mlserver_command(python, folder, port):
    """MLServer's command line for the model in `folder`, its settings written."""
    settings = {"host": "127.0.0.1", "http_port": port, "grpc_port": port + 20, "metrics_port": port + 21, "parallel_workers": 0}
    model = {
        "name": MODEL,
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": "./model.joblib", "version": "v1"},
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    (folder / "model-settings.json").write_text(json.dumps(model))
    return [pathlib.Path(python).parent / "mlserver", "start", folder]


def kserve_command(python, folder, port):
    """The command line of KServe's Python server for the model in `folder`."""
    return [python, pathlib.Path(__file__).with_name("kserve_server.py"), str(port), f"{MODEL}={folder}"]


SERVERS = {"mlserver": mlserver_command, "kserve": kserve_command}


def describe_mesh(folder, port):
    """Writes mesh.yaml: payload-tap before the server at `port`, request-logger and drift-detector behind it."""
    tap, control, logger, detector = (f"127.0.0.1:{port + place}" for place in range(1, 5))
    services = {
        "request-logger": {"http.listen": logger},
        "drift-detector": {"http.listen": detector, "monitors.directory": "monitors", "sink.url": f"http://{logger}"},
        "payload-tap": {
            "http.listen": tap, "control.listen": control, "upstream.url": f"http://127.0.0.1:{port}",
            "sink.url": f"http://{logger},http://{detector}",
        },
    }
    entries = [
        {"executable": name, "settings": {**settings, "state.directory": f"state/{name}"}} for name, settings in services.items()
    ]
    (folder / "mesh.yaml").write_text(yaml.safe_dump({"services": entries}))


def infer(url, rows, identifier):
    """One V2 request in JSON; the answer whatever its status."""
    tensor = {"name": "input-0", "shape": list(rows.shape), "datatype": "FP64", "data": rows.ravel().tolist()}
    body = {"id": f"body-of-{identifier}", "inputs": [tensor]}
    return requests.post(f"{url}/v2/models/{MODEL}/infer", json=body, headers={"X-Request-Id": identifier}, timeout=30)


def send(url, rows, phase):
    """The rows of a phase, one a request; their request ids."""
    identifiers = [f"{phase}-{position:04}" for position in range(len(rows))]
    for identifier, row in zip(identifiers, rows, strict=True):
        answer = infer(url, row[None], identifier)
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
    return identifiers


def watch(checks, mesh, folder, server):
    """Everything that holds of a mesh around `server`."""
    tap, logger, detector = (mesh.url(name) for name in ("payload-tap", "request-logger", "drift-detector"))
    clean, shifted = numpy.load(folder / "clean.npy"), numpy.load(folder / "shifted.npy")
    monitor = lambda: requests.get(f"{detector}/v1/monitors/{MODEL}-inputs", timeout=10).json()
    looks = lambda count: eventually(lambda: monitor()["counts"]["looks"] == count)
    alerts = lambda: requests.get(f"{logger}/v1/alerts", params={"model": MODEL}, timeout=10).json()["items"]
    exchanges = lambda identifier: requests.get(f"{logger}/v1/requests/{identifier}", timeout=10).json().get("exchanges", [])

    with checks("clean rows raise no alert"):
        sent = send(tap, clean, "clean")
        looks(len(clean) // WINDOW)
        assert monitor()["counts"]["rows"] == len(clean), monitor()
        assert not alerts(), alerts()
    with checks("every request and its answer are joined under the client's id"):
        for identifier in sent:
            (exchange,) = eventually(lambda: [e for e in exchanges(identifier) if e["request"] and e["response"]])
            request, response = exchange["request"], exchange["response"]
            assert exchange["model"] == MODEL and exchange["status_code"] == 200, exchange
            assert request["data"]["id"] == response["data"]["id"] == f"body-of-{identifier}", exchange
            assert response["data"]["outputs"][0]["name"] == "predict", response
    with checks("three columns in another unit open a drift alert that names them"):
        send(tap, shifted, "shifted")
        (alert,) = eventually(alerts)
        assert alert["kind"] == "drift" and alert["state"] == "open", alert
        named = {feature["name"] for feature in alert["features"][: len(SHIFTED_COLUMNS)]}
        assert named == {str(column) for column in SHIFTED_COLUMNS}, alert["features"]
        assert alert["window"]["first_id"].startswith("shifted-"), alert["window"]
    with checks("a request that the server refuses is recorded with its status and enters no window"):
        rows = monitor()["counts"]["rows"]
        identifier = f"refused-{uuid.uuid4()}"
        answer = requests.post(
            f"{tap}/v2/models/{MODEL}/infer", json={"inputs": "none"}, headers={"X-Request-Id": identifier}, timeout=30
        )
        assert 400 <= answer.status_code < 500, answer.status_code
        (exchange,) = eventually(lambda: [e for e in exchanges(identifier) if e["response"]])
        assert exchange["status_code"] == answer.status_code, exchange
        assert monitor()["counts"]["rows"] == rows, monitor()
    if server == "mlserver":
        check_event_headers(checks, mesh, clean[:1], exchanges)
    else:
        check_binary_tensors(checks, mesh, clean[:1], exchanges)


def check_event_headers(checks, mesh, rows, exchanges):
    """MLServer's answers look like events of CloudEvents 0.3; the tap's events are its own all the same."""
    with checks("MLServer's ce- headers reach the client, and none of them the tap's events"):
        identifier = f"headers-{uuid.uuid4()}"
        answer = infer(mesh.url("payload-tap"), rows, identifier)
        assert answer.headers["ce-specversion"] == "0.3" and answer.headers["ce-type"] == "io.seldon.serving.inference.response"
        (exchange,) = eventually(lambda: [e for e in exchanges(identifier) if e["response"]])
        response = exchange["response"]
        assert response["specversion"] == "1.0" and response["type"] == "io.vedette.inference.response", response
        assert response["source"] == f"/vedette/default/{MODEL}" and response["id"] != answer.headers["ce-id"], response
        assert response["requestid"] == identifier and "inferenceservicename" not in response, response


def check_binary_tensors(checks, mesh, rows, exchanges):
    """KServe takes binary tensors, and so tritonclient as it comes; MLServer refuses them."""
    with checks("tritonclient's binary tensors pass to KServe, are joined, and enter the monitor's window"):
        url = f"{mesh.url('drift-detector')}/v1/monitors/{MODEL}-inputs"
        before = requests.get(url, timeout=10).json()["counts"]["rows"]
        identifier = f"binary-{uuid.uuid4()}"
        tensor = triton.InferInput("input-0", list(rows.shape), "FP64")
        tensor.set_data_from_numpy(rows)
        client = triton.InferenceServerClient(mesh.address("payload-tap"))
        # Without an id of the body this server answers 500.
        result = client.infer(MODEL, [tensor], request_id=identifier, headers={"X-Request-Id": identifier})
        assert result.as_numpy("predict").shape == (1,)
        (exchange,) = eventually(lambda: [e for e in exchanges(identifier) if e["request"] and e["response"]])
        assert exchange["status_code"] == 200, exchange
        eventually(lambda: requests.get(url, timeout=10).json()["counts"]["rows"] == before + 1)


def main(server, python):
    checks = Checks()
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        subprocess.run([python, pathlib.Path(__file__).with_name("train.py"), folder], check=True)
        (folder / "drift.toml").write_text(MONITOR)
        vedette(
            "fit", "--config", folder / "drift.toml", "--reference", folder / "reference.npy",
            "--output", folder / "monitors" / f"{MODEL}-inputs",
        )
        describe_mesh(folder, FIRST_PORT)
        with (folder / "server.log").open("w") as log:
            process = subprocess.Popen(SERVERS[server](python, folder, FIRST_PORT), stdout=log, stderr=log)
        try:
            def is_ready():
                assert process.poll() is None, (folder / "server.log").read_text()[-2000:]
                try:
                    return requests.get(f"http://127.0.0.1:{FIRST_PORT}/v2/models/{MODEL}/ready", timeout=2).status_code == 200
                except requests.ConnectionError:
                    return False

            eventually(is_ready, 90)
            with Mesh(folder) as mesh:
                watch(checks, mesh, folder, server)
                with checks("SIGTERM ends the mesh with exit code 0 and leaves no process"):
                    code, left = mesh.stop()
                    assert code == 0 and not left, f"exit code {code}, left: {left}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    return checks.close()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
