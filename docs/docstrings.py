"""What the reference needs to know of agentkit's docstrings beyond their Google style."""

from __future__ import annotations

import re

from griffe import ExprName, Extension, Function, Object

EXAMPLE = re.compile(r"^( *)>>> .*\n?(?:^\1\S.*\n?)*", re.MULTILINE)
"""Worked lines and what they print, up to a blank line."""


class Docstrings(Extension):
    """Worked examples become code blocks; makers of checks are said to return checks."""

    def on_object(self, *, obj: Object, **_: object) -> None:
        """Mend one docstring as it was loaded."""
        if obj.docstring is not None:
            obj.docstring.value = EXAMPLE.sub(_fenced, obj.docstring.value)

    def on_function(self, *, func: Function, **_: object) -> None:
        """Say what the decorator makes of a maker of checks."""
        if any(str(decorator.value) == "registered" for decorator in func.decorators):
            func.returns = ExprName("Check", parent=func.parent)


def _fenced(found: re.Match[str]) -> str:
    indent, text = found[1], found[0].rstrip("\n")
    return f"{indent}```pycon\n{text}\n{indent}```\n"
