"""Samples: what every variant is tried on.

`samples()` takes whatever a person has at hand (a definition's examples, strings, rows, a file, a frame) and gives one
immutable sequence of `Sample`. A sample's id names it in tables; it is no part of a trial's key, so renaming or adding
samples never pays for a call again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from agentkit.errors import SampleError

if TYPE_CHECKING:
    import pandas as pd

FIELDS = ("input", "id", "target", "metadata", "checks")
"""The fields of a row; any other column goes to `metadata`."""
SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".yaml", ".yml")
"""Endings of the files that `samples` reads."""
ROLES = ("user", "assistant")

Message = Mapping[str, Any]
"""`{"role": "user" | "assistant", "content": text or a list of content blocks}`."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One thing to try the variants on.

    >>> Sample("How do I paginate?", id="paging").text
    'How do I paginate?'
    """

    input: str | tuple[Message, ...]
    """The user's turn as text, or the messages of a conversation that ends with the user's turn."""
    id: str = ""
    """Unique in its set; `sample-N` by place where none is given."""
    target: str | None = None
    """What a good reply says or is; None where there is no such thing."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else is known of it."""
    checks: tuple[Any, ...] = ()
    """Checks that hold for this sample alone, as the scoring part reads them."""

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages as they are sent."""
        if isinstance(self.input, str):
            return [{"role": "user", "content": self.input}]
        return [dict(message) for message in self.input]

    @property
    def text(self) -> str:
        """The input as text; several turns are joined, each led by its role."""
        if isinstance(self.input, str):
            return self.input
        if len(self.input) == 1:
            return content_text(self.input[0]["content"])
        return "\n\n".join(f"{message['role']}: {content_text(message['content'])}" for message in self.input)


class Samples(Sequence[Sample]):
    """An immutable sequence of samples, each with its id.

    Args:
        items: The samples. Those without an id get `sample-N` by their place.

    Raises:
        SampleError: two samples have one id.

    >>> Samples([Sample("Hi"), Sample("Ho", id="ho")])
    Samples(2: 'sample-1', 'ho')
    """

    __slots__ = ("_by_id", "_items")

    def __init__(self, items: Iterable[Sample]) -> None:
        named: dict[str, Sample] = {}
        for number, sample in enumerate(items, 1):
            if not sample.id:
                sample = Sample(sample.input, f"sample-{number}", sample.target, sample.metadata, sample.checks)
            if sample.id in named:
                raise SampleError(
                    f"two samples have the id {sample.id!r}", hint="give each its own id, or leave ids out"
                )
            named[sample.id] = sample
        self._by_id = named
        self._items = tuple(named.values())

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Sample]:
        return iter(self._items)

    @overload
    def __getitem__(self, index: int | str) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> Samples: ...
    def __getitem__(self, index: int | str | slice) -> Sample | Samples:
        if isinstance(index, str):
            if index not in self._by_id:
                raise SampleError(f"there is no sample {index!r}", accepted=", ".join(self._by_id))
            return self._by_id[index]
        return Samples(self._items[index]) if isinstance(index, slice) else self._items[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Samples) and self._items == other._items

    __hash__ = None  # type: ignore[assignment]  # metadata may hold lists

    def __repr__(self) -> str:
        ids = ", ".join(repr(sample.id) for sample in self._items[:3])
        return f"Samples({len(self)}: {ids}{', …' if len(self) > 3 else ''})"

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids, in order."""
        return tuple(self._by_id)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a sample.

        `id` (str), `input` (str, turns joined), `target` (str or missing), then one column for each metadata field
        (object).
        """
        import pandas as pd

        rows = [
            {"id": one.id, "input": one.text, "target": one.target}
            | {name: value for name, value in one.metadata.items() if name not in ("id", "input", "target")}
            for one in self._items
        ]
        return pd.DataFrame(rows, columns=None if rows else ["id", "input", "target"])


def samples(source: Any, *, limit: int | None = None) -> Samples:
    """Make samples of what is at hand.

    Args:
        source: One of: an agent definition or its `examples` (each example's user turn, ids `example-1` …, context and
            commentary in the metadata); a list of strings, of message lists, of rows as dicts, or of `Sample`; a
            DataFrame; the path of a CSV, TSV, JSON Lines, JSON or YAML file. A row has `input` and may have `id`,
            `target`, `metadata` and `checks`; other columns go to the metadata.
        limit: Only the first so many.

    Returns:
        The samples, in the order given.

    Raises:
        SampleError: a row is wrong (named by file, line and column), two ids are the same, or there is no sample.

    >>> samples(["How do I paginate?", {"input": "And sort?", "id": "sort", "topic": "lists"}]).ids
    ('sample-1', 'sort')
    """
    made = source if isinstance(source, Samples) else Samples(_read(source))
    if limit is not None:
        made = made[:limit]
    if not made:
        raise SampleError("there are no samples", received=source, hint=_hint_for_empty(source))
    return made


def _read(source: Any) -> Iterable[Sample]:
    if isinstance(source, (str, PathLike)):
        return _read_path(source)
    if isinstance(source, Sample):
        return [source]
    if hasattr(source, "examples") and hasattr(source, "system_prompt"):
        return _from_examples(source.examples)
    if hasattr(source, "to_dict") and hasattr(source, "columns"):
        return _from_frame(source)
    if isinstance(source, Mapping):
        return [sample_of_row(source, column_prefix="")]
    if isinstance(source, Iterable):
        items = list(source)
        if items and all(_is_example(item) for item in items):
            return _from_examples(items)
        return [_sample_of_item(item, number) for number, item in enumerate(items, 1)]
    raise SampleError(
        "these are no samples", received=source, accepted="examples, strings, rows, a DataFrame, or a file's path"
    )


def _read_path(source: str | PathLike[str]) -> Iterable[Sample]:
    path = Path(source)
    if isinstance(source, str) and ("\n" in source or path.suffix.lower() not in SUFFIXES) and not _exists(path):
        raise SampleError(
            "a string names a samples file, and there is no such file",
            received=source,
            accepted=", ".join(SUFFIXES),
            hint="put prompts in a list: ak.samples(['…'])",
        )
    from agentkit.experiment.sample_files import read_file

    return read_file(path)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # longer than a file name can be, or with a null in it: a prompt, not a path
        return False


def _is_example(item: object) -> bool:
    return hasattr(item, "user") and not isinstance(item, (str, Mapping, Sample))


def _from_examples(examples: Iterable[Any]) -> Iterable[Sample]:
    for number, example in enumerate(examples, 1):
        if not (example.user or "").strip():
            continue
        about = {name: getattr(example, name, None) for name in ("context", "assistant", "commentary")}
        yield Sample(example.user, f"example-{number}", metadata={name: text for name, text in about.items() if text})


def _from_frame(frame: Any) -> Iterable[Sample]:
    if "input" not in frame.columns:
        raise SampleError("the frame has no column 'input'", received=list(frame.columns), accepted=", ".join(FIELDS))
    for number, row in enumerate(frame.to_dict("records"), 1):
        present = {str(name): value for name, value in row.items() if not _is_missing(value)}
        yield sample_of_row(present, line=number)


def _is_missing(value: object) -> bool:
    # NaN and NaT are the values that differ from themselves; pandas' NA answers the comparison with itself.
    return value is None or type(value).__name__ == "NAType" or (isinstance(value, float) and value != value)


def _sample_of_item(item: Any, number: int) -> Sample:
    if isinstance(item, Sample):
        return item
    if isinstance(item, Mapping):
        return sample_of_row(item, line=number)
    return sample_of_row({"input": item}, line=number)


def sample_of_row(
    row: Mapping[str, Any], *, file: str | None = None, line: int | None = None, column_prefix: str = ""
) -> Sample:
    """Make one sample of a row.

    Args:
        row: The fields by name.
        file: The file it stands in, for errors.
        line: Its line there, or its place in a list, from 1, for errors.
        column_prefix: What leads the field's name in errors.

    Raises:
        SampleError: a field is missing or of the wrong kind.
    """

    def wrong(message: str, name: str, received: object = None, accepted: str | None = None) -> SampleError:
        return SampleError(
            message, file=file, line=line, column=f"{column_prefix}{name}", received=received, accepted=accepted
        )

    if "input" not in row:
        raise wrong("the row has no input", "input", received=list(row), accepted=", ".join(FIELDS))
    given = row["input"]
    checked = _messages(given, wrong) if isinstance(given, (list, tuple)) else given
    if not isinstance(checked, (str, tuple)):
        raise wrong("the input must be text or a list of messages", "input", received=given)
    if not checked or (isinstance(checked, str) and not checked.strip()):
        raise wrong("the input is empty", "input")
    identity, target, metadata = row.get("id"), row.get("target"), row.get("metadata")
    if identity is not None and (isinstance(identity, (bool, float)) or not isinstance(identity, (str, int))):
        raise wrong("the id must be text", "id", received=identity)
    if target is not None and not isinstance(target, (str, int, float)):
        raise wrong("the target must be text", "target", received=target)
    if metadata is not None and not isinstance(metadata, Mapping):
        raise wrong("the metadata must be a mapping", "metadata", received=metadata)
    checks = row.get("checks") or ()
    extra = {str(name): value for name, value in row.items() if name not in FIELDS}
    return Sample(
        checked,
        "" if identity is None else str(identity),
        None if target is None else str(target),
        {**(metadata or {}), **extra},
        tuple(checks) if isinstance(checks, (list, tuple)) else (checks,),
    )


def _messages(given: Sequence[Any], wrong: Any) -> tuple[Message, ...]:
    for number, message in enumerate(given, 1):
        if not isinstance(message, Mapping) or "role" not in message or "content" not in message:
            raise wrong(f"message {number} needs a role and a content", "input", received=message)
        if message["role"] not in ROLES:
            raise wrong(f"message {number} has an unknown role", "input", message["role"], ", ".join(ROLES))
        if not isinstance(message["content"], (str, list, tuple)) or not message["content"]:
            raise wrong(f"message {number} has no content", "input", received=message["content"])
    return tuple({"role": message["role"], "content": _plain(message["content"])} for message in given)


def _plain(content: Any) -> Any:
    return content if isinstance(content, str) else [dict(b) if isinstance(b, Mapping) else b for b in content]


def _hint_for_empty(source: Any) -> str:
    if hasattr(source, "examples"):
        return "the definition has no examples; give prompts of your own: ak.samples(['…'])"
    return "give at least one prompt: ak.samples(['…'])"


def content_text(content: Any) -> str:
    """Return a message's content as text; blocks that are no text are named in brackets."""
    if isinstance(content, str):
        return content
    parts = []
    for block in content:
        kind = block.get("type") if isinstance(block, Mapping) else None
        parts.append(str(block["text"]) if kind == "text" else f"[{kind or 'block'}]")
    return "\n".join(parts)
