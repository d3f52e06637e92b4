from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import agentkit as ak
from agentkit.definition.sections import parse

HEAD = "---\nname: a\ndescription: Use for b\n---\n\n"
HEADED = "You help.\n\n# One\nFirst.\n\n## Inner\nDeep.\n\n```\n# not a heading\n**Nor**: this\n```\n\n# Two\nSecond.\n"
BOLD = "You help.\n\n**One**: First.\n\n**Two**: Second.\n- item\n\nAnd a last word.\n"


def titles(agent: ak.AgentDefinition) -> list[str]:
    return [section.title for section in agent.sections]


def test_headings_and_lead_ins() -> None:
    assert titles(ak.loads(HEAD + HEADED)) == ["", "One", "Inner", "Two"]
    assert titles(ak.loads(HEAD + BOLD)) == ["", "One", "Two", ""]
    assert [section.level for section in ak.loads(HEAD + BOLD).sections] == [0, 7, 7, 0]


LINES = st.sampled_from(
    ["# A", "## B", "**C**: x", "**D:**", "**E**", "```", "~~~", "````", "- f", "text", "", "  ", "#", "# ", "\r",
     "| g |", "**H** and **I**", "####### J", "> k", "    # L"]
)  # fmt: skip


@given(st.lists(LINES, max_size=14).map("\n".join))
@settings(max_examples=300, deadline=None)
def test_parts_join_to_the_prompt_and_fences_stay_whole(prompt: str) -> None:
    sections = parse(prompt)
    assert "".join(section.text for section in sections) == prompt
    for section in sections:
        assert prompt[section.span[0] : section.span[1]] == section.text
    before = 0
    for section in sections[:-1]:
        before += len(section.text)
        fence = ""
        for line in prompt[:before].split("\n"):
            bare = line.strip()
            if fence:
                fence = "" if set(bare) == {fence[0]} and len(bare) >= len(fence) else fence
            elif bare.startswith(("```", "~~~")):
                fence = bare
        assert not fence


BLOCKS = st.sampled_from(
    ["## A", "# B #", "text", "- a\n- b", "1. a", "- ```bash\n  npm i\n  ```", "1. Run\n   ```bash\n   x\n    ```",
     "- ```\n  open", "* a\n  ~~~\n  # b\n\n  c\n    ~~~", "10. ```\n    code\n    ```", "-\t```\n\tcode\n\t```",
     "- - ```\n    x", "```\n# c\n\n- d\n```", "  ```\n# e\n   ```", "   ```", "```", "text\n2. f\n   ```\n# g\n   ```",
     "* * *", "-     ```", "> ```\n> # g", "  indented", "- a\n\n  ```\n  # h\n\n  i\n  ```\n\n  j"]
)  # fmt: skip


@given(st.lists(BLOCKS, max_size=8).map("\n\n".join))
@settings(max_examples=300, deadline=None)
def test_headings_are_where_commonmark_has_them(prompt: str) -> None:
    lines = prompt.split("\n")
    wanted = [
        token.map[0]
        for token in MarkdownIt("commonmark").parse(prompt)
        if token.type == "heading_open" and token.level == 0 and token.map and lines[token.map[0]].startswith("#")
    ]
    found = [prompt.count("\n", 0, section.span[0]) for section in parse(prompt) if 0 < section.level < 7]
    assert found == wanted


@pytest.mark.parametrize(
    "item",
    [
        "- ```bash\n  npm i\n  ```",
        "1. Run\n   ```bash\n   npm i\n    ```",
        "- a\n  - ```\n    x\n    ```",
        "-\t~~~\n\tx\n\t~~~",
    ],
)
def test_a_fence_in_a_list_item_ends_with_it(item: str) -> None:
    agent = ak.loads(f"{HEAD}## A\nq\n\n{item}\n\n## B\nx\n\n## C\ny")
    assert titles(agent) == ["A", "B", "C"]
    assert agent.without("A").system_prompt == "## B\nx\n\n## C\ny"


@pytest.mark.parametrize(
    ("line", "title"),
    [("## C#", "C#"), ("## F# ##", "F#"), ("## A #", "A"), ("## A\t##  ", "A"), ("# #a#", "#a#"), ("## ##", "")],
)
def test_hashes_close_a_heading_only_behind_a_blank(line: str, title: str) -> None:
    assert [(section.title, section.level) for section in parse(line)] == [(title, line.index(" "))]
    if title:
        edited = ak.loads(f"{HEAD}{line}\nx\n").with_section(title, "new")
        assert edited.system_prompt == f"{line}\nnew"


@given(st.lists(LINES, max_size=14).map("\n".join), st.sampled_from(["A", "B", "C", "D", "E"]))
@settings(max_examples=200, deadline=None)
def test_an_edit_of_a_section_leaves_the_others(prompt: str, title: str) -> None:
    agent = ak.loads(HEAD + prompt)
    if title not in titles(agent):
        return
    own = agent.section(title)
    edited = agent.with_section(title, "New words.")
    start, end = own.span
    assert edited.system_prompt.startswith(agent.system_prompt[:start])
    assert edited.system_prompt.endswith(agent.system_prompt[end:])
    assert edited.text[: edited.document.envelope.body_start] == agent.text[: agent.document.envelope.body_start]


def test_without_takes_the_deeper_ones_along() -> None:
    assert titles(ak.loads(HEAD + HEADED).without("One")) == ["", "Two"]
    bold = ak.loads(HEAD + BOLD).without("two")
    assert bold.system_prompt == "You help.\n\n**One**: First.\n\nAnd a last word."


def test_without_the_last_keeps_the_end_of_the_file() -> None:
    agent = ak.loads(HEAD + HEADED)
    assert agent.without("Two").text.endswith("```\n")


def test_a_new_section_is_written_as_the_others_are() -> None:
    assert "\n\n**Three**: Third." in ak.loads(HEAD + BOLD).with_section("Three", "Third.").text
    assert "\n\n## Three\n\nThird." in ak.loads(HEAD + HEADED).with_section("Three", "Third.").text
    after = ak.loads(HEAD + HEADED).with_section("Three", "Third.", after="One")
    assert titles(after) == ["", "One", "Inner", "Three", "Two"]


def test_reordering() -> None:
    agent = ak.loads(HEAD + HEADED).with_sections_in_order("Two", "One")
    assert titles(agent) == ["", "Two", "One", "Inner"]
    assert agent.with_sections_in_order("One", "Two") == ak.loads(HEAD + HEADED)


def test_crlf_files_keep_their_line_ends() -> None:
    agent = ak.loads((HEAD + HEADED).replace("\n", "\r\n")).with_section("Two", "New\nwords.")
    assert agent.text.count("\n") == agent.text.count("\r\n")


def test_an_unknown_section_tells_the_nearest() -> None:
    with pytest.raises(ak.errors.EditError, match="Inner"):
        ak.loads(HEAD + HEADED).section("Iner")
