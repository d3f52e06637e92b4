"""What can go wrong outside, said in one way: the only place where a foreign error becomes ours.

Statuses and error types are those of https://platform.claude.com/docs/en/api/errors; llama.cpp's server and gateways
answer in shapes of their own, so whatever is readable of the body is used and nothing of it is relied on.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping

from agentkit.errors import BackendError, CallError, CredentialsMissing, ModelNotFound, ServerUnreachable

_BY_STATUS = {
    400: ("invalid_request", False),
    401: ("authentication", False),
    402: ("permission", False),
    403: ("permission", False),
    404: ("not_found", False),
    408: ("timeout", True),
    409: ("server", True),
    413: ("invalid_request", False),
    422: ("invalid_request", False),
    429: ("rate_limit", True),
    504: ("timeout", True),
    529: ("overloaded", True),
}

_BY_TYPE = {
    "invalid_request_error": ("invalid_request", False),
    "exceed_context_size_error": ("invalid_request", False),
    "request_too_large": ("invalid_request", False),
    "authentication_error": ("authentication", False),
    "billing_error": ("permission", False),
    "permission_error": ("permission", False),
    "not_found_error": ("not_found", False),
    "rate_limit_error": ("rate_limit", True),
    "timeout_error": ("timeout", True),
    "overloaded_error": ("overloaded", True),
    "api_error": ("server", True),
}
"""For errors that come without a status of their own: inside a stream, or as an entry of a batch."""

_HINTS = {
    "authentication": "set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL where the key is for another server",
    "permission": "check what this key may use, and its credit",
}

_TIMEOUTS = {"TimeoutException", "TimeoutError", "ServerTimeoutError", "APITimeoutError"}
_CUTS = {"ClientPayloadError", "ReadError", "IncompleteReadError", "DecodingError", "ContentEncodingError"}
_CONNECTIONS = {
    "APIConnectionError",
    "ClientConnectionError",
    "ConnectError",
    "ConnectionError",
    "ClientOSError",
    "NetworkError",
    "ProtocolError",
    "ClientResponseError",
    "OSError",
}
_REDACTED = "[key]"


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return the text without the given secrets: a server may quote the key it refuses.

    >>> redact("no such key: k-123", ["k-123"])
    'no such key: [key]'
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, _REDACTED)
    return text


def from_response(
    status: int, headers: Mapping[str, str], body: object, *, secrets: Iterable[str] = (), place: str = ""
) -> CallError:
    """Return the error for a response that is not a reply.

    Args:
        status: The HTTP status.
        headers: Its headers, names in lower case or a case-insensitive mapping.
        body: The body: bytes, or JSON values already read.
        secrets: What must not appear in the message.
        place: Which part of the reply it came in, such as "inside the stream"; empty for the response itself.
    """
    kind_of_error, said = _read(body)
    kind, retryable = _BY_STATUS.get(status, ("server", True) if status >= 500 else ("other", False))
    if (status < 400 or place) and kind_of_error in _BY_TYPE:
        kind, retryable = _BY_TYPE[kind_of_error]
    if (asked := headers.get("x-should-retry")) in ("true", "false"):
        retryable = asked == "true"
    lead = f"HTTP {status}" if status >= 400 else "the server"
    message = f"{lead}{f' {place}' if place else ''}: {kind_of_error or kind}"
    if said:
        said = redact(said, secrets)
        message += f": {said}"
    if not said or not _is_the_kind(kind_of_error, kind):
        said = ": ".join(part for part in (kind_of_error, said) if part) or "the server said nothing more"
    return CallError(
        message,
        kind=kind,
        status=status,
        request_id=headers.get("request-id"),
        retry_after_s=retry_after(headers) if retryable else None,
        retryable=retryable,
        hint=_hint(kind, kind_of_error),
        said=said,
    )


def from_exception(error: BaseException, *, url: str = "", secrets: Iterable[str] = ()) -> BackendError:
    """Return the error for a call that ended without a whole response: a `CallError`, or what shuts the whole run.

    Classes are known by name along the chain of causes, so that neither HTTP library has to be there.

    Args:
        error: What httpx2, aiohttp, the SDK or the socket raised.
        url: The server's address, for the message.
        secrets: What must not appear in the message.
    """
    if isinstance(error, BackendError):
        return error
    names: set[str] = set()
    texts: list[str] = []
    link: BaseException | None = error
    while link is not None and len(texts) < 8:
        names.update(cls.__name__ for cls in type(link).__mro__)
        texts.append(str(link))
        link = link.__cause__ or link.__context__
    said = redact(next((text for text in reversed(texts) if text), type(error).__name__), secrets)
    at = f" at {url}" if url else ""
    if "authentication method" in said:
        return CredentialsMissing(
            "no credentials were found", hint="set ANTHROPIC_API_KEY, or use backend=ak.Embedded()"
        )
    if "CredentialsError" in names:
        return CredentialsMissing(f"the credentials cannot be used: {_line(said)}", hint=_HINTS["authentication"])
    if names & _TIMEOUTS:
        return CallError(f"no answer{at} in time", kind="timeout", retryable=True)
    if names & _CUTS or ("RemoteProtocolError" in names and "incomplete" in said):
        return cut(said)
    if names & _CONNECTIONS:
        return CallError(f"the connection{at} failed: {_line(said)}", kind="connection", retryable=True)
    return CallError(f"{type(error).__name__}: {_line(said)}", kind="other")


def cut(what: str) -> CallError:
    """Return the error for a reply that ended before its end."""
    return CallError(f"the reply was cut: {_line(what)}", kind="cut", retryable=True, said=_line(what))


def garbage(what: str, payload: bytes, request_id: str | None = None) -> CallError:
    """Return the error for a 200 whose body is no message; its first characters are kept for the reader."""
    start = payload[:60].decode("utf-8", "replace")
    return CallError(f"{what}: {start!r}", kind="garbage", status=200, request_id=request_id, retryable=True)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a response asks to wait: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date.

    >>> retry_after({"retry-after": "12"}), retry_after({"retry-after-ms": "250"}), retry_after({})
    (12.0, 0.25, None)
    """
    import email.utils  # here: only a server that asks to wait is worth its import

    given = headers.get("retry-after")
    try:
        if (milliseconds := headers.get("retry-after-ms")) is not None:
            return max(0.0, float(milliseconds) / 1000)
        return None if given is None else max(0.0, float(given))
    except ValueError:
        pass
    date = email.utils.parsedate_tz(given) if given else None
    return None if date is None else max(0.0, email.utils.mktime_tz(date) - time.time())


