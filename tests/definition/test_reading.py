"""Cases written for this test, with what the real program (2.1.330 and 2.1.331) made of each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import agentkit as ak

DATA = Path(__file__).parent / "data"
CASES = json.loads((DATA / "loader_cases.json").read_text())
ROSTER = json.loads((DATA / "roster_cases.json").read_text())
HEAD = "---\nname: a\ndescription: Use for b\n"


def test_the_program_and_we_read_the_same() -> None:
    wrong = []
    for case in CASES:
        agent = ak.loads(case["text"])
        read = agent.verdict != "dropped"
        if read != case["loads"]:
            wrong.append((case["text"], agent.verdict, agent.reason))
        elif read and (agent.name, agent.description, agent.model) != (
            case["name"],
            case["description"],
            case["model"],
        ):
            wrong.append((case["text"], agent.name, agent.description, agent.model))
    assert wrong == []
    assert len(CASES) > 300
    assert 0 < sum(case["loads"] for case in CASES) < len(CASES)


def test_the_program_and_we_list_the_same_tools() -> None:
    wrong = [(case, ak.loads(case["text"]).roster_line) for case in ROSTER]
    assert [pair for pair in wrong if pair[0]["line"] != pair[1]] == []
    assert len(ROSTER) > 100


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (HEAD + "---\n", "loads"),
        (HEAD + "x: y: z\n---\n", "repaired"),
        (HEAD + "x:\n\ty: z\n---\n", "repaired"),
        (HEAD + "x: 'a' b\n---\n", "dropped"),
        ((HEAD + "x: y: z\n---\n").replace("\n", "\r\n"), "dropped"),
        ("\n" + HEAD + "---\n", "dropped"),
        ("\ufeff" + HEAD + "---\n", "loads"),
        (HEAD, "dropped"),
        ("", "dropped"),
        (HEAD + "hooks: []\n---\n", "dropped"),
        (HEAD + "hooks: {PreToolUse: [{hooks: [{command: x}]}]}\n---\n", "dropped"),
        (HEAD + "hooks: {Stop: 5}\n---\n", "loads"),
        ("---\nname: a:b\ndescription: c\n---\n", "dropped"),
        ("---\nname: -a\ndescription: c\n---\n", "dropped"),
        (f"---\nname: {'a' * 256}\ndescription: c\n---\n", "loads"),
        (f"---\nname: {'a' * 257}\ndescription: c\n---\n", "dropped"),
        ("---\nname: a\ndescription: 5\n---\n", "dropped"),
        ("---\nname: a\ndescription: 2024-01-01\n---\n", "loads"),
    ],
)
def test_verdict(text: str, verdict: str) -> None:
    agent = ak.loads(text)
    assert agent.verdict == verdict
    assert (agent.reason is None) == (verdict == "loads")


def test_the_block_ends_at_the_first_fence_anywhere() -> None:
    agent = ak.loads("---\nname: a\ndescription: foo --- bar\ntools: Read\n---\nbody")
    assert (agent.description, agent.tools) == ("foo", None)
    assert agent.system_prompt == "bar\ntools: Read\n---\nbody"


def test_backslash_n_becomes_a_line_end_in_the_description_alone() -> None:
    agent = ak.loads("---\nname: a\\nb\ndescription: C:\\new\n---\n")
    assert (agent.name, agent.description) == ("a\\nb", "C:\new")


def test_bytes_that_are_not_utf8_are_shown_as_the_program_shows_them() -> None:
    agent = ak.loads(b"---\nname: a\xff\ndescription: b\n---\nx \xf0\x9f y")
    assert (agent.name, agent.system_prompt) == ("a\ufffd", "x \ufffd y")


def test_the_prompt_is_trimmed_as_the_program_trims_it() -> None:
    assert ak.loads(HEAD + "---\n\n \u00a0\ufeffx\x85 \x0b\r\n").system_prompt == "x\x85"


@pytest.mark.parametrize(
    "text",
    [
        "---\nname: a\ndescription: b\nc: 'd' e\ntools: Read\n---\nbody",
        "---\nname: a\ndescription: b\ntools: Read\n\n---x\n\n",
        "\n---\nname: a\ndescription: b\ntools: Read\n---\nbody",
    ],
)
def test_a_dropped_file_opens_with_its_best_reading(text: str) -> None:
    agent = ak.loads(text)
    assert (agent.name, agent.description, agent.tools) == ("a", "b", ("Read",))


@pytest.mark.parametrize(
    ("line", "model"),
    [("model: Inherit", "inherit"), ("model: ' opus '", "opus"), ("model: 5", None), ("model: Sonnet", "Sonnet")],
)
def test_model(line: str, model: str | None) -> None:
    assert ak.loads(f"{HEAD}{line}\n---\n").model == model
