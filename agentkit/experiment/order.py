"""What a run was asked for, checked, and what follows from it alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any

from agentkit.backends.imports import collector_paused
from agentkit.backends.protocol import Backend
from agentkit.experiment.budget import Budget
from agentkit.experiment.plan import DEFAULT_MAX_TOKENS, Plan, Variant, make_plan
from agentkit.experiment.progress import Progress
from agentkit.experiment.request import DEFAULT_MAX_TURNS, setting
from agentkit.experiment.sampling import Samples


@dataclass(frozen=True, slots=True)
class Order:
    """What a run was asked for, checked."""

    variants: Mapping[str, Variant]
    samples: Samples
    epochs: int
    model: str | None
    settings: Mapping[str, Any]
    backend: Backend | None
    store: str | PathLike[str] | bool | None
    cassette: str | PathLike[str] | None
    concurrency: int | None
    budget: Budget | None
    deadline_s: float | None
    batch: bool
    progress: bool | Callable[[Progress], Any] | None
    only: frozenset[str] | None = None
    """Keys of the trials to carry out; None for all."""

    def alias(self, variant: Variant) -> str | None:
        """Return the name of the model that a variant gets, as it was given."""
        return self.model if self.model is not None else variant.own_model

    @property
    def max_turns(self) -> dict[str, int]:
        """How many calls a trial of each variant may make."""
        return {
            name: int(setting("max_turns", variant, self.settings) or DEFAULT_MAX_TURNS)
            for name, variant in self.variants.items()
        }


def lay_out(order: Order, models: Mapping[str, str], limit: int, salt: str) -> Plan:
    """Return the plan of an order, given the models that its names stand for."""
    with collector_paused():  # thousands of values are made here, and nothing to collect
        plan = make_plan(
            order.variants,
            order.samples,
            order.epochs,
            models,
            order.settings,
            default_max_tokens=lambda _: limit,
            salt=salt,
        )
    if order.only is None:
        return plan
    return replace(plan, trials=tuple(trial for trial in plan.trials if trial.key in order.only))


def address_of(backend: Backend) -> str:
    """Return what an alias's meaning depends on, hashed: the server's address is nobody's business."""
    from hashlib import sha256

    settings = [name for name in sorted(os.environ) if name == "ANTHROPIC_BASE_URL" or name.endswith("_MODEL")]
    text = f"{backend!r}\n" if type(backend).__repr__ is not object.__repr__ else ""
    text += "\n".join(f"{name}={os.environ[name]}" for name in settings)
    return f"{backend.name}:{sha256(text.encode()).hexdigest()[:16]}"


def salt_of(fidelity: str) -> str:
    """Return what a fidelity adds to a trial's key."""
    return "" if fidelity == "bare" else fidelity


def limit_of(backend: Backend) -> int:
    """Return the `max_tokens` of a request that names none."""
    return int(getattr(backend, "default_max_tokens", DEFAULT_MAX_TOKENS))


_chosen: Backend | None = None


def chosen() -> Backend:
    """Return the backend of a run that names none: chosen anew where the keys changed, else the one of the run before.

    So the embedded model is started once, and says once that it stands in.
    """
    global _chosen
    from agentkit.backends.detect import choose

    fresh = choose()
    if _chosen is None or _chosen.name != fresh.name or fresh.name == "messages":
        _chosen = fresh
    return _chosen
