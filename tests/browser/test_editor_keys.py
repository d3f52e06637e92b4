"""The editor by keyboard, and what of it must never scroll away."""

from __future__ import annotations

from typing import Any

import pytest
from browser.lab import Lab, eventually, shoot

INSIDE = "() => Boolean(document.activeElement.closest('.ak-form'))"
STATE = """() => {
  const scroller = document.querySelector('.jp-WindowedPanel-outer').getBoundingClientRect();
  const seen = (each) => {
    const box = each.getBoundingClientRect();
    return box.height > 0 && box.top >= scroller.top - 1 && box.top < scroller.bottom - 20;
  };
  const titles = [...document.querySelectorAll('.ak-side .ak-group-title')].filter(seen);
  return [seen(document.querySelector('.ak-state')), titles.map((each) => each.textContent)];
}"""
BESIDE = ["Findings", "As the delegating model sees it", "Changes to the file", "The same in Python"]


def value(lab: Lab, page: Any, expression: str) -> str:
    return lab.evaluate(page, f"print(form.value.{expression})").strip()


def test_findings_and_changes_stay_in_sight_wherever_one_types(form: Any) -> None:
    size = form.viewport_size
    form.set_viewport_size({"width": 1400, "height": 900})
    for label in ("Name", "System prompt, in Markdown"):
        field = form.get_by_label(label, exact=True)
        field.scroll_into_view_if_needed()
        field.press("End")
        form.keyboard.type("x")
        eventually(form, lambda: form.evaluate(STATE), [True, BESIDE])
    form.locator(".ak-part").first.scroll_into_view_if_needed()
    eventually(form, lambda: form.evaluate(STATE), [True, BESIDE])
    shoot(form, "editor-in-sight")
    form.set_viewport_size({"width": 700, "height": 450})
    form.get_by_label("System prompt, in Markdown").scroll_into_view_if_needed()
    eventually(form, lambda: form.evaluate(STATE)[0], True)
    form.get_by_role("button", name="Findings, roster line, changes and code, under the form").click()
    eventually(form, lambda: form.evaluate(STATE)[1][:1], ["Findings"])
    form.set_viewport_size(size)


def test_undo_and_redo_keys_go_over_the_whole_form(lab: Lab, form: Any) -> None:
    prompt = form.get_by_label("System prompt, in Markdown")
    text = prompt.input_value()
    at = text.index("**Security**")
    prompt.focus()
    prompt.evaluate("(area, at) => area.setSelectionRange(at, at)", at)
    form.keyboard.type("New words. ")
    form.get_by_text("Unsaved changes in").wait_for()
    form.wait_for_timeout(1_200)
    form.get_by_label("Name", exact=True).fill("other-name")
    form.get_by_label("Name", exact=True).press("Control+Z")
    form.wait_for_function("() => document.querySelector('.ak-name').textContent === 'backend-engineer'")
    prompt.press("Control+Z")
    form.get_by_text("No unsaved changes").wait_for()
    eventually(form, prompt.input_value, text)
    # The cursor is where the text changed, not at the end.
    cursor = "(area) => [area.selectionStart, document.activeElement === area]"
    eventually(form, lambda: prompt.evaluate(cursor), [at, True])
    form.keyboard.press("Control+Shift+Z")
    form.get_by_text("Unsaved changes in").wait_for()
    eventually(form, lambda: value(lab, form, "system_prompt.count('New words.')"), "1")
    form.keyboard.press("Control+Y")
    form.wait_for_function("() => document.querySelector('.ak-name').textContent === 'other-name'")
    assert form.errors == []


def test_a_set_of_radio_buttons_is_one_stop(lab: Lab, form: Any) -> None:
    form.get_by_role("radio", name="blue").focus()
    form.keyboard.press("ArrowRight")
    form.get_by_text("Unsaved changes in").wait_for()
    eventually(form, lambda: value(lab, form, "color"), "green")
    form.get_by_role("radio", name="cyan").focus()
    form.keyboard.press("ArrowRight")
    assert form.evaluate("() => document.activeElement.labels[0].textContent.trim()") == "none"
    form.keyboard.press("Tab")
    assert form.evaluate("() => document.activeElement.closest('.ak-at-description') !== null")
    assert form.get_by_role("radiogroup", name="Colour").is_visible()


