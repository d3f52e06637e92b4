"""Checks on transcripts: which tools were called, in which order, with what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agentkit.scoring.score import Score, Subject, blocks, registered

Run = Callable[[Subject], Score]


def tool_calls(subject: Subject) -> list[tuple[str, Mapping[str, Any]]]:
    """Return (tool, input) of every call in the transcript, in order."""
    return [
        (str(block.get("name")), block.get("input") or {})
        for message in subject.messages
        if message.get("role") == "assistant"
        for block in blocks(message)
        if block.get("type") == "tool_use"
    ]


@registered
def tool_called(name: str, times: int | None = None) -> Run:
    """Say whether the tool was called: at least once, or exactly so many times."""
    wanted = None if times is None else int(times)

    def run(subject: Subject) -> Score:
        count = sum(tool == name for tool, _ in tool_calls(subject))
        passed = count > 0 if wanted is None else count == wanted
        return Score(passed, explanation=f"{name} called {count} times", metadata={"calls": count})

    return run


@registered
def tool_sequence(*names: str, exact: bool = False) -> Run:
    """Say whether these tools were called in this order, others between them allowed; with `exact` none allowed."""
    if not names:
        raise ValueError("name at least one tool")

    def run(subject: Subject) -> Score:
        called = [tool for tool, _ in tool_calls(subject)]
        rest = iter(called)
        passed = called == list(names) if exact else all(name in rest for name in names)
        return Score(passed, explanation=f"called: {', '.join(called) or 'nothing'}")

    return run


@registered
def tool_args_match(name: str, args: Mapping[str, Any]) -> Run:
    """Say whether some call of the tool had these arguments; further ones are allowed, in nested mappings too."""
    if not isinstance(args, Mapping):
        raise ValueError(f"args={args!r} is no mapping")

    def run(subject: Subject) -> Score:
        inputs = [given for tool, given in tool_calls(subject) if tool == name]
        if any(_within(args, given) for given in inputs):
            return Score(True)
        return Score(False, explanation=f"{name} called with {inputs}" if inputs else f"{name} was not called")

    return run


@registered
def max_turns(limit: int) -> Run:
    """Say whether the assistant took at most so many turns (messages of its own)."""
    most = int(limit)

    def run(subject: Subject) -> Score:
        count = sum(message.get("role") == "assistant" for message in subject.messages)
        return Score(count <= most, explanation=f"{count} turns", metadata={"turns": count})

    return run


def _within(wanted: object, given: object) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(given, Mapping) and all(
            key in given and _within(value, given[key]) for key, value in wanted.items()
        )
    return type(wanted) is type(given) and wanted == given if isinstance(wanted, bool) else wanted == given
