from __future__ import annotations

from pathlib import Path

import pytest

import agentkit as ak
from agentkit.definition.agent import AgentDefinition
from agentkit.errors import EditError, FileChanged
from agentkit.widgets._form_code import code
from agentkit.widgets._form_state import FormState

TEXT = """---
name: reviewer
description: Use after each change. <example>user: "a" assistant: "b"</example> <example>user: "c"</example>
emoji: 🦉
tools: Read, Grep
---

You review code.

## Role

Read first.

### Deeper

Then think.

## Tone

Be kind.

## Output

A list.
"""


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def agent() -> AgentDefinition:
    return ak.loads(TEXT)


@pytest.fixture
def state(agent: AgentDefinition) -> FormState:
    return FormState(agent, Clock())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "reviewer.md"
    path.write_text(TEXT)
    return path


def titles(state: FormState) -> list[tuple[str, bool]]:
    return [(part.title, part.on) for part in state.parts]


def test_undo_and_redo_walk_over_the_whole_form(state: FormState) -> None:
    state.set_field("color", "green")
    state.set_prompt("New.")
    state.remove_example(0)
    assert [state.undo() for _ in range(4)] == [True, True, True, False]
    assert not state.changed
    assert [state.redo() for _ in range(4)] == [True, True, True, False]
    assert (state.value.color, state.value.system_prompt, len(state.value.examples)) == ("green", "New.", 1)


def test_a_burst_of_typing_is_one_step(agent: AgentDefinition) -> None:
    clock = Clock()
    state = FormState(agent, clock)
    for text in ("r", "re", "rev"):
        clock.now += 0.2
        state.set_field("name", text)
    clock.now += 5
    state.set_field("name", "reviewer-2")
    state.undo()
    assert state.value.name == "rev"
    state.undo()
    assert state.value.name == "reviewer"


def test_a_new_edit_forgets_what_was_taken_back(state: FormState) -> None:
    state.set_field("color", "green")
    state.undo()
    state.set_field("model", "opus")
    assert not state.can_redo


def test_nothing_typed_takes_an_optional_field_out(state: FormState) -> None:
    state.set_field("emoji", "")
    assert "emoji" not in state.value.metadata
    state.set_field("name", "")
    assert state.value.metadata["name"] == ""


def test_a_field_that_was_never_there_is_not_put_in_empty(state: FormState) -> None:
    assert state.set_field("model", "")
    assert not state.changed
    assert not state.can_undo


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("true", True),
        ("[a, b]", ["a", "b"]),
        ("- a\n- b", ["a", "b"]),
        ("plain", "plain"),
        ("k: v\nl: w", {"k": "v", "l": "w"}),
    ],
)
def test_values_are_read_as_yaml(state: FormState, text: str, value: object) -> None:
    assert state.set_yaml("extra", text), state.problem
    assert state.value.metadata["extra"] == value


def test_a_value_that_is_no_yaml_is_told_and_nothing_changes(state: FormState) -> None:
    assert not state.set_yaml("skills", "[a")
    assert state.problem is not None
    assert "skills is not YAML" in state.problem
    assert not state.changed


def test_the_words_change_and_the_examples_stay(state: FormState) -> None:
    before = state.value.examples
    state.set_lead("Use before each release.")
    assert (state.value.description or "").startswith("Use before each release. <example>")
    assert [each.text for each in state.value.examples] == [each.text for each in before]


def test_examples_are_added_changed_moved_and_removed(state: FormState) -> None:
    state.add_example()
    state.set_example(2, user="third", assistant="yes")
    assert state.move_example(2, -1)
    assert not state.move_example(0, -1)
    assert [example.user for example in state.value.examples] == ["a", "third", "c"]
    state.remove_example(0)
    assert [example.user for example in state.value.examples] == ["third", "c"]


def test_a_blank_at_the_end_while_typing_changes_no_layout(state: FormState) -> None:
    for typed in ("Why", "Why ", "Why not."):
        assert state.set_example(0, commentary=typed)
    assert state.value.examples[0].commentary == "Why not."
    assert "Why not.</commentary>" in (state.value.examples[0].text or "")
    for typed in ("An", "An ", "An API"):
        assert state.set_example(0, context=typed)
    assert "Context: An API" in (state.value.examples[0].text or "")


def test_any_section_goes_off_and_comes_back_unchanged(agent: AgentDefinition) -> None:
    for index, section in enumerate(agent.sections):
        if section.title:
            state = FormState(agent)
            assert state.switch_off(index)
            assert section.title not in state.value.system_prompt
            assert state.switch_on(0)
            assert state.value == agent, section.title


@pytest.mark.parametrize("order", [(1, 1, 1), (4, 3, 1), (3, 1, 1), (1, 2, 1)])
@pytest.mark.parametrize("back", [(0, 0, 0), (2, 1, 0), (1, 0, 0)])
def test_sections_go_off_in_any_order_and_come_back_in_any(
    agent: AgentDefinition, order: tuple[int, ...], back: tuple[int, ...]
) -> None:
    state = FormState(agent)
    gone = 0
    for index in order:
        if index < len(state.value.sections) and state.value.sections[index].title:
            assert state.switch_off(index), state.problem
            gone += 1
    listed = [title for title, _ in titles(state)]
    assert listed == [title for title in ("Role", "Deeper", "Tone", "Output") if title in listed]
    for index in back[-gone:]:
        assert state.switch_on(min(index, len(state.off) - 1)), state.problem
    while state.off:
        state.switch_on(0)
    assert state.value == agent


