"""Money set aside before it is spent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agentkit.backends.messages import Messages
from agentkit.errors import BudgetExceeded, PlanError
from agentkit.experiment.budget import Budget
from agentkit.experiment.costs import most_input_tokens, worst_cost

REQUEST: dict[str, Any] = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 1000,
    "messages": [{"role": "user", "content": "é" * 500}],
}


def test_what_is_out_counts_at_its_worst_and_what_came_back_as_it_was() -> None:
    async def main() -> None:
        budget = Budget(1.0)
        held = await budget.reserve(0.6, REQUEST)
        assert budget.left_usd == pytest.approx(0.4)
        waiting = asyncio.create_task(budget.reserve(0.6, REQUEST))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        budget.settle(held, 0.1)
        assert await asyncio.wait_for(waiting, 1) == 0.6
        budget.settle(0.6, None)
        assert budget.spent_usd == pytest.approx(0.7)
        with pytest.raises(BudgetExceeded):
            await budget.reserve(0.4, REQUEST)
        with pytest.raises(BudgetExceeded, match="price"):
            await budget.reserve(None, REQUEST)

    asyncio.run(main())


def test_the_worst_is_no_less_than_any_count() -> None:
    assert most_input_tokens(REQUEST) >= 1000
    backend = Messages(api_key="k")
    worst = worst_cost(backend, REQUEST)
    assert worst is not None
    assert worst >= (1000 * 3.75 + 1000 * 15) / 1e6
    assert worst_cost(backend, {**REQUEST, "model": "no-such"}) is None
    half = worst_cost(backend, REQUEST, batch=True)
    assert half == pytest.approx(worst / 2)


@pytest.mark.parametrize("usd", [-1, float("nan"), "1", True])
def test_a_budget_is_a_number(usd: Any) -> None:
    with pytest.raises(PlanError):
        Budget(usd)


def test_what_a_stopped_run_set_aside_for_a_batch_is_not_set_aside_again() -> None:
    async def main() -> None:
        budget = Budget(1.0)
        await budget.reserve_batch({"a": 0.3, "b": 0.3})
        await budget.reserve_batch({"a": 0.3, "b": 0.3, "c": 0.3})
        assert budget.left_usd == pytest.approx(0.1)
        for key in "abc":
            budget.settle_batched(key, 0.1)
        assert budget.left_usd == pytest.approx(0.7)

    asyncio.run(main())
