"""What the form says beside the inputs: findings with their fixes, the roster line, sizes, the diff, the code."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as w

from agentkit.definition import roster
from agentkit.definition.findings import Finding
from agentkit.views import _words, diff, safe
from agentkit.views.safe import Html
from agentkit.widgets._form_places import Place, place
from agentkit.widgets._form_state import FormState
from agentkit.widgets._parts import box, button, group, html, put

SHOWN = 30
"""Findings listed; the rest are counted."""

_VERDICTS = {"loads": "Loads", "repaired": "Loads after a repair", "dropped": "Will not load"}


def title(state: FormState) -> Html:
    """Return the form's heading: name, file, what the loader makes of it, whether it is saved."""
    agent = state.value
    changes = sum(line[:1] in "+-" for line in state.diff().split("\n")[2:])
    saved = (
        f"<b>● Unsaved changes</b> in {_words.plural(changes, 'line', 'lines')}"
        if state.changed
        else "No unsaved changes"
    )
    place = safe.escape(str(agent.path)) if agent.path else "no file yet"
    verdict = safe.escape(_VERDICTS.get(agent.verdict, agent.verdict))
    return Html(
        f'<div class="ak-name">{safe.escape(agent.name or "(no name)")}</div>'
        f'<div class="ak-state">{verdict} · {saved} · {place}</div>'
    )


def problem(state: FormState) -> Html:
    """Return why the last edit could not be made."""
    return Html(f"<strong>Not taken over:</strong> {safe.lines(state.problem)}") if state.problem else Html("")


def preview(state: FormState) -> Html:
    """Return the system prompt rendered."""
    return safe.markdown(state.value.system_prompt) or Html("<em>The system prompt is empty.</em>")


def changed(state: FormState, message: str) -> Html:
    """Return the question of a save that would overwrite another's: what the disk holds against the form."""
    now = state.on_disk()
    shown = diff.unified_html(now.text, state.value.text, "on disk now", "this form") if now else Html("")
    return Html(f"<p><strong>{safe.escape(message)}</strong></p>{_focusable(shown)}")


def left_behind(state: FormState, text: str) -> Html:
    """Return the offer of a draft that was typed and never saved."""
    shown = diff.unified_html(state.value.text, text, "the file", "the draft", context=1)
    return Html(f"<p><strong>There is a draft of this definition that was not saved.</strong></p>{_focusable(shown)}")


class Findings:
    """The findings, each with its fix to click.

    Args:
        state: Whose findings.
        act: Runs an edit and shows the whole form again.
        go: Goes to a finding's place in the form.
    """

    def __init__(
        self, state: FormState, act: Callable[[Callable[[], object]], None], go: Callable[[Place], None]
    ) -> None:
        self._state = state
        self._act = act
        self._go = go
        self._shown: object = None
        self._head = html("", "ak-live")
        self._list = box([], "ak-list")

    def groups(self) -> list[w.Box]:
        """Return what stands beside the form."""
        return [group("Findings", self._head, self._list)]

    def refresh(self) -> None:
        """List the findings, where they are not the ones shown already."""
        found = self._state.value.findings
        shown = (found, self._state.value.reason)
        if shown == self._shown:
            return
        self._shown = shown
        counts = [
            _words.plural(sum(each.severity == severity for each in found), severity, f"{severity}s")
            for severity in ("error", "warning", "info")
            if any(each.severity == severity for each in found)
        ]
        reason = (
            f'<div class="ak-hint">{safe.escape(self._state.value.reason)}</div>' if self._state.value.reason else ""
        )
        put(self._head, Html(f"{' · '.join(counts) or 'Nothing to report.'}{reason}"))
        rows = [self._row(finding) for finding in found[:SHOWN]]
        if len(found) > SHOWN:
            rows.append(html(f"{len(found) - SHOWN} more in form.value.findings"))
        self._list.children = rows

    def _row(self, finding: Finding) -> w.Widget:
        severity = safe.escape(finding.severity)
        here = place(self._state.value, finding.line)
        line = "" if here else f"line {finding.line}: "
        said = html(
            f'<span class="ak-severity ak-severity-{severity}">{severity}</span> '
            f"{line}{safe.escape(finding.message)} "
            f'<span class="ak-hint">{safe.escape(finding.code)}</span>'
        )
        row: list[w.Widget] = [said]
        if here:
            name = f"Go to line {finding.line}: {safe.visible(finding.message)}"
            row.insert(0, button(f"Line {finding.line}", lambda: self._go(here), "ak-line-button", name=name))
        if finding.fix:
            name = f"Fix: {safe.visible(finding.fix)}"
            row.append(button("Fix", lambda: self._act(lambda: self._state.fix(finding.code)), name=name))
        return box(row, "ak-finding", row=True)


class Reports:
    """The roster line, sizes, diff and code.

    Args:
        state: What they report on.
    """

    def __init__(self, state: FormState) -> None:
        self._state = state
        self._roster = html("")
        self._sizes = html("", "ak-hint")
        self._diff = html("", "ak-well")
        self._code = html("", "ak-well")

    def groups(self) -> list[w.Box]:
        """Return what stands beside the form."""
        return [
            group("As the delegating model sees it", self._roster, self._sizes),
            group("Changes to the file", self._diff),
            group("The same in Python", self._code),
        ]

    def refresh(self, code: str) -> None:
        """Show them as the state is now."""
        state = self._state
        agent = state.value
        line = agent.roster_line
        put(self._roster, Html(f'<div class="ak-quote" tabindex="0">{safe.escape(line)}</div>'))
        prompt = agent.system_prompt
        put(
            self._sizes,
            Html(
                f"about {roster.tokens(line):,} tokens in every roster · system prompt about "
                f"{roster.tokens(prompt):,} tokens, {len(prompt):,} characters"
            ),
        )
        base, name = state.baseline, "edited"
        shown = diff.unified_html(base.text, agent.text, base.path.name if base.path else "before", name, context=0)
        put(self._diff, _focusable(shown) if state.changed else Html('<span class="ak-hint">None yet.</span>'))
        put(
            self._code,
            Html(f'<pre tabindex="0">{safe.escape(code)}</pre>')
            if state.changed
            else Html('<span class="ak-hint">Nothing edited yet.</span>'),
        )


def _focusable(shown: Html) -> Html:
    # A box that scrolls must take the focus, or the keyboard cannot scroll it.
    return Html(shown.replace("<pre ", '<pre tabindex="0" ', 1))
