"""The Python that starts the same run as a launcher does."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from os import PathLike
from pathlib import PurePath
from typing import Any

from agentkit.definition.agent import AgentDefinition
from agentkit.experiment.plan import Variant
from agentkit.experiment.sampling import Sample, Samples
from agentkit.experiment.sampling import samples as make_samples
from agentkit.widgets._form_code import code, literal

_OWN = ("definition", "name")
SPELLED = 40
"""Samples written out; more are named, or read from the file they came from."""


def launch_code(
    variants: Mapping[str, Variant], samples: Samples, source: object, ids: Iterable[str], arguments: Mapping[str, Any]
) -> str:
    """Return Python that makes the run.

    Args:
        variants: Those picked, by name.
        samples: All that there were to pick from.
        source: What the samples were made of; a path is read again.
        ids: Those picked.
        arguments: What else `run` gets.

    What Python has no words for is left as a name, with a comment: a backend of one's own, tools that are functions.
    """
    taken = {"ak", "results", "samples", "backend"}
    lines: list[str] = []
    pairs = []
    for name, variant in variants.items():
        variable = _variable(name, taken)
        lines.append(_variant(variable, variant))
        pairs.append(f"{name!r}: {variable}")
    lines.append(_samples(samples, _own(samples, variants, pairs) or source, tuple(ids)))
    shown = [f"{name}={_value(name, value)}" for name, value in arguments.items()]
    call = [f"{{{', '.join(pairs)}}}", "samples", *shown]
    one_line = f"results = ak.run({', '.join(call)})"
    lines.append(one_line if len(one_line) <= 100 else "results = ak.run(\n    " + ",\n    ".join(call) + ",\n)")
    return "\n".join(lines)


@dataclass(frozen=True)
class _Named:
    """Samples that are a variant's own examples."""

    variable: str


def _own(samples: Samples, variants: Mapping[str, Variant], pairs: Sequence[str]) -> _Named | None:
    """Return the variable of the variant whose examples the samples are, if one is."""
    for pair, variant in zip(pairs, variants.values(), strict=True):
        agent = variant.definition
        plain = all(getattr(variant, field.name) is None for field in fields(Variant) if field.name not in _OWN)
        if plain and isinstance(agent, AgentDefinition) and agent.examples and make_samples(agent) == samples:
            return _Named(pair.rpartition(": ")[2])
    return None


def _variable(name: str, taken: set[str]) -> str:
    base = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name.lower()).strip("_")
    base = base if base.isidentifier() and not keyword.iskeyword(base) else f"variant_{base}".rstrip("_")
    made, number = base, 2
    while made in taken:
        made, number = f"{base}_{number}", number + 1
    taken.add(made)
    return made


def _variant(variable: str, variant: Variant) -> str:
    own = {
        field.name: getattr(variant, field.name)
        for field in fields(Variant)
        if field.name not in _OWN and getattr(variant, field.name) is not None
    }
    definition = variant.definition
    if isinstance(definition, AgentDefinition):
        text = _definition(variable, definition)
    else:
        # Any other object with a prompt: what a run takes from it is its prompt and its model.
        if not isinstance(definition, str) and "model" not in own and variant.own_model:
            own["model"] = variant.own_model
        text = f"{variable} = {literal(variant.system_prompt)}"
    if not own:
        return text
    given = ", ".join(f"{name}={_value(name, value)}" for name, value in own.items())
    return f"{text}\n{variable} = ak.Variant({variable}, {given})"


def _definition(variable: str, agent: AgentDefinition) -> str:
    origin = agent._origin
    if origin is None:
        return f"{variable} = ak.loads({literal(agent.text)})"
    return code(AgentDefinition(origin.content, origin=origin), agent, variable)


def _samples(samples: Samples, source: object, ids: tuple[str, ...]) -> str:
    every = ids == samples.ids
    if isinstance(source, _Named):
        made = f"samples = ak.samples({source.variable})"
    elif isinstance(source, (str, PathLike)):
        made = f"samples = ak.samples({str(PurePath(source))!r})"
    else:
        picked = [samples[name] for name in ids]
        rows = [_row(sample, number) for number, sample in enumerate(picked, 1)]
        if len(rows) <= SPELLED and None not in rows:
            joined = "[" + ", ".join(map(str, rows)) + "]"
            spread = "[\n    " + ",\n    ".join(map(str, rows)) + ",\n]"
            return f"samples = ak.samples({joined if len(joined) < 80 else spread})"
        made = "samples = ak.samples(samples)  # those that ak.launch was given"
    if every:
        return made
    if ids == samples.ids[: len(ids)]:
        return f"{made}\nsamples = samples[:{len(ids)}]"
    return f"{made}\nsamples = ak.samples([samples[name] for name in {list(ids)!r}])"


def _row(sample: Sample, number: int) -> str | None:
    """Return a sample as Python; None where that would not read back as it is."""
    parts: dict[str, Any] = {"input": sample.input if isinstance(sample.input, str) else list(sample.input)}
    if sample.id != f"sample-{number}":
        parts["id"] = sample.id
    if sample.target is not None:
        parts["target"] = sample.target
    if sample.metadata:
        parts["metadata"] = dict(sample.metadata)
    if sample.checks:
        parts["checks"] = list(sample.checks)
    if not _spellable(parts):
        return None
    return repr(sample.input) if len(parts) == 1 and isinstance(sample.input, str) else repr(parts)


def _spellable(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _spellable(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(_spellable, value))
    return value is None or isinstance(value, (str, int, bool)) or (isinstance(value, float) and value == value)


def _value(name: str, value: Any) -> str:
    if isinstance(value, PurePath):
        return repr(str(value))
    if name == "tools" and not _spellable(value):
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{key!r}: {_tool(item)}" for key, item in value.items()) + "}"
        return "[" + ", ".join(map(_tool, value)) + "]"
    if name == "backend":
        kind = type(value).__module__
        known = kind in ("agentkit.backends.messages", "agentkit.backends.embedded")
        return f"ak.{value!r}" if known and type(value).__name__ in ("Messages", "Embedded") else "backend"
    return repr(value) if _spellable(value) else name


def _tool(tool: Any) -> str:
    return repr(tool) if _spellable(tool) else str(getattr(tool, "__name__", "tool"))
