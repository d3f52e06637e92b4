"""YAML cases written for this test, with what the real program's own YAML parser made of each."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from agentkit.definition import yamlcore, yamlfast
from agentkit.definition.yamlcore import YamlError

CASES = json.loads((Path(__file__).parent / "data" / "yaml_cases.json").read_text())
_ODD = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}


def expected(value: Any) -> Any:
    if isinstance(value, dict) and "number" in value:
        return _ODD.get(value["number"], value["number"])
    if isinstance(value, dict):
        return {key: expected(item) for key, item in value["map"].items()}
    return [expected(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case["yaml"])[:40])
def test_cases(case: dict[str, Any]) -> None:
    for read in (yamlcore.read, yamlfast.read):
        if "error" in case:
            with pytest.raises(YamlError):
                read(case["yaml"])
        else:
            assert repr_numbers(read(case["yaml"])) == repr_numbers(expected(case["value"]))


def repr_numbers(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return ("number", repr(float(value)).replace("-0.0", "0.0"))
    if isinstance(value, dict):
        return {key: repr_numbers(item) for key, item in value.items()}
    return [repr_numbers(item) for item in value] if isinstance(value, list) else value


def test_errors_say_where() -> None:
    with pytest.raises(YamlError) as caught:
        yamlcore.read("a: b\nc: d: e\n")
    assert (caught.value.line, caught.value.column) == (2, 5)
    with pytest.raises(YamlError) as quick:
        yamlfast.read("a: b\nc: d: e\n")
    assert (quick.value.line, quick.value.column) == (2, 5)


@pytest.mark.parametrize(
    "block",
    [
        "a: " + "[" * 10_000 + "]" * 10_000,
        "a: " + "{a: " * 10_000,
        "- " * 10_000,
        "".join("  " * depth + "a:\n" for depth in range(400)),
        "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)),
        "a: \0",
    ],
    ids=["brackets", "braces", "dashes", "indentation", "aliases", "nul"],
)
def test_hostile_blocks_end_in_an_error(block: str) -> None:
    with pytest.raises(YamlError):
        yamlcore.read(block)


def test_aliases_share_instead_of_copying() -> None:
    value = yamlcore.read("a: &x [1]\nb: *x\n")
    assert value["a"] is value["b"]
