"""Puts the notebooks into the site as tutorial pages, from their saved outputs: nothing is executed here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from nbformat import NotebookNode

from agentkit.notebook.execute import read
from agentkit.notebook.export import notebook_parts

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
LINK = re.compile(r"\]\((?:\.\./docs/([\w/-]+)\.md|([\w-]+)\.ipynb)(?=[#)])")
"""A notebook's link to a page of the documentation, or to another notebook."""


def on_files(files: Files, *, config: Any) -> Files:
    """Add one page for each notebook."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        content = "\n\n".join(map(_cell, read(path).cells)) + "\n"
        files.append(File.generated(config, f"tutorial/{path.stem}.md", content=content))
    return files


def _cell(cell: NotebookNode) -> str:
    if cell.cell_type == "markdown":
        # The site's own Markdown: its headings are in the page's contents, and its links are checked.
        return LINK.sub(lambda link: f"](../{link[1]}.md" if link[1] else f"]({link[2]}.md", cell.source)
    # One block of HTML: Markdown leaves it alone as long as no blank line ends it.
    lines = [line for part in notebook_parts(NotebookNode(cells=[cell])) for line in part.splitlines()]
    return "\n".join(["<div>", *(line if line.strip() else "<!-- -->" for line in lines), "</div>"])
