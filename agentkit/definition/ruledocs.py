"""The documentation of the rules, written from the rules.

`python -m agentkit.definition.ruledocs > docs/lint-rules.md`
"""

from __future__ import annotations

from agentkit.definition.findings import Rule, rules
from agentkit.errors import DefinitionError

_HEAD = """# Lint rules

Written from the rules by `python -m agentkit.definition.ruledocs > docs/lint-rules.md`; a test holds it current.

`agentkit lint PATH...` and `agent.findings` report these. A rule with a fix is mended by `agent.fix("CODE")` and
`agentkit lint --fix`, which never makes a file stop loading; `agentkit lint --explain CODE` prints what stands here. In
`pyproject.toml`, of which the nearest above each path that is given counts:

```toml
[tool.agentkit.lint]
ignore = ["AK302"]                       # codes, or the beginnings of codes
fail-on = "warning"                      # least severity that makes exit code 1
severity = { AK403 = "error", AK5 = "off" }
per-path = { "agents/old/*" = ["AK4"] }  # rules that do not run there
```

Exit codes: 0 nothing as severe as `fail-on`, 1 something is, 2 a file could not be read or a setting is wrong.

| code | name | severity | fix |
|---|---|---|---|
"""


def page() -> str:
    """Return the page."""
    rows = [
        f"| [{rule.code}](#{rule.code.lower()}) | {rule.name} | {rule.severity} | {_mended(rule)} |" for rule in rules()
    ]
    return _HEAD + "\n".join(rows) + "\n" + "".join(_section(rule) for rule in rules())


def section(code: str) -> str:
    """Return what the page says of one rule.

    Raises:
        DefinitionError: there is no such rule.
    """
    found = [rule for rule in rules() if rule.code == code.upper()]
    if not found:
        raise DefinitionError(f"no rule {code!r}", accepted=", ".join(rule.code for rule in rules()))
    return _section(found[0]).strip()


def _mended(rule: Rule) -> str:
    return "yes" if rule.mend else ""


def _section(rule: Rule) -> str:
    scope = "the files of a folder together" if rule.folder else "one file"
    fix = f" Fix: {(rule.mend.__doc__ or '').strip().splitlines()[0]}" if rule.mend else ""
    example = f"\n```yaml\n{rule.bad}\n```\n" if rule.bad else ""
    return f"\n## {rule.code}\n\n**{rule.name}** · {rule.severity} · looks at {scope}\n\n{rule.why}{fix}\n{example}"


if __name__ == "__main__":
    import sys

    sys.stdout.write(page())
