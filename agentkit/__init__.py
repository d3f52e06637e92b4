"""agentkit: edit agent definitions, run them on samples, compare what comes back.

    import agentkit as ak

The public names are bound on first use, so `import agentkit` costs a few milliseconds and never touches pandas,
anthropic or ipywidgets.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit import errors as errors
    from agentkit.backends.embedded import Embedded as Embedded
    from agentkit.backends.messages import Messages as Messages
    from agentkit.backends.protocol import Reply as Reply
    from agentkit.backends.protocol import Request as Request
    from agentkit.backends.scripted import Scripted as Scripted
    from agentkit.definition.agent import AgentDefinition as AgentDefinition
    from agentkit.definition.diff import Diff as Diff
    from agentkit.definition.examples import Example as Example
    from agentkit.definition.findings import Finding as Finding
    from agentkit.definition.folder import Folder as Folder
    from agentkit.definition.folder import discover as discover
    from agentkit.definition.folder import load_folder as load_folder
    from agentkit.definition.interchange import from_agents_json as from_agents_json
    from agentkit.definition.interchange import to_agents_json as to_agents_json
    from agentkit.definition.interchange import to_sdk as to_sdk
    from agentkit.definition.opening import load as load
    from agentkit.definition.opening import loads as loads
    from agentkit.definition.sections import Section as Section
    from agentkit.errors import AgentkitError as AgentkitError
    from agentkit.experiment.background import Running as Running
    from agentkit.experiment.background import start as start
    from agentkit.experiment.batching import cancel_batches as cancel_batches
    from agentkit.experiment.budget import Budget as Budget
    from agentkit.experiment.cassettes import use_cassette as use_cassette
    from agentkit.experiment.outcome import Outcome as Outcome
    from agentkit.experiment.plan import Trial as Trial
    from agentkit.experiment.plan import Variant as Variant
    from agentkit.experiment.plan import across as across
    from agentkit.experiment.progress import Progress as Progress
    from agentkit.experiment.quoting import Quote as Quote
    from agentkit.experiment.quoting import quote as quote
    from agentkit.experiment.results import Results as Results
    from agentkit.experiment.running import arun as arun
    from agentkit.experiment.running import run as run
    from agentkit.experiment.running import stream as stream
    from agentkit.experiment.sampling import Sample as Sample
    from agentkit.experiment.sampling import Samples as Samples
    from agentkit.experiment.sampling import samples as samples
    from agentkit.experiment.usage import Usage as Usage
    from agentkit.scoring import checks as checks
    from agentkit.scoring import plots as plots
    from agentkit.scoring.comparison import Comparison as Comparison
    from agentkit.scoring.family import Comparisons as Comparisons
    from agentkit.scoring.family import compare_all as compare_all
    from agentkit.scoring.grader import Grader as Grader
    from agentkit.scoring.preference import Pairwise as Pairwise
    from agentkit.scoring.preference import pairwise as pairwise
    from agentkit.scoring.ratings import agreement as agreement
    from agentkit.scoring.ratings import corrected_mean as corrected_mean
    from agentkit.scoring.score import Check as Check
    from agentkit.scoring.score import Score as Score
    from agentkit.scoring.verdict import compare as compare
    from agentkit.studies.ablation import Ablation as Ablation
    from agentkit.studies.ablation import ablate as ablate
    from agentkit.studies.ablation import quote_ablation as quote_ablation
    from agentkit.widgets.editor import edit as edit
    from agentkit.widgets.launcher import launch as launch

_HOMES = {
    "Ablation": "agentkit.studies.ablation",
    "AgentDefinition": "agentkit.definition.agent",
    "AgentkitError": "agentkit.errors",
    "Budget": "agentkit.experiment.budget",
    "Check": "agentkit.scoring.score",
    "Comparison": "agentkit.scoring.comparison",
    "Comparisons": "agentkit.scoring.family",
    "Diff": "agentkit.definition.diff",
    "Embedded": "agentkit.backends.embedded",
    "Example": "agentkit.definition.examples",
    "Finding": "agentkit.definition.findings",
    "Folder": "agentkit.definition.folder",
    "Grader": "agentkit.scoring.grader",
    "Messages": "agentkit.backends.messages",
    "Outcome": "agentkit.experiment.outcome",
    "Pairwise": "agentkit.scoring.preference",
    "Progress": "agentkit.experiment.progress",
    "Quote": "agentkit.experiment.quoting",
    "Reply": "agentkit.backends.protocol",
    "Request": "agentkit.backends.protocol",
    "Results": "agentkit.experiment.results",
    "Running": "agentkit.experiment.background",
    "Sample": "agentkit.experiment.sampling",
    "Samples": "agentkit.experiment.sampling",
    "Score": "agentkit.scoring.score",
    "Scripted": "agentkit.backends.scripted",
    "Section": "agentkit.definition.sections",
    "Trial": "agentkit.experiment.plan",
    "Usage": "agentkit.experiment.usage",
    "Variant": "agentkit.experiment.plan",
    "ablate": "agentkit.studies.ablation",
    "across": "agentkit.experiment.plan",
    "agreement": "agentkit.scoring.ratings",
    "arun": "agentkit.experiment.running",
    "cancel_batches": "agentkit.experiment.batching",
    "checks": "agentkit.scoring.checks",
    "compare": "agentkit.scoring.verdict",
    "compare_all": "agentkit.scoring.family",
    "corrected_mean": "agentkit.scoring.ratings",
    "discover": "agentkit.definition.folder",
    "edit": "agentkit.widgets.editor",
    "errors": "agentkit.errors",
    "from_agents_json": "agentkit.definition.interchange",
    "launch": "agentkit.widgets.launcher",
    "load": "agentkit.definition.opening",
    "load_folder": "agentkit.definition.folder",
    "loads": "agentkit.definition.opening",
    "pairwise": "agentkit.scoring.preference",
    "plots": "agentkit.scoring.plots",
    "quote": "agentkit.experiment.quoting",
    "quote_ablation": "agentkit.studies.ablation",
    "run": "agentkit.experiment.running",
    "samples": "agentkit.experiment.sampling",
    "start": "agentkit.experiment.background",
    "stream": "agentkit.experiment.running",
    "to_agents_json": "agentkit.definition.interchange",
    "to_sdk": "agentkit.definition.interchange",
    "use_cassette": "agentkit.experiment.cassettes",
}
"""Public name → the module that has it; a module's own name stands for the module."""

__all__ = [
    "Ablation",
    "AgentDefinition",
    "AgentkitError",
    "Budget",
    "Check",
    "Comparison",
    "Comparisons",
    "Diff",
    "Embedded",
    "Example",
    "Finding",
    "Folder",
    "Grader",
    "Messages",
    "Outcome",
    "Pairwise",
    "Progress",
    "Quote",
    "Reply",
    "Request",
    "Results",
    "Running",
    "Sample",
    "Samples",
    "Score",
    "Scripted",
    "Section",
    "Trial",
    "Usage",
    "Variant",
    "ablate",
    "across",
    "agreement",
    "arun",
    "cancel_batches",
    "checks",
    "compare",
    "compare_all",
    "corrected_mean",
    "discover",
    "edit",
    "errors",
    "from_agents_json",
    "launch",
    "load",
    "load_folder",
    "loads",
    "pairwise",
    "plots",
    "quote",
    "quote_ablation",
    "run",
    "samples",
    "start",
    "stream",
    "to_agents_json",
    "to_sdk",
    "use_cassette",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'agentkit' has no attribute {name!r}")
    module = importlib.import_module(home)
    value = module if home.rpartition(".")[2] == name else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
