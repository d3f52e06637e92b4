"""Putting results together, and running again what failed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agentkit.errors import PlanError
from agentkit.experiment import loop
from agentkit.experiment.plan import Plan
from agentkit.experiment.sampling import Samples

if TYPE_CHECKING:
    from agentkit.experiment.order import Order
    from agentkit.experiment.outcome import Outcome
    from agentkit.experiment.results import Results


def merged(first: Results, second: Results) -> Results:
    """Return both together; of a trial that both have, the one that did not fail, else the later.

    Raises:
        PlanError: one sample id stands for two inputs, or one trial of both has two requests.
    """
    from agentkit.experiment.results import Results

    samples = {sample.id: sample for sample in first.plan.samples}
    for sample in second.plan.samples:
        if sample.id in samples and samples[sample.id].input != sample.input:
            raise PlanError(f"sample {sample.id!r} has one input in the first results and another in the second")
        samples.setdefault(sample.id, sample)
    outcomes: dict[tuple[str, str, int], Outcome] = {}
    for outcome in (*first, *second):
        place = (outcome.trial.variant, outcome.trial.sample, outcome.trial.epoch)
        before = outcomes.get(place)
        if before is not None and before.trial.key != outcome.trial.key:
            raise PlanError(
                f"variant {place[0]!r} sends one request in the first results and another in the second",
                hint="run the second with another name for that variant",
            )
        if before is None or outcome.failure is None or before.failure is not None:
            outcomes[place] = outcome
    variants = {**first.plan.variants, **second.plan.variants}
    names, ids = list(variants), list(samples)
    ordered = sorted(outcomes, key=lambda place: (ids.index(place[1]), names.index(place[0]), place[2]))
    plan = Plan(
        variants,
        Samples(samples.values()),
        max(first.plan.epochs, second.plan.epochs),
        {**first.plan.models, **second.plan.models},
        tuple(outcomes[place].trial for place in ordered),
        {**first.plan.tools, **second.plan.tools},
    )
    same = first.backend == second.backend and first.fidelity == second.fidelity
    return Results(
        plan,
        [outcomes[place] for place in ordered],
        backend=first.backend if same else f"{first.backend} and {second.backend}",
        fidelity=first.fidelity,
        order=first._order,
        scores={
            name: {**first._scores.get(name, {}), **second._scores.get(name, {})}
            for name in {**first._scores, **second._scores}
        },
    )


def retried(results: Results, order: Order | None) -> Results:
    """Return the results with the failed trials run again.

    Raises:
        PlanError: nobody knows how they were run.
    """
    from agentkit.experiment.execute import execute

    if order is None:
        raise PlanError("these results do not know how they were run", hint="run the cell again")
    failed = frozenset(outcome.trial.key for outcome in results.errors)
    again = loop.wait_for(execute(replace(order, only=failed)))
    fresh = {(one.trial.variant, one.trial.sample, one.trial.epoch): one for one in again}
    return results._of(fresh.get((one.trial.variant, one.trial.sample, one.trial.epoch), one) for one in results)
