"""What is kept of a trial: the calls it made, or how it failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agentkit.backends.protocol import Reply
from agentkit.errors import CallError


@dataclass(frozen=True, slots=True)
class Call:
    """One finished call, as the store and the cassette keep it."""

    key: str
    """The trial's key; of a later turn, that turn's own."""
    variant: str
    sample: str
    epoch: int
    request: Mapping[str, Any] | None
    """The body that was sent; None where only the reply was asked for."""
    reply: Reply
    cost_usd: float | None
    """Dollars at list price when it was made; None where the price was unknown."""
    backend: str


@dataclass(frozen=True, slots=True)
class Failure:
    """How a trial failed, kept beside the results and never taken for an answer."""

    key: str
    variant: str
    sample: str
    epoch: int
    kind: str
    """As `CallError.kind`, or `not_run` for a trial that an earlier failure kept from being tried."""
    message: str
    """What was said, without kind and status."""
    status: int | None = None
    attempts: int = 1

    @property
    def text(self) -> str:
        """The error as tables show it."""
        where = f" {self.status}" if self.status and self.status >= 400 else ""
        tried = f" (after {self.attempts} attempts)" if self.attempts > 1 else ""
        return f"{self.kind}{where}: {self.message}{tried}"


@dataclass(frozen=True, slots=True)
class Claimed:
    """What came of claiming trials."""

    granted: tuple[str, ...]
    """This run may call them."""
    done: Mapping[str, Call] = field(default_factory=dict)
    """Somebody finished them meanwhile."""
    busy: tuple[str, ...] = ()
    """Another run is at them."""


def failure_of(key: str, variant: str, sample: str, epoch: int, error: CallError, attempts: int) -> Failure:
    """Return how a call's error is kept."""
    return Failure(key, variant, sample, epoch, error.kind, error.said, error.status, attempts)
