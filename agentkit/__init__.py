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
    from agentkit.backends.embedded import Embedded as Embedded
    from agentkit.backends.messages import Messages as Messages
    from agentkit.backends.protocol import Reply as Reply
    from agentkit.backends.protocol import Request as Request
    from agentkit.backends.scripted import Scripted as Scripted
    from agentkit.errors import AgentkitError as AgentkitError

_HOMES = {
    "errors": "agentkit.errors",
    "AgentkitError": "agentkit.errors",
    "Embedded": "agentkit.backends.embedded",
    "Messages": "agentkit.backends.messages",
    "Reply": "agentkit.backends.protocol",
    "Request": "agentkit.backends.protocol",
    "Scripted": "agentkit.backends.scripted",
}
"""Public name → the module that has it; a module's own name stands for the module."""

__all__ = ["AgentkitError", "Embedded", "Messages", "Reply", "Request", "Scripted", "errors"]


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
