"""What was typed and not saved, kept on disk: a closed page or a restarted kernel loses none of it.

One file per definition in `.agentkit/drafts/`, beside the store. It goes when the form is saved or reverted.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from agentkit.definition import files
from agentkit.definition.agent import AgentDefinition
from agentkit.errors import AgentkitError

FOLDER = Path(".agentkit") / "drafts"


class Draft:
    """The draft of one definition file.

    Args:
        agent: The definition as loaded; one without a file has no draft.
        folder: Where drafts are kept; `.agentkit/drafts` in the current folder when left out.
    """

    def __init__(self, agent: AgentDefinition, folder: Path | None = None) -> None:
        self._folder = (folder or FOLDER).absolute()
        self._path = agent.path
        self._kept: bytes | None = None

    @property
    def file(self) -> Path | None:
        """Where the draft is, or would be; None for a definition without a file."""
        if self._path is None:
            return None
        key = hashlib.sha256(os.fsencode(self._path.resolve())).hexdigest()[:16]
        return self._folder / f"{self._path.stem[:60]}-{key}.json"

    def find(self, agent: AgentDefinition) -> str | None:
        """Return the text of a draft that was left behind and differs from the file; None where there is none."""
        if self.file is None:
            return None
        try:
            text = json.loads(self.file.read_text("utf-8"))["text"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return text if isinstance(text, str) and text != agent.text else None

    def keep(self, agent: AgentDefinition) -> None:
        """Write the draft, whole or not at all. A folder that cannot be written keeps nobody from typing."""
        if self.file is None or agent.source == self._kept:
            return
        content = json.dumps({"path": str(self._path), "text": agent.text}, ensure_ascii=True, indent=1)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            files.write(self.file, content.encode(), None)
        except (OSError, AgentkitError):
            return
        self._kept = agent.source

    def drop(self) -> None:
        """Remove the draft."""
        self._kept = None
        if self.file is not None:
            try:
                self.file.unlink(missing_ok=True)
            except OSError:
                return
