"""What changes from one text to another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Diff:
    r"""Two texts, shown as a unified diff.

    >>> print(Diff("a\nb\n", "a\nc\n", "old", "new"))
    --- old
    +++ new
    @@ -1,2 +1,2 @@
     a
    -b
    +c
    """

    before: str
    after: str
    before_name: str = "before"
    after_name: str = "after"

    def __str__(self) -> str:
        from agentkit.views.diff import unified

        return unified(self.before, self.after, self.before_name, self.after_name).rstrip("\n") or "no difference"

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from agentkit.views.diff import unified_html

        return str(unified_html(self.before, self.after, self.before_name, self.after_name))

    def __bool__(self) -> bool:
        return self.before != self.after
