from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example as case
from hypothesis import given, settings
from hypothesis import strategies as st

import agentkit as ak
from agentkit.definition import examples
from agentkit.definition.example_writing import render
from agentkit.definition.examples import parse, unbalanced
from agentkit.definition.turns import cut

USUAL = (
    'Use it. <example>Context: An API. user: "Add /users" assistant: "I\'ll use the a agent" '
    "<commentary>It is one.</commentary></example> More. <example>user: 'x' assistant: y</example> End."
)
LINES = (
    "Use it.\n\n<example>\nContext: Two lines\nof context.\nUser: \"Do: this\"\nassistant: 'On it'\n<commentary>\n"
    'Why.\n</commentary>\nassistant: "And more"\n</example>\n'
)


def test_the_usual_form() -> None:
    first, second = parse(USUAL)
    assert (first.context, first.user, first.assistant) == ("An API.", "Add /users", "I'll use the a agent")
    assert first.commentary == "It is one."
    assert (second.user, second.assistant, second.commentary) == ("x", "y", "")
    assert first.span is not None
    assert USUAL[slice(*first.span)] == first.text


def test_variants() -> None:
    (lines,) = parse(LINES)
    assert (lines.context, lines.user) == ("Two lines\nof context.", "Do: this")
    assert lines.rest == ("And more",)
    (request,) = parse("<example><user_request>Do it</user_request> <commentary>Why</commentary></example>")
    assert (request.user, request.assistant, request.commentary) == ("Do it", "", "Why")
    (call,) = parse('<example>user: "Hi" <function call>Agent(a)</function call></example>')
    assert (call.user, call.assistant) == ("Hi", "Agent(a)")


def test_unbalanced_tags_are_kept_and_found() -> None:
    text = "a <example> b <example>user: c assistant: d</example>"
    assert unbalanced(text) == 2
    assert unbalanced(USUAL) is None
    assert unbalanced("x </example>") == 2
    agent = ak.loads("---\nname: a\ndescription: Use <example> b\n---\nYou")
    assert "AK303" in [finding.code for finding in agent.findings]


WORDS = st.text(alphabet="abc XYZ.,;!?é🙂\n'", min_size=1, max_size=30).map(str.strip).filter(bool)


@given(user=WORDS, assistant=WORDS, context=WORDS, commentary=WORDS, one_line=st.booleans())
@settings(max_examples=200, deadline=None)
def test_what_is_rendered_parses_again(
    user: str, assistant: str, context: str, commentary: str, one_line: bool
) -> None:
    example = ak.Example(user=user, assistant=assistant, context=context, commentary=commentary)
    (again,) = parse(render(example, one_line=one_line))
    assert (again.user, again.assistant, again.context, again.commentary) == (user, assistant, context, commentary)


@pytest.fixture
def agent() -> ak.AgentDefinition:
    return ak.loads("---\nname: a\ndescription: x\n---\nYou").replace(description=USUAL)


def test_adding_and_removing(agent: ak.AgentDefinition) -> None:
    more = agent.with_example(ak.Example(user="New", assistant="Yes"))
    assert [example.user for example in more.examples] == ["Add /users", "x", "New"]
    assert (more.description or "").startswith(USUAL[:-5])
    assert [example.user for example in more.without_example(2).examples] == ["Add /users", "x"]
    assert more.without_example(2) == agent
    less = agent.without_example(0)
    assert less.description == "Use it. More. <example>user: 'x' assistant: y</example> End."
    first = agent.with_example(ak.Example(user="New", assistant="Yes"), at=0)
    assert [example.user for example in first.examples] == ["New", "Add /users", "x"]


def test_changing_one_and_reordering(agent: ak.AgentDefinition) -> None:
    one, two = agent.examples
    changed = agent.replace(examples=[ak.Example(user="Other", assistant="Sure"), two])
    assert changed.examples[0].user == "Other"
    assert "More." in (changed.description or "")
    swapped = agent.replace(examples=[two, one])
    assert [example.user for example in swapped.examples] == ["x", "Add /users"]
    assert swapped.replace(examples=list(reversed(swapped.examples))) == agent


