"""Sections of a prompt that can be switched off: a section that is off waits with its place and its text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agentkit.definition.agent import AgentDefinition
from agentkit.definition.sections import Section, family


@dataclass(frozen=True, slots=True)
class Off:
    """A section that is switched off: its text, and where it goes back."""

    title: str
    text: str
    place: int
    """How many sections of the prompt stand before it."""
    level: int
    gap: str
    """The blank lines before it, where it was the last."""
    whole: str
    """The prompt with it."""
    rest: str
    """The prompt without it: as long as that is the prompt, it goes back to where it was, byte for byte."""


@dataclass(frozen=True, slots=True)
class Part:
    """One section as the form lists it."""

    title: str
    size: int
    """Characters."""
    on: bool
    level: int
    index: int
    """Its place among `value.sections` where it is on, in `off` where it is off."""


@dataclass(frozen=True, slots=True)
class Step:
    """The form at one moment."""

    agent: AgentDefinition
    off: tuple[Off, ...] = ()


def parts(step: Step) -> tuple[Part, ...]:
    """Return the sections with a title, on and off, in the order of the prompt."""
    sections = step.agent.sections
    found = [
        (place, 1, Part(section.title, len(section.text), True, section.level, place))
        for place, section in enumerate(sections)
        if section.title
    ]
    found += [
        (min(off.place, len(sections)), 0, Part(off.title, len(off.text), False, off.level, index))
        for index, off in enumerate(step.off)
    ]
    return tuple(part for _, _, part in sorted(found, key=lambda entry: (entry[0], entry[1], entry[2].index)))


def under(parts: Sequence[Part], at: int) -> range:
    """Return the places of the sections under the one at `at`: the deeper ones right after it."""
    end = at + 1
    while end < len(parts) and parts[end].level > parts[at].level:
        end += 1
    return range(at + 1, end)


def switched_off(step: Step, index: int) -> Step:
    """Take a section, with the deeper ones under it, out of the prompt and keep it at hand."""
    agent = step.agent
    sections = agent.sections
    section, end = sections[index], family(sections, index)
    text = "".join(part.text for part in sections[index:end])
    after = agent.without(section)
    before = "".join(part.text for part in sections[:index])
    kept = Off(
        section.title,
        text,
        index,
        section.level,
        before[len(before.rstrip()) :],
        agent.system_prompt,
        after.system_prompt,
    )
    # Among sections that wait at one place, their order here is their order in the prompt.
    earlier = tuple(off for off in step.off if off.place <= index)
    later = tuple(replace(off, place=_shifted(off.place, index, end)) for off in step.off if off.place > index)
    return Step(after, (*earlier, kept, *later))


def switched_on(step: Step, index: int) -> Step:
    """Put a section that is off back in its place."""
    off = step.off[index]
    sections = step.agent.sections
    if step.agent.system_prompt == off.rest:
        return _back(step, index, step.agent.replace(system_prompt=off.whole))
    place = min(off.place, len(sections))
    before = "".join(section.text for section in sections[:place])
    after = "".join(section.text for section in sections[place:])
    line = step.agent.document.newline
    if before and not before.endswith(("\n\n", "\r\n\r\n")):
        before = before.rstrip() + (off.gap or line * 2)
    text = off.text if not after or off.text.endswith("\n") else off.text + line * 2
    whole = before + text + after
    return _back(step, index, step.agent.replace(system_prompt=whole if after else whole.rstrip()))


def _back(step: Step, index: int, agent: AgentDefinition) -> Step:
    grown = len(agent.sections) - len(step.agent.sections)
    later = tuple(replace(each, place=each.place + grown) for each in step.off[index + 1 :])
    return Step(agent, step.off[:index] + later)


def neighbour(sections: Sequence[Section], index: int, by: int) -> int | None:
    """Return the section to change places with: the next of the same level in that direction, none deeper between."""
    level = sections[index].level
    at = index + by
    while 0 <= at < len(sections):
        if sections[at].level == level and sections[at].title:
            return at
        if sections[at].level and sections[at].level < level:
            return None
        at += by
    return None


def _shifted(place: int, start: int, end: int) -> int:
    return start if place <= end else place - (end - start)
