"""Checks on a reply's text, its time and its price."""

from __future__ import annotations

import re
from collections.abc import Callable

from agentkit.errors import MissingExtra
from agentkit.scoring.score import Score, Subject, registered

Run = Callable[[Subject], Score]

_REFUSALS = re.compile(
    r"\b(?:I'm sorry,? but|I(?:'m| am) (?:unable|not able) to|I(?: must| have to) (?:decline|refuse)"
    r"|I (?:can't|cannot|can not|won't|will not|must decline to) "
    r"(?:help|assist|provide|create|do|comply|answer|fulfil|continue|support|discuss)"
    r"|as an AI(?: language)? model,? I (?:can't|cannot|am not))",
    re.IGNORECASE,
)
"""Openings of refusals in English; looked for in the first 300 characters."""


@registered
def equals(text: str | None = None, ignore_case: bool = False) -> Run:
    """Say whether the reply is the text, or the sample's target; blanks around both are left out."""

    def run(subject: Subject) -> Score:
        wanted = subject.target if text is None else str(text)
        if wanted is None:
            return Score(None, explanation="the sample has no target")
        same = _fold(subject.output.strip(), ignore_case) == _fold(wanted.strip(), ignore_case)
        return Score(same, explanation=None if same else f"is not {_short(wanted)}")

    return run


@registered
def contains(*texts: str, any: bool = False, ignore_case: bool = True) -> Run:
    """Say whether the reply contains all of the texts, or with `any` at least one; the target where none is given."""

    def run(subject: Subject) -> Score:
        wanted = [str(text) for text in texts] or ([subject.target] if subject.target is not None else [])
        if not wanted:
            return Score(None, explanation="the sample has no target")
        output = _fold(subject.output, ignore_case)
        missing = [text for text in wanted if _fold(text, ignore_case) not in output]
        passed = len(missing) < len(wanted) if any else not missing
        return Score(passed, explanation=None if passed else f"misses {', '.join(map(_short, missing))}")

    return run


@registered
def starts_with(text: str, ignore_case: bool = False) -> Run:
    """Say whether the reply starts with the text, blanks before it left out."""
    wanted = _fold(str(text), ignore_case)
    return lambda subject: Score(_fold(subject.output.lstrip(), ignore_case).startswith(wanted))


@registered
def regex(pattern: str, ignore_case: bool = False) -> Run:
    """Say whether the pattern (Python's `re`, `^` and `$` at every line) is found somewhere."""
    try:
        compiled = re.compile(str(pattern), re.MULTILINE | (re.IGNORECASE if ignore_case else 0))
    except re.error as error:
        raise ValueError(f"{pattern!r} is no pattern: {error}") from error

    def run(subject: Subject) -> Score:
        found = compiled.search(subject.output)
        return Score(found is not None, answer=found.group(0) if found else None)

    return run


@registered
def is_refusal() -> Run:
    """Say whether the model refused: by its stop reason, or by an opening such as "I'm sorry, but"."""

    def run(subject: Subject) -> Score:
        if subject.stop_reason == "refusal":
            return Score(True, explanation="stop reason refusal")
        found = _REFUSALS.search(subject.output[:300].replace("\u2019", "'"))
        return Score(found is not None, answer=found.group(0) if found else None)

    return run


@registered
def max_words(limit: int) -> Run:
    """Say whether the reply has at most so many words."""
    most = int(limit)

    def run(subject: Subject) -> Score:
        count = len(subject.output.split())
        return Score(count <= most, explanation=f"{count} words", metadata={"words": count})

    return run


@registered
def max_tokens(limit: int) -> Run:
    """Say whether the reply took at most so many output tokens, as the server counted them."""
    most = int(limit)

    def run(subject: Subject) -> Score:
        count = subject.output_tokens
        return Score(None if count is None else count <= most, explanation=f"{count} tokens" if count else None)

    return run


@registered
def latency(at_most: float | None = None) -> Run:
    """Give the seconds the call took, or say whether they were at most so many."""
    limit = None if at_most is None else float(at_most)
    return lambda subject: _limited(subject.latency_s, limit, "s")


@registered
def cost(at_most: float | None = None) -> Run:
    """Give the dollars the call cost, or say whether they were at most so many."""
    limit = None if at_most is None else float(at_most)
    return lambda subject: _limited(subject.cost_usd, limit, "dollars")


@registered
def similarity(to: str | None = None, method: str = "levenshtein", at_least: float | None = None) -> Run:
    """Give how like the reply is to a text or the target, 0 to 1, or say whether it is at least so like.

    Sources: normalised Levenshtein similarity by RapidFuzz; ROUGE-1, -2 and -L F-measure (Lin 2004) by rouge-score.

    Args:
        to: The text; the sample's target when left out.
        method: `levenshtein`, `rouge1`, `rouge2` or `rougeL`.
        at_least: Makes it pass/fail.
    """
    if method not in ("levenshtein", "rouge1", "rouge2", "rougeL"):
        raise ValueError(f"method={method!r} is none of levenshtein, rouge1, rouge2, rougeL")
    limit = None if at_least is None else float(at_least)
    measure = _levenshtein() if method == "levenshtein" else _rouge(method)

    def run(subject: Subject) -> Score:
        wanted = subject.target if to is None else str(to)
        if wanted is None:
            return Score(None, explanation="the sample has no target")
        value = measure(wanted, subject.output)
        said = {"similarity": value}
        return Score(value if limit is None else value >= limit, explanation=f"{method} {value:.3f}", metadata=said)

    return run


def _levenshtein() -> Callable[[str, str], float]:
    try:
        from rapidfuzz.distance import Levenshtein
    except ImportError:
        raise MissingExtra("similarity by levenshtein", "checks") from None
    return lambda wanted, output: float(Levenshtein.normalized_similarity(wanted, output))


def _rouge(method: str) -> Callable[[str, str], float]:
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError:
        raise MissingExtra(f"similarity by {method}", "checks") from None
    scorer = RougeScorer([method], use_stemmer=False)
    return lambda wanted, output: float(scorer.score(wanted, output)[method].fmeasure)


def _limited(value: float | None, limit: float | None, unit: str) -> Score:
    if value is None:
        return Score(None, explanation="not known")
    return Score(value if limit is None else value <= limit, explanation=f"{value:g} {unit}")


def _fold(text: str, ignore_case: bool) -> str:
    return text.casefold() if ignore_case else text


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:39]}…")
