"""Keeping keys out of what is written down: replies and errors pass here before they are stored or shown."""

from __future__ import annotations

import os
import re

HIDDEN = "[key removed]"
NAMES = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
SHORTEST = 8
"""A shorter value is no key, and replacing it would garble ordinary text."""
_SHAPE = re.compile(r"sk-ant-[A-Za-z0-9_\-]{8,}|(?i:\bbearer\s+)[A-Za-z0-9_\-.=]{16,}")


def known() -> tuple[str, ...]:
    """Return the keys that this process was started with."""
    values = (os.environ.get(name, "") for name in NAMES)
    return tuple(value for value in values if len(value) >= SHORTEST)


def scrub(text: str, keys: tuple[str, ...] | None = None) -> str:
    """Return the text without keys: those of the environment, and whatever has the shape of one.

    >>> scrub("refused: sk-ant-api03-0123456789")
    'refused: [key removed]'
    """
    for key in known() if keys is None else keys:
        if key in text:
            text = text.replace(key, HIDDEN)
    return _SHAPE.sub(HIDDEN, text) if "sk-ant-" in text or "earer" in text.lower() else text
