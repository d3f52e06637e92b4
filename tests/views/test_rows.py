"""Findings and examples as they show themselves in a notebook."""

from __future__ import annotations

import pytest
from IPython.core.formatters import DisplayFormatter
from payloads import ALL, Page

import agentkit as ak
from agentkit.definition.examples import Examples
from agentkit.definition.findings import Finding, Findings

TEXT = """---
name: a
description: 'Use: <example>user: "Add it" assistant: "Yes"</example>'
colour: teal
---
You help.
"""


def shown(value: object) -> dict[str, str]:
    bundle: dict[str, str] = DisplayFormatter().format(value)[0]
    return bundle


def test_findings_show_as_lines_and_as_a_table() -> None:
    found = ak.loads(TEXT).findings
    assert isinstance(found, tuple)
    assert shown(found)["text/plain"] == "\n".join(map(str, found))
    assert "<table" in shown(found)["text/html"]
    assert all(each.code in shown(found)["text/html"] for each in found)
    assert shown(Findings())["text/plain"] == "no findings"


def test_examples_show_as_lines_and_as_a_table() -> None:
    found = ak.loads(TEXT).examples
    assert shown(found)["text/plain"] == "example 1\n  user        Add it\n  assistant   Yes"
    assert "<table" in shown(found)["text/html"]
    assert shown(Examples())["text/plain"] == "no examples"


@pytest.mark.parametrize("text", ALL)
def test_nothing_in_them_is_active(text: str) -> None:
    Page(shown(Findings([Finding(text, text, text, 1, 1, text, text, text)]))["text/html"])
    Page(shown(Examples([ak.Example(user=text, context=text)]))["text/html"])
