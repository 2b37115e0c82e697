#!/usr/bin/env python3
"""payload-tap with other people's HTTP/2 and gRPC: grpcio, tritonclient, curl, h2load; model servers are grpcio's and nginx,
with TLS and without. And model-server's gRPC over TLS.

    .venv-test/bin/python scripts/http2-test.py

A line a check; exits 1 when one failed. Takes about twenty seconds.
"""

import base64
import collections
import contextlib
import hashlib
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

import grpc
import numpy
import requests
import tritonclient.grpc as triton
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts" / "interop"))

from checks import Checks
from mesh import BINARIES, eventually, vedette

PYTHON = sys.executable
LARGE = 50 << 20
OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
# google/rpc/code.proto: what a gRPC code is in HTTP.
HTTP_STATUS = {
    1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 11: 400, 12: 501, 13: 500, 14: 503,
    15: 500, 16: 401,
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_listening(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


@contextlib.contextmanager
def process(command, port, **options):
    """A process that listens at `port`, up inside a `with`."""
    child = subprocess.Popen([str(part) for part in command], **options)
    try:
        eventually(lambda: is_listening(port), 30)
        yield child
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def model(port, *files):
    """The gRPC server of this folder."""
    return process([PYTHON, ROOT / "scripts/interop/grpc_server.py", port, *files], port)


class Tap:
    """payload-tap with a file as its sink, up inside a `with`."""

    def __init__(self, folder, name, upstream, **settings):
        self.folder = folder / name
        self.folder.mkdir()
        self.port, self.control = free_port(), free_port()
        self.events_file = self.folder / "events.jsonl"
        self.log_file = self.folder / "log"
        self.settings = {
            "http.listen": f"127.0.0.1:{self.port}", "control.listen": f"127.0.0.1:{self.control}",
            "upstream.url": upstream, "state.directory": self.folder / "state",
            "sink.url": f"file:{self.events_file}", **settings,
        }
        self.address = f"127.0.0.1:{self.port}"

    def __enter__(self):
        flags = [f"--{key.replace('.', '-')}={value}" for key, value in self.settings.items()]
        self.log = open(self.log_file, "w")
        self.running = process([BINARIES / "payload-tap", *flags], self.port, stderr=self.log)
        self.child = self.running.__enter__()
        return self

    def __exit__(self, *failure):
        self.log.close()
        return self.running.__exit__(*failure)

    def channel(self):
        return grpc.insecure_channel(self.address, options=OPTIONS)

    def events(self, identifier=None):
        """Payload events by request id: lists of request and response, as they came."""
        found = collections.defaultdict(list)
        if self.events_file.exists():
            for line in self.events_file.read_text().splitlines():
                with contextlib.suppress(json.JSONDecodeError):  # its end is still to come
                    event = json.loads(line)
                    found[event["requestid"]].append(event)
        return found[identifier] if identifier else found

    def exchange(self, identifier):
        """Request and response event of an id, once both are there."""
        request, response = eventually(lambda: len(self.events(identifier)) == 2 and self.events(identifier))
        assert request["type"].endswith("request") and response["type"].endswith("response"), (request, response)
        return request, response

    def metric(self, pattern):
        text = requests.get(f"http://127.0.0.1:{self.control}/metrics", timeout=5).text
        return sum(float(value) for value in re.findall(rf"^{pattern} (\S+)$", text, re.MULTILINE))


def payload(event):
    return base64.b64decode(event["data_base64"]) if "data_base64" in event else event.get("data", "")


def framed(*messages):
    """Messages as gRPC has them in a body."""
    return b"".join(b"\0" + len(message).to_bytes(4, "big") + message for message in messages)


def method(channel, name, kind):
    return getattr(channel, kind)(f"/test.Kinds/{name}")


def inputs(values):
    tensor = triton.InferInput("x", list(values.shape), "FP32")
    tensor.set_data_from_numpy(values)
    return [tensor]


def failure(call):
    """The error that a call ends with."""
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("the call did not fail")


def test_triton(checks, tap):
    rows = numpy.arange(12, dtype=numpy.float32).reshape(3, 4)
    client = triton.InferenceServerClient(tap.address)
    with checks("tritonclient is answered over gRPC; its call is told with model, version, message and answer"):
        assert client.is_server_live() and client.is_server_ready()
        result = client.infer("digits", inputs(rows), request_id="mine", headers={"x-request-id": "triton-1"})
        assert (result.as_numpy("y") == 2 * rows).all() and result.get_response().id == "mine"
        request, response = tap.exchange("triton-1")
        for event in (request, response):
            assert (event["model"], event["dialect"], event["path"]) == ("digits", "v2", "/inference.GRPCInferenceService/ModelInfer"), event
            assert event["datacontenttype"] == "application/grpc", event
        assert (response["statuscode"], response["grpcstatus"]) == (200, 0), response
        assert service_pb2.ModelInferRequest.FromString(payload(request)[5:]).model_name == "digits"
        assert service_pb2.ModelInferResponse.FromString(payload(response)[5:]).model_version == "3"
    with checks("gzip messages of tritonclient pass"):
        many = numpy.tile(rows, (100, 1))
        result = client.infer("digits", inputs(many), compression_algorithm="gzip", headers={"seldon-puid": "triton-2"})
        assert (result.as_numpy("y") == 2 * many).all()
        request, _ = tap.exchange("triton-2")
        assert payload(request)[0] == 1, "the first message is not marked as compressed"
    with checks("a model that is not there is an error for tritonclient, told as 404"):
        try:
            client.infer("nowhere", inputs(rows), headers={"x-request-id": "triton-3"})
            raise AssertionError("no error")
        except InferenceServerException as error:
            assert "no model is called nowhere" in error.message(), error
        _, response = tap.exchange("triton-3")
        assert (response["statuscode"], response["grpcstatus"], response["grpcmessage"]) == (404, 5, "no model is called nowhere")
    with checks("tritonclient's stream is answered message by message and told as one exchange"):
        answers, arrived = [], threading.Semaphore(0)

        def take(result, error):
            answers.append(error or result.as_numpy("y").tolist())
            arrived.release()

        client.start_stream(take, headers={"x-request-id": "triton-4"})
        for number in range(3):
            client.async_stream_infer("digits", inputs(rows + number))
            assert arrived.acquire(timeout=10)
        client.stop_stream()
        assert answers == [(2 * (rows + number)).tolist() for number in range(3)], answers
        request, response = tap.exchange("triton-4")
        assert request["model"] == "digits" and len(payload(request)) > 3 * 48 and len(payload(response)) > 3 * 48
    with checks("probes are not told"):
        channel = tap.channel()
        assert channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=10) == b"\x08\x01"
        channel.close()
        assert not [e for events in tap.events().values() for e in events if "Server" in e["path"] or "Health" in e["path"]]
    client.close()


def test_kinds(checks, tap, direct):
    channel = tap.channel()
    metadata = [("x-a", "b"), ("x-bytes-bin", bytes(range(256))), ("x-a", "c"), ("x-long", "v" * 5000)]
    with checks("metadata, trailers and -bin values pass unchanged, and x-request-id is added where none came"):
        answers = []
        for target in (channel, grpc.insecure_channel(direct)):
            answer, call = method(target, "Unary", "unary_unary").with_call(b"hello", metadata=metadata, timeout=10)
            assert answer == b"hello"
            answers.append(sorted(call.trailing_metadata()))
        through, plain = answers
        added = [pair for pair in through if pair not in plain]
        assert [pair for pair in through if pair in plain] == plain, (through, plain)
        assert sorted(name for name, _ in added) == ["seen-vedette-tap", "seen-x-request-id"], added
    with checks("a call's own x-request-id stays, and comes back"):
        _, call = method(channel, "Unary", "unary_unary").with_call(b"", metadata=[("x-request-id", "own")], timeout=10)
        assert ("seen-x-request-id", "own") in [tuple(p) for p in call.trailing_metadata()]
        assert ("x-request-id", "own") in [tuple(p) for p in call.initial_metadata()]
    with checks("a server's stream arrives before it is complete"):
        stream = method(channel, "ServerStream", "unary_stream")(
            b"m", metadata=[("x-times", "3"), ("x-stepwise", "1"), ("x-request-id", "stream-1")], timeout=10
        )
        state = method(grpc.insecure_channel(direct), "State", "unary_unary")
        for number in range(3):
            assert next(stream) == b"m%d" % number
            state(b"step", timeout=10)
        assert not list(stream)
        request, response = tap.exchange("stream-1")
        assert payload(request) == framed(b"m") and payload(response) == framed(b"m0", b"m1", b"m2")
    with checks("a client's stream is summed up"):
        answer = method(channel, "ClientStream", "stream_unary")(iter([b"a" * n for n in (1, 0, 3)]), metadata=[("x-request-id", "stream-2")], timeout=10)
        assert answer == b"1,0,3"
        assert payload(tap.exchange("stream-2")[0]) == framed(b"a", b"", b"aaa")
    with checks("both stream at once, each message answered before the next is sent"):
        ready = threading.Semaphore(1)

        def questions():
            for word in (b"one", b"two", b"three"):
                assert ready.acquire(timeout=10)
                yield word

        got = []
        for answer in method(channel, "BothStream", "stream_stream")(questions(), metadata=[("x-request-id", "stream-3")], timeout=10):
            got.append(answer)
            ready.release()
        assert got == [b"ONE", b"TWO", b"THREE"], got
        assert tap.exchange("stream-3")[1]["grpcstatus"] == 0
    with checks("every status comes back with its text, and is told as the HTTP status that says the same"):
        for code, status in HTTP_STATUS.items():
            identifier = f"status-{code}"
            wishes = [("x-status", str(code)), ("x-details", f"no. {code}: 100% wrong"), ("x-request-id", identifier)]
            error = failure(lambda: method(channel, "Unary", "unary_unary")(b"", metadata=wishes, timeout=10))
            assert (error.code().value[0], error.details()) == (code, f"no. {code}: 100% wrong"), error
        for code, status in HTTP_STATUS.items():
            _, response = tap.exchange(f"status-{code}")
            assert (response["statuscode"], response["grpcstatus"]) == (status, code), response
            assert response["grpcmessage"] == f"no. {code}: 100% wrong", response
    with checks("a deadline that passes is the client's, and is told"):
        wishes = [("x-sleep", "0.6"), ("x-request-id", "late")]
        error = failure(lambda: method(channel, "Unary", "unary_unary")(b"", metadata=wishes, timeout=0.2))
        assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED, error
        assert tap.exchange("late")[1]["statuscode"] in (499, 504)
    with checks("a call that the client cancels is cancelled at the model, and told as 499"):
        before = int(method(channel, "State", "unary_unary")(b"", timeout=10))
        stream = method(channel, "ServerStream", "unary_stream")(b"", metadata=[("x-times", "9"), ("x-stepwise", "1"), ("x-request-id", "left")], timeout=30)
        next(stream)
        stream.cancel()
        eventually(lambda: int(method(channel, "State", "unary_unary")(b"step", timeout=10)) > before)
        _, response = tap.exchange("left")
        assert (response["statuscode"], response["outcome"]) == (499, "client_gone"), response
    with checks("200 calls at once over one connection are each answered by its own"):
        call = method(channel, "Unary", "unary_unary")
        calls = [call.future(b"%d" % number, metadata=[("x-sleep", "0.02")], timeout=30) for number in range(200)]
        assert [c.result() for c in calls] == [b"%d" % number for number in range(200)]
    with checks("messages of 50 MB pass both ways in bounded memory; their events have the hash"):
        body = numpy.random.default_rng(1).bytes(LARGE)
        assert method(channel, "Unary", "unary_unary")(body, metadata=[("x-request-id", "large")], timeout=60) == body
        for event in tap.exchange("large"):
            assert event["truncated"] in ("limit", "memory") and int(event["databytes"]) == LARGE + 5, event
            if event["truncated"] == "limit":
                assert event["datahash"] == "sha256:" + hashlib.sha256(framed(body)).hexdigest(), event
        assert tap.metric("process_resident_memory_bytes") < 128e6
    channel.close()


def test_two_places(checks, folder, grpc_port):
    port = free_port()
    places = {"upstream.http2.url": f"http://127.0.0.1:{grpc_port}"}
    with nginx(folder / "rest", f"listen 127.0.0.1:{port}; location / {{ return 200 rest; }}", port):
        with Tap(folder, "two", f"http://127.0.0.1:{port}", **places) as tap, checks("a model with a port of its own for gRPC is watched at one address of the tap"):
            answer = curl(f"http://{tap.address}/v2/models/digits/infer", "-H", "X-Request-Id: rest", "-d", "{}")
            assert answer.startswith("HTTP/1.1 200") and answer.endswith("rest"), answer
            row = numpy.ones((1, 4), numpy.float32)
            client = triton.InferenceServerClient(tap.address)
            assert (client.infer("digits", inputs(row), headers={"x-request-id": "own"}).as_numpy("y") == 2 * row).all()
            assert tap.exchange("rest")[1]["statuscode"] == 200 and tap.exchange("own")[1]["grpcstatus"] == 0


def test_model_gone(checks, folder):
    port = free_port()
    with Tap(folder, "gone", f"http://127.0.0.1:{port}") as tap:
        channel = tap.channel()
        call = method(channel, "Unary", "unary_unary")
        with checks("without a model gRPC gets UNAVAILABLE with the reason, and HTTP/2 a 502 with it"):
            error = failure(lambda: call(b"x", metadata=[("x-request-id", "none")], timeout=10))
            assert error.code() == grpc.StatusCode.UNAVAILABLE and "upstream_gone" in error.details(), error
            _, response = tap.exchange("none")
            assert (response["statuscode"], response["grpcstatus"], response["outcome"]) == (503, 14, "upstream_gone"), response
            answer = curl("--http2-prior-knowledge", f"http://{tap.address}/v2/models/m/infer", "-H", "x-request-id: plain", "-d", "{}")
            assert answer.startswith("HTTP/2 502") and '"code":"upstream_gone"' in answer, answer
            _, response = tap.exchange("plain")
            assert (response["statuscode"], response["outcome"]) == (502, "upstream_gone"), response
        with checks("the model comes back, and calls pass"):
            with model(port):
                eventually(lambda: call(b"back", timeout=10, wait_for_ready=True) == b"back")
                stream = method(channel, "ServerStream", "unary_stream")(b"", metadata=[("x-times", "9"), ("x-stepwise", "1"), ("x-request-id", "cut")], timeout=30)
                next(stream)
                held = call.future(b"", metadata=[("x-sleep", "30"), ("x-request-id", "held")], timeout=30)
                time.sleep(0.2)
                pid = subprocess.run(["pgrep", "-f", f"grpc_server.py {port}"], capture_output=True, text=True).stdout.split()[0]
                os.kill(int(pid), signal.SIGKILL)
                assert failure(lambda: next(stream)).code() == grpc.StatusCode.UNAVAILABLE
                assert failure(held.result).code() == grpc.StatusCode.UNAVAILABLE
            for identifier in ("cut", "held"):
                _, response = tap.exchange(identifier)
                assert response["outcome"] == "upstream_gone", response
        channel.close()
        with checks("an HTTP/1.1 server behind the tap is told to an HTTP/2 client for what it is"):
            folder_of_nginx = folder / "http1"
            with nginx(folder_of_nginx, f"listen 127.0.0.1:{port}; location / {{ return 200 'one'; }}", port):
                answer = curl("--http2-prior-knowledge", f"http://{tap.address}/")
                assert answer.startswith("HTTP/2 502") and "upstream_not_http2" in answer, answer
                assert curl(f"http://{tap.address}/").endswith("one")


def curl(*arguments):
    """Head and body of the answer, or what curl says."""
    run = subprocess.run(["curl", "-isS", "-m", "10", *arguments], capture_output=True, text=True)
    return run.stdout + run.stderr


@contextlib.contextmanager
def nginx(folder, server, port):
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log stderr crit; events {{ worker_connections 1024; }}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/t; fastcgi_temp_path {folder}/t2; "
        f"uwsgi_temp_path {folder}/t3; scgi_temp_path {folder}/t4; server {{ {server} }} }}\n"
    )
    with process(["nginx", "-p", folder, "-c", folder / "conf"], port) as child:
        yield child


