"""The editor as a person uses it: mouse, keyboard, a file that changes behind the form's back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser.conftest import opened
from browser.lab import READY, REPO, Lab, eventually, shoot

import agentkit as ak

Open = Callable[..., Any]


def value(lab: Lab, page: Any, expression: str) -> str:
    return lab.evaluate(page, f"print(form.value.{expression})").strip()


def test_editing_and_saving(lab: Lab, form: Any, agent_file: Path) -> None:
    form.get_by_label("Name", exact=True).fill("backend-builder")
    form.get_by_label("green").check()
    form.get_by_role("combobox", name="Model").fill("opus")
    form.get_by_label("Only these").check()
    form.get_by_label("Read", exact=True).check()
    form.get_by_label("Grep").check()
    form.get_by_label("User says").first.fill("Please add an endpoint")
    form.get_by_text("Unsaved changes").wait_for()
    form.get_by_role("group", name="Changes to the file").get_by_text("+color: green").wait_for()
    shoot(form, "editor-changed", form.locator(".ak-form"))
    form.get_by_role("button", name="Save to the file").click()
    form.get_by_text("No unsaved changes").wait_for()
    saved = ak.load(agent_file)
    assert (saved.name, saved.color, saved.model, saved.tools) == ("backend-builder", "green", "opus", ("Read", "Grep"))
    assert saved.examples[0].user == "Please add an endpoint"
    eventually(form, lambda: value(lab, form, "name"), "backend-builder")
    assert form.errors == []


def test_sections_undo_and_redo(lab: Lab, form: Any) -> None:
    tone = form.get_by_label(re.compile("^Security"))
    tone.uncheck()
    form.get_by_label(re.compile("^Security .*off")).wait_for()
    eventually(form, lambda: "**Security**" in form.get_by_label("System prompt, in Markdown").input_value(), False)
    eventually(form, lambda: "**Security**" in value(lab, form, "system_prompt"), False)
    form.get_by_text("agent = agent.without('Security')").wait_for()
    form.get_by_role("button", name="Undo").click()
    form.get_by_text("No unsaved changes").wait_for()
    eventually(form, lambda: "**Security**" in form.get_by_label("System prompt, in Markdown").input_value(), True)
    form.get_by_role("button", name="Redo").click()
    form.get_by_text("Unsaved changes in").wait_for()
    form.get_by_role("button", name="Revert to what the file holds").click()
    form.get_by_text("No unsaved changes").wait_for()


def test_examples_as_cards(lab: Lab, form: Any) -> None:
    form.get_by_role("button", name="Add an example").click()
    form.get_by_text("Example 4").wait_for()
    form.get_by_label("User says").nth(3).fill("A fourth case")
    form.get_by_role("button", name="Move example 4 up").click()
    form.wait_for_function(
        "() => [...document.querySelectorAll('.ak-card')][2].querySelectorAll('textarea')[1].value === 'A fourth case'"
    )
    form.get_by_role("button", name="Remove example 1").click()
    form.get_by_text("Example 4").wait_for(state="detached")
    eventually(form, lambda: value(lab, form, "examples[1].user"), "A fourth case")


def test_preview_shows_the_prompt_rendered(form: Any) -> None:
    form.get_by_role("button", name="Preview: see it rendered").click()
    form.locator(".ak-preview strong", has_text="Security").wait_for()
    shoot(form, "editor-preview", form.locator(".ak-form"))


def test_a_file_that_changed_on_disk_is_shown_and_asked_about(lab: Lab, form: Any, agent_file: Path) -> None:
    form.get_by_label("green").check()
    form.get_by_text("Unsaved changes in").wait_for()
    agent_file.write_text(agent_file.read_text().replace("color: blue", "color: pink"))
    form.get_by_role("button", name="Save to the file").click()
    form.get_by_text("changed on disk since it was loaded").wait_for()
    form.locator(".ak-ask").get_by_text("color: pink").wait_for()
    shoot(form, "editor-conflict", form.locator(".ak-form"))
    form.get_by_role("button", name="Take what is on disk").click()
    form.get_by_text("No unsaved changes").wait_for()
    assert form.get_by_label("pink").is_checked()
    form.get_by_role("button", name="Undo").click()
    form.get_by_text("Unsaved changes in").wait_for()
    eventually(form, lambda: value(lab, form, "color"), "green")


def test_no_key_reaches_the_notebook(lab: Lab, form: Any) -> None:
    cells = form.locator(".jp-Notebook .jp-Cell").count()
    form.get_by_role("button", name="Save as … another file").focus()
    for key in ("b", "a", "x", "d", "d", "m"):
        form.keyboard.press(key)
    form.get_by_label("green").focus()
    form.keyboard.press("b")
    assert form.locator(".jp-Notebook .jp-Cell").count() == cells


def test_the_keyboard_alone_is_enough(lab: Lab, form: Any, agent_file: Path) -> None:
    form.get_by_label("Name", exact=True).focus()
    form.keyboard.press("Control+A")
    form.keyboard.type("typed-name")
    form.keyboard.press("Tab")
    form.keyboard.type("haiku")
    form.keyboard.press("Tab")
    form.keyboard.press("ArrowDown")
    form.get_by_text("Unsaved changes in").wait_for()
    form.keyboard.press("Control+S")
    form.get_by_text("No unsaved changes").wait_for()
    saved = ak.load(agent_file)
    assert (saved.name, saved.model) == ("typed-name", "haiku")
    assert saved.color != "blue"


def test_fast_typing_loses_nothing(lab: Lab, form: Any) -> None:
    text = "The quick brown fox jumps over the lazy dog. " * 6
    prompt = form.get_by_label("System prompt, in Markdown")
    prompt.fill("")
    prompt.press_sequentially(text, delay=2)
    eventually(form, lambda: value(lab, form, "system_prompt"), text.strip())
    eventually(form, prompt.input_value, text)


LONG = "\n".join(
    f"{at} " + ("word " * (at * 7 % 60) if at % 3 else "x" * (at * 13 % 300)) + ("\ttab" if at % 5 == 0 else "")
    for at in range(60)
)
OFF = """() => {
  const area = document.querySelector('.ak-prompt textarea');
  const rows = [...document.querySelectorAll('.ak-line')];
  const copy = area.cloneNode();
  copy.style.cssText = `min-height: 0; height: 0; field-sizing: fixed; overflow-y: scroll`;
  copy.style.width = `${area.offsetWidth}px`;
  area.after(copy);
  const lines = area.value.split('\\n');
  // What the textarea itself needs for the lines so far, against where the line's number stands.
  const tops = [5, 20, 41, 59].map((at) => {
    copy.value = lines.slice(0, at).join('\\n');
    const below = parseFloat(getComputedStyle(copy).paddingBottom);
    return Math.abs(copy.scrollHeight - below - rows[at].offsetTop);
  });
  copy.remove();
  return [rows.length - lines.length, Math.round(Math.max(...tops))];
}"""


def beside(form: Any, number: int) -> float:
    """Return how far below the textarea's top a line's number stands, in pixels."""
    script = """(at) => document.querySelectorAll('.ak-line')[at].getBoundingClientRect().top
        - document.querySelector('.ak-prompt textarea').getBoundingClientRect().top"""
    return float(form.evaluate(script, number))


def test_line_numbers_stay_beside_wrapped_lines(lab: Lab, form: Any) -> None:
    prompt = form.get_by_label("System prompt, in Markdown")
    prompt.fill(LONG)
    form.wait_for_function("() => document.querySelectorAll('.ak-line').length === 60")
    size = form.viewport_size
    for width in (1360, 760):
        form.set_viewport_size({"width": width, "height": 1000})
        eventually(form, lambda: form.evaluate(OFF), [0, 0])
    form.set_viewport_size(size)
    prompt.evaluate("(area) => { area.scrollTop = 0; }")
    form.wait_for_function("() => document.querySelector('.ak-rolls').style.transform === 'translateY(0px)'")
    before = beside(form, 30)
    prompt.evaluate("(area) => { area.scrollTop = 120; }")
    form.wait_for_function("() => document.querySelector('.ak-rolls').style.transform === 'translateY(-120px)'")
    assert abs(before - beside(form, 30) - 120) < 1
    shoot(form, "editor-lines", form.locator(".ak-write"))
    # Text that comes from the kernel is numbered as well.
    form.get_by_role("button", name="Undo").click()
    before_lines = ak.load(REPO / "agents" / "backend-engineer.md").system_prompt.split("\n")
    form.wait_for_function(f"() => document.querySelectorAll('.ak-line').length === {len(before_lines)}")


def test_findings_are_marked_at_their_lines(lab: Lab, form: Any) -> None:
    prompt = form.get_by_label("System prompt, in Markdown")
    prompt.fill("\n\nYou plan.\n\nAlways use tabs here.\n\n" + "- a\n" * 50 + "\nNever use tabs here.")
    mark = form.locator(".ak-sign").last
    mark.wait_for()
    finding = form.get_by_role("button", name=re.compile("^Go to line .*tabs"))
    line = int(str(finding.inner_text()).removeprefix("Line "))
    assert mark.locator("b").all_inner_texts()[1] in ("error", "warn", "info")
    assert "tabs" in str(mark.get_attribute("title"))
    described = form.evaluate(
        "(area) => document.getElementById(area.getAttribute('aria-describedby')).textContent", prompt.element_handle()
    )
    assert f"Line {line}: " in described
    assert "tabs" in described
    form.get_by_role("button", name="Preview: see it rendered").click()
    finding.click()
    form.wait_for_function("() => document.activeElement.matches('.ak-prompt textarea')")
    picked = prompt.evaluate("(area) => area.value.slice(area.selectionStart, area.selectionEnd)")
    assert picked == value(lab, form, f"text.split(chr(10))[{line - 1}]")
    assert form.locator(".ak-line", has_text=picked).last.bounding_box()["y"] >= 0
    shoot(form, "editor-marks", form.locator(".ak-write"))
    assert form.errors == []


def test_a_finding_in_a_field_leads_to_its_input(form: Any) -> None:
    form.get_by_text("More fields").click()
    form.get_by_label(re.compile("^maxTurns")).fill("-3")
    form.get_by_text("More fields").click()
    form.get_by_role("button", name=re.compile("^Go to line .*maxTurns")).click()
    form.wait_for_function("() => document.activeElement.closest('.ak-at-maxTurns')")
    form.get_by_role("button", name=re.compile("^Go to line .*YAML parses")).click()
    form.wait_for_function("() => document.activeElement.closest('.ak-at-description')")


def test_find_in_the_prompt(lab: Lab, form: Any) -> None:
    filler = "- filler\n" * 60
    prompt = form.get_by_label("System prompt, in Markdown")
    text = f"You plan.\n{filler}A (Needle) here.\n{filler}Two: needle (needle)."
    prompt.fill(text)
    prompt.evaluate("(area) => area.setSelectionRange(0, 0)")
    prompt.press("Control+F")
    find = form.get_by_label("Find in the system prompt")
    form.wait_for_function("() => document.activeElement.matches('.ak-find-text')")
    assert form.locator(".jp-DocumentSearch-overlay").count() == 0
    form.keyboard.type("needle")
    count = form.locator(".ak-find-count")
    picked = "(area) => [area.value.slice(area.selectionStart, area.selectionEnd), area.scrollTop]"
    assert count.inner_text() == "1 of 3"
    assert form.locator(".ak-line-text mark").count() == 3
    first = prompt.evaluate(picked)[1]
    form.keyboard.press("Enter")
    assert count.inner_text() == "2 of 3"
    assert prompt.evaluate(picked)[0] == "needle"
    assert prompt.evaluate(picked)[1] > first > 0
    form.get_by_role("button", name="Next match").click()
    form.get_by_role("button", name="Next match").click()
    assert count.inner_text() == "1 of 3"
    find.press("Shift+Enter")
    assert count.inner_text() == "3 of 3"
    find.fill("(needle)")
    assert count.inner_text() == "1 of 2"
    shoot(form, "editor-find", form.locator(".ak-write"))
    find.fill("[")
    assert count.inner_text() == "not found"
    assert form.get_by_role("button", name="Next match").is_disabled()
    find.fill("(needle)")
    find.press("Escape")
    assert prompt.evaluate(picked)[0] == "(Needle)"
    assert form.evaluate("() => document.activeElement.matches('.ak-prompt textarea')")
    cells = form.locator(".jp-Notebook .jp-Cell").count()
    find.focus()
    for key in ("b", "a", "Control+F", "Escape"):
        form.keyboard.press(key)
    assert form.locator(".jp-Notebook .jp-Cell").count() == cells
    assert form.locator(".jp-DocumentSearch-overlay").count() == 0
    assert form.errors == []


def test_jupyterlabs_own_editor_opens_the_file_and_its_saves_come_back(
    lab: Lab, page: Any, agent_file: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.md"
    outside.write_bytes(agent_file.read_bytes())
    cells = [
        "import agentkit as ak\nform = ak.edit('agents/backend-engineer.md')\nform",
        f"ak.edit({str(outside)!r})",
    ]
    lab.show(page, "beside.ipynb", cells)
    page.get_by_text(f"it is outside {lab.root}").wait_for()
    page.get_by_role("button", name="Open in JupyterLab's editor").click()
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.context?.path === 'agents/backend-engineer.md'")
    page.wait_for_selector(".jp-FileEditor .cm-content")
    shoot(page, "editor-in-jupyterlab")
    page.evaluate("""async () => {
      const { context } = window.jupyterapp.shell.currentWidget;
      await context.ready;
      context.model.fromString(context.model.toString() + '\\nWritten in JupyterLab.\\n');
      await context.save();
    }""")
    assert agent_file.read_text().endswith("Written in JupyterLab.\n")
    page.evaluate("() => { window.jupyterapp.commands.execute('application:close'); }")  # it may ask, and wait
    page.get_by_text("The file changed on disk; the form shows it as it is now.").wait_for()
    prompt = page.get_by_label("System prompt, in Markdown").first
    eventually(page, lambda: prompt.input_value().endswith("Written in JupyterLab."), True)
    eventually(page, lambda: value(lab, page, "system_prompt.endswith('Written in JupyterLab.')"), "True")
    assert page.errors == []


def test_a_save_elsewhere_is_asked_about_where_there_are_unsaved_changes(lab: Lab, form: Any, agent_file: Path) -> None:
    form.get_by_label("green").check()
    form.get_by_text("Unsaved changes in").wait_for()
    agent_file.write_text(agent_file.read_text().replace("color: blue", "color: pink"))
    form.locator(".ak-ask").get_by_text("color: pink").wait_for()
    eventually(form, lambda: value(lab, form, "color"), "green")


def test_saving_as_a_variant(lab: Lab, form: Any, agent_file: Path) -> None:
    before = agent_file.read_bytes()
    form.get_by_label("green").check()
    form.get_by_role("button", name="Save as variant …").click()
    form.get_by_label("Name of the variant").fill("backend-green")
    form.get_by_role("button", name="Save the variant").click()
    form.get_by_text("This form is still on backend-engineer.md").wait_for()
    made = ak.load(agent_file.with_name("backend-green.md"))
    assert (made.name, made.color) == ("backend-green", "green")
    assert agent_file.read_bytes() == before
    made.path.unlink()


NESTED = "You plan.\n\n" + "".join(f"# Part {at}\n\nx\n\n## Under {at}\n\ny\n\n" for at in range(3))


def test_sections_fold_with_the_keyboard(form: Any) -> None:
    form.get_by_label("System prompt, in Markdown").fill(NESTED)
    form.get_by_role("button", name="Hide 1 section under Part 1").focus()
    form.keyboard.press("Enter")
    form.get_by_label(re.compile("^Under 1")).wait_for(state="hidden")
    shoot(form, "editor-folded", form.get_by_role("group", name="Sections"))
    form.get_by_role("button", name="Show 1 section under Part 1").wait_for()
    form.keyboard.press("Enter")
    form.get_by_label(re.compile("^Under 1")).wait_for()


WIDER = """() => {
  const form = document.querySelector('.ak-form');
  const right = form.getBoundingClientRect().right;
  const shown = [...form.querySelectorAll('button, input, textarea, .widget-html-content > *, .ak-group')]
    .filter((each) => each.offsetParent && !each.closest('.ak-said, .ak-lines'))
    .filter((each) => each.getBoundingClientRect().right > right + 1)
    .map((each) => each.outerHTML.slice(0, 120));
  return [form.scrollWidth - form.clientWidth > 1, shown];
}"""


@pytest.mark.parametrize(("name", "width", "scale"), [("phone", 420, 1), ("zoom", 680, 2)])
def test_nothing_is_cut_on_a_narrow_page_and_at_twice_the_size(
    lab: Lab, chromium: Any, agent_file: Path, name: str, width: int, scale: int
) -> None:
    lab.theme("JupyterLab Light")
    page = opened(lab, chromium, device_scale_factor=scale)
    # A page of 1,360 pixels at 200 % has room for 680.
    page.set_viewport_size({"width": width, "height": 800})
    lab.show(
        page, f"narrow-{name}.ipynb", ["import agentkit as ak\nform = ak.edit('agents/backend-engineer.md')\nform"]
    )
    page.wait_for_selector(".ak-form[data-lm-suppress-shortcuts] .ak-name")
    page.get_by_label("green").check()
    page.get_by_label("Only these").check()
    page.get_by_text("More fields").click()
    page.get_by_label("System prompt, in Markdown").fill(
        f"You plan.\n\nAlways use tabs.\n\n{'long' * 90}\n\nNever use tabs."
    )
    page.get_by_role("button", name="Save as variant …").click()
    page.locator(".ak-sign").first.wait_for()
    page.wait_for_timeout(300)
    shoot(page, f"editor-{name}", page.locator(".ak-form"))
    eventually(page, lambda: page.evaluate(WIDER), [False, []])
    eventually(page, lambda: page.locator(".ak-line").count(), 7)
    page.context.close()


def test_it_works_in_notebook_7(lab: Lab, page: Any, agent_file: Path) -> None:
    lab.notebook("classic.ipynb", ["import agentkit as ak\nform = ak.edit('agents/backend-engineer.md')\nform"])
    page.goto(f"{lab.url}/notebooks/classic.ipynb?token={lab.token}")
    page.wait_for_selector(".jp-Notebook", timeout=60_000)
    page.wait_for_function(READY, timeout=60_000)
    lab.run_all(page)
    page.wait_for_selector(".ak-form[data-lm-suppress-shortcuts] .ak-name")
    page.get_by_label("green").check()
    page.get_by_text("Unsaved changes in").wait_for()
    prompt = page.get_by_label("System prompt, in Markdown")
    prompt.press("Control+F")
    page.keyboard.type("every")
    assert " of " in page.locator(".ak-find-count").inner_text()
    shoot(page, "editor-notebook-7")
    prompt.press("Control+S")
    page.get_by_text("No unsaved changes").wait_for()
    assert ak.load(agent_file).color == "green"
    with page.context.expect_page() as opening:
        page.get_by_role("button", name="Open in JupyterLab's editor").click()
    opening.value.wait_for_url("**/agents/backend-engineer.md*")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_read_in_each_theme_and_at_each_width(lab: Lab, page: Any, agent_file: Path, theme: str) -> None:
    lab.theme(f"JupyterLab {theme.title()}")
    lab.notebook("look.ipynb", ["import agentkit as ak\nform = ak.edit('agents/backend-engineer.md')\nform"])
    page.set_viewport_size({"width": 1360, "height": 1700})
    lab.open(page, "look.ipynb")
    lab.run_all(page)
    page.get_by_label("green").check()
    page.get_by_role("group", name="Changes to the file").get_by_text("+color: green").wait_for()
    prompt = page.get_by_label("System prompt, in Markdown")
    rules = "Always use stored procedures.\n\nNever use stored procedures.\n\n"
    prompt.fill(prompt.input_value().replace("In each task", f"{rules}In each task"))
    prompt.evaluate("(area) => { area.scrollTop = 0; area.blur(); }")
    page.locator(".ak-sign").wait_for()
    # The one vertical line at the colours was a swatch of their label.
    assert (
        page.evaluate("() => getComputedStyle(document.querySelector('.ak-colors > label'), '::after').content")
        == "none"
    )
    shoot(page, f"editor-{theme}", page.locator(".ak-form"))
    page.set_viewport_size({"width": 680, "height": 1000})
    page.wait_for_timeout(300)
    shoot(page, f"editor-{theme}-narrow")
    wider = page.evaluate(
        "() => { const form = document.querySelector('.ak-form'); return form.scrollWidth - form.clientWidth; }"
    )
    assert wider <= 1
    lab.theme("JupyterLab Light")
