"""Variants by name, and the trials that they make with samples."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agentkit.definition.opening import load
from agentkit.errors import PlanError
from agentkit.experiment.plan import Plan, Variant, across, make_plan, name_variants
from agentkit.experiment.sampling import samples


def plan(variants: Any, epochs: int = 1, settings: Mapping[str, Any] | None = None, prompts: Any = ("a", "b")) -> Plan:
    named = name_variants(variants)
    return make_plan(named, samples(list(prompts)), epochs, dict.fromkeys(named, "m"), settings or {})


def test_names_come_from_the_definitions_and_are_made_unique(repo: Path) -> None:
    path = repo / "agents" / "backend-engineer.md"
    agent = load(path)
    assert list(name_variants([agent, agent, path])) == [agent.name, f"{agent.name}-2", f"{agent.name}-3"]
    assert list(name_variants(agent)) == [agent.name]
    assert list(name_variants(["Be kind.", "Be brief."])) == ["prompt-1", "prompt-2"]
    assert list(name_variants("Be kind.")) == ["prompt"]
    assert list(name_variants([Variant("Be kind.", name="kind")])) == ["kind"]


def test_trials_go_by_sample_then_variant_then_epoch() -> None:
    made = plan({"x": "X", "y": "Y"}, epochs=2)
    assert [(one.sample[-1], one.variant, one.epoch) for one in made.trials] == [
        (sample, variant, epoch) for sample in "12" for variant in "xy" for epoch in (1, 2)
    ]
    assert len({one.key for one in made.trials}) == 8


def test_a_key_depends_on_what_is_sent_and_on_nothing_else() -> None:
    one = plan({"x": "X"}).trials[0]
    renamed = plan({"other": "X"}, prompts=("z", "a")).trials[1]
    assert one.key == renamed.key
    assert one.key != plan({"x": "X."}).trials[0].key
    assert one.key != plan({"x": "X"}, settings={"max_tokens": 9}).trials[0].key
    assert one.key != plan({"x": "X"}, epochs=2).trials[1].key
    assert one.key == plan({"x": "X"}, epochs=2).trials[0].key


def test_what_a_run_sets_wins_over_the_variant() -> None:
    variant = Variant("X", max_tokens=5, effort="low", stop_sequences=["END"], thinking="adaptive")
    request = plan({"x": variant}, settings={"max_tokens": 7, "extra": {"top_k": 3}}).trials[0].request
    assert request == {
        "model": "m",
        "max_tokens": 7,
        "system": "X",
        "stop_sequences": ["END"],
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "low"},
        "top_k": 3,
        "messages": [{"role": "user", "content": "a"}],
    }


def test_a_schema_and_functions_become_what_the_protocol_takes() -> None:
    def weather(city: str, days: int = 1, exact: bool | None = None) -> str:
        """Tell the weather."""
        return city

    request = plan({"x": "X"}, settings={"schema": {"type": "object"}, "tools": [weather]}).trials[0].request
    assert request["output_config"] == {"format": {"type": "json_schema", "schema": {"type": "object"}}}
    assert request["tools"] == [
        {
            "name": "weather",
            "description": "Tell the weather.",
            "input_schema": {
                "type": "object",
                "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "exact": {"type": "boolean"}},
                "required": ["city"],
            },
        }
    ]


def test_variants_across_models() -> None:
    named = across({"x": "X", "y": Variant("Y", max_tokens=3)}, ["haiku", "opus"])
    assert [(name, one.model, one.max_tokens) for name, one in named.items()] == [
        ("x · haiku", "haiku", None),
        ("x · opus", "opus", None),
        ("y · haiku", "haiku", 3),
        ("y · opus", "opus", 3),
    ]
    assert list(across("X", ["haiku"])) == ["haiku"]


@pytest.mark.parametrize(
    ("variants", "settings", "said"),
    [
        ([], {}, "there are no variants"),
        ({}, {}, "there are no variants"),
        ({"x": "  "}, {}, "no system prompt"),
        ({"": "X"}, {}, "empty name"),
        ({"x": 3}, {}, "this is no variant"),
        ({"x": "X"}, {"max_tokens": 0}, "max_tokens of variant 'x'"),
        ({"x": "X"}, {"effort": "much"}, "unknown effort"),
        ({"x": "X"}, {"extra": {"when": object()}}, "not JSON"),
        ({"x": "X"}, {"tools": [lambda: 1]}, "a tool has no name"),
    ],
)
def test_what_makes_no_plan_is_said(variants: Any, settings: Mapping[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        plan(variants, settings=settings)


def test_a_definition_without_a_prompt_is_named(tmp_path: Path) -> None:
    path = tmp_path / "empty.md"
    path.write_text("---\nname: hollow\ndescription: Use it\n---\n")
    with pytest.raises(PlanError, match="'hollow' has no system prompt"):
        name_variants(path)
