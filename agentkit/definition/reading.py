"""What the real loader makes of a file: verdict, reason, and the values it would use.

The way: envelope → YAML → (where that fails) one repair and YAML again → the agent's own rules for name, description
and hooks. A file that the loader drops is read all the same, as well as can be, so that it can be mended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from unicodedata import normalize

from agentkit.brief import brief
from agentkit.definition import hooks, yamlcore, yamlfast, yamllibrary
from agentkit.definition.envelope import BLANK_CHARACTERS, Envelope, split
from agentkit.definition.repair import quoted_value, repaired, untabbed
from agentkit.definition.salvage import Salvaged, salvaged, salvaged_past
from agentkit.definition.tools import tools_of

NAME_LIMIT = 256
"""Longest name, in UTF-16 units as the loader's language counts them."""

_GUESSED = 100_000
"""Characters of a block that is no YAML from which fields are guessed."""
_TOP_KEY = re.compile(r"([A-Za-z_][\w.-]*)[ \t]*:")
_TOP_LINE = re.compile(r"([A-Za-z_][\w.-]*)[ \t]*:(?:[ \t]+(.*))?[ \t\r]*\Z")


class Reading(NamedTuple):
    """The frontmatter as the loader reads it."""

    verdict: str
    """`loads`, `repaired` (only by the repair pass) or `dropped`."""
    reason: str | None
    """Why it is dropped, or why the first reading failed; None where it simply loads."""
    metadata: Mapping[str, Any]
    """Every frontmatter field."""
    name: str | None
    description: str | None
    model: str | None
    """None where absent or unusable: the main conversation's model."""
    tools: tuple[str, ...] | None
    """The names as written, split; None for all tools."""
    refused: bool = False
    """Whether the fields were read, but the agent they make is refused."""
    places: Mapping[str, int] | None = None
    """Offset of each field in the block, where the quick way found them; no field stands twice then."""
    error: yamlcore.YamlError | None = None
    """The first YAML error; its lines count within the block."""
    salvage: str | None = None
    """The block as YAML that says the same, where it is none and such a block can be made of it."""


def read(text: str, envelope: Envelope | None = None) -> Reading:
    """Read a file's text as the loader does."""
    envelope = envelope or split(text)
    if envelope.why is not None:
        return _finish("dropped", envelope.why, _guess(text) if text.lstrip("\ufeff \t\r\n").startswith("---") else {})
    block = text[envelope.block_start : envelope.block_end]
    error, places = None, None
    try:
        quick = yamlfast.fields(block)
        if quick is not None:
            return _finish("loads", None, quick[0], None, quick[1])
        value = yamlfast.read(block) if "\r" in block else yamllibrary.read(block)
        verdict = "loads"
    except yamlcore.YamlError as first:
        error = first
        verdict = "repaired"
        try:
            value, places = _second_try(block, first)
        except yamlcore.YamlError as second:
            cut = text[envelope.block_end - 1] != "\n"
            best = salvaged_past(text, *envelope[:2]) if cut else None
            best = best or salvaged(block) or Salvaged(None, _guess(block))
            why = f"its YAML does not parse: {second.message}"
            told = error if second.line is None else second
            return _finish("dropped", why, best.values, told)._replace(salvage=best.block)
    if not isinstance(value, Mapping):
        return _finish("dropped", "its frontmatter holds no fields", {}, error)
    reason = f"its YAML parses only after the loader's repair: {error.message}" if error else None
    return _finish(verdict, reason, value, error, places)


def _second_try(block: str, first: yamlcore.YamlError) -> tuple[Any, dict[str, int] | None]:
    """Return what the block is after the repair, and the places of its fields where they are known.

    The first error stands where there is nothing to repair.
    """
    mended = untabbed(block)
    quick = yamlfast.fields(mended, mended=True)
    if quick is not None:
        return quick[0], quick[1] if mended == block else None
    second_try = repaired(block)
    if second_try == block:
        raise first
    return yamlfast.read(second_try), None


def _finish(
    verdict: str,
    reason: str | None,
    metadata: Mapping[str, Any],
    error: yamlcore.YamlError | None = None,
    places: Mapping[str, int] | None = None,
) -> Reading:
    if error is not None:  # the frames that it came through hold the definition, which would hold them
        error.__traceback__ = error.__context__ = None
    refused = refusal(metadata) if verdict != "dropped" else None
    if refused is not None:
        verdict, reason = "dropped", refused
    name, description = metadata.get("name"), metadata.get("description")
    return Reading(
        verdict,
        reason,
        MappingProxyType(metadata),
        name if isinstance(name, str) else None,
        taken("description", description) if isinstance(description, str) else None,
        model_of(metadata.get("model")),
        tools_of(metadata.get("tools")),
        refused is not None,
        places,
        error,
    )


def taken(field: str, value: Any) -> Any:
    """Return a field's value as the loader takes it: in a description backslash-n is a line end."""
    if field != "description" or not isinstance(value, str) or "\\" not in value:
        return value
    first, *pieces = value.split("\\")  # as replacing backslash-n does, and quicker
    return first + "".join(["\n" + piece[1:] if piece[:1] == "n" else "\\" + piece for piece in pieces])


def refusal(metadata: Mapping[str, Any]) -> str | None:
    """Return why the loader drops an agent with these fields; None where it takes it."""
    name, description = metadata.get("name"), metadata.get("description")
    if not isinstance(name, str) or not name:
        return "it has no name" if name is None or name == "" else f"its name is not a string but {brief(name)}"
    if name.startswith("-"):
        return "its name begins with -"
    if ":" in (name if name.isascii() else normalize("NFKC", name)):  # a wide one counts
        return "its name holds a colon"
    if len(name) + (0 if name.isascii() else sum(char > "\uffff" for char in name)) > NAME_LIMIT:
        return f"its name is longer than {NAME_LIMIT} characters"
    if not isinstance(description, str) or not description:
        empty = description is None or description == ""
        return "it has no description" if empty else f"its description is not a string but {brief(description)}"
    return hooks.trouble(metadata.get("hooks"))


def model_of(value: object) -> str | None:
    """Return the model as the loader keeps it: trimmed, `inherit` in lower case, None where it is not a text."""
    if not isinstance(value, str):
        return None
    model = value.strip(BLANK_CHARACTERS)
    return ("inherit" if model.lower() == "inherit" else model) or None


def _guess(block: str) -> dict[str, Any]:
    """Return what can be read of lines among which the block cannot be told, or that are too many to salvage.

    That is each top line of the form `key: value`, by itself.
    """
    lines: dict[str, list[str]] = {}
    for line in block[:_GUESSED].replace("\r\n", "\n").split("\n"):
        if match := _TOP_KEY.match(line):
            lines.setdefault(match[1], []).append(line)
        elif lines and line.strip() == "---":
            break
    values = {}
    for key, given in lines.items():
        # The last one counts, and only that one is read: examples have many lines that look like fields.
        value = next((value for line in reversed(given) if (value := _value_of(line)) is not None), None)
        if value is not None:
            values[key] = value[0]
    return values


def _value_of(line: str) -> tuple[Any] | None:
    """Return the value of a line that begins with a key and a colon; None where it is none after all."""
    if quoted := quoted_value(line):
        return (quoted[1],)
    match = _TOP_LINE.match(line)
    if match is None:
        return None
    raw = (match[2] or "").rstrip(" \t\r")
    try:
        quick = yamlfast.scalar(raw)
        return (yamlcore.read(raw) if quick is yamlfast.UNSURE else quick,)
    except yamlcore.YamlError:
        return (raw.strip("\"'"),)