def test_the_focus_stays_in_the_form(form: Any) -> None:
    form.get_by_role("radio", name="green").focus()
    form.keyboard.press("Space")
    form.get_by_text("Unsaved changes in").wait_for()
    revert = form.get_by_role("button", name="Revert to what the file holds")
    for button in (revert, form.get_by_role("button", name="Remove example 1")):
        button.focus()
        form.keyboard.press("Enter")
        form.wait_for_timeout(600)
        eventually(form, lambda: form.evaluate(INSIDE), True)
    down = form.get_by_role("button", name="Move section Security down")
    down.focus()
    form.keyboard.press("Enter")
    form.wait_for_timeout(600)
    eventually(form, lambda: form.evaluate("() => document.activeElement.title"), "Move section Security down")
    form.get_by_role("radio", name="green").focus()
    form.keyboard.press("Control+Z")
    form.wait_for_timeout(600)
    eventually(form, lambda: form.evaluate(INSIDE), True)


KEYS = ("b", "a", "x", "d", "d", "z", "c", "v", "m", "y", "Shift+M", "Escape", "ArrowUp", "ArrowDown", "Control+F")


CELLS = "() => [...document.querySelectorAll('.jp-Cell')].map((each) => each.dataset.windowedListIndex)"
KIND = "(each) => each.disabled || !each.offsetParent ? '' : each.tagName + each.type + each.parentElement.className"


def test_no_key_in_any_control_reaches_the_notebook(form: Any) -> None:
    form.get_by_label("Only these").check()
    form.get_by_text("More fields").click()
    form.get_by_role("button", name="Add the field").wait_for()
    cells = form.evaluate(CELLS)
    kinds: dict[str, Any] = {}
    for each in form.locator(".ak-form :is(button, input, textarea, [tabindex='0'])").all():
        kind = each.evaluate(KIND)
        if kind:
            kinds.setdefault(kind, each)
    assert len(kinds) > 8
    for kind, each in kinds.items():
        each.focus()
        for key in KEYS:
            form.keyboard.press(key)
        assert form.evaluate(CELLS) == cells, kind
        assert form.locator(".jp-DocumentSearch-overlay").count() == 0, kind
    assert form.errors == []


LOST = """() => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const send = kernel.sendShellMessage;
  kernel.sendShellMessage = (message, ...others) => {
    const future = send.call(kernel, message, ...others);
    if (message.header.msg_type === 'comm_msg' && message.content.data.method === 'update') {
      kernel.sendShellMessage = send;
      Object.defineProperty(future, 'onIOPub', { set() {} });
      window.lost = true;
    }
    return future;
  };
}"""
"""The kernel's word that it took a message does not arrive, once: its queue was full."""


def test_a_word_of_the_kernel_that_is_lost_does_not_silence_an_input(lab: Lab, form: Any) -> None:
    form.evaluate(LOST)
    name = form.get_by_label("Name", exact=True)
    name.press("End")
    form.keyboard.type("-of-two-teams", delay=20)
    form.wait_for_function("() => window.lost")
    eventually(form, lambda: value(lab, form, "name"), "backend-engineer-of-two-teams")


@pytest.mark.parametrize("cell", ["import time; time.sleep(4)", "import asyncio; await asyncio.sleep(4)"])
def test_a_click_while_a_cell_runs_comes_after_what_was_typed(lab: Lab, form: Any, cell: str) -> None:
    users = form.get_by_label("User says")
    before = [users.nth(at).input_value() for at in range(3)]
    lab.start(form, cell)
    users.nth(1).click()
    form.keyboard.press("Control+End")
    form.keyboard.type(" And now?", delay=20)
    form.get_by_role("button", name="Move example 2 up").click()
    form.wait_for_function("() => window.ended", timeout=60_000)
    moved = [before[1] + " And now?", before[0], before[2]]
    eventually(form, lambda: [users.nth(at).input_value() for at in range(3)], moved)
    said = "print(*[each.user for each in form.value.examples], sep='|')"
    eventually(form, lambda: lab.evaluate(form, said).strip().split("|"), moved)


def test_a_tick_shows_at_once_and_comes_after_what_was_typed(lab: Lab, form: Any) -> None:
    form.evaluate(LOST)
    prompt = form.get_by_label("System prompt, in Markdown")
    prompt.press("Control+End")
    form.keyboard.type(" The end.", delay=20)
    form.wait_for_function("() => window.lost")
    tick = form.locator(".ak-part input").first
    tick.click()
    assert not tick.is_checked()
    told = "print('**API Design**' in form.value.system_prompt, form.value.system_prompt.endswith('The end.'))"
    eventually(form, lambda: lab.evaluate(form, told).split(), ["False", "True"])
    assert not form.locator(".ak-part input").first.is_checked()
