"""Requests a second of MLServer and of model-server, one row of 64 values a request, in turn on the same machine.

    .venv-test/bin/python scripts/interop/throughput.py PYTHON DIRECTORY [SECONDS]

PYTHON is of an environment with mlserver and mlserver-sklearn, DIRECTORY one that `vedette demo` prepared. MLServer serves
a logistic regression in one process, model-server the demonstration's convolutional network, which is more work. Needs wrk.
"""

import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

import requests

from mesh import BINARIES, eventually

MLSERVER_PORT, OUR_PORT = 19480, 19490
CONNECTIONS = 16
TRAINING = """
import sys, joblib
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
data = load_digits()
joblib.dump(LogisticRegression(max_iter=2000).fit(data.data, data.target), sys.argv[1])
"""


def measure(command, folder, port, shape, seconds):
    """Starts a server, asks it for `seconds`, stops it; requests a second."""
    url = f"http://127.0.0.1:{port}/v2/models/digits"
    tensor = {"name": "image", "shape": [1, *shape], "datatype": "FP32", "data": [float(value % 17) for value in range(64)]}
    body = json.dumps({"inputs": [tensor]})
    script = folder / "post.lua"
    script.write_text(f"wrk.method = 'POST'\nwrk.body = [[ {body} ]]\nwrk.headers['Content-Type'] = 'application/json'\n")
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        def is_ready():
            assert process.poll() is None, (folder / "server.log").read_text()[-2000:]
            try:
                return requests.get(f"{url}/ready", timeout=2).status_code == 200
            except requests.ConnectionError:
                return False

        eventually(is_ready, 90)
        assert requests.post(f"{url}/infer", data=body, headers={"Content-Type": "application/json"}, timeout=10).status_code == 200
        wrk = ["wrk", "-t1", f"-c{CONNECTIONS}", "-s", script, f"{url}/infer"]
        subprocess.run([*wrk, "-d1s"], check=True, capture_output=True)
        answer = subprocess.run([*wrk, f"-d{seconds}s"], check=True, capture_output=True, text=True).stdout
        assert "Non-2xx" not in answer, answer
        return float(re.search(r"Requests/sec:\s+([\d.]+)", answer).group(1))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def main(python, directory, seconds="5"):
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        subprocess.run([python, "-c", TRAINING, folder / "model.joblib"], check=True)
        ports = {"http_port": MLSERVER_PORT, "grpc_port": MLSERVER_PORT + 1, "metrics_port": MLSERVER_PORT + 2}
        settings = {"host": "127.0.0.1", "parallel_workers": 0, "debug": False, **ports}
        (folder / "settings.json").write_text(json.dumps(settings))
        model = {"name": "digits", "implementation": "mlserver_sklearn.SKLearnModel", "parameters": {"uri": "./model.joblib"}}
        (folder / "model-settings.json").write_text(json.dumps(model))
        theirs = measure([pathlib.Path(python).parent / "mlserver", "start", folder], folder, MLSERVER_PORT, [64], seconds)
        ours = measure(
            [
                BINARIES / "model-server", "--models-directory", pathlib.Path(directory) / "models",
                "--state-directory", folder / "state", "--http-listen", f"127.0.0.1:{OUR_PORT}",
            ],
            folder, OUR_PORT, [8, 8, 1], seconds,
        )
    print(f"MLServer {theirs:,.0f} requests/s, model-server {ours:,.0f} requests/s, ratio {ours / theirs:.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
