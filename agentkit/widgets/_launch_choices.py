"""The launcher's inputs: variants, samples, model, epochs and limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import ipywidgets as w

from agentkit.backends.weights import NAMED
from agentkit.definition import roster
from agentkit.definition.fields import MODELS
from agentkit.experiment.plan import Variant
from agentkit.experiment.sampling import Sample
from agentkit.views import safe
from agentkit.widgets._launch_state import LaunchState
from agentkit.widgets._parts import box, button, group, make

LISTED = 40
"""Samples with a box to tick each; of more, the first so many are picked by number."""
SHOWN = 80
"""Characters of a sample beside its box."""


class Choices:
    """Every input of a launcher.

    Args:
        state: What they change.
        changed: Called after each change.
    """

    def __init__(self, state: LaunchState, changed: Callable[[], None]) -> None:
        self._state = state
        self._changed = changed
        self._wrong: dict[str, str] = {}
        self.inputs: list[w.Widget] = []
        """All that cannot be changed while a run goes on."""

    @property
    def problem(self) -> str | None:
        """What was typed and cannot be read; None where all can."""
        return next(iter(self._wrong.values()), None)

    def groups(self) -> list[w.Box]:
        """Return the inputs, laid out."""
        return [
            group("Variants", self._variants()),
            group("Samples", *self._samples()),
            group("How", box([self._model(), self._epochs()], "ak-row"), self._limits()),
        ]

    def _choose(self, **changes: Any) -> None:
        self._state.choose(**changes)
        self._changed()

    def _variants(self) -> w.Box:
        names = list(self._state.variants)
        boxes = [self._tick("variants", names, name, _described(name, self._state.variants[name])) for name in names]
        return box(boxes, "ak-list")

    def _samples(self) -> Sequence[w.Widget]:
        ids = list(self._state.samples.ids)
        if len(ids) > LISTED:
            return [self._first(ids)]
        boxes = [self._tick("samples", ids, name, _input(self._state.samples[name])) for name in ids]
        if len(boxes) < 3:
            return [box(boxes, "ak-list")]

        def tick_all(on: bool) -> None:
            for each in boxes:
                each.value = on

        every = button("All", partial(tick_all, True), name="All: tick every sample")
        none = button("None", partial(tick_all, False), name="None: untick every sample")
        self.inputs += [every, none]
        return [box([every, none], "ak-buttons", row=True), box(boxes, "ak-list", "ak-scroll")]

    def _tick(self, field: str, names: Sequence[str], name: str, label: str) -> w.Checkbox:
        made = make(w.Checkbox, description=label, indent=False, value=name in getattr(self._state.choice, field))

        def ticked(change: Mapping[str, Any]) -> None:
            now = {*getattr(self._state.choice, field), name} if change["new"] else (
                set(getattr(self._state.choice, field)) - {name}
            )  # fmt: skip
            self._choose(**{field: tuple(each for each in names if each in now)})

        made.observe(ticked, "value")
        self.inputs.append(made)
        return made

    def _first(self, ids: Sequence[str]) -> w.BoundedIntText:
        made = make(
            w.BoundedIntText,
            "ak-field",
            value=len(self._state.choice.samples),
            min=1,
            max=len(ids),
            description=f"The first so many of {len(ids):,}",
        )
        made.observe(lambda change: self._choose(samples=tuple(ids[: change["new"]])), "value")
        return self._field(made)

    def _model(self) -> w.Combobox:
        local = self._state.backend.name == "embedded"
        made = make(
            w.Combobox,
            "ak-field",
            options=tuple(NAMED) if local else MODELS,
            value=self._state.choice.model or "",
            description="Model",
            placeholder="each variant's own",
        )
        made.observe(lambda change: self._choose(model=change["new"].strip() or None), "value")
        return self._field(made)

    def _epochs(self) -> w.BoundedIntText:
        made = make(
            w.BoundedIntText,
            "ak-field",
            value=self._state.choice.epochs,
            min=1,
            max=1_000,
            description="Epochs (repeats of each sample)",
        )
        made.observe(lambda change: self._choose(epochs=change["new"]), "value")
        return self._field(made)

    def _limits(self) -> w.Box:
        tokens = self._number("max_tokens", "Output tokens at most", "the model's usual", int)
        budget = self._number("budget_usd", "Budget in dollars", "no limit", float)
        batch = make(
            w.Checkbox,
            value=self._state.choice.batch,
            indent=False,
            description="As a batch: half the price, within a day",
        )
        batch.observe(lambda change: self._choose(batch=change["new"]), "value")
        self.inputs.append(batch)
        return box([box([tokens, budget], "ak-row"), batch], "ak-group")

    def _number(self, field: str, label: str, unset: str, kind: type[int] | type[float]) -> w.Text:
        given = getattr(self._state.choice, field)
        made = make(
            w.Text, "ak-field", value="" if given is None else f"{given:g}", description=label, placeholder=unset
        )

        def typed(change: Mapping[str, Any]) -> None:
            text = change["new"].strip().lstrip("$")
            self._wrong.pop(field, None)
            try:
                value = kind(text) if text else None
                if value is not None and not 0 < value < 1e9:
                    raise ValueError(value)
            except ValueError:
                whole = "a whole number" if kind is int else "a number"
                self._wrong[field] = f"{label}: {change['new']!r} is not {whole} above 0."
                self._changed()
                return
            self._choose(**{field: value})

        made.observe(typed, "value")
        return self._field(made)

    def _field(self, made: w.Widget) -> w.Widget:
        self.inputs.append(made)
        return made


def _described(name: str, variant: Variant) -> str:
    model = f", {safe.visible(variant.own_model)}" if variant.own_model else ""
    return f"{safe.visible(name)} (about {roster.tokens(variant.system_prompt):,} tokens{model})"


def _input(sample: Sample) -> str:
    text = " ".join(safe.visible(sample.text).split())
    shown = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    return f"{safe.visible(sample.id)}: {shown}"
