"""A V2 request for one row, in JSON or with binary tensors, and how its answer is read."""

import json
import re
import struct
import subprocess
import urllib.request

OUTPUT = "predict_proba"  # as MLServer calls it


class InferenceRequest:
    """Asks for the probabilities of one row of FP32 values."""

    def __init__(self, name, model, row, binary):
        self.name, self.model = name, model
        tensor = {"name": "image", "shape": [1, len(row)], "datatype": "FP32"}
        wish = {"name": OUTPUT}
        data = b""
        if binary:
            data = struct.pack(f"<{len(row)}f", *row)
            tensor["parameters"] = {"binary_data_size": len(data)}
            wish["parameters"] = {"binary_data": True}
        else:
            tensor["data"] = row
        # KServe's server answers 500 to a request without an id.
        head = json.dumps({"id": "1", "inputs": [tensor], "outputs": [wish]}).encode()
        self.body = head + data
        self.headers = {"Content-Type": "application/octet-stream" if binary else "application/json"}
        if binary:
            self.headers["Inference-Header-Content-Length"] = str(len(head))

    def url(self, port):
        """Where a server at `port` takes it."""
        return f"http://127.0.0.1:{port}/v2/models/{self.model}/infer"

    def write_script(self, file):
        """Writes it as a script for wrk."""
        escaped = "".join(f"\\{byte:03d}" for byte in self.body)
        lines = ['wrk.method = "POST"', f'wrk.body = "{escaped}"']
        lines += [f'wrk.headers["{name}"] = "{value}"' for name, value in self.headers.items()]
        file.write_text("\n".join(lines))

    def load(self, port, file, connections, seconds):
        """How many requests were answered in so many seconds, and how many a second; `file` becomes wrk's script."""
        self.write_script(file)
        return load(file, self.url(port), connections, seconds)

    def probabilities(self, port):
        """The probabilities by the server at `port`; HTTPError where it refuses."""
        request = urllib.request.Request(self.url(port), self.body, self.headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            body, json_length = answer.read(), answer.headers.get("Inference-Header-Content-Length")
        length = int(json_length) if json_length else len(body)
        (output,) = json.loads(body[:length])["outputs"]
        if "data" in output:
            return [value for item in output["data"] for value in (item if isinstance(item, list) else [item])]
        kind = {"FP32": "f", "FP64": "d"}[output["datatype"]]
        return list(struct.unpack(f"<{(len(body) - length) // struct.calcsize(kind)}{kind}", body[length:]))


def load(script, url, connections, seconds):
    """Asks `url` by wrk as `script` says; how many requests were answered, and how many a second."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in text and "Socket errors" not in text, f"{url} did not answer every request: {text}"
    return int(re.search(r"(\d+) requests in", text)[1]), float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
