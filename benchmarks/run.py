"""Measures agentkit against the loops a user would write, as ratios within one run: absolute times are the machine's.

    python benchmarks/run.py            # 900 and 9,000 trials, at 0 and 300 ms: some minutes
    python benchmarks/run.py --quick    # 900 trials at 0 ms, one round

Whole processes, imports included; CPU and memory as the system counts them for each (wait4). The rounds are taken in
turn and the median of each contender counts. Exits 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CONTENDERS = ("plain", "aiohttp", "agentkit")


@dataclass(frozen=True)
class Cost:
    cpu_s: float
    wall_s: float
    rss_kb: int
    calls: int
    disk_bytes: int = 0


@contextlib.contextmanager
def server(latency_s: float) -> Iterator[str]:
    command = [sys.executable, str(HERE / "server.py"), "--latency-s", str(latency_s)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        yield child.stdout.readline().strip()
    finally:
        child.communicate()


def counted(url: str) -> int:
    with urllib.request.urlopen(f"{url}/counts") as response:
        return int(json.load(response)["messages"])


def measure(command: list[str], url: str | None = None) -> Cost:
    before = counted(url) if url else 0
    started = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    child = subprocess.Popen([sys.executable, *command], env=environment)
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
    # Linux counts in KB, macOS in bytes.
    rss = used.ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    return Cost(used.ru_utime + used.ru_stime, wall, rss, counted(url) - before if url else 0)


def contend(who: str, url: str, trials: int, folder: Path) -> Cost:
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(HERE / "loops.py"), who, url, "--trials", str(trials), "--folder", str(folder)]
    cost = measure(command, url)
    disk = sum(path.stat().st_size for path in folder.glob("store.db*"))
    return Cost(cost.cpu_s, cost.wall_s, cost.rss_kb, cost.calls, disk)


def medians(latency_s: float, trials: int, rounds: int, folder: Path) -> dict[str, Cost]:
    seen: dict[str, list[Cost]] = {who: [] for who in CONTENDERS}
    with server(latency_s) as url:
        for number in range(rounds):
            for who in CONTENDERS:
                place = folder / f"{who}-{latency_s}-{trials}-{number}"
                cost = contend(who, url, trials, place)
                assert cost.calls == trials, f"{who}: {cost.calls} calls for {trials} trials"
                seen[who].append(cost)
    names = ("cpu_s", "wall_s", "rss_kb", "calls", "disk_bytes")
    middle = {
        who: Cost(*(statistics.median(getattr(cost, name) for cost in costs) for name in names))
        for who, costs in seen.items()
    }
    print(f"\n{trials} trials, {latency_s * 1000:.0f} ms, concurrency 64, {rounds} rounds")
    for who, cost in middle.items():
        memory = f"{cost.rss_kb / 1024:7.0f} MB"
        print(
            f"  {who:9} {cost.cpu_s:7.2f} CPU-s {cost.wall_s:7.2f} s {memory} {cost.disk_bytes / 1e6:6.1f} MB on disk"
        )
    return middle


class Targets:
    missed = 0

    def hold(self, what: str, value: float, most: float, unit: str = "x") -> None:
        good = value <= most
        self.missed += not good
        print(f"  {'ok  ' if good else 'MISS'} {what}: {value:.2f} {unit} (at most {most:g})")


def against(targets: Targets, costs: dict[str, Cost], latency_s: float) -> None:
    plain, aiohttp, ours = (costs[who] for who in CONTENDERS)
    at = f"at {latency_s * 1000:.0f} ms"
    if not latency_s:
        targets.hold("CPU against the loop", ours.cpu_s / plain.cpu_s, 0.85)
        targets.hold("CPU against the loop on aiohttp", ours.cpu_s / aiohttp.cpu_s, 1.1)
    targets.hold(f"wall {at} against the better loop", ours.wall_s / min(plain.wall_s, aiohttp.wall_s), 1.0)


def added(targets: Targets, few: dict[str, Cost], many: dict[str, Cost], folder: Path) -> None:
    more = many["plain"].calls - few["plain"].calls
    cpu = {who: (many[who].cpu_s - few[who].cpu_s) / more * 1000 for who in CONTENDERS}
    print("\nCPU of each added call: " + ", ".join(f"{who} {cpu[who]:.2f} ms" for who in CONTENDERS))
    targets.hold("CPU of an added call against the loop's", cpu["agentkit"] / cpu["plain"], 0.5)
    memory = (many["agentkit"].rss_kb - few["agentkit"].rss_kb) / more
    rows = (folder / f"agentkit-0.0-{many['plain'].calls}-0" / "out.csv").stat().st_size / 1024 / many["plain"].calls
    targets.hold("memory of an added trial beyond its text", memory - rows, 4, "KB")
    text = 1.5
    disk = (many["agentkit"].disk_bytes - few["agentkit"].disk_bytes) / more / 1024
    targets.hold("disk of an added trial beyond its text", disk - text, 2, "KB")


def reused(targets: Targets, trials: int, folder: Path) -> None:
    with server(0.0) as url:
        # The same address is part of nothing that is kept: only the requests are.
        cost = contend("agentkit", url, trials, folder / f"agentkit-0.0-{trials}-0")
    print(f"\nThe same {trials} trials again: {cost.calls} calls, {cost.cpu_s:.2f} CPU-s, {cost.wall_s:.2f} s")
    targets.hold("calls", cost.calls, 0, "calls")
    targets.hold("whole process", cost.wall_s, 1.5, "s")


def imports(targets: Targets, rounds: int) -> None:
    def best(code: str) -> float:
        return min(measure(["-c", code]).cpu_s for _ in range(max(3, rounds)))

    nothing = best("pass")
    ours, theirs = best("import agentkit") - nothing, best("import anthropic") - nothing
    print(f"\nImport: agentkit {ours:.3f} CPU-s, anthropic {theirs:.3f}")
    targets.hold("import agentkit against import anthropic", ours / theirs, 0.1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    targets = Targets()
    rounds = 1 if given.quick else given.rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        imports(targets, rounds)
        few = medians(0.0, 900, rounds, folder)
        against(targets, few, 0.0)
        if not given.quick:
            against(targets, medians(0.3, 900, rounds, folder), 0.3)
            added(targets, few, medians(0.0, 9_000, 1, folder), folder)
            reused(targets, 9_000, folder)
        else:
            reused(targets, 900, folder)
    print(f"\n{'every target held' if not targets.missed else f'{targets.missed} targets missed'}")
    return 1 if targets.missed else 0


if __name__ == "__main__":
    sys.exit(main())
