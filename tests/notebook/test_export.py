"""A notebook's page shows what JupyterLab shows."""

from __future__ import annotations

from nbformat.v4 import new_code_cell, new_notebook

from agentkit.notebook.export import notebook_page, notebook_parts


def test_hidden_code_can_be_opened_and_other_code_is_there() -> None:
    hidden = new_code_cell("x = '</details><script>'", metadata={"jupyter": {"source_hidden": True}})
    first, second = notebook_parts(new_notebook(cells=[hidden, new_code_cell("y = 2")]))
    assert first.startswith("<details><summary>")
    assert first.count("</details>") == 1
    assert "<script" not in first
    assert "<details>" not in second
    assert "<details>" in notebook_page(new_notebook(cells=[hidden]), title="A page")