def for_the_run(error: CallError) -> BackendError:
    """Return the error that a failed call means where it shuts the door for the whole run; the error itself if not."""
    if error.kind in ("authentication", "permission"):
        return CredentialsMissing(error.message, hint=error.hint)
    if error.kind == "not_found":
        return ModelNotFound(error.message, hint="name a model that the server has: model=...")
    if error.kind == "connection":
        return ServerUnreachable(error.message, hint="check base_url or ANTHROPIC_BASE_URL, and the network")
    return error


def _read(body: object) -> tuple[str, str]:
    """Return the error's type and what it says, as far as there are any."""
    if isinstance(body, (bytes, str)):
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
        try:
            body = json.loads(text)
        except ValueError:
            return "", _line(text)
    error = body.get("error", body) if isinstance(body, Mapping) else body
    if isinstance(error, Mapping):
        return str(error.get("type") or ""), _line(str(error.get("message") or ""))
    return "", _line(str(error)) if error else ""


def _is_the_kind(kind_of_error: str, kind: str) -> bool:
    """Return whether an error's type says nothing that its kind does not."""
    return kind_of_error in ("", "api_error", f"{kind}_error")


def _hint(kind: str, kind_of_error: str) -> str | None:
    if kind_of_error == "exceed_context_size_error":
        return "shorten the system prompt or the input, lower max_tokens, or use a model with a larger context"
    return _HINTS.get(kind)


def _line(text: str, limit: int = 300) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
