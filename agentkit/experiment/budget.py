"""Money that must not be passed: what is out is counted at its worst before it is sent."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

from agentkit.errors import BudgetExceeded, PlanError

POLL_S = 0.02
"""How often a call that waits for others looks again; they may belong to another loop."""


class Budget:
    """Dollars that runs and graders may spend together.

    Args:
        usd: Dollars at list price, over everything that shares this budget.

    Before a call is sent, the most it can cost (every input token written to the prompt cache, every output token that
    `max_tokens` allows) is set aside; when its reply is there, what it did cost takes that place. So the sum of what
    was spent and what is out never passes the budget. A call whose price is unknown is not sent at all. A reply that
    was lost on its way was generated all the same and counts at its worst.

    >>> budget = Budget(1.0)
    >>> budget.left_usd
    1.0
    """

    def __init__(self, usd: float) -> None:
        if isinstance(usd, bool) or not isinstance(usd, (int, float)) or not usd >= 0:
            raise PlanError("a budget is a number of dollars from 0", received=usd)
        self.usd = float(usd)
        self._lock = threading.Lock()
        self._spent = 0.0
        self._held = 0.0
        self._batched: dict[str, float] = {}

    def __repr__(self) -> str:
        return f"Budget({self.usd:g} USD: {self.spent_usd:.6f} spent, {self.left_usd:.6f} left)"

    @property
    def spent_usd(self) -> float:
        """Dollars spent."""
        return self._spent

    @property
    def left_usd(self) -> float:
        """Dollars that are neither spent nor set aside."""
        return max(0.0, self.usd - self._spent - self._held)

    async def reserve(self, worst: float | None, request: Mapping[str, Any]) -> float:
        """Set aside the most that a call can cost; where only calls that are out stand in the way, wait for them.

        Args:
            worst: Dollars it can cost at most; None where its price is unknown.
            request: The body that is about to be sent.

        Returns:
            The dollars set aside, for `settle`.

        Raises:
            BudgetExceeded: it could pass the budget, or its price is unknown.
        """
        if worst is None:
            raise BudgetExceeded(
                f"the price of {request.get('model')} is unknown, so no budget can hold it",
                hint="run it without budget_usd, or use a model whose price is known",
            )
        while not self._hold(worst, "the next call"):
            await asyncio.sleep(POLL_S)
        return worst

    async def reserve_batch(self, worsts: Mapping[str, float | None]) -> None:
        """Set aside the most that a batch can cost; it stays so, also after a run that is stopped, until it is settled.

        What a run that was stopped set aside for an entry is not set aside twice.

        Args:
            worsts: Dollars by trial key; None where a price is unknown.

        Raises:
            BudgetExceeded: it could pass the budget, or a price is unknown.
        """
        known = {key: worst for key, worst in worsts.items() if worst is not None}
        if len(known) < len(worsts):
            raise BudgetExceeded(
                "the price of a model is unknown, so no budget can hold the batch",
                hint="run it without budget_usd, or use a model whose price is known",
            )
        with self._lock:
            more = sum(known.values()) - sum(self._batched.get(key, 0.0) for key in known)
        while not self._hold(more, "the batch"):
            await asyncio.sleep(POLL_S)
        with self._lock:
            self._batched.update(known)

    def settle_batched(self, key: str, cost: float | None) -> None:
        """Replace what was set aside for one entry of a batch by what it cost; None: by the whole of it."""
        with self._lock:
            held = self._batched.pop(key, 0.0)
            self._held = max(0.0, self._held - held)
            self._spent += held if cost is None else cost

    def _hold(self, worst: float, what: str) -> bool:
        with self._lock:
            # A batch may be out for a day: nobody waits for that.
            batched = sum(self._batched.values())
            if self._spent + batched + worst > self.usd:
                out = f", and {batched:.6f} could go to batches that are out" if batched else ""
                raise BudgetExceeded(
                    f"{what} could cost {worst:.6f} USD, and {self._spent:.6f} of the budget's {self.usd:g} USD "
                    f"are spent{out}",
                    hint="raise budget_usd, or lower max_tokens; what had finished is kept",
                )
            if self._spent + self._held + worst > self.usd:
                return False
            self._held += worst
            return True

    def settle(self, held: float, cost: float | None) -> None:
        """Replace what was set aside by what the call cost; by the whole of it where that is unknown."""
        with self._lock:
            self._held = max(0.0, self._held - held)
            self._spent += held if cost is None else cost
