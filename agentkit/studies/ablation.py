"""Ablation: what each part of a definition is good for, by leaving it out.

The whole definition is tried against itself without each section in turn, everything else byte for byte the same. A
section's effect is how much better the whole does than the definition without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from agentkit.errors import PlanError, ScoreError
from agentkit.scoring.comparison import BETTER, EQUIVALENT, WORSE, Comparison
from agentkit.scoring.family import compare_all
from agentkit.scoring.statistics import Interval

if TYPE_CHECKING:
    import pandas as pd

    from agentkit.definition.agent import AgentDefinition
    from agentkit.experiment.quoting import Quote
    from agentkit.experiment.results import Results

WHOLE = "whole"
"""Name of the variant with nothing left out."""
SCORE = "score"
Says = Literal["helps", "hurts", "makes no difference", "can't tell yet", "not sent"]


@dataclass(frozen=True, slots=True)
class Effect:
    """What one part is good for: whole minus without, in units of the score, turned so that more is better."""

    part: str
    """Title of the section, its first words where it has none, or `example N` of the description."""
    says: Says
    """`helps` (the definition is worse without it), `hurts`, `makes no difference` (smaller than the margin),
    `can't tell yet`, or `not sent` (it is no part of what the model got)."""
    effect: float
    interval: Interval
    """At level 1 - alpha; infinite where unknown."""
    tokens: float
    """Input tokens that the part costs in every call: mean over the samples of both; NaN where unknown."""
    usd_per_1000: float | None
    """Dollars of input that the part costs in 1,000 calls at list price, uncached; None where the price is unknown."""
    comparison: Comparison | None = field(repr=False)
    """The definition without the part against the whole; its p-value is Holm's. None where the part is not sent."""


@dataclass(frozen=True, slots=True)
class Ablation:
    """The effects, the greatest first; iterates over them."""

    effects: tuple[Effect, ...]
    results: Results = field(repr=False, compare=False)
    """Every trial, scored: the variant `whole`, and one for each part, named after it."""
    quote: Quote | None = field(default=None, repr=False, compare=False)
    """What it was going to cost, graders left out; None where a cassette answered."""

    def __iter__(self) -> Iterator[Effect]:
        return iter(self.effects)

    def __len__(self) -> int:
        return len(self.effects)

    def __getitem__(self, part: str) -> Effect:
        for effect in self.effects:
            if effect.part == part:
                return effect
        raise ScoreError(f"no part {part!r} was left out", accepted=", ".join(one.part for one in self.effects))

    @property
    def frame(self) -> pd.DataFrame:
        """One row a part.

        Columns `part`, `says` (str), `effect`, `low`, `high`, `p_value`, `tokens`, `usd_per_1000` (float64).
        """
        import pandas as pd

        rows = [
            {
                "part": one.part,
                "says": one.says,
                "effect": one.effect,
                "low": one.interval[0],
                "high": one.interval[1],
                "p_value": one.comparison.p_value if one.comparison else float("nan"),
                "tokens": one.tokens,
                "usd_per_1000": float("nan") if one.usd_per_1000 is None else one.usd_per_1000,
            }
            for one in self.effects
        ]
        return pd.DataFrame(rows)

    def plot(self) -> Any:
        """Return the effects with their intervals as a plot."""
        from agentkit.scoring.plots import intervals

        return intervals(
            [(one.part, one.effect, one.interval) for one in self.effects if one.comparison is not None],
            "what each part adds to the score",
        )

    def __str__(self) -> str:
        from agentkit.studies.ablation_view import ablation_text

        return ablation_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from agentkit.studies.ablation_view import ablation_html

        return ablation_html(self)


def parts_of(agent: AgentDefinition) -> dict[str, AgentDefinition]:
    r"""Return the definition without each of its parts, by the part's name: sections first, then examples.

    >>> from agentkit import loads
    >>> agent = loads("---\nname: a\ndescription: b\n---\nYou help.\n\n## Rules\nBe kind.\n\n## Tone\nWarm.\n")
    >>> list(parts_of(agent))
    ['(You help.)', 'Rules', 'Tone']
    """
    found: dict[str, AgentDefinition] = {}
    for section in agent.sections:
        words = " ".join(section.text.split())
        name = section.title or f"({words if len(words) <= 30 else words[:29] + '…'})"
        without = agent.without(section)
        if without.system_prompt.strip():
            found[_unused(name, found)] = without
    for at in range(len(agent.examples)):
        found[_unused(f"example {at + 1}", found)] = agent.without_example(at)
    return found


