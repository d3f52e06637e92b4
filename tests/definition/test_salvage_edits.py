"""Edits of files that the loader drops or repairs, and of bytes that are not UTF-8: nothing is lost, all comes back."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import agentkit as ak
from agentkit.definition.examples import Example
from agentkit.definition.undecoded import kept, shown
from tests.definition.test_salvage import MENDED, PIECES, file_of

NEW = Example(user="u", assistant="v")
DROPPED = {
    "quotes": "description: 'Don't do it'",
    "lines at the margin": "description: Use this\nagent when",
    "a folded block": "description: >-\n  Use\n  it\nx: 'a' b",
    "a block elsewhere": "description: d\ninitialPrompt: |\n  a\n  b\nx: 'a' b",
    "brackets": "description: d\nskills: [a,\n  b]\nx: 'a' b",
    "a list": 'description: "a "b" c"\ntools:\n  - Read\n  - Grep\nmodel: x',
    "turns": "description: Use\\n<example>\\nContext: c\nuser: 'd'\nassistant: e\n</example>\ntools: Read",
    "a key that is meant for another": "description: d\nallowed-tools: Read\nmax_turns: 'a' b",
    "comments": "# a\ndescription: 'Don't'\n\n# b\nmodel: opus # c",
    "repaired, a comment": "description: Use it: now\nmodel: opus # fast",
    **{name: block for name, (block, *_) in MENDED.items()},
}


def value_of(agent: ak.AgentDefinition, field: str) -> object:
    return agent.description if field == "description" else agent.metadata[field]


@pytest.mark.parametrize("block", DROPPED.values(), ids=DROPPED.keys())
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_field_can_be_set_and_set_back(block: str, line_end: str) -> None:
    agent = ak.loads(file_of(block).replace("\n", line_end))
    for field in agent.metadata:
        old = value_of(agent, field)
        assert agent.replace(**{field: old}) == agent
        for new in ("foo", "a: b", None):
            edited = agent.replace(**{field: new})
            assert edited.metadata.get(field) == new
            others = {key: value for key, value in agent.metadata.items() if key != field}
            assert {key: value for key, value in edited.metadata.items() if key != field} == others
            assert edited.replace(**{field: old}) == agent
            twice = edited.replace(color="red", system_prompt="Else.")
            assert twice.replace(**{field: old}).replace(color=None, system_prompt=agent.system_prompt) == agent


CLOSED = {name: block for name, block in DROPPED.items() if name != "an example left open"}


@pytest.mark.parametrize("block", CLOSED.values(), ids=CLOSED.keys())
def test_an_example_joins_what_is_there(block: str) -> None:
    agent = ak.loads(file_of(block))
    more = agent.with_example(NEW)
    assert more.description is not None
    assert more.description.startswith((agent.description or "").rstrip())
    assert len(more.examples) == len(agent.examples) + 1
    assert more.without_example(-1) == agent


@given(st.lists(PIECES, max_size=8).map("\n".join), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["foo", "a: b"]))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_edit_changes_another_field_and_each_can_be_undone(block: str, line_end: str, new: str) -> None:
    agent = ak.loads(file_of(block).replace("\n", line_end))
    for field in agent.metadata:
        old = value_of(agent, field)
        for wanted in (new, None):
            try:
                edited = agent.replace(**{field: wanted})
            except ak.errors.EditError:
                continue  # a clear refusal is as good as an edit
            others = {key: value for key, value in agent.metadata.items() if key != field}
            assert {key: value for key, value in edited.metadata.items() if key != field} == others
            assert edited.system_prompt == agent.system_prompt
            if old is not None:
                assert edited.replace(**{field: old}) == agent


def test_an_edit_of_a_dropped_file_leaves_the_other_lines_as_they_are() -> None:
    block = "# a\ndescription: 'Don't'\n\n# b\nmodel: opus # c\ntools:\n- Read"
    agent = ak.loads(file_of(block))
    assert agent.replace(model="haiku").text == file_of(block.replace("opus", "haiku"))
    assert agent.replace(description="Do").text == file_of(block.replace("'Don't'", "Do"))
    assert agent.replace(tools=["Grep"]).text == file_of(block.replace("- Read", "  - Grep"))


def test_a_comment_that_the_repair_takes_for_a_value_goes_with_it() -> None:
    agent = ak.loads(file_of("description: Use it: now\nmodel: opus # fast"))
    assert agent.model == "opus # fast"
    assert agent.replace(model="sonnet").text == file_of("description: Use it: now\nmodel: sonnet")
    edited = agent.replace(description="ok")
    assert (edited.verdict, edited.model) == ("loads", "opus # fast")


def test_a_field_comes_back_where_it_could_not_be_written() -> None:
    agent = ak.loads(file_of("description: Use it\nuser: hi\ndescription: Use it\n..."))
    assert agent.replace(user=None).replace(user="hi") == agent


def test_a_mended_file_is_not_spoilt_again() -> None:
    agent = ak.loads(file_of("description: 'Don't'\ncolor: red"))
    for mended in (agent.fix(), pickle.loads(pickle.dumps(agent.fix()))):
        assert mended.verdict == "loads"
        assert mended.replace(color="blue").replace(color="red") == mended
        assert mended.replace(description="x").replace(description="Don't").verdict == "loads"


def test_a_comment_that_was_typed_outlives_undoing() -> None:
    agent = ak.loads(file_of("description: d\ncolor: red"))
    typed = agent.with_text(agent.text.replace("color", "# calm\ncolor"))
    assert typed.replace(color="blue").replace(color="red") == typed


@pytest.mark.parametrize(
    "text",
    ["---\n  name: a\n  description: d\n---\nB", '---\n{"name": "a", "description": "d"}\n---\nB',
     '---\n{\n"name": "a",\n"description": "d"\n}\n---\nB'],
)  # fmt: skip
def test_fields_that_are_not_at_the_margin_are_refused_with_what_helps(text: str) -> None:
    agent = ak.loads(text)
    assert agent.verdict == "loads"
    for fields in ({"color": "red"}, {"description": "x"}, {"description": None}):
        with pytest.raises(ak.errors.EditError, match="at the start of its line"):
            agent.replace(**fields)
    assert agent.replace(system_prompt="C").text == text[:-1] + "C"


ODD = (
    b"---\nname: a\ndescription: caf\xe9 d <example>user: \xe9 assistant: \xf0\x9f</example>\n---\n"
    b"You caf\xe9.\n\n## T\nfoo \xf0\x9f x\nbar \xff\n\n## U\ny \xff\xfe\n"
)


def test_bytes_that_are_not_utf8_stay_where_nothing_is_said_anew() -> None:
    agent = ak.loads(ODD)
    for edited in (
        agent.replace(system_prompt=agent.system_prompt),
        agent.replace(description=agent.description),
        agent.replace(examples=agent.examples),
        agent.with_section("T", agent.section("T").text),
        agent.replace(description="x", system_prompt="y").replace(
            description=agent.description, system_prompt=agent.system_prompt
        ),
    ):
        assert edited.source == ODD
    more = agent.with_example(NEW)
    assert b'"caf\xe9 d <example>user: \xe9 assistant: \xf0\x9f</example> <example>user' in more.source
    assert more.without_example(-1).source == ODD
    assert more.source.endswith(ODD[ODD.index(b"---\nYou") :])
    longer = agent.with_section("T", agent.section("T").text + "more\n")
    assert longer.source.replace(b"\nmore\n", b"") == ODD
    assert b"\xef\xbf\xbd" not in longer.source


@pytest.mark.parametrize(
    ("block", "fields"),
    [
        (b'description: "caf\xe9\\nd \xff"  # \xfe', {"description": "caf\ufffd\nd \ufffd!"}),
        (b"description: 'caf\xe9 d\xff'\nx: 'y' z", {"description": "caf\ufffd d\ufffd!"}),
        (b"description: 'Don't caf\xe9 d\xff'", {"description": "Don't caf\ufffd d\ufffd!"}),
        (b"description: caf\xe9: \\ d\xff\nmodel: a # \xff", {"description": "caf\ufffd: \\ d\ufffd!", "model": "b"}),
        (b"description: Use caf\xe9\nwhen d\xff", {"description": "Use caf\ufffd when d\ufffd!"}),
        (b"description: >\n  caf\xe9\n  d\xff", {"description": "caf\ufffd d\ufffd\n!"}),
        (b"description: d\nskills: [a, caf\xe9, d\xff]", {"skills": ["d\ufffd", "b", "caf\ufffd"]}),
        (b"description: d\nx:\n  caf\xe9: d\xff", {"x": {"b": 1, "caf\ufffd": "d\ufffd"}}),
    ],
)
def test_bytes_that_are_not_utf8_stay_in_a_field_of_any_form(block: bytes, fields: dict[str, object]) -> None:
    agent = ak.loads(b"---\nname: a\n" + block + b"\n---\nYou \xff.\n")
    edited = agent.replace(**fields)
    assert {key: edited.metadata[key] for key in fields} == fields
    assert b"\xef\xbf\xbd" not in edited.source
    assert (b"caf\xe9" in edited.source, b"d\xff" in edited.source) == (True, True) or b"d \xff" in edited.source
    back = {key: agent.description if key == "description" else agent.metadata[key] for key in fields}
    assert edited.replace(**back) == agent


@pytest.mark.parametrize(
    "block",
    [
        b"description: 'Don't \xe9'",
        b'description: "\xe9" \xff',
        b"description: \xe9: \xff\\",
        b"description: \xe9 --- \xff",
    ],
)
def test_a_fix_keeps_bytes_that_are_not_utf8(block: bytes) -> None:
    agent = ak.loads(b"---\nname: a-b-c\n" + block + b"\n---\nYou report \xff.\n")
    fixed = agent.fix()
    assert fixed.verdict == "loads"
    assert [byte for byte in fixed.source if byte > 127] == [byte for byte in agent.source if byte > 127]


@given(
    st.lists(st.sampled_from(["a", "é", "\n", "\ufffd", "\udce9", "\udcf0\udc9f", "\udcff\udcfe", "b c"]), max_size=12),
    st.lists(st.sampled_from(["a", "\n", "\ufffd", "x"]), max_size=6),
    st.integers(0, 14),
    st.integers(0, 14),
)
def test_what_is_kept_shows_as_what_was_given(old: list[str], piece: list[str], start: int, end: int) -> None:
    text = "".join(old)
    given_text = shown(text)
    assert kept(given_text, text) == text or "\ufffd" not in given_text
    new = given_text[:start] + "".join(piece) + given_text[max(start, end) :]
    assert shown(kept(new, text)) == new
