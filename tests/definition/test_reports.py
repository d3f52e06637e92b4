from __future__ import annotations

import json

import pytest
from sarif_pydantic import Sarif

import agentkit as ak
from agentkit.definition.findings import Finding
from agentkit.definition.lintconfig import LintConfig, parse
from agentkit.definition.reports import report

FOUND = [
    Finding("AK101", "does-not-load", "error", 3, 7, "100% wrong:\nsee", None, "agents/a b,c.md"),
    Finding("AK302", "no-examples", "info", 1, 1, "none", None, "agents/x.md"),
]
SARIF = {
    # The parts of the SARIF 2.1.0 schema that a log of this tool uses, written out from the standard's text.
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"enum": ["2.1.0"]},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],
                "additionalProperties": False,
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "additionalProperties": False,
                        "properties": {"driver": {"$ref": "#/$defs/driver"}},
                    },
                    "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
                },
            },
        },
    },
    "$defs": {
        "text": {
            "type": "object",
            "required": ["text"],
            "additionalProperties": False,
            "properties": {"text": {"type": "string"}},
        },
        "level": {"enum": ["none", "note", "warning", "error"]},
        "driver": {
            "type": "object",
            "required": ["name"],
            "additionalProperties": False,
            "properties": {
                "name": {"type": "string"},
                "informationUri": {"type": "string", "pattern": "^https://"},
                "rules": {
                    "type": "array",
                    "uniqueItems": True,
                    "items": {
                        "type": "object",
                        "required": ["id"],
                        "additionalProperties": False,
                        "properties": {
                            "id": {"type": "string"},
                            "name": {"type": "string"},
                            "shortDescription": {"$ref": "#/$defs/text"},
                            "fullDescription": {"$ref": "#/$defs/text"},
                            "help": {"$ref": "#/$defs/text"},
                            "defaultConfiguration": {
                                "type": "object",
                                "additionalProperties": False,
                                "properties": {"level": {"$ref": "#/$defs/level"}},
                            },
                        },
                    },
                },
            },
        },
        "result": {
            "type": "object",
            "required": ["message"],
            "additionalProperties": False,
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": -1},
                "level": {"$ref": "#/$defs/level"},
                "message": {"$ref": "#/$defs/text"},
                "locations": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {
                            "physicalLocation": {
                                "type": "object",
                                "additionalProperties": False,
                                "properties": {
                                    "artifactLocation": {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "properties": {"uri": {"type": "string", "pattern": "^[^ \\\\]+$"}},
                                    },
                                    "region": {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "properties": {
                                            "startLine": {"type": "integer", "minimum": 1},
                                            "startColumn": {"type": "integer", "minimum": 1},
                                        },
                                    },
                                },
                            }
                        },
                    },
                },
            },
        },
    },
}


def test_text() -> None:
    lines = report(FOUND, "text", files=2).splitlines()
    assert lines[0] == "agents/a b,c.md:3:7: error AK101 100% wrong:\\nsee"
    assert lines[-1] == "2 files: 1 error, 1 info"


def test_text_lets_no_control_character_through() -> None:
    finding = Finding("AK101", "does-not-load", "error", 1, 1, "red \x1b[31m", None, "x\x07.md")
    assert "\x1b" not in report([finding], "text", files=1)
    assert "\x07" not in report([finding], "text", files=1)


def test_json() -> None:
    body = json.loads(report(FOUND, "json", files=2))
    assert body["summary"] == {"error": 1, "warning": 0, "info": 1}
    assert body["findings"][0]["docs"] == "docs/lint-rules.md#ak101"


def test_github() -> None:
    first = report(FOUND, "github", files=2).splitlines()[0]
    assert first == ("::error file=agents/a b%2Cc.md,line=3,col=7,title=AK101 does-not-load::100%25 wrong:%0Asee")


def test_sarif_fits_the_standard() -> None:
    import jsonschema

    log = json.loads(report(FOUND, "sarif", files=2))
    jsonschema.Draft202012Validator(SARIF).validate(log)
    # The models of sarif-pydantic are made from the whole schema of the standard.
    assert Sarif.model_validate(log).version == "2.1.0"
    run = log["runs"][0]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_settings() -> None:
    config = parse({"ignore": ["AK3"], "severity": {"AK1": "info", "AK101": "warning"}, "fail-on": "error"})
    (kept,) = config.apply(FOUND)
    assert kept.severity == "warning"
    assert not config.fails([kept])
    assert LintConfig(select=("AK302",)).apply(FOUND) == FOUND[1:]
    assert parse({"severity": {"AK3": "off"}}).apply(FOUND) == FOUND[:1]


@pytest.mark.parametrize(
    "table",
    [{"ignored": []}, {"ignore": ["XX1"]}, {"ignore": "AK1"}, {"severity": {"AK1": "bad"}}, {"fail-on": "never"}],
)
def test_wrong_settings_are_refused(table: dict[str, object]) -> None:
    with pytest.raises(ak.errors.DefinitionError):
        parse(table)
