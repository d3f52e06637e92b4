"""One call that is sure to end.

It is paced by the limiter, retried where that can help, paid for from the budget, and put away before it counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from agentkit.backends import caching, prices
from agentkit.backends.imports import collector_paused
from agentkit.backends.protocol import Backend, Reply
from agentkit.errors import AgentkitError, BackendError, CallError, CredentialsMissing, ModelNotFound, ServerUnreachable
from agentkit.experiment.budget import Budget
from agentkit.experiment.costs import worst_cost
from agentkit.experiment.limiter import ATTEMPTS, LONGEST_PAUSE_S, Limiter
from agentkit.experiment.progress import Meter
from agentkit.experiment.record import Call
from agentkit.experiment.secrets import known, scrub

SLOW_S = 0.05
STARTING_ATTEMPTS = 3
"""How often a call is tried at a server that has not answered anything yet."""


def _import_sdk() -> None:
    with contextlib.suppress(ImportError), collector_paused():  # the backend says itself that it is missing
        importlib.import_module("anthropic")


class Keeper(Protocol):
    """Where finished calls go."""

    async def put(self, call: Call) -> None:
        """Return when the call is durable."""


class Shut(Exception):
    """Calls of this kind cannot succeed any more; the reason is the tree's error."""

    def __init__(self, reason: BackendError) -> None:
        super().__init__(str(reason))
        self.reason = reason


class GaveUp(Exception):
    """A call failed for good."""

    def __init__(self, error: CallError, attempts: int) -> None:
        super().__init__(str(error))
        self.error = error
        self.attempts = attempts


