"""The form through its widgets' traits, as the page would set them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import ipywidgets as w
import pytest
from payloads import ALL, Page

import agentkit as ak
from agentkit.errors import FileChanged
from agentkit.widgets.editor import Editor
from tests.kernels import run

TEXT = """---
name: reviewer
description: Use after each change. <example>user: "a" assistant: "b"</example>
emoji: 🦉
tools: Read, mcp__github
---

You review code.

## Tone

Be kind.
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "reviewer.md"
    path.write_text(TEXT)
    return path


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Drafts are kept in the current folder.
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def form(file: Path) -> Editor:
    return ak.edit(file)


def walk(widget: w.Widget) -> list[w.Widget]:
    return [widget, *(each for child in getattr(widget, "children", ()) for each in walk(child))]


def find(form: Editor, label: str) -> w.Widget:
    found = [each for each in walk(form) if getattr(each, "description", None) == label]
    assert len(found) == 1, (label, len(found))
    return found[0]


def shown(form: Editor) -> str:
    form.settle()
    return "\n".join(each.value for each in walk(form) if isinstance(each, w.HTML))


def test_every_field_is_in_the_form(form: Editor) -> None:
    assert find(form, "Name").value == "reviewer"
    assert find(form, "When to use this agent").value == "Use after each change."
    assert find(form, "User says").value == "a"
    assert find(form, "Read").value is True
    assert find(form, "Others, with commas between").value == "mcp__github"
    assert "Be kind." in find(form, "System prompt, in Markdown").value
    assert find(form, "emoji: kept, not read by the loader").value == "🦉"
    labels = {str(getattr(each, "description", "")).partition(":")[0] for each in walk(form)}
    assert {"maxTurns", "hooks", "permissionMode", "effort", "initialPrompt"} <= labels


def test_each_input_edits_the_definition(form: Editor) -> None:
    find(form, "Name").value = "critic"
    find(form, "Model").value = "opus"
    find(form, "Colour").value = "green"
    find(form, "User says").value = "please look"
    find(form, "Grep").value = True
    find(form, "System prompt, in Markdown").value = "You criticise."
    value = form.value
    assert (value.name, value.model, value.color, value.system_prompt) == ("critic", "opus", "green", "You criticise.")
    assert value.examples[0].user == "please look"
    assert value.tools == ("Read", "mcp__github", "Grep")
    assert value.metadata["tools"] == "Read, mcp__github, Grep"


def test_all_tools_is_not_the_same_as_none_ticked(form: Editor) -> None:
    find(form, "It may use").value = False
    assert form.value.tools is None
    assert "tools" not in form.value.metadata


def test_sections_are_switched(form: Editor) -> None:
    find(form, "Tone (17 characters)").value = False
    assert "Be kind" not in form.value.system_prompt
    assert "Be kind" not in find(form, "System prompt, in Markdown").value
    find(form, "Tone (17 characters, off)").value = True
    assert form.value.source == TEXT.encode()


def listed(form: Editor) -> list[str]:
    rows = [row for row in form._sections.view.children if "ak-hidden" not in row._dom_classes]
    return [row.children[0].description.partition(" (")[0] for row in rows]


def test_sections_are_folded(form: Editor) -> None:
    find(form, "System prompt, in Markdown").value = "# A\n\na\n\n## B\n\nb\n\n### C\n\nc\n\n# D\n\nd"
    form.settle()
    assert listed(form) == ["A", "B", "C", "D"]
    turns = [each for each in walk(form) if str(getattr(each, "tooltip", "")).startswith("Hide")]
    assert [each.tooltip for each in turns] == ["Hide 2 sections under A", "Hide 1 section under B"]
    turns[1].click()
    assert listed(form) == ["A", "B", "D"]
    turns[0].click()
    assert listed(form) == ["A", "D"]
    # What is folded away stays so while the prompt is edited, and is edited all the same.
    find(form, "System prompt, in Markdown").value += " more"
    form.settle()
    assert listed(form) == ["A", "D"]
    assert "# A\n\na" in form.value.system_prompt
    assert "### C" in form.value.system_prompt
    find(form, "▸ 2 sections").click()
    assert listed(form) == ["A", "B", "D"]


def test_a_long_list_of_sections_opens_folded() -> None:
    prompt = "".join(f"# Part {at}\n\n## Under {at}\n\n" for at in range(7))
    form = ak.edit(ak.loads("---\nname: a\ndescription: b\n---\nYou.\n").replace(system_prompt=prompt))
    assert listed(form) == [f"Part {at}" for at in range(7)]


