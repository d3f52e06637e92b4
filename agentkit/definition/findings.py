"""What lint reports, and the one list of rules.

A rule is a function that yields findings, registered with its code, severity and reasons by `@rule`. The documentation,
the configuration and the command line read the same list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from agentkit.definition.fields import BY_NAME
from agentkit.definition.marks import marks
from agentkit.definition.mending import changes

if TYPE_CHECKING:
    from agentkit.definition.agent import AgentDefinition

SEVERITIES = ("error", "warning", "info")
DOCS = "docs/lint-rules.md"


class Finding(NamedTuple):
    """One thing lint reports."""

    code: str
    """The rule's code, such as `AK103`."""
    rule: str
    """The rule's name in words, such as `cut-at-comment`."""
    severity: str
    """`error`, `warning` or `info`."""
    line: int
    """Line in the file, from 1."""
    column: int
    """Column in characters, from 1."""
    message: str
    """What is wrong here, in one sentence."""
    fix: str | None = None
    """What `agent.fix(code)` would do; None where no safe fix is known."""
    path: str | None = None
    """The file; None for a definition that was not loaded from one."""

    @property
    def docs(self) -> str:
        """Where the rule is explained, from the top of the project."""
        return f"{DOCS}#{self.code.lower()}"

    @property
    def why(self) -> str:
        """What goes wrong by this, in one sentence."""
        return next((each.why for each in rules() if each.code == self.code), "")

    def __str__(self) -> str:
        place = f"{self.path or '<text>'}:{self.line}:{self.column}"
        return f"{place}: {self.severity} {self.code} {self.message}" + (f" [fix: {self.fix}]" if self.fix else "")


class Findings(tuple[Finding, ...]):
    """Findings as a tuple that shows itself as a table."""

    __slots__ = ()

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "no findings"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # IPython would print them as it does every tuple
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from agentkit.views.rows import rows_html

        table = [(each.severity, each.line, each.code, each.message, each.fix or "") for each in self]
        return rows_html(("severity", "line", "rule", "what", "fix"), table) if self else "no findings"


class Hit(NamedTuple):
    """What a rule found: an offset in the file's text, the sentence, and the fix it knows for this place."""

    offset: int
    message: str
    fix: str | None = None


Check = Callable[["AgentDefinition"], Iterable[Hit]]
FolderCheck = Callable[[Sequence["AgentDefinition"]], Iterable[tuple["AgentDefinition", Hit]]]
Mend = Callable[["AgentDefinition"], "AgentDefinition"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the lint."""

    code: str
    name: str
    severity: str
    why: str
    """One sentence: what goes wrong."""
    bad: str
    """A short example that the rule reports."""
    check: Check | None = None
    folder: FolderCheck | None = None
    when: tuple[str, ...] = ()
    mend: Mend | None = None
    """The safe fix; None where there is none."""


_RULES: dict[str, Rule] = {}


def rule(
    code: str,
    name: str,
    severity: str,
    why: str,
    bad: str = "",
    mend: Mend | None = None,
    when: str | tuple[str, ...] = (),
) -> Callable[[Any], Any]:
    """Register a check that needs only the file.

    `when` names a verdict, a field or a mark (see `marks`) without which it has no work, or several of which one will
    do.
    """

    def register(check: Check) -> Check:
        needs = (when,) if isinstance(when, str) else when
        _RULES[code] = Rule(code, name, severity, why, bad, check=check, mend=mend, when=needs)
        return check

    return register


def folder_rule(code: str, name: str, severity: str, why: str, bad: str = "") -> Callable[[Any], Any]:
    """Register a check that compares the definitions of a folder."""

    def register(check: FolderCheck) -> FolderCheck:
        _RULES[code] = Rule(code, name, severity, why, bad, folder=check)
        return check

    return register


@cache
def rules() -> tuple[Rule, ...]:
    """Return every rule, by code."""
    from agentkit.definition import rules_body, rules_description, rules_fields, rules_folder, rules_load

    assert all((rules_body, rules_description, rules_fields, rules_folder, rules_load))
    return tuple(_RULES[code] for code in sorted(_RULES))


def check(agent: AgentDefinition) -> list[Finding]:
    """Return the findings that need only the file, in the order of the file."""
    reading = agent.reading
    wanted = _wanted(reading.verdict, tuple(reading.metadata), marks(agent))
    hits = [(each, hit) for run, each in wanted for hit in run(agent)]
    found = _findings(agent, hits) if hits else []
    if len(found) > 1:
        found.sort(key=lambda finding: (finding.line, finding.column, finding.code))
    return found


# Few sets of fields are in use, so the choice is kept; a folder of odd ones does not fill the memory.
@lru_cache(1024)
def _wanted(verdict: str, fields: tuple[str, ...], marked: tuple[str, ...]) -> tuple[tuple[Check, Rule], ...]:
    """Return the rules that have work where these hold."""
    given = {verdict, *fields, *marked}
    if not BY_NAME.keys() >= set(fields):
        given.add("+unknown")
    return tuple(
        (each.check, each) for each in rules() if each.check and (not each.when or not given.isdisjoint(each.when))
    )


def _findings(agent: AgentDefinition, hits: Iterable[tuple[Rule, Hit]]) -> list[Finding]:
    text = agent.text
    path = str(agent.path) if agent.path is not None else None
    reading = agent.reading
    if (
        reading.verdict == "dropped" and agent.guessed and reading.salvage is None
    ):  # whether a field of it can be edited is known when it is tried
        hits = [
            (each, hit if each.mend and hit.fix and changes(each.mend, agent) else hit._replace(fix=None))
            for each, hit in hits
        ]
    return [
        Finding(each.code, each.name, each.severity, *position(text, offset), message, fix, path)
        for each, (offset, message, fix) in hits
    ]


def check_folder(agents: Sequence[AgentDefinition]) -> Iterator[Finding]:
    """Yield the findings that come from comparing definitions with each other."""
    for each in rules():
        if each.folder is not None:
            for agent, hit in each.folder(agents):
                yield from _findings(agent, [(each, hit)])


def position(text: str, offset: int) -> tuple[int, int]:
    """Return line and column, both from 1, of an offset."""
    before = text.rfind("\n", 0, offset)
    return text.count("\n", 0, offset) + 1, offset - before
