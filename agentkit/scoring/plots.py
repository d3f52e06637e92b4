"""Plots of scores: one call each, readable on light and dark pages, with a text twin.

A `Figure` shows as a picture in a notebook and as text everywhere else; the text is what a replay compares. Lines and
words are of a grey that both themes can carry, the background is transparent, and marks differ in shape as well as in
colour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agentkit.errors import MissingExtra, ScoreError
from agentkit.scoring.compare_view import interval_text, number, signed
from agentkit.scoring.statistics import Interval

if TYPE_CHECKING:
    import pandas as pd

INK = "#808080"
"""Contrast of at least 3.9 against white and 4.5 against a dark page."""
COLORS = ("#3b82c4", "#d9762b", "#3d9a5f", "#b5539c", "#8a7a2f", "#5b78d6")
MARKS = ("o", "s", "^", "D", "v", "P")
WIDTH_IN = 6.4
TITLE_LETTERS = 60
"""What fits above a plot of this width."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot and its text twin."""

    title: str
    text: str
    """What the plot shows, as lines of text."""
    draw: Callable[[Any], None] = field(repr=False, compare=False)
    """Draws on matplotlib axes."""
    height_in: float = 3.0

    def svg(self) -> str:
        """Return the plot as SVG, the same bytes each time.

        Raises:
            MissingExtra: matplotlib is not installed.
        """
        return self._rendered("svg", Date=None, Creator=None).decode()

    def png(self) -> bytes:
        """Return the plot as PNG at 144 dots an inch; a notebook shows this, since nbval leaves PNG out of account."""
        return self._rendered("png", Software=None)

    def _rendered(self, kind: str, **metadata: None) -> bytes:
        import io

        try:
            import matplotlib as mpl
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from matplotlib.figure import Figure as Canvas
        except ImportError:
            raise MissingExtra("a plot", "plots") from None
        # Its own canvas: pyplot's global state, and what a notebook set there, stay untouched.
        with mpl.rc_context({"svg.hashsalt": "agentkit", "svg.fonttype": "none", "font.size": 10}):
            canvas = Canvas(figsize=(WIDTH_IN, self.height_in), layout="constrained")
            FigureCanvasAgg(canvas)
            axes = canvas.add_subplot()
            self.draw(axes)
            _plain(axes, self.title)
            out = io.BytesIO()
            canvas.savefig(out, format=kind, transparent=True, metadata=metadata, dpi=144)
        return out.getvalue()

    def save(self, path: str) -> None:
        """Write the plot as an SVG file."""
        from pathlib import Path

        Path(path).write_text(self.svg(), encoding="utf-8")

    def __str__(self) -> str:
        return f"{self.title}\n{self.text}"

    __repr__ = __str__

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        import base64

        shown = {"text/plain": str(self)}
        try:
            shown["image/png"] = base64.b64encode(self.png()).decode()
        except MissingExtra as missing:
            shown["text/plain"] += f"\n{missing}"
            return shown, {}
        return shown, {"image/png": {"width": round(WIDTH_IN * 96)}}


