"""What of a cassette is still asked for: told by the process that replays, and the rest taken out of the text."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Set
from pathlib import Path
from typing import Any

USED_VARIABLE = "AGENTKIT_CASSETTE_USED"
"""A file to which each process adds what it asks a cassette for; `agentkit record --prune` sets it."""


def model_name(asked: str, alias: str) -> str:
    """Return what a line that resolves a model's name is called among the names that were used."""
    return f"model {asked} {alias}"


def report(cassette: Path, name: str) -> None:
    """Tell the file of `AGENTKIT_CASSETTE_USED`, where there is one, that a cassette was asked for something.

    Args:
        cassette: The cassette's path.
        name: Key of a call or of a function's answer, or a `model_name`.
    """
    file = os.environ.get(USED_VARIABLE)
    if file:
        with Path(file).open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(json.dumps([str(cassette), name]) + "\n")


def reported(file: Path) -> dict[Path, set[str]]:
    """Return what processes told, by cassette."""
    found: dict[Path, set[str]] = {}
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            cassette, name = json.loads(line)
            found.setdefault(Path(cassette), set()).add(name)
    return found


def pruned(text: str, used: Set[str]) -> tuple[str, int]:
    r"""Return the text of a cassette without what is not used, and how many calls went; other lines stay as they are.

    Args:
        text: The file's text.
        used: Names that `report` was told.

    >>> pruned('{"agentkit-cassette":1}\n{"tool":"b","result":"2"}\n{"tool":"a","result":"1"}\n', {"a"})
    ('{"agentkit-cassette":1}\n{"tool":"a","result":"1"}\n', 0)
    """
    lines = text.split("\n")  # splitlines would also split at separators inside a reply
    entries = [_entry(line) for line in lines]
    shared = {_text_of(entry) for entry in entries if entry.get("call") in used}
    kept = [line for line, entry in zip(lines, entries, strict=True) if _stays(entry, used, shared)]
    return "\n".join(kept), sum("call" in entry and entry["call"] not in used for entry in entries)


def _entry(line: str) -> dict[str, Any]:
    with contextlib.suppress(ValueError):
        entry = json.loads(line)
        if isinstance(entry, dict):
            return entry
    return {}


def _text_of(entry: dict[str, Any]) -> str | None:
    system = entry.get("request", {}).get("system")
    return system.get("text") if isinstance(system, dict) else None


def _stays(entry: dict[str, Any], used: Set[str], shared: Set[str | None]) -> bool:
    if "call" in entry:
        return entry["call"] in used
    if "tool" in entry:
        return entry["tool"] in used
    if "text" in entry:
        return entry["text"] in shared
    if "model" in entry:
        return model_name(entry.get("asked", ""), entry["model"]) in used
    return True