def test_a_wrong_place_is_refused(agent: ak.AgentDefinition) -> None:
    with pytest.raises(ak.errors.EditError, match="has 2"):
        agent.without_example(5)


def test_a_changed_copy_of_a_read_example_is_written_anew(agent: ak.AgentDefinition) -> None:
    changed = replace(agent.examples[0], user="Remove /users")
    edited = agent.replace(examples=[changed, agent.examples[1]])
    assert edited.examples[0].user == "Remove /users"
    assert edited.examples[0].commentary == "It is one."


# Reading


@pytest.mark.parametrize(
    ("turns", "user", "assistant"),
    [
        ('user: "Fix it" (urgent)\nassistant: "On it"', '"Fix it" (urgent)', "On it"),
        ('user: "Fix it" (urgent)\nassistant: On it: "now"', '"Fix it" (urgent)', 'On it: "now"'),
        ('user: "Fix it" (urgent) assistant: "On it"', '"Fix it" (urgent)', "On it"),
        (
            'user: "Fix it" and "that"\nassistant: "I ran "x" and "y" today"',
            '"Fix it" and "that"',
            'I ran "x" and "y" today',
        ),
        ('user: "Fix the 5" screen"\nassistant: On it', 'Fix the 5" screen', "On it"),
        ('user: "Fix it\nassistant: "On it"', '"Fix it', "On it"),
        ('user: "It says:\nuser: admin\nWhy?" assistant: On it', "It says:\nuser: admin\nWhy?", "On it"),
        ('user: "The \\"Save\\"\nbutton" assistant: "On it"', 'The "Save"\nbutton', "On it"),
        ('user: "C:\\" assistant: "On it"', "C:\\", "On it"),
        ("user: 'Don't stop' assistant: 'On it'", "Don't stop", "On it"),
        ("user: 'The users' list'\nassistant: It's 'on'", "The users' list", "It's 'on'"),
        ("user: “Don’t stop” assistant: ‘It’s on’", "Don’t stop", "It’s on"),
        ("user: «Oui»\nassistant: 'tis on", "Oui", "'tis on"),
        ('**User**: "u"\n**Assistant:** "v"', "u", "v"),
        ("**User**: u **Assistant**: v", "u", "v"),
        ('- User: "u"\n- Assistant: "v"', "u", "v"),
        ("* User: u\n  * Assistant: v", "u", "v"),
        ("<user>u</user> <assistant>v</assistant>", "u", "v"),
        ("USER: u ASSISTANT: v", "u", "v"),
        ('user: "Run <user> now" assistant: go <user> on', "Run <user> now", "go <user> on"),
    ],
)
def test_turns_are_read_as_they_are_meant(turns: str, user: str, assistant: str) -> None:
    for text in (turns, f"\n{turns}\n", f"Context: Some.\n{turns}\n<commentary>Why.</commentary>"):
        (read,) = parse(f"<example>{text}</example>")
        assert (read.user, read.assistant, read.rest) == (user, assistant, ())
        agent = ak.loads("---\nname: aaa\ndescription: Use it\n---\nYou").replace(
            description=f"<example>{text}</example>"
        )
        assert "AK306" not in [finding.code for finding in agent.findings]


def test_quotes_at_the_beginning_of_a_context_are_its_own() -> None:
    (read,) = parse('<example>Context: "Login" fails for some.\nuser: "Fix it"\nassistant: "On it"</example>')
    assert (read.context, read.user, read.assistant) == ('"Login" fails for some.', "Fix it", "On it")


