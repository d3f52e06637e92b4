"""The shape of `hooks:` that the loader insists on: anything else drops the whole agent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

STRICT_EVENTS = ("PreToolUse", "PermissionRequest")
"""Events whose malformed hooks drop the agent; under any other event they are merely ignored."""
EVENTS = frozenset((
    *STRICT_EVENTS, "PostToolUse", "PostToolUseFailure", "PostToolBatch", "PermissionDenied", "Notification",
    "UserPromptSubmit", "UserPromptExpansion", "SessionStart", "SessionEnd", "Stop", "StopFailure", "SubagentStart",
    "SubagentStop", "PreCompact", "PostCompact", "Setup", "TeammateIdle", "TaskCreated", "TaskCompleted",
    "ConfigChange", "WorktreeCreate", "WorktreeRemove", "InstructionsLoaded", "Elicitation", "ElicitationResult",
    "CwdChanged", "FileChanged", "MessageDisplay", "DirectoryAdded",
))  # fmt: skip
"""Events of which the loader is known to run hooks."""
_DEEPEST = 4
"""Levels below `hooks:` on which the loader looks for these events in the wrong place."""


def trouble(hooks: object) -> str | None:
    """Return what the loader refuses in a value of `hooks:`, or None where it is well formed.

    >>> trouble({"PreToolUse": [{"hooks": [{"command": "make test"}]}]})
    'hooks.PreToolUse[0].hooks[0] has no type'
    """
    if not hooks or hooks != hooks:  # not a number is nothing, too
        return "hooks is a list, not a mapping" if isinstance(hooks, list) else None
    if not isinstance(hooks, Mapping):
        return "hooks is not a mapping of events"
    found = (event_trouble(event, hooks.get(event)) for event in STRICT_EVENTS)
    return next(filter(None, found), None) or _misplaced(hooks) or _without_event(hooks)


def _without_event(hooks: Mapping[str, Any]) -> str | None:
    """Tell of a list of hooks, or of a matcher, that stands under no event: the loader refuses those too."""
    level: list[Mapping[str, Any]] = [hooks]
    for _ in range(_DEEPEST + 1):
        for value in level:
            inner = value.get("hooks")
            if (isinstance(inner, list) and inner and EVENTS.isdisjoint(value)) or (
                isinstance(inner, Mapping) and "matcher" in value
            ):
                return "hooks.hooks stands under no event"
        level = [
            inner for value in level for key, inner in value.items() if key not in EVENTS and isinstance(inner, Mapping)
        ]
    return None


def _misplaced(hooks: Mapping[str, Any]) -> str | None:
    """Tell of a strict event further down, where it would never run: the loader refuses that too."""
    level: list[object] = list(hooks.values())
    for _ in range(_DEEPEST):
        below: list[object] = []
        for value in level:
            if isinstance(value, Mapping):
                for event in STRICT_EVENTS:
                    if value.get(event) not in (None, []):
                        return f"hooks.{event} stands too deep to have an effect"
                below += value.values()
            elif isinstance(value, list):
                below += value
        level = below
    return None


def event_trouble(event: str, matchers: object) -> str | None:
    """Return what is wrong with one event's entries, or None."""
    if matchers is None:
        return None
    if not isinstance(matchers, list):
        return f"hooks.{event} is not a list"
    for place, matcher in enumerate(matchers):
        if found := _matcher(matcher, f"hooks.{event}[{place}]"):
            return found
    return None


def _matcher(matcher: object, where: str) -> str | None:
    if not isinstance(matcher, Mapping):
        return f"{where} is not a mapping"
    if "matcher" in matcher and not isinstance(matcher["matcher"], str):
        return f"{where}.matcher is not a string"
    hooks = matcher.get("hooks")
    if not isinstance(hooks, list):
        return f"{where} has no list of hooks"
    for place, hook in enumerate(hooks):
        if found := _hook(hook, f"{where}.hooks[{place}]"):
            return found
    return None


def _hook(hook: object, where: str) -> str | None:
    if not isinstance(hook, Mapping):
        return f"{where} is not a mapping"
    if "type" not in hook:
        return f"{where} has no type"
    kind = hook["type"]
    required = _REQUIRED.get(kind) if isinstance(kind, str) else None
    if required is None:
        return f"{where}.type is none of {', '.join(_REQUIRED)}"
    for key in required:
        if key not in hook:
            return f"{where} has no {key}"
    checks = {**_COMMON, **_BY_KIND.get(kind, {})}
    for key, value in hook.items():
        if key in checks and not checks[key](value):
            return f"{where}.{key} has a value it cannot have"
    return None


def _text(value: object) -> bool:
    return isinstance(value, str)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _positive(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < float("inf")


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _text_map(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(item, str) for item in value.values())


def _url(value: object) -> bool:
    """Tell whether this is a URL as browsers see it."""
    from pydantic_core import Url

    try:
        return isinstance(value, str) and bool(Url(value))
    except ValueError:
        return False


def _some_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _mapping(value: object) -> bool:
    return isinstance(value, Mapping)


def _shell(value: object) -> bool:
    return value in ("bash", "powershell")


_Checks = dict[str, Callable[[object], bool]]
_REQUIRED = {
    "command": ("command",),
    "prompt": ("prompt",),
    "agent": ("prompt",),
    "http": ("url",),
    "mcp_tool": ("server", "tool"),
}
_COMMON: _Checks = {"timeout": _positive, "statusMessage": _text, "once": _flag, "if": _text}
_BY_KIND: dict[str, _Checks] = {
    "command": {
        "command": _text, "shell": _shell, "async": _flag, "asyncRewake": _flag, "args": _texts,
        "rewakeMessage": _some_text, "rewakeSummary": _some_text,
    },
    "prompt": {"prompt": _text, "model": _text, "continueOnBlock": _flag},
    "agent": {"prompt": _text, "model": _text},
    "http": {"url": _url, "headers": _text_map, "allowedEnvVars": _texts},
    "mcp_tool": {"server": _text, "tool": _text, "input": _mapping},
}  # fmt: skip
