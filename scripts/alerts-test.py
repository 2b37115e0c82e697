#!/usr/bin/env python3
"""Alerts that reach other people's receivers: Prometheus Alertmanager, a mail server with STARTTLS and passwords (aiosmtpd),
and receivers of webhooks that die between taking and answering; the logger is killed on the way.

    .venv-test/bin/python scripts/alerts-test.py

A line a check; exits 1 when one failed. Takes about twenty seconds.
"""

import base64
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import uuid

import requests
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts" / "interop"))

from checks import Checks
from mesh import BINARIES, eventually

HOSTILE = "x\r\nBcc: victim@example.org\r\n\r\n.\r\n<script>alert(1)</script> \u202eevil größe"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Logger:
    """request-logger as a process of its own."""

    def __init__(self, directory, rules, *settings):
        self.directory = directory
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        (directory / "alerts.yaml").write_text(rules)
        self.command = [
            BINARIES / "request-logger", "--http-listen", f"127.0.0.1:{self.port}", "--state-directory", directory / "state",
            "--alerts-rules-file", directory / "alerts.yaml", "--alerts-close-after", "1", "--client-tls-ca-file", directory / "ca.pem",
            "--alerts-pages-url", "https://watch.example.org", "--sink-timeout", "3s", "--log-level", "debug", *settings,
        ]
        self.log = open(directory / "log", "ab")
        self.start()

    def start(self):
        self.process = subprocess.Popen(list(map(str, self.command)), stdout=self.log, stderr=self.log)
        eventually(lambda: self._is_up(), 30)

    def _is_up(self):
        assert self.process.poll() is None, (self.directory / "log").read_text()[-2000:]
        try:
            return requests.get(f"{self.base}/readyz", timeout=2).status_code == 200
        except requests.ConnectionError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        code = self.process.wait(30)
        assert code == 0, code

    def window(self, status, monitor="digits-ks", model="digits", feature="p0"):
        """Sends a verdict about a window."""
        data = {"monitor": monitor, "method": "KSDrift", "config_hash": "0", "is_drift": int(status == "alarm"), "p_val": 1e-9, "distance": 0.4,
                "threshold": 0.05, "status": status, "window": {"count": 200}, "features": [{"name": feature, "statistic": 0.4, "p_val": 0.001}]}
        event = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "/vedette/default/test", "type": "io.vedette.verdict.drift",
                 "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "model": model, "namespace": "default", "endpoint": "default",
                 "data": {"data": data, "meta": {"owner": "vision-team"}}}
        answer = requests.post(self.base, headers={"content-type": "application/cloudevents+json"}, data=json.dumps(event), timeout=10)
        assert answer.status_code == 202, answer.text

    def metric(self, name, **labels):
        text = requests.get(f"{self.base}/metrics", timeout=10).text
        for line in text.splitlines():
            if line.startswith(name + "{") and all(f'{k}="{v}"' in line for k, v in labels.items()):
                return float(line.rsplit(" ", 1)[1])
        return 0.0


class Hook:
    """A receiver of webhooks; `deaths` calls are taken and the connection is cut before an answer."""

    def __init__(self):
        hook = self
        self.calls, self.deaths, self.statuses = [], 0, []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                hook.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
                if hook.deaths:
                    hook.deaths -= 1
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                self.send_response(hook.statuses.pop(0) if hook.statuses else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Mailbox:
    """What came by mail; `refusals` are replies to the next messages instead of taking them."""

    def __init__(self):
        self.messages, self.refusals, self.logins = [], [], []

    async def handle_DATA(self, server, session, envelope):
        if self.refusals:
            return self.refusals.pop(0)
        self.messages.append((envelope.mail_from, envelope.rcpt_tos, session.ssl is not None, email.message_from_bytes(envelope.content, policy=email.policy.default)))
        return "250 taken"

    def authenticate(self, server, session, envelope, mechanism, data):
        self.logins.append(data.login)
        return AuthResult(success=data.login == b"vedette" and data.password == b"mail-secret", handled=False)


def certificates(directory):
    run = lambda *a: subprocess.run(["openssl", *map(str, a)], check=True, capture_output=True)
    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", directory / "ca.key", "-out", directory / "ca.pem", "-days", "2", "-subj", "/CN=ca",
        "-addext", "basicConstraints=critical,CA:TRUE")
    run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", directory / "mail.key", "-out", directory / "mail.csr", "-subj", "/CN=localhost")
    (directory / "ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    run("x509", "-req", "-in", directory / "mail.csr", "-CA", directory / "ca.pem", "-CAkey", directory / "ca.key", "-CAcreateserial", "-days", "2", "-extfile", directory / "ext", "-out", directory / "mail.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "mail.pem", directory / "mail.key")
    return context


