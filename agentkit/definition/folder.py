"""Folders of definitions, and which of them the real program would find from a place."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, overload

from agentkit.definition import fileerrors, files, findings, roster
from agentkit.definition.agent import AgentDefinition
from agentkit.definition.findings import Findings
from agentkit.errors import DefinitionError, DefinitionNotFound

if TYPE_CHECKING:
    import pandas as pd

_NOT_AGENTS = frozenset(("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE.md", "CLAUDE.md", "INDEX.md"))


@dataclass(frozen=True)
class Shadowed:
    """A definition that another of the same name keeps from being used."""

    agent: AgentDefinition
    by: AgentDefinition

    def __str__(self) -> str:
        return f"{self.agent.name!r} in {self.agent.path} is shadowed by {self.by.path}"


@dataclass(frozen=True)
class Folder(Sequence[AgentDefinition]):
    """The definitions of one or more folders, by path; a sequence, and a mapping from names.

    `folder["backend-engineer"]` and `folder[0]` both give a definition; `in` takes a name or a definition.
    """

    agents: tuple[AgentDefinition, ...]
    """Every definition that was read, those the loader drops and shadowed ones included."""
    shadowed: tuple[Shadowed, ...] = ()
    """Definitions that are not used because one of the same name is nearer."""
    unread: tuple[DefinitionError, ...] = ()
    """Files and folders that could not be read."""

    @overload
    def __getitem__(self, key: int | str) -> AgentDefinition: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[AgentDefinition, ...]: ...
    def __getitem__(self, key: int | str | slice) -> AgentDefinition | tuple[AgentDefinition, ...]:
        if not isinstance(key, str):
            return self.agents[key]
        for agent in self.used:
            if agent.name == key:
                return agent
        from difflib import get_close_matches

        names = [agent.name for agent in self.used if agent.name]
        near = get_close_matches(key, names, n=3, cutoff=0.5)
        raise DefinitionNotFound(f"no agent {key!r} here", accepted=", ".join(near or names) or "nothing: it is empty")

    def __contains__(self, item: object) -> bool:
        if isinstance(item, str):
            return any(agent.name == item for agent in self.used)
        return item in self.agents

    def __len__(self) -> int:
        return len(self.agents)

    def __iter__(self) -> Iterator[AgentDefinition]:
        return iter(self.agents)

    def __repr__(self) -> str:
        dropped = sum(agent.verdict == "dropped" for agent in self.agents)
        return f"<Folder: {len(self)} definitions, {dropped} dropped, {len(self.shadowed)} shadowed>"

    @property
    def used(self) -> tuple[AgentDefinition, ...]:
        """The definitions that the real program would have: neither dropped nor shadowed."""
        hidden = {id(each.agent) for each in self.shadowed}
        return tuple(agent for agent in self.agents if agent.verdict != "dropped" and id(agent) not in hidden)

    @property
    def findings(self) -> Findings:
        """What lint says: each file by itself, then the folder as a whole."""
        alone = [finding for agent in self.agents for finding in agent.findings]
        return Findings((*alone, *findings.check_folder(self.agents)))

    @property
    def roster(self) -> str:
        """The lines a delegating model sees, by name."""
        return roster.roster(self.used)

    @property
    def frame(self) -> pd.DataFrame:
        """What is there, one row per file, in the order of the paths.

        Columns: `path`, `name`, `verdict`, `model` (str), `tools` (str, `All tools` for all), `description_length`
        (int64, characters), `findings` (int64, of the file itself), `shadowed_by` (str, missing where it is used).
        """
        import pandas as pd

        by = {id(each.agent): str(each.by.path) for each in self.shadowed}
        rows = [
            {
                "path": str(agent.path),
                "name": agent.name,
                "verdict": agent.verdict,
                "model": agent.model,
                "tools": roster.tools_text(agent),
                "description_length": len(agent.description or ""),
                "findings": len(agent.findings),
                "shadowed_by": by.get(id(agent)),
            }
            for agent in self.agents
        ]
        # Given, not found out: without rows, or with none that has a model, pandas would call a column "object".
        kinds = dict.fromkeys(("path", "name", "verdict", "model", "tools"), "str")
        kinds |= {"description_length": "int64", "findings": "int64", "shadowed_by": "str"}
        return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def load_folder(path: str | os.PathLike[str]) -> Folder:
    """Load every `*.md` of a folder and the folders in it.

    Args:
        path: The folder.

    Returns:
        The definitions, by path. Of several with one name in the tree the last by path is used, as by the real program.

    Raises:
        DefinitionNotFound: there is no such folder.
        DefinitionError: what is above it cannot be read. What is in it and cannot be read is in `unread`.
    """
    place = files.given(path)
    _must_be_folder(place)
    unread: list[DefinitionError] = []
    return _folder([_paths(place, unread)], unread)


def discover(start: str | os.PathLike[str] = ".", home: str | os.PathLike[str] | None = None) -> Folder:
    """Load the definitions that the real program finds from a folder, nearest first.

    Nested project folders win over the project's top, and that over the user's own; of two with one name in one tree
    the last by path is used. What loses is in `shadowed`.

    Args:
        start: Where the program would be started. As for the program, links to it and `..` lead to the real folder.
        home: The user's home; the real one when left out.

    Raises:
        DefinitionNotFound: there is no such folder to start in.
        DefinitionError: what is above it cannot be read.
    """
    _must_be_folder(files.given(start))
    here = _real(files.given(start))
    own = _real(files.given(home if home is not None else "~"))
    settings = Path(os.environ.get("CLAUDE_CONFIG_DIR") or own / ".claude") if home is None else own / ".claude"
    trees = []
    for folder in (here, *here.parents):
        if folder != own:
            trees.append(folder / ".claude" / "agents")
        if os.path.exists(folder / ".git") or folder == own:
            break
    trees.append(settings / "agents")
    unread: list[DefinitionError] = []
    # Where one is a link to another, they are one tree: the nearer one.
    once = {_real(tree): tree for tree in reversed(trees)}
    return _folder([_paths(tree, unread) for tree in trees if once[_real(tree)] is tree], unread)


def _real(place: Path) -> Path:
    return Path(os.path.realpath(place))


def _must_be_folder(place: Path) -> None:
    try:
        if stat.S_ISDIR(os.stat(place).st_mode):
            return
    except FileNotFoundError:
        raise DefinitionNotFound(f"no folder {place}", accepted="a folder that is there", hint=_above(place)) from None
    except (OSError, ValueError) as error:
        raise fileerrors.unreadable(place, error) from error
    raise DefinitionNotFound(
        f"{place} is no folder", received="a file", accepted="a folder", hint=f"ak.load({str(place)!r})"
    )


def _above(place: Path) -> str:
    """Return what shows the nearest folder that is there."""
    there = next((folder for folder in place.parents if os.path.isdir(folder)), Path("."))
    return f"ls -a {there}   to see what is there"


def _paths(top: Path, unread: list[DefinitionError]) -> list[Path]:
    def closed(error: OSError) -> None:
        # Folders that are not there, or no longer, hold nothing that could be missed.
        if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
            unread.append(fileerrors.unreadable(Path(error.filename or top), error))

    found: list[Path] = []
    for folder, inner, names in os.walk(top, onerror=closed):
        inner.sort()
        found += [Path(folder, name) for name in names if name.endswith(".md")]
    # In the order of the loader's language, which compares UTF-16 units.
    return sorted(found, key=lambda path: str(path).encode("utf-16-be", "surrogatepass"))


def _folder(trees: Sequence[Sequence[Path]], unread: list[DefinitionError]) -> Folder:
    agents: list[AgentDefinition] = []
    winners: dict[str, AgentDefinition] = {}
    for tree in trees:
        here = [agent for path in tree if (agent := _agent(path, unread)) is not None]
        last = {agent.name: agent for agent in here if agent.name is not None and agent.verdict != "dropped"}
        winners = {**last, **winners}
        agents += here
    shadowed = [
        Shadowed(agent, winners[agent.name])
        for agent in agents
        if agent.name is not None and agent.verdict != "dropped" and winners[agent.name] is not agent
    ]
    return Folder(tuple(agents), tuple(shadowed), tuple(unread))


def _agent(path: Path, unread: list[DefinitionError]) -> AgentDefinition | None:
    try:
        origin = files.read(path)
    except DefinitionError as error:
        unread.append(error)
        return None
    if path.name in _NOT_AGENTS and not origin.content.startswith(b"---"):
        return None
    return AgentDefinition(origin.content, origin=origin)
