"""What the form shows beside the inputs and keeps while it is filled in."""

from __future__ import annotations

from pathlib import Path

import pytest

import agentkit as ak
from agentkit.widgets._editor_side import CODE
from agentkit.widgets.editor import Editor
from tests.widgets.test_editor import TEXT, find, shown, walk


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "reviewer.md"
    path.write_text(TEXT)
    return path


@pytest.fixture
def form(file: Path) -> Editor:
    return ak.edit(file)


def look_twice(form: Editor) -> None:
    form._look()
    form._look()


def test_typing_makes_no_widget_anew(form: Editor) -> None:
    prompt = find(form, "System prompt, in Markdown")
    prompt.value += "\n\nAlways use tabs.\n\nNever use tabs."
    form.settle()
    before = [id(each) for each in walk(form)]
    prompt.value = "More words here. " + prompt.value
    form.settle()
    assert [id(each) for each in walk(form)] == before
    labels = [each.description for each in walk(form._sections.view) if hasattr(each, "description")]
    assert any(label.startswith("Tone (") for label in labels)


def test_the_size_of_a_section_follows_the_typing(form: Editor) -> None:
    form.state.set_prompt("## Tone\n\nKind.")
    form.settle()
    find(form, "Tone (14 characters)")
    form.state.set_prompt("## Tone\n\nVery kind.")
    form.settle()
    find(form, "Tone (19 characters)").value = False
    assert "Tone" not in form.value.system_prompt


def test_a_very_long_edit_is_shown_in_part(form: Editor) -> None:
    find(form, "System prompt, in Markdown").value = "word " * 20_000
    text = shown(form)
    assert len(form.code) > 90_000
    assert "more characters in form.code" in text
    assert len(form._reports._code.value) < 2 * CODE


def test_the_worst_finding_stands_first(form: Editor) -> None:
    find(form, "System prompt, in Markdown").value = "\n\n".join(
        f"Always use {at}.\n\nNever use {at}." for at in range(40)
    )
    form.state.set_field("name", "")
    form.settle()
    first = walk(form._findings._list.children[0])
    assert any("ak-severity-error" in str(getattr(each, "value", "")) for each in first)


def test_a_reason_is_told_once() -> None:
    form = ak.edit(ak.loads("---\nname: a\ndescription: b: c\n---\nYou.\n"))
    assert shown(form).count("only after the loader") == 1


def test_a_dropped_definition_is_in_no_roster() -> None:
    assert "Not in the roster" in shown(ak.edit(ak.loads("")))
    assert "- None" not in shown(ak.edit(ak.loads("")))
    assert "Not in the roster" not in shown(ak.edit(ak.loads(TEXT)))


def test_a_finding_of_an_unknown_field_leads_to_its_input(form: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, str]] = []
    monkeypatch.setattr(form._guard, "send", sent.append)
    row = next(row for (code, _), row in form._findings._rows.items() if code == "AK211")
    row._line.click()
    assert form._more.view.selected_index == 0
    assert sent[0]["focus"] in find(form, "emoji: kept, not read by the loader")._dom_classes


def test_an_unknown_field_that_comes_later_has_an_input(form: Editor, file: Path) -> None:
    file.write_text(TEXT.replace("emoji: 🦉", "emoji: 🦉\nvibe:\n  deep: [1, {a: b}]"))
    look_twice(form)
    form.settle()
    assert "deep" in find(form, "vibe: kept, not read by the loader").value


def test_what_is_no_yaml_stays_to_be_mended(form: Editor) -> None:
    turns = find(form, "maxTurns: Turns after which the agent stops; a positive whole number.")
    turns.value = "[5"
    find(form, "Name").value = "other"
    find(form, "Add an example").click()
    assert turns.value == "[5"
    assert "maxTurns is not YAML" in shown(form)
    turns.value = "5"
    assert "not YAML" not in shown(form)
    assert form.value.metadata["maxTurns"] == 5


def test_undo_takes_back_what_is_no_yaml_too(form: Editor) -> None:
    turns = find(form, "maxTurns: Turns after which the agent stops; a positive whole number.")
    find(form, "Name").value = "other"
    turns.value = "[5"
    form.undo()
    assert turns.value == ""
    assert "not YAML" not in shown(form)


def test_commas_in_a_tools_parentheses_do_not_separate(tmp_path: Path) -> None:
    form = ak.edit(ak.loads("---\nname: a\ndescription: b\ntools: [Read]\n---\nYou.\n"))
    find(form, "Others, with commas between").value = "Bash(git log:*, git diff:*), LSP"
    assert form.value.metadata["tools"] == ["Read", "Bash(git log:*, git diff:*)", "LSP"]


def test_no_tool_picked_is_told_to_be_all(form: Editor) -> None:
    assert "None picked yet" not in shown(form)
    find(form, "Others, with commas between").value = ""
    find(form, "Read").value = False
    assert "to the loader that means all tools" in shown(form)
    form.undo()
    assert "None picked yet" not in shown(form)


def test_a_file_that_went_away_is_told_and_can_be_saved_anew(form: Editor, file: Path) -> None:
    look_twice(form)
    file.unlink()
    look_twice(form)
    assert "is no longer there. Save writes it anew." in shown(form)
    assert "No unsaved changes" not in shown(form)
    find(form, "Save").click()
    assert file.read_text() == TEXT
    assert "No unsaved changes" in shown(form)


def test_a_file_that_comes_back_is_no_longer_missed(form: Editor, file: Path) -> None:
    look_twice(form)
    file.unlink()
    look_twice(form)
    file.write_text(TEXT)
    look_twice(form)
    assert "no longer there" not in shown(form)
    assert "No unsaved changes" in shown(form)


def test_the_head_tells_the_state(form: Editor) -> None:
    find(form, "Name").value = "other"
    form.settle()
    head = form._title.value
    assert "Unsaved changes" in head
    assert "warning" in head or "info" in head
    assert "tokens" in head