def ablate(
    agent: Any,
    samples: Any,
    *,
    score: Any,
    parts: Sequence[str] | None = None,
    margin: float | None = None,
    alpha: float = 0.05,
    higher_is_better: bool = True,
    apart: Sequence[str] | None = None,
    **arguments: Any,
) -> Ablation:
    """Leave out each part of a definition in turn and say what it was good for.

    One call does it all: it says first what it will cost (as `quote_ablation` does without running anything), and
    `budget_usd=` caps that. It may be interrupted and called again: what finished is in the store.

    Args:
        agent: An `AgentDefinition`, or the path of one.
        samples: As `ak.samples` takes them.
        score: A check, a list of checks (all of which must hold), a function, or an `ak.Grader`.
        parts: Titles of the parts to leave out; all when left out.
        margin: As in `ak.compare`: the difference that is too small to matter.
        alpha: Upper bound of the chance that any part is falsely said to help or to hurt.
        higher_is_better: As in `ak.compare`.
        apart: As in `ak.compare`.
        **arguments: As `ak.run` takes them: `model`, `epochs`, `backend`, `budget_usd`, ….

    Returns:
        For each part its effect with interval, and what it costs in tokens and dollars.

    Raises:
        PlanError: there is nothing to leave out, or no part of that title.
        ScoreError: there is nothing to score by.
    """
    from agentkit.experiment.running import run
    from agentkit.scoring.pairs import APART

    definition, without, unsent = _laid_out(agent, parts)
    variants = {WHOLE: definition, **without}
    quote = _quoted_first(variants, samples, arguments)
    results = run(variants, samples, **arguments).score(**{SCORE: score})
    found = compare_all(
        results.frame,
        WHOLE,
        list(without),
        score=SCORE,
        margin=margin,
        alpha=alpha,
        higher_is_better=higher_is_better,
        apart=APART if apart is None else apart,
    )
    effects = [_effect(comparison, results) for comparison in found]
    effects.sort(key=lambda one: -one.effect if one.effect == one.effect else float("inf"))
    nothing = [Effect(name, "not sent", 0.0, (0.0, 0.0), 0.0, 0.0, None) for name in unsent]
    return Ablation((*effects, *nothing), results, quote)


def _quoted_first(variants: dict[str, Any], samples: Any, arguments: dict[str, Any]) -> Quote | None:
    from agentkit.experiment.progress import tell
    from agentkit.experiment.quoting import quote
    from agentkit.experiment.running import replays

    if replays(variants, samples, **arguments):
        return None
    found = quote(variants, samples, **arguments)
    if arguments.get("progress") is not False:
        tell(f"leaving out {len(variants) - 1} parts in turn: {found.line}")
    return found


def quote_ablation(agent: Any, samples: Any, *, parts: Sequence[str] | None = None, **arguments: Any) -> Quote:
    """Return what `ablate` with the same arguments would cost, graders left out, without running it.

    Args:
        agent: As `ablate` takes it.
        samples: As `ablate` takes them.
        parts: As `ablate` takes them.
        **arguments: As `ak.run` takes them; what only concerns scores is left out of account.
    """
    from agentkit.experiment.quoting import quote

    definition, without, _ = _laid_out(agent, parts)
    ours = ("score", "margin", "alpha", "higher_is_better", "apart")
    asked = {name: value for name, value in arguments.items() if name not in ours}
    return quote({WHOLE: definition, **without}, samples, **asked)


def _laid_out(agent: Any, parts: Sequence[str] | None) -> tuple[Any, dict[str, Any], list[str]]:
    """Return the definition, what is left of it without each part, and the parts that the model is never sent."""
    if not hasattr(agent, "sections"):
        from agentkit.definition.opening import load

        agent = load(agent)
    all_parts = parts_of(agent)
    if parts is not None and (unknown := [name for name in parts if name not in all_parts]):
        raise PlanError("there is no such part", received=", ".join(unknown), accepted=", ".join(all_parts))
    chosen = {name: all_parts[name] for name in (all_parts if parts is None else parts)}
    # Only the system prompt is sent. Without an example of the description the request would be the very same.
    unsent = [name for name, without in chosen.items() if without.system_prompt == agent.system_prompt]
    without = {name: one for name, one in chosen.items() if name not in unsent}
    if not without:
        raise PlanError("there is no part to leave out", received=", ".join(chosen) or "a prompt of one part")
    if WHOLE in without:
        without = {(f"{name} (section)" if name == WHOLE else name): one for name, one in without.items()}
    return agent, without, unsent


def _effect(found: Comparison, results: Results) -> Effect:
    sign = -1.0 if found.higher_is_better else 1.0
    ends = sorted((sign * found.interval[0], sign * found.interval[1]))
    said: dict[str, Says] = {BETTER: "hurts", WORSE: "helps", EQUIVALENT: "makes no difference"}
    tokens = _input_tokens(results, WHOLE) - _input_tokens(results, found.b)
    usd = _usd(results, tokens)
    effect = sign * found.difference + 0.0
    return Effect(found.b, said.get(found.verdict, "can't tell yet"), effect, (ends[0], ends[1]), tokens, usd, found)


def _input_tokens(results: Results, variant: str) -> float:
    """Return the mean input tokens of a first call, whether read from the cache or not."""
    first = [outcome.calls[0].reply for outcome in results.filter(variant=variant) if outcome.calls]
    totals = [one.input_tokens + one.cache_read_tokens + one.cache_write_tokens for one in first]
    return sum(totals) / len(totals) if totals else float("nan")


def _usd(results: Results, tokens: float) -> float | None:
    from agentkit.backends.prices import FREE, rates

    if results.backend in FREE:
        return 0.0
    models = {outcome.reply.model for outcome in results if outcome.reply is not None}
    found = [rates(model) for model in models]
    known = [one.input for one in found if one is not None]
    if len(known) != 1 or len(found) != 1 or tokens != tokens:
        return None
    return known[0] * tokens * 1000 / 1_000_000


def _unused(name: str, taken: dict[str, Any]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name} ({number})", number + 1
    return free
