from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import agentkit as ak
from agentkit.definition.envelope import BLANK_CHARACTERS
from agentkit.definition.tools import tools_of

TEXT = (
    "---\nname: a\ndescription: Use for b\ntools: Read, Grep\nmodel: opus\nmaxTurns: 5\nhooks: {}\ncolor: red\n"
    "mood: calm\n---\n\nYou help.\n"
)


def test_there_and_back() -> None:
    agent = ak.loads(TEXT)
    done = ak.to_agents_json(agent)
    assert done.lost == {"a": ("mood",)}
    (again,) = ak.from_agents_json(str(done))
    assert again.verdict == "loads"
    assert (again.name, again.description, again.model, again.tools) == ("a", "Use for b", "opus", ("Read", "Grep"))
    assert again.system_prompt == "You help."
    assert ak.to_agents_json(again).agents == done.agents


def test_the_sdk_takes_less() -> None:
    done = ak.to_sdk([ak.loads(TEXT)])
    assert done.agents["a"]["tools"] == ["Read", "Grep"]
    assert done.lost == {"a": ("hooks", "color", "mood")}
    json.dumps(done.agents)


@pytest.mark.parametrize(
    "text", ["nonsense", "[]", '{"a": 5}', '{"a": {"prompt": "x"}}', '{"a": {"description": "x"}}']
)
def test_wrong_json_is_refused(text: str) -> None:
    with pytest.raises(ak.errors.DefinitionError):
        ak.from_agents_json(text)


def test_what_does_not_load_is_refused() -> None:
    with pytest.raises(ak.errors.DefinitionError, match="does not load"):
        ak.to_agents_json(ak.loads("---\nname: a\n---\n"))
    with pytest.raises(ak.errors.DefinitionError, match="two definitions"):
        ak.to_agents_json([ak.loads(TEXT), ak.loads(TEXT)])


def one(**fields: Any) -> dict[str, Any]:
    return {"a": {"description": "Use for b", "prompt": "You help.", **fields}}


WORDS = [
    "a", "name", "tools", "model", "-", "---", "\\n", "\\", '"', "'", "[", "{", "*", "&", "!", "<<", "|", "?", "~",
    "null", "1", "é", "🙂", "\0", ":", "#", ": ", " #", "# ", " ", "\n", "\t", "\r", "\x85", "\u2028", "\ufeff",
    "\ud800",
]  # fmt: skip
PIECES = st.lists(st.sampled_from(WORDS), max_size=4).map("".join)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | PIECES
VALUES = PLAIN | st.lists(PLAIN, max_size=2) | st.dictionaries(PIECES, PLAIN | st.lists(PIECES, max_size=2), max_size=2)
NAMES = st.lists(
    st.sampled_from(["Read", "Grep", "Bash(git log:*, x)", "my tool", "", "*", "Bash(a", " b", "c,d"]), max_size=3
)
FIELDS = st.builds(
    lambda fields, more: {**more, **fields},
    st.fixed_dictionaries(
        {"description": PIECES.map("Use for b".__add__), "prompt": PIECES.map("You".__add__) | PIECES},
        optional={"tools": NAMES | PIECES, "disallowedTools": NAMES, "model": PIECES, "skills": VALUES},
    ),
    st.dictionaries(PIECES, VALUES, max_size=2),
)


@given(st.dictionaries(PIECES.map("x".__add__), FIELDS, max_size=2))
@settings(max_examples=400, deadline=None)
@example({"a": {"description": "d", "prompt": "p", "---\nboo": 1, "tools": ["Read"]}})
@example(one(**{"a: b": 1, "# hm": 2, "x\ntools": "Bash"}))
def test_what_is_built_reads_back_as_it_was_given(agents: dict[str, Any]) -> None:
    for given_ in (agents, json.dumps(agents)):
        try:
            built = ak.from_agents_json(given_)
        except ak.errors.DefinitionError:
            continue
        assert [agent.name for agent in built] == list(agents)
        for agent, fields in zip(built, agents.values(), strict=True):
            again = ak.loads(bytes(agent))
            assert again.verdict == "loads"
            assert again.description == fields["description"]
            assert again.system_prompt == fields["prompt"].strip(BLANK_CHARACTERS)
            assert (again.system_prompt != fields["prompt"]) == (agent.name in built.lost)
            kept = {key: value for key, value in fields.items() if key != "prompt" and value is not None}
            assert again.metadata.keys() == {*kept, "name"}
            for key, value in kept.items():
                if key in ("tools", "disallowedTools"):
                    listed = isinstance(value, list) and value and "*" not in value
                    assert tools_of(again.metadata[key]) == (tuple(value) if listed else tools_of(value))
                else:
                    assert again.metadata[key] == value


