"""A comparison as text and as static HTML: the same lines, drawn twice."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from agentkit.scoring.statistics import Interval

if TYPE_CHECKING:
    from agentkit.scoring.comparison import Comparison

SHOWN_IDS = 12
"""Flipped samples named before the rest is counted; all are in `.fixed`, `.broke` and `.frame`."""

MARKS = {"better": "▲", "worse": "▼", "equivalent": "=", "can't tell yet": "?"}
"""A sign beside the word, so that no view needs colour."""


def number(value: float) -> str:
    """Return a number with three significant digits, signed nought never.

    >>> number(0.12345), number(1234.5), number(-0.0), number(float("inf"))
    ('0.123', '1234', '0', 'unknown')
    """
    if not math.isfinite(value):
        return "unknown"
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def signed(value: float) -> str:
    """Return a difference with its sign.

    >>> signed(0.5), signed(-0.25), signed(0.0)
    ('+0.5', '-0.25', '0')
    """
    return f"+{number(value)}" if value > 0 and math.isfinite(value) else number(value)


def interval_text(interval: Interval, show: object = signed) -> str:
    """Return `low to high`, or `none` where the ends are not finite."""
    assert callable(show)
    if not all(math.isfinite(end) for end in interval):
        return "none"
    return f"{show(interval[0])} to {show(interval[1])}"


def percent(value: float) -> str:
    """Return a share in whole percent."""
    return f"{100 * value:.0f} %"


def headline(found: Comparison) -> str:
    """Return the verdict as one sentence.

    Every display starts with it, and the gate's reports too.
    """
    said = {
        "better": f"{found.b} is better than {found.a}",
        "worse": f"{found.b} is worse than {found.a}",
        "equivalent": f"{found.b} and {found.a} are equivalent: they differ by less than {number(found.margin or 0)}",
    }
    return said.get(found.verdict, f"can't tell yet whether {found.b} is better than {found.a}")


def lines(found: Comparison) -> list[tuple[str, str]]:
    """Return what a comparison says as (label, text), in the order of the display."""
    level = percent(1 - found.alpha)
    rows = [("verdict", f"{MARKS[found.verdict]} {found.verdict}")]
    if found.n:
        rows.append(("difference", f"{signed(found.difference)} ({level} interval {_interval(found)})"))
        rows += [(found.a, _mean(found, found.mean_a, found.interval_a, found.pairs.trials_a))]
        rows += [(found.b, _mean(found, found.mean_b, found.interval_b, found.pairs.trials_b))]
    rows.append(("samples", _samples(found)))
    for label, ids in (("fixed", found.fixed), ("broke", found.broke)):
        if ids:
            more = f" and {len(ids) - SHOWN_IDS} more" if len(ids) > SHOWN_IDS else ""
            rows.append((label, ", ".join(ids[:SHOWN_IDS]) + more))
    rows.append(("needed", _needed(found)))
    for name, left in ((found.a, found.left_out_a), (found.b, found.left_out_b)):
        if str(left):
            rows.append(("left out", f"{name}: {left}"))
    return rows


def comparison_text(found: Comparison) -> str:
    """Return the plain text of a comparison, the same on every execution."""
    rows = lines(found)
    width = max(len(label) for label, _ in rows)
    table = "\n".join(f"  {label:<{width}}  {text}" for label, text in rows)
    text = f"{headline(found)} · {found.score}\n{table}"
    return f"{text}\n{found.changes.rstrip()}" if found.changes and (found.fixed or found.broke) else text


def comparison_html(found: Comparison) -> str:
    """Return the comparison as a static table, every text escaped."""
    from agentkit.views.safe import escape, inert

    cell = 'style="text-align:left;padding:2px 10px;vertical-align:top"'
    body = "".join(
        f"<tr><th scope='row' {cell}>{escape(label)}</th><td {cell}>{escape(text)}</td></tr>"
        for label, text in lines(found)
    )
    html = (
        f"<p><strong>{escape(headline(found))}</strong> · {escape(found.score)}</p><table><tbody>{body}</tbody></table>"
    )
    if found.changes and (found.fixed or found.broke):
        html += f'<pre style="white-space:pre-wrap">{escape(found.changes)}</pre>'
    return inert(html)


def _interval(found: Comparison) -> str:
    text = interval_text(found.interval)
    return text if text == "none" else f"{text}, {found.method}"


def _mean(found: Comparison, mean: float, interval: Interval, trials: int) -> str:
    if not found.binary:
        around = interval_text(interval, number)
        return f"mean {number(mean)}" + ("" if around == "none" else f" ({around})")
    passed = round(mean * found.n) if found.pairs.epochs == 1 else None
    count = f"{passed} of {found.n} passed" if passed is not None else f"{percent(mean)} of {trials} trials passed"
    return f"{count} (Wilson {interval_text(interval, percent)})"


def _samples(found: Comparison) -> str:
    if not found.n:
        return "none has a score on both sides"
    repeats = "" if found.pairs.epochs == 1 else f", up to {found.pairs.epochs} epochs each"
    test = "exact McNemar" if found.binary and found.pairs.epochs == 1 else "exact sign-flip"
    return (
        f"{found.n} paired{repeats}: {found.wins} better, {found.ties} alike, {found.losses} worse "
        f"({test} p = {found.p_value:.3f})"
    )


def _needed(found: Comparison) -> str:
    shows = f"{found.n} can show a difference of {number(found.detectable)}" if math.isfinite(found.detectable) else ""
    if found.needed == 0:
        return f"no more samples{'; ' if shows else ''}{shows}"
    if found.needed is None:
        text = "no estimate" if found.margin is not None else "no estimate; margin=... asks for equivalence"
    else:
        text = f"about {_about(found.needed)} more sample{'' if found.needed == 1 else 's'}"
    return f"{text}{'; ' if shows else ''}{shows}"


def _about(count: int) -> str:
    if count < 20:
        return str(count)
    step = 10 ** (len(str(count)) - 2)
    return f"{math.ceil(count / step) * step:,}".replace(",", " ")