def certificates(folder, names="DNS:localhost,IP:127.0.0.1", name="model"):
    """An authority, and a certificate of it for some names, as files."""
    run = lambda *arguments: subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", 2)
    authority, certificate, key = folder / "ca.pem", folder / f"{name}.pem", folder / f"{name}.key"
    if not authority.exists():
        run("req", "-x509", *new_key, "-keyout", folder / "ca.key", "-out", authority, "-subj", "/CN=test authority")
    run(
        "req", "-x509", *new_key, "-keyout", key, "-out", certificate, "-subj", f"/CN={name}", "-CA", authority,
        "-CAkey", folder / "ca.key", "-addext", f"subjectAltName={names}", "-addext", "basicConstraints=critical,CA:false",
    )
    return authority, certificate, key


def test_plain_http2(checks, folder):
    port = free_port()
    # A server that answers before it has read the body resets the stream behind its answer, which curl 7.88 takes for an error:
    # so a second one answers behind the first, which reads the body to pass it on.
    answering = f"{folder}/answer.sock"
    echo = (
        "keepalive_requests 100000; location = /large { default_type application/octet-stream; root %s; } "
        "location / { proxy_pass http://unix:%s:; } } server { listen unix:%s; location / { return 200 '{\"a\":1}'; }"
    ) % (folder, answering, answering)
    (folder / "large").write_bytes(numpy.random.default_rng(2).bytes(1 << 22))
    with nginx(folder / "h2c", f"listen 127.0.0.1:{port} http2; {echo}", port):
        with Tap(folder, "plain", f"http://127.0.0.1:{port}") as tap:
            url = f"http://{tap.address}"
            with checks("curl speaks HTTP/2 to nginx through the tap; the call is told"):
                headers = ("-H", "X-Request-Id: curl-1", "-H", "Content-Type: application/json")
                answer = curl("--http2-prior-knowledge", f"{url}/v2/models/m/infer", *headers, "-d", '{"inputs":[]}')
                assert answer.startswith("HTTP/2 200") and answer.endswith('{"a":1}') and "x-request-id: curl-1" in answer, answer
                request, response = tap.exchange("curl-1")
                assert request["data"] == {"inputs": []} and request["model"] == "m" and response["statuscode"] == 200, (request, response)
                assert "grpcstatus" not in response
            with checks("curl's HEAD passes, and an answer of 4 MB"):
                assert curl("--http2-prior-knowledge", "-I", f"{url}/large").startswith("HTTP/2 200")
                command = ["curl", "-sS", "-m", "20", "--http2-prior-knowledge", "-o", folder / "got", "-w", "%{http_code}", f"{url}/large"]
                assert subprocess.run(command, capture_output=True, text=True).stdout == "200"
                assert (folder / "got").read_bytes() == (folder / "large").read_bytes()
            with checks("h2load: 5,000 requests over 4 connections, 32 at once on each, all answered"):
                before = tap.metric(r'vedette_captures_total\{outcome="recorded"\}')
                (folder / "body").write_text('{"inputs":[]}')
                command = ["h2load", "-n5000", "-c4", "-m32", "-d", folder / "body", f"{url}/v2/models/m/infer"]
                run = subprocess.run(command, capture_output=True, text=True)
                assert "5000 succeeded, 0 failed, 0 errored" in run.stdout, run
                eventually(lambda: tap.metric(r'vedette_captures_total\{outcome="recorded"\}') == before + 5000)
    port = free_port()
    with nginx(folder / "h1", f"listen 127.0.0.1:{port}; {echo}", port):
        with Tap(folder, "upgrade", f"http://127.0.0.1:{port}") as tap, checks("an offer to upgrade to HTTP/2 stays with the tap: the call is told"):
            answer = curl("--http2", f"http://{tap.address}/v2/models/m/infer", "-H", "X-Request-Id: up", "-d", "{}")
            assert answer.startswith("HTTP/1.1 200") and tap.exchange("up"), answer