def intervals(rows: Sequence[tuple[str, float, Interval]], title: str) -> Figure:
    """Plot differences with their intervals, one line each, 0 marked.

    Args:
        rows: (label, difference, interval).
        title: Of the plot.

    >>> intervals([("terse", 0.25, (0.1, 0.4))], "against today")
    against today
      terse  +0.25 (+0.1 to +0.4)
    """
    if not rows:
        raise ScoreError("there is nothing to plot")
    width = max(len(label) for label, _, _ in rows)
    text = "\n".join(f"  {label:<{width}}  {signed(mean)} ({interval_text(ends)})" for label, mean, ends in rows)

    def draw(axes: Any) -> None:
        axes.axvline(0, color=INK, linewidth=1, linestyle=":")
        for place, (_, mean, ends) in enumerate(rows):
            if all(abs(end) < float("inf") for end in ends):
                axes.plot(ends, (place, place), color=COLORS[0], linewidth=2, solid_capstyle="butt", marker="|")
            if mean == mean:
                axes.plot([mean], [place], color=COLORS[0], marker="o")
        axes.set_yticks(range(len(rows)), [_drawn(label) for label, _, _ in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlabel("difference of the score")

    return Figure(title, text, draw, 1.2 + 0.35 * len(rows))


def differences(found: Any) -> Figure:
    """Plot what `compare` or `compare_all` found: each variant's difference with its interval.

    Args:
        found: A `Comparison` or `Comparisons`.
    """
    each = [found] if hasattr(found, "verdict") else list(found)
    rows = [(f"{one.b} ({one.verdict})", one.difference, one.interval) for one in each]
    return intervals(rows, f"{each[0].score}: difference from {each[0].a}")


def slopes(found: Any) -> Figure:
    """Plot each sample's mean with the first and the second variant, joined by a line.

    Args:
        found: A `Comparison`.
    """
    pairs = list(zip(found.pairs.samples, found.pairs.a.tolist(), found.pairs.b.tolist(), strict=True))
    if not pairs:
        raise ScoreError("there is nothing to plot: no sample has a score on both sides")
    width = max(len(sample) for sample, _, _ in pairs)
    text = "\n".join(f"  {sample:<{width}}  {number(a)} to {number(b)}" for sample, a, b in pairs)

    def draw(axes: Any) -> None:
        for _, a, b in pairs:
            kind = 0 if a == b else 1 + (b > a)
            color, style = (INK, COLORS[1], COLORS[0])[kind], (":", "--", "-")[kind]
            axes.plot((0, 1), (a, b), color=color, linestyle=style, marker="o", markersize=4, alpha=0.8)
        axes.set_xticks((0, 1), [_drawn(found.a), _drawn(found.b)])
        axes.set_xlim(-0.2, 1.2)
        axes.set_ylabel(_drawn(found.score))

    return Figure(f"{found.score} of each sample: {found.a} to {found.b}", text, draw)


def costs(frame: pd.DataFrame, score: str) -> Figure:
    """Plot the mean score of each variant against the mean cost of a trial, in dollars.

    Args:
        frame: `results.frame` with scores.
        score: Name of the score.
    """
    points = []
    for variant, rows in _by_variant(frame, score, "cost_usd").items():
        cost, value = rows["cost_usd"].astype("float64").mean(), _values(rows, score).mean()
        points.append((variant, float(cost), float(value)))
    width = max(len(variant) for variant, _, _ in points)
    text = "\n".join(f"  {variant:<{width}}  ${number(cost)}  {number(value)}" for variant, cost, value in points)

    def draw(axes: Any) -> None:
        for place, (variant, cost, value) in enumerate(points):
            axes.plot([cost], [value], **_mark(place), linestyle="", label=_drawn(variant))
        axes.set_xlabel("dollars a trial")
        axes.set_ylabel(_drawn(score))
        _legend(axes)

    return Figure(f"{score} against cost", text, draw)


def spread(frame: pd.DataFrame, score: str) -> Figure:
    """Plot the scores of each variant by epoch: their mean, and the range over the samples.

    Args:
        frame: `results.frame` with scores.
        score: Name of the score.
    """
    series: dict[str, list[tuple[int, float, float, float]]] = {}
    for variant, rows in _by_variant(frame, score, "epoch").items():
        for epoch, one in rows.groupby("epoch"):
            values = _values(one, score).dropna()
            if len(values):
                found = (int(str(epoch)), float(values.mean()), float(values.min()), float(values.max()))
                series.setdefault(variant, []).append(found)
    if not series:
        raise ScoreError(f"there is nothing to plot: no trial has a score {score!r}")
    width = max(map(len, series))
    text = "\n".join(
        f"  {variant:<{width}}  epoch {epoch}: {number(mean)} ({number(low)} to {number(high)})"
        for variant, points in series.items()
        for epoch, mean, low, high in points
    )

    def draw(axes: Any) -> None:
        for place, (variant, points) in enumerate(series.items()):
            shift = 0.12 * (place - (len(series) - 1) / 2)
            at = [epoch + shift for epoch, _, _, _ in points]
            means = [mean for _, mean, _, _ in points]
            axes.vlines(at, [p[2] for p in points], [p[3] for p in points], color=_mark(place)["color"], linewidth=1)
            axes.plot(at, means, **_mark(place), linestyle="", label=_drawn(variant))
        axes.set_xticks(sorted({epoch for points in series.values() for epoch, _, _, _ in points}))
        axes.set_xlabel("epoch")
        axes.set_ylabel(_drawn(score))
        _legend(axes)

    return Figure(f"{score} by epoch", text, draw)


def _by_variant(frame: pd.DataFrame, *columns: str) -> dict[str, pd.DataFrame]:
    if missing := [name for name in ("variant", *columns) if name not in frame.columns]:
        raise ScoreError(f"the frame has no column {', '.join(missing)}", accepted=", ".join(map(str, frame.columns)))
    if frame.empty:
        raise ScoreError("there is nothing to plot: the frame is empty")
    return {str(name): rows for name, rows in frame.groupby("variant", sort=False)}


def _values(rows: pd.DataFrame, score: str) -> Any:
    import pandas as pd

    return pd.to_numeric(rows[score], errors="coerce").astype("Float64")


def _mark(place: int) -> dict[str, str]:
    return {"color": COLORS[place % len(COLORS)], "marker": MARKS[place % len(MARKS)]}


def _legend(axes: Any) -> None:
    legend = axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    for text in legend.get_texts():
        text.set_color(INK)


def _drawn(text: str, most: int = 40) -> str:
    """Return a name as matplotlib draws it: no dollar sign starts a formula, no line is endless."""
    from agentkit.views.safe import visible

    flat = " ".join(visible(text).split())
    return (flat if len(flat) <= most else f"{flat[: most - 1]}…").replace("$", r"\$")


def _plain(axes: Any, title: str) -> None:
    axes.set_title(_drawn(title, TITLE_LETTERS), color=INK, fontsize=11, loc="left")
    axes.tick_params(colors=INK)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)
    for name, spine in axes.spines.items():
        spine.set_visible(name in ("left", "bottom"))
        spine.set_color(INK)
