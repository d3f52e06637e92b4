from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import agentkit as ak
from agentkit.definition.examples import parse, render, unbalanced

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
    assert (second.user, second.assistant, second.commentary) == ("'x'", "y", "")
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
    assert [example.user for example in more.examples] == ["Add /users", "'x'", "New"]
    assert (more.description or "").startswith(USUAL[:-5])
    assert [example.user for example in more.without_example(2).examples] == ["Add /users", "'x'"]
    assert more.without_example(2) == agent
    less = agent.without_example(0)
    assert less.description == "Use it. More. <example>user: 'x' assistant: y</example> End."
    first = agent.with_example(ak.Example(user="New", assistant="Yes"), at=0)
    assert [example.user for example in first.examples] == ["New", "Add /users", "'x'"]


def test_changing_one_and_reordering(agent: ak.AgentDefinition) -> None:
    one, two = agent.examples
    changed = agent.replace(examples=[ak.Example(user="Other", assistant="Sure"), two])
    assert changed.examples[0].user == "Other"
    assert "More." in (changed.description or "")
    swapped = agent.replace(examples=[two, one])
    assert [example.user for example in swapped.examples] == ["'x'", "Add /users"]
    assert swapped.replace(examples=list(reversed(swapped.examples))) == agent


def test_a_wrong_place_is_refused(agent: ak.AgentDefinition) -> None:
    with pytest.raises(ak.errors.EditError, match="has 2"):
        agent.without_example(5)


def test_a_changed_copy_of_a_read_example_is_written_anew(agent: ak.AgentDefinition) -> None:
    from dataclasses import replace

    changed = replace(agent.examples[0], user="Remove /users")
    edited = agent.replace(examples=[changed, agent.examples[1]])
    assert edited.examples[0].user == "Remove /users"
    assert edited.examples[0].commentary == "It is one."
