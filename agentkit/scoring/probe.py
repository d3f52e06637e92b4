"""Probes of a grader: an empty reply and a perfect one. A rubric that cannot tell these apart says nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentkit.errors import ScoreError
from agentkit.experiment.results import Results
from agentkit.experiment.sampling import samples as make_samples
from agentkit.scoring.asking import ask
from agentkit.scoring.compare_view import number

if TYPE_CHECKING:
    from agentkit.scoring.grader import Grader


@dataclass(frozen=True, slots=True)
class Probe:
    """What a grader says of empty and of perfect replies; values from 0 to 1, None where it failed."""

    null: tuple[float | None, ...]
    """Values of the empty reply, sample by sample."""
    oracle: tuple[float | None, ...]
    """Values of the target as reply; empty where no sample has a target."""

    @property
    def separates(self) -> bool:
        """Whether every perfect reply got more than every empty one, and no answer failed."""
        known = [value for value in (*self.null, *self.oracle) if value is not None]
        if len(known) < len(self.null) + len(self.oracle) or not self.oracle:
            return False
        return min(value for value in self.oracle if value is not None) > max(
            value for value in self.null if value is not None
        )

    def __str__(self) -> str:
        rows = [("empty reply", self.null), ("perfect reply", self.oracle)]
        lines = [f"  {label:<14}{_told(values)}" for label, values in rows]
        word = "separates" if self.separates else "does not separate"
        return "\n".join([f"the rubric {word} perfect from empty replies", *lines])

    __repr__ = __str__


def probe(grader: Grader, samples: Any, results: Results | None) -> Probe:
    """Grade both probes for every sample; `Grader.probe` says how."""
    from agentkit.scoring.grader import question

    if isinstance(samples, Results):
        results, samples = samples, samples.plan.samples
    given = make_samples(samples)
    questions = {f"empty · {one.id}": question(one.text, one.target, "") for one in given}
    questions |= {
        f"perfect · {one.id}": question(one.text, one.target, one.target) for one in given if one.target is not None
    }
    answers = ask(grader.name, grader.prompt, grader.schema, questions, grader.how, results)

    def values(kind: str) -> tuple[float | None, ...]:
        found = [grader.scores_of(answers[key])[grader.name].value for key in questions if key.startswith(kind)]
        return tuple(None if value is None else float(value) for value in found)

    found = Probe(values("empty"), values("perfect"))
    if not found.null:
        raise ScoreError("there is nothing to probe with")
    return found


def _told(values: tuple[float | None, ...]) -> str:
    known = [value for value in values if value is not None]
    if not values:
        return "no sample has a target"
    if not known:
        return "unscored"
    failed = f", {len(values) - len(known)} unscored" if len(known) < len(values) else ""
    return f"{number(min(known))} to {number(max(known))} over {len(known)}{failed}"
