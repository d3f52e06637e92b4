"""What the form says beside the inputs: its state, the roster line, sizes, the diff, the code."""

from __future__ import annotations

import ipywidgets as w

from agentkit.definition import roster
from agentkit.definition.agent import AgentDefinition
from agentkit.views import _words, diff, safe
from agentkit.views.safe import Html
from agentkit.widgets._editor_findings import counted
from agentkit.widgets._form_state import FormState
from agentkit.widgets._parts import group, html, put

CODE = 4_000
"""Characters of the Python shown; a long prompt in it would be sent and painted at each key."""

_VERDICTS = {"loads": "Loads", "repaired": "Loads after a repair", "dropped": "Will not load"}


def title(state: FormState, gone: bool = False) -> Html:
    """Return the form's heading: name, file, what the loader makes of it, whether it is saved."""
    agent = state.value
    changes = sum(line[:1] in "+-" for line in state.diff().split("\n")[2:])
    saved = (
        f"<b>● Unsaved changes</b> in {_words.plural(changes, 'line', 'lines')}"
        if state.changed
        else "<b>● Not on disk any more</b>"
        if gone
        else "No unsaved changes"
    )
    place = safe.escape(str(agent.path)) if agent.path else "no file yet"
    verdict = safe.escape(_VERDICTS.get(agent.verdict, agent.verdict))
    tokens = f"about {roster.tokens(agent.system_prompt):,} tokens"
    parts = (verdict, counted(state) or "no findings", saved, tokens, place)
    return Html(
        f'<div class="ak-name">{safe.escape(agent.name or "(no name)")}</div>'
        f'<div class="ak-state">{" · ".join(parts)}</div>'
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


def left_behind(state: FormState, text: str, more: int) -> Html:
    """Return the offer of a draft that was typed and never saved, of which there are `more`."""
    shown = diff.unified_html(state.baseline.text, text, "the file", "the draft", context=1)
    older = f" {_words.plural(more, 'older one', 'older ones')} will be offered after it." if more else ""
    return Html(
        f"<p><strong>There is a draft of this definition that was not saved.</strong>{older}</p>{_focusable(shown)}"
    )


class Reports:
    """The roster line, sizes, diff and code.

    Args:
        state: What they report on.
    """

    def __init__(self, state: FormState) -> None:
        self._state = state
        self._roster = html("", "ak-well")
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
        put(self._roster, _seen(agent))
        prompt = agent.system_prompt
        put(
            self._sizes,
            Html(
                f"{_in_roster(agent, line)} · system prompt about "
                f"{roster.tokens(prompt):,} tokens, {len(prompt):,} characters"
            ),
        )
        base, name = state.baseline, "edited"
        shown = diff.unified_html(base.text, agent.text, base.path.name if base.path else "before", name, context=0)
        put(self._diff, _focusable(shown) if state.changed else Html('<span class="ak-hint">None yet.</span>'))
        put(
            self._code,
            _python(code) if state.changed else Html('<span class="ak-hint">Nothing edited yet.</span>'),
        )


def _seen(agent: AgentDefinition) -> Html:
    line = f'<div class="ak-quote" tabindex="0">{safe.escape(agent.roster_line)}</div>'
    if agent.verdict != "dropped":
        return Html(line)
    once = f"<div>Once it does, the line will be:</div>{line}" if agent.name and agent.description else ""
    return Html(f"<div><b>Not in the roster:</b> the loader drops this file.</div>{once}")


def _in_roster(agent: AgentDefinition, line: str) -> str:
    return (
        "nothing in any roster"
        if agent.verdict == "dropped"
        else f"about {roster.tokens(line):,} tokens in every roster"
    )


def _python(code: str) -> Html:
    more = len(code) - CODE
    rest = f'<div class="ak-hint">{more:,} more characters in form.code</div>' if more > 0 else ""
    return Html(f'<pre tabindex="0">{safe.escape(code[:CODE])}{"…" if more > 0 else ""}</pre>{rest}')


def _focusable(shown: Html) -> Html:
    # A box that scrolls must take the focus, or the keyboard cannot scroll it.
    return Html(shown.replace("<pre ", '<pre tabindex="0" ', 1))