def test_tls(checks, folder):
    authority, certificate, key = certificates(folder)
    port = free_port()
    with model(port, certificate, key), Tap(folder, "tls-grpc", f"https://localhost:{port}", **{"upstream.tls.ca.file": authority}) as tap:
        with checks("gRPC passes to a model behind TLS"):
            channel = tap.channel()
            assert method(channel, "Unary", "unary_unary")(b"safe", metadata=[("x-request-id", "tls")], timeout=10) == b"safe"
            assert tap.exchange("tls")[1]["statuscode"] == 200
            channel.close()
    port = free_port()
    served = f"listen 127.0.0.1:{port} ssl http2; ssl_certificate {certificate}; ssl_certificate_key {key}; location / {{ return 200 $server_protocol; }}"
    with nginx(folder / "tls", served, port):
        right = {"upstream.tls.ca.file": authority}
        with Tap(folder, "tls-right", f"https://127.0.0.1:{port}", **right) as tap, checks("HTTP/1.1 and HTTP/2 pass over TLS, each as the client speaks, by an address in the certificate"):
            for _ in range(2):
                assert curl(f"http://{tap.address}/").endswith("HTTP/1.1")
                assert curl("--http2-prior-knowledge", f"http://{tap.address}/").endswith("HTTP/2.0")
        with Tap(folder, "tls-name", f"https://127.0.0.1:{port}", **right, **{"upstream.tls.server.name": "localhost"}) as tap, checks("the certificate may bear another name that is set"):
            assert curl(f"http://{tap.address}/").endswith("HTTP/1.1")
        with Tap(folder, "tls-unknown", f"https://localhost:{port}") as tap:
            check_refused(checks, tap, "of no authority that is known")
        with Tap(folder, "tls-insecure", f"https://localhost:{port}", **{"upstream.tls.insecure": "true"}) as tap, checks("any certificate is taken where that is set, and the log warns"):
            assert curl(f"http://{tap.address}/").endswith("HTTP/1.1")
            assert "the model's certificate is not verified" in tap.log_file.read_text()
    port = free_port()
    _, certificate, key = certificates(folder, names="DNS:model.example", name="other")
    served = f"listen 127.0.0.1:{port} ssl http2; ssl_certificate {certificate}; ssl_certificate_key {key}; return 200;"
    with nginx(folder / "other-name", served, port), Tap(folder, "tls-other", f"https://localhost:{port}", **right) as tap:
        check_refused(checks, tap, "of another name")
    with checks("settings of TLS without https:// stop the start, and so does a file without certificates"):
        (folder / "empty.pem").write_text("")
        for url in ("http://127.0.0.1:1", "https://127.0.0.1:1"):
            run = subprocess.run([BINARIES / "payload-tap", f"--upstream-url={url}", f"--upstream-tls-ca-file={folder}/empty.pem", "--http-listen=127.0.0.1:0", "--control-listen=127.0.0.1:0"], capture_output=True, text=True, cwd=folder)
            assert run.returncode == 78 and "error.remedy" in run.stderr, run


