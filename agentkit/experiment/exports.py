"""Results as files."""

from __future__ import annotations

import json
import os
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentkit.errors import MissingExtra
from agentkit.experiment.frame import COLUMNS, columns_of
from agentkit.views.page import file_link

if TYPE_CHECKING:
    from agentkit.experiment.results import Results

FRAMES_VARIABLE = "AGENTKIT_FRAMES"
"""Start of the paths at which a shared notebook's kernel writes the frames of tables that do not show every sample."""


def to_parquet(results: Results, path: str | PathLike[str]) -> None:
    """Write the frame as Parquet.

    Raises:
        MissingExtra: pyarrow is not installed.
    """
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise MissingExtra("to_parquet", "parquet") from None
    results.frame.to_parquet(path, index=False)


def to_jsonl(results: Results, path: str | PathLike[str]) -> None:
    """Write one JSON object a trial."""
    columns = columns_of(list(results))
    with Path(path).open("w", encoding="utf-8", newline="\n") as file:
        for number, outcome in enumerate(results):
            entry = {name: columns[name][number] for name in COLUMNS}
            entry["request"] = outcome.trial.request
            entry["transcript"] = outcome.transcript
            file.write(json.dumps(entry, ensure_ascii=False, default=dict) + "\n")


def to_html(results: Results, path: str | PathLike[str], title: str) -> None:
    """Write a page that runs and loads nothing; what it does not show goes into a CSV file beside it."""
    from agentkit.views.page import page
    from agentkit.views.table import counted_table

    place, grid = Path(path), results.grid()
    table, shown = counted_table(grid)
    parts = [table]
    if shown < len(grid.rows):
        # Not NAME.csv: the samples themselves may be called that.
        data = place.with_name(f"{place.stem}.data.csv")
        results.to_csv(data)
        parts.append(file_link(data.name, f"All {len(grid.rows):,} samples:"))
    place.write_text(page(title, parts), encoding="utf-8", newline="\n")


def mime_bundle(results: Results) -> tuple[dict[str, str], dict[str, Any]]:
    """Return results as a notebook shows them, with the mark by which `agentkit demo` and `share` know its tables.

    nbval does not compare metadata.
    """
    from agentkit.views.table import counted_table
    from agentkit.views.text import table_text

    grid = results.grid()
    table, shown = counted_table(grid)
    mark = {"view": "results", **(_keep_frame(results) if shown < len(grid.rows) else {})}
    return {"text/plain": table_text(grid), "text/html": str(table)}, {"agentkit": mark}


def _keep_frame(results: Results) -> dict[str, str]:
    """Write the frame where `agentkit share` asks for it, and return its name for the output's metadata."""
    start = os.environ.get(FRAMES_VARIABLE)
    if not start:
        return {}
    global _frames
    _frames += 1
    place = Path(f"{start}-{_frames}.csv")
    results.to_csv(place)
    return {"frame": place.name}


_frames = 0
"""How many frames this process wrote for its notebook."""
