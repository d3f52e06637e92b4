"""The one door outside: what a backend is given and what it gives back.

Everything that can carry out a trial (the API, a gateway, the embedded server, scripted replies, later batches and the
real program) implements `Backend`. The runner knows nothing else of the world; tests and demos replace this door and
patch nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

Request = Mapping[str, Any]
"""The body of one `POST /v1/messages`, as JSON values: `model` (resolved), `max_tokens`, `system`, `messages`, and any
other field of the protocol that was asked for. It is exactly what is sent, and what a trial's key is a hash of."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one request."""

    output: str
    """The text blocks of the last message, joined."""
    stop_reason: str | None
    """`end_turn`, `max_tokens`, `stop_sequence`, `tool_use`, `pause_turn`, `refusal`, `model_context_window_exceeded`;
    None where the server gave none."""
    model: str
    """The id of the model that served it, as the reply names it."""
    input_tokens: int = 0
    """Input tokens that were neither read from nor written to the prompt cache."""
    output_tokens: int = 0
    """Output tokens, thinking included."""
    cache_read_tokens: int = 0
    """Input tokens read from the prompt cache."""
    cache_write_tokens: int = 0
    """Input tokens written to the prompt cache."""
    latency_s: float = 0.0
    """Seconds from sending the request to its last byte, retries and waiting left out."""
    blocks: tuple[Mapping[str, Any], ...] = ()
    """The content blocks as JSON values; empty where they are one text block, which `output` holds already."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further facts worth keeping (request id, service tier), as JSON values."""


@runtime_checkable
class Backend(Protocol):
    """What carries out one trial.

    A backend may be used by one event loop at a time; `aclose` releases what it holds and it may be used again after.
    """

    name: str
    """`messages`, `embedded`, `scripted`, …: kept with every result, with `fidelity`."""
    fidelity: str
    """How a trial is carried out: `bare` (the system prompt alone) or the program's own envelope."""

    async def resolve_model(self, model: str | None) -> str:
        """Return the model id to send for an alias (`sonnet`, `inherit`, …), a full id, or None (the default).

        Raises:
            ModelNotFound: the server knows no such model.
        """
        ...

    async def send(self, request: Request) -> Reply:
        """Carry out one call, without retrying: the runner holds the one retry policy of the whole run.

        Raises:
            CallError: the call failed; `retryable` and `retry_after_s` say whether and when to try again.
            BackendError: no call can succeed: no credentials, a model that cannot be loaded.
        """
        ...

    async def aclose(self) -> None:
        """Release connections and processes."""
        ...
