"""The Messages API, or any server that speaks its protocol, through the `anthropic` SDK.

Credentials, addresses and headers are the SDK's own affair: `ANTHROPIC_API_KEY`, `ANTHROPIC_AUTH_TOKEN`,
`ANTHROPIC_BASE_URL`, `ANTHROPIC_CUSTOM_HEADERS`, profiles and federation mean here what they mean there. Its retries
are off, because the runner holds the one policy of the whole run. Replies are read from JSON without building the SDK's
models, and the cheap way of `lean` is taken where it leads to the same bytes at the server.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any

from agentkit.backends import client as clients
from agentkit.backends import failures, limits, models, wire
from agentkit.backends.lean import Lean
from agentkit.backends.protocol import Reply, Request
from agentkit.errors import BackendError

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

PATH = "/v1/messages"
LONG_TOKENS = 21_333
"""Above this `max_tokens` a reply may take over ten minutes, which the SDK allows only as a stream: connections that
idle that long are dropped on the way."""


class Messages:
    """A backend that calls the Messages API.

    Args:
        base_url: Address of a server that speaks the protocol; None leaves it to the SDK (`ANTHROPIC_BASE_URL`,
            otherwise the API). A server that asks for no key needs none here.
        api_key: The key; None leaves the credentials to the SDK. It is never shown, stored or recorded.
        model: What `inherit` and None mean, an alias or an id; None leaves it to `models.settled`.
        timeout_s: Seconds to wait for the next byte of a response.
        open_telemetry: The SDK's option of that name; off unless given. True, or the SDK's mapping.
        **client: Any further argument of `anthropic.AsyncAnthropic`: `auth_token`, `profile`, `default_headers`,
            `middleware`, `http_client`, ….

    Requests are sent as they are, so everything the protocol has (images, turns, tools, thinking, effort, structured
    output, prompt caching) passes through, and a reply's blocks come back whole.

    >>> Messages(base_url="http://127.0.0.1:8080", api_key="secret")
    Messages(base_url='http://127.0.0.1:8080')
    """

    name = "messages"
    fidelity = "bare"
    default_max_tokens = models.DEFAULT_MAX_TOKENS
    max_concurrency: int | None = None
    """How many calls at once make sense; None where the server's limits decide."""

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        model: str | None = None,
        timeout_s: float = 600.0,
        open_telemetry: bool | Mapping[str, Any] = False,
        **client: Any,
    ) -> None:
        self._base_url = base_url
        self._model = model
        self._timeout_s = timeout_s
        self._open_telemetry = open_telemetry
        self._client: AsyncAnthropic | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lean: Lean | None = None
        self._arguments = {**client, "base_url": base_url, "api_key": api_key}
        self._resolved: dict[str, str] = {}
        self._may_lean = False
        self._renewed_at = float("-inf")
        self._secrets: tuple[str, ...] = ()
        self.limits: limits.Limits | None = None
        """What the latest response said of the server's rate limits; None where it said nothing."""

    def __repr__(self) -> str:
        shown = {"base_url": self._base_url, "model": self._model}
        given = ", ".join(f"{name}={value!r}" for name, value in shown.items() if value is not None)
        return f"{type(self).__name__}({given})"

    async def resolve_model(self, model: str | None) -> str:
        """Return the model id for an alias (`sonnet`, `inherit`, …) or None; an id stays as it is.

        A call is made for an alias only, and once. Servers without a Models API, or whose models have no line, get the
        ids of `models.FALLBACK`.

        Raises:
            ModelNotFound: the server has no model of that line.
            CredentialsMissing: there is no key, or it was refused.
            ServerUnreachable: nothing answers.
        """
        name = models.settled(model if model not in (None, "inherit") else self._model)
        if not models.is_alias(name):
            return name
        if name not in self._resolved:
            self._resolved[name] = models.choose(name, await models.known(self.get))
        return self._resolved[name]

    async def list_models(self) -> list[Mapping[str, Any]]:
        """Return the entries of `GET /v1/models` as JSON values: `id`, `line`, `lifecycle`, `max_tokens`, ….

        Raises:
            CallError: the server did not answer with a list.
        """
        return await models.listed(self.get)

    async def send(self, request: Request) -> Reply:
        """Send one request, without retrying.

        Raises:
            CallError: the call failed; its kind, status and request id say how.
            CredentialsMissing: there is nothing to call with.
        """
        if request.get("max_tokens", 0) > LONG_TOKENS:
            return await self.send_stream(request)
        started = time.perf_counter()
        try:
            client = self._open()
            body = wire.encode(request)
            if self._lean is not None:
                status, headers, payload = await self._lean.post(body)
                if 300 <= status < 400:  # the SDK follows redirects
                    status, headers, payload = await self._post(client, body)
            elif self._open_telemetry:
                status, headers, payload = await clients.post_traced(client, request, self._timeout_s)
            else:
                status, headers, payload = await self._post(client, body)
        except Exception as error:  # noqa: BLE001 - every foreign error becomes ours here
            raise self._failure(error) from None
        latency_s = time.perf_counter() - started
        self._note(headers)
        if status != 200:
            failure = failures.from_response(status, headers, payload, secrets=self._secrets)
            failure.retryable = failure.retryable or (status == 401 and self._renew(client))
            raise failure
        return wire.read(payload, latency_s=latency_s, request_id=headers.get("request-id"))

    async def send_stream(self, request: Request, on_text: Callable[[str], None] | None = None) -> Reply:
        """Send one request and watch its reply arrive; about four times the work of `send`.

        Args:
            request: As for `send`, without `stream`.
            on_text: Called with each piece of text as it comes.

        Raises:
            CallError: as for `send`; of kind `cut` where the stream ended before its last event.
        """
        from anthropic import AsyncStream

        started = time.perf_counter()
        collector = wire.Collector()
        request_id = None
        try:
            stream = await self._open().post(
                PATH,
                cast_to=object,
                body={**request, "stream": True},
                options={"timeout": self._timeout_s},
                stream=True,
                stream_cls=AsyncStream[Any],
            )
            async with stream:
                self._note(stream.response.headers)
                request_id = stream.response.headers.get("request-id")
                async for event in stream:
                    text = collector.take(event)
                    if text and on_text is not None:
                        on_text(text)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise failures.garbage(f"an event of the stream is malformed ({error!r})", b"", request_id) from None
        except Exception as error:  # noqa: BLE001 - every foreign error becomes ours here
            raise self._failure(error, streaming=True) from None
        if not collector.finished:
            raise failures.cut("the stream ended before message_stop")
        return wire.reply(collector.message, latency_s=time.perf_counter() - started, request_id=request_id)

    async def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON of a GET of the server.

        Raises:
            CallError: it failed.
        """
        return await self._json("get", path, options={"params": dict(query or {})})

    async def post(self, path: str, body: Mapping[str, Any] | bytes | None = None) -> Any:
        """Return the JSON that a POST gives, of JSON values or of bytes that are JSON already.

        Raises:
            CallError: it failed.
        """
        return await self._json("post", path, **({"content": body} if isinstance(body, bytes) else {"body": body}))

    async def lines(self, path: str) -> AsyncIterator[bytes]:
        """Yield the lines of a GET's body as they arrive, without their ends; empty ones are left out.

        Raises:
            CallError: it failed, or the body was cut.
        """
        import httpx2

        rest = b""
        try:
            response = await self._open().get(path, cast_to=httpx2.Response, stream=True)
            try:
                # Not aiter_lines: it also breaks at the separators that Unicode allows inside a JSON string.
                async for chunk in response.aiter_bytes():
                    *whole, rest = (rest + chunk).split(b"\n")
                    for line in whole:
                        if line.strip():
                            yield line
            finally:
                await response.aclose()
        except Exception as error:  # noqa: BLE001 - every foreign error becomes ours here
            raise self._failure(error) from None
        if rest.strip():
            yield rest

    async def aclose(self) -> None:
        """Close connections; the next call opens them again."""
        client, lean, self._client, self._lean = self._client, self._lean, None, None
        if self._loop is asyncio.get_running_loop():  # otherwise they went with the loop that they belonged to
            await _close(client, lean)

    def __del__(self) -> None:
        client, lean, loop = self._client, self._lean, self._loop
        if client is not None and loop is not None and loop.is_running():
            # Dropped while its loop goes on: the loop closes what only it may close.
            loop.call_soon_threadsafe(lambda: loop.create_task(_close(client, lean)))

    async def _json(self, method: str, path: str, **arguments: Any) -> Any:
        try:
            call = getattr(self._open(), method)
            return await call(path, cast_to=object, **arguments)
        except Exception as error:  # noqa: BLE001 - every foreign error becomes ours here
            raise self._failure(error) from None

    def _open(self) -> AsyncAnthropic:
        loop = asyncio.get_running_loop()
        if self._client is not None and self._loop is loop:
            return self._client
        self._loop, self._lean = loop, None
        self._client, self._may_lean = clients.build(self._arguments, self._timeout_s, self._open_telemetry)
        self._secrets = clients.secrets(self._client)
        return self._client

    async def _post(self, client: AsyncAnthropic, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        import httpx2
        from anthropic import APIStatusError

        try:
            response = await client.post(
                PATH, cast_to=httpx2.Response, content=body, options={"timeout": self._timeout_s}
            )
        except APIStatusError as error:
            response = error.response
            sent = response.request.headers.get("authorization", "").removeprefix("Bearer ")
            self._secrets = (
                *self._secrets,
                *({sent} - {"", "none", *self._secrets}),
            )  # a renewed token's first failure
        if self._may_lean and self._lean is None and response.status_code == 200 and not response.history:
            head = response.request
            self._lean = Lean(str(head.url), head.headers, connect_s=clients.CONNECT_S, read_s=self._timeout_s)
        return response.status_code, response.headers, response.content

    def _renew(self, client: AsyncAnthropic) -> bool:
        """Have the next call get a new token, where tokens are renewed and this one is not new itself."""
        cache = getattr(client, "_token_cache", None)  # the SDK renews it in its own retries only, which are off
        now = time.monotonic()
        if cache is None or now - self._renewed_at < 60:
            return False
        self._renewed_at = now
        cache.invalidate()
        return True

    def _note(self, headers: Mapping[str, str]) -> None:
        if (seen := limits.read(headers)) is not None:
            self.limits = seen

    def _failure(self, error: Exception, *, streaming: bool = False) -> BackendError:
        response = getattr(error, "response", None)
        if response is not None and getattr(error, "status_code", None) is not None:
            inside = "inside the stream" if streaming and response.status_code < 400 else ""
            body = getattr(error, "body", None)
            return failures.from_response(
                response.status_code, response.headers, body, secrets=self._secrets, place=inside
            )
        url = str(self._client.base_url).rstrip("/") if self._client is not None else self._base_url or ""
        return failures.from_exception(error, url=url, secrets=self._secrets)


async def _close(client: AsyncAnthropic | None, lean: Lean | None) -> None:
    if lean is not None:
        await lean.aclose()
    if client is not None:
        await client.close()
