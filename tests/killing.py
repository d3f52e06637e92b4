"""Kills processes in the middle of `ak.run`, and counts at the server what that cost."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import agentkit as ak
from tests.server import Body, MessagesServer

AT_ONCE = 8
LATENCY_S = 0.02
BATCH_LATENCY_S = 0.3
"""A server that takes its time over a batch: some kills fall between its yes and the note of it."""

CHILD = """
import sys
import agentkit as ak

url, store, trials, at_once, batch = sys.argv[1:]
ak.run({"a": "A", "b": "B"}, [f"p{n}" for n in range(int(trials) // 2)], model="claude-haiku-6", max_tokens=50,
       backend=ak.Messages(base_url=url, api_key="k"), store=store, concurrency=int(at_once), batch=batch == "batch",
       progress=lambda now: print(now.done, flush=True))
"""


@dataclass
class Tally:
    """What kills cost."""

    kills: int = 0
    plans: int = 0
    """Plans that were carried to their end, over all their kills."""
    trials: int = 0
    lost: int = 0
    """Answers that a process had counted as finished, or an earlier one had stored, and that were not in the store."""
    wrong: int = 0
    """Trials that in the end had no answer, or that of another."""
    twice: int = 0
    """Answers that were paid for a second time."""
    out: int = 0
    """Answers that were paid for and not stored, summed over the kills."""
    most_out: int = 0

    def __str__(self) -> str:
        return (
            f"{self.kills} kills over {self.plans} plans of {self.trials} trials in sum: {self.lost} lost, "
            f"{self.wrong} wrong, {self.twice} paid twice; out at the kills: {self.out}, {self.most_out} at most"
        )


def kill_often(folder: Path, kills: int, trials: int, *, batch: bool = False, seed: int = 0) -> Tally:
    """Kill so many processes, each at a random moment of its life, and let others finish what they had begun."""
    tally = Tally()
    chance = random.Random(seed)
    while tally.kills < kills:
        store = folder / f"store-{tally.plans}.db"
        with MessagesServer(latency_s=BATCH_LATENCY_S if batch else LATENCY_S) as server:
            server.reply = answer
            server.polls_until_ended = 2
            while tally.kills < kills and _killed(server, store, trials, batch, chance, tally):
                pass
            _finish(server, store, trials, batch, tally)
    return tally


def answer(body: Body) -> str:
    """Return what only this trial gets."""
    return f"{body['system']} {body['messages'][0]['content']}"


def start(server: MessagesServer, store: Path, trials: int, *, batch: bool) -> subprocess.Popen[str]:
    """Start one process that carries the whole plan out."""
    way = "batch" if batch else "calls"
    command = [sys.executable, "-c", CHILD, server.url, str(store), str(trials), str(AT_ONCE), way]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def stored(store: Path) -> set[bytes]:
    """Return the keys that are in a store."""
    if not store.exists():
        return set()
    with closing(sqlite3.connect(store)) as connection:
        if not connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'calls'").fetchone()[0]:
            return set()
        return {key for (key,) in connection.execute("SELECT key FROM calls")}


def _killed(server: MessagesServer, store: Path, trials: int, batch: bool, chance: random.Random, tally: Tally) -> bool:
    """Start a process and kill it; return False where it had finished before."""
    before, paid_before = stored(store), len(server.paid)
    child = start(server, store, trials, batch=batch)
    seen = len(server.received)
    if chance.random() < 0.9:  # the others die on their way to the first call
        _wait(lambda: len(server.received) > seen or child.poll() is not None)
    time.sleep(chance.random() * (1.5 if batch else 0.8 * trials * LATENCY_S / AT_ONCE))
    child.send_signal(signal.SIGKILL)
    said, _ = child.communicate()
    if child.returncode == 0:
        return False
    _wait(lambda: not server.in_flight)  # what was out is generated and paid for all the same
    after = stored(store)
    told = max((int(line) for line in said.split()), default=0)
    tally.kills += 1
    tally.lost += len(before - after) + max(0, told - len(after))
    if not batch:  # a batch is stored piece by piece, and its pieces are paid for once, whoever fetches them
        out = len(server.paid) - paid_before - len(after - before)
        tally.out += out
        tally.most_out = max(tally.most_out, out)
    return True


def _finish(server: MessagesServer, store: Path, trials: int, batch: bool, tally: Tally) -> None:
    """Let the plan end undisturbed, and look at every answer and every payment."""
    child = start(server, store, trials, batch=batch)
    child.communicate()
    if child.returncode:
        raise AssertionError(f"the last process ended with {child.returncode}")
    tally.plans += 1
    tally.trials += trials
    paid = [entry["params"] for one in server.batches.values() for entry in one["entries"]] if batch else server.paid
    tally.twice += sum(Counter(map(answer, paid)).values()) - trials
    calls = len(server.received)
    results = ak.run(
        {"a": "A", "b": "B"},
        [f"p{n}" for n in range(trials // 2)],
        model="claude-haiku-6",
        max_tokens=50,
        backend=ak.Messages(base_url=server.url, api_key="k"),
        store=store,
        progress=False,
    )
    tally.wrong += sum(one.output != answer(dict(one.trial.request)) for one in results) + trials - results.reused
    tally.wrong += len(server.received) - calls


def _wait(true: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.002)