def test_undo_fills_the_inputs(form: Editor) -> None:
    find(form, "Name").value = "critic"
    find(form, "Undo").click()
    assert find(form, "Name").value == "reviewer"
    find(form, "Redo").click()
    assert find(form, "Name").value == "critic"
    find(form, "Revert").click()
    assert form.value.source == TEXT.encode()
    assert find(form, "Name").value == "reviewer"


def test_cards_come_and_go(form: Editor) -> None:
    find(form, "Add an example").click()
    assert len([each for each in walk(form) if getattr(each, "description", "") == "User says"]) == 2
    next(each for each in walk(form) if getattr(each, "tooltip", "") == "Remove example 1").click()
    assert find(form, "User says").value == "…"


def test_the_form_says_what_it_knows(form: Editor) -> None:
    assert "No unsaved changes" in shown(form)
    find(form, "Colour").value = "green"
    text = shown(form)
    assert "Unsaved changes" in text
    assert "+color: green" in text
    assert "replace(color=&#x27;green&#x27;)" in text
    assert "- reviewer: Use after each change." in text


def test_saving_from_the_form(form: Editor, file: Path) -> None:
    assert find(form, "Save").disabled
    find(form, "Colour").value = "green"
    form.settle()
    find(form, "Save").click()
    assert ak.load(file).color == "green"
    assert "No unsaved changes" in shown(form)


def test_a_file_changed_on_disk_is_a_question(form: Editor, file: Path) -> None:
    find(form, "Colour").value = "green"
    file.write_text(TEXT.replace("🦉", "🐢"))
    form.settle()
    find(form, "Save").click()
    assert "🐢" in shown(form)
    assert "🐢" in file.read_text()
    find(form, "Overwrite it with this form").click()
    assert ak.load(file).color == "green"
    with pytest.raises(AssertionError):
        find(form, "Not now")


def test_taking_what_is_on_disk(form: Editor, file: Path) -> None:
    find(form, "Colour").value = "green"
    file.write_text(TEXT.replace("name: reviewer", "name: other"))
    with pytest.raises(FileChanged):
        form.save()
    form.settle()
    find(form, "Save").click()
    find(form, "Take what is on disk").click()
    assert form.value.name == "other"
    assert find(form, "Name").value == "other"


def test_saving_under_another_name(form: Editor, file: Path) -> None:
    find(form, "Save as …").click()
    find(form, "Save under the name").value = str(file.with_name("second.md"))
    find(form, "Save there").click()
    assert file.with_name("second.md").read_text() == TEXT


def test_saving_as_a_variant_leaves_the_form_on_its_file(form: Editor, file: Path) -> None:
    find(form, "Colour").value = "green"
    find(form, "Save as variant …").click()
    assert find(form, "Name of the variant").value == "reviewer-variant"
    find(form, "Save the variant").click()
    made = ak.load(file.with_name("reviewer-variant.md"))
    assert made.text == form.value.text.replace("name: reviewer", "name: reviewer-variant")
    assert file.read_text() == TEXT
    assert (form.value.name, form.value.path, form.state.changed) == ("reviewer", file, True)
    text = shown(form)
    assert "reviewer-variant.md. This form is still on reviewer.md." in text
    assert "Unsaved changes" in text
    find(form, "Colour").value = "red"
    assert "This form is still on" not in shown(form)
    assert form.save_variant().name == "reviewer-variant-2"


@pytest.mark.parametrize("name", ["", "../up", "a/b", "-a", ".hidden", "a:b", "x" * 101, "reviewer"])
def test_a_variant_overwrites_nothing_and_stays_in_its_folder(form: Editor, file: Path, name: str) -> None:
    before = sorted(file.parent.parent.rglob("*.md"))
    find(form, "Save as variant …").click()
    find(form, "Name of the variant").value = name
    find(form, "Save the variant").click()
    assert "Not taken over" in shown(form)
    assert sorted(file.parent.parent.rglob("*.md")) == before
    assert file.read_text() == TEXT


@pytest.mark.parametrize("hostile", ALL[::9])
def test_a_hostile_name_still_has_a_free_one(hostile: str) -> None:
    form = ak.edit(ak.loads("---\nname: a\ndescription: b\n---\nYou.\n"))
    form.state.set_field("name", hostile.encode("utf-8", "replace").decode() * 40)
    made = form.save_variant()
    assert made.path is not None
    assert made.path.parent == Path()
    assert made.name == made.path.stem


