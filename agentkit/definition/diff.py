"""What changes from one text to another."""

from __future__ import annotations

import difflib
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
        lines = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(), self.before_name, self.after_name, lineterm=""
        )
        return "\n".join(lines) or "no difference"

    def __repr__(self) -> str:
        return str(self)

    def __bool__(self) -> bool:
        return self.before != self.after
