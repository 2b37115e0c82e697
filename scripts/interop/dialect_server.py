"""Serves a scikit-learn model in the dialects of TF Serving, Seldon Core 1 and MLflow, and refuses what they refuse.

    python dialect_server.py PORT FOLDER      FOLDER holds model.joblib

The forms are those of the servers' documentation. An answer is the probabilities of each row.
"""

import http.server
import json
import pathlib
import sys

import joblib
import numpy

port, folder = sys.argv[1:]
model = joblib.load(pathlib.Path(folder) / "model.joblib")


def rows_of(path, body):
    """The rows of a request and the way to answer it; ValueError for a body that the dialect does not have."""
    if path.startswith("/v1/models/tumours") and path.endswith(":predict"):
        keys = {"instances", "inputs"} & body.keys()
        if len(keys) != 1:
            raise ValueError("exactly one of instances and inputs")
        key = keys.pop()
        answer = "predictions" if key == "instances" else "outputs"
        return body[key], lambda values: {answer: values}
    if path == "/api/v1.0/predictions":
        names = [f"t:{position}" for position in range(2)]
        return body["data"]["ndarray"], lambda values: {"meta": {}, "data": {"names": names, "ndarray": values}}
    if path == "/invocations":
        keys = {"inputs", "instances", "dataframe_split", "dataframe_records"} & body.keys()
        if len(keys) != 1:
            raise ValueError("exactly one form of data")
        rows = body["dataframe_split"]["data"] if "dataframe_split" in body else body[keys.pop()]
        return rows, lambda values: {"predictions": values}
    raise LookupError(path)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200, {})

    def do_POST(self):
        try:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            rows, wrap = rows_of(self.path, body)
            self.answer(200, wrap(model.predict_proba(numpy.array(rows, dtype=float)).tolist()))
        except LookupError as error:
            self.answer(404, {"error": f"nothing at {error}"})
        except ValueError as error:
            self.answer(400, {"error": str(error)})

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
