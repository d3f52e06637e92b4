"""Runs 2,000 trials, half of them streamed, while a fifth of all calls goes wrong, and compares with the server.

    python benchmarks/faults.py
    python benchmarks/faults.py --trials 500 --rate 0.4 --seed 7

Exits 1 where a trial was lost, doubled or mixed up, or a sum is not the server's.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.faulty import through_faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        account = through_faults(Path(name) / "store.db", given.trials, given.rate, given.seed)
    print(f"{given.trials} trials in {time.perf_counter() - started:.0f} s; faults: {account.happened}")
    print("\n".join(account.differences) or "nothing lost, doubled or mixed up; every sum is the server's")
    return 1 if account.differences else 0


if __name__ == "__main__":
    sys.exit(main())
