from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import agentkit as ak
from agentkit.definition.sections import family, open_fence, parse

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
MORE_LINES = st.sampled_from(
    ["## M#", "### N", "**O**: y", "- ```\n  c\n  ```", "   ```", "1. p\n   ```\n   c\n    ```", "more  "]
)
PROMPTS = st.lists(LINES | MORE_LINES, max_size=14).map("\n".join)


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


AGENTS = st.builds(
    lambda head, prompt, newline, end: ak.loads(HEAD.replace("\n", head) + prompt.replace("\n", newline) + end),
    st.sampled_from(["\n", "\r\n"]), PROMPTS, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\n", "\r\n\r\n"]),
)  # fmt: skip
TEXTS = st.sampled_from(
    ["New words.", "p\n\nq", "**Always** be polite.", "- i\n- j", "Run:\n```\ncode\n```", "\nx\n", "", "### Sub\ny",
     "a\r\nb", "```\ncode\n```", "Run:\n```\nopen", "- ```\n  c\n  ```", "**Lead**: r", "| a |\n|--|"]
)  # fmt: skip


def others(agent: ak.AgentDefinition, *but: str) -> list[tuple[str, int, str]]:
    but = (*but, "Sub", "Lead")
    return [(part.title, part.level, part.text.strip()) for part in agent.sections if part.title not in ("", *but)]


def once(agent: ak.AgentDefinition) -> list[str]:
    counts = Counter(title.casefold() for title in titles(agent))
    return [title for title in titles(agent) if title and counts[title.casefold()] == 1]


def check_refusal(error: ak.errors.EditError, *texts: str) -> None:
    if "never closed" in error.message:
        assert any(open_fence(text) for text in texts)
    else:
        assert "would become part" in error.message or "would come under" in error.message


def test_a_section_with_odd_line_ends_can_be_set_back() -> None:
    agent = ak.loads(f"{HEAD}# A\r\n```\r\n\r\r\n# A\n")
    assert agent.with_section("A", "New words.").with_section("A", agent.section("A").text) == agent


@given(AGENTS, TEXTS, st.data())
@settings(max_examples=400, deadline=None)
def test_an_edit_of_a_section_leaves_the_others_and_can_be_undone(
    agent: ak.AgentDefinition, text: str, data: st.DataObject
) -> None:
    title = data.draw(st.sampled_from(["A", *once(agent)]))
    try:
        edited = agent.with_section(title, text)
    except ak.errors.EditError as error:
        check_refusal(error, agent.raw_prompt, text)
        return
    assert others(edited, title) == others(agent, title)
    assert edited.text[: edited.document.envelope.block_end] == agent.text[: agent.document.envelope.block_end]
    plain = text.strip().replace("\r\n", "\n")
    assert plain in "".join(part.text for part in edited.sections).replace("\r\n", "\n")
    if "Sub" not in text and "Lead" not in text:
        own = edited.section(title)
        assert own.text.replace("\r\n", "\n").rstrip().endswith(plain)
    if title in once(agent):
        start, end = agent.section(title).span
        assert edited.raw_prompt.startswith(agent.raw_prompt[:start])
        assert edited.raw_prompt.endswith(agent.raw_prompt[end:])
    if title in once(agent) and "Sub" not in text and "Lead" not in text:
        assert edited.with_section(title, agent.section(title).text) == agent


@given(AGENTS, TEXTS, st.sampled_from([None, 1, 2, 7]), st.data())
@settings(max_examples=400, deadline=None)
def test_a_section_that_is_added_can_be_deleted_again(
    agent: ak.AgentDefinition, text: str, level: int | None, data: st.DataObject
) -> None:
    after = data.draw(st.sampled_from([None, *once(agent)]))
    try:
        edited = agent.with_section("New", text, after=after, level=level)
    except ak.errors.EditError as error:
        check_refusal(error, agent.raw_prompt, text)
        return
    assert others(edited, "New") == others(agent)
    assert "New" in titles(edited)
    if "Sub" not in text and "Lead" not in text:
        assert edited.without("New") == agent


