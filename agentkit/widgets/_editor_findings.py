"""The findings in the form: each with its place to go to and its fix to click."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import ipywidgets as w

from agentkit.definition.findings import SEVERITIES, Finding
from agentkit.views import _words, safe
from agentkit.views.safe import Html
from agentkit.widgets._form_places import Place, place
from agentkit.widgets._form_state import FormState
from agentkit.widgets._parts import box, button, group, html, put, reveal

SHOWN = 30
"""Findings listed; the rest are counted."""

Act = Callable[[Callable[[], object]], None]


def counted(state: FormState) -> str:
    """Return how many findings of each severity there are, in words; empty where there is none."""
    found = Counter(each.severity for each in state.value.findings)
    return " · ".join(
        _words.plural(found[severity], severity, f"{severity}s") for severity in SEVERITIES if found[severity]
    )


class Findings:
    """The list of findings.

    Args:
        state: Whose findings.
        act: Runs an edit and shows the whole form again.
        go: Goes to a finding's place in the form.
    """

    def __init__(self, state: FormState, act: Act, go: Callable[[Place], None]) -> None:
        self._state = state
        self._act = act
        self._go = go
        self._rows: dict[tuple[str, int], _Row] = {}
        self._head = html("", "ak-live")
        self._list = box([], "ak-list")
        self._more = html("", "ak-hint")

    def groups(self) -> list[w.Box]:
        """Return what stands beside the form."""
        return [group("Findings", self._head, self._list, self._more)]

    def refresh(self) -> None:
        """List the findings, the worst first; a row that is there is changed, since a new one takes long to paint."""
        agent = self._state.value
        found = sorted(agent.findings, key=lambda each: SEVERITIES.index(each.severity))
        # Most reasons are told by a finding as well.
        told = not agent.reason or any(agent.reason in each.message for each in found[:SHOWN])
        reason = "" if told else f'<div class="ak-hint">{safe.escape(agent.reason or "")}</div>'
        put(self._head, Html(f"{counted(self._state) or 'Nothing to report.'}{reason}"))
        put(self._more, Html(f"{len(found) - SHOWN:,} more in form.value.findings" if len(found) > SHOWN else ""))
        before, self._rows = self._rows, {}
        seen: Counter[str] = Counter()
        for finding in found[:SHOWN]:
            key = (finding.code, seen[finding.code])
            seen[finding.code] += 1
            row = self._rows[key] = before.get(key) or _Row(self._state, self._act, self._go)
            row.show(finding)
        shown = tuple(row.view for row in self._rows.values())
        if self._list.children != shown:
            self._list.children = shown


class _Row:
    """One finding."""

    def __init__(self, state: FormState, act: Act, go: Callable[[Place], None]) -> None:
        self._state = state
        self._finding: Finding | None = None
        self._place: Place | None = None
        self._line = button("", lambda: go(self._place or Place(1, None)), "ak-line-button")
        self._said = html("")
        self._fix = button("Fix", lambda: act(self._mend))
        self.view = box([self._line, self._said, self._fix], "ak-finding", row=True)

    def _mend(self) -> None:
        if self._finding:
            self._state.fix(self._finding.code)

    def show(self, finding: Finding) -> None:
        """Show a finding where the one before was."""
        here = place(self._state.value, finding.line)
        if finding == self._finding and here == self._place:
            return
        self._finding, self._place = finding, here
        severity, message = safe.escape(finding.severity), safe.visible(finding.message)
        where = "" if here else f"line {finding.line}: "
        put(
            self._said,
            Html(
                f'<span class="ak-severity ak-severity-{severity}">{severity}</span> {where}'
                f'{safe.escape(finding.message)} <span class="ak-hint">{safe.escape(finding.code)}</span>'
            ),
        )
        self._line.description = f"Line {finding.line}"
        self._line.tooltip = f"Go to line {finding.line}: {message}"
        reveal(self._line, here)
        self._fix.tooltip = f"Fix: {safe.visible(finding.fix or '')}"
        reveal(self._fix, finding.fix)
