"""Which rules count, and how much: `[tool.agentkit.lint]` in pyproject.toml."""

from __future__ import annotations

import fnmatch
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agentkit.definition.findings import SEVERITIES, Finding, rules
from agentkit.errors import DefinitionError

_TABLE = "[tool.agentkit.lint] with a setting on each line below it"
_KEYS = ("select", "ignore", "severity", "per-path", "fail-on")


@dataclass(frozen=True, slots=True)
class LintConfig:
    """Settings of the lint. Rules are named by code (`AK302`) or by the beginning of one (`AK3`)."""

    select: tuple[str, ...] = ()
    """Rules that run; all when empty."""
    ignore: tuple[str, ...] = ()
    """Rules that do not run."""
    severity: Mapping[str, str] = field(default_factory=dict)
    """Rule → `error`, `warning`, `info` or `off`."""
    per_path: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Pattern of paths → rules that do not run there."""
    fail_on: str = "warning"
    """Findings of this severity or worse make the command fail."""
    root: Path | None = None
    """Folder of the pyproject.toml, which path patterns are relative to."""

    def apply(self, found: Iterable[Finding]) -> list[Finding]:
        """Return the findings that count, with the severities that were set."""
        kept = []
        for finding in found:
            code = finding.code
            if (self.select and not _names(self.select, code)) or _names(self.ignore, code):
                continue
            if any(_names(codes, code) and self._lies_in(finding, pattern) for pattern, codes in self.per_path.items()):
                continue
            severity = self._severity(code, finding.severity)
            if severity != "off":
                kept.append(finding if severity == finding.severity else finding._replace(severity=severity))
        return kept

    def fails(self, found: Iterable[Finding]) -> bool:
        """Tell whether one of the findings is as bad as `fail_on`."""
        limit = SEVERITIES.index(self.fail_on)
        return any(SEVERITIES.index(finding.severity) <= limit for finding in found)

    def _severity(self, code: str, usual: str) -> str:
        fitting = [prefix for prefix in self.severity if code.startswith(prefix)]
        return self.severity[max(fitting, key=len)] if fitting else usual

    def _lies_in(self, finding: Finding, pattern: str) -> bool:
        path = Path(os.path.abspath(finding.path or ""))
        root = os.path.abspath(self.root) if self.root is not None else None
        if root is not None and path.is_relative_to(root):
            path = path.relative_to(root)
        return fnmatch.fnmatch(path.as_posix(), pattern)


def _names(codes: Iterable[str], code: str) -> bool:
    return any(code.startswith(prefix) for prefix in codes)


def find(start: Path) -> LintConfig:
    """Return the settings of the nearest pyproject.toml that has some, from a folder upward; the usual ones else.

    Raises:
        DefinitionError: the file, or a setting, is wrong.
    """
    for folder in (start.absolute(), *start.absolute().parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            try:
                table: object = tomllib.loads(path.read_text("utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError, RecursionError) as error:
                raise DefinitionError(f"{path} cannot be read: {error}", hint="mend it, or move it away") from error
            for key in ("tool", "agentkit", "lint"):
                if not isinstance(table, Mapping):
                    raise DefinitionError(f"{path}: what holds {key!r} is no table", received=table, accepted=_TABLE)
                table = table.get(key, {} if key != "lint" else None)
            if table is not None:
                return parse(table, path)
    return LintConfig()


def parse(table: object, path: Path | None = None) -> LintConfig:
    """Return the settings of a `[tool.agentkit.lint]` table.

    Raises:
        DefinitionError: a setting is unknown, names no rule, or has a value it cannot have.

    >>> parse({"ignore": ["AK302"], "severity": {"AK4": "off"}}).ignore
    ('AK302',)
    """
    place = f"{path or 'pyproject.toml'}: [tool.agentkit.lint]"
    if not isinstance(table, Mapping):
        raise DefinitionError(f"{place} is no table", received=table, accepted=_TABLE)
    for key in table:
        if key not in _KEYS:
            raise DefinitionError(f"{place} has no setting {key!r}", accepted=", ".join(_KEYS))
    severity = table.get("severity", {})
    per_path = table.get("per-path", {})
    if not isinstance(severity, Mapping) or not isinstance(per_path, Mapping):
        raise DefinitionError(f"{place}: severity and per-path are tables")
    for code, level in severity.items():
        if level not in (*SEVERITIES, "off"):
            raise DefinitionError(f"{place}: {code}", received=level, accepted=", ".join((*SEVERITIES, "off")))
    fail_on = table.get("fail-on", "warning")
    if fail_on not in SEVERITIES:
        raise DefinitionError(f"{place}: fail-on", received=fail_on, accepted=", ".join(SEVERITIES))
    return LintConfig(
        codes(table.get("select", []), place),
        codes(table.get("ignore", []), place),
        {codes([code], place)[0]: str(level) for code, level in severity.items()},
        {str(pattern): codes(listed, place) for pattern, listed in per_path.items()},
        str(fail_on),
        path.parent if path is not None else None,
    )


def codes(listed: object, place: str) -> tuple[str, ...]:
    """Return a list of rule codes or prefixes, each of which must name a rule."""
    if not isinstance(listed, list) or not all(isinstance(code, str) for code in listed):
        raise DefinitionError(f"{place}: rules are a list of texts", received=listed)
    listed = [code.upper() for code in listed]
    for code in listed:
        if not any(rule.code.startswith(code) for rule in rules()):
            known = ", ".join(rule.code for rule in rules())
            raise DefinitionError(f"{place}: no rule {code!r}", accepted=known)
    return tuple(listed)
