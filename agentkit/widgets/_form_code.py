"""The Python that makes the same edit as a form did."""

from __future__ import annotations

from collections.abc import Mapping
from keyword import iskeyword
from math import isfinite
from typing import Any

from agentkit.definition.agent import AgentDefinition
from agentkit.errors import AgentkitError


def code(before: AgentDefinition, after: AgentDefinition, variable: str = "agent") -> str:
    r"""Return Python that loads one definition and edits it into the other; proved by making the edit.

    Args:
        before: The definition as loaded.
        after: As edited.
        variable: What to call it.

    >>> import agentkit as ak
    >>> agent = ak.loads("---\nname: a\ndescription: b\n---\nYou help.\n")
    >>> print(code(agent, agent.replace(color="green")))
    agent = agent.replace(color='green')
    """
    lines = [f"{variable} = ak.load({str(before.path)!r})"] if before.path else []
    steps = _sections(before, after) or []
    middle = before
    try:
        for _, call in steps:
            middle = _apply(middle, call)
        fields = _fields(middle, after)
        if fields:
            middle = middle.replace(**fields)
    except AgentkitError:
        middle = before
    if middle.source == after.source:
        lines += [f"{variable} = {variable}.{text}" for text, _ in steps]
        if fields:
            lines.append(f"{variable} = {variable}.replace({_arguments(fields)})")
        return "\n".join(lines)
    # Some edits have no short form: a repair, or lines of the file that no field stands for.
    return f"{variable} = ak.loads({literal(after.text)})"


Call = tuple[str, tuple[Any, ...]]


def _apply(agent: AgentDefinition, call: Call) -> AgentDefinition:
    name, arguments = call
    edited = getattr(agent, name)(*arguments)
    assert isinstance(edited, AgentDefinition)
    return edited


def _sections(before: AgentDefinition, after: AgentDefinition) -> list[tuple[str, Call]] | None:
    """Return the calls that only drop or change named sections, where that is all that happened to the prompt."""
    if before.system_prompt == after.system_prompt:
        return []
    titles = [section.title for section in after.sections]
    steps: list[tuple[str, Call]] = []
    agent = before
    try:
        for section in before.sections:
            if section.title and section.title not in titles and _has(agent, section.title):
                agent = agent.without(section.title)
                steps.append((f"without({section.title!r})", ("without", (section.title,))))
    except AgentkitError:
        return None
    return steps if agent.system_prompt == after.system_prompt else None


def _has(agent: AgentDefinition, title: str) -> bool:
    return any(section.title == title for section in agent.sections)


def _fields(before: AgentDefinition, after: AgentDefinition) -> dict[str, Any]:
    fields = {
        name: after.metadata.get(name)
        for name in [*before.metadata, *(name for name in after.metadata if name not in before.metadata)]
        if before.metadata.get(name) != after.metadata.get(name)
        or (name in before.metadata) != (name in after.metadata)
    }
    if "description" in fields and isinstance(fields["description"], str):
        fields["description"] = after.description
    if before.system_prompt != after.system_prompt:
        fields["system_prompt"] = after.system_prompt
    return fields


def _arguments(fields: dict[str, Any]) -> str:
    pieces = [_argument(name, value) for name, value in fields.items()]
    joined = ", ".join(pieces)
    if len(joined) < (90 if len(fields) == 1 else 40) and "\n" not in joined:
        return joined
    return "\n" + "".join(f"    {piece},\n" for piece in pieces)


def _argument(name: str, value: Any) -> str:
    # Each in its place: the order of new fields in the file is the order in which they are given.
    if name.isidentifier() and not iskeyword(name):
        return f"{name}={_python(value)}"
    return f"**{{{name!r}: {_python(value)}}}"


def _python(value: Any, top: bool = True) -> str:
    """Return a field's value as Python reads it; `repr` has no way to write infinity."""
    if isinstance(value, str):
        return literal(value) if top else repr(value)
    if isinstance(value, float) and not isfinite(value):
        return f"float('{value}')"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_python(each, False) for each in value)}]"
    if isinstance(value, Mapping):
        pairs = (f"{_python(key, False)}: {_python(each, False)}" for key, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    return repr(value)


def literal(text: str) -> str:
    """Return a string literal that reads as the text does; triple-quoted where it has several lines."""
    plain = '"""' not in text and "\\" not in text and not text.endswith('"') and text.replace("\n", "").isprintable()
    return f'"""{text}"""' if "\n" in text and plain else repr(text)
