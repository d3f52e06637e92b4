"""The one asynchronous core: every trial of a plan, past the store and the cassette, through the backend.

What is in the store is taken from there first. The rest is claimed in small portions (so that another kernel on the
same store gets its share), called as the limiter allows, and counts as finished when its commit has returned. Trials
that another run has claimed are waited for at the end and adopted, or taken over if that run goes away.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from agentkit.backends import caching
from agentkit.backends.imports import collector_paused
from agentkit.errors import BackendError, BudgetExceeded, CredentialsMissing, ModelNotFound, ServerUnreachable
from agentkit.experiment.calling import Caller, GaveUp, Shut
from agentkit.experiment.cassette import Cassette
from agentkit.experiment.conversation import converse
from agentkit.experiment.outcome import Outcome
from agentkit.experiment.plan import Plan, Trial
from agentkit.experiment.progress import Meter
from agentkit.experiment.record import Call, Claimed, Failure, failure_of

if TYPE_CHECKING:
    from agentkit.experiment.store import Store

PORTION = 64
"""Trials claimed at once."""
LOOK_AGAIN_S = 0.25
"""How often trials of another run are looked for."""
KINDS = {CredentialsMissing: "authentication", ModelNotFound: "not_found", ServerUnreachable: "connection"}
"""What a trial's error is called when no call could succeed; `other` for the rest."""


