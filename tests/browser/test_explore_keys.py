"""The live comparison: what a keyboard, a slow kernel and a second view of it need."""

from __future__ import annotations

import os
import re
import signal
from typing import Any

import pytest
from browser.lab import Lab, eventually

CELL = """
import agentkit as ak
variants = {"today": "You help.", "terse": "You are terse.", "kind": "You are kind."}
def reply(request):
    asked = request["messages"][0]["content"]
    reply.calls += 1
    return f"{asked} [link](https://example.com) " + "word " * 90 + (str(reply.calls) if asked.endswith("0") else "")
reply.calls = 0
inputs = [f"Case {at}" for at in range(300)]
results = ak.run(variants, inputs, epochs=2, backend=ak.Scripted(reply), store=False, progress=False)
view = results.explore()
view
"""
ACTIVE = "() => document.activeElement.className + ' ' + document.activeElement.innerText"

CORNERS = """() => {
  const view = document.querySelector('.ak-explore .ak-view').getBoundingClientRect();
  const corner = (place) => {
    const box = document.querySelector(`.ak-explore ${place}`).getBoundingClientRect();
    return {x: Math.round(box.x - view.x), y: Math.round(box.y - view.y)};
  };
  return {top: corner('.ak-top'), first: corner('.ak-top .ak-first'), line: corner('.ak-body-line .ak-first')};
}"""
"""Within the view, and all at one moment: rows come and go while one scrolls, and the page around it still settles."""


@pytest.fixture
def table(lab: Lab, desk: Any) -> Any:
    lab.show(desk, "explore-keys.ipynb", [CELL])
    desk.wait_for_selector(".ak-explore .ak-place strong")
    return desk


def cells(page: Any) -> int:
    return int(page.locator(".jp-Notebook .jp-Cell").count())


def test_the_header_and_the_first_column_stay(table: Any) -> None:
    table.set_viewport_size({"width": 620, "height": 900})
    before = table.evaluate(CORNERS)
    table.evaluate("() => { const view = document.querySelector('.ak-view'); view.scrollTo(240, 5000); }")
    table.get_by_text("sample-28", exact=True).wait_for()
    after = table.evaluate(CORNERS)
    table.set_viewport_size({"width": 1360, "height": 1000})
    assert after["top"]["y"] == before["top"]["y"]
    assert after["first"]["x"] == before["first"]["x"] == after["line"]["x"]


def test_a_change_of_style_does_not_lose_an_order_that_is_on_its_way(table: Any) -> None:
    script = """async () => {
      const find = document.querySelector('.ak-explore input[type=search]');
      find.value = 'Case 42';
      find.dispatchEvent(new Event('input'));
      await new Promise((done) => setTimeout(done, 153));
      const labels = [...document.querySelectorAll('.ak-explore label')];
      const label = labels.find((one) => one.innerText.startsWith('Replies'));
      const mode = label.querySelector('select');
      mode.value = 1;
      mode.dispatchEvent(new Event('change'));
    }"""
    table.evaluate(script)
    table.get_by_text("1 of 300 samples").wait_for()
    table.locator(".ak-place pre", has_text="Case 42 [link](").first.wait_for()


def test_a_tick_leaves_folds_open_and_a_second_view_alone(lab: Lab, table: Any) -> None:
    first = table.locator(".ak-body-line").first
    first.locator(".ak-place").nth(1).focus()
    table.keyboard.press("o")
    assert first.locator(".ak-place").nth(1).locator("details[open]").count() == 1
    table.keyboard.press("Space")
    table.get_by_text("1 ticked").wait_for()
    assert first.locator("details[open]").count() == 1
    assert first.locator(".ak-first").get_attribute("aria-selected") == "true"
    lab.evaluate(table, "display(view)")
    table.get_by_role("button", name="Untick all").click()
    table.wait_for_function("() => !document.querySelector('.ak-explore [aria-selected=true]')")
    table.get_by_role("button", name="Tick these").click()
    table.get_by_text("300 ticked").wait_for()
    eventually(table, lambda: lab.evaluate(table, "print(len(view.selection))").strip(), str(300 * 3 * 2))
    table.get_by_role("button", name="Untick all").click()


