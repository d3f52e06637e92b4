"""The pytest plugin that lets a notebook written with agentkit pass `pytest --nbval` as it is.

It is loaded by every pytest run on a machine where agentkit is installed, so it imports nothing else and does nothing
until nbval is asked for. Then it sets two variables, which the kernels that nbval starts inherit:

- `AGENTKIT_CASSETTE=replay`: recorded calls answer, and a request that is not recorded raises `StaleCassette`. A value
  that is already set wins, so `AGENTKIT_CASSETTE=record pytest --nbval …` does what it says.
- `AGENTKIT_CASSETTE_FILE`: the cassette of a notebook that names none, `cassettes/NAME.jsonl` beside it.

Public hooks of pytest only; agentkit's own outputs need no sanitising, as they are the same bytes at each execution.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

MODE = "AGENTKIT_CASSETTE"
FILE = "AGENTKIT_CASSETTE_FILE"


def pytest_configure(config: Any) -> None:
    """Set replay for the kernels where nbval runs notebooks."""
    if _runs_notebooks(config) and MODE not in os.environ:
        os.environ[MODE] = "replay"
        config.add_cleanup(lambda: os.environ.pop(MODE, None))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: Any) -> None:
    """Name the notebook's cassette before nbval starts its kernel, which it does when its first cell is set up."""
    path = Path(str(item.path))
    if path.suffix == ".ipynb" and _runs_notebooks(item.config):
        os.environ[FILE] = str(cassette_of(path))


def cassette_of(notebook: Path) -> Path:
    """Return where the cassette of a notebook lies unless the notebook says otherwise."""
    return notebook.parent / "cassettes" / f"{notebook.stem}.jsonl"


def _runs_notebooks(config: Any) -> bool:
    return bool(config.getoption("nbval", False) or config.getoption("nbval_lax", False))
