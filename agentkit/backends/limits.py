"""What the server says of its rate limits, read from the headers of its latest response."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

_PREFIX = "anthropic-ratelimit-"
_MARK = f"{_PREFIX}requests-limit"


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of the server."""

    limit: int
    """How many in its window."""
    remaining: int
    """How many are left in this window."""
    reset_s: float | None
    """Seconds from `Limits.seen_at` until it is full again; None where the server gave no date."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits named by one response; None for each it did not name."""

    requests: Limit | None
    """Requests."""
    input_tokens: Limit | None
    """Input tokens."""
    output_tokens: Limit | None
    """Output tokens."""
    tokens: Limit | None
    """Tokens of both kinds."""
    seen_at: float
    """When it came, on `time.monotonic`'s clock."""


def read(headers: Mapping[str, str]) -> Limits | None:
    """Return the limits that a response's headers name; None where they name none.

    >>> limits = read({"anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "49"})
    >>> limits.requests.remaining, limits.tokens
    (49, None)
    >>> read({})
    """
    if _MARK not in headers and f"{_PREFIX}tokens-limit" not in headers:
        return None
    return Limits(
        requests=_limit(headers, "requests"),
        input_tokens=_limit(headers, "input-tokens"),
        output_tokens=_limit(headers, "output-tokens"),
        tokens=_limit(headers, "tokens"),
        seen_at=time.monotonic(),
    )


def _limit(headers: Mapping[str, str], name: str) -> Limit | None:
    try:
        limit = int(headers[f"{_PREFIX}{name}-limit"])
        remaining = int(headers[f"{_PREFIX}{name}-remaining"])
    except (KeyError, ValueError):
        return None
    try:
        reset = datetime.fromisoformat(headers[f"{_PREFIX}{name}-reset"]).timestamp() - time.time()
    except (KeyError, ValueError):
        return Limit(limit, remaining, None)
    return Limit(limit, remaining, max(0.0, reset))
