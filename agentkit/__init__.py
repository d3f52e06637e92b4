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
    from agentkit.definition.agent import AgentDefinition as AgentDefinition
    from agentkit.definition.diff import Diff as Diff
    from agentkit.definition.examples import Example as Example
    from agentkit.definition.findings import Finding as Finding
    from agentkit.definition.opening import load as load
    from agentkit.definition.opening import loads as loads
    from agentkit.definition.sections import Section as Section
    from agentkit.errors import AgentkitError as AgentkitError
    from agentkit.widgets.editor import edit as edit

_HOMES = {
    "AgentDefinition": "agentkit.definition.agent",
    "Diff": "agentkit.definition.diff",
    "Example": "agentkit.definition.examples",
    "Finding": "agentkit.definition.findings",
    "Section": "agentkit.definition.sections",
    "load": "agentkit.definition.opening",
    "loads": "agentkit.definition.opening",
    "edit": "agentkit.widgets.editor",
    "errors": "agentkit.errors",
    "AgentkitError": "agentkit.errors",
}
"""Public name → the module that has it; a module's own name stands for the module."""

__all__ = [
    "AgentDefinition",
    "AgentkitError",
    "Diff",
    "Example",
    "Finding",
    "Section",
    "edit",
    "errors",
    "load",
    "loads",
]


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
