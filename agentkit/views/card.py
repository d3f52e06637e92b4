"""An agent definition as a card: text and static HTML over plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agentkit.views import _words, safe
from agentkit.views._measure import clip, pad, width, wrap
from agentkit.views.safe import Html

_LINE = "1px solid rgba(128,128,128,.35)"
_QUIET = "font-size:.85em;opacity:.75"
_CELL = (
    f"text-align:left;vertical-align:top;padding:4px 12px 4px 0;border:0;border-bottom:{_LINE};overflow-wrap:anywhere"
)


@dataclass(frozen=True, slots=True)
class Note:
    """One finding as a card shows it."""

    severity: str
    """`error`, `warning` or `info`, in words."""
    rule: str
    message: str
    line: int | None = None
    """Line in the file, from 1; None where it concerns the whole."""
    fix: str | None = None
    """What would mend it, in a few words; None where nothing is offered."""


@dataclass(frozen=True, slots=True)
class Card:
    """What there is to show of a definition; every string is untrusted."""

    name: str
    description: str
    verdict: str
    """`loads`, `repaired` or `dropped`."""
    reason: str | None = None
    """Why, where it does not simply load."""
    facts: Sequence[tuple[str, str]] = ()
    """Further fields in order, such as ("model", "sonnet") and ("tools", "all tools")."""
    sections: Sequence[tuple[str, int]] = ()
    """The system prompt's parts: title and characters."""
    examples: int = 0
    notes: Sequence[Note] = field(default_factory=tuple)


_VERDICTS = {
    "loads": "Loads",
    "repaired": "Loads after a repair",
    "dropped": "Does not load",
}


def verdict(card: Card) -> str:
    """Return what the real loader makes of the file, as a sentence.

    >>> verdict(Card("a", "b", "repaired", "the description holds a colon"))
    'Loads after a repair: the description holds a colon'
    """
    said = _VERDICTS.get(card.verdict, card.verdict)
    return f"{said}: {card.reason}" if card.reason else said


def card_text(card: Card, columns: int = 100) -> str:
    """Return a card as plain text, lines at most `columns` wide.

    >>> print(card_text(Card("reviewer", "Reviews code.", "loads", facts=[("model", "opus")], sections=[("Role", 9)])))
    reviewer · Loads
      description  Reviews code.
      model        opus
      sections     Role (9)
    """
    rows = [("description", _excerpt(card.description)), *((safe.visible(name), value) for name, value in card.facts)]
    if card.examples:
        rows.append(("examples", str(card.examples)))
    if card.sections:
        rows.append(("sections", " · ".join(f"{title} ({size:,})" for title, size in card.sections)))
    if card.notes:
        rows.append(("findings", "\n".join(map(_note, card.notes))))
    first = min(max(width(name) for name, _ in rows) + 2, 24)
    lines = wrap(f"{card.name or '(no name)'} · {verdict(card)}", columns)
    for name, value in rows:
        for index, line in enumerate(wrap(value, columns - first - 2)):
            lines.append(f"  {pad(clip(name, first - 1) if index == 0 else '', first)}{line}".rstrip())
    return "\n".join(lines)


def card_html(card: Card) -> Html:
    """Return a card as static HTML: no script, no ids, inline styles, colours inherited.

    >>> "Reviews code." in card_html(Card("reviewer", "Reviews code.", "loads"))
    True
    """
    rows = [_fact(safe.escape(name), safe.lines(value)) for name, value in card.facts]
    if card.examples:
        rows.append(_fact("examples", str(card.examples)))
    if card.sections:
        items = "".join(
            f'<li>{safe.escape(title)} <span style="{_QUIET}">({size:,} characters)</span></li>'
            for title, size in card.sections
        )
        total = sum(size for _, size in card.sections)
        head = f"{_words.plural(len(card.sections), 'part', 'parts')}, {total:,} characters"
        rows.append(_fact("system prompt", f"<details><summary>{head}</summary><ol>{items}</ol></details>"))
    if card.notes:
        items = "".join(f"<li>{_note_html(note)}</li>" for note in card.notes)
        rows.append(_fact("findings", f'<ul style="margin:0;padding-left:1.2em">{items}</ul>'))
    table = f'<table style="border-collapse:collapse;margin:.4em 0 0">{"".join(rows)}</table>' if rows else ""
    return Html(
        f'<div {safe.INERT} style="max-width:60em;border:{_LINE};border-radius:6px;padding:.8em 1em;text-align:left">'
        f"<div><strong>{safe.escape(card.name or '(no name)')}</strong> · {safe.escape(verdict(card))}</div>"
        f'<div style="margin:.4em 0">{_described(card.description)}</div>{table}</div>'
    )


def _fact(name: str, value: str) -> str:
    return (
        f'<tr><th scope="row" style="{_CELL};font-weight:normal;white-space:nowrap;{_QUIET}">{name}</th>'
        f'<td style="{_CELL}">{value}</td></tr>'
    )


def _described(text: str) -> str:
    start = _excerpt(text)
    if not text.strip():
        return "<em>no description</em>"
    if start == text.strip():
        return safe.lines(text.strip())
    return f"<details><summary>{safe.escape(start)}</summary>{safe.lines(text.strip())}</details>"


def _excerpt(text: str, most: int = 280) -> str:
    """Return the description as far as its examples, cut between words."""
    head = text.partition("<example>")[0].strip() or text.strip()
    if head == text.strip() and len(head) <= most:
        return head
    head = head if len(head) <= most else head[:most].rsplit(" ", 1)[0]
    return f"{' '.join(head.split())} …"


def _note(note: Note) -> str:
    place = f"line {note.line}: " if note.line is not None else ""
    fix = f" (fix: {note.fix})" if note.fix else ""
    return f"{note.severity} {note.rule}: {place}{note.message}{fix}"


def _note_html(note: Note) -> str:
    place = f"line {note.line}: " if note.line is not None else ""
    fix = f' <span style="{_QUIET}">(fix: {safe.escape(note.fix)})</span>' if note.fix else ""
    return (
        f"<strong>{safe.escape(note.severity)}</strong> {safe.escape(place + note.message)}{fix} "
        f'<span style="{_QUIET}">{safe.escape(note.rule)}</span>'
    )
