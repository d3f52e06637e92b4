"""What a scorer sees and what it says: `Subject`, `Score`, and `Check`, the deterministic scorer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec

from agentkit.errors import AgentkitError, ScoreError

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Score:
    """One score of one trial."""

    value: float | bool | None
    """True or False for pass/fail, a number for grades; None is unscored, which is not zero."""
    answer: str | None = None
    """The part of the reply that was judged, where it is not the whole."""
    explanation: str | None = None
    """Why, in one line."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Further facts, as JSON values."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One finished trial as a scorer sees it."""

    output: str
    """The reply's text."""
    target: str | None = None
    """What the sample asks for; None where it does not say."""
    input: str | None = None
    """The sample's input as text."""
    messages: tuple[Mapping[str, Any], ...] = ()
    """The transcript: every message, the reply last, its `content` a string or a list of blocks (`text`, `tool_use`,
    `tool_result`)."""
    stop_reason: str | None = None
    """As the server named it: `end_turn`, `max_tokens`, `refusal`, …; None where unknown."""
    latency_s: float | None = None
    """Seconds; None where unknown."""
    cost_usd: float | None = None
    """Dollars; None where the price is unknown."""
    output_tokens: int | None = None
    """As the server counted them; None where unknown."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """The sample's metadata."""

    @classmethod
    def of(cls, what: Subject | str | Sequence[Mapping[str, Any]], target: str | None = None) -> Subject:
        """Return a subject for a reply's text, or for a transcript; the text is then its last assistant message's.

        >>> Subject.of([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]).output
        'hello'
        """
        if isinstance(what, Subject):
            return what
        if isinstance(what, str):
            return cls(what, target, messages=({"role": "assistant", "content": what},))
        messages = tuple(what)
        last = next((message for message in reversed(messages) if message.get("role") == "assistant"), None)
        text = "".join(str(block.get("text", "")) for block in blocks(last) if block.get("type") == "text")
        return cls(text, target, messages=messages)


def blocks(message: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """Return a message's content as blocks; a plain string is one text block."""
    content = message.get("content") if message else None
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for block in content or () if isinstance(block, Mapping)]


@dataclass(frozen=True, slots=True)
class Check:
    """A deterministic scorer with a name; `~check` is its opposite.

    Call it on a reply's text, a transcript, or a `Subject`.
    """

    name: str
    """What it asks, as a samples file writes it: `contains: cache`, `not is_refusal`."""
    run: Callable[[Subject], Score] = field(repr=False, compare=False)

    def __call__(self, what: Subject | str | Sequence[Mapping[str, Any]], target: str | None = None) -> Score:
        """Score one reply; what goes wrong inside a function leaves it unscored, with the reason.

        Raises:
            MissingExtra: a parser or metric is not installed.
            ScoreError: a function returned what is no score.
        """
        subject = Subject.of(what, target)
        try:
            return self.run(subject)
        except AgentkitError:
            raise
        except Exception as error:  # noqa: BLE001 - a person's own function may raise anything; the trial stays unscored
            return Score(None, explanation=f"{type(error).__name__}: {error}")

    def __invert__(self) -> Check:
        def opposite(subject: Subject) -> Score:
            score = self.run(subject)
            if score.value is None:
                return score
            if not isinstance(score.value, bool):
                return Score(None, score.answer, f"{self.name} gives a number; give it a limit to negate it")
            return Score(not score.value, score.answer, score.explanation, score.metadata)

        name = self.name.removeprefix("not ") if self.name.startswith("not ") else f"not {self.name}"
        return Check(name, opposite)


REGISTRY: dict[str, Callable[..., Check]] = {}
"""Short name → what makes the check of its arguments."""


def registered(make: Callable[P, Callable[[Subject], Score]]) -> Callable[P, Check]:
    """Put a maker of checks under its function's name; its arguments are checked when the check is made."""
    short = make.__name__

    @wraps(make)
    def build(*args: P.args, **kwargs: P.kwargs) -> Check:
        try:
            run = make(*args, **kwargs)
        except (TypeError, ValueError) as error:
            if isinstance(error, ScoreError):
                raise
            raise ScoreError(
                f"the check {short!r} cannot be made", received=str(error), accepted=f"{short}{inspect.signature(make)}"
            ) from error
        return Check(_label(short, args, kwargs), run)

    # The wrapped annotation says what `make` returns; what people get is a Check.
    build.__annotations__ = {**build.__annotations__, "return": "Check"}
    REGISTRY[short] = build
    return build


def _label(short: str, args: Sequence[object], kwargs: Mapping[str, object]) -> str:
    said = [str(argument) for argument in args] + [f"{name}={value}" for name, value in kwargs.items()]
    return f"{short}: {', '.join(said)}" if said else short


def verdict_of(value: object) -> Score:
    """Return what a person's function said as a score.

    Raises:
        ScoreError: it is neither a Score, a boolean, a number nor None.
    """
    if isinstance(value, Score):
        return value
    if value is None or isinstance(value, bool | int | float):
        return Score(value)
    if hasattr(value, "item"):  # numpy's scalars
        return verdict_of(value.item())
    raise ScoreError("a check gave no score", received=value, accepted="True, False, a number, None, ak.Score")
