"""Payload events as their makers put them on the wire, header for header (KServe's agent, Seldon Core's executor).

Each function gives the headers and the body of one HTTP POST.
"""

import datetime
import json
import urllib.parse
import uuid

import numpy

KSERVE = "org.kubeflow.serving.inference"
SELDON = "io.seldon.serving.inference"


def now():
    """The time as both write it: RFC 3339 with nanoseconds."""
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def v2_request(rows):
    """A V2 request with `rows`, as JSON."""
    tensor = {"name": "image", "shape": list(rows.shape), "datatype": "FP32", "data": rows.ravel().tolist()}
    return json.dumps({"inputs": [tensor]}).encode()


def v2_binary_request(rows):
    """A V2 request with `rows` as binary data behind its JSON part; how long that is stands nowhere in an event."""
    data = rows.astype("<f4").tobytes()
    tensor = {"name": "image", "shape": list(rows.shape), "datatype": "FP32", "parameters": {"binary_data_size": len(data)}}
    return json.dumps({"inputs": [tensor]}).encode() + data


def v2_response(rows, model="digits"):
    """A V2 answer to `rows`: even probabilities."""
    shape = (len(rows), 10)
    tensor = {"name": "probabilities", "shape": shape, "datatype": "FP32", "data": numpy.full(shape, 0.1).ravel().tolist()}
    return json.dumps({"model_name": model, "outputs": [tensor]}).encode()


def kserve(half, identifier, service, body, namespace="default", content_type="application/json", metadata=None):
    """An event of KServe's agent: one id on both halves, the request's content type on both, an empty endpoint."""
    headers = {
        "Ce-Specversion": "1.0",
        "Ce-Id": identifier,
        "Ce-Source": "http://localhost:9081/",
        "Ce-Type": f"{KSERVE}.{half}",
        "Ce-Time": now(),
        "Ce-Recordedtime": now(),
        "Ce-Inferenceservicename": service,
        "Ce-Namespace": namespace,
        "Ce-Component": "predictor",
        "Ce-Endpoint": "",
        "Content-Type": content_type,
        "User-Agent": "Go-http-client/1.1",
    }
    if metadata is not None:
        headers["Ce-Metadata"] = urllib.parse.quote(json.dumps(metadata, separators=(",", ":")), safe="!#$&'()*+,-./:;<=>?@[\\]^_`{|}~")
    return headers, body


def seldon(half, identifier, deployment, node, body, namespace="default"):
    """An event of Seldon Core's executor: an id of its own on each half, which `requestid` pairs."""
    headers = {
        "CE-SpecVersion": "1.0",
        "CE-ID": str(uuid.uuid4()),
        "CE-Source": "http://localhost:8000/",
        "CE-Type": f"{SELDON}.{half}",
        "CE-Time": now(),
        "CE-Requestid": identifier,
        "CE-Modelid": node,
        "CE-Inferenceservicename": deployment,
        "CE-Namespace": namespace,
        "CE-Endpoint": "default",
        "CE-Protocol": "v2",
        "Content-Type": "application/json",
        "User-Agent": "Go-http-client/1.1",
    }
    return headers, body
