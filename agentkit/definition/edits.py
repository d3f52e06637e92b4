"""Setting fields: names, values, and the proof that nothing else changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from agentkit.definition.document import TOOL_FIELDS, Document, says
from agentkit.definition.fields import BY_NAME, meant
from agentkit.definition.reading import taken
from agentkit.definition.tools import tools_of
from agentkit.definition.values import plain, same
from agentkit.errors import EditError

_ALIASES = {"".join(f"_{char.lower()}" if char.isupper() else char for char in name): name for name in BY_NAME}
"""Python spelling → field: max_turns → maxTurns."""
_BY_HAND = "write each field as `key: value` at the start of its line, then edit it: agent.with_text(…)"


def field_name(given: str, known: Collection[str]) -> str:
    """Return the frontmatter key that a keyword names.

    Args:
        given: The keyword.
        known: Keys that the file has or had, which are taken as they are.

    Raises:
        EditError: it is a likely slip for a known field.
    """
    if given in known or given in BY_NAME:
        return given
    if given in _ALIASES:
        return _ALIASES[given]
    near = meant(given)
    if near is not None:
        raise EditError(
            f"no field {given!r} is known to the loader", accepted=", ".join(BY_NAME), hint=f"agent.replace({near}=…)"
        )
    return given


def with_fields(document: Document, wanted: Mapping[str, Any], base: Document) -> Document:
    """Set fields, or delete those with None, and prove that nothing else changed.

    Args:
        document: What to edit.
        wanted: The fields by their keys.
        base: What was loaded: a field set back to its value there gets its old lines, and when every field says again
            what it said there, the loaded frontmatter comes back.

    Raises:
        EditError: a value cannot be written, or not without changing more.
    """
    before = document.reading.metadata
    raw = base.reading.metadata.get("description")
    if isinstance(raw, str) and wanted.get("description") == raw:  # as it stands in the file, backslash-n and all
        wanted = {**wanted, "description": taken("description", raw)}
    if before and not document.entries:
        raise EditError("its fields cannot be edited one by one: they are indented or in braces", hint=_BY_HAND)
    if again := _loaded_again(document, wanted, base):
        return again
    failed: EditError | None = None
    for start, comments in _starts(document):
        made = start
        for key, value in wanted.items():
            made = _with_field(made, key, value, base, comments)
        try:
            changed_fields(before, made.reading.metadata, wanted)
        except EditError as error:
            failed = failed or error
        else:
            return made
    assert failed is not None
    raise failed


def _starts(document: Document) -> Iterator[tuple[Document, bool]]:
    """Yield what to begin an edit with, and whether comments behind values stay: first what changes the least."""
    yield document, True
    # The loader's repair takes comments for a part of their values.
    yield document, False
    if document.mended is not None:
        yield document.mended, True


def _loaded_again(document: Document, wanted: Mapping[str, Any], base: Document) -> Document | None:
    """Return the document with the loaded frontmatter, if that says what is wanted; else None."""
    then = base.reading.metadata
    now = {key: taken(key, value) for key, value in document.reading.metadata.items()} | {**wanted}
    now = {key: value for key, value in now.items() if key not in wanted or value is not None}
    if now.keys() != then.keys() or not all(says(then, key, plain(value)) for key, value in now.items()):
        return None
    again = Document(base.text[: base.envelope.block_end] + document.text[document.envelope.block_end :])
    same_body = document.text[document.envelope.body_start :] == again.text[again.envelope.body_start :]
    return again if same_body and again.reading.metadata == then else None


def _with_field(document: Document, key: str, value: Any, base: Document, comments: bool) -> Document:
    """Set or (with None) delete one field."""
    if value is None:
        return document.without_field(key)
    value = plain(value)
    if key == "description" and isinstance(value, str) and "\\n" in value:
        raise EditError(
            "a description cannot hold a backslash followed by n: the loader turns it into a line end",
            hint="write C:/new for C:\\new, or a real line end",
        )
    return document.with_field(key, value, base, comments=comments)


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Prove an edit: the wanted fields read back as given, and no other field changed.

    Raises:
        EditError: the file is such that the edit would do more, or less, than asked.
    """
    for key, value in wanted.items():
        got = after.get(key)
        if value is None:
            if key in after:
                raise EditError(
                    f"{key} cannot be deleted from this file: its lines are not where they seem", hint=_BY_HAND
                )
        elif not _reads_back(key, got, value):
            raise EditError(f"{key} would not read back as given", received=value, accepted=got, hint=_BY_HAND)
    for key in (*before, *after):
        if key not in wanted and not (key in before and key in after and same(before[key], after[key])):
            raise EditError(f"setting {', '.join(wanted)} would also change {key}", hint=_BY_HAND)


def _reads_back(key: str, got: Any, wanted: Any) -> bool:
    if key in TOOL_FIELDS and tools_of(got) == tools_of(plain(wanted)):
        return True
    return same(taken(key, got), plain(wanted))