@given(AGENTS, st.data())
@settings(max_examples=300, deadline=None)
def test_an_order_keeps_all_sections_and_can_be_undone(agent: ak.AgentDefinition, data: st.DataObject) -> None:
    here = once(agent)
    wanted = data.draw(st.permutations(here).map(lambda all_: all_[: data.draw(st.integers(0, len(here)))]))
    try:
        edited = agent.with_sections_in_order(*wanted)
    except ak.errors.EditError as error:
        check_refusal(error, agent.raw_prompt)
        return
    assert sorted(others(edited)) == sorted(others(agent))
    assert [title for title in titles(edited) if title in wanted] == wanted
    assert edited.with_sections_in_order(*[title for title in here if title in wanted]) == agent


@given(AGENTS, st.data())
@settings(max_examples=200, deadline=None)
def test_without_a_section_all_other_text_is_there(agent: ak.AgentDefinition, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, max(len(agent.sections) - 1, 0)))
    if not agent.sections or (agent.raw_prompt.count("\n") and not agent.sections[place].title):
        return
    edited = agent.without(agent.sections[place])
    rest = agent.sections[:place] + agent.sections[family(agent.sections, place) :]
    assert [part.title for part in edited.sections if part.title] == [part.title for part in rest if part.title]
    assert "".join(edited.raw_prompt.split()) == "".join("".join(part.text for part in rest).split())


RULES = "You.\n\n## Rules\n\nx\n\n## End\ny\n"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("**Always** be polite.", "## Rules\n\n**Always** be polite."),
        ("**Always**: be polite.", "## Rules\n\n**Always**: be polite."),
        ("### Sub\nz", "## Rules\n\n### Sub\nz"),
        ("## Rules\nz", "## Rules\nz"),
        ("# rules\nz", "# rules\nz"),
        ("## Policies\nz", "## Policies\nz"),
        ("\n \nz\n\n", "## Rules\n\nz"),
    ],
)
def test_a_text_is_below_the_title_unless_it_brings_one(text: str, written: str) -> None:
    edited = ak.loads(HEAD + RULES).with_section("Rules", text)
    assert edited.system_prompt == f"You.\n\n{written}\n\n## End\ny"


def test_a_new_section_gets_its_title_whatever_its_text_begins_with() -> None:
    agent = ak.loads(HEAD + RULES)
    assert agent.with_section("Tone", "**Never** shout.").text.endswith("\n\n## Tone\n\n**Never** shout.\n")
    assert agent.with_section("Tone", "### Tone\nx").text.endswith("y\n\n### Tone\nx\n")
    with pytest.raises(ak.errors.EditError, match="read back"):
        agent.with_section("one\ntwo", "x")
    with pytest.raises(ak.errors.EditError, match="no such level"):
        agent.with_section("Tone", "x", level=8)


def test_a_section_that_was_retitled_goes_with_those_under_it() -> None:
    agent = ak.loads(f"{HEAD}{RULES}### Under\nz\n")
    assert titles(agent.with_section("End", "## Last\nq").without("Last")) == ["", "Rules"]
    assert agent.with_section("Part", "", after="Rules", level=1).without("Part") == agent


@pytest.mark.parametrize(
    ("prompt", "edit", "edited"),
    [
        ("### 1. Q\n**R**: x\n\n**S**: y", ("1. Q", "New."), "### 1. Q\nNew.\n\n**R**: x\n\n**S**: y"),
        ("## H\nz\n\n**A**: x\n**B**: y", ("A", "p\n\nq"), "## H\nz\n\n**A**:\np\n\nq\n\n**B**: y"),
        ("## H\n**A**: x", ("A", "- i\n- j"), "## H\n**A**:\n- i\n- j"),
        ("## H\n**A**: x", ("A", "# T\ny"), "## H\n**A**:\n\n# T\ny"),
    ],
)
def test_a_blank_line_or_a_line_of_its_own_where_a_section_needs_one(
    prompt: str, edit: tuple[str, str], edited: str
) -> None:
    assert ak.loads(HEAD + prompt).with_section(*edit).system_prompt == edited


def test_an_order_that_needs_blank_lines() -> None:
    agent = ak.loads(f"{HEAD}**A**: x\n**B**: y\n\n## H\nz\n")
    edited = agent.with_sections_in_order("H", "A", "B")
    assert edited.system_prompt == "## H\nz\n\n**A**: x\n**B**: y"
    assert edited.with_sections_in_order("A", "B", "H") == agent
    with pytest.raises(ak.errors.EditError, match="'B' would come under section 'H'"):
        agent.with_sections_in_order("H", "A")