def test_own_tls(checks, folder):
    authority, certificate, key = certificates(folder, name="own")
    _, client_certificate, client_key = certificates(folder, names="DNS:client", name="client")
    own = {"http.tls.certificate.file": certificate, "http.tls.key.file": key}
    rest_port, grpc_port = free_port(), free_port()
    rest = nginx(folder / "own-rest", f"listen 127.0.0.1:{rest_port}; location / {{ return 200 rest; }}", rest_port)
    places = {"upstream.http2.url": f"http://127.0.0.1:{grpc_port}"}
    with rest, model(grpc_port), Tap(folder, "own", f"http://127.0.0.1:{rest_port}", **places, **own) as tap:
        with checks("clients speak TLS to the tap, HTTP/1.1 and gRPC, and to its own routes; without TLS nothing is said"):
            assert curl("--http1.1", "--cacert", authority, f"https://{tap.address}/").endswith("rest")
            row = numpy.ones((1, 4), numpy.float32)
            client = triton.InferenceServerClient(tap.address, ssl=True, root_certificates=str(authority))
            assert (client.infer("digits", inputs(row), headers={"x-request-id": "over-tls"}).as_numpy("y") == 2 * row).all()
            assert tap.exchange("over-tls")[1]["grpcstatus"] == 0
            assert "vedette_captures_total" in curl("--cacert", authority, f"https://127.0.0.1:{tap.control}/metrics")
            assert "HTTP/" not in curl("--http1.1", f"http://{tap.address}/")
        with checks("a certificate that is renewed is shown to the next client, one that cannot be read is not"):
            shown = lambda: ssl.get_server_certificate(("127.0.0.1", tap.port))
            before = shown()
            certificates(folder, name="own")
            assert eventually(lambda: shown() != before)
            after = shown()
            certificate.write_text("broken")
            time.sleep(1.5)  # longer than files are looked at
            assert shown() == after
            assert eventually(lambda: "new certificates cannot be used" in tap.log_file.read_text())
            certificates(folder, name="own")
    port = free_port()
    asks = {**own, "http.listen": f"127.0.0.1:{port}", "http.tls.client.ca.file": authority, "state.directory": folder / "asks"}
    flags = [f"--{name.replace('.', '-')}={value}" for name, value in asks.items()]
    shows = {"client.tls.ca.file": authority, "client.tls.certificate.file": client_certificate, "client.tls.key.file": client_key}
    sink = {"sink.url": f"https://127.0.0.1:{port}/", **shows}
    rest = nginx(folder / "shown-rest", f"listen 127.0.0.1:{rest_port}; location / {{ return 200 rest; }}", rest_port)
    with rest, process([BINARIES / "request-logger", *flags], port), Tap(folder, "shows", f"http://127.0.0.1:{rest_port}", **sink) as tap:
        trusted = ("--cacert", authority, "--cert", client_certificate, "--key", client_key)
        with checks("a listener that asks for certificates takes events of who shows one, and nobody else's"):
            curl(f"http://{tap.address}/v2/models/m/infer", "-H", "X-Request-Id: mutual", "-d", "{}")
            eventually(lambda: curl(*trusted, f"https://127.0.0.1:{port}/v1/requests/mutual").startswith("HTTP/1.1 200"))
            assert "HTTP/1.1" not in curl("--cacert", authority, f"https://127.0.0.1:{port}/v1/requests/mutual")
    with checks("a certificate without its key stops the start, and says so"):
        for name in ("http.tls.certificate.file", "client.tls.certificate.file"):
            flags = [f"--{name.replace('.', '-')}={certificate}", "--http-listen=127.0.0.1:0", f"--state-directory={folder}/none"]
            run = subprocess.run([BINARIES / "request-logger", *flags], capture_output=True, text=True)
            assert run.returncode == 78 and "settings_conflict" in run.stderr and "key" in run.stderr, run


