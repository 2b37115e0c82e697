"""A mesh on this machine for tests: `vedette up` as a process, its services' addresses, and proof that it stopped.

The executables are those of this checkout's release build, or of the folder that MESH_BINARIES names.
(Not VEDETTE_…: services refuse such a variable when it is no setting of theirs.)
"""

import os
import pathlib
import signal
import subprocess
import time

import requests
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path(os.environ.get("MESH_BINARIES", ROOT / ".build" / "release"))


def vedette(*arguments, **options):
    """Runs one command of `vedette`; raises CalledProcessError, its output included in `stderr`, where it fails."""
    return subprocess.run([BINARIES / "vedette", *map(str, arguments)], check=True, text=True, capture_output=True, **options)


def eventually(condition, seconds=15.0):
    """Asks `condition` until its answer is true, and returns it; AssertionError with the last answer after `seconds`."""
    end = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < end, f"not within {seconds:g} s; the last answer was {answer!r}"
        time.sleep(0.1)
    return answer


def processes_in(directory):
    """Pids of the processes whose working directory is `directory`, as every service of a mesh has it."""
    found = []
    for process in pathlib.Path("/proc").iterdir():
        try:
            if process.name.isdigit() and pathlib.Path(os.readlink(process / "cwd")) == directory:
                found.append(int(process.name))
        except OSError:  # ended meanwhile, or another user's
            continue
    return found


class Mesh:
    """`vedette up DIRECTORY/mesh.yaml`, up inside a `with`."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory).resolve()
        self.services = yaml.safe_load((self.directory / "mesh.yaml").read_text())["services"]
        self.process = None

    def address(self, executable):
        """HOST:PORT of the executable's main listener."""
        return next(s["settings"]["http.listen"] for s in self.services if s["executable"] == executable)

    def url(self, executable):
        """The URL of the executable's main listener, without a slash at its end."""
        return f"http://{self.address(executable)}"

    def control_urls(self):
        """Name and URL of where each service's own routes answer: the tap's are on its second port."""
        for service in self.services:
            settings = service["settings"]
            yield service.get("name", service["executable"]), f"http://{settings.get('control.listen', settings['http.listen'])}"

    def __enter__(self):
        left = processes_in(self.directory)
        assert not left, f"processes {left} still work in {self.directory}"
        command = [BINARIES / "vedette", "up", self.directory / "mesh.yaml"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            eventually(self._is_up, 30)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Ends the mesh by SIGTERM, where it still runs; its exit code and the pids that outlived it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
        return self.process.returncode, processes_in(self.directory)

    def _is_up(self):
        assert self.process.poll() is None, f"vedette up ended: {self.process.communicate()[1]}"
        try:
            return all(requests.get(f"{url}/readyz", timeout=2).status_code == 200 for _, url in self.control_urls())
        except requests.ConnectionError:
            return False
