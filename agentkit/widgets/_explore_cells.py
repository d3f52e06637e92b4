"""What stands in the live comparison's cells and beside it, as safe HTML: heads, replies, transcripts.

Rows are of one height and long replies scroll inside their cell, so what a person looks for first (what went wrong, the
scores) stands above the text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from agentkit.views import _words, diff, safe
from agentkit.views.grid import Cell, GridRow
from agentkit.views.safe import Html

Mode = Literal["rendered", "source", "diff"]
MODES: tuple[Mode, ...] = ("rendered", "source", "diff")


def place_html(cells: Sequence[Cell], base: Sequence[Cell], mode: Mode) -> Html:
    """Return one place of the table: its repeats folded into one cell, with how far they are apart.

    Args:
        cells: The repeats of one sample and variant; untrusted.
        base: Those of the variant to compare with; empty where this is it, or where there is none.
        mode: How replies are shown.
    """
    if not cells:
        return Html("<em>not run</em>")
    by_epoch = {cell.epoch: cell for cell in base}
    shown = []
    for repeat in _words.repeats(cells):
        label = repeat.label(len(cells))
        lead = f'<div class="ak-quiet">{safe.escape(label)}</div>' if label else ""
        against = by_epoch.get(repeat.cell.epoch, base[-1]) if base else None
        shown.append(lead + _cell(repeat.cell, mode, against))
    if len(shown) == 1:
        return Html(shown[0])
    more = "<hr>".join(shown[1:])
    count = _words.plural(len(shown) - 1, "other reply", "other replies")
    return Html(f"{spread_html(cells)}{shown[0]}<details><summary>{count}</summary>{more}</details>")


def spread_html(cells: Sequence[Cell]) -> Html:
    """Return in one line how far apart the repeats of one place are; empty where there is one."""
    if len(cells) < 2:
        return Html("")
    parts = [f"{len({cell.output for cell in cells if cell.output is not None})} different in {len(cells)} epochs"]
    for name in dict.fromkeys(name for cell in cells for name in cell.scores):
        values = [value for cell in cells if (value := cell.scores.get(name)) is not None]
        if values:
            parts.append(f"{name}: {_span(values)}")
    tokens = [float(cell.output_tokens) for cell in cells if cell.output_tokens is not None]
    if tokens:
        parts.append(f"{_span(tokens)} tokens")
    return Html(f'<div class="ak-quiet">{safe.escape(" · ".join(parts))}</div>')


def _span(values: Sequence[float]) -> str:
    if all(isinstance(value, bool) for value in values):
        return f"{sum(values)} of {len(values)} yes"
    low, high, mean = min(values), max(values), sum(values) / len(values)
    return f"{low:g}" if low == high else f"{mean:.3g} ({low:g} to {high:g})"


def scores_html(scores: Mapping[str, float | None]) -> Html:
    """Return scores by name, each apart from the next; empty where there are none.

    >>> scores_html({"exact": True, "tone": None}).count("<span")
    2
    """
    if not scores:
        return Html("")
    each = (
        f'<span class="ak-score">{safe.escape(name)}: <strong>{_words.score(value)}</strong></span>'
        for name, value in scores.items()
    )
    return Html(f'<div class="ak-scores">{" ".join(each)}</div>')


def head_html(row: GridRow) -> Html:
    """Return the first column of a row: the sample's id, its input, its target."""
    target = f'<div class="ak-quiet">target: {safe.lines(row.target)}</div>' if row.target is not None else ""
    return Html(
        f'<strong>{safe.escape(row.sample)}</strong><div class="ak-quiet">{safe.lines(row.input)}</div>{target}'
    )


def _cell(cell: Cell, mode: Mode, against: Cell | None) -> str:
    told = _words.mark(cell)
    lead = (_marked(told) if told else "") + scores_html(cell.scores)
    figures = _words.figures(cell)
    quiet = f'<div class="ak-quiet">{safe.escape(figures)}</div>' if figures else ""
    return f"{lead}{_text(cell, mode, against, told)}{quiet}"


def _text(cell: Cell, mode: Mode, against: Cell | None, told: str | None) -> str:
    if cell.output is None:
        failed = _marked(f"Error: {cell.error}") if cell.error is not None else ""
        return failed or ("" if told else "<em>no reply</em>")
    if not cell.output.strip() and mode != "diff":
        return "<em>empty reply</em>"
    if mode == "rendered":
        return safe.markdown(cell.output)
    if mode == "diff" and against is not None:
        if against.output is None:
            return f"<em>nothing to compare with</em>{_source(cell.output)}"
        if against.output == cell.output:
            return f"<em>no difference</em>{_source(cell.output)}"
        return f'<div class="ak-source">{diff.words_html(against.output, cell.output)}</div>'
    return _source(cell.output)


def _source(text: str) -> str:
    return f'<pre tabindex="-1">{safe.escape(text)}</pre>'


def _marked(sentence: str) -> str:
    word, _, rest = sentence.partition(":")
    return f'<div class="ak-mark"><strong>{safe.escape(word)}:</strong>{safe.lines(rest)}</div>'


def transcript_html(
    request: Mapping[str, Any],
    transcript: Sequence[Mapping[str, Any]],
    title: str,
    *,
    error: str | None = None,
    scores: Mapping[str, Any] | None = None,
) -> Html:
    """Return a trial's whole conversation, what came of it, and the request as sent.

    Args:
        request: As sent; untrusted.
        transcript: Messages with `role` and `content`, a string or blocks; untrusted.
        title: What the trial is called.
        error: Why it failed; None where it did not.
        scores: Scores by name, each with `value`, `answer` and `explanation`.
    """
    parts = [f'<p class="ak-title"><strong>{safe.escape(title)}</strong></p>']
    told = scores or {}
    parts.append(scores_html({name: score.value for name, score in told.items()}))
    for name, score in told.items():
        if why := "; ".join(str(text) for text in (score.answer, score.explanation) if text):
            parts.append(f'<div class="ak-quiet">{safe.escape(name)}: {safe.lines(why)}</div>')
    for message in transcript:
        content = message.get("content")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else list(content or ())
        inner = "".join(_block(block) for block in blocks) or "<em>empty</em>"
        role = safe.escape(str(message.get("role", "")))
        parts.append(f'<div class="ak-turn"><div class="ak-quiet">{role}</div>{inner}</div>')
    if error is not None:
        parts.append(_marked(f"Error: {error}"))
    whole = safe.escape(_json(request))
    return Html(f"{''.join(parts)}<details><summary>The request as sent</summary><pre>{whole}</pre></details>")


def _block(block: Mapping[str, Any]) -> str:
    kind, content = block.get("type"), block.get("content")
    if kind == "text":
        text = str(block.get("text", ""))
        return safe.markdown(text) if text.strip() else "<em>empty reply</em>"
    if kind == "tool_result" and isinstance(content, str):
        return f'<div class="ak-quiet">tool result</div><pre>{safe.escape(content)}</pre>'
    if kind == "tool_use":
        lead = safe.escape(f"tool use: {block.get('name', '')}")
        return f'<div class="ak-quiet">{lead}</div><pre>{safe.escape(_json(block.get("input")))}</pre>'
    return f"<pre>{safe.escape(_json(block))}</pre>"


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=dict)
