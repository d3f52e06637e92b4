"""Definitions made of the JSON of the real program's `--agents`: each proven to read back as it was given."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from reprlib import repr as brief
from typing import Any

from agentkit.definition import writing
from agentkit.definition.agent import AgentDefinition
from agentkit.definition.envelope import BLANK_CHARACTERS
from agentkit.definition.tools import tools_of
from agentkit.errors import DefinitionError, EditError

_HALF = re.compile("[\ud800-\udfff]")
_TOOLS = ("tools", "disallowedTools")


class Taken(tuple[AgentDefinition, ...]):
    """Definitions made of another form, and what a file could not hold of it."""

    lost: Mapping[str, tuple[str, ...]]
    """Name → what is not there as it was given (`prompt`: without the white space around it)."""

    def __new__(cls, agents: Iterable[AgentDefinition], lost: Mapping[str, tuple[str, ...]]) -> Taken:
        """Make one of definitions and what was lost."""
        made = super().__new__(cls, agents)
        made.lost = lost
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return (Taken, (tuple(self), self.lost))


def taken(text: object) -> Taken:
    """Return a definition for each agent of JSON text, or of the mapping it stands for; see `from_agents_json`."""
    agents = _mapping(text)
    made = {name: _definition(name, fields) for name, fields in agents.items()}
    lost = {name: ("prompt",) for name, agent in made.items() if agent.system_prompt != agents[name]["prompt"]}
    return Taken(made.values(), lost)


def _mapping(text: object) -> dict[str, Any]:
    """Return JSON text, or what it stands for, as nothing but dicts, lists and plain values."""
    try:
        plain = text if isinstance(text, (str, bytes)) else json.dumps(text, default=_dict, allow_nan=False)
        agents = json.loads(plain, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, TypeError, RecursionError) as error:
        raise DefinitionError(
            f"this is not JSON: {error}",
            received=text if isinstance(text, str) else type(text).__name__,
            accepted="JSON text, or a mapping of what JSON can hold",
            hint="ak.from_agents_json(Path('agents.json').read_text())",
        ) from error
    if not isinstance(agents, dict):
        raise DefinitionError(
            "this is no mapping of agent names to their fields",
            received=brief(agents),
            accepted='{"NAME": {"description": "…", "prompt": "…"}}',
        )
    return agents


def _dict(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"it has no word for a {type(value).__name__}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice in one object")
        found[key] = value
    return found


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _definition(name: str, fields: object) -> AgentDefinition:
    if not isinstance(fields, dict):
        raise DefinitionError(f"agent {name!r} has no fields", received=brief(fields), accepted="a mapping of fields")
    for key in ("description", "prompt"):
        if not isinstance(fields.get(key), str):
            raise DefinitionError(f"agent {name!r} has no {key}", received=brief(fields.get(key)), accepted="text")
    if fields.get("name") not in (None, name):
        raise DefinitionError(
            f"agent {name!r} has another name in its fields",
            received=brief(fields["name"]),
            accepted=repr(name),
            hint="leave name out of the fields: the key is the name",
        )
    if "\\n" in fields["description"]:
        raise EditError(
            f"the description of agent {name!r} cannot hold a backslash followed by n: the loader makes it a line end",
            hint="write C:/new for C:\\new, or a real line end",
        )
    given = {"name": name, **{key: value for key, value in fields.items() if key != "prompt" and value is not None}}
    try:
        head = "".join(f"{writing.scalar(key)}:{_value(name, key, value)}\n" for key, value in given.items())
        agent = AgentDefinition(f"---\n{head}---\n\n{fields['prompt']}\n".encode())
        _prove(agent, given, fields["prompt"])
    except UnicodeEncodeError:
        raise EditError(
            f"the prompt of agent {name!r} holds half a surrogate pair, which no UTF-8 file can hold",
            received=ascii(_HALF.findall(fields["prompt"])[0]),
            accepted="whole characters",
        ) from None
    except RecursionError:
        raise EditError(
            f"a field of agent {name!r} is nested too deep", accepted="values nested up to 150 deep"
        ) from None
    return agent


def _value(name: str, key: str, value: Any) -> str:
    if key not in _TOOLS or isinstance(value, str):
        return writing.value(value)
    names = tuple(value) if isinstance(value, list) and all(isinstance(item, str) for item in value) else None
    read = tools_of(value)
    if names is None or (read != names and names and "*" not in names):
        raise EditError(
            f"{key} of agent {name!r} would not read back as given",
            received=brief(value),
            accepted="a list of names without blanks or commas outside of (), or one text of them",
        )
    joined = ", ".join(names)  # as people write it, where it does not fall apart
    return writing.value(joined if names and tools_of(joined) == read else value)


def _prove(agent: AgentDefinition, given: Mapping[str, Any], prompt: str) -> None:
    """Prove that a definition reads back as it was given.

    Raises:
        DefinitionError: the loader would drop it.
        EditError: the loader would read something else.
    """
    name = given["name"]
    if agent.verdict == "dropped":
        raise DefinitionError(
            f"agent {name!r} would not load: {agent.reason}", accepted="what the loader takes from a file"
        )
    for key in {**agent.metadata, **given}:
        got, wanted = agent.metadata.get(key), given.get(key)
        same = tools_of(got) == tools_of(wanted) if key in _TOOLS else got == wanted
        if not same or key not in given:
            raise EditError(f"{key!r} of agent {name!r} would not read back as given", received=brief(wanted))
    if agent.verdict != "loads" or agent.system_prompt != prompt.strip(BLANK_CHARACTERS):
        raise EditError(f"agent {name!r} would not read back as given", received=brief(prompt))
