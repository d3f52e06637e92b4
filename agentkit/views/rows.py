"""A plain table of texts as static HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentkit.views import safe
from agentkit.views.safe import Html

_CELL = "text-align:left;vertical-align:top;padding:4px 12px 4px 0;border-bottom:1px solid rgba(128,128,128,.35)"


def rows_html(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Html:
    """Return rows as a table, every text escaped and its lines kept.

    Args:
        columns: The heads.
        rows: One text, or what has one, for each column; untrusted.

    >>> "<td" in rows_html(["a"], [["<b>"]]) and "<b>" not in rows_html(["a"], [["<b>"]])
    True
    """
    head = "".join(f'<th scope="col" style="{_CELL}">{safe.escape(name)}</th>' for name in columns)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{safe.lines(str(cell))}</td>' for cell in row) + "</tr>" for row in rows
    )
    return Html(f"<table {safe.INERT}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
