"""A run through everything that can go wrong at a server, with an account of what the run and the server each say."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import agentkit as ak
from tests.server import MIX, SLOW_MIX, Body, MessagesServer

STREAMED_TOKENS = 30_000
"""Replies that may be this long come as streams."""
TIMEOUT_S = 3.0
TOKENS = ("input_tokens", "output_tokens")


@dataclass(frozen=True)
class Account:
    """What happened."""

    happened: dict[str, int]
    """How often each fault happened."""
    differences: list[str]
    """Where the results are not what they should be, or not what the server counted."""


def through_faults(store: Path, trials: int, rate: float, seed: int) -> Account:
    """Run so many trials, half of them streamed, while that part of all calls goes wrong."""
    variants = {"plain": ak.Variant("A"), "streamed": ak.Variant("B", max_tokens=STREAMED_TOKENS)}
    arguments: dict[str, Any] = {"epochs": 2, "model": "claude-haiku-6", "store": store, "progress": False}
    prompts = [f"p{n}" for n in range(trials // 4)]
    with MessagesServer(_answer) as server:
        server.mix(rate, seed, (*MIX, *SLOW_MIX))
        server.faults = [None, *MIX, *SLOW_MIX]  # each of them at least once
        backend = ak.Messages(server.url, "k", timeout_s=TIMEOUT_S)
        results = ak.run(variants, prompts, backend=backend, **arguments)
        calls = len(server.calls)
        again = ak.run(variants, prompts, backend=backend, **arguments)
        counts = Counter(map(_answer, server.delivered))
        said = {
            "trials": (len(results), trials),
            "errors": ([one.error for one in results.errors], []),
            "delivered": (len(server.delivered), trials),
            "delivered for each": (set(counts.values()), {2}),
            "calls of a second run": (len(server.calls) - calls, 0),
            "results of a second run": (again == results, True),
            "streamed": (sum(bool(body.get("stream")) for body in server.delivered), trials // 2),
        }
        said |= {name: (int(results.frame[name].sum()), server.usage[name]) for name in TOKENS}
    wrong = [f"{one.trial}: {one.output!r}" for one in results if one.output != _answer(dict(one.trial.request))]
    wrong += [f"{name}: {ours}, not {theirs}" for name, (ours, theirs) in said.items() if ours != theirs]
    return Account(dict(server.happened), wrong)


def _answer(body: Body) -> str:
    """Return what only this cell of the table gets."""
    return f"{body['system']} {body['messages'][0]['content']}"
