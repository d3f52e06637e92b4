"""Rating as a person does it: with the keyboard alone, blind, in several sittings."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from browser.lab import Lab, eventually
from browser.test_axe import look

from agentkit.scoring.rating_file import RatingFile

CELL = """import agentkit as ak
PLAN = "## Plan\\n\\n1. Count in **Redis**, one key for each user.\\n2. Answer `429` with `Retry-After`.\\n\\n"
CODE = "```python\\ndef allowed(user: str) -> bool:\\n    return bucket(user).take(1)\\n```\\n"
def reply(request):
    asked = request["messages"][0]["content"]
    return asked + "\\n\\n" + (PLAN + CODE if "kind" in request["system"] else "Use a token bucket. " * 12)
variants = {"zebra": "Be kind.", "yak": "Be brief."}
inputs = ["How do I limit requests?", "How do I page a long list?", "How do I version an API?"]
samples = [{"input": text, "target": "A token bucket."} for text in inputs]
results = ak.run(variants, samples, backend=ak.Scripted(reply), store=False, progress=False)
rater = results.rate(rater="ann", file="ratings.db")
rater"""

FOCUSED = "() => document.activeElement.getAttribute('aria-label')"


@pytest.fixture
def form(lab: Lab, desk: Any) -> Any:
    """A notebook with a rating form over three samples, and a file of its own."""
    (lab.root / "ratings.db").unlink(missing_ok=True)
    lab.show(desk, "rate.ipynb", [CELL])
    desk.get_by_text("Pair 1 of 3").wait_for()
    return desk


def winners(lab: Lab, page: Any) -> list[str]:
    return lab.evaluate(page, "print(*rater.frame['winner'].fillna('-'), sep='\\n')").split()


def test_the_keyboard_alone_is_enough(lab: Lab, form: Any) -> None:
    cells = form.locator(".jp-Notebook .jp-Cell").count()
    form.locator(".ak-rate .ak-stage").focus()
    form.keyboard.press("ArrowLeft")
    form.get_by_text("Pair 2 of 3").wait_for()
    form.keyboard.press("n")
    form.keyboard.type("the left one has a plan, d d")
    form.keyboard.press("Escape")
    form.keyboard.press("3")
    form.get_by_text("Pair 3 of 3").wait_for()
    form.keyboard.press("b")
    form.get_by_text("Pair 2 of 3").wait_for()
    assert form.get_by_role("textbox", name="Note", exact=True).input_value() == "the left one has a plan, d d"
    assert form.get_by_role("button", name="Tie").get_attribute("aria-pressed") == "true"
    form.keyboard.press("u")
    form.get_by_text("Pair 3 of 3").wait_for()
    form.keyboard.press("ArrowUp")
    form.get_by_text("All 3 pairs are rated").wait_for()
    assert form.locator(".jp-Notebook .jp-Cell").count() == cells
    left = lab.evaluate(form, "print(rater.rating.items[0].left.variant)").strip()
    eventually(form, lambda: sorted(winners(lab, form)), sorted([left, "tie", "both", "bad"]))
    form.keyboard.press("Backspace")
    form.get_by_text("2 rated (66 %)").wait_for()
    assert form.errors == []


def test_it_is_blind_until_asked_and_goes_on_later(lab: Lab, form: Any) -> None:
    page = form.locator(".ak-rate")
    assert "zebra" not in page.inner_html()
    page.get_by_role("button", name="Right is better").click()
    form.get_by_text("Pair 2 of 3").wait_for()
    # The same cell once more is another day: a new form over the same file.
    lab.run_all(form)
    form.get_by_text("Pair 2 of 3 · 1 rated").wait_for()
    form.get_by_role("button", name="Show the names").click()
    form.get_by_role("heading", name="Left: ").wait_for()
    shown = {form.locator(".ak-side h3").nth(at).inner_text().split(": ")[1] for at in (0, 1)}
    assert shown == {"zebra", "yak"}
    form.get_by_label("Rater").press("Control+A")
    form.keyboard.type("bob")
    form.keyboard.press("Enter")
    form.get_by_text("Pair 1 of 3 · 0 rated").wait_for()


def test_every_keystroke_of_a_note_is_kept(lab: Lab, form: Any) -> None:
    note = form.get_by_role("textbox", name="Note", exact=True)
    note.press_sequentially("half a thou", delay=5)
    problems = form.locator(".ak-problem:visible").all_inner_texts()
    assert (note.input_value(), form.evaluate(FOCUSED), problems) == ("half a thou", "Note", [])
    eventually(form, lambda: lab.evaluate(form, "print(rater.frame['note'][0])").strip(), "half a thou")


def test_it_can_be_read_in_each_theme_and_at_each_width(lab: Lab, form: Any) -> None:
    form.get_by_role("button", name="Left is better").click()
    form.get_by_text("Pair 2 of 3").wait_for()
    form.get_by_role("button", name="Back b").click()
    form.get_by_text("Pair 1 of 3").wait_for()
    form.get_by_role("textbox", name="Note", exact=True).fill("It says what to do, in order.")
    look(lab, form, "rate", ".ak-rate", 560)


def test_a_slip_is_undone_and_a_key_held_down_answers_once(lab: Lab, form: Any) -> None:
    form.locator(".ak-rate .ak-stage").focus()
    form.keyboard.down("ArrowRight")
    for _ in range(5):
        form.keyboard.down("ArrowRight")  # what a keyboard sends while a key is held
        form.wait_for_timeout(60)
    form.keyboard.up("ArrowRight")
    form.get_by_text("Pair 2 of 3 · 1 rated").wait_for()
    form.keyboard.press("Control+z")
    form.get_by_text("Pair 1 of 3 · 0 rated").wait_for()
    form.keyboard.press("ArrowLeft")
    form.get_by_text("Pair 2 of 3 · 1 rated").wait_for()
    form.keyboard.press("z")
    form.get_by_text("Pair 1 of 3 · 0 rated").wait_for()
    eventually(form, lambda: winners(lab, form), [])


def test_what_was_said_outlives_the_kernel(lab: Lab, page: Any) -> None:
    lab.show(page, "rate-killed.ipynb", [CELL.replace("ratings.db", "killed.db")])
    page.locator(".ak-rate .ak-stage").focus()
    kernel = int(lab.evaluate(page, "import os; print(os.getpid())"))
    page.keyboard.press("ArrowLeft")
    page.get_by_text("Pair 2 of 3 · 1 rated").wait_for()
    page.keyboard.press("n")
    page.keyboard.type("beca")
    kept = RatingFile(lab.root / "killed.db")
    said = {("answer", "left"), ("note", "beca")}
    eventually(page, lambda: {(one.field, one.value) for one in kept.read()}, said)
    os.kill(kernel, signal.SIGKILL)
    assert {(one.field, one.value) for one in kept.read()} == said
    page.keyboard.type("use")
    page.get_by_text("Not kept yet: the kernel does not answer").wait_for()
    page.get_by_role("button", name="Ok", exact=True).click()  # the notebook's own word on the dead kernel
    lab.run_all(page)
    page.get_by_text("Pair 2 of 3 · 1 rated").wait_for()


def test_no_key_reaches_the_notebook_from_a_link_or_a_fold(lab: Lab, form: Any) -> None:
    cells = form.locator(".jp-Notebook .jp-Cell").count()
    form.get_by_text("Reference answer").focus()
    for key in ("a", "x", "d", "d"):
        form.keyboard.press(key)
    form.evaluate("() => document.querySelector('.ak-rate .ak-text').focus()")
    for key in ("a", "x", "d", "d"):
        form.keyboard.press(key)
    assert form.locator(".jp-Notebook .jp-Cell").count() == cells
