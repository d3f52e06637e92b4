"""Run all tests, then the notebooks as a reader's CI would: `python scripts/test.py [pytest arguments]`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> int:
    """Run every part, each also when another fails, and return the first exit code that is not 0."""
    # One worker a core, and a file's tests on one of them: they share what is slow to set up.
    # The browsers then have the machine to themselves; each spends most of its time waiting.
    several = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile")
    two = ("-n", "2", "--dist", "loadfile")
    codes = [
        pytest("the tests", "-m", "not browser", *several, *sys.argv[1:]),
        pytest("the tests in a browser", "tests/browser", *two, *sys.argv[1:]),
        pytest("the notebooks, replayed and compared (pytest --nbval)", "--nbval", "notebooks"),
    ]
    return next((code for code in codes if code), 0)


def pytest(what: str, *arguments: str) -> int:
    """Run pytest once in the checkout and return its exit code."""
    print(f"agentkit: running {what}", flush=True)
    return subprocess.call([sys.executable, "-m", "pytest", "-q", *arguments], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