def test_served_tls(checks, folder):
    """model-server's own gRPC, over TLS, and with certificates of its clients."""
    folder = folder / "served"
    stranger_folder = folder / "stranger"
    stranger_folder.mkdir(parents=True)
    authority, certificate, key = certificates(folder)
    stranger, _, _ = certificates(stranger_folder)
    _, client_certificate, client_key = certificates(folder, names="DNS:client", name="client")
    generator = numpy.random.default_rng(8)
    rows = generator.normal(size=(80, 4)).astype(numpy.float32)
    lines = [",".join(map(str, [*row, "up" if row[0] > 0 else "down"])) for row in rows]
    (folder / "rows.csv").write_text("\n".join(["a,b,c,d,label", *lines]))
    vedette("train", "--dataset", f"csv:{folder}/rows.csv", "--architecture", "mlp", "--epochs", 2, "--name", "updown", "--output", folder / "models" / "updown")

    def server(name, **more):
        rest, port = free_port(), free_port()
        settings = {
            "http.listen": f"127.0.0.1:{rest}", "grpc.listen": f"127.0.0.1:{port}", "models.directory": folder / "models",
            "http.tls.certificate.file": certificate, "http.tls.key.file": key, "state.directory": folder / name,
            "log.level": "warning", **more,
        }
        flags = [f"--{setting.replace('.', '-')}={value}" for setting, value in settings.items()]
        return rest, port, process([BINARIES / "model-server", *flags], port)

    def ready(port, credentials):
        """Whether the server answers, or the code with which the call ends."""
        target = f"localhost:{port}"
        with grpc.secure_channel(target, credentials) if credentials else grpc.insecure_channel(target) as channel:
            stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
            try:
                return stub.ServerReady(service_pb2.ServerReadyRequest(), timeout=10).ready
            except grpc.RpcError as error:
                return error.code()

    trust = lambda file, *pair: grpc.ssl_channel_credentials(file.read_bytes(), *pair)
    shown = (client_key.read_bytes(), client_certificate.read_bytes())
    rest, port, running = server("plain")
    with running:
        with checks("model-server answers gRPC over TLS: grpcio, and tritonclient, with what it answers over REST"):
            assert eventually(lambda: ready(port, trust(authority)) is True)
            client = triton.InferenceServerClient(f"localhost:{port}", ssl=True, root_certificates=str(authority))
            column = client.get_model_metadata("updown").inputs[0].name
            tensor = triton.InferInput(column, list(rows.shape), "FP32")
            tensor.set_data_from_numpy(rows)
            answer = client.infer("updown", [tensor])
            client.close()
            body = {"inputs": [{"name": column, "shape": list(rows.shape), "datatype": "FP32", "data": rows.tolist()}]}
            told = requests.post(f"https://localhost:{rest}/v2/models/updown/infer", json=body, verify=str(authority), timeout=10).json()
            for output in told["outputs"]:
                values = answer.as_numpy(output["name"])
                assert list(values.shape) == output["shape"] and numpy.allclose(values.ravel(), output["data"], rtol=1e-6), output["name"]
        with checks("it does so for nobody who does not trust its authority, or speaks no TLS"):
            assert ready(port, trust(stranger)) == grpc.StatusCode.UNAVAILABLE
            assert ready(port, None) == grpc.StatusCode.UNAVAILABLE
    rest, port, running = server("mutual", **{"http.tls.client.ca.file": authority})
    with running, checks("where it asks for certificates, it answers gRPC calls of those who show one that it knows"):
        assert eventually(lambda: ready(port, trust(authority, *shown)) is True)
        assert ready(port, trust(authority)) == grpc.StatusCode.UNAVAILABLE


