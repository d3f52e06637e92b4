"""Making the safe fixes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentkit.definition import mending
from agentkit.definition.findings import rules
from agentkit.errors import EditError

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition

_ROUNDS = 5
"""One fix can make room for another; this many rounds are always enough."""


def fixed(agent: AgentDefinition, codes: Sequence[str]) -> AgentDefinition:
    """Return the definition with the fixes of these rules, or of all, made; a fix that would harm is left out.

    A fix harms when a file that loads would no longer load.

    Raises:
        EditError: a code is unknown, or its rule has no safe fix.
    """
    known = {rule.code: rule for rule in rules()}
    for code in codes:
        if not isinstance(code, str) or code not in known or known[code].mend is None:
            raise EditError(
                f"no fix for {code!r}", accepted=", ".join(code for code, rule in known.items() if rule.mend)
            )
    mends = {code: rule.mend for code, rule in known.items() if rule.mend and (not codes or code in codes)}
    for _ in range(_ROUNDS):
        before = agent
        for code, mend in mends.items():
            if any(finding.code == code and finding.fix for finding in agent.findings):
                agent = mending.made(mend, agent)
        if agent == before:
            break
    return agent