def test_an_open_fence_is_in_the_way_and_the_error_says_how_to_close_it() -> None:
    agent = ak.loads(f"{HEAD}## A\nx\n\n## B\n~~~~\ncode\n")
    for edit in (lambda agent: agent.with_section("C", "new"), lambda agent: agent.with_sections_in_order("B", "A")):
        with pytest.raises(ak.errors.EditError, match="line 2 of section 'B' is never closed") as caught:
            edit(agent)
        assert caught.value.hint is not None
        closed = eval(caught.value.hint, {"agent": agent})
        assert len(edit(closed).sections) == len(titles(edit(closed))) >= 2
    with pytest.raises(ak.errors.EditError, match="line 3 of section 'A'") as caught:
        agent.with_section("A", "Run:\n```\ncode")
    assert caught.value.hint == "end the text with a line ```"
    assert agent.with_section("B", "```\ncode").system_prompt.endswith("## B\n```\ncode")


def test_text_under_no_title_does_not_change_its_section() -> None:
    agent = ak.loads(f"{HEAD}## H\n\n**A**: x\n\nLast.\n")
    with pytest.raises(ak.errors.EditError, match=r"the text 'Last\.' would become part of section 'A'"):
        agent.with_section("A", "p\n\nq")
    assert titles(agent.with_section("N", "q", after="A")) == ["H", "A", "", "N"]


@pytest.mark.parametrize(("head", "body"), [("\n", "\r\n"), ("\r\n", "\n")])
def test_what_is_written_has_the_line_ends_of_the_body(head: str, body: str) -> None:
    agent = ak.loads(HEAD.replace("\n", head) + "## A\nx\n## B\ny\n".replace("\n", body))
    for edited in (
        agent.with_section("B", "z"),
        agent.with_section("N", "t\nu", after="A"),
        agent.replace(system_prompt="t\nu"),
        agent.replace(system_prompt=None).replace(system_prompt="t\nu"),
    ):
        text = edited.text[edited.document.envelope.body_start :]
        assert text.replace(body, "").count("\n") == 0
        assert edited.text.startswith(HEAD.rstrip().replace("\n", head))
    assert agent.with_section("N", "t", after="A").without("N") == agent


def test_mixed_line_ends_stay_where_they_are() -> None:
    agent = ak.loads(HEAD + "## A\r\nx\r\n\r\n## B\ny\n\n## C\r\nz\r\n")
    edited = agent.with_section("B", "q\nr")
    assert edited.raw_prompt == "## A\r\nx\r\n\r\n## B\nq\r\nr\n\n## C\r\nz"
    assert edited.with_section("B", agent.section("B").text) == agent
    assert agent.replace(system_prompt="new").replace(system_prompt=agent.raw_prompt) == agent


def test_what_was_loaded_as_text_is_no_title_when_it_is_set_back() -> None:
    agent = ak.loads(f"{HEAD}**A**\n**B**: x\n")
    assert titles(agent) == ["A"]
    assert agent.with_section("A", "new").with_section("A", "**B**: x") == agent


def test_a_section_that_is_set_to_what_it_says_stays_as_it_is() -> None:
    loaded = ak.loads(f"{HEAD}## A\n\n    x\n\n## B\ny\n")
    agent = loaded.with_text(loaded.text.replace("## A\n\n", "## A #\n").replace("## B", "\n\n## B"))
    assert agent.with_section("A", "    x\n") == agent
    assert agent.with_section("A", agent.section("A").text) == agent
    assert agent.with_section("A", "x").system_prompt == "## A #\nx\n\n\n\n## B\ny"


def test_a_section_put_back_in_its_place_restores_the_bytes() -> None:
    agent = ak.loads(f"{HEAD}## A\nx\n## B\n\n\ny\n\n\n## C\nz\n")
    for text in ("y", agent.section("B").text):
        assert agent.without("B").with_section("B", text, after="A") == agent
        assert agent.with_section("B", "p\n\nq").with_section("B", text) == agent


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


def test_a_new_section_does_not_come_between_a_heading_and_those_under_it() -> None:
    agent = ak.loads(f"{HEAD}## A\n\n**One**: x\n\n**Two**: y\n\n## B\nz\n")
    edited = agent.with_section("New", "q", after="One")
    assert edited.without("A").system_prompt == "## B\nz"
    assert edited.section("New").text == "**New**: q\n\n"
    assert agent.with_section("New", "q", after="Two").section("New").level == 2


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
