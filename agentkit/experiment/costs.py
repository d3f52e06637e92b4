"""What calls cost: list prices of the kept library, asked for only where a price can matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentkit.backends.protocol import Reply

FREE = ("scripted", "embedded")
"""Backends whose calls cost nothing, known to."""


def cost_of(backend: Any, reply: Reply) -> float | None:
    """Return the dollars of a reply at list price: 0.0 where it is free, None where the price is unknown."""
    if backend.name in FREE:
        return 0.0
    return None


def worst_cost(backend: Any, request: Mapping[str, Any]) -> float | None:
    """Return the most dollars that a request can cost; None where the price is unknown."""
    if backend.name in FREE:
        return 0.0
    return None