def test_alertmanager(checks, directory):
    port = free_port()
    (directory / "am.yaml").write_text("route: {receiver: none, group_wait: 1s}\nreceivers: [{name: none}]\n")
    command = ["prometheus-alertmanager", f"--config.file={directory}/am.yaml", f"--storage.path={directory}/am", f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="]
    url = f"http://127.0.0.1:{port}"

    def start():
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        def ready():
            try:
                return requests.get(f"{url}/-/ready", timeout=1).status_code == 200
            except requests.ConnectionError:
                return False
        eventually(ready, 20)
        return process

    def firing():
        return requests.get(f"{url}/api/v2/alerts?active=true", timeout=5).json()

    manager = start()
    logger = Logger(directory, f"routes:\n  - name: am\n    alertmanager: {{url: '{url}', resend: 1s}}\n", "--alerts-critical-after", "2")
    try:
        with checks("Alertmanager has an alert as it opens, with labels and a link, and amtool reads it"):
            logger.window("alarm")
            alert = eventually(firing)[0]
            wanted = {"alertname": "VedetteDrift", "model": "digits", "monitor": "digits-ks", "namespace": "default", "endpoint": "default", "kind": "drift",
                      "severity": "warning", "owner": "vision-team"}
            assert wanted.items() <= alert["labels"].items(), alert["labels"]
            assert alert["generatorURL"] == f"https://watch.example.org/alerts/{alert['labels']['alert']}"
            text = subprocess.run(["amtool", f"--alertmanager.url={url}", "alert", "query", "model=digits"], check=True, capture_output=True, text=True).stdout
            assert "VedetteDrift" in text, text
        with checks("what becomes critical is one critical alert, not two"):
            logger.window("alarm")
            eventually(lambda: [a["labels"]["severity"] for a in firing()] == ["critical"])
        with checks("an Alertmanager that forgot everything is told again of what lives"):
            manager.kill()
            manager.wait()
            manager = start()
            eventually(lambda: [a["labels"]["severity"] for a in firing()] == ["critical"])
        with checks("an alert that ends, ends there, and stays so"):
            logger.window("ok")
            eventually(lambda: not firing())
            time.sleep(2.5)
            assert not firing(), firing()
        with checks("labels with anything in them are taken"):
            logger.window("alarm", model=HOSTILE.replace("\r\n", " "), monitor="größe \"quoted\" \\ <b>")
            eventually(lambda: any("größe" in a["labels"]["monitor"] for a in firing()))
        with checks("what happens while it is away is told when it is back"):
            manager.kill()
            manager.wait()
            logger.window("alarm", monitor="while-away")
            time.sleep(1)
            logger.kill()
            manager = start()
            logger.start()
            eventually(lambda: any(a["labels"]["monitor"] == "while-away" for a in firing()), 30)
    finally:
        logger.kill()
        manager.kill()
        manager.wait()


def test_mail(checks, directory):
    context = certificates(directory)
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True, auth_required=True, authenticator=mailbox.authenticate)
    controller.start()
    (directory / "password").write_text("mail-secret\n")
    rules = f"""
routes:
  - name: mail
    email:
      server: smtp://localhost:{controller.port}
      tls: required
      from: vedette@example.org
      to: [team@example.org, second@example.org]
      user: vedette
      password_file: {directory}/password
"""
    logger = Logger(directory, rules)
    try:
        with checks("mail goes out by STARTTLS with a password, whole and readable"):
            logger.window("alarm")
            eventually(lambda: mailbox.messages)
            sender, recipients, tls, message = mailbox.messages[0]
            assert (sender, recipients, tls) == ("vedette@example.org", ["team@example.org", "second@example.org"], True)
            assert message["subject"] == "Warning: drift of digits (digits-ks)", message["subject"]
            text = message.get_content()
            assert "no longer looks like its reference" in text and "Owner: vision-team" in text and "https://watch.example.org/alerts/" in text, text
            assert re.fullmatch(r"<alert-[0-9a-f]+-1@example\.org>", message["message-id"]), message["message-id"]
        with checks("a server that refuses for now is asked again, under the same Message-ID; it is one message"):
            mailbox.refusals = ["451 later", "452 later"]
            logger.window("alarm", monitor="greylisted")
            eventually(lambda: len(mailbox.messages) == 2, 20)
            assert not mailbox.refusals
        with checks("what is refused for good is kept as a dead letter"):
            mailbox.refusals = ["554 never"]
            logger.window("alarm", monitor="refused")
            eventually(lambda: logger.metric("vedette_sink_events_total", sink="mail", outcome="deadlettered") == 1)
            assert "refused" in (directory / "state/routes/mail.deadletters.jsonl").read_text()
        with checks("hostile names change neither headers nor recipients nor end the message"):
            logger.window("alarm", monitor=HOSTILE, model="<script>alert(1)</script> größe", feature=HOSTILE)
            eventually(lambda: len(mailbox.messages) == 3)
            _, recipients, _, message = mailbox.messages[2]
            assert recipients == ["team@example.org", "second@example.org"] and message["bcc"] is None
            assert "<script>alert(1)</script>" in message.get_content()  # plain text, and whole
            assert message.get_content_type() == "text/plain"
        with checks("a wrong password pauses the route and loses nothing"):
            (directory / "password").write_text("wrong\n")
            logger.window("alarm", monitor="wrong-password")
            eventually(lambda: logger.metric("vedette_sink_requests_total", sink="mail", code="401") >= 1)
            assert len(mailbox.messages) == 3
            (directory / "password").write_text("mail-secret\n")
            logger.kill()
            logger.start()
            eventually(lambda: len(mailbox.messages) == 4, 20)
        with checks("passwords and what they open stand in no log, metric or answer"):
            log = (directory / "log").read_text()
            pages = "".join(requests.get(logger.base + path, timeout=10).text for path in ("/metrics", "/v1/alerts", "/alerts", "/health", "/openapi.json", "/"))
            for secret in ("mail-secret", base64.b64encode(b"mail-secret").decode(), base64.b64encode(b"\0vedette\0mail-secret").decode()):
                assert secret not in log and secret not in pages
        with checks("a server whose certificate nobody vouches for gets nothing"):
            logger.stop()
            (directory / "ca.pem").rename(directory / "ca-of-mail.pem")
            other = directory / "other"
            other.mkdir()
            certificates(other)
            (other / "ca.pem").rename(directory / "ca.pem")
            before = len(mailbox.logins)
            logger.start()
            logger.window("alarm", monitor="not-trusted")
            eventually(lambda: logger.metric("vedette_sink_requests_total", sink="mail", code="none") >= 1)
            assert len(mailbox.messages) == 4 and len(mailbox.logins) == before
    finally:
        logger.kill()
        controller.stop()


