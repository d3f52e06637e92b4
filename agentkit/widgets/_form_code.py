"""The Python that makes the same edit as a form did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from keyword import iskeyword
from math import isfinite
from typing import Any

from agentkit.definition.agent import AgentDefinition
from agentkit.definition.sections import Section
from agentkit.errors import AgentkitError, EditError

SEARCHED = 100
"""Sections in which edits are looked for; the time grows with their square."""
STEPS = 8
"""More edits of sections than these are told as one new prompt."""


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
    steps = _sections(before, after)
    middle = before
    try:
        for call in steps:
            middle = _apply(middle, call)
        fields = _fields(middle, after)
        if fields:
            middle = middle.replace(**fields)
    except AgentkitError:
        middle = before
    if middle.source == after.source:
        lines += [f"{variable} = {variable}.{_spelled(call)}" for call in steps]
        if fields:
            lines.append(f"{variable} = {variable}.replace({_arguments(fields)})")
        return "\n".join(lines)
    # Some edits have no short form: a repair, or lines of the file that no field stands for.
    return f"{variable} = ak.loads({literal(after.text)})"


Call = tuple[str, tuple[Any, ...], dict[str, Any]]
"""A method of a definition, and what it is given."""


def _apply(agent: AgentDefinition, call: Call) -> AgentDefinition:
    name, arguments, named = call
    edited = getattr(agent, name)(*arguments, **named)
    assert isinstance(edited, AgentDefinition)
    return edited


def _spelled(call: Call) -> str:
    name, arguments, named = call
    given = [_python(each) for each in arguments] + [f"{key}={each!r}" for key, each in named.items()]
    return f"{name}({', '.join(given)})"


def _sections(before: AgentDefinition, after: AgentDefinition) -> list[Call]:
    """Return the calls that drop, move, change and add named sections, where these are all that was done."""
    if before.system_prompt == after.system_prompt or max(len(before.sections), len(after.sections)) > SEARCHED:
        return []
    steps: list[Call] = []
    agent = before
    try:
        for call in _section_steps(before, after):
            agent = _apply(agent, call)
            steps.append(call)
            if len(steps) > STEPS:
                return []
    except AgentkitError:
        return []
    return steps if agent.system_prompt == after.system_prompt else []


def _section_steps(before: AgentDefinition, after: AgentDefinition) -> Iterator[Call]:
    wanted = [section for section in after.sections if section.title]
    titles = [section.title for section in wanted]
    agent = before
    for section in before.sections:
        if section.title and section.title not in titles and _text(agent, section.title) is not None:
            call: Call = ("without", (section.title,), {})
            agent = _apply(agent, call)
            yield call
    here = [section.title for section in agent.sections if section.title]
    kept = [title for title in titles if title in here]
    moved = tuple(title for title, now in zip(kept, here, strict=False) if title != now)
    if moved:
        call = ("with_sections_in_order", moved, {})
        agent = _apply(agent, call)
        yield call
    for at, section in enumerate(wanted):
        if _texts(agent, section.title) == _texts(after, section.title):
            continue
        if titles.count(section.title) > 1:
            raise EditError(f"no call tells the sections {section.title!r} apart")
        last = at == len(wanted) - 1
        places: list[dict[str, Any]] = [{}] if section.title in here or last else []
        if section.title not in here:
            behind = {"after": titles[at - 1]} if at else {}
            places += [behind, {**behind, "level": section.level}]
        call = _written(agent, section, places)
        agent = _apply(agent, call)
        yield call


def _written(agent: AgentDefinition, section: Section, places: list[dict[str, Any]]) -> Call:
    """Return the shortest call that gives a section its text; the last one tried where none does."""
    line, _, rest = section.text.partition("\n")
    lead = line.partition(section.title)[2].lstrip("*_: \t").rstrip()
    texts = ("\n".join(part for part in (lead, rest) if part).strip(), section.text.strip())
    calls: list[Call] = [("with_section", (section.title, text), named) for named in places for text in texts]
    for call in calls:
        if _text(_apply(agent, call), section.title) == section.text.rstrip():
            return call
    return calls[-1]


def _texts(agent: AgentDefinition, title: str) -> list[str]:
    return [section.text.rstrip() for section in agent.sections if section.title == title]


def _text(agent: AgentDefinition, title: str) -> str | None:
    found = _texts(agent, title)
    return found[0] if len(found) == 1 else None


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
