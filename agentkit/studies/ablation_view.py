"""An ablation as text and as static HTML."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from agentkit.scoring.compare_view import interval_text, number, signed

if TYPE_CHECKING:
    from agentkit.studies.ablation import Ablation, Effect

COLUMNS = ("part", "says", "effect", "interval", "tokens", "$ per 1,000 calls")
MARKS = {"helps": "▲", "hurts": "▼", "makes no difference": "=", "not sent": "·"}
NOTE = "effect: the score of the whole minus the score without the part; p-values are Holm's"
UNSENT = "not sent: examples of the description are no part of the request, so they cannot matter here"


def rows(found: Ablation) -> list[tuple[str, ...]]:
    """Return the cells, one tuple a part, under COLUMNS."""
    return [_row(effect) for effect in found.effects]


def notes(found: Ablation) -> list[str]:
    """Return the lines under the table."""
    return [NOTE, UNSENT] if any(effect.says == "not sent" for effect in found.effects) else [NOTE]


def ablation_text(found: Ablation) -> str:
    """Return the plain text, the same on every execution."""
    table = [COLUMNS, *rows(found)]
    widths = [max(len(row[i]) for row in table) for i in range(len(COLUMNS))]
    body = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
    return "\n".join([*body, *notes(found)])


def ablation_html(found: Ablation) -> str:
    """Return a static table, every text escaped."""
    from agentkit.views.safe import escape, inert

    cell = 'style="text-align:left;padding:2px 10px"'
    head = "".join(f"<th {cell}>{escape(name)}</th>" for name in COLUMNS)
    body = "".join("<tr>" + "".join(f"<td {cell}>{escape(text)}</td>" for text in row) + "</tr>" for row in rows(found))
    under = "".join(f"<p>{escape(line)}</p>" for line in notes(found))
    return inert(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{under}")


def _row(one: Effect) -> tuple[str, ...]:
    if one.comparison is None:
        return (one.part, f"{MARKS[one.says]} {one.says}", "", "", "0", "0")
    tokens = f"{one.tokens:.0f}" if math.isfinite(one.tokens) else "unknown"
    usd = "unknown" if one.usd_per_1000 is None else number(one.usd_per_1000)
    mark = f"{MARKS.get(one.says, '?')} {one.says}"
    return (one.part, mark, signed(one.effect), interval_text(one.interval), tokens, usd)