INNER = st.lists(
    st.sampled_from(
        ["Context: ", "context:", "user: ", 'user: "', "User: ", "**User**: ", "assistant: ", 'assistant: "', '"', "'",
         "a", "b c", ". ", " ", "\n", "\n- ", ":", "\\", "<commentary>", "</commentary>", "<user>", "</user>", "“", "”"]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@given(INNER)
@settings(max_examples=1_000, deadline=None)
@case('Context: a user: "b" assistant: "c"<commentary>d</commentary>')
def test_an_example_of_the_usual_form_is_read_quickly_and_right(inner: str) -> None:
    for match in examples._BLOCK.finditer(f"<example>{inner}</example>"):
        assert examples._example(match) == examples._careful(match)


@given(INNER)
@settings(max_examples=500, deadline=None)
def test_turns_stand_one_after_another_and_lose_nothing(inner: str) -> None:
    position = 0
    for turn in cut(inner):
        assert not inner[position : turn.start].strip()
        assert turn.start <= turn.raw_start <= turn.raw_end <= turn.end
        assert turn.quoted or inner[turn.raw_start : turn.raw_end] == turn.said
        position = turn.end
    assert not inner[position:].strip()


# Writing

TRICKY = st.lists(
    st.sampled_from(
        ['"', "'", "“", "”", ":", "\n", "\r\n", " ", "\\", "\\n", "user", "User: ", "user: ", "assistant:", "Context: ",
         "**", "\n- ", "<example>", "</example>", "<commentary>", "</commentary>", "<user>", "</user>", "---", " #",
         "<function call>", "Save", "it. ", "🙂", "é", "{", "|", "`", "\t", "\u2028"]
    ),
    max_size=7,
).map("".join)  # fmt: skip
SAID = st.builds(
    ak.Example,
    user=TRICKY,
    assistant=TRICKY,
    context=TRICKY,
    commentary=TRICKY,
    rest=st.lists(TRICKY.filter(bool), max_size=1).map(tuple),
)
HEAD = "---\nname: a\ndescription: "
FILES = {
    "bare": f"{HEAD}Use it\n---\nYou\n",
    "one line": HEAD + "'" + USUAL.replace("'", "''") + "'\ncolor: red\n---\nYou\n",
    "repaired": HEAD + USUAL + "\ncolor: red\n---\nYou\n",
    "block": f"""{HEAD}|
  Use it.

  <example>
  user: "one"
  assistant: "1"
  </example>

  Also when testing:

  <example>
  User: two
  Assistant: 2
  </example>

  End.
---
You""",
    "bullets": f"{HEAD}|-\n  Examples:\n  - <example>user: a assistant: b</example>\n"
    "  - <example>user: c\n  assistant: d</example>\n---\n",
    "quotes": f"{HEAD}|\n  <example>user: 'Hi' assistant: “Yo” <b>x</b>\n  user: more</example> And so on.\n---\n",
    "left open": f'{HEAD}|\n  Use it. <example>user: "hi"\n---\nYou\n',
    "stray": f"{HEAD}|\n  Use </example> it. <example> x <example>user: a assistant: b</example>\n---\nYou\n",
    "CRLF": f'{HEAD}|\n  Use it.\n\n  <example>\n  user: "a"\n  assistant: b\n  </example>\n---\n'.replace(
        "\n", "\r\n"
    ),
}


def told(agent: ak.AgentDefinition) -> list[object]:
    return [examples.said(example) for example in agent.examples]


def reword(description: str) -> str:
    """Change words before the examples or behind them, or change them back."""
    for one, other in (("Use it", "Take them all"), ("Examples:", "Such as:"), ("And so on", "Et cetera")):
        if one in description:
            return description.replace(one, other)
        if other in description:
            return description.replace(other, one)
    return description


def outside(agent: ak.AgentDefinition) -> list[str]:
    """The words around the examples, without their bullets."""
    text = agent.description or ""
    for example in reversed(agent.examples):
        assert example.span is not None
        text = text[: example.span[0]] + " " + text[example.span[1] :]
    return [word for word in text.split() if word != "-"]


@pytest.mark.parametrize("source", FILES.values(), ids=FILES.keys())
@given(new=SAID, data=st.data())
@settings(max_examples=60, deadline=None)
def test_an_example_reads_back_as_given_or_is_refused(source: str, new: ak.Example, data: st.DataObject) -> None:
    agent = ak.loads(source)
    at = data.draw(st.integers(0, len(agent.examples)))
    wanted = told(agent)
    wanted.insert(at, examples.said(new))
    try:
        edited = agent.with_example(new, at=at)
    except ak.errors.EditError:
        return
    again = ak.loads(edited.dumps())
    assert told(again) == wanted
    assert outside(again) == outside(agent)
    assert edited.replace(color="blue").without_example(at).replace(color=agent.color) == agent
    texts = [example.text for example in again.examples]
    assert [*texts[:at], *texts[at + 1 :]] == [example.text for example in agent.examples]


@pytest.mark.parametrize("source", FILES.values(), ids=FILES.keys())
@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_a_changed_part_reads_back_and_the_other_parts_keep_their_text(source: str, data: st.DataObject) -> None:
    agent = ak.loads(source)
    if not agent.examples:
        return
    at = data.draw(st.integers(0, len(agent.examples) - 1))
    name = data.draw(st.sampled_from(["user", "assistant", "context", "commentary"]))
    blocks = list(agent.examples)
    blocks[at] = replace(blocks[at], **{name: data.draw(TRICKY)})
    try:
        edited = agent.replace(examples=blocks)
    except ak.errors.EditError:
        return
    again = ak.loads(edited.dumps())
    assert told(again) == [examples.said(block) for block in blocks]
    assert outside(again) == outside(agent)
    assert edited.replace(examples=agent.examples) == agent
    back = list(edited.examples)
    back[at] = replace(back[at], **{name: getattr(agent.examples[at], name)})
    assert edited.replace(examples=back) == agent


@pytest.mark.parametrize("source", FILES.values(), ids=FILES.keys())
@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_edits_of_examples_come_back_in_any_order(source: str, data: st.DataObject) -> None:
    agent = edited = ak.loads(source)
    wanted, reworded = list(agent.examples), False
    for step in range(data.draw(st.integers(1, 5))):
        kind = data.draw(st.sampled_from(["add", "delete", "change", "swap", "none", "words"]))
        at = data.draw(st.integers(0, max(len(wanted) - 1, 0)))
        wanted = list(edited.examples)
        if kind == "add":
            wanted.insert(at, ak.Example(user=f"new {step}", assistant="yes"))
        elif kind == "none":
            wanted = []
        elif kind == "delete":
            del wanted[at : at + 1]
        elif kind == "words":
            reworded = not reworded
            edited = edited.replace(description=reword(edited.description or ""))
        elif kind == "change" and wanted:
            wanted[at] = replace(wanted[at], user=f"changed {step}")
        else:
            wanted.reverse()
        edited = edited.replace(examples=wanted)
        assert told(edited) == [examples.said(block) for block in wanted]
        words = " ".join(outside(edited))
        assert (reword(words) if reworded else words).split() == outside(agent)
    if reworded and data.draw(st.booleans()):
        edited, reworded = edited.replace(description=reword(edited.description or "")), False
    edited = edited.replace(examples=agent.examples)
    edited = edited.replace(description=reword(edited.description or "")) if reworded else edited
    assert edited == agent
    assert edited.replace(examples=[replace(block, text=None, span=None) for block in agent.examples]) == agent


def test_words_between_examples_stay_where_they_are() -> None:
    agent = ak.loads(FILES["block"])
    one, two = agent.examples
    new = ak.Example(user="z", assistant="0")
    text = agent.description or ""
    z = '<example>\nuser: "z"\nassistant: "0"\n</example>'
    assert agent.with_example(new, at=0).description == text.replace(f"{one.text}", f"{z}\n\n{one.text}")
    assert agent.with_example(new, at=1).description == text.replace(f"{two.text}", f"{z}\n\n{two.text}")
    assert agent.with_example(new).description == text.replace(f"{two.text}", f"{two.text}\n\n{z}")
    changed = agent.replace(examples=[replace(two, user="TWO")])
    assert changed.description == text.replace(f"{one.text}\n\n", "").replace("User: two", "User: TWO")
    assert agent.replace(examples=()).description == "Use it.\n\nAlso when testing:\n\nEnd.\n"


def test_words_on_both_sides_of_an_example_do_not_become_one() -> None:
    agent = ak.loads(FILES["bare"]).replace(description="Use<example>user: a assistant: b</example>it")
    assert agent.without_example(0).description == "Use it"


def test_bullets_come_and_go_with_their_examples() -> None:
    agent = ak.loads(FILES["bullets"])
    new = ak.Example(user="z", assistant="0")
    for at in (0, 1, 2):
        lines = (agent.with_example(new, at=at).description or "").replace("\n- ", "|").split("|")
        assert len(lines) == 4
        assert lines[at + 1].startswith('<example>\nuser: "z"')
    assert agent.without_example(0).description == "Examples:\n- <example>user: c\nassistant: d</example>"
    assert agent.replace(examples=()).description == "Examples:"


def test_the_other_parts_of_a_changed_example_keep_quotes_markup_and_layout() -> None:
    block = "<example>\n**User**: 'Hi'\n\n  Assistant: “Yo”\n  <b>x</b>\n</example>"
    agent = ak.loads(FILES["bare"]).replace(description=block)
    (read,) = agent.examples

    def changed(**parts: object) -> str:
        return agent.replace(examples=[replace(read, **parts)]).description or ""  # type: ignore[arg-type]

    assert changed(user="Don't") == block.replace("Hi", "Don't")
    assert changed(assistant="No") == block.replace("Yo", "No")
    assert changed(commentary="c") == block.replace("“Yo”", "“Yo”\n<commentary>c</commentary>")
    assert changed(context="c") == block.replace("**User", "Context: c\n**User")
    assert changed(assistant="") == block.replace("\n\n  Assistant: “Yo”", "")
    assert changed(rest=()) == block.replace("\n  <b>x</b>", "")
    assert changed(rest=("<b>x</b>", "y")) == block.replace("</b>", '</b>\nassistant: "y"')


def test_what_cannot_be_written_is_refused_with_words() -> None:
    agent = ak.loads(FILES["bare"])
    with pytest.raises(ak.errors.EditError, match="cannot hold the tag </example>") as told_tag:
        agent.with_example(ak.Example(user="Use </example> here", assistant="v"))
    assert (told_tag.value.received, told_tag.value.hint is None) == ("Use </example> here", False)
    with pytest.raises(ak.errors.EditError, match="commentary would not read back") as told_end:
        agent.with_example(ak.Example(user="u", commentary="a </commentary> b"))
    assert (told_end.value.received, told_end.value.hint is None) == ("a </commentary> b", False)


def test_an_example_goes_before_a_tag_that_was_left_open() -> None:
    agent = ak.loads(FILES["left open"])
    more = agent.with_example(ak.Example(user="u", assistant="v"))
    assert [(example.user, example.assistant) for example in more.examples] == [("u", "v")]
    assert (more.description or "").endswith('</example> <example>user: "hi"\n')
    assert more.without_example(0) == agent


def test_no_examples_for_a_file_without_a_description_change_nothing() -> None:
    agent = ak.loads("---\nname: a\n---\nYou\n")
    assert agent.replace(examples=()) == agent


def test_examples_that_change_places_keep_their_bytes() -> None:
    one, two = b"<example>user: caf\xe9 assistant: ok</example>", b"<example>user: b assistant: ok</example>"
    lines = b'---\nname: a\ndescription: "Use. %b then %b"\n---\nq\n'
    agent = ak.loads(lines % (one, two))
    assert agent.replace(examples=agent.examples[::-1]).source == lines % (two, one)