@pytest.mark.parametrize(
    ("agents", "why"),
    [
        (one(name="b"), "another name"),
        (one(description=r"Reads C:\new files"), "backslash followed by n"),
        (one(description=""), "no description"),
        (one(tools=["my tool"]), "tools .* would not read back"),
        (one(tools=[""]), "tools .* would not read back"),
        (one(tools=5), "tools .* would not read back"),
        (one(prompt="\ud800"), "half a surrogate"),
        (one(mood="\ud800"), "half a surrogate"),
        (one(hooks=[1]), "would not load: hooks"),
        ({"a:b": one()["a"]}, "would not load: its name holds a colon"),
        ({"-a": one()["a"]}, "would not load"),
        ({"": one()["a"]}, "would not load"),
        ({"a": one(prompt=None)["a"]}, "no prompt"),
        (one(mood=float("nan")), "not JSON"),
        (one(mood={1, 2}), "not JSON: it has no word for a set"),
        ('{"a": {"description": "d", "prompt": "p", "x": NaN}}', "not JSON: NaN is no number"),
        ('{"a": {}, "a": {}}', "stands twice"),
        (None, "no mapping"),
        (0, "no mapping"),
        (b"\xff", "not JSON"),
    ],
)
def test_what_a_file_cannot_hold_is_refused(agents: Any, why: str) -> None:
    for form in (agents, json.dumps(agents)) if isinstance(agents, dict) and "set" not in why else (agents,):
        with pytest.raises(ak.errors.DefinitionError, match=why if form is agents else None) as caught:
            ak.from_agents_json(form)
        assert str(caught.value).isprintable() or "\n" in str(caught.value)


@pytest.mark.parametrize("depth", [200, 400, 900, 100_000])
def test_values_nested_deep_end_in_an_error(depth: int) -> None:
    with pytest.raises(ak.errors.DefinitionError) as caught:
        ak.from_agents_json('{"a": {"description": "d", "prompt": "p", "x": ' + "[" * depth + "]" * depth + "}}")
    assert len(str(caught.value)) < 2_000


def test_white_space_around_a_prompt_is_told() -> None:
    built = ak.from_agents_json({**one(prompt=" You help.\n"), "b": one()["a"]})
    assert built.lost == {"a": ("prompt",)}
    assert [agent.system_prompt for agent in built] == ["You help.", "You help."]
    again = pickle.loads(pickle.dumps(built))
    assert (again, again.lost) == (built, built.lost)


def test_what_is_given_out_is_nobodys_but_the_receivers() -> None:
    agent = ak.loads("---\nname: a\ndescription: Use for b\nskills: [x]\nmcpServers:\n  - y: {z: [1]}\n---\n")
    fields: Any = ak.to_agents_json(agent).agents["a"]
    fields["skills"].append("evil")
    fields["mcpServers"][0]["y"]["z"].append("evil")
    assert agent.metadata["skills"] == ["x"]
    assert agent.metadata["mcpServers"] == [{"y": {"z": [1]}}]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("background: yes", None), ("background: true", True), ('background: "false"', False), ("background: 1", None),
        ("maxTurns: abc", None), ("maxTurns: 0", None), ("maxTurns: 5", 5), ("maxTurns: true", None),
        ("permissionMode: ask", None), ("permissionMode: plan", "plan"), ("memory: xx", None), ("memory: user", "user"),
        ("effort: huge", None), ("effort: 7", 7), ("effort: low", "low"), ("effort: true", None),
        ("isolation: x", None), ("isolation: worktree", "worktree"), ("mcpServers: x", None),
        ("mcpServers: [x, {y: {}}]", ["x", {"y": {}}]), ("skills: [.inf]", None), ("hooks: 0", None),
        ("initialPrompt: 5", None), ("initialPrompt: Go", "Go"), ("color:", None), ("model: 5", None),
        ("color: teal", "teal"), ("prompt: x", None),
    ],
)  # fmt: skip
def test_what_the_loader_does_not_take_is_lost(line: str, wanted: object) -> None:
    done = ak.to_agents_json(ak.loads(f"---\nname: a\ndescription: Use for b\n{line}\n---\nYou.\n"))
    key = line.partition(":")[0]
    assert done.agents["a"]["prompt"] == "You."
    assert done.agents["a"].get(key) == (wanted if key != "prompt" else "You.")
    assert done.lost == ({} if wanted is not None else {"a": (key,)})
    assert json.loads(str(done), parse_constant=pytest.fail) == done.agents


def test_a_server_that_the_loader_does_not_take_is_lost_alone() -> None:
    done = ak.to_agents_json(ak.loads("---\nname: a\ndescription: Use for b\nmcpServers: [x, 5]\n---\n"))
    assert done.agents["a"]["mcpServers"] == ["x"]
    assert done.lost == {"a": ("mcpServers",)}


@pytest.mark.parametrize("agents", [None, "x", 5, [TEXT], {"a": 1}])
def test_what_is_no_definition_says_so(agents: Any) -> None:
    with pytest.raises(ak.errors.DefinitionError, match="is no definition") as caught:
        ak.to_agents_json(agents)
    assert caught.value.received
    assert caught.value.accepted
    assert caught.value.hint


def test_a_folder_can_be_given_as_it_is(tmp_path: Any) -> None:
    (tmp_path / "a.md").write_text(TEXT)
    assert list(ak.to_agents_json(ak.load_folder(tmp_path)).agents) == ["a"]


@pytest.mark.parametrize("tools", ['"*"', '""', "[]"])
def test_all_tools_are_said_by_naming_none(tools: str) -> None:
    agent = ak.loads(f"---\nname: a\ndescription: Use for b\ntools: {tools}\n---\nYou c.\n")
    assert not ak.to_agents_json(agent).lost
    assert "tools" not in ak.to_agents_json(agent).agents["a"]
