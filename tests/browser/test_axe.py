"""No serious violation of the accessibility rules that axe-core checks."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from browser.lab import Lab, shoot

from agentkit.views import card, diff, table
from agentkit.views.grid import Cell, Grid, GridRow
from agentkit.views.page import page as whole_page

REPLY = (
    "# Plan\n\n```python\ndef f(x):  # one\n    return 'a' + 1\n```\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n"
    + "text [link](https://example.com)\n\n" * 90
)


def check(page: Any, inside: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context=inside, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}).response
    serious = [
        (rule["id"], rule["help"], [node["html"][:200] for node in rule["nodes"]][:4])
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
    ]
    assert serious == []
    assert found["passes"]


def look(lab: Lab, page: Any, name: str, inside: str, narrow: int) -> None:
    """Check and shoot a form in both themes, and that nothing sticks out of it at a narrow width, in pixels."""
    size = page.viewport_size
    try:
        for theme in ("dark", "light"):
            lab.switch(page, theme)
            check(page, inside)
            shoot(page, f"{name}-{theme}", page.locator(inside))
        page.set_viewport_size({"width": narrow, "height": 1000})
        page.wait_for_timeout(300)
        script = (
            "(inside) => { const form = document.querySelector(inside); return form.scrollWidth - form.clientWidth; }"
        )
        assert page.evaluate(script, inside) <= 1
    finally:
        lab.switch(page, "light")
        page.set_viewport_size(size)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_form(lab: Lab, page: Any, theme: str) -> None:
    lab.theme(f"JupyterLab {theme.title()}")
    shutil.copy(lab.root / "agents" / "backend-engineer.md", lab.root / "axe.md")
    lab.show(page, f"axe-{theme}.ipynb", ["import agentkit as ak\nform = ak.edit('axe.md')\nform"])
    page.wait_for_selector(".ak-form[data-lm-suppress-shortcuts] .ak-name")
    page.get_by_role("radio", name="red").check()
    page.get_by_label("Only these").check()
    page.get_by_text("Unsaved changes in").wait_for()
    page.get_by_text("More fields").click()
    lab.theme("JupyterLab Light")
    check(page, ".ak-form")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_live_comparison(lab: Lab, page: Any, theme: str) -> None:
    lab.theme(f"JupyterLab {theme.title()}")
    run = (
        "ak.run({'a': 'You.', 'b': 'Me.'}, ['x', 'y'], backend=ak.Scripted('**hi** `x`'), store=False, progress=False)"
    )
    lab.show(page, f"axe-explore-{theme}.ipynb", [f"import agentkit as ak\nview = {run}.explore()\nview"])
    page.wait_for_selector(".ak-explore .ak-place strong")
    lab.theme("JupyterLab Light")
    check(page, ".ak-explore")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page(chromium: Any, tmp_path: Path, scheme: str) -> None:
    cells = [Cell(REPLY, output_tokens=3), Cell(None, 2, error="timeout"), Cell("no", 3, stop_reason="refusal")]
    parts = [
        table.table_html(Grid(["today", "terse"], [GridRow("s", "input", "t", {"today": cells})], note="bare")),
        card.card_html(card.Card("a", "b", "loads", None, [("model", "opus")], [("Role", 3)], 1)),
        diff.unified_html("a\nb", "a\nc"),
        diff.words_html("a red car", "a blue car"),
    ]
    file = tmp_path / "page.html"
    file.write_text(whole_page("Results", parts))
    context = chromium.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(file.as_uri())
    check(page, "html")
    context.close()
