"""`load` and `loads`: a definition from a file or from text."""

from __future__ import annotations

import os

from agentkit.definition import files
from agentkit.definition.agent import AgentDefinition
from agentkit.definition.undecoded import encoded
from agentkit.errors import DefinitionError


def load(path: str | os.PathLike[str]) -> AgentDefinition:
    """Load one definition file.

    Args:
        path: The file.

    Returns:
        The definition; one that the real loader would drop opens too, with `verdict == "dropped"` and its `reason`.

    Raises:
        DefinitionNotFound: no such file, or a directory.
        DefinitionError: it cannot be read.
    """
    origin = files.read(files.given(path))
    return AgentDefinition(origin.content, origin=origin)


def loads(text: str | bytes) -> AgentDefinition:
    """Load a definition from text, as `load` does from a file.

    Args:
        text: The file's whole text, or its bytes.

    Raises:
        DefinitionError: it is neither.
        EditError: the text holds half a character.
    """
    if isinstance(text, bytes):
        return AgentDefinition(text)
    if not isinstance(text, str):
        raise DefinitionError(
            f"a definition cannot be read from {type(text).__name__}",
            received=repr(text),
            accepted="the text of a file as str, or its bytes",
            hint="ak.load(path) for a file; bytes(data) for other kinds of bytes",
        )
    return AgentDefinition(encoded(text))
