"""Whatever is edited in the form: its Python makes the same definition, byte for byte."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import agentkit as ak
from agentkit.definition.examples import Example
from agentkit.widgets._form_code import code
from agentkit.widgets._form_state import FormState

STARTS = (
    '---\nname: reviewer\ndescription: Use it. <example>user: "a" assistant: "b"</example> <example>user: "c"'
    "</example>\nemoji: 🦉\ntools: Read, Grep\n---\n\nYou review code.\n\n## Role\n\nRead.\n\n### Deeper\n\nThink.\n\n"
    "## Tone\n\nBe kind.\n\n**Output**: a list.\n",
    "---\r\nname: a\r\ndescription: 'It''s b: c'  # why\r\nskills:\r\n  - x\r\n---\r\nYou.\r\n\r\n# One\r\n\r\nx\r\n"
    "\r\n# Two\r\ny",
    "---\nname: a\ndescription: Use when: one\nmodel: opus\n---\n## Same\n\n1\n\n## Same\n\n2\n",
    "---\nname: a\n---\n",
    "---\nname: [\n---\n\nYou.\n",
    "no frontmatter at all\n\n## Part\n\ntext",
    "",
)
RAW = b"---\nname: a\ndescription: caf\xe9\n---\nYou \xff.\n\n## A\n\nb \xfe\n"
TEXTS = st.one_of(
    st.text(max_size=30),
    st.text("ab \n\r\t\"'\\#:-*{}[]", max_size=20),
    st.sampled_from(
        ["## New\n\nx", "**Lead**: y\n\nz", '"""', "\\", "null", "2020-01-01", "a: b", "{", "\ud800", "\u202e"]
    ),
)
NAMES = st.sampled_from(
    [
        "name",
        "description",
        "model",
        "color",
        "tools",
        "maxTurns",
        "max_turns",
        "skills",
        "emoji",
        "my-key",
        "class",
        "on",
        "self",
        "examples",
        "system_prompt",
        "1",
    ]
)
YAML = st.one_of(
    TEXTS,
    st.sampled_from(
        [
            "5",
            "-1.5e3",
            ".inf",
            ".nan",
            "true",
            "~",
            "[a, b]",
            "- a\n- b",
            "k: v",
            "{a: [1, {b: ~}]}",
            "2020-01-01",
            "0x1f",
        ]
    ),
)
SMALL = st.integers(0, 6)
EDITS = st.one_of(
    st.tuples(st.just("set_field"), NAMES, TEXTS | st.none()),
    st.tuples(st.just("set_yaml"), NAMES, YAML),
    st.tuples(st.just("set_lead"), TEXTS),
    st.tuples(st.just("set_prompt"), TEXTS),
    st.tuples(st.just("set_prompt_part"), SMALL, TEXTS),
    st.tuples(st.just("set_example"), SMALL, st.sampled_from(["context", "user", "assistant", "commentary"]), TEXTS),
    st.tuples(st.just("add_example")),
    st.tuples(st.just("remove_example"), SMALL),
    st.tuples(st.just("move_example"), SMALL, st.sampled_from([-1, 1])),
    st.tuples(st.just("set_examples"), st.lists(st.builds(Example, user=TEXTS, assistant=TEXTS), max_size=2)),
    st.tuples(st.just("switch_off"), SMALL),
    st.tuples(st.just("switch_on"), SMALL),
    st.tuples(st.just("move_part"), SMALL, st.sampled_from([-1, 1])),
    st.tuples(st.sampled_from(["undo", "redo", "revert", "fix"])),
)


def edit(state: FormState, name: str, *given: Any) -> None:
    """Make one edit as the form would: only with what the form has buttons for."""
    value = state.value
    if name == "set_example":
        if given[0] < len(value.examples):
            state.set_example(given[0], **{given[1]: given[2]})
    elif name == "set_prompt_part":
        at = given[0] * len(value.system_prompt) // 6
        state.set_prompt(value.system_prompt[:at] + given[1] + value.system_prompt[at:])
    elif name == "switch_on":
        if given[0] < len(state.off):
            state.switch_on(given[0])
    elif name in ("switch_off", "move_part"):
        if given[0] < len(value.sections) and value.sections[given[0]].title:
            getattr(state, name)(*given)
    elif name == "fix":
        for finding in value.findings:
            if finding.fix:
                state.fix(finding.code)
                return
    else:
        getattr(state, name)(*given)


def execute(state: FormState) -> ak.AgentDefinition:
    names: dict[str, Any] = {"ak": ak, "agent": state.baseline}
    exec(code(state.baseline, state.value), names)
    made = names["agent"]
    assert isinstance(made, ak.AgentDefinition)
    return made


@given(st.sampled_from([*(start.encode() for start in STARTS), RAW]), st.lists(EDITS, max_size=6), st.booleans())
@settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.too_slow])
def test_the_code_gives_the_same_bytes(start: bytes, edits: list[tuple[Any, ...]], on_disk: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / 'it\'s "one".md'
        file.write_bytes(start)
        agent = ak.load(file)
        if not on_disk:
            agent = ak.loads(agent.text)
        state = FormState(agent)
        for each in edits:
            edit(state, *each)
            assert execute(state).source == state.value.source


SECTIONED = """---
name: a
description: b
---

You help.

## Role

Read.

## Tone

Be kind.

## Output

**Format**: a list.

**Length**: short.
"""


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda agent: agent.without("Tone"), "agent = agent.without('Tone')"),
        (lambda agent: agent.with_section("Tone", "Be brief."), "agent = agent.with_section('Tone', 'Be brief.')"),
        (lambda agent: agent.with_section("Length", "one line."), "agent = agent.with_section('Length', 'one line.')"),
        (lambda agent: agent.with_section("End", "Stop."), "agent = agent.with_section('End', 'Stop.')"),
        (
            lambda agent: agent.with_section("More", "Now.", after="Role"),
            "agent = agent.with_section('More', 'Now.', after='Role')",
        ),
        (
            lambda agent: agent.with_sections_in_order("Tone", "Role"),
            "agent = agent.with_sections_in_order('Tone', 'Role')",
        ),
        (
            lambda agent: agent.without("Role").with_section("Tone", "x").replace(color="red"),
            "agent = agent.without('Role')\nagent = agent.with_section('Tone', 'x')\n"
            "agent = agent.replace(color='red')",
        ),
    ],
)
def test_edits_of_sections_are_told_as_such(edit: Any, told: str) -> None:
    agent = ak.loads(SECTIONED)
    assert code(agent, edit(agent)) == told


def test_another_way_of_editing_a_section_is_told_as_one_too() -> None:
    agent = ak.loads(SECTIONED)
    typed = agent.replace(system_prompt=agent.system_prompt.replace("Be kind.", "Be kind.\n\nAlways."))
    assert code(agent, typed) == 'agent = agent.with_section(\'Tone\', """Be kind.\n\nAlways.""")'


def test_sections_of_the_same_title_are_no_hindrance_and_take_no_time() -> None:
    part = "".join(f"## Part {at}\n\nx\n\n" for at in range(22))
    agent = ak.loads(f"---\nname: a\ndescription: b\n---\n\nYou plan.\n\n{part}{part}## Tone\n\nBe kind.\n")
    edited = agent.with_section("Tone", "Be brief.")
    assert code(agent, edited) == "agent = agent.with_section('Tone', 'Be brief.')"
