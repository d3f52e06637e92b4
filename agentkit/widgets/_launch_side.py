"""What the launcher says beside the inputs: the quote, how far the run is, what failed, the code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from agentkit.experiment.outcome import Outcome
from agentkit.experiment.progress import Progress
from agentkit.experiment.quoting import Quote
from agentkit.experiment.results import Results
from agentkit.views import _words, safe
from agentkit.views.safe import Html
from agentkit.widgets._launch_state import Choice, LaunchState

FAILURES = 12
"""Failed trials listed; the rest are counted."""
_PHASES = {
    "ready": "Not started",
    "running": "Running",
    "done": "Done",
    "stopped": "Stopped",
    "failed": "Could not go on",
}


def sizes(choice: Choice) -> str:
    """Return how much is picked, in words."""
    return " × ".join(
        (
            _words.plural(len(choice.variants), "variant", "variants"),
            _words.plural(len(choice.samples), "sample", "samples"),
            _words.plural(choice.epochs, "epoch", "epochs"),
        )
    )


def title(state: LaunchState, problem: str | None) -> Html:
    """Return the heading: what is picked, and where the run is."""
    choice = state.choice
    said = safe.escape(problem) if problem else f"= {_words.plural(choice.trials, 'trial', 'trials')}"
    phase, look = _PHASES[state.phase], ' class="ak-good"' if state.phase == "done" else ""
    failed = len(state.results.errors) if state.results is not None else 0
    if state.phase == "done" and failed:
        phase, look = f"Done, {_words.plural(failed, 'trial', 'trials')} failed", ""
    return Html(
        f'<div class="ak-name">{sizes(choice)} <span class="ak-count">{said}</span></div>'
        f'<div class="ak-state"><b{look}>{phase}</b> · {safe.escape(_where(state))}</div>'
    )


def _where(state: LaunchState) -> str:
    names = {"messages": "on the API", "embedded": "on the embedded model", "scripted": "on scripted replies"}
    return "replayed from its cassette" if state.replays else names.get(state.backend.name, state.backend.name)


def notice(state: LaunchState) -> Html:
    """Return what a reader should know of the backend before believing its replies."""
    return safe.escape("" if state.replays else getattr(state.backend, "notice", ""))


def quoted(state: LaunchState, problem: str | None) -> Html:
    """Return what the run would cost."""
    if problem:
        return Html(f'<span class="ak-hint">{safe.escape(problem)}</span>')
    if state.replays:
        return Html('<span class="ak-hint">Every call is in the cassette: nothing is called, nothing is paid.</span>')
    if state.quote_problem:
        return Html(f"<strong>No quote:</strong> {safe.lines(state.quote_problem)}")
    return _quote(state.quote) if state.quote is not None else Html('<span class="ak-hint">Counting …</span>')


def _quote(quote: Quote) -> Html:
    rows = "".join(
        f'<tr><th scope="row">{safe.escape(name)}</th><td>{safe.escape(value)}</td></tr>' for name, value in quote.rows
    )
    return Html(f'<table class="ak-figures ak-quoted">{rows}</table>')


def progress(state: LaunchState, apart: bool = False) -> Html:
    """Return how far the run is: a bar, the numbers, and a row for each variant.

    Args:
        state: What is going on.
        apart: Whether buttons are heard while a cell runs.
    """
    if state.running is None:
        return Html('<span class="ak-hint">Nothing was run yet.</span>')
    results, now = state.results, state.progress
    bar = _bar(now) if now is not None else ""
    hint = ""
    if state.phase == "running" and not apart:
        hint = (
            "While another cell runs, the kernel hears Stop only when that cell is over; "
            "interrupting the kernel ends the cell first."
        )
    elif state.phase != "running" and results is not None and len(results):
        hint = "The results are in launcher.results; show them in the next cell."
    said = f'<div class="ak-hint">{hint}</div>' if hint else ""
    table = _by_variant(results) if results is not None and len(results) else ""
    return Html(f"{bar}{table}{said}{_error(state)}")


def _bar(now: Progress) -> str:
    ended = now.done + now.failed
    share = 100 * ended / now.total if now.total else 100
    failed = 100 * now.failed / now.total if now.total else 0
    return (
        f'<div class="ak-progress" role="progressbar" aria-label="Trials that have ended" aria-valuemin="0" '
        f'aria-valuemax="{now.total}" aria-valuenow="{ended}">'
        f'<span class="ak-done" style="width:{share - failed:.2f}%"></span>'
        f'<span class="ak-failed" style="width:{failed:.2f}%"></span></div>'
        f'<div class="ak-line">{safe.escape(now.line)}</div>'
    )


def _by_variant(results: Results) -> str:
    ended, failed, tokens = Counter[str](), Counter[str](), Counter[str]()
    costs: dict[str, list[float | None]] = {}
    for outcome in results:
        name = outcome.trial.variant
        ended[name] += outcome.failure is None
        failed[name] += outcome.failure is not None
        tokens[name] += outcome.total("output_tokens")
        costs.setdefault(name, []).extend(call.cost_usd for call in outcome.calls)
    rows = "".join(
        f'<tr><th scope="row">{safe.escape(name)}</th><td>{ended[name]:,}</td><td>{failed[name]:,}</td>'
        f"<td>{tokens[name]:,}</td><td>{safe.escape(_cost(costs.get(name, [])))}</td></tr>"
        for name in results.variants
        if name in costs
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("variant", "done", "failed", "tokens out", "cost"))
    return f'<table class="ak-figures ak-numbers"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _cost(costs: Sequence[float | None]) -> str:
    known = [cost for cost in costs if cost is not None]
    return _words.dollars(sum(known)) if known and len(known) == len(costs) else "unknown"


def _error(state: LaunchState) -> str:
    error = state.running.error if state.running is not None else None
    return f'<div class="ak-well"><pre tabindex="0">{safe.escape(str(error))}</pre></div>' if error else ""


def failures(state: LaunchState) -> Html:
    """Return the trials that failed, each with its cause."""
    failed = state.results.errors if state.results is not None else ()
    if not failed:
        return Html('<span class="ak-hint">None.</span>')
    rows = "".join(f"<li>{_failure(outcome)}</li>" for outcome in list(failed)[:FAILURES])
    more = f"<li>{len(failed) - FAILURES:,} more in launcher.results.errors</li>" if len(failed) > FAILURES else ""
    anew = state.phase != "running" and not state.can_resume
    hint = '<div class="ak-hint">Something else is picked now: Run calls what it lacks.</div>' if anew else ""
    return Html(f'<ul class="ak-failures">{rows}{more}</ul>{hint}')


def _failure(outcome: Outcome) -> str:
    trial = outcome.trial
    where = f"{trial.variant} · {trial.sample} · epoch {trial.epoch}"
    return f"<b>{safe.escape(where)}</b><br>{safe.lines(outcome.error or '')}"
