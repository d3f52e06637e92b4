"""Asking a model about replies: through the same door, store, cassette and budget as the run that gave them.

A grader is an experiment like any other: its prompt is a variant, what it judges are samples. So its prompt, rubric and
model are in the store and in the cassette with every answer, and nothing is asked twice.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from agentkit.backends.protocol import Backend
from agentkit.errors import CallError
from agentkit.experiment.budget import Budget
from agentkit.experiment.plan import Variant
from agentkit.experiment.results import Results
from agentkit.experiment.running import run
from agentkit.experiment.sampling import Sample


class SelfGrading(UserWarning):
    """The model that judges is the one that is judged; models prefer their own replies."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How to ask; what is None is taken from the run whose replies are judged."""

    model: str | None = None
    backend: Backend | None = None
    store: str | PathLike[str] | bool | None = None
    cassette: str | PathLike[str] | None = None
    budget_usd: float | Budget | None = None
    max_tokens: int = 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said of one reply."""

    value: Mapping[str, Any] | None
    """The JSON object it gave; None where it gave none that fits."""
    reason: str | None
    """Why there is none."""
    model: str | None
    """The model that served it."""


def ask(
    name: str, prompt: str, schema: Mapping[str, Any], questions: Mapping[str, str], how: Asking, about: Results | None
) -> dict[str, Answer]:
    """Ask one question for each id; what fails leaves its answer without a value.

    Args:
        name: Of the grader, as tables and errors name it.
        prompt: Its system prompt.
        schema: JSON schema of an answer.
        questions: Text by id.
        how: Model, backend, store, cassette and budget.
        about: The results that are judged; their backend, store, cassette and budget are the defaults.
    """
    order = about._order if about is not None else None
    try:
        found = run(
            {name: Variant(prompt, name=name, model=how.model, schema=schema)},
            [Sample(text, id=one) for one, text in questions.items()],
            max_tokens=how.max_tokens,
            backend=how.backend or (order.backend if order else None),
            store=how.store if how.store is not None or order is None else order.store,
            cassette=how.cassette or (_beside(order.cassette, name) if order and order.cassette else None),
            budget_usd=how.budget_usd if how.budget_usd is not None or order is None else order.budget,
            concurrency=order.concurrency if order else None,
            progress=order.progress if order else None,
        )
    except CallError as error:
        return {one: Answer(None, f"the grader failed: {error.message}", None) for one in questions}
    _warn_of_itself(name, found, about)
    return {outcome.trial.sample: _answer(outcome, schema) for outcome in found}


def _beside(cassette: str | PathLike[str], name: str) -> Path:
    """Return where a grader records: a cassette that is there already replays and takes nothing new."""
    path = Path(cassette)
    plain = "".join(one if one.isalnum() or one in "-_" else "-" for one in name)
    return path.with_name(f"{path.stem}.{plain}{path.suffix}")


def _answer(outcome: Any, schema: Mapping[str, Any]) -> Answer:
    from agentkit.scoring.check_json import validator, values_in

    reply = outcome.reply
    if reply is None:
        return Answer(None, f"the grader failed: {outcome.error}", None)
    if reply.stop_reason == "refusal":
        return Answer(None, "the grader refused", reply.model)
    fault: str | None = "the grader gave no JSON"
    fits = validator(schema)
    for _, value in values_in(reply.output):
        fault = fits(value)
        if fault is None and isinstance(value, Mapping):
            return Answer(value, None, reply.model)
    return Answer(None, f"the grader's answer does not fit: {fault}", reply.model)


def _warn_of_itself(name: str, found: Results, about: Results | None) -> None:
    if about is None:
        return
    judged = {outcome.reply.model for outcome in about if outcome.reply is not None}
    judging = {outcome.reply.model for outcome in found if outcome.reply is not None}
    if shared := sorted(judged & judging):
        # A fixed place, so that a notebook's output is the same bytes each time.
        warnings.warn_explicit(
            f"{name} runs on {', '.join(shared)}, which also wrote replies it judges; models prefer their own",
            SelfGrading,
            "agentkit",
            1,
        )


def quoted(parts: Sequence[tuple[str, str | None]]) -> str:
    """Return texts for a judge, each as a JSON string, so that nothing in a reply can pass for the frame around it."""
    return "\n\n".join(f"{label}:\n{json.dumps(text, ensure_ascii=False)}" for label, text in parts if text is not None)
