"""Execute a notebook on the embedded model and write what came out as a notebook and as a page."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agentkit.notebook.execute import execute, write
from agentkit.notebook.export import notebook_page
from agentkit.notebook.plugin import MODE


@dataclass(frozen=True, slots=True)
class Demo:
    """What a demo made."""

    notebook: Path
    """The executed notebook."""
    page: Path
    """The same as one HTML file that needs no network and no script."""
    tables: tuple[str, ...]
    """The side-by-side tables among its outputs, as text."""


def demo(path: Path, folder: Path, *, say: Callable[[str], None] = lambda line: None) -> Demo:
    """Execute a notebook live on the embedded model, whatever keys are set, past an empty store.

    Args:
        path: The notebook; it is not changed.
        folder: Where to write the executed notebook and the page; made if missing.
        say: Told each line of progress.

    Raises:
        NotebookError: a cell raised.
        MissingExtra: the embedded model's engine is not installed.
    """
    from agentkit.backends.embedded import Embedded

    backend = Embedded()
    backend.prepare()
    say(f"executing {path} on the embedded model {backend.model}: live, not a replay")
    with tempfile.TemporaryDirectory(prefix="agentkit-") as scratch:
        environment = {
            MODE: "live",
            "AGENTKIT_BACKEND": "embedded",
            "AGENTKIT_STORE": str(Path(scratch) / "store.db"),
        }
        notebook = execute(
            path,
            environment=environment,
            progress=lambda number, total, line: say(f"cell {number}/{total}  {line}"),
        )
    executed, page = folder / path.name, folder / f"{path.stem}.html"
    write(notebook, executed)
    page.write_text(notebook_page(notebook, title=path.stem), encoding="utf-8")
    tables = tuple(
        output.data["text/plain"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        # Results mark their own output, so that no one has to recognise it by its text.
        if output.get("metadata", {}).get("agentkit", {}).get("view") == "results"
    )
    return Demo(executed, page, tables)