def test_two_views_of_one_comparison_do_not_answer_for_each_other(lab: Lab, desk: Any) -> None:
    lab.show(desk, "explore-twice.ipynb", [CELL, "view"])
    views = desk.locator(".ak-explore")
    desk.wait_for_function("() => document.querySelectorAll('.ak-explore .ak-status').length === 2")
    for at in (0, 1):
        views.nth(at).locator(".ak-place strong").first.wait_for()
    views.nth(0).get_by_label("Find").fill("Case 42")
    views.nth(0).get_by_text("1 of 300 samples").wait_for()
    views.nth(1).locator(".ak-body-line .ak-place").nth(1).focus()
    desk.keyboard.press("Enter")
    views.nth(1).get_by_role("region", name="Transcript").wait_for()
    assert views.nth(0).get_by_role("region", name="Transcript").count() == 0
    assert "1 of 300" not in views.nth(1).locator(".ak-status").inner_text()


def test_no_key_reaches_the_notebook_from_inside_a_cell_or_a_transcript(table: Any) -> None:
    before = cells(table)
    for inside in ("a", "summary"):
        table.locator(f".ak-body-line .ak-place {inside}").first.focus()
        for key in ("b", "a", "d", "d", "x"):
            table.keyboard.press(key)
    table.locator(".ak-body-line .ak-place").nth(1).focus()
    table.keyboard.press("Enter")
    table.get_by_role("region", name="Transcript").wait_for()
    for _ in range(4):
        for key in ("b", "d", "d"):
            table.keyboard.press(key)
        table.keyboard.press("Tab")
    assert cells(table) == before
    table.get_by_role("button", name="Close the transcript").click()
    table.wait_for_function(f"() => ({ACTIVE})().startsWith('ak-place')")


def test_tab_goes_through_the_controls_to_a_cell_in_sight(table: Any) -> None:
    table.evaluate("() => { const view = document.querySelector('.ak-view'); view.scrollTop = 190 * 100; }")
    table.get_by_text("sample-101", exact=True).wait_for()
    table.get_by_label("Find").focus()
    seen = []
    while len(seen) < 40 and "ak-place" not in "".join(seen):
        table.keyboard.press("Tab")
        seen.append(str(table.evaluate(ACTIVE)))
        # Each shows that it has the focus.
        assert table.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") != "none", seen[-1]
    assert re.search(r"sample-10\d", seen[-1])
    table.keyboard.press("ArrowDown")
    assert re.search(r"sample-10\d", str(table.evaluate(ACTIVE)))


def test_copying_works_without_the_browsers_clipboard_and_says_so(table: Any) -> None:
    table.evaluate("() => Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })")
    table.evaluate("() => document.addEventListener('copy', () => { window.copied = document.activeElement.value; })")
    table.locator(".ak-body-line .ak-place").nth(1).focus()
    table.keyboard.press("c")
    table.get_by_text(re.compile(r"copied [\d,]+ characters")).wait_for()
    assert table.evaluate("() => window.copied").startswith("Case 0 [link](https://example.com)")
    assert table.evaluate(ACTIVE).startswith("ak-place")


def test_a_kernel_that_does_not_answer_is_told(lab: Lab, table: Any) -> None:
    kernel = int(lab.evaluate(table, "import os; print(os.getpid())"))
    os.kill(kernel, signal.SIGSTOP)
    try:
        table.evaluate("() => { const view = document.querySelector('.ak-view'); view.scrollTop = view.scrollHeight; }")
        table.get_by_text("The kernel does not answer").wait_for()
    finally:
        os.kill(kernel, signal.SIGCONT)
    table.get_by_text("sample-300", exact=True).wait_for()
    table.get_by_text("The kernel does not answer").wait_for(state="detached")
