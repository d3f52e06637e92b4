"""Samples files: CSV, TSV, JSON Lines, JSON and YAML, each with errors that name line and column."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agentkit.errors import SampleError
from agentkit.experiment.sampling import FIELDS, SUFFIXES, Sample, sample_of_row


def read_file(path: Path) -> Iterator[Sample]:
    """Yield the samples of a file.

    Args:
        path: A file whose ending tells its format.

    Raises:
        SampleError: the file cannot be read, or a row is wrong.
    """
    suffix = path.suffix.lower()
    readers = {".csv": _csv, ".tsv": _csv, ".json": _json, ".yaml": _yaml, ".yml": _yaml}
    reader = readers.get(suffix, _json_lines if suffix in SUFFIXES else None)
    if reader is None:
        raise SampleError(f"no samples format ends in {suffix!r}", file=str(path), accepted=", ".join(SUFFIXES))
    text = _text(path)
    if not text.strip():
        raise SampleError("the file is empty", file=str(path), hint="write at least one row with an input")
    yield from reader(text, str(path))


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise SampleError("there is no such file", file=str(path), hint=f"looked in {path.parent}") from None
    except IsADirectoryError:
        raise SampleError("this is a directory, not a samples file", file=str(path)) from None
    except OSError as error:
        raise SampleError(f"the file cannot be read: {error.strerror}", file=str(path)) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise SampleError("the file is not UTF-8 text", file=str(path), line=line, column=column) from None


def _csv(text: str, file: str) -> Iterator[Sample]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if file.lower().endswith(".tsv") else ",")
    header = [name.strip() for name in next(reader)]
    if "input" not in header:
        raise SampleError(
            "the first line names no column 'input'", file=file, line=1, received=header, accepted=", ".join(FIELDS)
        )
    line = reader.line_num + 1
    for values in reader:
        if values:
            if len(values) > len(header):
                raise SampleError(
                    f"the row has {len(values)} columns and the header {len(header)}",
                    file=file,
                    line=line,
                    column=len(header) + 1,
                    received=values[len(header)],
                    hint="put text with commas in double quotes",
                )
            row: dict[str, Any] = {name: value for name, value in zip(header, values, strict=False) if value != ""}
            row.setdefault("input", "")
            for name in ("metadata", "checks"):
                # A cell of checks may hold them one a line, as people write them.
                if name in row and (name == "metadata" or row[name].lstrip().startswith(("[", "{"))):
                    row[name] = _loads(row[name], file, line, name)
            yield sample_of_row(row, file=file, line=line)
        line = reader.line_num + 1


def _loads(text: str, file: str, line: int, column: str | None) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        place = column if column is not None else getattr(error, "colno", None)
        reason = getattr(error, "msg", str(error))
        raise SampleError(f"this is not JSON: {reason}", file=file, line=line, column=place, received=text) from None


def _json_lines(text: str, file: str) -> Iterator[Sample]:
    # Only \n ends a line: JSON strings may hold U+2028 and its kind, which splitlines would cut at.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield _row(_loads(line, file, number, None), file, number)


def _row(value: Any, file: str, line: int | None) -> Sample:
    if isinstance(value, Mapping):
        return sample_of_row(value, file=file, line=line)
    return sample_of_row({"input": value}, file=file, line=line)


def _json(text: str, file: str) -> Iterator[Sample]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise SampleError(f"this is not JSON: {error.msg}", file=file, line=error.lineno, column=error.colno) from None
    rows = value.get("samples") if isinstance(value, dict) else value
    if not isinstance(rows, list):
        raise SampleError("the file must hold a list of samples", file=file, line=1, received=type(value).__name__)
    for number, row in enumerate(rows, 1):
        try:
            yield _row(row, file, None)
        except SampleError as error:
            raise SampleError(f"sample {number}: {error.message}", received=error.received) from None


def _yaml(text: str, file: str) -> Iterator[Sample]:
    import yaml

    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        rows = node
        if isinstance(node, yaml.MappingNode):
            rows = next((value for key, value in node.value if key.value == "samples"), None)
        if not isinstance(rows, yaml.SequenceNode):
            raise SampleError("the file must hold a list of samples", file=file, line=1)
        for item in rows.value:
            yield _row(_yaml_row(loader, item), file, item.start_mark.line + 1)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise SampleError(
            f"this is not YAML: {error.problem}",
            file=file,
            line=mark.line + 1 if mark else None,
            column=mark.column + 1 if mark else None,
        ) from None
    except yaml.YAMLError as error:
        raise SampleError(f"this is not YAML: {error}", file=file) from None


def _yaml_row(loader: Any, item: Any) -> Any:
    import yaml

    if isinstance(item, yaml.ScalarNode):
        return item.value
    value = loader.construct_object(item, deep=True)
    if isinstance(item, yaml.MappingNode) and isinstance(value, dict):
        for key, part in item.value:
            # `input: no` and `id: 007` mean their text, not a boolean and a number.
            if key.value in ("input", "id", "target") and isinstance(part, yaml.ScalarNode):
                value[key.value] = None if part.tag.endswith(":null") else part.value
    return value
