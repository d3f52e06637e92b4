"""Answering a plan from a cassette alone: no backend, no store, no progress, and the recorded figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentkit.experiment.cassette import Cassette
from agentkit.experiment.conversation import converse
from agentkit.experiment.outcome import Outcome
from agentkit.experiment.plan import Plan, Trial
from agentkit.experiment.record import Call
from agentkit.experiment.stale import stale


class CassetteMemory:
    """Answers of functions as the cassette has them."""

    def __init__(self, cassette: Cassette) -> None:
        self._cassette = cassette

    async def recall(self, key: str) -> str | None:
        """Return what was recorded."""
        return self._cassette.tool_result(key)

    async def keep(self, key: str, result: str) -> None:
        """Record an answer."""
        self._cassette.put_tool_result(key, result)


async def replay(plan: Plan, cassette: Cassette, max_turns: Mapping[str, int], salt: str) -> list[Outcome]:
    """Return every trial as it was recorded.

    Raises:
        StaleCassette: a call is not recorded.
    """
    memory = CassetteMemory(cassette)
    return [await _trial(trial, plan, cassette, memory, max_turns[trial.variant], salt) for trial in plan.trials]


async def _trial(
    trial: Trial, plan: Plan, cassette: Cassette, memory: CassetteMemory, max_turns: int, salt: str
) -> Outcome:
    async def fetch(key: str, request: Mapping[str, Any], turn: int) -> Call:
        call = cassette.get(key)
        if call is None:
            raise stale(cassette, trial, request, turn)
        return Call(key, trial.variant, trial.sample, trial.epoch, request, call.reply, call.cost_usd, call.backend)

    return Outcome(trial, await converse(trial, fetch, plan.tools.get(trial.variant, {}), max_turns, salt, memory))
