"""A server under measurement: started, awaited, its CPU time and memory read from /proc, stopped."""

import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

TICK = 1 / os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def tree(process):
    """The pids of a process and of everything that it started and still runs."""
    children = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            children.setdefault(int(after_name(entry)[1]), []).append(int(entry.parent.name))
        except OSError:  # ended meanwhile
            continue
    found, waiting = [], [process]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def after_name(stat):
    """The fields of /proc/PID/stat behind the name, which may hold spaces: state, parent, …"""
    return stat.read_text().rpartition(")")[2].split()


class Server:
    """A process that answers 200 at `ready`, a URL, inside a `with`."""

    def __init__(self, name, command, ready, log, cwd=None):
        self.name = name
        self.ready = ready
        self.log = pathlib.Path(log)
        self._command = [str(part) for part in command]
        self._cwd = cwd

    def __enter__(self):
        began = time.perf_counter()
        with self.log.open("w") as log:
            self.process = subprocess.Popen(self._command, stdout=log, stderr=log, cwd=self._cwd)
        while not self.answers():
            if self.process.poll() is not None or time.perf_counter() - began > 120:
                self.__exit__()
                raise RuntimeError(f"{self.name} did not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.002)
        self.seconds_to_start = time.perf_counter() - began
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def answers(self):
        """Whether it is ready now."""
        try:
            with urllib.request.urlopen(self.ready, timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def cpu_seconds(self):
        """CPU time of its processes so far, user and system."""
        fields = (after_name(pathlib.Path(f"/proc/{pid}/stat")) for pid in tree(self.process.pid))
        return sum(int(stat[11]) + int(stat[12]) for stat in fields) * TICK

    def resident_megabytes(self):
        """Resident memory of its processes, pages that they share counted in each."""
        statm = (pathlib.Path(f"/proc/{pid}/statm").read_text().split() for pid in tree(self.process.pid))
        return sum(int(fields[1]) for fields in statm) * PAGE / 1e6

    def anonymous_megabytes(self):
        """The part of it that no file backs."""
        rollups = (pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in tree(self.process.pid))
        return sum(int(re.search(r"^Anonymous:\s+(\d+) kB", text, re.M)[1]) for text in rollups) * 1024 / 1e6
