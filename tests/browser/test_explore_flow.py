"""The live comparison as a person uses it."""

from __future__ import annotations

from typing import Any

import pytest
from browser.lab import Lab, eventually, shoot

MANY = """
import agentkit as ak
words = "Use a token bucket in Redis, one for each user, and answer 429 with Retry-After. ".split()
def reply(request):
    place = int(request["messages"][0]["content"].split()[-1])
    size = 12 if "terse" in request["system"] else 60
    return f"**Answer {place}**: " + " ".join(words[(place + at) % len(words)] for at in range(size))
variants = {"today": "You help.", "terse": "You are terse."}
inputs = [f"How do I limit case {place}" for place in range(600)]
results = ak.run(variants, inputs, backend=ak.Scripted(reply), store=False, progress=False)
view = results.explore()
view
"""


@pytest.fixture
def table(lab: Lab, desk: Any) -> Any:
    lab.show(desk, "explore.ipynb", [MANY])
    desk.wait_for_selector(".ak-explore .ak-place strong")
    return desk


def test_only_rows_in_sight_are_in_the_page_and_the_end_is_near(table: Any) -> None:
    assert table.locator(".ak-body-line").count() < 30
    table.evaluate("() => { const view = document.querySelector('.ak-view'); view.scrollTop = view.scrollHeight; }")
    table.locator(".ak-place strong", has_text="Answer 599").first.wait_for()
    assert table.locator(".ak-body-line").count() < 30
    assert table.locator(".ak-top").bounding_box()["y"] >= table.locator(".ak-view").bounding_box()["y"] - 1


def test_finding_differing_and_diff(table: Any) -> None:
    table.get_by_label("Find").fill("case 42")
    table.get_by_text("11 of 600 samples").wait_for()
    table.get_by_label("Replies as").select_option("diff")
    table.locator(".ak-place del").first.wait_for()
    shoot(table, "explore-diff", table.locator(".ak-explore"))
    table.get_by_label("Find").fill("no such words")
    table.get_by_text("No sample fits").wait_for()


def test_a_selection_made_by_keyboard_comes_back(lab: Lab, table: Any) -> None:
    table.locator(".ak-body-line .ak-first").first.focus()
    table.keyboard.press("ArrowDown")
    table.keyboard.press("Space")
    table.get_by_text("1 ticked").wait_for()
    table.keyboard.press("End")
    table.locator(".ak-place strong", has_text="sample-600").wait_for()
    table.keyboard.press("Space")
    table.get_by_text("2 ticked").wait_for()
    ticked = "print(*sorted(set(view.selection['sample'])))"
    eventually(table, lambda: lab.evaluate(table, ticked).split(), ["sample-2", "sample-600"])
    cells = table.locator(".jp-Notebook .jp-Cell").count()
    for key in ("b", "a", "d", "d"):
        table.keyboard.press(key)
    assert table.locator(".jp-Notebook .jp-Cell").count() == cells


def test_a_transcript_is_opened_and_closed_by_keyboard(table: Any) -> None:
    table.locator(".ak-body-line .ak-place").nth(1).focus()
    table.keyboard.press("Enter")
    table.get_by_text("today · sample-1 · epoch 1").wait_for()
    table.get_by_text("The request as sent").click()
    table.get_by_text('"system": "You help."').wait_for()
    shoot(table, "explore-transcript", table.locator(".ak-explore"))
    table.keyboard.press("Escape")
    table.get_by_text("today · sample-1 · epoch 1").wait_for(state="hidden")


def test_columns_are_hidden(table: Any) -> None:
    table.get_by_role("checkbox", name="terse").uncheck()
    table.wait_for_function("() => document.querySelectorAll('.ak-top > *').length === 2")
    table.get_by_role("checkbox", name="terse").check()
    table.wait_for_function("() => document.querySelectorAll('.ak-top > *').length === 3")


SCORED = """
import agentkit as ak
variants = {"today": "You help.", "terse": "You are terse.", "kind": "You are kind."}
topics = ["caching", "paging", "auth"]
samples = [{"input": f"Question {at}", "topic": topics[at % 3]} for at in range(30)]
def reply(request):
    place = int(request["messages"][0]["content"].split()[-1])
    return f"Answer {place} " + "word " * (place if "terse" in request["system"] else 30)
results = ak.run(variants, samples, epochs=2, backend=ak.Scripted(reply), store=False, progress=False)
view = results.score(words=lambda text: len(text.split())).explore()
view
"""


def test_filters_by_score_and_metadata_and_columns_that_move(lab: Lab, page: Any) -> None:
    lab.show(page, "explore-scored.ipynb", [SCORED])
    page.wait_for_selector(".ak-explore .ak-place.ak-first strong")
    page.get_by_label("Sample metadata").select_option("topic")
    page.get_by_label("Value of the sample's field").fill("cach")
    page.get_by_text("10 of 30 samples").wait_for()
    page.locator(".ak-where select").nth(0).select_option("words")
    page.locator(".ak-where select").nth(1).select_option("at most")
    page.get_by_label("Score, number").fill("8")
    page.get_by_text("3 of 30 samples").wait_for()
    page.get_by_label("Order").select_option("highest words")
    shoot(page, "explore-scored", page.locator(".ak-explore"))
    page.get_by_role("button", name="Move terse left").click()
    heads = page.locator(".ak-top [role=columnheader]").all_inner_texts()
    assert heads == ["sample", "terse", "today", "kind"]
    page.wait_for_function("() => document.activeElement.getAttribute('aria-label') === 'Move terse right'")
    page.locator(".ak-body-line .ak-place", has_text="Answer 6").first.wait_for()
    cell = page.locator(".ak-body-line").first.locator(".ak-place").nth(1)
    assert "epochs 1 and 2: the same reply" in cell.inner_text()
    assert page.errors == []


def test_a_reply_is_copied_as_it_came(lab: Lab, page: Any) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=lab.url)
    lab.show(page, "explore-copy.ipynb", [MANY])
    page.wait_for_selector(".ak-explore .ak-place strong")
    page.locator(".ak-body-line .ak-place").nth(1).focus()
    page.keyboard.press("c")
    copied = "() => navigator.clipboard.readText()"
    eventually(page, lambda: page.evaluate(copied).startswith("**Answer 0**: Use a token bucket"), True)
