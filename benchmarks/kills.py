"""Kills -9 a process in the middle of `ak.run`, again and again, and counts at the server what that cost.

    python benchmarks/kills.py                # 100 kills of runs and 30 of batch runs: some minutes
    python benchmarks/kills.py --kills 10

Exits 1 where an answer was lost or mixed up, or where more was paid twice than was out at the kills.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.killing import AT_ONCE, Tally, kill_often


def held(tally: Tally, batch: bool) -> bool:
    print(f"{'batch runs' if batch else 'runs      '}: {tally}", flush=True)
    return not tally.lost and not tally.wrong and tally.twice <= tally.out and tally.most_out <= AT_ONCE


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    fine = True
    with tempfile.TemporaryDirectory() as name:
        for batch, kills in ((False, given.kills), (True, -(-given.kills * 3 // 10))):
            folder = Path(name) / str(batch)
            folder.mkdir()
            fine &= held(kill_often(folder, kills, 400, batch=batch, seed=given.seed), batch)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
