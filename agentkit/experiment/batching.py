"""A plan through the Message Batches API: half the price, no limit of one machine, done within a day.

What was sent is in the store before anything is waited for, so another process, on another day, goes on waiting
instead of sending again. Interrupting stops the waiting and not the batch; `cancel_batches` stops it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any

from agentkit.backends import failures, prices
from agentkit.backends.batches import Batches
from agentkit.backends.messages import Messages
from agentkit.backends.protocol import Backend, Reply
from agentkit.errors import CallError, PlanError
from agentkit.experiment import batch_notes as notes
from agentkit.experiment.batch_orphans import FIRST_LOOK_S, find, wait
from agentkit.experiment.budget import Budget
from agentkit.experiment.calling import Keeper
from agentkit.experiment.costs import worst_cost
from agentkit.experiment.outcome import Outcome
from agentkit.experiment.plan import Plan, Trial
from agentkit.experiment.progress import Meter
from agentkit.experiment.record import Call, Failure, failure_of
from agentkit.experiment.secrets import scrub

if TYPE_CHECKING:
    from agentkit.experiment.store import Store

AT_ONCE = 500
"""Results put away in one go."""


class BatchRun:
    """One plan being carried out by batches."""

    def __init__(
        self,
        plan: Plan,
        backend: Backend,
        meter: Meter,
        *,
        store: Store | None,
        keepers: list[Keeper],
        budget: Budget | None,
        found: Mapping[str, Call],
        address: str,
        on_outcome: Callable[[Outcome], None] | None = None,
    ) -> None:
        if not isinstance(backend, Messages):
            raise PlanError("batches go through the Messages API alone", received=backend.name, hint="batch=False")
        if plan.tools:
            raise PlanError("a batch cannot answer tools: each trial is one call", hint="batch=False, or no tools")
        self._backend = backend
        self._batches = Batches(backend)
        self._store = store
        self._keepers = keepers
        self._budget = budget
        self._meter = meter
        self._address = address
        self._on_outcome = on_outcome
        self._by_key: dict[str, list[Trial]] = {}
        for trial in plan.trials:
            self._by_key.setdefault(trial.key, []).append(trial)
        self._found = found
        self.outcomes: dict[tuple[str, str, int], Outcome] = {}
        """By variant, sample and epoch, as they end."""

    async def carry_out(self) -> None:
        """Send what is missing, wait for it, and put it away.

        Raises:
            BackendError: the server does not take batches, or the key.
            BudgetExceeded: what is missing could pass the budget.
        """
        for key in self._by_key:
            if key in self._found:
                self._finish(key, self._found[key], reused=True)
        left = {key for key in self._by_key if key not in self._found}
        while left:
            sent = await self._open_batches(left)
            covered = {key for keys in sent.values() for key in keys}
            fresh = [key for key in self._by_key if key in left and key not in covered]
            if fresh and self._store is not None:
                claimed = await self._store.claim(fresh)
                for key, call in claimed.done.items():
                    self._finish(key, call, reused=True)
                    left.discard(key)
                # Only now can nobody else send them, so only now is it sure what whoever had them before has sent.
                sent |= await self._left_behind(set(claimed.granted))
                covered = {key for keys in sent.values() for key in keys}
                fresh = [key for key in claimed.granted if key not in covered]
            if fresh:
                sent |= await self._submit(fresh)
            for id, keys in sent.items():
                await self._collect(id, [key for key in keys if key in left])
                left -= set(keys)
            if left and not sent:
                await asyncio.sleep(FIRST_LOOK_S)  # another process has claimed them and is about to send them

    async def _open_batches(self, left: set[str]) -> dict[str, list[str]]:
        """Return batches of an earlier run that still hold trials of this one."""
        if self._store is None:
            return {}
        known = await self._store.ask(lambda rows: notes.open_batches(rows, self._address))
        return {id: keys for id, keys in known.items() if not left.isdisjoint(keys)}

    async def _left_behind(self, claimed: set[str]) -> dict[str, list[str]]:
        """Return batches that runs which are gone had sent, whether they noted it or were killed on the way there."""
        assert self._store is not None
        unsure = await self._store.ask(lambda rows: notes.unsure(rows, self._address, claimed))
        for note in unsure:
            known = await self._store.ask(notes.known_ids)
            try:
                id = await find(self._batches, note, known)
            except CallError as error:
                raise failures.for_the_run(error) from None
            settle = partial(notes.drop, note=note.id)
            if id is not None:
                settle = partial(notes.sent, id=id, address=self._address, keys=note.keys, note=note.id)
            await asyncio.shield(self._store.ask(settle))
        return await self._open_batches(claimed)

    async def _submit(self, keys: list[str]) -> dict[str, list[str]]:
        if self._budget is not None:
            trials = {key: self._by_key[key][0].request for key in keys}
            worsts = {key: worst_cost(self._backend, request, batch=True) for key, request in trials.items()}
            await self._budget.reserve_batch(worsts)
        sent: dict[str, list[str]] = {}
        note: str | None = None
        asked = False

        async def before(keys: tuple[str, ...]) -> None:
            nonlocal note, asked
            asked = True
            if self._store is not None:
                note = await self._store.ask(partial(notes.intend, address=self._address, keys=keys))

        try:
            async for one in self._batches.submit({key: self._by_key[key][0].request for key in keys}, before):
                sent[one.id] = list(one.keys)
                if self._store is not None:
                    put = partial(notes.sent, id=one.id, address=self._address, keys=one.keys, note=note)
                    await asyncio.shield(self._store.ask(put))
        except asyncio.CancelledError:
            if not asked:  # else the server may have taken it
                self._release(keys)
            raise
        except CallError as error:
            if note is not None and self._store is not None and 400 <= (error.status or 0) < 500:  # it was not taken
                await self._store.ask(partial(notes.drop, note=note))
            if not sent:
                self._release(keys)
                raise failures.for_the_run(error) from None
        self._release({*keys} - {key for part in sent.values() for key in part})
        return sent

    def _release(self, keys: Iterable[str]) -> None:
        """Give back what was set aside for entries that were not sent, or cost nothing."""
        for key in keys:
            if self._budget is not None:
                self._budget.settle_batched(key, 0.0)

    async def _collect(self, id: str, wanted: list[str]) -> None:
        """Wait for a batch and put its results away."""
        missing = set(wanted)
        try:
            await wait(self._batches, id)
            waiting: list[Any] = []
            async for key, outcome in self._batches.results(id, wanted):
                if key in missing:
                    missing.discard(key)
                    waiting.append(self._settle(key, outcome))
                if len(waiting) >= AT_ONCE:
                    await asyncio.gather(*waiting)
                    waiting = []
            await asyncio.gather(*waiting)
        except CallError as error:
            if error.kind != "not_found":
                raise failures.for_the_run(error) from None
            gone = CallError("the server has no such batch any more", kind="expired", retryable=True)
            await asyncio.gather(*(self._settle(key, gone) for key in missing))
            missing.clear()
        lost = CallError("the batch has no result for this request", kind="other", retryable=True)
        await asyncio.gather(*(self._settle(key, lost) for key in missing))
        if self._store is not None:
            await self._store.ask(lambda rows: notes.ended(rows, id))

    async def _settle(self, key: str, outcome: Reply | CallError) -> None:
        trial = self._by_key[key][0]
        if isinstance(outcome, CallError):
            failure = failure_of(key, trial.variant, trial.sample, trial.epoch, outcome, 1)
            failure = replace(failure, message=scrub(failure.message))
            if self._store is not None:
                await self._store.put_failure(failure)
            self._release([key])
            self._fail(key, failure)
            return
        cost = prices.of_reply(outcome, backend=self._backend.name, batch=True)
        call = Call(key, trial.variant, trial.sample, trial.epoch, trial.request, outcome, cost, self._backend.name)
        if self._budget is not None:
            self._budget.settle_batched(key, cost)
        read = outcome.input_tokens + outcome.cache_read_tokens + outcome.cache_write_tokens
        self._meter.spent(read, outcome.output_tokens, cost)
        for keeper in self._keepers:
            await asyncio.shield(keeper.put(call))
        self._finish(key, call, reused=False)

    def _finish(self, key: str, call: Call, *, reused: bool) -> None:
        for trial in self._by_key[key]:
            own = replace(call, variant=trial.variant, sample=trial.sample, request=trial.request)
            self._meter.done += 1
            self._meter.reused += reused
            self._end(Outcome(trial, (own,), None, reused))

    def _fail(self, key: str, failure: Failure) -> None:
        for trial in self._by_key[key]:
            self._meter.failed += 1
            self._end(Outcome(trial, (), replace(failure, variant=trial.variant, sample=trial.sample)))

    def _end(self, outcome: Outcome) -> None:
        self.outcomes[outcome.trial.variant, outcome.trial.sample, outcome.trial.epoch] = outcome
        if self._on_outcome is not None:
            self._on_outcome(outcome)


def cancel_batches(backend: Messages, store: str | PathLike[str] | None = None) -> tuple[str, ...]:
    """Ask the server to stop every batch that a store knows to be open; what is answered by then is kept by a re-run.

    Args:
        backend: What reaches the server.
        store: The working record; `.agentkit/store.db` where None.

    Returns:
        The ids of the batches that are being stopped.
    """
    from agentkit.experiment import loop
    from agentkit.experiment.order import address_of
    from agentkit.experiment.store import DEFAULT_PATH, Store

    async def cancel() -> tuple[str, ...]:
        stopped = []
        async with loop.using(backend):
            with Store(DEFAULT_PATH if store is None else store) as opened:
                for id in await opened.ask(lambda rows: notes.open_batches(rows, address_of(backend))):
                    try:
                        await Batches(backend).cancel(id)
                        stopped.append(id)
                    except CallError:  # it has ended, or is gone: nothing to stop
                        continue
        return tuple(stopped)

    return loop.wait_for(cancel())
