"""Checks: deterministic scorers by short names, on replies and transcripts.

    checks.contains("cache", "TTL")          # all of them; any=True for one
    ~checks.is_refusal()
    checks.parse(["contains: cache", "not is_refusal", {"max_words": 150}])

The same forms stand under `checks:` in a samples file. Every check says True or False, or None where it cannot say;
`similarity`, `latency` and `cost` without a limit give their number.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agentkit.errors import ScoreError
from agentkit.scoring.check_code import code_block_parses, has_section, mentions, no_placeholder
from agentkit.scoring.check_json import contains_json, is_json, json_schema
from agentkit.scoring.check_text import (
    contains,
    cost,
    equals,
    is_refusal,
    latency,
    max_tokens,
    max_words,
    regex,
    similarity,
    starts_with,
)
from agentkit.scoring.check_transcript import max_turns, tool_args_match, tool_called, tool_sequence
from agentkit.scoring.score import REGISTRY, Check, Score, Subject, verdict_of

__all__ = [
    "Check",
    "Score",
    "Subject",
    "code_block_parses",
    "contains",
    "contains_json",
    "cost",
    "equals",
    "has_section",
    "is_json",
    "is_refusal",
    "json_schema",
    "latency",
    "max_tokens",
    "max_turns",
    "max_words",
    "mentions",
    "names",
    "no_placeholder",
    "parse",
    "regex",
    "similarity",
    "starts_with",
    "tool_args_match",
    "tool_called",
    "tool_sequence",
]

Form = Check | str | Mapping[str, Any] | Callable[..., object]
"""One check as a person may write it."""


def names() -> list[str]:
    """Return the short names, sorted.

    >>> "tool_called" in names()
    True
    """
    return sorted(REGISTRY)


def parse(forms: Form | Sequence[Form] | None) -> list[Check]:
    r"""Return the checks that a samples file or a person wrote down.

    Args:
        forms: None, one form, or a list. A form is a check; a function of the reply's text (of a `Subject`, where its
            parameter is annotated so) that returns a boolean, number, None or `Score`; a string `NAME`,
            `NAME: ARGUMENT` or `not NAME: ARGUMENT`, several on lines of their own (as in a CSV cell; a JSON list does
            too); a mapping `{NAME: ARGUMENT}` whose argument may be a list (by position) or a mapping (by name), or
            `{"not": FORM}`.

    Raises:
        ScoreError: there is no check of that name, or its arguments do not fit.

    >>> [check.name for check in parse(["contains: cache", {"not max_words": 3}, "not is_json"])]
    ['contains: cache', 'not max_words: 3', 'not is_json']
    >>> [check("no").value for check in parse("regex: ^n\nnot contains: yes")]
    [True, True]
    >>> [check("a cache").value for check in parse([{"contains": {"texts": ["cache", "queue"], "any": True}}])]
    [True]
    """
    if forms is None:
        return []
    if isinstance(forms, str):
        return _from_text(forms)
    if isinstance(forms, Mapping):
        return [_named(str(name), argument) for name, argument in forms.items()]
    if isinstance(forms, Check):
        return [forms]
    if callable(forms):
        return [_own(forms)]
    if isinstance(forms, Sequence):
        return [check for form in forms for check in parse(form)]
    raise ScoreError("that is no check", received=forms, accepted="a name, 'name: argument', a mapping, a function")


def _from_text(text: str) -> list[Check]:
    stripped = text.strip()
    if stripped.startswith("["):
        import json

        try:
            return parse(json.loads(stripped))
        except json.JSONDecodeError as error:
            raise ScoreError("the list of checks is not JSON", received=f"{text}: {error}") from error
    found = []
    for line in filter(None, map(str.strip, stripped.splitlines())):
        name, colon, argument = line.partition(":")
        found.append(_named(name.strip(), _value(argument.strip()) if colon else None))
    return found


def _value(argument: str) -> object:
    """Read a list, a mapping or a quoted string as YAML; anything else is the text as it stands."""
    if not argument.startswith(("[", "{", '"', "'")):
        return argument
    import yaml

    try:
        return yaml.safe_load(argument)
    except yaml.YAMLError:
        return argument


def _named(name: str, argument: object) -> Check:
    if name == "not":
        (check,) = _exactly_one(argument)
        return ~check
    if name.startswith("not "):
        return ~_named(name[4:].strip(), argument)
    make = REGISTRY.get(name)
    if make is None:
        import difflib

        near = difflib.get_close_matches(name, REGISTRY, 1)
        raise ScoreError(
            f"there is no check {name!r}", accepted=", ".join(names()), hint=f"{near[0]}: …" if near else None
        )
    if argument is None or argument is True:
        return make()
    if argument is False:
        return ~make()
    if isinstance(argument, Mapping) and _by_name(make, argument):
        named = {str(key): value for key, value in argument.items()}
        # `contains` takes any number of texts; by name they are one list.
        several = _several(make)
        listed = named.pop(several, ()) if several else ()
        return make(*([listed] if isinstance(listed, str) else listed), **named)
    if isinstance(argument, list | tuple):
        return make(*argument)
    return make(argument)


def _by_name(make: Callable[..., Check], argument: Mapping[str, object]) -> bool:
    """Say whether a mapping names parameters; a JSON schema, for one, is an argument by itself."""
    parameters = inspect.signature(make).parameters
    return bool(argument) and all(key in parameters for key in argument)


def _several(make: Callable[..., Check]) -> str | None:
    """Return the name of the parameter that takes any number of arguments; None where there is none."""
    parameters = inspect.signature(make).parameters.values()
    return next((one.name for one in parameters if one.kind is one.VAR_POSITIONAL), None)


def _exactly_one(form: Any) -> list[Check]:
    found = parse(form)
    if len(found) != 1:
        raise ScoreError("`not` takes one check", received=form)
    return found


def _own(function: Callable[..., object]) -> Check:
    whole = any("Subject" in str(one.annotation) for one in inspect.signature(function).parameters.values())
    name = re.sub(r"^<lambda>$", "lambda", getattr(function, "__name__", type(function).__name__))
    return Check(name, lambda subject: verdict_of(function(subject if whole else subject.output)))
