"""The plan: named variants by samples by epochs, each trial with the request it sends and its key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Any

from agentkit.errors import PlanError
from agentkit.experiment.keys import canonical, join, trial_key
from agentkit.experiment.sampling import Sample, Samples

DEFAULT_MAX_TOKENS = 4096
"""What a reply may hold where neither the run, the variant nor the backend says otherwise."""

PARAMETERS = ("max_tokens", "stop_sequences", "thinking", "effort", "schema", "tools", "max_turns", "extra")
"""What a run or a variant may set beside its model."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A definition and what is different about it in this experiment.

    >>> Variant("You are terse.", name="terse", max_tokens=200).system_prompt
    'You are terse.'
    """

    definition: Any
    """An `AgentDefinition`, the path of one, or the text of a system prompt."""
    name: str | None = None
    """Its name in the tables; the definition's own where None."""
    model: str | None = None
    """The model of this variant; the definition's own where None."""
    max_tokens: int | None = None
    """Output tokens a reply may have at most."""
    stop_sequences: Sequence[str] | None = None
    """Texts at which the reply ends."""
    thinking: Mapping[str, Any] | str | None = None
    """The protocol's `thinking` object, or its `type` alone (`"adaptive"`, `"disabled"`)."""
    effort: str | None = None
    """`low`, `medium`, `high`, `xhigh` or `max`."""
    schema: Mapping[str, Any] | None = None
    """A JSON schema that the reply has to follow."""
    tools: Sequence[Any] | Mapping[str, Any] | None = None
    """Tools for the reply to call: Python functions, or canned answers by name."""
    max_turns: int | None = None
    """How many replies one trial may have while it calls tools; 8 where None."""
    extra: Mapping[str, Any] | None = None
    """Further fields of the request, as the server knows them."""

    @property
    def system_prompt(self) -> str:
        """What is sent as the system prompt."""
        return self.definition if isinstance(self.definition, str) else str(self.definition.system_prompt)

    @property
    def own_model(self) -> str | None:
        """The model that this variant asks for, if any."""
        if self.model is not None:
            return self.model
        return getattr(self.definition, "model", None) or None


@dataclass(frozen=True, slots=True)
class Trial:
    """One variant on one sample, once."""

    variant: str
    sample: str
    epoch: int
    """Which repeat, from 1."""
    key: str
    """64 hexadecimal digits: the same request and epoch always have the same key."""
    request: Mapping[str, Any]
    """The body that is sent; shared by the epochs of one variant and sample."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a run will do, before it does any of it."""

    variants: Mapping[str, Variant]
    samples: Samples
    epochs: int
    models: Mapping[str, str]
    """Resolved model id by variant."""
    trials: tuple[Trial, ...]
    """Samples outermost, then variants, then epochs."""
    tools: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By variant: the tools that answer here, by name."""


def name_variants(given: Any) -> dict[str, Variant]:
    """Return the variants by name.

    Args:
        given: One definition, a list of them, or a dict by name; each an `AgentDefinition`, a `Variant`, a path, or
            the text of a system prompt.

    Raises:
        PlanError: there is none, one has no system prompt, or a name is empty.
    """
    if isinstance(given, Mapping):
        named = {str(name): _variant(value) for name, value in given.items()}
    else:
        many = isinstance(given, Iterable) and not isinstance(given, (str, PathLike)) and not _is_definition(given)
        named = {}
        for number, value in enumerate(given if many else [given], 1):
            variant = _variant(value)
            own = variant.name or getattr(variant.definition, "name", None) or f"prompt-{number}" if many else None
            name = own or variant.name or getattr(variant.definition, "name", None) or "prompt"
            named[_unused(str(name), named)] = variant
    if not named:
        raise PlanError("there are no variants", hint="ak.run(agent, samples) or ak.run({'today': agent}, samples)")
    for name, variant in named.items():
        if not name.strip():
            raise PlanError("a variant has an empty name", received=name)
        if not variant.system_prompt.strip():
            raise PlanError(
                f"variant {name!r} has no system prompt: the body of its definition is empty",
                hint="write the prompt below the frontmatter's second ---",
            )
    return named


def across(variants: Any, models: Sequence[str]) -> dict[str, Variant]:
    """Return every variant on every model, each under a name of its own.

    Args:
        variants: As `run` takes them.
        models: Model ids or aliases.

    Returns:
        Variants named `VARIANT · MODEL`, or `MODEL` alone where there is one variant.

    >>> list(across({"a": "Be brief.", "b": "Be kind."}, ["haiku", "opus"]))
    ['a · haiku', 'a · opus', 'b · haiku', 'b · opus']
    """
    named = name_variants(variants)
    if isinstance(models, str) or not models:
        raise PlanError("models must be a list of at least one model", received=models)
    return {
        (model if len(named) == 1 else f"{name} · {model}"): replace(variant, model=model)
        for name, variant in named.items()
        for model in models
    }


def _is_definition(value: object) -> bool:
    return hasattr(value, "system_prompt")


def _variant(value: Any) -> Variant:
    if isinstance(value, Variant):
        return replace(value, definition=_definition(value.definition))
    return Variant(_definition(value))


def _definition(value: Any) -> Any:
    is_path = isinstance(value, PathLike) or (isinstance(value, str) and value.endswith(".md") and "\n" not in value)
    if is_path:
        from agentkit.definition.opening import load

        return load(Path(value))
    if not isinstance(value, str) and not _is_definition(value):
        raise PlanError(
            "this is no variant", received=value, accepted="an AgentDefinition, a Variant, a path, or a system prompt"
        )
    return value


def _unused(name: str, taken: Mapping[str, Variant]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"


def check_epochs(epochs: int) -> int:
    """Return the number of repeats, if it is one.

    Raises:
        PlanError: it is not a whole number from 1.
    """
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
        raise PlanError("epochs must be a whole number from 1", received=epochs)
    return epochs


def make_plan(
    variants: Mapping[str, Variant],
    samples: Samples,
    epochs: int,
    models: Mapping[str, str],
    settings: Mapping[str, Any],
    *,
    default_max_tokens: Callable[[str], int] | None = None,
    salt: str = "",
) -> Plan:
    """Lay out every trial.

    Args:
        variants: By name.
        samples: What they are tried on.
        epochs: Repeats of each, from 1.
        models: The resolved model id of each variant.
        settings: The run's own parameters, by the names of `PARAMETERS`; they win over the variants'.
        default_max_tokens: Gives the default of a model.
        salt: As `trial_key` takes it.

    Raises:
        PlanError: a parameter is of the wrong kind.
    """
    from agentkit.experiment.request import request_fields, tools_here

    fields = {
        name: request_fields(name, variant, models[name], settings, default_max_tokens)
        for name, variant in variants.items()
    }
    parts = {name: {key: canonical(value) for key, value in one.items()} for name, one in fields.items()}
    trials = []
    for sample in samples:
        messages = sample.messages
        encoded = _encoded(sample, messages)
        for name, own in fields.items():
            request = {**own, "messages": messages}
            text = join({**parts[name], "messages": encoded})
            for epoch in range(1, epochs + 1):
                trials.append(Trial(name, sample.id, epoch, trial_key(text, epoch, salt), request))
    here = {name: tools_here(variant, settings) for name, variant in variants.items()}
    return Plan(variants, samples, epochs, models, tuple(trials), {name: one for name, one in here.items() if one})


def _encoded(sample: Sample, messages: list[dict[str, Any]]) -> str:
    try:
        return canonical(messages)
    except TypeError as error:
        raise PlanError(f"the input of sample {sample.id!r} is not JSON: {error}") from None
