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

RICH = """
import agentkit as ak
PLAN = "## Plan\\n\\n1. Count in **Redis**, one key for each user.\\n2. Answer `429` with `Retry-After`.\\n\\n"
CODE = "```python\\ndef allowed(user: str) -> bool:\\n    return bucket(user).take(1)\\n```\\n\\n[more](https://example.com)"
def reply(request):
    asked, kind = request["messages"][0]["content"], "kind" in request["system"]
    if "page" in asked and kind:
        raise ValueError("upstream closed the connection")
    if "refuse" in asked:
        return ak.Reply(output="I can't help with that.", stop_reason="refusal", model="m")
    reply.calls += 1
    return (PLAN + CODE if kind else PLAN.replace("Count in", "Keep a bucket in")) + "And so on. " * reply.calls
reply.calls = 0
inputs = ["How do I limit requests?", "How do I page a long list?", "Will you refuse?"]
samples = [{"input": text, "topic": "api", "target": "A bucket."} for text in inputs]
variants = {"today": "Be kind.", "terse": "Be brief."}
results = ak.run(variants, samples, epochs=2, backend=ak.Scripted(reply), store=False, progress=False)
view = results.score("contains: bucket", words=lambda text: len(text.split())).explore()
view
"""


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
    lab.show(page, f"axe-explore-{theme}.ipynb", [RICH])
    page.wait_for_selector(".ak-explore .ak-place strong")
    check(page, ".ak-explore")
    page.get_by_label("Replies as").select_option("diff")
    page.locator(".ak-place del").first.wait_for()
    page.locator(".ak-body-line .ak-first").first.focus()
    page.keyboard.press("Space")
    page.get_by_text("1 ticked").wait_for()
    shoot(page, f"explore-{theme}", page.locator(".ak-explore"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_role("region", name="Transcript").wait_for()
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
