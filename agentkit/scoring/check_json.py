"""Checks on JSON in replies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agentkit.scoring.score import Score, Subject, registered

Run = Callable[[Subject], Score]


@registered
def is_json() -> Run:
    """Say whether the whole reply is one JSON value."""

    def run(subject: Subject) -> Score:
        try:
            json.loads(subject.output)
        except (ValueError, RecursionError) as error:
            return Score(False, explanation=str(error))
        return Score(True)

    return run


@registered
def json_schema(schema: Mapping[str, Any] | str) -> Run:
    """Say whether the whole reply is JSON that fits a schema (a mapping, or the path of a JSON file)."""
    fits = validator(schema)

    def run(subject: Subject) -> Score:
        try:
            value = json.loads(subject.output)
        except (ValueError, RecursionError) as error:
            return Score(False, explanation=str(error))
        fault = fits(value)
        return Score(fault is None, explanation=fault)

    return run


@registered
def contains_json(schema: Mapping[str, Any] | str | None = None) -> Run:
    """Say whether an object or array of JSON stands somewhere in the reply, fitting the schema if one is given."""
    fits = validator(schema) if schema is not None else None

    def run(subject: Subject) -> Score:
        fault: str | None = "no JSON object or array in the reply"
        for text, value in values_in(subject.output):
            fault = fits(value) if fits else None
            if fault is None:
                return Score(True, answer=text)
        return Score(False, explanation=fault)

    return run


def validator(schema: Mapping[str, Any] | str) -> Callable[[object], str | None]:
    """Return what says where a value does not fit the schema; None where it does."""
    from jsonschema import SchemaError
    from jsonschema.validators import validator_for

    if isinstance(schema, str):
        from pathlib import Path

        try:
            schema = json.loads(Path(schema).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ValueError(f"the schema cannot be read: {error}") from error
    kind = validator_for(schema)
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        raise ValueError(f"that is no JSON schema: {error.message}") from error
    made = kind(schema)

    def fault(value: object) -> str | None:
        found = sorted(made.iter_errors(value), key=lambda one: list(map(str, one.absolute_path)))
        return None if not found else f"{found[0].json_path}: {found[0].message}"

    return fault


def values_in(text: str) -> Iterator[tuple[str, object]]:
    """Yield every object and array of JSON in a text, outermost ones only, with the text it stands as."""
    decoder, at = json.JSONDecoder(), 0
    while (start := min((i for i in (text.find("{", at), text.find("[", at)) if i >= 0), default=-1)) >= 0:
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            at = start + 1
            continue
        yield text[start:end], value
        at = end
