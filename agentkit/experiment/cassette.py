"""The cassette: a recording of calls that is shared beside a notebook and answers in place of the server.

One JSON object a line, in plain sorted order, so that a diff shows one line for one call and `sort` puts two merged
files right. System prompts, which many calls share, stand on lines of their own. docs/cassette-format.md describes
every line. A cassette holds no key, no address, no path and no time of day.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from agentkit.backends.protocol import Reply
from agentkit.errors import CassetteError
from agentkit.experiment.cassette_prune import model_name, pruned, report
from agentkit.experiment.record import Call
from agentkit.experiment.secrets import known, scrub

VERSION = 1
HEADER = f'{{"agentkit-cassette":{VERSION}}}'
_CALL = '{"call":"'
_KEY_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Served:
    """How a name was resolved when the cassette was recorded, so that replay builds the same requests."""

    model: str
    backend: str
    fidelity: str
    max_tokens: int


class Cassette:
    """A recording in memory.

    Args:
        path: The file; it may not be there yet.
        recording: Whether calls that are missing are made and added.

    Raises:
        CassetteError: the file is no cassette, is damaged, or comes from a later version.
    """

    def __init__(self, path: str | os.PathLike[str], *, recording: bool) -> None:
        self.path = Path(path)
        self.recording = recording
        self.used: set[str] = set()
        """Keys and names that runs of this process asked for: what `prune` keeps."""
        self._calls: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._models: dict[tuple[str, str], Served] = {}
        self._tools: dict[str, str] = {}
        self._stamp: tuple[int, int] | None = None
        self._changed = False
        self._keys = known()
        self.read()

    def __len__(self) -> int:
        return len(self._calls)

    def __repr__(self) -> str:
        return f"Cassette({str(self.path)!r}, {len(self)} calls{', recording' if self.recording else ''})"

    def read(self) -> None:
        """Read the file again where it changed on disk."""
        try:
            status = self.path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp == self._stamp:
                return
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError) as error:
            raise CassetteError(f"the cassette {self.path} cannot be read: {error}") from error
        lines = text.split("\n")
        if not lines[0].startswith('{"agentkit-cassette":'):
            raise CassetteError(f"{self.path} is no cassette: its first line is not {HEADER}", received=lines[0])
        for number, line in enumerate(lines, 1):
            if line.startswith(_CALL):
                self._calls.setdefault(line[len(_CALL) : len(_CALL) + _KEY_LENGTH], line)
            elif line.strip():
                self._take(line, number)
        self._stamp = stamp

    def _take(self, line: str, number: int) -> None:
        try:
            entry = json.loads(line)
            if "text" in entry:
                self._texts[entry["text"]] = entry["value"]
            elif "model" in entry:
                served = Served(entry["is"], entry["backend"], entry["fidelity"], entry["max_tokens"])
                self._models.setdefault((entry["asked"], entry["model"]), served)
            elif "tool" in entry:
                self._tools[entry["tool"]] = entry["result"]
            elif entry.get("agentkit-cassette", VERSION) > VERSION:
                raise CassetteError(
                    f"{self.path} was recorded by a later agentkit (cassette version {entry['agentkit-cassette']})",
                    accepted=f"up to {VERSION}",
                    hint="pip install -U agentkit-notebook",
                )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CassetteError(
                f"{self.path}:{number}: this line is no part of a cassette",
                received=line,
                hint="take out the marks of an unfinished merge, or restore the file",
            ) from None

    def served(self, asked: str, alias: str | None) -> Served | None:
        """Return what a model's name stood for when this was recorded.

        Args:
            asked: The backend that the run named, or `auto`.
            alias: The name given, or None.
        """
        wanted = alias or ""
        places = [(asked, wanted)] if (asked, wanted) in self._models else []
        # Recorded on a named server, replayed with none named (or the other way): the same where only one fits.
        places = places or [place for place in self._models if place[1] == wanted]
        found = {self._models[place] for place in places}
        if len(found) != 1:
            return None
        for place in places:
            self._use(model_name(*place))
        return found.pop()

    def put_served(self, asked: str, alias: str | None, served: Served) -> None:
        """Record what a model's name stands for."""
        self._use(model_name(asked, alias or ""))
        if self._models.get((asked, alias or "")) != served:
            self._models[asked, alias or ""] = served
            self._changed = True

    def holds(self, variants: Iterable[str]) -> bool:
        """Return whether a call of any of these variants is recorded."""
        wanted = set(variants)
        return any(entry["variant"] in wanted for entry in self.entries())

    def get(self, key: str) -> Call | None:
        """Return a recorded call; None where it is not there.

        Raises:
            CassetteError: its line is damaged.
        """
        line = self._calls.get(key)
        if line is None:
            return None
        self._use(key)
        entry = self.entry(line)
        reply = dict(entry["reply"])
        blocks = tuple(reply.pop("blocks", ()))
        cost = reply.pop("cost_usd", None)
        made = Reply(**reply, blocks=blocks)
        return Call(key, entry["variant"], entry["sample"], entry["epoch"], None, made, cost, entry["backend"])

    def entry(self, line: str) -> dict[str, Any]:
        """Return a call's line as values, its system prompt put back."""
        try:
            entry: dict[str, Any] = json.loads(line)
            system = entry["request"].get("system")
            if isinstance(system, dict) and "text" in system:
                entry["request"]["system"] = self._texts[system["text"]]
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise CassetteError(f"{self.path}: the line of a call is damaged: {error!r}", received=line) from None
        return entry

    def entries(self) -> list[dict[str, Any]]:
        """Return every recorded call as values."""
        return [self.entry(line) for line in self._calls.values()]

    async def put(self, call: Call) -> None:
        """Add a call; it reaches the file with `save`."""
        self.add(call)

    def add(self, call: Call) -> None:
        """Add a call; it reaches the file with `save`."""
        request = dict(call.request or {})
        system = request.get("system")
        if isinstance(system, str):
            digest = sha256(system.encode("utf-8", "surrogatepass")).hexdigest()[:32]
            self._texts[digest] = system
            request["system"] = {"text": digest}
        self._use(call.key)
        self._calls[call.key] = _dump(
            {
                "call": call.key,
                "sample": call.sample,
                "variant": call.variant,
                "epoch": call.epoch,
                "backend": call.backend,
                "request": request,
                "reply": _reply(call),
            },
        )
        self._changed = True

    def tool_result(self, key: str) -> str | None:
        """Return what a tool answered when this was recorded."""
        self._use(key)
        return self._tools.get(key)

    def put_tool_result(self, key: str, result: str) -> None:
        """Record what a tool answered."""
        self._use(key)
        self._tools[key] = result
        self._changed = True

    def _use(self, name: str) -> None:
        if name not in self.used:
            self.used.add(name)
            report(self.path, name)

    def save(self) -> None:
        """Write what was added, beside what the file holds now; atomic.

        Raises:
            CassetteError: it cannot be written.
        """
        if not self._changed:
            return
        self.read()
        self._write()

    def prune(self, used: Set[str] | None = None) -> int:
        """Take out of the file what is not used, and return how many calls went; lines that stay keep bytes and order.

        Args:
            used: What is used; what runs of this process asked for where None.

        Raises:
            CassetteError: it cannot be read or written.
        """
        self.save()
        self._stamp = None
        self.read()
        if not self.path.exists():
            return 0
        text, gone = pruned(self.path.read_bytes().decode("utf-8"), self.used if used is None else used)
        self._calls, self._texts, self._models, self._tools = {}, {}, {}, {}
        self._replace(text)
        self._stamp = None
        self.read()
        return gone

    def _write(self) -> None:
        lines = {HEADER, *self._calls.values()}
        lines |= {_dump({"text": digest, "value": text}) for digest, text in self._texts.items()}
        lines |= {_dump({"tool": key, "result": result}) for key, result in self._tools.items()}
        for (asked, alias), one in self._models.items():
            entry = {"model": alias, "asked": asked, "is": one.model, "backend": one.backend}
            lines.add(_dump({**entry, "fidelity": one.fidelity, "max_tokens": one.max_tokens}))
        self._replace(scrub("".join(f"{line}\n" for line in sorted(lines)), self._keys))

    def _replace(self, text: str) -> None:
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with fresh.open("w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise CassetteError(f"the cassette {self.path} cannot be written: {error.strerror or error}") from error
        status = self.path.stat()
        self._stamp, self._changed = (status.st_mtime_ns, status.st_size), False


def _reply(call: Call) -> dict[str, Any]:
    reply = call.reply
    kept: dict[str, Any] = {"output": reply.output, "stop_reason": reply.stop_reason, "model": reply.model}
    for name in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"):
        kept[name] = getattr(reply, name)
    kept["latency_s"] = reply.latency_s
    kept["cost_usd"] = call.cost_usd
    return {**kept, "blocks": list(reply.blocks)} if reply.blocks else kept


def _dump(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
