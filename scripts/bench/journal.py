#!/usr/bin/env python3
"""How fast the journal is, and what `kill -9` takes from it.

    scripts/bench/journal.py [--seconds 3] [--kills 100]

First `vedette-bench journal`: records of 1 KB a second by durability, beside a plain file. Then a process that appends from
64 tasks at a time is killed at random moments, again and again on the same journal: every record that it had acknowledged
must be there, at its position and with its content, and positions must have no gap. Exits 1 when one is not.

Needs the release build with tests (`swift build -c release --build-tests`): the process is `journal-probe`.
"""

import argparse
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

BINARIES = pathlib.Path(__file__).resolve().parents[2] / ".build" / "release"


def append_until_killed(folder, durability, seconds):
    """What the process acknowledged before it was killed: number by position."""
    process = subprocess.Popen([BINARIES / "journal-probe", folder, durability, "64"], stdout=subprocess.PIPE)
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(process.stdout))
    reader.start()
    while not lines:  # it has begun
        assert process.poll() is None, f"journal-probe ended with {process.returncode}"
        time.sleep(0.001)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    reader.join()
    whole = (line.split() for line in lines if line.endswith(b"\n"))
    return {int(position): int(number) for position, number in whole}


def held(folder):
    """What the journal holds, and how many records it admits to have lost."""
    text = subprocess.run([BINARIES / "journal-probe", folder, "list"], check=True, capture_output=True, text=True).stdout
    lines = [line.split() for line in text.splitlines()]
    lost = sum(int(count) for word, count in lines if word == "lost")
    return {int(position): int(number) for position, number in lines if position != "lost"}, lost


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=3)
    arguments.add_argument("--kills", type=int, default=100)
    options = arguments.parse_args()
    subprocess.run([BINARIES / "vedette-bench", "journal", str(options.seconds)], check=True)

    generator = random.Random(7)
    missing = 0
    for durability in ("os", "fsync"):
        with tempfile.TemporaryDirectory() as folder:
            acknowledged = {}
            for _ in range(options.kills):
                acknowledged |= append_until_killed(folder, durability, generator.uniform(0, 0.1))
            found, lost = held(folder)
            wrong = [position for position, number in acknowledged.items() if found.get(position) != number]
            gaps = max(found) - min(found) + 1 - len(found)
            print(f"{durability}: {options.kills} kills, {len(acknowledged)} acknowledged, {len(found)} there, "
                  f"{len(wrong)} missing or changed, {gaps} gaps, {lost} admitted as lost")
            missing += len(wrong) + gaps + lost
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
