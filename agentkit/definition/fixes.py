"""Making the safe fixes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentkit.definition.findings import rules
from agentkit.errors import EditError

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition

_RANK = {"dropped": 0, "repaired": 1, "loads": 2}


def fixed(agent: AgentDefinition, codes: Sequence[str]) -> AgentDefinition:
    """Return the definition with the fixes of these rules, or of all, made; a fix that would harm is left out.

    A fix harms when a file that loads would no longer load.

    Raises:
        EditError: a code is unknown, or its rule has no safe fix.
    """
    known = {rule.code: rule for rule in rules()}
    for code in codes:
        if code not in known or known[code].mend is None:
            raise EditError(
                f"no fix for {code!r}", accepted=", ".join(code for code, rule in known.items() if rule.mend)
            )
    for code, rule in known.items():
        if rule.mend is None or (codes and code not in codes):
            continue
        if not any(finding.code == code and finding.fix for finding in agent.findings):
            continue
        try:
            mended = rule.mend(agent)
        except EditError:
            continue
        if _RANK[mended.verdict] >= _RANK[agent.verdict]:
            agent = mended
    return agent
