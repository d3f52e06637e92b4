"""How one trial ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agentkit.backends.protocol import Reply
from agentkit.experiment.plan import Trial
from agentkit.experiment.record import Call, Failure


@dataclass(frozen=True, slots=True)
class Outcome:
    """A trial with what came of it."""

    trial: Trial
    calls: tuple[Call, ...] = ()
    """Its calls in order: one, or one for each turn where it used tools."""
    failure: Failure | None = None
    """Why it failed; None where it did not."""
    reused: bool = False
    """Whether every call of it was in the store already. Replies from a cassette do not count as reused: they say
    what the recorded run said."""

    @property
    def reply(self) -> Reply | None:
        """The last reply; None where the trial failed."""
        return self.calls[-1].reply if self.calls and self.failure is None else None

    @property
    def output(self) -> str | None:
        """The last reply's text; None where the trial failed."""
        reply = self.reply
        return None if reply is None else reply.output

    @property
    def error(self) -> str | None:
        """Why the trial failed, as tables show it; None where it did not."""
        return None if self.failure is None else self.failure.text

    @property
    def cost_usd(self) -> float | None:
        """Dollars of all its calls; None where a price is unknown or none was made."""
        costs = [call.cost_usd for call in self.calls]
        return sum(cost for cost in costs if cost is not None) if costs and None not in costs else None

    @property
    def transcript(self) -> list[dict[str, Any]]:
        """The whole conversation as messages: the request's own, then every reply and what tools answered."""
        if not self.calls:
            return [dict(message) for message in self.trial.request["messages"]]
        last = self.calls[-1]
        request = last.request or self.trial.request
        return [*(dict(message) for message in request["messages"]), assistant_turn(last.reply)]

    def total(self, field: str) -> int:
        """Return a count of tokens over all its calls."""
        return sum(getattr(call.reply, field) for call in self.calls)


def assistant_turn(reply: Reply) -> dict[str, Any]:
    """Return a reply as the message that goes back to the server in the next turn."""
    content: Any = [dict(block) for block in reply.blocks] if reply.blocks else reply.output
    return {"role": "assistant", "content": content}
