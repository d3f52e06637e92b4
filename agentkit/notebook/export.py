"""A notebook as one HTML page: no kernel, no network, no script; light and dark.

Every text goes through the sanitiser of `agentkit.views`, and so does the HTML of outputs: a notebook file is as
untrusted as any other. Widgets show their text, which is all that is left of them without a kernel.
"""

from __future__ import annotations

import base64
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from agentkit.views.page import file_link, page
from agentkit.views.safe import Html, escape, foreign, markdown

if TYPE_CHECKING:
    from nbformat import NotebookNode

WIDGET = "application/vnd.jupyter.widget-view+json"


def notebook_page(notebook: NotebookNode, *, title: str, frames: Collection[str] = ()) -> str:
    """Return an executed notebook as a standalone HTML page.

    Args:
        notebook: The notebook with its outputs.
        title: The page's title.
        frames: Names of the files beside the page that hold what its tables do not show.
    """
    return page(title, notebook_parts(notebook, frames))


def notebook_parts(notebook: NotebookNode, frames: Collection[str] = ()) -> list[Html]:
    """Return an executed notebook as safe HTML, one piece for each text, input, output and link to a frame."""
    return [part for cell in notebook.cells for part in _cell(cell, frames)]


def _cell(cell: Any, frames: Collection[str]) -> list[Html]:
    if cell.cell_type == "markdown":
        return [markdown(cell.source)]
    if cell.cell_type != "code" or not cell.source.strip():
        return []
    code = markdown(f"{_fence(cell.source)}python\n{cell.source}\n{_fence(cell.source)}")
    if cell.metadata.get("jupyter", {}).get("source_hidden"):  # collapsed in JupyterLab, so here too
        code = Html(f"<details><summary>Code that the notebook hides</summary>{code}</details>")
    parts = [code]
    for output in cell.outputs:
        parts.append(_output(output))
        frame = output.get("metadata", {}).get("agentkit", {}).get("frame")
        if frame in frames:
            parts.append(file_link(frame, "All samples of this table:"))
    return parts


def _fence(source: str) -> str:
    """Return a fence that the source does not contain."""
    fence = "```"
    while fence in source:
        fence += "`"
    return fence


def _output(output: Any) -> Html:
    if output.output_type == "stream":
        return _text(output.text)
    if output.output_type == "error":
        return _text(f"{output.ename}: {output.evalue}")
    data = output.data
    if "text/html" in data and WIDGET not in data:
        return foreign(data["text/html"])
    for kind in ("image/png", "image/jpeg"):
        if kind in data:
            return _image(kind, data[kind], data.get("text/plain", ""))
    if "image/svg+xml" in data:
        # Inside <img> an SVG runs no script and loads nothing.
        return _image("image/svg+xml", base64.b64encode(data["image/svg+xml"].encode()).decode(), "a plot")
    return _text(data.get("text/plain", ""))


def _text(text: str) -> Html:
    return Html(f'<pre style="white-space:pre-wrap;overflow-wrap:anywhere">{escape(text)}</pre>')


def _image(kind: str, encoded: str, description: str) -> Html:
    payload = "".join(character for character in encoded if character.isalnum() or character in "+/=")
    return Html(f'<img src="data:{kind};base64,{payload}" alt="{escape(description)}" style="max-width:100%">')
