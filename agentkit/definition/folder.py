"""Folders of definitions, and which of them the real program would find from a place."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, overload

from agentkit.definition import files, findings, roster
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

    `folder["backend-engineer"]` and `folder[0]` both give a definition.
    """

    agents: tuple[AgentDefinition, ...]
    """Every definition that was read, those the loader drops and shadowed ones included."""
    shadowed: tuple[Shadowed, ...] = ()
    """Definitions that are not used because one of the same name is nearer."""
    unread: tuple[DefinitionError, ...] = ()
    """Files that could not be read."""

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
        (int64, characters), `findings` (int64, of the file itself), `shadowed_by` (str, None where it is used).
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
        columns = ["path", "name", "verdict", "model", "tools", "description_length", "findings", "shadowed_by"]
        return pd.DataFrame(rows, columns=columns)


def load_folder(path: str | os.PathLike[str]) -> Folder:
    """Load every `*.md` of a folder and the folders in it.

    Args:
        path: The folder.

    Returns:
        The definitions, by path. Of several with one name in the tree the last by path is used, as by the real program.

    Raises:
        DefinitionNotFound: there is no such folder.
    """
    place = Path(path).expanduser()
    if not place.is_dir():
        raise DefinitionNotFound(f"no folder {place}", hint=f"ak.load({str(place)!r})" if place.is_file() else None)
    return _folder([_paths(place)])


def discover(start: str | os.PathLike[str] = ".", home: str | os.PathLike[str] | None = None) -> Folder:
    """Load the definitions that the real program finds from a folder, nearest first.

    Nested project folders win over the project's top, and that over the user's own; of two with one name in one tree
    the last by path is used. What loses is in `shadowed`.

    Args:
        start: Where the program would be started.
        home: The user's home; the real one when left out.
    """
    here = Path(start).expanduser().absolute()
    own = Path(home).expanduser() if home is not None else Path.home()
    settings = Path(os.environ.get("CLAUDE_CONFIG_DIR") or own / ".claude") if home is None else own / ".claude"
    trees = []
    for folder in (here, *here.parents):
        if folder != own:
            trees.append(folder / ".claude" / "agents")
        if (folder / ".git").exists() or folder == own:
            break
    trees.append(settings / "agents")
    return _folder([_paths(tree) for tree in trees if tree.is_dir()])


def _paths(top: Path) -> list[Path]:
    found: list[Path] = []
    for folder, inner, names in os.walk(top):
        inner.sort()
        found += [Path(folder, name) for name in names if name.endswith(".md")]
    # In the order of the loader's language, which compares UTF-16 units.
    return sorted(found, key=lambda path: str(path).encode("utf-16-be", "surrogatepass"))


def _folder(trees: Sequence[Sequence[Path]]) -> Folder:
    agents: list[AgentDefinition] = []
    unread: list[DefinitionError] = []
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