class Caller:
    """Carries out calls on one backend under one policy."""

    def __init__(
        self, backend: Backend, limiter: Limiter, keepers: list[Keeper], meter: Meter, budget: Budget | None
    ) -> None:
        self._backend = backend
        self.limiter = limiter
        self._keepers = keepers
        self._meter = meter
        self._budget = budget
        self._keys = known()
        self.caches = backend.name == "messages"
        """Whether the prompt cache of the protocol may be used."""
        self.answered = False
        """Whether the server has answered any call well."""
        self.slow = False
        """Whether replies take long enough for this process to be idle meanwhile."""
        self.shut: BackendError | None = None
        """Why no call can succeed any more."""
        self.shut_models: dict[str, BackendError] = {}
        """Models that no call can use, with the reason."""

    async def warm_up(self) -> None:
        """Import what the backend will need, off the loop: deadline, interrupt and progress go on meanwhile."""
        if self._backend.name == "messages" and "anthropic" not in sys.modules:
            await asyncio.to_thread(_import_sdk)

    def closed_for(self, model: str) -> BackendError | None:
        """Return why calls to this model cannot succeed; None where they may."""
        return self.shut or self.shut_models.get(model)

    async def call(
        self, key: str, variant: str, sample: str, epoch: int, request: Mapping[str, Any], *, cache: bool = False
    ) -> Call:
        """Carry out one call; it is durable on return.

        Args:
            key: The trial's key, or that of its turn.
            variant: Name of the variant.
            sample: Id of the sample.
            epoch: Which repeat.
            request: What to send.
            cache: Whether to mark the system prompt for the prompt cache, which changes no reply and no key.

        Raises:
            GaveUp: it failed for good.
            Shut: it cannot succeed, for a reason that holds for others too.
            StoreError: its answer could not be put away.
        """
        attempt = 0
        while True:
            attempt += 1
            started = await self.limiter.acquire()
            try:
                if reason := self.closed_for(str(request["model"])):
                    raise Shut(reason)
                held = 0.0
                if self._budget is not None:
                    held = await self._budget.reserve(worst_cost(self._backend, request), request)
                try:
                    reply = await self._backend.send(caching.marked(request) if cache else request)
                except BaseException as raised:
                    if self._budget is not None:
                        self._budget.settle(held, self._cost_of_failure(raised, held))
                    if not isinstance(raised, Exception):
                        raise
                    error = self._told(raised, str(request["model"]))
                    self._note(error, request, attempt, started)
                else:
                    self.answered = True
                    self.slow = self.slow or reply.latency_s > SLOW_S
                    self.limiter.succeeded()
                    self.limiter.observe(getattr(self._backend, "limits", None))
                    done = Call(key, variant, sample, epoch, request, self._clean(reply), None, self._backend.name)
                    return await self._finish(done, held)
            finally:
                self.limiter.release()
            if not error.retryable or attempt >= ATTEMPTS or (error.retry_after_s or 0) > LONGEST_PAUSE_S:
                raise GaveUp(error, attempt) from error
            await asyncio.sleep(self.limiter.delay(attempt, error))

    async def _finish(self, call: Call, held: float) -> Call:

        reply = call.reply
        cost = prices.of_reply(reply, backend=self._backend.name)
        call = Call(call.key, call.variant, call.sample, call.epoch, call.request, reply, cost, call.backend)
        if self._budget is not None:
            self._budget.settle(held, cost)
        self._meter.spent(
            reply.input_tokens + reply.cache_read_tokens + reply.cache_write_tokens, reply.output_tokens, cost
        )
        for keeper in self._keepers:
            # A store has taken the call before it waits, so an interrupt now loses the waiting and not the call.
            await keeper.put(call)
        return call

    def _cost_of_failure(self, error: BaseException, held: float) -> float:
        """Return what a failed call may have cost: a reply that was cut, or abandoned, was generated and is charged."""
        if isinstance(error, CallError):
            return held if error.kind in ("cut", "timeout", "garbage") else 0.0
        return held if isinstance(error, asyncio.CancelledError) else 0.0

    def _note(self, error: CallError, request: Mapping[str, Any], attempt: int, started: float) -> None:
        """Let an error move the level, and shut what cannot succeed any more."""
        self.limiter.failed(error, started)
        model = str(request["model"])
        if error.kind == "authentication" and not error.retryable:
            self.shut = CredentialsMissing(
                f"the server refused the key: {error.said}",
                hint=error.hint or "set ANTHROPIC_API_KEY to a valid key, or pass backend=ak.Embedded()",
            )
            raise Shut(self.shut) from error
        if error.kind == "permission":
            self.shut_models[model] = CredentialsMissing(
                f"the key may not use {model}: {error.said}", hint=error.hint or "use another model: model='…'"
            )
            raise Shut(self.shut_models[model]) from error
        if error.kind == "not_found" and error.status == 404:
            self.shut_models[model] = ModelNotFound(
                f"the server knows no model {model!r}: {error.said}",
                received=model,
                hint=error.hint or "use an alias (sonnet, opus, haiku) or a model id that the server lists",
            )
            raise Shut(self.shut_models[model]) from error
        if error.kind == "connection" and not self.answered:
            self.limiter.level = 1.0
            if attempt >= STARTING_ATTEMPTS:
                self.shut = ServerUnreachable(
                    f"nothing answers: {error.message}", hint=error.hint or "check ANTHROPIC_BASE_URL and the network"
                )
                raise Shut(self.shut) from error

    def _told(self, error: Exception, model: str) -> CallError:
        if isinstance(error, CallError):
            message = scrub(error.message, self._keys)
            if message == error.message:
                return error
            return CallError(
                message,
                kind=error.kind,
                status=error.status,
                request_id=error.request_id,
                retry_after_s=error.retry_after_s,
                retryable=error.retryable,
                hint=error.hint,
                said=scrub(error.said, self._keys),
            )
        if isinstance(error, (CredentialsMissing, ServerUnreachable)):
            self.shut = error
            raise Shut(error) from error
        if isinstance(error, BackendError):  # another model may be there all the same
            self.shut_models[model] = error
            raise Shut(error) from error
        if isinstance(error, AgentkitError):
            raise error
        return CallError(scrub(f"{type(error).__name__}: {error}", self._keys), kind="other")

    def _clean(self, reply: Reply) -> Reply:
        """Return the reply without keys, its time in whole milliseconds: what is kept is what is shown now."""
        latency = round(reply.latency_s, 3)
        if latency != reply.latency_s:
            reply = replace(reply, latency_s=latency)
        if not any(key in reply.output for key in self._keys):
            return reply
        return replace(reply, output=scrub(reply.output, self._keys), blocks=())
