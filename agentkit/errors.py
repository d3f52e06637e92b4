"""Every error agentkit raises, in one tree.

    AgentkitError
    ├── DefinitionError        a definition file cannot be read, edited or written
    │   ├── DefinitionNotFound     no such file, or it is a directory
    │   ├── EditError              the edit asked for does not fit the definition
    │   └── FileChanged            the file changed on disk since it was loaded
    ├── SampleError            a sample, or a row of a samples file, is wrong
    ├── PlanError              variants, samples or parameters do not make a plan
    ├── BackendError           the door outside is shut for the whole run
    │   ├── CredentialsMissing     no key, or the key was refused
    │   ├── ModelNotFound          the server knows no such model
    │   ├── ServerUnreachable      nothing answers at that address
    │   └── CallError              one call failed; the run goes on and keeps it as an error row
    ├── StoreError             the working record cannot be read or written (a full disk, a foreign file)
    ├── CassetteError          a cassette cannot be read
    │   └── StaleCassette          a request is not in the cassette
    ├── BudgetExceeded         the next call could pass the budget
    ├── DeadlineExceeded       the run's deadline came first
    ├── NotebookError          a notebook cannot be read, or a cell of it raised
    ├── ScoreError             a check, grader or comparison was asked for something it cannot do
    └── MissingExtra           an optional part is not installed

Each says what was received, what is accepted and what to type next, as fields and in its text, so nobody has to parse a
message. Characters that act without being seen are written out in the text; the fields have them as they are. In a
notebook they show that text and the user's own line instead of the stack below it. Paths below the working folder are
told from there, so that a notebook's saved error is the same on the next machine.
"""

from __future__ import annotations

import os
import re
import traceback
from typing import Any

from agentkit.brief import brief, cut
from agentkit.unseen import visible

DISTRIBUTION = "agentkit-notebook"
"""The name on the package index, as every install hint spells it."""


class AgentkitError(Exception):
    r"""Base of every error agentkit raises on purpose.

    Args:
        message: One sentence: what is wrong, and where.
        received: What came in, shortened to fit a line. None where that is the message itself.
        accepted: What would have been accepted. None where there is nothing to choose from.
        hint: What to type or do next.

    >>> str(AgentkitError("no colour 'teal'", accepted="red, blue", hint="agent.replace(color='blue')"))
    "no colour 'teal'\n  accepted: red, blue\n  next: agent.replace(color='blue')"
    """

    def __init__(
        self, message: str, *, received: object = None, accepted: object = None, hint: str | None = None
    ) -> None:
        message = _from_here(message)
        super().__init__(message)
        self.message = message
        self.received = _from_here(received) if isinstance(received, str) else received
        self.accepted = _from_here(accepted) if isinstance(accepted, str) else accepted
        self.hint = None if hint is None else _from_here(hint)

    def __str__(self) -> str:
        lines = [self.message]
        if self.received is not None:
            lines.append(f"  received: {_shorten(self.received)}")
        if self.accepted is not None:
            lines.append(f"  accepted: {_shorten(self.accepted, 400)}")
        if self.hint is not None:
            lines.append(f"  next: {self.hint}")
        return visible("\n".join(lines))

    def __reduce__(self) -> tuple[Any, ...]:
        # Fields are keyword-only, which the default protocol cannot rebuild; errors cross processes (pytest-xdist).
        return (_rebuild, (type(self), self.args, self.__dict__.copy()))

    def _render_traceback_(self) -> list[str]:
        """Return the lines IPython shows instead of a traceback: the user's own line, then the message."""
        lines = []
        frames = [frame for frame in traceback.extract_tb(self.__traceback__) if "ipykernel_" in frame.filename]
        if frames and frames[-1].line:
            lines.append(f"----> {frames[-1].line}")
        lines.append(f"{type(self).__name__}: {self}")
        return lines


def _rebuild(cls: type[AgentkitError], args: tuple[Any, ...], state: dict[str, Any]) -> AgentkitError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def _from_here(text: str) -> str:
    """Return the text with paths below the working folder told from there."""
    try:
        here = os.getcwd()
    except OSError:  # the folder is gone
        return text
    if here not in text or here == os.path.dirname(here):
        return text
    alone = rf"(?<![\w./\\-]){re.escape(here)}"
    text = re.sub(rf"{alone}[/\\]+(?=[\w.])", "", text)
    return re.sub(rf"{alone}(?![\w./\\-])", ".", text)


def _shorten(value: object, limit: int = 160) -> str:
    return cut(value, limit) if isinstance(value, str) else brief(value, limit)


class DefinitionError(AgentkitError):
    """A definition file cannot be read, edited or written."""


class DefinitionNotFound(DefinitionError):
    """There is no file at that path, or it is a directory."""


class EditError(DefinitionError):
    """The edit asked for does not fit the definition: no such section, a name that cannot be written."""


