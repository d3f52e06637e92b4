"""Run all tests, then the notebooks as a reader's CI would: `python scripts/test.py [pytest arguments]`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> int:
    """Run both parts, each also when the other fails, and return the first exit code that is not 0."""
    codes = [
        pytest("the tests", *sys.argv[1:]),
        pytest("the notebooks, replayed and compared (pytest --nbval)", "--nbval", "notebooks"),
    ]
    return next((code for code in codes if code), 0)


def pytest(what: str, *arguments: str) -> int:
    """Run pytest once in the checkout and return its exit code."""
    print(f"agentkit: running {what}", flush=True)
    return subprocess.call([sys.executable, "-m", "pytest", "-q", *arguments], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
