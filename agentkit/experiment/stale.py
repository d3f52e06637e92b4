"""Saying why a request is not in a cassette: the nearest recorded one, what changed, and how to record again."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any

from agentkit.errors import StaleCassette
from agentkit.experiment.cassette import Cassette
from agentkit.experiment.plan import Trial

HINT = "agentkit record NOTEBOOK (or run with AGENTKIT_CASSETTE=record) records what is missing"
LONGEST_DIFF = 60
"""Lines of a diff that are shown."""


def stale(cassette: Cassette, trial: Trial, request: Mapping[str, Any], turn: int = 1) -> StaleCassette:
    """Return the error for a request that is not recorded."""
    where = f"variant {trial.variant!r}, sample {trial.sample!r}, epoch {trial.epoch}"
    if turn > 1:
        where += f", turn {turn}"
    if not cassette.path.exists():
        return StaleCassette(
            f"there is no cassette at {_short(cassette)}; {where} is not recorded",
            variant=trial.variant,
            sample=trial.sample,
            hint=HINT,
        )
    nearest = _nearest(cassette, trial, request)
    if nearest is None:
        changed: tuple[str, ...] = ()
        said, diff = "nothing like it is recorded", ""
    else:
        changed = _changed(nearest, trial, request)
        said = f"changed since it was recorded: {', '.join(changed)}" if changed else "it was recorded differently"
        diff = _diff(nearest, trial, request)
    return StaleCassette(
        f"{where} is not in the cassette {_short(cassette)}; {said}",
        variant=trial.variant,
        sample=trial.sample,
        changed=changed,
        diff=diff,
        hint=HINT,
    )


def _short(cassette: Cassette) -> str:
    return cassette.path.name


def _nearest(cassette: Cassette, trial: Trial, request: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the recorded call that shares most: the place in the plan first, then the fields of the request."""

    def likeness(entry: Mapping[str, Any]) -> tuple[int, ...]:
        recorded = entry["request"]
        same = sum(recorded.get(name) == value for name, value in request.items())
        place = (entry["sample"] == trial.sample) + (entry["variant"] == trial.variant)
        return (place + same, entry["sample"] == trial.sample, entry["epoch"] == trial.epoch)

    entries = cassette.entries()
    return max(entries, key=likeness, default=None)


def _changed(entry: Mapping[str, Any], trial: Trial, request: Mapping[str, Any]) -> tuple[str, ...]:
    recorded = entry["request"]
    names = [name for name in {**recorded, **request} if recorded.get(name) != request.get(name)]
    return (*sorted(names), *(("epoch",) if entry["epoch"] != trial.epoch else ()))


def _diff(entry: Mapping[str, Any], trial: Trial, request: Mapping[str, Any]) -> str:
    recorded = _lines(entry["request"], entry["epoch"])
    lines = list(difflib.unified_diff(recorded, _lines(request, trial.epoch), "recorded", "now", n=1, lineterm=""))
    if len(lines) > LONGEST_DIFF:
        lines = [*lines[:LONGEST_DIFF], f"… and {len(lines) - LONGEST_DIFF} lines more"]
    return "\n".join(lines)


def _lines(request: Mapping[str, Any], epoch: int) -> list[str]:
    """Return a request as lines that read well in a diff: one value a line, texts as they are."""
    lines = []
    for name in sorted(request):
        lines += _value(name, request[name])
    return [*lines, f"epoch: {epoch}"]


def _value(name: str, value: Any) -> list[str]:
    if isinstance(value, str):
        text = value.split("\n")
        return [f"{name}: {text[0]}"] if len(text) == 1 else [f"{name}:", *(f"  {line}" for line in text)]
    if isinstance(value, list) and name == "messages":
        lines = []
        for number, message in enumerate(value, 1):
            lines += _value(f"message {number} ({message.get('role')})", message.get("content"))
        return lines
    if isinstance(value, (dict, list)):
        dumped = json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True).split("\n")
        return [f"{name}: {dumped[0]}", *dumped[1:]]
    return [f"{name}: {json.dumps(value)}"]
