"""A scikit-learn model behind somebody else's server, asked through its URL by the commands of `vedette`.

    .venv-test/bin/python scripts/interop/remote.py mlserver|kserve|dialects PYTHON

PYTHON is the interpreter of the environment in which that server is installed; `dialects` is a small server of TF
Serving's, Seldon's and MLflow's forms. What `vedette evaluate` computes of the answers must be what scikit-learn does.
"""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile

import requests

from checks import Checks
from mesh import eventually, vedette
from serving import MODEL, SERVERS

PORT = 19480


def dialect_command(python, folder, port):
    return [python, pathlib.Path(__file__).with_name("dialect_server.py"), str(port), folder]


# Server: its command, the path that tells it is ready, and the URLs and dialects that it is asked by.
BASE = f"http://127.0.0.1:{PORT}"
V2 = f"{BASE}/v2/models/{MODEL}"
WAYS = {
    "mlserver": (SERVERS["mlserver"], f"{V2}/ready", [(V2, "v2")]),
    "kserve": (SERVERS["kserve"], f"{V2}/ready", [(V2, "v2"), (V2, "v2-binary")]),
    "dialects": (
        dialect_command,
        BASE,
        [
            (f"{BASE}/v1/models/{MODEL}", "v1"), (f"{BASE}/v1/models/{MODEL}", "v1-columns"),
            (f"{BASE}/api/v1.0/predictions", "seldon"), (f"{BASE}/invocations", "mlflow"),
        ],
    ),
}
SCHEMA = """
[[inputs]]
name = "input-0"
datatype = "FP64"
shape = [30]

[[outputs]]
name = "predict_proba"
datatype = "FP64"
shape = [2]
classes = ["malignant", "benign"]
"""
DRIFT = """
name = "KSDrift"

[preprocess]
method = "model-output"

[split]
reference = 1.0

[monitor]
model = "tumours"
output = "predict_proba"
window = { size = 100, every = 100 }
"""


def check(checks, folder, url, dialect):
    """What holds of the model at `url`."""
    expected = json.loads((folder / "expected.json").read_text())
    model = ["--model", url, "--model-dialect", dialect, "--model-schema", folder / "schema.toml"]
    with checks(f"{dialect}: vedette evaluate computes what scikit-learn does"):
        found = json.loads(vedette("evaluate", *model, "--dataset", f"csv:{folder / 'clean.csv'}", "--format", "json").stdout)
        for name, value in expected.items():
            assert abs(found[name] - value) < 1e-6, (name, found[name], value)
    with checks(f"{dialect}: a monitor of outputs is fitted and judges through the URL"):
        monitor = folder / f"monitor-{dialect}"
        vedette("fit", "--config", folder / "drift.toml", "--reference", folder / "reference.npy", *model, "--output", monitor)
        verdicts = {}
        for rows in ("clean", "shifted"):
            answer = vedette("detect", "--detector", monitor, "--input", folder / f"{rows}.npy", *model, "--format", "json")
            verdicts[rows] = json.loads(answer.stdout)["data"]["is_drift"]
        assert verdicts == {"clean": 0, "shifted": 1}, verdicts


def main(server, python):
    checks = Checks()
    command, ready, ways = WAYS[server]
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        subprocess.run([python, pathlib.Path(__file__).with_name("train.py"), folder], check=True)
        (folder / "schema.toml").write_text(SCHEMA)
        (folder / "drift.toml").write_text(DRIFT)
        with (folder / "server.log").open("w") as log:
            process = subprocess.Popen(command(python, folder, PORT), stdout=log, stderr=log)
        try:
            def is_ready():
                assert process.poll() is None, (folder / "server.log").read_text()[-2000:]
                try:
                    return requests.get(ready, timeout=2).status_code == 200
                except requests.ConnectionError:
                    return False

            eventually(is_ready, 90)
            for url, dialect in ways:
                check(checks, folder, url, dialect)
            with checks("a model that is not there is an error with its URL and what to do"):
                try:
                    vedette("evaluate", "--model", ways[0][0].replace(MODEL, "nobody"), "--model-schema", folder / "schema.toml",
                            "--dataset", f"csv:{folder / 'clean.csv'}")
                    raise AssertionError("it was answered")
                except subprocess.CalledProcessError as error:
                    assert "nobody" in error.stderr and "answered 4" in error.stderr, error.stderr
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    return checks.close()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