def test_webhook(checks, directory):
    hook = Hook()
    (directory / "key").write_text("signing-secret\n")
    (directory / "url").write_text(hook.url + "?token=url-secret\n")
    logger = Logger(directory, f"routes:\n  - name: hook\n    webhook: {{url_file: {directory}/url, signing_key_file: {directory}/key}}\n")
    keys = lambda: [headers["idempotency-key"] for headers, _ in hook.calls]
    try:
        with checks("a receiver that dies between taking and answering gets it again under the same key, and can tell"):
            hook.deaths = 2
            logger.window("alarm")
            eventually(lambda: len(hook.calls) == 3)
            assert len(set(keys())) == 1, keys()
            assert len({body for _, body in hook.calls}) == 1
        with checks("it is signed over every byte"):
            headers, body = hook.calls[0]
            assert headers["vedette-signature"] == "sha256=" + hmac.new(b"signing-secret", body, hashlib.sha256).hexdigest()
        with checks("killed at any moment, each change is told under one key, none is lost and none told again"):
            time.sleep(0.5)
            del hook.calls[:]
            for round in range(6):
                logger.window("alarm", monitor=f"round-{round}")
                time.sleep(0.02 * round)
                logger.kill()
                logger.start()
            eventually(lambda: len(set(keys())) == 6, 20)
            time.sleep(1)
            alerts = requests.get(f"{logger.base}/v1/alerts?limit=100", timeout=10).json()["items"]
            assert {a["id"] + "-1" for a in alerts if a["monitor"].startswith("round")} == set(keys())
            print(f"      {len(keys())} calls for 6 changes, with 6 kills", flush=True)
        with checks("an address that is a secret stands in no log, metric or answer"):
            log = (directory / "log").read_text()
            hook.server.shutdown()
            hook.server.server_close()
            logger.window("alarm", monitor="nobody-there")
            eventually(lambda: logger.metric("vedette_sink_requests_total", sink="hook", code="none") >= 1)
            log = (directory / "log").read_text()
            pages = "".join(requests.get(logger.base + path, timeout=10).text for path in ("/metrics", "/v1/alerts", "/health"))
            for secret in ("url-secret", "signing-secret"):
                assert secret not in log and secret not in pages
    finally:
        logger.kill()


def main():
    checks = Checks()
    for test in (test_webhook, test_mail, test_alertmanager):
        with tempfile.TemporaryDirectory() as folder:
            directory = pathlib.Path(folder)
            if test is not test_mail:
                (directory / "ca.pem").write_text(pathlib.Path("/etc/ssl/certs/ca-certificates.crt").read_text())
            test(checks, directory)
    sys.exit(checks.close())


if __name__ == "__main__":
    main()
