"""What stands on the lines of a cassette."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentkit.experiment.record import Call


@dataclass(frozen=True, slots=True)
class Served:
    """How a name was resolved when the cassette was recorded, so that replay builds the same requests."""

    model: str
    backend: str
    fidelity: str
    max_tokens: int


def shares_text(entry: Mapping[str, Any]) -> bool:
    """Return whether a call's system prompt stands on a line of its own."""
    return isinstance(entry["request"].get("system"), dict) and "text" in entry["request"]["system"]


def reply_entry(call: Call) -> dict[str, Any]:
    """Return what a call's line has of its reply."""
    reply = call.reply
    kept: dict[str, Any] = {"output": reply.output, "stop_reason": reply.stop_reason, "model": reply.model}
    for name in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"):
        kept[name] = getattr(reply, name)
    kept["latency_s"] = reply.latency_s
    kept["cost_usd"] = call.cost_usd
    return {**kept, "blocks": list(reply.blocks)} if reply.blocks else kept


def dump(entry: Mapping[str, Any]) -> str:
    """Return an entry as a line."""
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
