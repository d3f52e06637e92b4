"""The field table: every frontmatter field the real program knows, in the order people write them.

The form, the lint, the documentation and the completion of values all read this one table.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

COLORS = ("red", "blue", "green", "yellow", "purple", "orange", "pink", "cyan")
MODELS = ("sonnet", "opus", "haiku", "fable", "inherit")
TOOLS = (
    "Agent", "AskUserQuestion", "Bash", "BashOutput", "Edit", "EnterPlanMode", "ExitPlanMode", "EnterWorktree",
    "ExitWorktree", "Glob", "Grep", "KillShell", "ListAgents", "ListMcpResourcesTool", "LSP", "Monitor", "NotebookEdit",
    "PowerShell", "Read", "ReadMcpResourceTool", "ReportFindings", "ScheduleWakeup", "SendMessage", "Skill",
    "StructuredOutput", "Task", "TaskCreate", "TaskGet", "TaskList", "TaskOutput", "TaskStop", "TaskUpdate",
    "TodoWrite", "ToolSearch", "WebFetch", "WebSearch", "Workflow", "Write",
)  # fmt: skip
"""Tools that the real program offers, in some release or setting."""

REMOVED_TOOLS = MappingProxyType({"MultiEdit": "Edit", "LS": "Glob", "NotebookRead": "Read"})
"""Tools of older releases → what does their work now."""


@dataclass(frozen=True, slots=True)
class Field:
    """One frontmatter field."""

    name: str
    kind: str
    """`string`, `text` (long), `tools`, `list`, `mapping`, `boolean`, `integer`, or `choice` (one of `values`)."""
    help: str
    """One sentence for the form and the documentation."""
    values: tuple[str, ...] = ()
    """The values the program knows; empty where any will do."""
    open: bool = False
    """Whether a value outside `values` can be right too (a full model id, an integer effort)."""
    required: bool = False
    ignored_in_plugins: bool = False
    documented: bool = True


FIELDS: tuple[Field, ...] = (
    Field("name", "string", "What the agent is called by; lowercase words joined by hyphens.", required=True),
    Field("description", "text", "When to delegate to the agent; the main model reads nothing else.", required=True),
    Field("tools", "tools", "Tools the agent may use; left out, it may use all of them.", values=TOOLS, open=True),
    Field("disallowedTools", "tools", "Tools taken away before `tools` is applied.", values=TOOLS, open=True),
    Field("model", "choice", "The model it runs on; left out, the main conversation's.", values=MODELS, open=True),
    Field(
        "permissionMode",
        "choice",
        "How tool permissions are asked for.",
        values=("default", "acceptEdits", "auto", "dontAsk", "bypassPermissions", "plan", "manual"),
        ignored_in_plugins=True,
    ),
    Field("maxTurns", "integer", "Turns after which the agent stops; a positive whole number."),
    Field("skills", "list", "Skills whose full content is loaded before it starts."),
    Field("mcpServers", "list", "MCP servers: names, or one `{name: configuration}` each.", ignored_in_plugins=True),
    Field("hooks", "mapping", "Commands run at events; a malformed one drops the agent.", ignored_in_plugins=True),
    Field("memory", "choice", "Where the agent keeps its memory; also grants Read, Write, Edit.",
          values=("user", "project", "local")),
    Field("background", "boolean", "Whether it always runs in the background.", values=("true", "false")),
    Field("effort", "choice", "How much the model thinks; a level or a whole number.",
          values=("low", "medium", "high", "xhigh", "max"), open=True),
    Field("isolation", "choice", "Where it works: `worktree` gives it a git worktree of its own.",
          values=("worktree", "remote")),
    Field("color", "choice", "The colour it is shown in.", values=COLORS),
    Field("initialPrompt", "text", "First user turn, when the agent is the main thread."),
    Field("autoCompactWindow", "integer", "Tokens after which its context is compacted.", documented=False),
    Field("omitClaudeMd", "boolean", "Whether project instructions are left out.", values=("true", "false"),
          documented=False),
    Field("experimental", "mapping", "Settings that may change or go.", documented=False),
)  # fmt: skip

BY_NAME = MappingProxyType({field.name: field for field in FIELDS})
ORDER = MappingProxyType({field.name: place for place, field in enumerate(FIELDS)})

_OTHER_WORDS = MappingProxyType(
    {
        **dict.fromkeys(("allowedtools", "allowedtool", "allowtools", "enabledtools"), "tools"),
        **dict.fromkeys(("disabledtools", "deniedtools", "disallowtools"), "disallowedTools"),
        "whentouse": "description",
        "colour": "color",
        "modelid": "model",
        "modelname": "model",
    }
)
"""Other words that people write → the field they mean; folded as `_folded` folds."""
_KEYS_OF_OTHERS = frozenset(
    ("mode", "modes", "permission", "permissions", "memo", "memos", "models", "names", "backgroundcolor")
)
"""Keys that other programs have, and that only look like slips for one of ours."""


def _folded(key: str) -> str:
    return key.lower().replace("-", "").replace("_", "").replace(" ", "")


_FOLDED = MappingProxyType({**{_folded(name): name for name in BY_NAME}, **_OTHER_WORDS})


@lru_cache(4096)
def meant(key: str) -> str | None:
    """Return the field that an unknown key most likely means; None where nothing is near.

    >>> meant("allowed-tools"), meant("Descripton"), meant("emoji"), meant("mode")
    ('tools', 'description', None, None)
    """
    folded = _folded(key)
    if key in BY_NAME or folded in _KEYS_OF_OTHERS:
        return None
    if folded in _FOLDED:
        return _FOLDED[folded]
    from difflib import get_close_matches

    near = get_close_matches(folded, _FOLDED, n=1, cutoff=0.8)
    return _FOLDED[near[0]] if near else None