def check_refused(checks, tap, what):
    with checks(f"a certificate {what} is refused, and the log says so"):
        for protocol in ("--http1.1", "--http2-prior-knowledge"):
            assert " 502" in curl(protocol, f"http://{tap.address}/").splitlines()[0]
        assert "cannot connect to the model" in tap.log_file.read_text()


def test_stop(checks, folder):
    port = free_port()
    with model(port), Tap(folder, "stop", f"http://127.0.0.1:{port}") as tap:
        with checks("SIGTERM lets a stream end that is under way, tells of it, and refuses new connections"):
            channel = tap.channel()
            state = method(grpc.insecure_channel(f"127.0.0.1:{port}"), "State", "unary_unary")
            stream = method(channel, "ServerStream", "unary_stream")(b"s", metadata=[("x-times", "3"), ("x-stepwise", "1"), ("x-request-id", "stopped")], timeout=20)
            assert next(stream) == b"s0"
            tap.child.send_signal(signal.SIGTERM)
            eventually(lambda: not is_listening(tap.port))
            for number in (1, 2):
                state(b"step", timeout=10)
                assert next(stream) == b"s%d" % number
            state(b"step", timeout=10)
            assert not list(stream)
            assert tap.child.wait(10) == 0
            assert payload(tap.exchange("stopped")[1]) == framed(b"s0", b"s1", b"s2")
            channel.close()