def look(form: Editor) -> None:
    # Once to see the change, once to see that it rests.
    form._look()
    form._look()


def test_a_file_saved_elsewhere_comes_into_a_form_without_changes(form: Editor, file: Path) -> None:
    look(form)
    assert not form.state.can_undo
    file.write_text(TEXT.replace("Be kind.", "Be brief."))
    look(form)
    assert "Be brief." in form.value.system_prompt
    assert "Be brief." in find(form, "System prompt, in Markdown").value
    assert not form.state.changed
    assert "The file changed on disk" in shown(form)
    find(form, "Undo").click()
    assert form.value.source == TEXT.encode()


def test_a_file_saved_elsewhere_is_a_question_where_there_are_changes(form: Editor, file: Path) -> None:
    find(form, "Colour").value = "green"
    file.write_text(TEXT.replace("Be kind.", "Be brief."))
    look(form)
    assert form.value.color == "green"
    assert "+Be kind." in shown(form)
    find(form, "Not now").click()
    look(form)
    assert "unsaved changes" not in shown(form).replace("Unsaved", "")
    file.write_text(TEXT.replace("Be kind.", "Be quick."))
    look(form)
    find(form, "Take what is on disk").click()
    assert "Be quick." in form.value.system_prompt


def test_a_file_is_taken_over_only_when_it_rests_and_only_if_it_differs(form: Editor, file: Path) -> None:
    look(form)
    file.write_text("")
    form._look()
    file.write_text(TEXT.replace("Be kind.", "Be brief."))
    form._look()
    assert form.value.source == TEXT.encode()
    form._look()
    assert "Be brief." in form.value.system_prompt
    file.unlink()
    look(form)
    assert "Be brief." in form.value.system_prompt
    form.save(file)
    look(form)
    assert len(form.state._steps) == 2


def test_the_file_is_watched_only_while_the_form_is_shown(form: Editor, file: Path) -> None:
    tell = form._guard._handle_custom_msg
    assert not form._watch.running
    tell({"key": "shown"}, [])
    tell({"key": "shown"}, [])
    tell({"key": "gone"}, [])
    assert form._watch.running
    tell({"key": "gone"}, [])
    assert not form._watch.running
    tell({"key": "shown"}, [])
    form.close()
    assert not form._watch.running