def test_a_section_that_is_off_is_listed_in_its_place(state: FormState) -> None:
    state.switch_off(3)
    assert titles(state) == [("Role", True), ("Deeper", True), ("Tone", False), ("Output", True)]


def test_sections_move_with_what_is_under_them(state: FormState) -> None:
    assert state.move_part(3, -1)
    assert [title for title, _ in titles(state)] == ["Tone", "Role", "Deeper", "Output"]
    assert not state.move_part(1, -1)


def test_crlf_stays() -> None:
    state = FormState(ak.loads(TEXT.replace("\n", "\r\n")))
    state.set_prompt("One\nTwo")
    assert "One\r\nTwo" in state.value.text


def test_saving_writes_and_clears_the_mark(file: Path) -> None:
    state = FormState(ak.load(file))
    state.set_field("color", "green")
    state.save()
    assert not state.changed
    assert ak.load(file).color == "green"
    state.undo()
    assert state.changed
    state.save()
    assert file.read_text() == TEXT


def test_a_file_that_changed_meanwhile_is_not_overwritten(file: Path) -> None:
    state = FormState(ak.load(file))
    state.set_field("color", "green")
    file.write_text(TEXT.replace("🦉", "🐢"))
    with pytest.raises(FileChanged):
        state.save()
    assert "🐢" in file.read_text()
    assert state.value.color == "green"
    assert (state.on_disk() or state.value).metadata["emoji"] == "🐢"
    state.save(force=True)
    assert ak.load(file).metadata["emoji"] == "🦉"


def test_taking_what_is_on_disk_can_be_undone(file: Path) -> None:
    state = FormState(ak.load(file))
    state.set_field("color", "green")
    file.write_text(TEXT.replace("🦉", "🐢"))
    assert state.take_disk()
    assert not state.changed
    state.undo()
    assert state.value.color == "green"


def test_saving_elsewhere_leaves_the_first_file_alone(file: Path) -> None:
    state = FormState(ak.load(file))
    state.set_field("color", "green")
    other = file.with_name("other.md")
    state.save(other)
    assert file.read_text() == TEXT
    assert state.baseline.path == other
    state.set_field("color", "red")
    state.save()
    assert ak.load(other).color == "red"


def test_saving_elsewhere_asks_before_it_overwrites(file: Path) -> None:
    other = file.with_name("other.md")
    other.write_text("precious")
    with pytest.raises(FileChanged, match="is there already"):
        FormState(ak.load(file)).save(other)
    assert other.read_text() == "precious"


def test_a_definition_without_a_file_asks_for_one(state: FormState) -> None:
    with pytest.raises(EditError):
        state.save()


def test_the_code_makes_the_same_edit(file: Path) -> None:
    def plain(state: FormState) -> None:
        state.set_field("color", "green")
        state.set_yaml("maxTurns", "7")
        state.set_field("emoji", None)

    def unusual(state: FormState) -> None:
        state.set_yaml("my-key", "[1, 2]")
        state.set_prompt('Say """hi""" and C:\\new\nback\\')

    def sections(state: FormState) -> None:
        state.switch_off(3)
        state.switch_off(1)

    def odd(state: FormState) -> None:
        state.set_yaml("z-first", "[.inf, {a: -.inf}]")
        state.set_field("class", "new order")
        state.set_field("self", "me")

    def words(state: FormState) -> None:
        state.set_lead('It\'s "new".')
        state.add_example()
        state.set_prompt("Line one.\n\n## Two\nthree")

    for change in (plain, unusual, sections, odd, words):
        state = FormState(ak.load(file))
        change(state)
        names: dict[str, object] = {"ak": ak}
        exec(code(state.baseline, state.value), names)
        assert names["agent"] == state.value, change.__name__


def test_the_code_is_short_for_sections_switched_off(file: Path) -> None:
    state = FormState(ak.load(file))
    state.switch_off(3)
    assert code(state.baseline, state.value).endswith("agent = agent.without('Tone')")


def test_names_that_are_no_fields_are_refused(state: FormState) -> None:
    for name in ("examples", "system_prompt"):
        assert not state.set_field(name, "x")
        assert name in (state.problem or "")
    assert not state.changed


def test_half_a_character_is_refused(state: FormState) -> None:
    assert not state.set_prompt("You \ud83e are.")
    assert "half of a character" in (state.problem or "")
    assert not state.changed


def test_an_example_that_is_not_there_does_not_move(state: FormState) -> None:
    assert not state.move_example(2, -1)


def test_a_form_stays_with_the_file_it_was_opened_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "~$a.md").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    state = FormState(ak.load_folder(".")[0], Clock())
    monkeypatch.chdir(tmp_path / "other")
    state.set_field("color", "red")
    assert str(state.save().path) == "~$a.md"
    assert "color: red" in (tmp_path / "~$a.md").read_text()
    assert list((tmp_path / "other").iterdir()) == []
    (tmp_path / "~$a.md").write_text(TEXT)
    now = state.on_disk()
    assert now is not None
    assert str(now.path) == "~$a.md"
    assert state.take_disk()
    assert now.replace(color="blue").save() == ak.load(tmp_path / "~$a.md")


def test_a_lead_in_before_other_text_returns_to_its_place() -> None:
    prompt = "## H\n\n**Note**: one\n\ntwo\n\n## I\n\ni\n"
    state = FormState(ak.loads(f"---\nname: a\ndescription: Use when x\n---\n{prompt}"))
    before = state.value
    state.switch_off(1)
    assert "Note" not in state.value.system_prompt
    state.switch_on(0)
    assert state.value == before
