"""Definitions and folders as they are displayed: plain text, and short static HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

_SHOWN = 600
