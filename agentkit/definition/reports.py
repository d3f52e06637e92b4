"""Findings for readers: a terminal, a program, code scanning (SARIF 2.1.0), GitHub's annotations."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agentkit.definition.findings import DOCS, SEVERITIES, Finding, rules

FORMATS = ("text", "json", "sarif", "github")
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def report(found: Sequence[Finding], style: str, *, files: int) -> str:
    """Return the findings in one of `FORMATS`.

    Args:
        found: The findings.
        style: The format.
        files: How many files were looked at.
    """
    return {"text": _text, "json": _json, "sarif": _sarif, "github": _github}[style](found, files)


def summary(found: Sequence[Finding], files: int) -> str:
    """Return the counts in one line.

    >>> summary([], 3)
    '3 files: no findings'
    """
    counts = Counter(finding.severity for finding in found)
    parts = [f"{counts[level]} {level}{'s' * (counts[level] != 1)}" for level in SEVERITIES if counts[level]]
    return f"{files} file{'s' * (files != 1)}: {', '.join(parts) or 'no findings'}"


def _text(found: Sequence[Finding], files: int) -> str:
    return "\n".join([*(_line(str(finding)) for finding in found), summary(found, files)])


def _line(text: str) -> str:
    # A terminal obeys control characters, and a message may quote the file.
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _json(found: Sequence[Finding], files: int) -> str:
    counts = Counter(finding.severity for finding in found)
    body = {
        "version": 1,
        "files": files,
        "summary": {level: counts[level] for level in SEVERITIES},
        "findings": [{**finding._asdict(), "why": finding.why, "docs": finding.docs} for finding in found],
    }
    return json.dumps(body, indent=2)


def _sarif(found: Sequence[Finding], files: int) -> str:
    every = rules()
    place = {rule.code: index for index, rule in enumerate(every)}
    run = {
        "tool": {
            "driver": {
                "name": "agentkit",
                "rules": [
                    {
                        "id": rule.code,
                        "name": "".join(word.capitalize() for word in rule.name.split("-")),
                        "shortDescription": {"text": rule.name.replace("-", " ")},
                        "fullDescription": {"text": rule.why},
                        "help": {"text": f"{rule.why} {DOCS}#{rule.code.lower()}"},
                        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
                    }
                    for rule in every
                ],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, place) for finding in found],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(finding: Finding, place: dict[str, int]) -> dict[str, Any]:
    from urllib.parse import quote

    location: dict[str, Any] = {
        "artifactLocation": {"uri": quote(os.fsencode(Path(finding.path or "text").as_posix()))}
    }
    location["region"] = {"startLine": finding.line, "startColumn": finding.column}
    return {
        "ruleId": finding.code,
        "ruleIndex": place[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": location}],
    }


def _github(found: Sequence[Finding], files: int) -> str:
    lines = []
    for finding in found:
        where = f"file={_property(finding.path or 'text')},line={finding.line},col={finding.column}"
        title = _property(f"{finding.code} {finding.rule}")
        lines.append(f"::{_COMMANDS[finding.severity]} {where},title={title}::{_message(finding.message)}")
    return "\n".join(lines)


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
