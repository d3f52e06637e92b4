"""Files that the loader drops: their best reading is what the fix makes of them, and neither loses a word."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import agentkit as ak

BODY = "---\nYou help.\n"
EXAMPLE = '<example>\nContext: A\nuser: "hi"\nassistant: "I use it"\n<commentary>\nwhy: so\n</commentary>\n</example>'


def file_of(block: str) -> str:
    return f"---\nname: a-b-c\n{block}\n{BODY}"


MENDED = {
    # block: (description, its lines after the fix, the other fields)
    "a block beside a bad line": (
        "description: |\n  Use it.\n\n  - often\nargument-hint: [x] y",
        "Use it.\n\n- often\n",
        'description: |\n  Use it.\n\n  - often\nargument-hint: "[x] y"',
    ),
    "examples at the margin": (
        f"description: Use it.\n\n{EXAMPLE}\n\n{EXAMPLE}\n\ntools: Read",
        f"Use it.\n\n{EXAMPLE}\n\n{EXAMPLE}",
        None,
    ),
    "indented examples": (
        "description: Use it: now\n\n  <example>\n  user: hi\n    more\n  </example>\ntools: Read",
        "Use it: now\n\n<example>\nuser: hi\n  more\n</example>",
        None,
    ),
    "fields within an example": (
        "description: Use it <example>\nuser: x\nmodel: y\nfoo: z\n</example>\ntools: Read",
        "Use it <example>\nuser: x\nmodel: y\nfoo: z\n</example>",
        None,
    ),
    "an example left open": (
        "description: Use it <example>\nuser: x\nso\ntools: Read",
        "Use it <example>\nuser: x\nso",
        None,
    ),
    "no blank after a colon": (
        "description: Use it\ntools:Read\nmodel:opus",
        "Use it",
        "description: Use it\ntools: Read\nmodel: opus",
    ),
    "lines to keep at the margin": (
        "description: |\nUse it\n  so\n\nlast\ntools: Read",
        "Use it\n  so\n\nlast\n",
        "description: |\n  Use it\n    so\n\n  last\ntools: Read",
    ),
    "lines to fold at the margin": (
        "description: >-\nUse it\noften\ntools: Read",
        "Use it often",
        "description: >-\n  Use it\n  often\ntools: Read",
    ),
    "lines at the margin": ("description: Use it\nwhen asked\ntools: Read", "Use it when asked", None),
    "items at the margin": ("description: Use it for\n- one\n- two\nor so", "Use it for\n- one\n- two or so", None),
    "an open quote": ('description: "Use it', "Use it", 'description: "Use it"'),
    "an open quote before quotes": ('description: "Use "it" often', 'Use "it" often', None),
    "quotes in quotes": ('description: "Use "it" \\"so\\""', 'Use "it" "so"', None),
    "apostrophes in quotes": ("description: 'Don't use ''it'''", "Don't use 'it'", None),
    "two quoted words": ('description: "one" and "two"', '"one" and "two"', None),
    "a quoted word": ("description: 'one' and more", "'one' and more", None),
    "a comment behind quotes": (
        'description: "Use it\nnow"  # c\ntools: Read',
        "Use it now",
        'description: "Use it now"  # c\ntools: Read',
    ),
    "a name in a list": (
        "description: Use it\ntools:\n  - Read # one\n  - 'Bash' (git)",
        "Use it",
        "description: Use it\ntools:\n  - Read # one\n  - \"'Bash' (git)\"",
    ),
    "tabs": (
        "description: Use it\n\tso: often\ntools:\n\t- Read",
        "Use it so: often",
        'description: "Use it so: often"\ntools:\n  - Read',
    ),
    "a list at two margins": (
        "description: Use it\ntools:\n  - Read\n- Grep # two",
        "Use it",
        "description: Use it\ntools:\n  - Read\n  - Grep # two",
    ),
    "a list": ('description: "a "b" c"\ntools:\n  - Read # one\n  - Grep\n# end', 'a "b" c', None),
}


@pytest.mark.parametrize(("block", "description", "mended"), MENDED.values(), ids=MENDED.keys())
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_best_reading_is_what_the_fix_gives(
    block: str, description: str, mended: str | None, line_end: str
) -> None:
    agent = ak.loads(file_of(block).replace("\n", line_end))
    assert agent.verdict == "dropped"
    assert agent.description is not None
    fixed = agent.fix("AK101")
    assert fixed.verdict == "loads"
    assert fixed.metadata == agent.metadata
    assert "user" not in agent.metadata
    assert (agent.tools or ())[:1] == (("Read",) if "tools" in block else ())
    assert "Grep" not in block or agent.tools == ("Read", "Grep")
    if line_end == "\n":
        assert agent.description == description
        assert mended is None or fixed.text == file_of(mended)
    assert len(agent.findings) > 0
    assert fixed.text.count("\r") in (0, fixed.text.count("\n"))


def test_what_cannot_be_mended_is_read_field_by_field() -> None:
    agent = ak.loads(file_of("description: |\n  Use it: so\nskills:\n  - a\n b\ntools:\n  - Read"))
    assert agent.verdict == "dropped"
    assert agent.fix("AK101") == agent
    assert (agent.description, agent.tools, agent.metadata["skills"]) == ("Use it: so\n", ("Read",), None)


PIECES = st.sampled_from(
    ["description: Use it", "description: Use it: now", 'description: "Use "it" now"', "description: 'Don't'",
     "description: |", "description: >-", "  more of it", "and more", "", "<example>", "</example>", 'user: "hi"',
     "assistant: yo", "\n<example>\nuser: a\n</example>", "  <example>", "  </example>", "- item", "  - item",
     "tools:Read", "tools: Read, Grep", "tools:", "\t- Bash", "model: opus # fast", "# a comment", "note: x: y",
     'color: "red" x', "skills: [a,", "  b]", 'hooks:', "  key: value", '"', "'it'", "...", "? x", "a: &b c", "d: *b"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=8).map("\n".join), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_word_is_lost(block: str, line_end: str) -> None:
    agent = ak.loads(file_of(block).replace("\n", line_end))
    fixed = agent.fix("AK101")
    assert (fixed != agent) == any(finding.code == "AK101" and finding.fix for finding in agent.findings)
    if fixed == agent:
        return
    assert fixed.verdict == "loads"
    assert fixed.metadata == agent.metadata
    assert fixed.text.startswith("---" + line_end)

    def words(text: str) -> list[str]:
        return re.findall(r"\w+", re.sub(r'\\([nt"\\])', " ", text))

    assert words(fixed.text) == words(agent.text)


def test_a_field_that_needs_no_mending_keeps_its_lines() -> None:
    block = "# above\nnote: 'x'  # why\n\ndescription: 'Don't'\nlist: [a,\n  b]\n# below"
    fixed = ak.loads(file_of(block)).fix("AK101")
    assert fixed.text == file_of(block.replace("'Don't'", '"Don\'t"'))


FENCED = {
    "double quotes": (
        r'description: "Use it --- or\n\"not\" \x41\t----"  # c',
        r'description: "Use it \x2d-- or\n\"not\" \x41\t\x2d\x2d--"  # c',
        'Use it --- or\n"not" A\t----',
    ),
    "single quotes": ("description: 'It''s a --- b' # c", r"""description: "It's a \x2d-- b" # c""", "It's a --- b"),
    "plain": ("description: a --- b: c", r'description: "a \x2d-- b: c"', "a --- b: c"),
    "a comment": ("description: a --- b # c", r'description: "a \x2d-- b" # c', "a --- b"),
    "a block": ("description: |\n  a\n  b --- c\n", r'description: "a\nb \x2d-- c\n"' + "\n", "a\nb --- c\n"),
    "a list": ("description: d\nskills: [a, b---]", 'description: d\nskills: [a, "b\\x2d--"]', "d"),
    "another line to repair": (
        "description: a --- b\ntools: *\nnote: x: y",
        'description: "a \\x2d-- b"\ntools: "*"\nnote: "x: y"',
        "a --- b",
    ),
    "another line to quote": (
        "description: a --- b\nnote: 'x' y",
        'description: "a \\x2d-- b"\nnote: "\'x\' y"',
        "a --- b",
    ),
}