def test_detector(checks, folder, upstream):
    """From tritonclient's calls to the rows of a drift monitor."""
    generator = numpy.random.default_rng(3)
    numpy.save(folder / "reference.npy", generator.normal(size=(300, 4)).astype(numpy.float32))
    (folder / "drift.toml").write_text(
        'name = "KSDrift"\n[monitor]\nmodel = "digits"\ninput = "x"\nwindow = { size = 50, every = 50 }\n'
    )
    vedette("fit", "--config", folder / "drift.toml", "--reference", folder / "reference.npy", "--output", folder / "monitors" / "digits-x")
    port = free_port()
    flags = [f"--http-listen=127.0.0.1:{port}", f"--monitors-directory={folder}/monitors", f"--state-directory={folder}/detector", f"--sink-url=file:{folder}/verdicts.jsonl", "--log-level=warning"]
    with process([BINARIES / "drift-detector", *flags], port), Tap(folder, "detected", upstream, **{"sink.url": f"http://127.0.0.1:{port}/"}) as tap:
        with checks("a drift detector judges the rows of gRPC calls, plain, compressed and streamed"):
            client = triton.InferenceServerClient(tap.address)
            rows = lambda: (3 + generator.normal(size=(5, 4))).astype(numpy.float32)
            for number in range(10):
                client.infer("digits", inputs(rows()), compression_algorithm="gzip" if number % 2 else None)
            arrived = threading.Semaphore(0)
            client.start_stream(lambda result, error: arrived.release())
            for _ in range(10):
                client.async_stream_infer("digits", inputs(rows()))
            for _ in range(10):
                assert arrived.acquire(timeout=10)
            client.stop_stream()
            client.close()
            counts = lambda: requests.get(f"http://127.0.0.1:{port}/v1/monitors/digits-x", timeout=5).json()["counts"]["rows"]
            eventually(lambda: counts() == 100)
            verdicts = lambda: (folder / "verdicts.jsonl").exists() and [json.loads(line) for line in (folder / "verdicts.jsonl").read_text().splitlines()]
            found = eventually(lambda: [v for v in verdicts() or [] if v["type"] == "io.vedette.verdict.drift"])
            assert found[0]["data"]["data"]["is_drift"] == 1, found[0]


def main():
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="vedette-http2.") as made:
        folder = pathlib.Path(made)
        folder.chmod(0o755)
        port = free_port()
        with model(port):
            with Tap(folder, "tap", f"http://127.0.0.1:{port}") as tap:
                test_triton(checks, tap)
                test_kinds(checks, tap, f"127.0.0.1:{port}")
            test_detector(checks, folder, f"http://127.0.0.1:{port}")
            test_two_places(checks, folder, port)
        test_model_gone(checks, folder)
        test_stop(checks, folder)
        test_plain_http2(checks, folder)
        test_tls(checks, folder)
        test_own_tls(checks, folder)
        test_served_tls(checks, folder)
    return checks.close()


if __name__ == "__main__":
    sys.exit(main())
