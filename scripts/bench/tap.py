#!/usr/bin/env python3
"""payload-tap beside nginx as reverse proxy, to the same nginx upstream, in one run, interleaved: 8 KB of JSON both ways.

    scripts/bench/tap.py [--rounds 3] [--seconds 4] [--dead-seconds 60] [--mode batched|binary] [--endure 600]

Needs nginx and wrk (apt), and .build/release/payload-tap. Prints, for nginx and for each state of the tap, requests a
second and the CPU time of that process alone per request, and then the ratios that the design holds the tap to:

- plain: no sink, nothing captured
- live: every exchange captured and sent to a sink that answers 202; its CPU time runs until the last event is delivered
- dead, filling: nobody answers at the sink's address, the spool of 1 GiB takes what comes
- dead, full: the same with a spool of 64 MiB, which is full long before the measurement

--endure keeps the live tap at full load for so many seconds more and prints its memory along the way.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TAP = os.path.join(ROOT, ".build/release/payload-tap")
PATH = "/v2/models/m/infer"
TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tensors(kind, size):
    """About `size` bytes of a V2 body."""
    generator = random.Random(7)
    values = [round(generator.random(), 6) for _ in range(size // 9)]
    tensor = {"name": "x", "shape": [1, len(values)], "datatype": "FP32", "data": values}
    return json.dumps({"id": "bench", kind: [tensor]}, separators=(",", ":"))


class Process:
    """A child process by its command; its CPU time and memory, with those of its own children."""

    def __init__(self, command, port):
        self.port = port
        self.child = subprocess.Popen(command)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit(f"nothing listens at {port}: {command[0]}")

    def pids(self):
        children = subprocess.run(["pgrep", "-P", str(self.child.pid)], capture_output=True, text=True).stdout
        return [self.child.pid, *map(int, children.split())]

    def cpu(self):
        """Seconds of CPU time so far."""
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/stat") as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICK

    def megabytes(self, kind):
        with open(f"/proc/{self.child.pid}/status") as status:
            return int(re.search(rf"{kind}:\s+(\d+)", status.read()).group(1)) / 1024

    def peak_megabytes(self):
        return self.megabytes("VmHWM")

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def nginx(folder, name, server, workers, port):
    os.makedirs(f"{folder}/{name}")
    with open(f"{folder}/{name}.conf", "w") as file:
        file.write(
            f"daemon off; worker_processes {workers}; pid {folder}/{name}/pid; error_log stderr crit;\n"
            "events { worker_connections 4096; }\n"
            "http { access_log off; keepalive_requests 1000000000; default_type application/json; sendfile on;\n"
            f"  client_body_buffer_size 64k; client_max_body_size 64m; client_body_temp_path {folder}/{name}/body;\n"
            f"  proxy_temp_path {folder}/{name}/temp;\n  {server.replace('PORT', str(port))} }}\n"
        )
    return Process(["nginx", "-p", folder, "-c", f"{folder}/{name}.conf"], port)


class Tap(Process):
    def __init__(self, folder, name, upstream, options):
        self.control = free_port()
        port = free_port()
        super().__init__(
            [
                TAP, f"--http-listen=127.0.0.1:{port}", f"--control-listen=127.0.0.1:{self.control}",
                f"--upstream-url=http://127.0.0.1:{upstream}", f"--state-directory={folder}/{name}.state",
                "--log-level=error", *options,
            ],
            port,
        )

    def counts(self):
        """What became of captures and of events, by outcome."""
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.control}/metrics").read().decode()
        found = re.findall(r'vedette_(captures|sink_events)_total\{(?:sink="[^"]*",)?outcome="(\w+)"\} (\d+)', text)
        return {(family, outcome): int(value) for family, outcome, value in found}

    def drain(self):
        """Waits until every event that was spooled is delivered."""
        while True:
            counts = self.counts()
            left = 2 * counts["captures", "recorded"]
            left -= counts["sink_events", "delivered"] + counts["sink_events", "dropped"]
            if left <= 0:
                return
            time.sleep(0.1)


class Load:
    """wrk with one kind of request."""

    def __init__(self, folder):
        self.script = f"{folder}/post.lua"
        with open(self.script, "w") as file:
            file.write(
                f"wrk.method = 'POST'\nwrk.body = '{tensors('inputs', 8192)}'\n"
                "wrk.headers['Content-Type'] = 'application/json'\n"
            )

    def run(self, port, connections, seconds):
        """Requests, requests a second, median latency in milliseconds."""
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", self.script]
        output = subprocess.run(
            [*command, f"http://127.0.0.1:{port}{PATH}"], capture_output=True, text=True, check=True
        ).stdout
        if "Non-2xx" in output or "Socket errors" in output:
            print(output, file=sys.stderr)
        value, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", output).groups()
        return (
            int(re.search(r"(\d+) requests in", output).group(1)),
            float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1)),
            float(value) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit],
        )


class Series:
    """The rounds of one subject."""

    def __init__(self, name, process):
        self.name, self.process = name, process
        self.rates, self.costs, self.latencies = [], [], []

    def measure(self, load, seconds, drains=False):
        before = self.process.cpu()
        requests, rate, _ = load.run(self.process.port, 64, seconds)
        if drains:
            self.process.drain()
        self.rates.append(rate)
        self.costs.append((self.process.cpu() - before) / requests * 1e6)

    def latency(self, load, seconds, drains=False):
        self.latencies.append(load.run(self.process.port, 4, seconds)[2])
        if drains:
            self.process.drain()  # what it still delivers must not slow the next

    @property
    def rate(self):
        return statistics.median(self.rates)

    @property
    def cost(self):
        return statistics.median(self.costs)

    def __str__(self):
        return f"{self.name:<16} {self.rate:>9.0f} requests/s {self.cost:>8.1f} us of CPU a request"


def ratio(above, below, key):
    """The median over the rounds of what was measured side by side."""
    return statistics.median(a / b for a, b in zip(getattr(above, key), getattr(below, key)))


def line(text, value, bound):
    print(f"{text:<66} {value:>7}   {bound}")


def endure(load, tap, seconds):
    """Full load with a live sink for so long: the memory at each tenth of it must not grow."""
    before = tap.cpu()
    sampled, requests = [], 0
    for _ in range(10):
        count, _, _ = load.run(tap.port, 64, max(1, seconds // 10))
        requests += count
        sampled.append(tap.megabytes("VmRSS"))
    tap.drain()
    cost = (tap.cpu() - before) / requests * 1e6
    print(f"\n{requests} requests in {seconds} s of full load, {cost:.1f} us of CPU each")
    print("resident memory at each tenth, MB: " + ", ".join(f"{value:.0f}" for value in sampled))
    line("memory at the end over that at a fifth", f"{sampled[-1] / sampled[1]:.2f}", "about 1")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--dead-seconds", type=int, default=60, help="of load before the dead sink's full spool counts")
    parser.add_argument("--endure", type=int, default=0, help="seconds of full load at the end, with memory sampled")
    parser.add_argument("--mode", choices=["batched", "binary"], default="batched", help="how events travel")
    arguments = parser.parse_args()
    for tool in ["nginx", "wrk"]:
        if not shutil.which(tool):
            sys.exit(f"{tool} is not installed: apt-get install {tool}")

    folder = tempfile.mkdtemp(prefix="vedette-bench-tap.")
    os.chmod(folder, 0o755)
    processes = []
    try:
        measure(folder, processes, arguments)
    finally:
        for process in reversed(processes):
            process.stop()
        shutil.rmtree(folder, ignore_errors=True)


def measure(folder, processes, arguments):
    def keep(process):
        processes.append(process)
        return process

    os.makedirs(f"{folder}/www")
    answer = tensors("outputs", 8192)
    with open(f"{folder}/www/body", "w") as file:
        file.write(answer)
    model = keep(nginx(
        folder, "model",
        f"server {{ listen 127.0.0.1:PORT backlog=1024; root {folder}/www; error_page 404 405 =200 /body; }}",
        1, free_port(),
    ))
    sink = keep(nginx(folder, "sink", "server { listen 127.0.0.1:PORT; location / { return 202; } }", 1, free_port()))
    proxy = keep(nginx(
        folder, "proxy",
        f"upstream model {{ server 127.0.0.1:{model.port}; keepalive 256; keepalive_requests 1000000000; }}\n"
        "  server { listen 127.0.0.1:PORT backlog=1024; location / { proxy_pass http://model;"
        ' proxy_http_version 1.1; proxy_set_header Connection ""; } }',
        2, free_port(),
    ))
    dead = "--sink-url=sink=http://127.0.0.1:1/"
    load = Load(folder)
    nginx_series = Series("nginx", proxy)
    plain = Series("plain", keep(Tap(folder, "plain", model.port, [])))
    live_options = [f"--sink-url=sink=http://127.0.0.1:{sink.port}/", f"--sink-mode={arguments.mode}"]
    live = Series("live", keep(Tap(folder, "live", model.port, live_options)))
    filling = Series("dead, filling", keep(Tap(folder, "filling", model.port, [dead])))
    full = Series("dead, full", keep(Tap(folder, "full", model.port, [dead, f"--sink-spool-bytes={64 << 20}"])))
    everyone = [nginx_series, plain, live, filling, full]

    for series in everyone:
        load.run(series.process.port, 64, 1)
    load.run(full.process.port, 64, arguments.dead_seconds)
    live.process.drain()
    for _ in range(arguments.rounds):
        for series in everyone:
            series.measure(load, arguments.seconds, drains=series is live)
    for _ in range(arguments.rounds):
        for series in [nginx_series, plain, live]:
            series.latency(load, 2, drains=series is live)

    for series in everyone:
        print(series)
    kilobytes = (len(answer) + len(tensors("inputs", 8192))) / 1024
    emission = statistics.median(a - b for a, b in zip(live.costs, plain.costs))
    added = statistics.median(a - b for a, b in zip(plain.latencies, nginx_series.latencies))
    told = statistics.median(a - b for a, b in zip(live.latencies, nginx_series.latencies))
    print()
    line("hot path, CPU of nginx's", f"{ratio(plain, nginx_series, 'costs'):.2f}", "at most 1.5")
    line("live sink, throughput of nginx's", f"{ratio(live, nginx_series, 'rates'):.2f}", "at least 0.6")
    line("live sink, CPU of emission and delivery, us a KB", f"{emission / kilobytes:.2f}", "")
    line("median latency at 4 connections over nginx's, ms, plain", f"{added:.3f}", "at most 0.15")
    line("the same with a live sink, ms", f"{told:.3f}", "")
    line("dead sink, spool filling, throughput of the live tap's", f"{ratio(filling, live, 'rates'):.2f}", "")
    line("dead sink, spool full, throughput of the live tap's", f"{ratio(full, live, 'rates'):.2f}", "at least 0.95")
    line("dead sink, spool full, throughput of the plain tap's", f"{ratio(full, plain, 'rates'):.2f}", "at least 0.95")
    line("dead sink, spool full, CPU of the plain tap's", f"{ratio(full, plain, 'costs'):.2f}", "")
    for series in [filling, full, live]:
        line(f"peak memory, {series.name}, MB", f"{series.process.peak_megabytes():.0f}", "below 128")
    if arguments.endure:
        endure(load, live.process, arguments.endure)
    for series in [live, filling, full]:
        counts = {f"{family} {outcome}": n for (family, outcome), n in series.process.counts().items() if n}
        print(f"{series.name}: " + ", ".join(f"{n} {name}" for name, n in sorted(counts.items())))


if __name__ == "__main__":
    main()
