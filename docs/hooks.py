"""Puts the notebooks into the site as tutorial pages, from their saved outputs: nothing is executed here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from agentkit.notebook.execute import read
from agentkit.notebook.export import notebook_parts

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
LINK = re.compile(r'href="(?:\.\./docs/([\w-]+)\.md|([\w-]+)\.ipynb)(?=[#"])')
"""A notebook's link to a page of the documentation, or to another notebook."""


def on_files(files: Files, *, config: Any) -> Files:
    """Add one page for each notebook."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        files.append(File.generated(config, f"tutorial/{path.stem}.md", content=_page(path)))
    return files


def _page(path: Path) -> str:
    notebook = read(path)
    title = next(
        (line[2:] for cell in notebook.cells for line in cell.source.splitlines() if line.startswith("# ")), path.stem
    )
    first = notebook.cells[0]
    first.source = first.source.removeprefix(f"# {title}\n")  # the page has it already
    # One block of HTML: Markdown leaves it alone as long as no blank line ends it.
    lines = [line for part in notebook_parts(notebook) for line in part.splitlines()]
    body = "\n".join(line if line.strip() else "<!-- -->" for line in lines)
    body = LINK.sub(lambda link: f'href="../{link[1]}.html' if link[1] else f'href="{link[2]}.html', body)
    return f"# {title}\n\n<div>\n{body}\n</div>\n"
