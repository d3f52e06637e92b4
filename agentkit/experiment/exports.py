"""Results as files."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from agentkit.errors import MissingExtra
from agentkit.experiment.frame import COLUMNS, columns_of

if TYPE_CHECKING:
    from agentkit.experiment.results import Results


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
    """Write a page that stands alone."""
    from agentkit.views.page import page
    from agentkit.views.table import table_html

    Path(path).write_text(page(title, [table_html(results.grid())]), encoding="utf-8", newline="\n")
