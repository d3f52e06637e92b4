"""The quick ways give what the careful ones give."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import agentkit as ak
from agentkit.definition import marks as quick_looks
from agentkit.definition import rules_body, yamlcore, yamlfast
from agentkit.definition.fields import BY_NAME
from agentkit.definition.findings import rules
from agentkit.definition.repair import repaired
from agentkit.definition.yamlscalars import YamlError

PIECES = st.sampled_from(
    ["name", "description", "tools", "model", "x-y", "-z", "1a", ":", ": ", " ", "\n", "\n", "- ", "  - ", "#", " # c",
     '"', "'", "''", '\\"', "\\\\", "\\n", "\\t", "\\x41", "[", "]", "[a, b]", "{", "|", ">", "*", "&", "!", "%", "@",
     "Use it", "no", "null", "~", "0x1F", "1e3", "é", "\u2028", "\xa0", "\x85", "\t", "🙂", "...", "---", "?", "-"]
)  # fmt: skip
BLOCKS = st.lists(PIECES, max_size=14).map(lambda pieces: "".join(pieces) + "\n")


def careful(block: str) -> object:
    try:
        return yamlcore.read(block)
    except YamlError:
        return YamlError


@given(BLOCKS)
@settings(max_examples=1_500, deadline=None)
def test_a_block_read_quickly_is_read_right(block: str) -> None:
    for mended in (False, True):
        try:
            quick = yamlfast.fields(block, mended=mended)
        except YamlError:
            assert careful(repaired(block) if mended else block) is YamlError
            continue
        if quick is not None:
            values, places = quick
            assert repr(values) == repr(careful(repaired(block) if mended else block))
            assert mended or places is not None
            assert places is None or places.keys() == values.keys()
            assert all(block.startswith(key, place) for key, place in (places or {}).items())


def test_lines_that_are_kept_are_not_shared() -> None:
    first, second = (ak.loads("---\nname: a\ndescription: b\nskills: [x, y]\n---\n") for _ in range(2))
    first.metadata["skills"].append("z")
    assert second.metadata["skills"] == ["x", "y"]


@given(
    st.lists(
        st.sampled_from(["always ", "ALWAYS ", "Always ", "alway", "never ask", "ask", "é", "ſ", "🙂", "\n", "x"])
    ),
    st.sampled_from(["", "\ufeff"]),
    st.sampled_from([b"", b"\xff", b"\xe2\x80"]),
)
def test_orders_are_found_in_the_body_alone(pieces: list[str], mark: str, odd: bytes) -> None:
    body = odd + "".join(pieces).encode()
    agent = ak.loads(f"{mark}---\nname: never\ndescription: é always ask\n---\n".encode() + body)
    assert agent.source[agent.body_start :].lstrip() == body.lstrip()
    found = rules_body._places(agent, rules_body._ALWAYS)
    places = sorted(place for some in found.values() for place in some)
    assert all(agent.source[place : place + 6].lower() == b"always" and place >= agent.body_start for place in places)
    assert len(places) == agent.source[agent.body_start :].lower().count(b"always")


def test_a_rule_waits_for_something_that_can_come() -> None:
    said = Path(quick_looks.__file__).read_text("utf-8")
    for each in rules():
        for need in each.when:
            known = need in BY_NAME or need in ("loads", "repaired", "dropped", "+unknown") or f'"{need}"' in said
            assert known, (each.code, need)


@pytest.mark.parametrize("count", [1, 3])
def test_a_contradiction_is_told_where_it_stands(count: int) -> None:
    agent = ak.loads(
        "---\nname: a\ndescription: Use é for b\n---\nYou report — é.\n"
        + "Nevertheless always ask first.\n" * count
        + "It is forever: almost always Ask First.\n- Don't ask first.\nalwaysask first\n"
    )
    (finding,) = [each for each in agent.findings if each.code == "AK404"]
    assert finding.line == 6 + count + 1
    assert agent.text.splitlines()[finding.line - 1][finding.column - 1 :].startswith("Don't")
    assert "Don't ask first" in finding.message