class FileChanged(DefinitionError):
    """The file changed on disk since it was loaded; nothing was written."""


class SampleError(AgentkitError):
    """A sample, or a row of a samples file, is wrong.

    Args:
        message: One sentence.
        file: Path of the samples file; None for samples given as values.
        line: Line in the file, from 1.
        column: Column in the line, from 1, or the name of the CSV column or JSON field.
        received: As in AgentkitError.
        accepted: As in AgentkitError.
        hint: As in AgentkitError.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: int | str | None = None,
        received: object = None,
        accepted: object = None,
        hint: str | None = None,
    ) -> None:
        place = file or ""
        if line is not None:
            place += f"{':' if place else 'line '}{line}"
        if column is not None:
            place += f", column {column}" if place else f"column {column}"
        super().__init__(f"{place}: {message}" if place else message, received=received, accepted=accepted, hint=hint)
        self.file = file
        self.line = line
        self.column = column


class PlanError(AgentkitError):
    """Variants, samples or parameters do not make a plan."""


class BackendError(AgentkitError):
    """The door outside is shut for the whole run; what had finished is in the store."""


class CredentialsMissing(BackendError):
    """No key was found, or the server refused the one it got."""


class ModelNotFound(BackendError):
    """The server knows no model of that name."""


class ServerUnreachable(BackendError):
    """Nothing answers at that address."""


class CallError(BackendError):
    """One call failed for good, after its retries; the run goes on and keeps it as an error row.

    Args:
        message: One sentence, free of keys and headers.
        kind: What happened: "rate_limit", "overloaded", "server", "connection", "timeout", "cut" (the reply ended
            before its last event), "invalid_request", "authentication", "permission", "not_found", "garbage" (not a
            Messages reply) or "other".
        status: The HTTP status; None where no response arrived.
        request_id: The server's id of the request; None where it gave none.
        retry_after_s: Seconds the server asked to wait; None where it did not ask.
        retryable: Whether the same request could succeed later.
        hint: As in AgentkitError.
        said: The message without its kind and status, for where those stand beside it; the whole message where None.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str = "other",
        status: int | None = None,
        request_id: str | None = None,
        retry_after_s: float | None = None,
        retryable: bool = False,
        hint: str | None = None,
        said: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.said = message if said is None else said
        self.kind = kind
        self.status = status
        self.request_id = request_id
        self.retry_after_s = retry_after_s
        self.retryable = retryable


class StoreError(AgentkitError):
    """The working record cannot be read or written: a full disk, a foreign file, a damaged page."""

    results: Any = None
    """The `Results` of what had finished, where a run had begun."""


class CassetteError(AgentkitError):
    """A cassette cannot be read."""


class StaleCassette(CassetteError):
    """A request is not in the cassette.

    Args:
        message: One sentence.
        variant: Name of the variant whose request is missing.
        sample: Id of the sample.
        changed: The parts of the request that differ from the nearest recorded one, such as ("system",).
        diff: Unified diff of the nearest recorded request and this one; empty where nothing is near.
        hint: The command that records it.
    """

    def __init__(
        self,
        message: str,
        *,
        variant: str | None = None,
        sample: str | None = None,
        changed: tuple[str, ...] = (),
        diff: str = "",
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.variant = variant
        self.sample = sample
        self.changed = changed
        self.diff = diff

    def __str__(self) -> str:
        return f"{super().__str__()}\n{self.diff}" if self.diff else super().__str__()


class BudgetExceeded(AgentkitError):
    """The next call could pass the budget, or its price is unknown; nothing was spent beyond it."""

    results: Any = None
    """The `Results` of what had finished, where a run had begun."""


class DeadlineExceeded(AgentkitError):
    """The run's deadline came before its end; what had finished is in the store."""

    results: Any = None
    """The `Results` of what had finished."""


class NotebookError(AgentkitError):
    """A notebook cannot be read, or a cell of it raised.

    Args:
        message: One sentence, naming the notebook and the cell.
        notebook: The notebook with the outputs it has so far; None where it could not be read.
        accepted: As in AgentkitError.
        hint: As in AgentkitError.
    """

    def __init__(self, message: str, *, notebook: Any = None, accepted: object = None, hint: str | None = None) -> None:
        super().__init__(message, accepted=accepted, hint=hint)
        self.notebook = notebook


class ScoreError(AgentkitError):
    """A check, grader or comparison was asked for something it cannot do."""


class MissingExtra(AgentkitError):
    """An optional part is not installed.

    Args:
        what: The feature that needs it.
        extra: Name of the extra that brings it.

    >>> print(MissingExtra("to_parquet", "parquet"))
    to_parquet needs an optional part that is not installed
      next: pip install "agentkit-notebook[parquet]"
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f"{what} needs an optional part that is not installed", hint=f'pip install "{DISTRIBUTION}[{extra}]"'
        )
        self.what = what
        self.extra = extra
