"""Results as a DataFrame, and as the grid that views are drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agentkit.backends.imports import collector_paused
from agentkit.experiment.outcome import Outcome
from agentkit.views.grid import Cell, Grid, GridRow

if TYPE_CHECKING:
    import pandas as pd

    from agentkit.experiment.results import Results

TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
COLUMNS = (
    "variant",
    "sample",
    "epoch",
    "model",
    "output",
    "stop_reason",
    "error",
    *TOKENS,
    "cost_usd",
    "latency_s",
    "reused",
    "key",
    "turns",
    "tool_calls",
)


def columns_of(outcomes: Sequence[Outcome]) -> dict[str, list[Any]]:
    """Return the columns as lists; None where a value is missing."""
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    adders = [columns[name].append for name in COLUMNS]
    for outcome in outcomes:
        for add, value in zip(adders, _row(outcome), strict=True):
            add(value)
    return columns


def _row(outcome: Outcome) -> tuple[Any, ...]:
    trial, calls, reply = outcome.trial, outcome.calls, outcome.reply
    place = (trial.variant, trial.sample, trial.epoch)
    if reply is None:
        failed = (*place, None, None, None, outcome.error, None, None, None, None, None, None)
        return (*failed, False, trial.key, len(calls), 0)
    shown = (*place, reply.model, reply.output, reply.stop_reason, None)
    if len(calls) == 1:
        numbers = (reply.input_tokens, reply.output_tokens, reply.cache_read_tokens, reply.cache_write_tokens)
        spent = (*numbers, calls[0].cost_usd, reply.latency_s)
    else:
        numbers = tuple(outcome.total(name) for name in TOKENS)  # type: ignore[assignment]
        spent = (*numbers, outcome.cost_usd, sum(call.reply.latency_s for call in calls))
    tools = sum(_tool_uses(call.reply.blocks) for call in calls)
    return (*shown, *spent, outcome.reused, trial.key, len(calls), tools)


def _tool_uses(blocks: Sequence[Any]) -> int:
    return sum(block.get("type") == "tool_use" for block in blocks)


def frame_of(
    outcomes: Sequence[Outcome], scores: Mapping[str, Mapping[tuple[str, str, int], Any]] | None = None
) -> pd.DataFrame:
    """Return one row a trial; `Results.frame` says what is in it."""
    with collector_paused():
        import pandas as pd

    columns: dict[str, Any] = columns_of(outcomes)
    # The same dtype by name as "str", kept as Python strings: Arrow's copy of the replies costs three times their size.
    text = pd.StringDtype("python", na_value=float("nan"))
    for name in TOKENS:
        columns[name] = pd.array(columns[name], dtype="Int64")
    for name in ("cost_usd", "latency_s"):
        columns[name] = pd.array([float("nan") if one is None else one for one in columns[name]], dtype="float64")
    for name in ("variant", "sample", "model", "output", "stop_reason", "error", "key"):
        columns[name] = pd.array(columns[name], dtype=text)
    for name, dtype in (("epoch", "int64"), ("turns", "int64"), ("tool_calls", "int64"), ("reused", "bool")):
        columns[name] = pd.array(columns[name], dtype=dtype)
    for name, found in (scores or {}).items():
        values = [getattr(found.get(_place(outcome)), "value", None) for outcome in outcomes]
        whether = all(value is None or isinstance(value, bool) for value in values)
        columns[name] = pd.array(values, dtype="boolean") if whether else pd.array(values, dtype="Float64")
        if not whether:
            columns[name] = columns[name].to_numpy("float64", na_value=float("nan"))
    return pd.DataFrame(columns, columns=[*COLUMNS, *(scores or {})])


def _place(outcome: Outcome) -> tuple[str, str, int]:
    return outcome.trial.variant, outcome.trial.sample, outcome.trial.epoch


def grid_of(results: Results) -> Grid:
    """Return results as plain data: samples down, variants across."""
    cells: dict[str, dict[str, list[Cell]]] = {}
    with collector_paused():
        for outcome in results:
            place = outcome.trial
            found = cells.setdefault(place.sample, {}).setdefault(place.variant, [])
            found.append(_cell(outcome, _values(results, outcome) if results._scores else {}))
    rows = [
        GridRow(sample.id, sample.text, sample.target, cells[sample.id])
        for sample in results.plan.samples
        if sample.id in cells
    ]
    present = {variant for row in rows for variant in row.cells}
    variants = [name for name in results.plan.variants if name in present] or list(results.plan.variants)
    return Grid(variants, rows, _note(results))


def _values(results: Results, outcome: Outcome) -> dict[str, float | None]:
    place = _place(outcome)
    return {name: found[place].value for name, found in results._scores.items() if place in found}


def _cell(outcome: Outcome, scores: Mapping[str, float | None]) -> Cell:
    reply = outcome.reply
    if reply is None:
        return Cell(None, outcome.trial.epoch, outcome.error)
    shown = (reply.output, outcome.trial.epoch, None, reply.stop_reason, reply.model)
    if len(outcome.calls) == 1:
        tokens = (reply.input_tokens, reply.output_tokens, reply.cache_read_tokens)
        return Cell(*shown, *tokens, outcome.calls[0].cost_usd, reply.latency_s, scores)
    return Cell(
        *shown,
        outcome.total("input_tokens"),
        outcome.total("output_tokens"),
        outcome.total("cache_read_tokens"),
        outcome.cost_usd,
        sum(call.reply.latency_s for call in outcome.calls),
        scores,
    )


def _note(results: Results) -> str | None:
    if not results.backend:
        return None
    how = "the system prompt alone" if results.fidelity == "bare" else results.fidelity
    note = f"run on {results.backend}, {how}"
    if results.backend == "embedded":
        note += "; the embedded model shows the machinery and does not judge prompts"
    return note
