"""agentkit: edit agent definitions, run them on samples, compare what comes back.

    import agentkit as ak

The public names are bound on first use, so `import agentkit` costs a few milliseconds and never touches pandas,
anthropic or ipywidgets.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit import errors as errors
    from agentkit.errors import AgentkitError as AgentkitError
    from agentkit.scoring import checks as checks
    from agentkit.scoring.comparison import Comparison as Comparison
    from agentkit.scoring.family import Comparisons as Comparisons
    from agentkit.scoring.family import compare_all as compare_all
    from agentkit.scoring.score import Check as Check
    from agentkit.scoring.score import Score as Score
    from agentkit.scoring.verdict import compare as compare

_HOMES = {
    "errors": "agentkit.errors",
    "AgentkitError": "agentkit.errors",
    "Check": "agentkit.scoring.score",
    "Score": "agentkit.scoring.score",
    "checks": "agentkit.scoring.checks",
    "Comparison": "agentkit.scoring.comparison",
    "Comparisons": "agentkit.scoring.family",
    "compare": "agentkit.scoring.verdict",
    "compare_all": "agentkit.scoring.family",
}
"""Public name → the module that has it; a module's own name stands for the module."""

__all__ = ["AgentkitError", "Check", "Comparison", "Comparisons", "Score", "checks", "compare", "compare_all", "errors"]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'agentkit' has no attribute {name!r}")
    module = importlib.import_module(home)
    value = module if home.rpartition(".")[2] == name else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
