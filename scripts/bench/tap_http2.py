#!/usr/bin/env python3
"""payload-tap beside nginx's grpc_pass, HTTP/2 with prior knowledge on both sides, to the same nginx upstream, in one run,
interleaved: 8 KB of JSON both ways.

    scripts/bench/tap_http2.py [--rounds 3] [--requests 20000]

Needs nginx and h2load (apt: nginx-light, nghttp2-client), and .build/release/payload-tap. Prints, for nginx and for the tap
without and with a live sink, requests a second and the CPU time of that process alone per request; with a live sink it runs
until the last event is delivered.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap

PATH = tap.PATH


class Series:
    """The rounds of one subject."""

    def __init__(self, name, process):
        self.name, self.process = name, process
        self.rates, self.costs = [], []

    def measure(self, body, requests, drains=False):
        before = self.process.cpu()
        command = ["h2load", "-t1", f"-n{requests}", "-c16", "-m8", "-H", "content-type: application/json", "-d", body, f"http://127.0.0.1:{self.process.port}{PATH}"]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        # nginx as proxy fails once in ten thousand requests at its pooled connections; the tap may not.
        answered = int(re.search(r"status codes: (\d+) 2xx", output).group(1))
        if answered < requests * (0.999 if self.name == "nginx" else 1):
            sys.exit(output)
        if drains:
            self.process.drain()
        self.rates.append(float(re.search(r"([\d.]+) req/s", output).group(1)))
        self.costs.append((self.process.cpu() - before) / requests * 1e6)

    def __str__(self):
        rate, cost = statistics.median(self.rates), statistics.median(self.costs)
        return f"{self.name:<16} {rate:>9.0f} requests/s {cost:>8.1f} us of CPU a request"


def measure(folder, processes, arguments):
    def keep(process):
        processes.append(process)
        return process

    os.makedirs(f"{folder}/www")
    for name, kind in (("www/body", "outputs"), ("request", "inputs")):
        with open(f"{folder}/{name}", "w") as file:
            file.write(tap.tensors(kind, 8192))
    listen = "listen 127.0.0.1:PORT http2 backlog=1024; http2_max_concurrent_streams 1024; keepalive_requests 1000000000;"
    model = keep(tap.nginx(
        folder, "model", f"server {{ {listen} root {folder}/www; error_page 404 405 =200 /body; }}", 1, tap.free_port()
    ))
    sink = keep(tap.nginx(folder, "sink", "server { listen 127.0.0.1:PORT; location / { return 202; } }", 1, tap.free_port()))
    proxy = keep(tap.nginx(
        folder, "proxy",
        f"upstream model {{ server 127.0.0.1:{model.port}; keepalive 256; keepalive_requests 1000000000; }}\n"
        f"  server {{ {listen} location / {{ grpc_pass grpc://model; }} }}",
        2, tap.free_port(),
    ))
    live = [f"--sink-url=sink=http://127.0.0.1:{sink.port}/"]
    everyone = [
        Series("nginx", proxy), Series("plain", keep(tap.Tap(folder, "plain", model.port, []))),
        Series("live", keep(tap.Tap(folder, "live", model.port, live))),
    ]
    for _ in range(arguments.rounds):
        for series in everyone:
            series.measure(f"{folder}/request", arguments.requests, drains=series.name == "live")
    for series in everyone:
        print(series)
    for series in everyone[1:]:
        ratio = statistics.median(a / b for a, b in zip(series.costs, everyone[0].costs))
        print(f"{series.name}: {ratio:.2f} of nginx's CPU, peak memory {series.process.peak_megabytes():.0f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=20000)
    arguments = parser.parse_args()
    for tool in ["nginx", "h2load"]:
        if not shutil.which(tool):
            sys.exit(f"{tool} is not installed")
    folder = tempfile.mkdtemp(prefix="vedette-bench-http2.")
    os.chmod(folder, 0o755)
    processes = []
    try:
        measure(folder, processes, arguments)
    finally:
        for process in reversed(processes):
            process.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
