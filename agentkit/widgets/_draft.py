"""What was typed and not saved, kept on disk: a closed page or a restarted kernel loses none of it.

One file per definition in `.agentkit/drafts/`, beside the store. It holds what a form has now and what earlier ones
left, as long as nobody decided about it, and goes when there is nothing of either.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from agentkit.definition import files
from agentkit.definition.agent import AgentDefinition
from agentkit.errors import AgentkitError

FOLDER = Path(".agentkit") / "drafts"
LIMIT = 5
"""Drafts of one definition that are kept, the newest ones."""


class Draft:
    """The drafts of one definition file.

    Args:
        agent: The definition as loaded; one without a file has no draft.
        folder: Where drafts are kept; `.agentkit/drafts` in the current folder when left out.
    """

    def __init__(self, agent: AgentDefinition, folder: Path | None = None) -> None:
        self._folder = (folder or FOLDER).absolute()
        self._path, self._text = agent.path, agent.text
        self._kept: tuple[str, ...] | None = None

    @property
    def file(self) -> Path | None:
        """Where the drafts are, or would be; None for a definition without a file."""
        if self._path is None:
            return None
        key = hashlib.sha256(os.fsencode(self._path.resolve())).hexdigest()[:16]
        return self._folder / f"{self._path.stem[:60]}-{key}.json"

    def find(self) -> list[str]:
        """Return the texts that were left behind and differ from the definition, the newest first."""
        if self.file is None:
            return []
        try:
            texts = json.loads(self.file.read_text("utf-8"))["texts"]
        except (OSError, ValueError, KeyError, TypeError):
            return []
        found = [text for text in texts if isinstance(text, str)] if isinstance(texts, list) else []
        return [text for text in dict.fromkeys(found) if text != self._text]

    def keep(self, texts: Sequence[str]) -> None:
        """Write the drafts, whole or not at all; without any the file goes.

        A folder that cannot be written keeps nobody from typing.
        """
        kept = tuple(texts[:LIMIT])
        if self.file is None or kept == self._kept:
            return
        try:
            if kept:
                self._folder.mkdir(parents=True, exist_ok=True)
                content = json.dumps({"path": str(self._path), "texts": kept}, ensure_ascii=True, indent=1)
                files.write(self.file, content.encode(), None)
            else:
                self.file.unlink(missing_ok=True)
        except (OSError, AgentkitError):
            return
        self._kept = kept
