"""Scores on results: checks and graders in, the same results with columns out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from agentkit.errors import ScoreError
from agentkit.experiment.frame import COLUMNS
from agentkit.experiment.outcome import Outcome
from agentkit.experiment.results import Place, Results
from agentkit.scoring.checks import parse
from agentkit.scoring.comparison import Comparison
from agentkit.scoring.score import Check, Score, Subject

if TYPE_CHECKING:
    import pandas as pd

PASSED = "passed"
"""The column that says whether all of a trial's checks hold."""

Scores = dict[Place, Score]


@runtime_checkable
class Scorer(Protocol):
    """What scores whole results at once, asking others if it must."""

    name: str
    """Of its column."""

    def score_results(self, results: Results) -> Mapping[str, Scores]:
        """Return scores by column and place."""
        ...


def scored(results: Results, scorers: Sequence[Any], named: Mapping[str, Any]) -> Results:
    """Return the results with more scores; `Results.score` says how."""
    found: dict[str, Mapping[Place, Score]] = dict(results._scores)
    plain = [one for one in scorers if not isinstance(one, Scorer)]
    own = {sample.id: parse(list(sample.checks)) for sample in results.plan.samples}
    # A grader or ratings that join later say nothing on the checks, so what `passed` holds already stays.
    if plain or (any(own.values()) and (PASSED not in found or not (scorers or named))):
        found |= _checked(results, parse(plain), own)
    elif not scorers and not named:
        raise ScoreError("there is nothing to score by: no check was given, and no sample brings one")
    for scorer in scorers:
        if isinstance(scorer, Scorer):
            found |= scorer.score_results(results)
    for name, given in named.items():
        if isinstance(given, Scorer):
            columns = given.score_results(results)
            found[name] = columns[given.name]
            continue
        if hasattr(given, "columns"):
            found[name] = _rated(results, given)
            continue
        checks = parse(given)
        found[name] = {place: _together([check(subject) for check in checks]) for place, subject in _subjects(results)}
    taken = set(COLUMNS) & set(found)
    if taken:
        raise ScoreError("a score cannot have the name of a column", received=", ".join(sorted(taken)))
    return Results(
        results.plan,
        results,
        backend=results.backend,
        fidelity=results.fidelity,
        order=results._order,
        scores=found,
    )


def _checked(results: Results, checks: Sequence[Check], own: Mapping[str, Sequence[Check]]) -> dict[str, Scores]:
    columns: dict[str, Scores] = {check.name: {} for check in checks}
    together: Scores = {}
    for place, subject in _subjects(results):
        said = []
        for check in checks:
            columns[check.name][place] = check(subject)
            said.append(columns[check.name][place])
        said += [_titled(check, check(subject)) for check in own[place[1]]]
        if any(isinstance(score.value, bool) or score.value is None for score in said):
            together[place] = _together(said)
    return {**columns, PASSED: together} if together else columns


def _rated(results: Results, ratings: pd.DataFrame) -> Scores:
    """Return people's ratings as scores: the mean over the raters of each trial."""
    if missing := [name for name in ("variant", "sample", "value") if name not in ratings.columns]:
        raise ScoreError(
            f"the ratings have no column {', '.join(missing)}", accepted="variant, sample, epoch, rater, value"
        )
    places = {place_of(outcome) for outcome in results}
    given: dict[Place, list[float]] = {}
    for row in ratings.to_dict("records"):
        place = str(row["variant"]), str(row["sample"]), int(row.get("epoch", 1))
        if place not in places:
            raise ScoreError("a rating is of no trial in the results", received=", ".join(map(str, place)))
        try:
            value = float("nan") if row["value"] is None else float(row["value"])
        except (TypeError, ValueError):
            raise ScoreError("a rating is no number", received=row["value"]) from None
        if value == value:
            given.setdefault(place, []).append(value)
    return {
        place: Score(
            sum(values) / len(values), explanation=f"mean of {len(values)} ratings", metadata={"ratings": values}
        )
        for place, values in given.items()
    }


def _titled(check: Check, score: Score) -> Score:
    return Score(score.value, score.answer, f"{check.name}: {score.explanation or score.value}", score.metadata)


def _together(scores: Sequence[Score]) -> Score:
    """Return whether all hold; one alone speaks for itself. False beats unscored: what failed, failed."""
    if len(scores) == 1:
        return scores[0]
    truths = [score for score in scores if isinstance(score.value, bool) or score.value is None]
    failed = [score for score in truths if score.value is False]
    unknown = [score for score in truths if score.value is None]
    if failed:
        return Score(False, explanation="; ".join(score.explanation or "failed" for score in failed))
    return Score(None if unknown or not truths else True, explanation=unknown[0].explanation if unknown else None)


def _subjects(results: Results) -> list[tuple[Place, Subject]]:
    return [(place_of(outcome), subject_of(results, outcome)) for outcome in results if outcome.reply is not None]


def place_of(outcome: Outcome) -> Place:
    """Return the variant, sample and epoch of a trial."""
    return outcome.trial.variant, outcome.trial.sample, outcome.trial.epoch


def subject_of(results: Results, outcome: Outcome) -> Subject:
    """Return a finished trial as scorers see it."""
    sample, reply = results.plan.samples[outcome.trial.sample], outcome.reply
    assert reply is not None
    return Subject(
        output=reply.output,
        target=sample.target,
        input=sample.text,
        messages=tuple(outcome.transcript),
        stop_reason=reply.stop_reason,
        latency_s=sum(call.reply.latency_s for call in outcome.calls),
        cost_usd=outcome.cost_usd,
        output_tokens=outcome.total("output_tokens"),
        metadata=sample.metadata,
    )


def scores_frame(results: Results) -> pd.DataFrame:
    """Return one row a score, in the order of the plan."""
    import pandas as pd

    rows = [
        {
            "variant": place[0],
            "sample": place[1],
            "epoch": place[2],
            "score": name,
            "value": None if score.value is None else float(score.value),
            "answer": score.answer,
            "explanation": score.explanation,
        }
        for name, found in results._scores.items()
        for place, score in ((place_of(one), found.get(place_of(one))) for one in results)
        if score is not None
    ]
    columns = ["variant", "sample", "epoch", "score", "value", "answer", "explanation"]
    return pd.DataFrame(rows, columns=columns).astype({"value": "float64", "epoch": "int64"})


def compared(results: Results, a: str, b: str, score: str | None, options: Mapping[str, Any]) -> Comparison:
    """Return the verdict on two variants of a run, with the definitions' diff beside the flips."""
    from dataclasses import replace

    from agentkit.scoring.verdict import compare

    try:
        found = compare(results.frame, a, b, score=score, **options)
    except TypeError as error:
        raise ScoreError(str(error), accepted="margin, alpha, higher_is_better, apart") from error
    return replace(found, changes=_changes(results, a, b))


def _changes(results: Results, a: str, b: str) -> str:
    import difflib

    first, second = (results.plan.variants[name].system_prompt.splitlines() for name in (a, b))
    return "\n".join(difflib.unified_diff(first, second, a, b, lineterm="", n=1))
