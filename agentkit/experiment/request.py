"""What a variant's parameters become in the request that is sent."""

from __future__ import annotations

import inspect
import json
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agentkit.errors import PlanError

if TYPE_CHECKING:
    from agentkit.experiment.plan import Variant

DEFAULT_MAX_TURNS = 8
EFFORTS = ("low", "medium", "high", "xhigh", "max")
_JSON_TYPES: dict[Any, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    list: "array",
    dict: "object",
}


def setting(name: str, variant: Variant, settings: Mapping[str, Any]) -> Any:
    """Return a parameter: the run's own where it is given, else the variant's."""
    given = settings.get(name)
    return getattr(variant, name) if given is None else given


def request_fields(
    name: str,
    variant: Variant,
    model: str,
    settings: Mapping[str, Any],
    default_max_tokens: Callable[[str], int] | None = None,
) -> dict[str, Any]:
    """Return every field of a variant's requests but the messages.

    Raises:
        PlanError: a parameter is of the wrong kind.
    """
    from agentkit.experiment.plan import DEFAULT_MAX_TOKENS

    def given(parameter: str) -> Any:
        return setting(parameter, variant, settings)

    limit = given("max_tokens")
    if limit is None:
        limit = default_max_tokens(model) if default_max_tokens else DEFAULT_MAX_TOKENS
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise PlanError(f"max_tokens of variant {name!r} must be a whole number from 1", received=limit)
    fields: dict[str, Any] = {"model": model, "max_tokens": limit, "system": variant.system_prompt}
    if stops := given("stop_sequences"):
        fields["stop_sequences"] = [stops] if isinstance(stops, str) else [str(stop) for stop in stops]
    if thinking := given("thinking"):
        fields["thinking"] = {"type": thinking} if isinstance(thinking, str) else dict(thinking)
    output: dict[str, Any] = {}
    if effort := given("effort"):
        if effort not in EFFORTS:
            raise PlanError(f"variant {name!r} has an unknown effort", received=effort, accepted=", ".join(EFFORTS))
        output["effort"] = effort
    if schema := given("schema"):
        output["format"] = {"type": "json_schema", "schema": dict(schema)}
    if output:
        fields["output_config"] = output
    if tools := given("tools"):
        fields["tools"] = [_described(tool, answer) for tool, answer in named_tools(tools).items()]
    fields.update(given("extra") or {})
    return _as_json(name, fields)


def _as_json(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(fields)
    except (TypeError, ValueError) as error:
        raise PlanError(f"the parameters of variant {name!r} are not JSON: {error}") from None
    return fields


def tools_here(variant: Variant, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tools of a variant that answer on this side, by name."""
    return named_tools(setting("tools", variant, settings) or {})


def named_tools(tools: Sequence[Any] | Mapping[str, Any]) -> dict[str, Any]:
    """Return tools by name: functions, or canned answers.

    Raises:
        PlanError: a tool has no name, or two have the same.
    """
    if isinstance(tools, Mapping):
        return dict(tools)
    named: dict[str, Any] = {}
    for tool in tools:
        name = tool.get("name") if isinstance(tool, Mapping) else getattr(tool, "__name__", None)
        if not name or name == "<lambda>":
            raise PlanError("a tool has no name", received=tool, hint="tools={'get_weather': lambda city: '12 °C'}")
        if name in named:
            raise PlanError(f"two tools have the name {name!r}")
        named[str(name)] = tool
    return named


def _described(name: str, tool: Any) -> dict[str, Any]:
    """Return what the model is told of a tool."""
    if isinstance(tool, Mapping) and ("input_schema" in tool or "type" in tool):
        return {"name": name, **{key: value for key, value in tool.items() if key != "answer"}}
    if callable(tool):
        text = inspect.getdoc(tool)
        described: dict[str, Any] = {"name": name, "input_schema": _schema(tool)}
        return {**described, "description": text} if text else described
    return {"name": name, "input_schema": {"type": "object", "properties": {}}}


def _schema(tool: Callable[..., Any]) -> dict[str, Any]:
    try:
        hints = typing.get_type_hints(tool)
        parameters = inspect.signature(tool).parameters.values()
    except (TypeError, ValueError, NameError):
        return {"type": "object", "properties": {}}
    named = [one for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    schema: dict[str, Any] = {"type": "object", "properties": {one.name: _type(hints.get(one.name)) for one in named}}
    required = [one.name for one in named if one.default is one.empty]
    return {**schema, "required": required} if required else schema


def _type(hint: Any) -> dict[str, Any]:
    origin = typing.get_origin(hint)
    if origin is typing.Literal:
        return {"enum": list(typing.get_args(hint))}
    if origin in (typing.Union, types.UnionType):
        present = [one for one in typing.get_args(hint) if one is not type(None)]
        return _type(present[0]) if len(present) == 1 else {}
    if origin is list and typing.get_args(hint):
        return {"type": "array", "items": _type(typing.get_args(hint)[0])}
    kind = _JSON_TYPES.get(origin or hint)
    return {"type": kind} if kind else {}