class Run:
    """One plan being carried out."""

    def __init__(
        self,
        plan: Plan,
        caller: Caller,
        meter: Meter,
        *,
        store: Store | None,
        cassette: Cassette | None,
        max_turns: Mapping[str, int],
        salt: str,
        found: dict[str, Call],
        on_outcome: Callable[[Outcome], None] | None = None,
    ) -> None:
        self._plan = plan
        self._caller = caller
        self._meter = meter
        self._store = store
        self._cassette = cassette
        self._max_turns = max_turns
        self._salt = salt
        self._found = found
        self._on_outcome = on_outcome
        self._by_key: dict[str, list[Trial]] = {}
        self.outcomes: dict[tuple[str, str, int], Outcome] = {}
        """By variant, sample and epoch, as they end."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._fatal: BaseException | None = None
        self._moved = asyncio.Event()
        self._cached: set[str] = set()
        self._warm: dict[str, asyncio.Event] = {}

    async def carry_out(self) -> None:
        """Carry out every trial.

        Raises:
            BackendError: nothing could succeed, and why.
            StoreError: an answer could not be put away.
            BudgetExceeded: the next call could pass the budget.
        """
        for trial in self._plan.trials:
            self._by_key.setdefault(trial.key, []).append(trial)
        with collector_paused():  # thousands of values are made here, and nothing to collect
            waiting = deque(key for key in self._by_key if not self._take_found(key))
        if self._caller.caches:
            self._cached = self._cacheable(waiting)
        try:
            if waiting:
                await self._caller.warm_up()
            while waiting and self._fatal is None:
                waiting = await self._pass(waiting)
                if waiting:
                    await self._until_moved(LOOK_AGAIN_S)
            # At the end of a budget what is out is paid for, so its answers are waited for; nothing more is sent.
            while self._tasks and (self._fatal is None or isinstance(self._fatal, BudgetExceeded)):
                await self._until_moved(None)
        finally:
            await self._stop(list(waiting))
        if self._fatal is not None:
            raise self._fatal
        self._raise_if_nothing_succeeded()

    def _take_found(self, key: str) -> bool:
        """Take a trial that is finished already, where it needs no further turns."""
        call = self._found.get(key)
        trials = self._by_key[key]
        if call is None or any(trial.variant in self._plan.tools for trial in trials):
            return False
        if call.reply.stop_reason == "pause_turn":
            return False
        for trial in trials:
            known = self._recorded(_as_of(call, trial, trial.request))
            self._end(Outcome(trial, (known,), None, self._cassette is None))
        return True

    def _recorded(self, call: Call) -> Call:
        """Return a call that was known already, and have it in the cassette."""
        if self._cassette is not None and self._cassette.get(call.key) is None:
            self._cassette.add(call)
        return call

    async def _pass(self, waiting: deque[str]) -> deque[str]:
        """Go once through what waits; return what other runs are at."""
        busy: deque[str] = deque()
        while waiting and self._fatal is None:
            portion = [waiting.popleft() for _ in range(min(PORTION, len(waiting)))]
            claimed = await self._store.claim(portion) if self._store is not None else Claimed(tuple(portion))
            self._found.update(claimed.done)
            self._meter.others = len(busy) + len(claimed.busy)
            busy.extend(claimed.busy)
            ready = [*claimed.granted, *(key for key in claimed.done if not self._take_found(key))]
            for key in ready:
                while len(self._tasks) >= int(self._caller.limiter.level) + PORTION and self._fatal is None:
                    await self._until_moved(None)
                task = asyncio.create_task(self._trial(key))
                self._tasks.add(task)
                task.add_done_callback(self._ended)
        self._meter.others = len(busy)
        return busy

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and self._fatal is None:
            self._fatal = error
        self._moved.set()

    async def _until_moved(self, timeout: float | None) -> None:
        self._moved.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._moved.wait(), timeout)

    async def _stop(self, waiting: list[str]) -> None:
        """Cancel what is out, wait for it, and give back what was not carried out."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=0.5)
        left = [key for key, trials in self._by_key.items() if (_place(trials[0])) not in self.outcomes]
        if self._store is not None and left:
            with contextlib.suppress(Exception):  # claims end with their owner anyhow
                await asyncio.wait_for(asyncio.shield(self._store.give_back(left)), 0.3)

    async def _trial(self, key: str) -> None:
        """Carry out one trial, for every place of the plan that asks for it."""
        trials = self._by_key[key]
        trial = trials[0]
        own = False

        async def fetch(key: str, request: Mapping[str, Any], turn: int) -> Call:
            nonlocal own
            call = await self._known(key, turn)
            if call is not None:
                return self._recorded(_as_of(call, trial, request))
            own = True
            async with self._warming(trial) as cache:
                return await self._caller.call(key, trial.variant, trial.sample, trial.epoch, request, cache=cache)

        try:
            tools = self._plan.tools.get(trial.variant, {})
            calls = await converse(trial, fetch, tools, self._max_turns[trial.variant], self._salt, self._memory())
        except GaveUp as gave_up:
            failed = failure_of(key, trial.variant, trial.sample, trial.epoch, gave_up.error, gave_up.attempts)
            await self._fail(trials, failed)
        except Shut as shut:
            kind = KINDS.get(type(shut.reason), "other")
            await self._fail(trials, Failure(key, trial.variant, trial.sample, trial.epoch, kind, shut.reason.message))
        else:
            for one in trials:
                self._end(Outcome(one, calls, None, not own and self._cassette is None))

    @contextlib.asynccontextmanager
    async def _warming(self, trial: Trial) -> AsyncIterator[bool]:
        """Say whether to use the prompt cache; where it is cold, one call goes ahead and the others wait for it."""
        if trial.variant not in self._cached:
            yield False
            return
        warm = self._warm.get(trial.variant)
        if warm is not None:
            await warm.wait()
            yield True
            return
        warm = self._warm[trial.variant] = asyncio.Event()
        try:
            yield True
        finally:
            warm.set()

    def _cacheable(self, waiting: Collection[str]) -> set[str]:
        """Return the variants whose system prompt is worth caching for the trials that are still to be called."""
        left = [self._by_key[key][0] for key in waiting]
        uses = Counter(trial.variant for trial in left)
        requests = {trial.variant: trial.request for trial in left}
        return {name for name, request in requests.items() if caching.pays(request, uses[name])}

    async def _known(self, key: str, turn: int) -> Call | None:
        if turn == 1 and key in self._found:
            return self._found[key]
        if self._cassette is not None and (call := self._cassette.get(key)) is not None:
            return call
        if turn == 1 or self._store is None:
            return None
        while True:
            claimed = await self._store.claim([key])
            if not claimed.busy:
                return claimed.done.get(key)
            await asyncio.sleep(LOOK_AGAIN_S)

    def _memory(self) -> _Memory:
        return _Memory(self._store, self._cassette)

    async def _fail(self, trials: list[Trial], failure: Failure) -> None:
        if self._store is not None:
            await asyncio.shield(self._store.put_failure(failure))
        for trial in trials:
            self._end(Outcome(trial, (), _for(failure, trial)))

    def _end(self, outcome: Outcome) -> None:
        self.outcomes[_place(outcome.trial)] = outcome
        if outcome.failure is not None:
            self._meter.failed += 1
        else:
            self._meter.done += 1
            self._meter.reused += outcome.reused
        if self._on_outcome is not None:
            self._on_outcome(outcome)

    def _raise_if_nothing_succeeded(self) -> None:
        reasons: list[BackendError] = [
            *([self._caller.shut] if self._caller.shut else []),
            *self._caller.shut_models.values(),
        ]
        if reasons and not any(outcome.failure is None for outcome in self.outcomes.values()):
            raise reasons[0]


class _Memory:
    """What functions answered, in the store and in the cassette."""

    def __init__(self, store: Store | None, cassette: Cassette | None) -> None:
        self._store = store
        self._cassette = cassette

    async def recall(self, key: str) -> str | None:
        found = self._cassette.tool_result(key) if self._cassette is not None else None
        if found is None and self._store is not None:
            found = (await self._store.tool_results([key])).get(key)
        if found is not None and self._cassette is not None:
            self._cassette.put_tool_result(key, found)
        return found

    async def keep(self, key: str, result: str) -> None:
        if self._store is not None:
            await self._store.put_tool_result(key, result)
        if self._cassette is not None:
            self._cassette.put_tool_result(key, result)


def _place(trial: Trial) -> tuple[str, str, int]:
    return (trial.variant, trial.sample, trial.epoch)


def _as_of(call: Call, trial: Trial, request: Mapping[str, Any]) -> Call:
    return Call(call.key, trial.variant, trial.sample, trial.epoch, request, call.reply, call.cost_usd, call.backend)


def _for(failure: Failure, trial: Trial) -> Failure:
    return Failure(
        failure.key,
        trial.variant,
        trial.sample,
        trial.epoch,
        failure.kind,
        failure.message,
        failure.status,
        failure.attempts,
    )