@pytest.mark.parametrize(("block", "mended", "description"), FENCED.values(), ids=FENCED.keys())
@pytest.mark.parametrize("codes", [("AK110",), ("AK101", "AK110"), ()])
@pytest.mark.parametrize("model", ["", "model: opus\n"])
def test_a_fence_inside_a_value_is_escaped_and_nothing_else(
    block: str, mended: str, description: str, codes: tuple[str, ...], model: str
) -> None:
    agent = ak.loads(f"---\nname: a-b-c\n{model}{block}\ncolor: red\n---\nYou report.\n")
    assert "AK110" in [finding.code for finding in agent.findings if finding.fix]
    fixed = agent.fix(*codes)
    assert fixed.text == f"---\nname: a-b-c\n{model}{mended}\ncolor: red\n---\nYou report.\n"
    assert fixed.verdict == "loads"
    assert (fixed.description, fixed.color) == (description, "red")


def test_a_value_that_a_fence_cuts_is_not_mended_by_half() -> None:
    agent = ak.loads('---\nname: a\ndescription: "Use it --- often"\ntools: Read\n---\nYou.\n')
    assert agent.verdict == "dropped"
    assert agent.fix("AK101") == agent
    assert [finding.code for finding in agent.findings if finding.fix] == ["AK110"]


@pytest.mark.parametrize("rest", ["# You\n", "You: help.\nMore.\n", "# You\n- a\nNote: b\n"])
def test_a_prompt_with_a_rule_is_no_frontmatter(rest: str) -> None:
    agent = ak.loads(f"---\nname: a\ndescription: Use it---\n{rest}---\nMore.\n")
    assert agent.fix("AK110") == agent
