"""Saving what a form holds as a variant: under another name, in a file of that name, beside the first."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path

from agentkit.definition.agent import AgentDefinition
from agentkit.errors import EditError, FileChanged
from agentkit.widgets._form_state import FormState

_NAME = re.compile(r"\w[\w.-]{0,99}")


def variant_path(state: FormState, name: str) -> Path:
    """Return the file of a variant: beside the form's own, else in `agents/` where that is a folder."""
    here = state.baseline.path
    folder = here.parent if here else Path("agents") if Path("agents").is_dir() else Path()
    return folder / f"{name}.md"


def free_name(state: FormState) -> str:
    """Return the first of `NAME-variant`, `NAME-variant-2`, … that no file has yet."""
    here = state.baseline.path
    fitting = (each for each in (state.value.name, here.stem if here else None) if each and _NAME.fullmatch(each))
    name = next(fitting, "agent")[:80]
    names = (f"{name}-variant{'' if at == 1 else f'-{at}'}" for at in count(1))
    return next(each for each in names if not variant_path(state, each).exists())


def save_variant(state: FormState, name: str) -> AgentDefinition:
    r"""Write the definition under another name; the form's own file and its unsaved changes stay as they are.

    Args:
        state: What is saved.
        name: The variant's name, and its file's.

    Returns:
        The variant as saved.

    Raises:
        EditError: the name cannot be a file's, or cannot be set.
        FileChanged: a file of that name is there already.
        DefinitionError: it cannot be written.
    """
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise EditError(
            "this name cannot be a file's", received=name, accepted="letters, digits, - _ and ., up to 100 of them"
        )
    target = variant_path(state, name)
    if target.exists():
        raise FileChanged(f"{target} is there already; nothing was written", hint="give the variant another name")
    return state.value.replace(name=name).save(target)
