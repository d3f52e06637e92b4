from __future__ import annotations

import json

import pytest

import agentkit as ak

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
