"""Two variants of results, word by word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.errors import PlanError

if TYPE_CHECKING:
    from agentkit.experiment.results import Results


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between the replies of two variants."""

    a: str
    b: str
    pairs: tuple[tuple[str, int, str | None, str | None], ...]
    """Sample, epoch and the two replies; None where one failed."""

    @property
    def same(self) -> int:
        """How many replies are the same."""
        return sum(first is not None and first == second for _, _, first, second in self.pairs)

    def __str__(self) -> str:
        from agentkit.views.diff import words_text

        parts = [self._head()]
        for sample, epoch, first, second in self.pairs:
            parts.append(f"{sample}, epoch {epoch}:")
            if first is None or second is None:
                parts.append("  " + " and ".join(f"{name} failed" for name in self._failed(first, second)))
            elif first == second:
                parts.append("  the same")
            else:
                parts.append("\n".join(f"  {line}" for line in words_text(first, second).split("\n")))
        return "\n".join(parts)

    def _head(self) -> str:
        return f"{self.a} against {self.b}: {self.same} of {len(self.pairs)} replies are the same"

    def _failed(self, first: str | None, second: str | None) -> list[str]:
        return [name for name, text in ((self.a, first), (self.b, second)) if text is None]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        from agentkit.views.diff import words_html
        from agentkit.views.safe import escape, inert

        parts = [f"<p>{escape(self._head())}</p>"]
        for sample, epoch, first, second in self.pairs:
            parts.append(f"<p><strong>{escape(sample)}</strong>, epoch {epoch}</p>")
            if first is None or second is None:
                parts.append(f"<p>{escape(' and '.join(self._failed(first, second)))} failed</p>")
            else:
                parts.append("<p>the same</p>" if first == second else str(words_html(first, second)))
        return {"text/plain": str(self), "text/html": inert("".join(parts))}


def difference(results: Results, a: str, b: str) -> Difference:
    """Return what differs between two variants of results.

    Raises:
        PlanError: there is no such variant.
    """
    for name in (a, b):
        if name not in results.variants:
            raise PlanError(f"there is no variant {name!r}", accepted=", ".join(results.variants))
    replies = {(one.trial.variant, one.trial.sample, one.trial.epoch): one.output for one in results}
    places = [(sample, epoch) for variant, sample, epoch in replies if variant == a and (b, sample, epoch) in replies]
    return Difference(
        a, b, tuple((sample, epoch, replies[a, sample, epoch], replies[b, sample, epoch]) for sample, epoch in places)
    )
