"""What results used, in sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.experiment.results import Results


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, dollars and trials in sum."""

    trials: int
    failed: int
    reused: int
    """Trials that were in the store already."""
    calls: int
    """Calls behind the trials, reused ones included."""
    input_tokens: int
    """Neither read from nor written to the prompt cache."""
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cost_usd: float | None
    """Dollars at list price, reused trials included; None where a price is unknown."""
    new_usd: float | None
    """Dollars of the trials that were not reused; None where a price is unknown."""

    def __str__(self) -> str:
        cached = f", {self.cache_read_tokens:,} of it from the prompt cache" if self.cache_read_tokens else ""
        total = self.input_tokens + self.cache_read_tokens + self.cache_write_tokens
        cost = "price unknown" if self.cost_usd is None else f"${self.cost_usd:.4f}"
        return (
            f"{self.trials} trials ({self.reused} reused, {self.failed} failed), {total:,} tokens in{cached}, "
            f"{self.output_tokens:,} out, {cost}"
        )

    __repr__ = __str__


def usage_of(results: Results) -> Usage:
    """Return the sums over results."""
    replies = [call.reply for outcome in results for call in outcome.calls]
    costs = [call.cost_usd for outcome in results for call in outcome.calls]
    fresh = [call.cost_usd for outcome in results if not outcome.reused for call in outcome.calls]
    return Usage(
        len(results),
        sum(outcome.failure is not None for outcome in results),
        results.reused,
        len(replies),
        sum(reply.input_tokens for reply in replies),
        sum(reply.output_tokens for reply in replies),
        sum(reply.cache_read_tokens for reply in replies),
        sum(reply.cache_write_tokens for reply in replies),
        _sum(costs),
        _sum(fresh),
    )


def _sum(costs: list[float | None]) -> float | None:
    return None if None in costs else sum(cost for cost in costs if cost is not None)
