"""The SDK's client, made the way the door needs it: no retries of its own, aiohttp underneath where it is installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agentkit.backends.imports import collector_paused
from agentkit.backends.lean import proxied
from agentkit.backends.protocol import Request

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

CONNECT_S = 10.0
"""Seconds to wait for a connection."""


def build(
    arguments: Mapping[str, Any], timeout_s: float, open_telemetry: bool | Mapping[str, Any]
) -> tuple[AsyncAnthropic, bool]:
    """Return the SDK's client, and whether the head of one request fits all (see `lean`)."""
    with collector_paused():
        import anthropic

    given: dict[str, Any] = {"max_retries": 0, "timeout": anthropic.Timeout(timeout_s, connect=CONNECT_S), **arguments}
    given["open_telemetry"] = dict(open_telemetry) if isinstance(open_telemetry, Mapping) else open_telemetry or False
    if given["open_telemetry"] is True:
        given["open_telemetry"] = {"traces": {"enabled": True}}
    own_client = given.get("http_client") is not None
    aiohttp = False
    if not own_client:
        try:
            given["http_client"] = anthropic.DefaultAioHttpClient()
            aiohttp = True
        except RuntimeError:  # installed without aiohttp: the SDK's default does, at its own price
            given["http_client"] = None
    client = anthropic.AsyncAnthropic(**given)
    if client.api_key is None and client.auth_token is None and client.credentials is None and _elsewhere(client):
        client.api_key = "none"  # the SDK sends nothing without a key; a server that asks for none takes any
    plain = client.credentials is None and not client.middleware and not given["open_telemetry"]
    return client, plain and aiohttp and not proxied()


def _elsewhere(client: AsyncAnthropic) -> bool:
    return not (client.base_url.host or "").endswith("anthropic.com") and "authorization" not in {
        name.lower() for name in client.default_headers
    }


def secrets(client: AsyncAnthropic) -> tuple[str, ...]:
    """Return the values that no message may show: keys, tokens and headers that sound like them, longest first."""
    headers = {name.lower(): value for name, value in client.default_headers.items() if isinstance(value, str)}
    values = [client.api_key, client.auth_token]
    values += [value for name, value in headers.items() if any(word in name for word in ("key", "token", "auth"))]
    bare = [value for value in values if value and value != "none"]
    return tuple(sorted({*bare, *(value.removeprefix("Bearer ") for value in bare)}, key=len, reverse=True))


async def post_traced(
    client: AsyncAnthropic, request: Request, timeout_s: float
) -> tuple[int, Mapping[str, str], bytes]:
    """Return status, headers and body of a call made by the SDK's own method, which is what its tracing watches."""
    from anthropic import APIStatusError

    rest = {name: value for name, value in request.items() if name not in ("model", "max_tokens", "messages")}
    try:
        raw = await client.messages.with_raw_response.create(
            model=request["model"],
            max_tokens=request["max_tokens"],
            messages=request["messages"],
            extra_body=rest,
            timeout=timeout_s,
        )
    except APIStatusError as error:
        return error.status_code, error.response.headers, error.response.content
    return raw.http_response.status_code, raw.http_response.headers, raw.http_response.content