def test_how_jupyterlab_opens_the_file_is_told(
    form: Editor, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    from agentkit.widgets import _jupyter

    runtime = tmp_path / "runtime"
    runtime.mkdir()
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("JPY_PARENT_PID", "123456")
    assert form._prompt.bar.file == {}
    for served, told in (
        (file.parent, {"path": "reviewer.md", "note": ""}),
        (file.parent.parent, {"path": f"{file.parent.name}/reviewer.md", "note": ""}),
    ):
        (runtime / "jpserver-123456.json").write_text(json.dumps({"root_dir": str(served), "pid": os.getpid()}))
        _jupyter.root.cache_clear()
        assert ak.edit(file)._prompt.bar.file == told
    (runtime / "jpserver-123456.json").write_text(json.dumps({"root_dir": str(runtime)}))
    _jupyter.root.cache_clear()
    bar = ak.edit(file)._prompt.bar
    assert list(bar.file) == ["note"]
    assert f"it is outside {runtime}" in bar.file["note"]
    hidden = tmp_path / ".agents" / "a.md"
    hidden.parent.mkdir()
    hidden.write_text(TEXT)
    assert "hidden folder" in _jupyter.opening(hidden, tmp_path)["note"]
    _jupyter.root.cache_clear()


def test_a_file_that_cannot_be_written_is_told_in_the_form(form: Editor, file: Path) -> None:
    find(form, "Save as …").click()
    find(form, "Save under the name").value = str(file.parent / "no" / "such" / "place.md")
    find(form, "Save there").click()
    assert "cannot be written" in shown(form)


def test_what_was_typed_and_not_saved_is_offered_again(form: Editor, file: Path) -> None:
    find(form, "System prompt, in Markdown").value = "You are half finished"
    form.settle()
    again = ak.edit(file)
    assert again.value.source == TEXT.encode()
    assert "You are half finished" in shown(again)
    find(again, "Bring it back").click()
    assert again.value.system_prompt == "You are half finished"
    assert find(again, "System prompt, in Markdown").value == "You are half finished"
    again.undo()
    assert again.value.source == TEXT.encode()


def test_words_typed_with_pauses_leave_no_blanks_behind(form: Editor) -> None:
    area = find(form, "System prompt, in Markdown")
    before = area.value
    for typed in (" ", " And", " And ", " And so", " And so\n", " And so\n\n", " And so\n\nOn."):
        area.value = before + typed
        form.settle()
        assert area.value == before + typed, "what is typed is not taken away"
    assert form.value.text == TEXT.replace(before, f"{before} And so\n\nOn.")
    area.value = before
    form.settle()
    assert form.value.text == TEXT
    assert "No unsaved changes" in shown(form)


@pytest.mark.parametrize("label", ["When to use this agent", "User says", "Assistant answers", "Context"])
def test_what_is_typed_and_taken_back_leaves_the_file_as_it_was(label: str) -> None:
    path = Path(__file__).parent.parent.parent / "agents" / "backend-engineer.md"
    for typed in ((" ", " x"), ("\n",), (" x\n", " x\n\n", " x\n\ny")):
        form = ak.edit(ak.loads(path.read_bytes()))
        area = next(each for each in walk(form) if getattr(each, "description", None) == label)
        before = area.value
        for each in typed:
            area.value = before + each
            form.settle()
            assert area.value == before + each
        assert form.state.changed or not typed[-1].strip()
        area.value = before
        form.settle()
        assert not form.state.changed


def test_an_offer_goes_once_the_form_holds_what_it_offers(form: Editor, file: Path) -> None:
    # A notebook that makes its edit in code is run again and again.
    form.value = form.value.replace(color="green")
    form.settle()
    again = ak.edit(file)
    assert "There is a draft" in shown(again)
    again.value = again.value.replace(color="green")
    assert "There is a draft" not in shown(again)
    assert "There is a draft" in shown(ak.edit(file))


def test_a_draft_that_nobody_decided_about_is_still_offered_after_the_next_one(form: Editor, file: Path) -> None:
    find(form, "System prompt, in Markdown").value = "You are half finished"
    form.settle()
    second = ak.edit(file)
    second.value = second.value.replace(color="green")
    second.settle()
    third = ak.edit(file)
    assert third.value.source == TEXT.encode()
    find(third, "Drop it").click()
    find(third, "Bring it back").click()
    assert third.value.system_prompt == "You are half finished"
    assert "There is a draft" not in shown(third)


def test_saving_something_else_leaves_an_undecided_draft(form: Editor, file: Path) -> None:
    find(form, "System prompt, in Markdown").value = "You are half finished"
    form.settle()
    second = ak.edit(file)
    find(second, "Colour").value = "green"
    second.save()
    assert "You are half finished" in shown(second)
    elsewhere = ak.edit(file)
    elsewhere.save(file.with_name("other.md"))
    assert "There is a draft" not in shown(elsewhere)
    find(ak.edit(file), "Bring it back").click()


def test_a_question_does_not_take_the_place_of_an_offer(form: Editor, file: Path) -> None:
    find(form, "System prompt, in Markdown").value = "You are half finished"
    form.settle()
    again = ak.edit(file)
    find(again, "Save as …").click()
    find(again, "Not now").click()
    assert find(again, "Bring it back")


def test_drafts_left_behind_are_not_kept_without_end(form: Editor, file: Path) -> None:
    for number in range(20):
        each = ak.edit(file)
        find(each, "System prompt, in Markdown").value = f"You are number {number}"
        each.settle()
    last = ak.edit(file)
    offered = 0
    while "There is a draft" in shown(last):
        find(last, "Drop it").click()
        offered += 1
    assert 2 <= offered <= 10


def test_a_draft_goes_with_saving_and_with_dropping(form: Editor, file: Path) -> None:
    drafts = file.parent / ".agentkit" / "drafts"
    find(form, "Colour").value = "green"
    form.settle()
    assert len(list(drafts.iterdir())) == 1
    form.save()
    assert list(drafts.iterdir()) == []
    find(form, "Colour").value = "red"
    form.settle()
    find(ak.edit(file), "Drop it").click()
    assert list(drafts.iterdir()) == []
    assert "There is a draft" not in shown(ak.edit(file))


def test_nothing_is_written_where_nothing_is_typed(form: Editor, file: Path) -> None:
    form.settle()
    assert not (file.parent / ".agentkit").exists()


def test_a_definition_edited_in_code_opens_as_an_unsaved_change(file: Path) -> None:
    form = ak.edit(ak.load(file).replace(color="green"))
    assert "Unsaved changes" in shown(form)
    assert "replace(color=" in form.code
    form.save()
    assert ak.load(file).color == "green"


def test_preview_is_rendered(form: Editor) -> None:
    form._prompt.mode.value = "Preview"
    assert "<strong>Tone</strong>" in shown(form)


def test_findings_in_the_prompt_are_marked_at_their_lines(form: Editor) -> None:
    bar = form._prompt.bar
    assert bar.first == 8
    assert not any("tabs" in mark["message"] for mark in bar.marks)
    find(form, "System prompt, in Markdown").value = "You plan.\n\nAlways use tabs.\n\nNever use tabs."
    form.settle()
    finding = next(each for each in form.value.findings if "tabs" in each.message)
    mark = bar.marks[-1]
    assert (mark["line"], mark["severity"]) == (finding.line, finding.severity)
    assert finding.message in mark["message"]
    assert form.value.text.split("\n")[finding.line - 1] == "Never use tabs."


def test_a_finding_leads_to_its_line(form: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []
    for widget in (form._prompt.bar, form._guard):
        monkeypatch.setattr(widget, "send", sent.append)
    find(form, "System prompt, in Markdown").value = "You plan.\n\nAlways use tabs.\n\nNever use tabs."
    form.state.set_yaml("maxTurns", "-3")
    form.settle()
    form._prompt.mode.value = "Preview"
    for finding in form.value.findings:
        if "tabs" in finding.message or "maxTurns" in finding.message:
            find(form, f"Line {finding.line}").click()
    assert {"focus": "ak-at-maxTurns"} in sent
    assert any("line" in each for each in sent if isinstance(each, dict))
    assert form._prompt.mode.value == "Write"
    assert form._more.view.selected_index == 0


def test_a_field_can_be_added(form: Editor) -> None:
    find(form, "New field").value = "vibe"
    find(form, "Its value, as YAML").value = "calm"
    find(form, "Add the field").click()
    assert form.value.metadata["vibe"] == "calm"
    find(form, "vibe: kept, not read by the loader").value = "brisk"
    assert form.value.metadata["vibe"] == "brisk"


def test_a_broken_file_opens_too() -> None:
    for text in ("", "no frontmatter", "---\nname: [\n---\n", "---\ndescription: x\nhooks: []\n---\n"):
        form = ak.edit(ak.loads(text))
        assert form.value.text == text
        find(form, "Name").value = "a-name"
        form.settle()


@pytest.mark.parametrize("hostile", ALL[::3])
def test_no_html_of_the_form_is_active(hostile: str) -> None:
    # Every third here: the browser gets them all.
    hostile = hostile.encode("utf-8", "replace").decode()
    agent = ak.loads("---\nname: a\ndescription: b\n---\nYou.\n").replace(system_prompt=f"# {hostile}\n\n{hostile}")
    form = ak.edit(agent)
    form.state.set_field("description", hostile.replace("\\n", " "))
    form.state.set_field("name", hostile)
    form.state.set_field("color", hostile)
    form._prompt.mode.value = "Preview"
    form.state.problem = hostile
    form.settle()
    for each in walk(form):
        if isinstance(each, w.HTML):
            Form(each.value)


class Form(Page):
    """As the views' pages, with the form's own classes and its boxes that scroll by keyboard."""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        own = [(name, value) for name, value in attributes if name in ("class", "tabindex")]
        assert all(
            name == "tabindex"
            or all(word.startswith("ak-") or word == "mathjax_ignore" for word in (value or "").split())
            for name, value in own
        )
        if tag == "b":
            self.open.append(tag)
            return
        super().handle_starttag(tag, [attribute for attribute in attributes if attribute not in own])


def test_the_plain_text_is_the_same_each_time(file: Path) -> None:
    assert repr(ak.edit(file)) == repr(ak.edit(file)) == f"Editor of 'reviewer' in {file}"


def test_a_cell_that_ends_in_the_form_replays(tmp_path: Path) -> None:
    (tmp_path / "reviewer.md").write_text(TEXT)
    source = "import agentkit as ak\nform = ak.edit('reviewer.md')\nform"
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path = tmp_path / "form.ipynb"
    path.write_text(json.dumps(notebook))
    convert = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute", "--inplace", str(path)]
    assert run(convert, tmp_path).returncode == 0
    assert "Editor of 'reviewer' in reviewer.md" in path.read_text()
    check = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", str(path)]
    for _ in range(2):
        done = run([*check, "--rootdir", str(tmp_path)], tmp_path)
        assert done.returncode == 0, done.stdout
