"""A cassette of 10,000 calls: opened, and replayed whole, against json.loads of each of its lines, in one process.

    python benchmarks/cassettes.py [CALLS]

Medians of five rounds taken in turn. Exits 1 where opening takes longer than the lines' json.loads.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import agentkit as ak
from agentkit.experiment.cassette import Cassette

ROUNDS = 5
SYSTEM = "You review the routes of a web service and say what is missing. " * 56
REPLY = "Answer 201 with the order's address, and 409 where it is there already. " * 14
"""About 1,000 characters."""


def question(number: int) -> str:
    return f"Route {number}: POST /orders/{number} writes a row and answers 201. What is missing?"


def recorded(path: Path, calls: int) -> None:
    ak.run(SYSTEM, map(question, range(calls)), backend=ak.Scripted(REPLY), cassette=path, store=False, progress=False)


def replay(path: Path, calls: int) -> None:
    ak.use_cassette(path)
    assert len(ak.run(SYSTEM, map(question, range(calls)), backend=ak.Scripted([]), progress=False)) == calls


def parse(path: Path) -> None:
    with path.open(encoding="utf-8") as file:
        for line in file:
            json.loads(line)


def measure(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    seen: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            started = time.perf_counter()
            work()
            seen[name].append(time.perf_counter() - started)
    return {name: statistics.median(times) for name, times in seen.items()}


def main(calls: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.jsonl"
        recorded(path, calls)
        took = measure(
            {
                "json.loads": lambda: parse(path),
                "open": lambda: Cassette(path, recording=False),
                "replay": lambda: replay(path, calls),
            }
        )
        print(
            f"{calls:,} calls, {path.stat().st_size / 1e6:.1f} MB: "
            + ", ".join(f"{n} {t:.3f} s" for n, t in took.items())
        )
    opened, replayed = took["open"] / took["json.loads"], took["replay"] / took["json.loads"]
    print(f"  replay against json.loads of each line: {replayed:.2f} x")
    print(f"  {'ok  ' if opened <= 1 else 'MISS'} open against json.loads of each line: {opened:.2f} x (at most 1)")
    return 0 if opened <= 1 else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
