"""Lossless editing: what is not edited keeps its bytes, and what is written reads back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import agentkit as ak
from agentkit.definition.document import Document

RELAXED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FILES = {
    "plain": "---\nname: a\ndescription: Use for b\ncolor: blue\n---\n\nYou help.\n",
    "no last newline": "---\nname: a\ndescription: Use for b\ncolor: blue\n---\nYou help.",
    "crlf": "---\r\nname: a\r\ndescription: Use for b\r\ncolor: blue\r\n---\r\nYou\r\nhelp.\r\n",
    "bom": "\ufeff---\nname: a\ndescription: Use for b\ncolor: blue\n---\nYou help.\n",
    "comments": "---\n# who\nname: a # short\n\ndescription: Use for b\n# last\ncolor: blue # calm\n---\n You help. \n",
    "quotes": '---\nname: \'a\'\ndescription: "Use for b"\ncolor: "blue"\n---\nYou help.\n',
    "duplicates": "---\nname: x\nname: a\ndescription: Use for b\ncolor: red\ncolor: blue\n---\nYou help.\n",
    "block": "---\nname: a\ndescription: |-\n  Use for b\ntools:\n  - Read\n- Grep\ncolor: blue\n---\nYou help.\n",
    "repaired": "---\nname: a\ndescription: Use for b: always\ncolor: blue\n---\nYou help.\n",
    "comment above": "---\nname: a\n# when\ndescription: Use for b\n\n# calm\ncolor: blue\nx: y\n---\nYou help.\n",
    "blank above": "---\nname: a\n\ncolor: blue\n\n\ndescription: Use for b\n---\nYou help.\n",
    "cut": "---\nname: a\ndescription: Use for b\ncolor: blue---\nYou help.\n",
    "dropped": "---\nname: a\ndescription: Use for b\nx: 'y' z\ncolor: blue\n---\nYou help.\n",
    "inner fence": "---\nname: a\ncolor: blue\ndescription: Use for b --- and c\n---\nYou help.\n",
    "unindented list": "---\nname: a\ndescription: Use for b\nskills:\n- one\n- two\ncolor: blue\n---\nYou help.\n",
    "long values": '---\nname: a\ndescription: "Use\n  for: b\n  #c"\nx: [1,\n  2]\ncolor: blue\n---\nYou help.\n',
}


@st.composite
def sources(draw: st.DrawFn) -> str:
    return draw(st.sampled_from(sorted(FILES.values())))


def texts(largest: int = 200) -> st.SearchStrategy[str]:
    tricky = st.sampled_from(
        ["'", '"', ": ", " #", "---", "----", "\n", "\r\n", "\t", "\\", "{", "[", "*", "&", "%", "🙂", "é", "\x85",
         "\u2028", "\ufeff", "no", "null", "1.0", "2024-01-01", " ", "- ", "? ", "key: value", "<<", "=", "~", "\x00"]
    )  # fmt: skip
    anything = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
    return st.lists(st.one_of(tricky, anything), max_size=8).map("".join).map(lambda text: text[:largest])


@given(st.binary(max_size=300))
@RELAXED
def test_any_bytes_come_back(source: bytes) -> None:
    agent = ak.loads(source)
    assert bytes(agent) == source
    assert agent.dumps().encode("utf-8", "surrogateescape") == source
    assert agent.verdict in ("loads", "repaired", "dropped")
    assert "".join(section.text for section in agent.sections) == agent.system_prompt
    assert agent.findings is not None


@pytest.mark.parametrize("source", FILES.values(), ids=FILES.keys())
def test_an_edit_of_a_field_touches_its_lines_alone(source: str) -> None:
    agent = ak.loads(source)
    green = agent.replace(color="green")
    assert green.color == "green"
    changed = [line for line in green.dumps().splitlines() if line not in source.splitlines()]
    assert len(changed) == 1
    assert changed[0].startswith("color:")
    assert green.replace(color=agent.color) == agent


@pytest.mark.parametrize("source", FILES.values(), ids=FILES.keys())
@pytest.mark.parametrize("field", ["model", "maxTurns", "disallowedTools", "mood"])
def test_deleting_an_addition_restores_the_bytes(source: str, field: str) -> None:
    agent = ak.loads(source)
    more = agent.replace(**{field: 5 if field == "maxTurns" else "haiku"})
    assert more != agent
    assert more.verdict == agent.verdict
    assert more.replace(**{field: None}) == agent


@pytest.mark.parametrize("source", FILES.values(), ids=FILES.keys())
def test_setting_a_deleted_field_back_restores_the_bytes(source: str) -> None:
    agent = ak.loads(source)
    for field, value in agent.metadata.items():
        without = agent.replace(**{field: None})
        assert field not in without.metadata
        assert without.replace(**{field: agent.description if field == "description" else value}) == agent


@given(source=sources(), value=texts(), field=st.sampled_from(["name", "color", "initialPrompt", "note"]))
@RELAXED
def test_a_written_text_reads_back_by_the_loader_and_by_strict_yaml(source: str, value: str, field: str) -> None:
    agent = ak.loads(source)
    edited = agent.replace(**{field: value})
    assert edited.metadata[field] == value
    others = {key: item for key, item in agent.metadata.items() if key != field}
    assert {key: item for key, item in edited.metadata.items() if key != field} == others
    assert edited.system_prompt == agent.system_prompt
    entry = edited.document.entry(field)
    assert entry is not None
    line = edited.text[entry.start : entry.end]
    assert "---" not in line
    assert yaml.safe_load(line) == {field: value}


@given(source=sources(), value=texts())
@RELAXED
def test_a_description_reads_back_or_is_refused(source: str, value: str) -> None:
    agent = ak.loads(source)
    if "\\n" in value:
        with pytest.raises(ak.errors.EditError):
            agent.replace(description=value)
    else:
        assert agent.replace(description=value).description == value


@given(
    value=st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False), texts(40)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(texts(12).filter(lambda key: key != "<<"), inner, max_size=3)
        ),
        max_leaves=8,
    ).filter(lambda value: value is not None)
)
@RELAXED
def test_values_of_every_shape_read_back(value: Any) -> None:
    edited = ak.loads(FILES["plain"]).replace(extra=value)
    assert edited.metadata["extra"] == value
    assert yaml.safe_load(edited.text.split("---")[1])["extra"] == value


def test_a_very_long_text() -> None:
    value = 'x: "y" # ---\n' * 1_600
    agent = ak.loads(FILES["plain"]).replace(description=value)
    assert agent.description == value
    assert len(value) > 20_000


@given(source=sources(), prompt=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80))
@RELAXED
def test_a_prompt_reads_back_trimmed(source: str, prompt: str) -> None:
    agent = ak.loads(source).replace(system_prompt=prompt)
    wanted = ak.loads(f"---\nname: a\ndescription: b\n---\n{prompt}").system_prompt
    plain = agent.system_prompt.replace("\r\n", "\n")
    assert plain == wanted.replace("\r\n", "\n")


TRICKY = {
    "repaired": FILES["repaired"],
    "repaired, examples": '---\nname: a\ndescription: U: <example>Context: y user: "u" assistant: "v"</example>\n---\n',
    "backslash-n": "---\nname: a\ndescription: U\\n<example>\\nuser: 'u'\\nassistant: 'v'\\n</example>\n---\nYou.\n",
    "backslash-n, quotes": "---\nname: a\ndescription: 'Use x\\ny'\ncolor: blue\n---\nYou help.\n",
}


@pytest.mark.parametrize("source", TRICKY.values(), ids=TRICKY.keys())
def test_a_description_that_is_set_back_gets_its_old_lines(source: str) -> None:
    agent = ak.loads(source)
    assert agent.replace(description=agent.description).text == source
    for other in ("b", "b: c", "b\nc", f"{agent.description}\n"):
        edited = agent.replace(description=other).replace(color="red")
        assert edited.replace(description=agent.description).replace(color=agent.color).text == source
    for blocks in ((), agent.examples[:1] * 3, [replace(each, user="a\nb") for each in agent.examples]):
        if agent.examples:
            edited = agent.replace(examples=blocks)
            assert edited.replace(examples=agent.examples).text == source
            if len(edited.examples) == len(agent.examples):
                back = [replace(each, user=old.user) for each, old in zip(edited.examples, agent.examples, strict=True)]
                assert edited.replace(examples=back).text == source


def test_an_example_that_is_set_back_keeps_its_line_beside_one_that_is_not() -> None:
    line = '<example>user: "a" assistant: "b"</example> <example>user: "c" assistant: "d"</example>'
    agent = ak.loads(f"---\nname: a\ndescription: U {line}\n---\nYou.\n")
    first, second = agent.examples
    edited = agent.replace(examples=[replace(first, user="e"), replace(second, user="c\nc")])
    back = edited.replace(examples=[edited.examples[0], replace(edited.examples[1], user="c")])
    assert back.examples[1].text == second.text


def test_lines_that_would_break_another_field_are_not_put_back() -> None:
    # The repair that these lines need would quote the header of the block as well.
    agent = ak.loads(FILES["repaired"])
    edited = agent.replace(description="Use it").with_text(
        agent.replace(description="Use it").text.replace("color: blue", "x: |\n  one\n  two\ncolor: blue")
    )
    back = edited.replace(description=agent.description)
    assert (back.description, back.metadata["x"]) == (agent.description, "one\ntwo\n")


@given(source=sources(), bare=st.booleans(), prompts=st.lists(texts(60), max_size=4))
@RELAXED
def test_prompts_typed_one_after_another_leave_nothing_behind(source: str, bare: bool, prompts: list[str]) -> None:
    if bare:
        source = source[: ak.loads(source).document.prompt_span[0]]
    agent = edited = ak.loads(source)
    for prompt in prompts:
        edited = edited.replace(system_prompt=prompt)
    assert edited.replace(system_prompt=agent.raw_prompt).text == source


def test_white_space_at_the_end_of_what_is_typed_does_not_add_up() -> None:
    agent = ak.loads(FILES["plain"])
    for typed in ("You help.\n", "You help.\n\n", "You help.\n\nA", "You help.\n\nA ", "You help.\n\nA b"):
        agent = agent.replace(system_prompt=typed)
    assert agent.text == FILES["plain"].replace("You help.", "You help.\n\nA b")


def test_a_new_field_goes_where_people_put_it() -> None:
    agent = ak.loads(FILES["plain"]).replace(model="opus", tools=["Read", "Grep"])
    keys = [entry.key for entry in agent.document.entries]
    assert keys == ["name", "description", "tools", "model", "color"]
    assert "tools: Read, Grep\n" in agent.text


def test_styles_are_kept() -> None:
    block = ak.loads("---\nname: a\ndescription: b\ntools:\n  - Read\n---\n").replace(tools=["Read", "Grep"])
    assert "tools:\n  - Read\n  - Grep\n" in block.text
    flow = ak.loads("---\nname: a\ndescription: b\ntools: [Read]\n---\n").replace(tools=["Read", "Grep"])
    assert "tools: [Read, Grep]\n" in flow.text
    quoted = ak.loads('---\nname: a\ndescription: "b"  # why\n---\n').replace(description="c")
    assert 'description: "c"  # why\n' in quoted.text


@pytest.mark.parametrize("field", ["colour", "allowed_tools", "descripton"])
def test_a_slip_in_a_field_name_is_refused(field: str) -> None:
    with pytest.raises(ak.errors.EditError, match=r"agent\.replace"):
        ak.loads(FILES["plain"]).replace(**{field: "x"})


def test_a_file_without_frontmatter_cannot_get_fields() -> None:
    with pytest.raises(ak.errors.EditError, match="first line"):
        ak.loads("Just text.").replace(color="red")


def test_definitions_do_not_change() -> None:
    agent = ak.loads(FILES["plain"])
    with pytest.raises(AttributeError, match="replace"):
        agent.color = "red"  # type: ignore[misc]
    with pytest.raises(TypeError):
        agent.metadata["color"] = "red"  # type: ignore[index]
    assert hash(agent) == hash(ak.loads(FILES["plain"]))


def test_entries_cover_fields_only() -> None:
    document = Document(FILES["comments"])
    assert [document.text[entry.start : entry.end] for entry in document.entries] == [
        "name: a # short\n",
        "description: Use for b\n",
        "color: blue # calm\n",
    ]


@pytest.mark.parametrize(
    ("old", "value", "new"),
    [("1", True, "true"), ("3.0", 3, "3"), ("0", False, "false"), ("[0, 1]", [False, True], "[false, true]")],
)
def test_a_value_of_another_type_is_another_value(old: str, value: object, new: str) -> None:
    agent = ak.loads(f"---\nname: a\ndescription: b\nx: {old}\n---\n")
    assert agent.replace(x=value).dumps() == f"---\nname: a\ndescription: b\nx: {new}\n---\n"


def test_edits_after_a_fix_go_back_to_the_fixed_lines() -> None:
    lines = b"---\r\nname: a\r\ndescription: Use when x\r\n---\r\n# A\r\n\r\nold\r\n\r\n# B\r\n\r\nb\r\n"
    fixed = ak.loads(lines).fix("AK202")
    assert fixed.with_section("A", "new").with_section("A", "old") == fixed
    assert fixed.replace(description="z").replace(description="Use when x") == fixed
    quoted = ak.loads("---\nname: a\ndescription: Use this agent: always\n---\nY\n").fix()
    assert quoted.replace(description="z").replace(description=quoted.description) == quoted
    typed = ak.loads(lines).with_text(fixed.text)
    assert typed.replace(system_prompt="new").replace(system_prompt=typed.system_prompt) == typed


def test_a_comment_above_the_closing_fence_stays() -> None:
    for comment in ("# reviewed", "\n# one\n# two", "# a --- b"):
        agent = ak.loads(f"---\nname: a\ndescription: b\nmodel: opus # x\n{comment}\n---\nYou\n")
        edited = agent.replace(model="haiku")
        assert edited.dumps() == agent.dumps().replace("opus", "haiku")
        assert edited.replace(model="opus") == agent


def test_a_file_without_a_plain_end_of_its_frontmatter_is_not_edited() -> None:
    cut = ak.loads('---\nname: a\ndescription: "Use fast --- and careful"\ntools: Read\n---\nYou.\n')
    assert (
        (cut.description, cut.tools)
        == ("Use fast --- and careful", ("Read",))
        == (
            cut.fix().description,
            cut.fix().tools,
        )
    )
    never_closed = ak.loads("---\nname: a\ndescription: Use when x\n\nYou are.\n")
    for agent in (cut, never_closed):
        for edit in ({"system_prompt": "New"}, {"description": "New"}):
            with pytest.raises(ak.errors.EditError):
                agent.replace(**edit)
    assert cut.fix().replace(tools=["Grep"]).tools == ("Grep",)
    assert ak.loads("You are.\n").replace(system_prompt="New").dumps() == "New\n"


def test_a_file_that_is_dropped_for_its_name_can_be_edited_where_it_needs_the_repair() -> None:
    agent = ak.loads("---\ndescription: Use: when\ncolor: red # c\n---\nY\n")
    edited = agent.replace(description="z")
    assert (edited.description, edited.color) == ("z", "red # c")
    assert edited.replace(description="Use: when") == agent


@pytest.mark.parametrize(
    "edit",
    [
        lambda agent: agent.with_text(b"x"),
        lambda agent: agent.with_section(None, "x"),
        lambda agent: agent.with_section("A", None),
        lambda agent: agent.without(None),
        lambda agent: agent.with_sections_in_order(["A"]),
        lambda agent: agent.fix(["AK201"]),
        lambda agent: agent.without_example("a"),
        lambda agent: agent.with_example(ak.Example(user="a", assistant="b"), at="0"),
    ],
)
def test_what_is_no_edit_is_refused_in_words(edit: Callable[[ak.AgentDefinition], object]) -> None:
    with pytest.raises(ak.errors.EditError):
        edit(ak.loads("---\nname: a\ndescription: b\n---\n# A\n\nx\n"))


def test_sections_with_odd_bytes_in_their_titles_are_edited() -> None:
    agent = ak.loads(b"---\nname: a\ndescription: b\n---\n## R\xf4le\n\n- x\n\n## B\n\n- y\n")
    title = agent.sections[0].title
    assert agent.with_section(title, "new").source == agent.source.replace(b"- x", b"new")
    assert agent.without(agent.sections[0]).source == agent.source.replace(b"## R\xf4le\n\n- x\n\n", b"")


def test_where_no_description_was_none_is_left() -> None:
    agent = ak.loads("---\nname: a\n---\nx")
    assert agent.with_example(ak.Example(user="u", assistant="v")).without_example(0) == agent
    described = ak.loads("---\nname: a\ndescription: b\n---\nx")
    assert described.replace(description=None, examples=[]) == agent


def test_a_description_as_it_stands_in_the_file_is_taken() -> None:
    agent = ak.loads("---\nname: a\ndescription: Use it.\\nNow\n---\nx")
    assert agent.replace(description=agent.metadata["description"]) == agent
    assert agent.replace(description="x").replace(description=agent.metadata["description"]) == agent
