"""A small model on this machine, so that everything runs with no key: the same SDK, the same protocol, on loopback.

Its text is fluent and wrong. It shows how the parts work together; it does not judge prompts.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from agentkit.backends import llama, weights
from agentkit.backends.messages import Messages
from agentkit.backends.protocol import Reply, Request
from agentkit.errors import CallError

_SEED = 7
_TEMPERATURE = 0.3
_CONTEXT = 4096


class Embedded:
    """A backend that runs a small instruct model on a llama.cpp server of its own.

    The model (98 MB) is downloaded on first use, the server started on first use; it answers one request at a time,
    is shared by every run of this process, survives a kernel's interrupt and ends with the kernel. The same request
    gets the same reply each time, unless `seed` is None.

    A variant's `model` may be either name below, so that one run compares the two; any other model is this backend's.

    Args:
        model: A name (`smollm2-135m`, or `qwen2.5-coder-0.5b`, whose answers make more sense: 491 MB), or the path of
            a GGUF file; None for `AGENTKIT_MODEL`, and without that for SmolLM2 135M Instruct.
        context: Tokens that prompt and reply share.
        seed: The seed of each reply; None for another one each time, so that epochs differ.
        temperature: Sampling temperature of requests that name none.
        because: Why it was chosen, for `notice`; None where the user did.
        report: What gets the lines about the download; None writes them to standard error.

    Needs `pip install "agentkit-notebook[embedded]"`.

    >>> Embedded(seed=3)
    Embedded(model='smollm2-135m-instruct+seed3')
    """

    name = "embedded"
    fidelity = "bare"
    default_max_tokens = 400
    """At some 70 tokens a second, about six seconds a reply."""
    max_concurrency = 1
    """One request at a time; more only wait in the server's queue."""
    limits = None

    def __init__(
        self,
        model: str | os.PathLike[str] | None = None,
        *,
        context: int = _CONTEXT,
        seed: int | None = _SEED,
        temperature: float = _TEMPERATURE,
        because: str | None = None,
        report: Callable[[str], None] | None = None,
    ) -> None:
        self._weights = weights.find(model)
        self._context = context
        self._seed = seed
        self._temperature = temperature
        self._because = because
        self._report = report or weights.to_stderr
        self._model = self._model_id()
        self._server: llama.Server | None = None
        self._messages: Messages | None = None
        self._address = ("", "")
        self._others: dict[str, Embedded] = {}  # by model id: what runs asked for by a known name

    def __repr__(self) -> str:
        return f"{type(self).__name__}(model={self._model!r})"

    @property
    def notice(self) -> str:
        """What a reader should know before believing its replies, on one line; for the runner to show once."""
        why = f"{self._because[:1].upper()}{self._because[1:]}: running" if self._because else "Running"
        text = f"{why} on the embedded model {self._model}, which shows how things work and does not judge prompts."
        return f"{text} Set ANTHROPIC_API_KEY to use the API." if self._because else text

    @property
    def model(self) -> str:
        """The id of its model, as requests and results name it."""
        return self._model

    def prepare(self) -> None:
        """Download the model if it is not here yet, so that the first run need not.

        Raises:
            BackendError: it cannot be downloaded.
            MissingExtra: xllamacpp is not installed.
        """
        llama.require()
        self._file()

    @property
    def pid(self) -> int | None:
        """The server's process id; None while it does not run."""
        return self._server.pid if self._server is not None else None

    async def resolve_model(self, model: str | None) -> str:
        """Return the id of a model that is known by name; of its own, whatever else is asked for.

        The id holds what changes replies: the file's fingerprint for a file of your own, and any seed, temperature or
        context that is not the default.
        """
        for name, known in weights.NAMED.items():
            if model == name and known != self._weights:
                options: dict[str, Any] = {"seed": self._seed, "temperature": self._temperature}
                other = Embedded(name, context=self._context, report=self._report, **options)
                return self._others.setdefault(other._model, other)._model
        return self._model

    async def send(self, request: Request) -> Reply:
        """Send one request, without retrying.

        Raises:
            CallError: the call failed, or asks for what the model does not have: tools, a JSON schema, images.
            BackendError: the model cannot be downloaded or loaded.
            MissingExtra: xllamacpp is not installed.
        """
        serving = self._others.get(str(request.get("model")), self)
        return await serving._through(request, lambda messages: messages.send(request))

    async def send_stream(self, request: Request, on_text: Callable[[str], None] | None = None) -> Reply:
        """Send one request and watch its reply arrive; arguments and errors as for `Messages.send_stream`."""
        serving = self._others.get(str(request.get("model")), self)
        return await serving._through(request, lambda messages: messages.send_stream(request, on_text))

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON that a POST of some JSON gives."""
        return await (await self._ready({})).post(path, body)

    async def aclose(self) -> None:
        """Close connections. The server stays for the next run; `stop` ends it."""
        messages, self._messages = self._messages, None
        if messages is not None:
            await messages.aclose()
        for other in self._others.values():
            await other.aclose()

    def stop(self) -> None:
        """End the server's process; the next call starts it again."""
        if self._server is not None:
            self._server.stop()
        for other in self._others.values():
            other.stop()

    async def _through(self, request: Request, call: Callable[[Messages], Awaitable[Reply]]) -> Reply:
        try:
            return await call(await self._ready(request))
        except CallError as error:
            # A server that has died is started again; one that lives and does not answer is the runner's affair.
            if error.kind != "connection" or self._server is None:
                raise
            if not await asyncio.to_thread(self._server.ended, 1.0):
                raise
        return await call(await self._ready(request))

    async def _ready(self, request: Request) -> Messages:
        _refuse(request)
        # In a thread: the first call may download and load, and an interrupt must not wait for either.
        address = await asyncio.to_thread(self._start)
        if self._messages is None or address != self._address:
            stale, self._address = self._messages, address
            self._messages = Messages(address[0], address[1])
            if stale is not None:
                await stale.aclose()
        return self._messages

    def _start(self) -> tuple[str, str]:
        if self._server is None:
            settings = llama.Settings(str(self._file()), self._model, self._context, self._seed, self._temperature, 1.1)
            self._server = llama.server(settings)
        return self._server.address()

    def _file(self) -> Path:
        known = self._weights
        return weights.fetch(known, self._report) if isinstance(known, weights.Weights) else known

    def _model_id(self) -> str:
        known = self._weights
        if isinstance(known, weights.Weights):
            name = known.alias
        else:
            name = f"{known.stem.lower()}@{weights.fingerprint(known)}"
        if self._seed != _SEED:
            name += "+anyseed" if self._seed is None else f"+seed{self._seed}"
        if self._temperature != _TEMPERATURE:
            name += f"+t{self._temperature:g}"
        return name if self._context == _CONTEXT else f"{name}+ctx{self._context}"


def _refuse(request: Request) -> None:
    """Say what the server would leave out without a word."""
    lacking = "tools" if request.get("tools") else ""
    if (request.get("output_config") or {}).get("format"):
        lacking = "structured output"
    for message in request.get("messages", ()):
        content = message.get("content")
        if not isinstance(content, str) and any(block.get("type") in ("image", "document") for block in content or ()):
            lacking = "images or documents"
    if lacking:
        raise CallError(
            f"the embedded model has no {lacking}",
            kind="invalid_request",
            hint="use the API: set ANTHROPIC_API_KEY, or backend=ak.Messages(...)",
        )
