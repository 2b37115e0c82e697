"""Checks that go on after one failed, a line each, and are counted at the end."""

import contextlib
import traceback


class Checks:
    """Counts checks; each is a `with checks("what holds"):` around assertions."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    @contextlib.contextmanager
    def __call__(self, sentence):
        try:
            yield
        except Exception as error:
            self.failed += 1
            place = traceback.extract_tb(error.__traceback__)[-1]
            print(f"FAIL  {sentence}: {type(error).__name__}: {error} ({place.name}, line {place.lineno}: {place.line})", flush=True)
        else:
            self.passed += 1
            print(f"ok    {sentence}", flush=True)

    def close(self):
        """Prints the count; the exit code that it deserves."""
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0
